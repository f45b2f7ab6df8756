// Which commands are asked for: a form that starts from the address and says each change.
import { sourceWords } from "../commands.js";
import { h, set, write } from "../dom.js";
import { capital, words, zone } from "../format.js";
import { fromField, iso, toField } from "./moments.js";

const SOURCES = ["ems", "modbus", "mqtt", "s2", "openadr", "schedule", "price", "dashboard", "system"];
const COMMANDS = [
  "activate", "deactivate", "release", "apply", "set_schedule", "set_prices", "set_limit", "lift_limit", "override", "failsafe", "power_mode", "config",
  "register", "move", "remove", "control", "set_frequency", "blink",
];
const RESULTS = [["true", "Accepted"], ["false", "Refused"]];

// asked() gives the server's query; fault(sentence) shows its refusal.
export function filters(query, onChange) {
  const fault = h("p", { class: "fault", role: "alert" });
  const controls = {
    source: choice(query.get("source"), SOURCES.map((name) => [name, sourceWords(name)])),
    command: choice(query.get("command"), COMMANDS.map((name) => [name, capital(words(name))])),
    success: choice(query.get("success"), RESULTS),
    miner_id: h("input", { type: "text", inputmode: "decimal", autocomplete: "off", placeholder: "any address", value: query.get("miner_id") ?? "" }),
    since: moment(query.get("since")),
    until: moment(query.get("until")),
  };
  const form = h(
    "form",
    { class: "asked", "aria-label": "Filter commands", on: { submit: (event) => event.preventDefault(), change: onChange, reset: () => setTimeout(onChange) } },
    field("Source", controls.source),
    field("Command", controls.command),
    field("Result", controls.success),
    field("Miner", controls.miner_id),
    field(`Since (${zone()})`, controls.since),
    field(`Until (${zone()})`, controls.until),
    h("button", { type: "button", class: "quiet", on: { click: () => clear(controls, onChange) } }, "Clear"),
    fault,
  );
  return { form, asked: () => asked(controls), fault: (text) => write(fault, text) };
}

function clear(controls, onChange) {
  for (const control of Object.values(controls)) control.value = "";
  onChange();
}

function asked(controls) {
  const values = Object.entries(controls).map(([name, control]) => [name, value(control)]);
  return Object.fromEntries(values.filter(([, known]) => known));
}

function value(control) {
  if (control.type !== "datetime-local") return control.value.trim();
  const ms = fromField(control.value);
  return ms === null ? "" : iso(ms);
}

function choice(chosen, pairs) {
  const options = [["", "All"], ...pairs].map(([name, text]) => h("option", { value: name, selected: name === chosen }, text));
  return h("select", {}, options);
}

function moment(known) {
  const ms = Date.parse(known ?? "");
  return h("input", { type: "datetime-local", step: "1", value: Number.isNaN(ms) ? null : toField(ms) });
}

let counted = 0;

function field(label, control) {
  set(control, "id", `filter-${(counted += 1)}`);
  return h("div", { class: "field" }, h("label", { for: control.id }, label), control);
}
