// What was: the command history, the fleet at a past moment, and the delivery of each dispatch.
import { h } from "../dom.js";

export function show(root) {
  root.append(h("div", { class: "view-head" }, h("h1", { tabindex: "-1" }, "Look back")));
}

export function hide() {}
