// How power is shared out: whole miners, or a swing miner at a frequency of its own.
import { act, outcomeLine } from "../action.js";
import { confirm } from "../dialog.js";
import { h, set } from "../dom.js";
import { send } from "../server.js";

const MODES = [
  {
    mode: "on_off",
    text: "On / off",
    hint: "Whole miners. Frequencies stay as they are, so nothing restarts but what is woken.",
  },
  {
    mode: "frequency",
    text: "Frequency",
    hint: "Finer steps with a swing miner. Each change of frequency restarts its mining process.",
  },
];

const AT_ONCE = "The present target is shared out anew at once.";

export function modePanel() {
  const outcome = outcomeLine();
  let present = null;
  const choices = MODES.map(({ mode, text, hint }) => {
    const radio = h("input", {
      type: "radio",
      name: "mode",
      value: mode,
      on: { change: () => choose(radio, { mode, text, hint }) },
    });
    return {
      mode,
      radio,
      box: h(
        "label",
        { class: "choice" },
        radio,
        h("span", {}, h("strong", {}, text), h("span", { class: "muted small" }, hint)),
      ),
    };
  });
  const panel = h(
    "section",
    { class: "panel", "aria-labelledby": "mode-title" },
    h("div", { class: "panel-head" }, h("h2", { id: "mode-title" }, "Power mode")),
    h(
      "fieldset",
      { class: "choices" },
      h("legend", { class: "unseen" }, "Power mode"),
      choices.map(({ box }) => box),
    ),
    outcome,
  );

  // The radio shows what the server has, not what was clicked: a refusal leaves the mode as it was.
  async function choose(radio, { mode, text, hint }) {
    const asked = { title: `Change the power mode to ${text}?`, text: `${hint} ${AT_ONCE}`, action: `Change to ${text}` };
    if (!(await confirm(asked))) return mark();
    const answer = await act(
      outcome,
      radio,
      "Setting the mode…",
      () => send("POST", "/power-mode", { mode }),
      ({ message }) => message,
    );
    if (!answer) mark();
    return undefined;
  }

  function mark() {
    for (const { mode, radio } of choices) radio.checked = mode === present;
  }

  function show(status) {
    if (!status) return;
    const changed = status.power_control_mode !== present;
    present = status.power_control_mode;
    if (changed) mark();
    for (const { mode, box } of choices) set(box, "data-chosen", mode === present ? "yes" : null);
  }

  return { panel, show };
}
