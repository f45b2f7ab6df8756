// What was: the fleet at a past moment, the command history, and what came of a single command.
import { h } from "../dom.js";
import { command } from "../look_back/command.js";
import { commands } from "../look_back/commands.js";
import { past } from "../look_back/past.js";
import { keepInAddress } from "../router.js";

let ends = [];

export function show(root, { path, query }) {
  if (path[0]) ends = showCommand(root, path[0]);
  else ends = showAll(root, query);
}

export function hide() {
  ends.forEach((end) => end());
  ends = [];
}

function showAll(root, query) {
  const address = Object.fromEntries(query);
  const keep = (change) => keepInAddress(Object.assign(address, change));
  const then = past(query.get("at"), (at) => keep({ at }));
  const list = commands(query, keep);
  root.append(head("Look back"), h("div", { class: "stack" }, then.panel, list.panel));
  return [then.end, list.end];
}

function showCommand(root, commandId) {
  const one = command(commandId);
  root.append(head("Command", h("a", { class: "end", href: "#/look_back" }, "All commands")), one.box);
  return [one.end];
}

function head(title, ...more) {
  return h("div", { class: "view-head" }, h("h1", { tabindex: "-1" }, title), ...more);
}
