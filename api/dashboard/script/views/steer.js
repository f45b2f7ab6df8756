// Takes command, sets how power is shared out, and keeps the registry.
import { commandList } from "../command_list.js";
import { h } from "../dom.js";
import { watch } from "../feeds.js";
import { lockable } from "../lockable.js";
import { configurationPanel } from "../steer/configuration.js";
import { discoveryPanel, registryPanel } from "../steer/discovery.js";
import { modePanel } from "../steer/mode.js";
import { overridePanel } from "../steer/override.js";
import { plannedPanel } from "../steer/planned.js";

let ends = [];

export function show(root) {
  const known = { status: null, dispatch: null };
  const override = overridePanel();
  const mode = modePanel();
  const configuration = configurationPanel();
  const discovery = discoveryPanel();
  const planned = plannedPanel();
  const last = commandList({ title: "Last commands" });
  const lock = lockable(
    h(
      "div",
      { class: "steer-columns" },
      h("div", { class: "stack" }, override.panel, mode.panel, configuration.panel),
      h("div", { class: "stack" }, last.panel, planned.panel, discovery.panel, registryPanel().panel),
    ),
  );
  root.append(h("div", { class: "view-head" }, h("h1", { tabindex: "-1" }, "Steer")), ...lock.nodes);
  const learn = (name) => (data) => {
    known[name] = data;
    override.show(known.status, known.dispatch);
    mode.show(known.status);
  };
  ends = [
    watch("/status", 1, learn("status")),
    watch("/dispatch", 1, learn("dispatch")),
    lock.end,
    configuration.end,
    discovery.end,
    last.end,
    planned.end,
  ];
}

export function hide() {
  ends.forEach((end) => end());
  ends = [];
}
