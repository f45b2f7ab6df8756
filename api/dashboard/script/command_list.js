// Recorded commands as a short list, the newest first, kept up to date: another operator's are seen at once.
import { commandWords, resultWords, senderWords, sourceTone, sourceWords } from "./commands.js";
import { h, rows, set, write } from "./dom.js";
import { watch } from "./feeds.js";
import { time } from "./format.js";

// `filter` narrows the history, as {miner_id}. `title` heads the panel. Returns {panel, end}.
export function commandList({ title, filter = {}, limit = 8 }) {
  const list = h("ol", { class: "recent", style: { "--rows": limit } });
  const none = h("p", { class: "empty" }, "No command is recorded.");
  const more = `#/look_back?${new URLSearchParams(filter)}`;
  const panel = h(
    "section",
    { class: "panel", "aria-label": title },
    h("div", { class: "panel-head" }, h("h2", {}, title), h("a", { class: "end small", href: more }, "All")),
    none,
    list,
  );
  none.hidden = true;
  const query = new URLSearchParams({ ...filter, limit, detail: "true" });
  const end = watch(`/history?${query}`, 2, (history) => {
    const commands = history?.commands ?? [];
    none.hidden = commands.length > 0;
    list.hidden = !none.hidden;
    rows(list, commands, (entry) => entry.command_id, make, update);
  });
  return { panel, end };
}

function make() {
  return h(
    "li",
    {},
    h("time", {}),
    h("span", { class: "pill" }),
    h("a", { class: "what" }),
    h("span", { class: "result small" }),
  );
}

function update(node, entry) {
  const [when, source, what, result] = node.children;
  write(when, time(entry.timestamp));
  set(when, "datetime", entry.timestamp);
  set(when, "title", entry.timestamp);
  write(source, sourceWords(entry.source));
  set(source, "data-tone", sourceTone(entry.source));
  write(what, commandWords(entry));
  set(what, "href", `#/look_back/${encodeURIComponent(entry.command_id)}`);
  set(what, "title", entry.client ? `${entry.message} (from ${senderWords(entry)})` : entry.message);
  const { text, tone } = resultWords(entry);
  write(result, text);
  set(result, "title", text);
  set(result, "data-tone", tone);
}
