// The newest commands of everybody: another operator's, the EMS's and one's own.
import { commandWords, sourceWords } from "../commands.js";
import { h, rows, set, write } from "../dom.js";
import { watch } from "../feeds.js";
import { time } from "../format.js";

const SHOWN = 8;

export function recent() {
  const list = h("ol", { class: "recent" });
  const panel = h(
    "section",
    { class: "panel", "aria-labelledby": "recent-title" },
    h("div", { class: "panel-head" }, h("h2", { id: "recent-title" }, "Last commands"),
      h("a", { class: "end small", href: "#/look_back" }, "All")),
    list,
  );
  const end = watch(`/history?limit=${SHOWN}&detail=true`, 2, (history) => {
    rows(list, history?.commands ?? [], (entry) => entry.command_id, make, update);
  });
  return { panel, end };
}

function make() {
  return h("li", {}, h("time", {}), h("span", { class: "pill" }), h("span", { class: "what" }), h("span", { class: "result small" }));
}

function update(node, entry) {
  const [when, source, what, result] = node.children;
  write(when, time(entry.timestamp));
  set(when, "datetime", entry.timestamp);
  set(when, "title", entry.timestamp);
  write(source, sourceWords(entry.source));
  set(source, "data-tone", entry.source === "dashboard" ? "accent" : entry.source === "ems" ? "good" : null);
  write(what, commandWords(entry));
  set(what, "title", entry.client ? `from ${entry.client}` : null);
  write(result, entry.success ? (entry.outcome ?? "") : `refused: ${entry.message}`);
  set(result, "data-tone", entry.success ? null : "bad");
}
