// What a miner has come to since a command: an answer is not an effect.
import { serverNow } from "../clock.js";
import { conditionWords } from "../conditions.js";
import { duration, megahertz } from "../format.js";

const FOLLOW_SECONDS = 300;

// Follows one command. `expects` is {phase, frequency, anew}: with `anew` the miner has to leave the phase
// before it counts as come back. The function returned takes what the actor publishes and gives {tone, text};
// "pending" means that nothing is decided yet.
export function follower(expects) {
  const begun = performance.now();
  let left = !expects.anew;

  return ({ observed, last_error: error, in_transition: step }) => {
    const seconds = (performance.now() - begun) / 1000;
    const { phase, frequency_mhz: frequency } = observed;
    left ||= phase !== expects.phase;
    const now = conditionWords(phase).text.toLowerCase();
    if (left && reached(expects, phase, frequency)) {
      const at = expects.frequency ? ` at ${megahertz(frequency)}` : "";
      return { tone: "good", text: `It happened: ${now}${at} after ${duration(seconds)}.` };
    }
    const troubled = error && !step && Date.parse(error.at) > serverNow() - seconds * 1000;
    if (troubled) return { tone: "bad", text: `Trouble: ${error.message}` };
    if (seconds > FOLLOW_SECONDS) {
      return { tone: "bad", text: `It did not happen within ${duration(FOLLOW_SECONDS)}: ${now}.` };
    }
    return { tone: "pending", text: `Waiting to see it happen: now ${now}, ${duration(seconds)}.` };
  };
}

function reached(expects, phase, frequency) {
  return phase === expects.phase && (!expects.frequency || expects.frequency === frequency);
}
