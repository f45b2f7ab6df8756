import { h } from "../dom.js";

export function show(root) {
  root.append(h("div", { class: "view-head" }, h("h1", { tabindex: "-1" }, "Miner")));
}

export function hide() {}
