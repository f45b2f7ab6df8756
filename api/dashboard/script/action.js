// Carries out one command and shows what became of it: pending, done, or refused in the server's own words.
import { announce } from "./announce.js";
import { h, set, write } from "./dom.js";
import { refreshAll } from "./feeds.js";
import { Refused } from "./server.js";

// A line that an action writes its outcome into. Its height is reserved.
export function outcomeLine() {
  return h("p", { class: "outcome" }, "");
}

export function say(line, tone, text) {
  set(line, "data-tone", tone);
  write(line, text);
  announce(text);
}

// Runs `command`, which makes a promise, with `button` busy. `done` words its answer; `refused` hears of a
// refusal, and may word it. Gives the answer, or null. What is lost may have been carried out all the same: that is said.
export async function act(line, button, pending, command, done, refused = () => null) {
  if (button.getAttribute("aria-disabled") === "true") return null;
  occupy(button);
  say(line, "pending", pending);
  try {
    const answer = await command();
    say(line, "good", done(answer));
    return answer;
  } catch (error) {
    if (error instanceof Refused) {
      say(line, "bad", `Refused: ${refused(error) ?? error.message}`);
    } else
      say(
        line,
        "bad",
        `${error.message} Whether the command was carried out is not known; look at the state.`,
      );
    return null;
  } finally {
    release(button);
    refreshAll();
  }
}

// A busy button keeps the focus, which a disabled one would lose; it does nothing until it is released.
function occupy(button) {
  set(button, "aria-busy", true);
  set(button, "aria-disabled", true);
}

function release(button) {
  set(button, "aria-busy", null);
  set(button, "aria-disabled", null);
}
