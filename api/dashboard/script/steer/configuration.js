// The runtime configuration. Only what was changed is sent; what another operator changes meanwhile is shown.
import { act, outcomeLine, say } from "../action.js";
import { h, set } from "../dom.js";
import { watch } from "../feeds.js";
import { clear, complainAt, field, numberIn } from "../form.js";
import { send } from "../server.js";

const STRATEGIES = [
  ["equal", "Equal: the least used first"],
  ["priority", "Priority: by the list below"],
  ["efficiency", "Efficiency: the best W/TH first"],
];

export function configurationPanel() {
  const items = fields();
  const save = h("button", { type: "submit", class: "primary" }, "Save changes");
  const undo = h("button", { type: "button", on: { click: () => restore() } }, "Undo changes");
  const outcome = outcomeLine();
  const form = h(
    "form",
    { novalidate: true, class: "form-grid config-grid" },
    items.map(({ box }) => box),
    h("div", { class: "row wide" }, save, undo),
    h("div", { class: "wide" }, outcome),
  );
  const panel = h(
    "section",
    { class: "panel", "aria-labelledby": "config-title" },
    h("div", { class: "panel-head" }, h("h2", { id: "config-title" }, "Configuration")),
    form,
  );
  let server = null;

  const changed = (item) => server !== null && item.text(server[item.name]) !== item.control.value;

  function learn(configuration) {
    const before = server;
    server = configuration;
    if (!server) return;
    for (const item of items) {
      const untouched = !before || item.text(before[item.name]) === item.control.value;
      if (untouched) item.control.value = item.text(server[item.name]);
      item.hint(changed(item) ? `In force: ${item.text(server[item.name]) || "none"}` : item.usual);
    }
    mark();
  }

  function mark() {
    const any = items.some(changed);
    save.disabled = !any;
    undo.disabled = !any;
    for (const item of items) set(item.box, "data-changed", changed(item) ? "yes" : null);
  }

  function restore() {
    if (!server) return;
    for (const item of items) item.control.value = item.text(server[item.name]);
    clear(items);
    say(outcome, null, "");
    mark();
  }

  form.addEventListener("input", mark);
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    clear(items);
    const body = Object.fromEntries(items.filter(changed).map((item) => [item.name, item.read()]));
    const answer = await act(
      outcome,
      save,
      "Saving…",
      () => send("PATCH", "/config", body),
      () => "The configuration is in force.",
      (error) => complainAt(items, error),
    );
    if (answer) learn(answer);
  });
  const end = watch("/config", 2, learn);
  return { panel, end };
}

function fields() {
  const number = () => h("input", { type: "number", step: "any", inputmode: "decimal" });
  return [
    item(
      "power_distribution_strategy",
      "Who goes first",
      h(
        "select",
        {},
        STRATEGIES.map(([value, text]) => h("option", { value }, text)),
      ),
      "When power is added; the last when it is taken away.",
    ),
    item(
      "max_power_change_rate_kw_per_sec",
      "Ramp limit in kW/s",
      number(),
      "The commanded power changes by no more in any second.",
    ),
    item(
      "min_miner_power_percent",
      "Least power of a swing miner in %",
      number(),
      "Of its rated power, 0 to 100.",
    ),
    item("rated_power_kw_override", "Rated power in kW", number(), "Empty: the sum of the miners."),
    item(
      "miner_priority",
      "Priority list",
      h("textarea", { rows: 4, spellcheck: "false", class: "mono" }),
      "Addresses, one in a line, the first goes first.",
      true,
    ),
  ];
}

function item(name, label, control, usual, list = false) {
  const made = field({ name, label, control, hint: usual });
  if (list) made.box.classList.add("wide");
  const plain = control.tagName === "SELECT" ? () => control.value : () => numberIn(control);
  return {
    ...made,
    usual,
    text: (value) => (list ? value.join("\n") : value === null ? "" : String(value)),
    read: list ? () => control.value.split(/[\s,;]+/).filter(Boolean) : plain,
  };
}
