// What an operator may do to one miner. An answer is not an effect: what the miner then does is followed.
import { act, outcomeLine, say } from "../action.js";
import { serverNow } from "../clock.js";
import { conditionWords } from "../conditions.js";
import { confirm } from "../dialog.js";
import { h } from "../dom.js";
import { duration, megahertz } from "../format.js";
import { get, send } from "../server.js";

const FOLLOW_SECONDS = 300;
const ACTIONS = [
  { name: "start", text: "Start", expects: { phase: "hashing" }, hint: "Gives it back to dispatch and wakes it" },
  { name: "stop", text: "Stop", expects: { phase: "asleep" }, hint: "Holds it: dispatch leaves it alone until Start" },
  { name: "restart", text: "Restart", expects: { phase: "hashing", anew: true }, hint: "Restarts the mining process" },
  {
    name: "reboot", text: "Reboot…", expects: { phase: "hashing", anew: true },
    ask: "Its operating system starts anew: the miner is away for a minute, and some do not come back by themselves.",
  },
  {
    name: "reset", text: "Factory reset…", expects: null,
    ask: "The miner loses its configuration, pools and frequency included. This cannot be undone.",
  },
];

export function controls(miner) {
  const outcome = outcomeLine();
  const effect = outcomeLine();
  let followed = null; // {expects, begun, left, text}
  const buttons = ACTIONS.map((action) => {
    const kind = action.ask ? "danger" : null;
    return h("button", { type: "button", class: kind, title: action.hint, on: { click: (event) => control(action, event.currentTarget) } }, action.text);
  });
  const blink = h("button", { type: "button", title: "Toggles its LEDs, to find it in the hall", on: { click: () => find() } }, "Blink");
  const remove = h("button", { type: "button", class: "danger", on: { click: () => forget() } }, "Remove…");
  const panel = h(
    "section",
    { class: "panel", "aria-labelledby": "controls-title" },
    h("div", { class: "panel-head" }, h("h2", { id: "controls-title" }, "Control")),
    h("div", { class: "row" }, buttons.slice(0, 3), blink),
    frequencyForm(),
    h("div", { class: "row" }, buttons.slice(3), remove),
    outcome,
    effect,
  );

  async function control(action, button) {
    const title = `${action.text.replace("…", "")} ${miner}?`;
    if (action.ask && !(await confirm({ title, text: action.ask, action: action.text.replace("…", "") }))) return;
    await perform(button, action.name, () => send("POST", `/miners/${miner}/control`, { action: action.name }), action.expects);
  }

  async function perform(button, name, command, expects) {
    followed = null;
    say(effect, null, "");
    const begun = performance.now();
    const answer = await act(outcome, button, `Asking ${miner} to ${name}…`, command, ({ message }) => message);
    if (answer && expects) followed = { expects, begun, left: !expects.anew };
  }

  async function find() {
    const said = ({ is_enabled: on }) => (on ? "The miner's LEDs blink." : "The miner's LEDs no longer blink.");
    await act(outcome, blink, "Asking the miner to blink…", () => send("POST", `/miner/${miner}/blink`), said);
  }

  async function forget() {
    const text = "It leaves the registry, and dispatch with it; the miner itself is left as it is. A scan finds it again.";
    if (!(await confirm({ title: `Remove ${miner}?`, text, action: "Remove" }))) return;
    const answer = await act(outcome, remove, "Removing…", () => send("DELETE", `/discovery/miners/${miner}`), () => "Removed.");
    if (answer) location.hash = "#/fleet";
  }

  function frequencyForm() {
    const choice = h("select", { id: "frequency" });
    const button = h("button", { type: "submit", title: "Holds the miner at this frequency; restarts its mining process" }, "Set");
    const form = h("form", { class: "row" }, h("label", { for: "frequency", class: "muted small" }, "Frequency"), choice, button);
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      const frequency = Number(choice.value);
      const body = { miner_ip: miner, frequency_mhz: frequency };
      perform(button, `run at ${megahertz(frequency)}`, () => send("POST", "/power/set-frequency", body), { phase: "hashing", frequency });
    });
    get("/power/frequencies").then(({ valid_frequencies: valid, default_frequency: usual }) => {
      choice.append(...valid.map((one) => h("option", { value: one, selected: one === usual }, megahertz(one))));
    }, () => { button.disabled = true; });
    return form;
  }

  // Tells what the miner has come to since the command.
  function observe(actor) {
    if (!followed || !actor.observed) return;
    const { expects, begun } = followed;
    const { phase, frequency_mhz: frequency } = actor.observed;
    const lasting = (performance.now() - begun) / 1000;
    followed.left ||= phase !== expects.phase;
    const there = followed.left && phase === expects.phase && (!expects.frequency || expects.frequency === frequency);
    const { text } = conditionWords(phase);
    if (there) say(effect, "good", `It happened: ${text.toLowerCase()}${expects.frequency ? ` at ${megahertz(frequency)}` : ""} after ${duration(lasting)}.`);
    else if (actor.last_error && Date.parse(actor.last_error.at) > serverNow() - lasting * 1000 && !actor.in_transition) {
      say(effect, "bad", `Trouble: ${actor.last_error.message}`);
    } else if (lasting > FOLLOW_SECONDS) say(effect, "bad", `It did not happen within ${duration(FOLLOW_SECONDS)}: ${text.toLowerCase()}.`);
    else return show(effect, `Waiting to see it happen: now ${text.toLowerCase()}, ${duration(lasting)}.`);
    followed = null;
  }

  return { panel, observe };
}

// Progress is shown, not spoken each second.
function show(line, text) {
  line.dataset.tone = "pending";
  line.textContent = text;
}
