// Takes command from the EMS and gives it back. A target is looked at before it can be applied.
import { act, outcomeLine, say } from "../action.js";
import { confirm } from "../dialog.js";
import { h, set, write } from "../dom.js";
import { clear, complainAt, field, numberIn } from "../form.js";
import { kilowatts } from "../format.js";
import { commander } from "../fleet_words.js";
import { send } from "../server.js";
import { preview } from "./preview.js";

export function overridePanel() {
  const now = h("p", { class: "wrap" }, "–");
  const input = h("input", { type: "number", step: "any", min: 0, inputmode: "decimal", required: true });
  const target = field({ name: "target_power_kw", label: "Target in kW", control: input });
  const slider = h("input", {
    type: "range",
    min: 0,
    max: 1,
    step: 0.01,
    value: 0,
    "aria-label": "Target on a scale from 0 to rated power",
  });
  const look = h("button", { type: "submit" }, "Preview");
  const apply = h(
    "button",
    { type: "button", class: "primary", disabled: true, on: { click: () => take() } },
    "Apply override",
  );
  const release = h("button", { type: "button", on: { click: () => giveBack() } }, "Release override");
  const stop = h("button", { type: "button", class: "danger", on: { click: () => stopAll() } }, "Stop all…");
  const outcome = outcomeLine();
  const seen = preview();
  let previewed = null; // the target that is shown, in kW
  const form = h(
    "form",
    { novalidate: true, class: "stack" },
    h("div", { class: "target-row" }, target.box, slider),
    h("div", { class: "row" }, look, apply, release, stop),
    outcome,
    seen.box,
  );
  const panel = h(
    "section",
    { class: "panel", "aria-labelledby": "override-title" },
    h("div", { class: "panel-head" }, h("h2", { id: "override-title" }, "Override")),
    now,
    form,
  );

  function forget() {
    previewed = null;
    apply.disabled = true;
    seen.fade();
  }

  input.addEventListener("input", () => {
    slider.value = input.value;
    forget();
  });
  slider.addEventListener("input", () => {
    input.value = slider.value;
    clear([target]);
    forget();
  });
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    clear([target]);
    const asked = numberIn(input);
    if (asked === null) return target.complain("Say which power, in kW.");
    const body = { target_power_kw: asked };
    const answer = await act(
      outcome,
      look,
      "Calculating…",
      () => send("POST", "/power/calculate", body),
      () => "Nothing is changed yet: this is what the target would mean.",
      refuse,
    );
    if (!answer || numberIn(input) !== asked) return undefined;
    previewed = asked;
    apply.disabled = false;
    return seen.show(answer);
  });

  function refuse(error) {
    const sentence = complainAt([target], error);
    if (!sentence && error.code === "INVALID_POWER") target.complain(error.message);
    return sentence;
  }

  async function take() {
    const body = { enabled: true, target_power_kw: previewed };
    const answer = await act(
      outcome,
      apply,
      "Taking command…",
      () => send("POST", "/override", body),
      ({ message }) => message,
      refuse,
    );
    if (answer) forget();
  }

  async function giveBack() {
    await act(
      outcome,
      release,
      "Giving command back…",
      () => send("POST", "/override", { enabled: false }),
      ({ message }) => message,
    );
  }

  async function stopAll() {
    const text = "All miners go to sleep, and the EMS has no command until the override is released.";
    if (!(await confirm({ title: "Stop all miners?", text, action: "Stop all" }))) return;
    await act(
      outcome,
      stop,
      "Stopping all…",
      () => send("POST", "/override", { enabled: true }),
      ({ message }) => message,
    );
  }

  function show(status, dispatch) {
    if (!status) return;
    const active = status.manual_override_active;
    release.disabled = !active;
    set(slider, "max", status.rated_power_kw);
    target.hint(`0 to ${kilowatts(status.rated_power_kw)}`);
    const asked = status.override_target_power_kw;
    const at = asked === null ? "all miners stopped" : kilowatts(asked);
    const who = commander(status, dispatch).text;
    write(
      now,
      active
        ? `Override is on: ${at}. Commands of the EMS are refused until it is released.`
        : `Override is off; in command: ${who}. Applying one takes command from the EMS.`,
    );
  }

  return { panel, show, say: (tone, text) => say(outcome, tone, text) };
}
