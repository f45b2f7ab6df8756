// What an operator may do to one miner. An answer is not an effect: what the miner then does is followed.
import { act, outcomeLine, say } from "../action.js";
import { confirm } from "../dialog.js";
import { h, set, write } from "../dom.js";
import { megahertz } from "../format.js";
import { lockable } from "../lockable.js";
import { removeMiner } from "../removal.js";
import { get, send } from "../server.js";
import { follower } from "./follow.js";

const ACTIONS = [
  {
    name: "start",
    text: "Start",
    needs: "switch",
    expects: { phase: "hashing" },
    hint: "Gives it back to dispatch and wakes it",
  },
  {
    name: "stop",
    text: "Stop",
    needs: "switch",
    expects: { phase: "asleep" },
    hint: "Holds it: dispatch leaves it alone until Start",
  },
  {
    name: "restart",
    text: "Restart",
    needs: "restart",
    expects: { phase: "hashing", anew: true },
    hint: "Restarts the mining process",
  },
  {
    name: "reboot",
    text: "Reboot…",
    needs: "restart",
    expects: { phase: "hashing", anew: true },
    ask: "Its operating system starts anew: it is away for a minute, and some never come back by themselves.",
  },
  {
    name: "reset",
    text: "Factory reset…",
    needs: "restart",
    expects: null,
    ask: "The miner loses its configuration, pools and frequency included. This cannot be undone.",
  },
];

export function controls(miner) {
  const outcome = outcomeLine();
  const effect = outcomeLine();
  let followed = null; // what tells the effect of the last command
  const buttons = ACTIONS.map((action) => {
    const kind = action.ask ? "danger" : null;
    return h(
      "button",
      {
        type: "button",
        class: kind,
        title: action.hint,
        on: { click: (event) => control(action, event.currentTarget) },
      },
      action.text,
    );
  });
  const blink = h(
    "button",
    { type: "button", title: "Toggles its LEDs, to find it in the hall", on: { click: () => find() } },
    "Blink",
  );
  const frequency = frequencyForm();
  const remove = h("button", { type: "button", class: "danger", on: { click: () => forget() } }, "Remove…");
  const lock = lockable(
    h("div", { class: "row" }, buttons.slice(0, 3), blink),
    frequency,
    h("div", { class: "row" }, buttons.slice(3)),
  );
  const registry = lockable(remove);
  const panel = h(
    "section",
    { class: "panel", "aria-labelledby": "controls-title" },
    h("div", { class: "panel-head" }, h("h2", { id: "controls-title" }, "Control")),
    lock.nodes,
    h("div", { class: "row" }, registry.nodes),
    outcome,
    effect,
  );

  async function control(action, button) {
    const title = `${action.text.replace("…", "")} ${miner}?`;
    if (action.ask && !(await confirm({ title, text: action.ask, action: action.text.replace("…", "") })))
      return;
    await perform(
      button,
      action.name,
      () => send("POST", `/miners/${miner}/control`, { action: action.name }),
      action.expects,
    );
  }

  async function perform(button, name, command, expects) {
    followed = null;
    say(effect, null, "");
    const answer = await act(
      outcome,
      button,
      `Asking ${miner} to ${name}…`,
      command,
      ({ message }) => message,
    );
    if (answer && expects) followed = follower(expects);
  }

  async function find() {
    const said = ({ is_enabled: on }) =>
      on ? "The miner's LEDs blink." : "The miner's LEDs no longer blink.";
    await act(
      outcome,
      blink,
      "Asking the miner to blink…",
      () => send("POST", `/miner/${miner}/blink`),
      said,
    );
  }

  async function forget() {
    if (await removeMiner(miner, remove, outcome)) location.hash = "#/fleet";
  }

  function frequencyForm() {
    const choice = h("select", { id: "frequency" });
    const button = h(
      "button",
      { type: "submit", title: "Holds the miner at this frequency; restarts its mining process" },
      "Set",
    );
    const form = h(
      "form",
      { class: "row", hidden: true },
      h("label", { for: "frequency", class: "muted small" }, "Frequency"),
      choice,
      button,
    );
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      const frequency = Number(choice.value);
      const body = { miner_ip: miner, frequency_mhz: frequency };
      perform(button, `run at ${megahertz(frequency)}`, () => send("POST", "/power/set-frequency", body), {
        phase: "hashing",
        frequency,
      });
    });
    get("/power/frequencies").then(
      ({ valid_frequencies: valid, default_frequency: usual }) => {
        choice.append(
          ...valid.map((one) => h("option", { value: one, selected: one === usual }, megahertz(one))),
        );
      },
      () => {
        button.disabled = true;
      },
    );
    return form;
  }

  // Shows the controls of what the miner's firmware has a way for.
  function offer(offers) {
    ACTIONS.forEach(({ needs }, place) => (buttons[place].hidden = !offers.includes(needs)));
    blink.hidden = !offers.includes("find");
    frequency.hidden = !offers.includes("frequency");
  }

  // Tells what the miner has come to since the command. Progress is shown, not spoken each second.
  function observe(actor) {
    offer(actor.offers);
    lock.because(actor.not_controllable ? `It can only be read: ${actor.not_controllable}.` : "");
    if (!followed || !actor.observed) return;
    const { tone, text } = followed(actor);
    if (tone === "pending") {
      set(effect, "data-tone", tone);
      write(effect, text);
      return;
    }
    say(effect, tone, text);
    followed = null;
  }

  return {
    panel,
    observe,
    end() {
      lock.end();
      registry.end();
    },
  };
}
