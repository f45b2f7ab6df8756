// What the fleet does at this moment, and what needs attention.
import { commandList } from "../command_list.js";
import { h } from "../dom.js";
import { watch } from "../feeds.js";
import { attention } from "../now/attention.js";
import { figures } from "../now/figures.js";
import { powerChart } from "../now/power_chart.js";
import { waysIn } from "../now/ways_in.js";
import { watchBySize } from "../sized.js";

let ends = [];

export function show(root) {
  const known = { status: null, dispatch: null, capacity: null, heardAt: {} };
  const big = figures();
  const power = powerChart();
  const wrong = attention();
  const ways = waysIn();
  const last = commandList({ title: "Last commands" });
  root.append(
    h("h1", { class: "unseen", tabindex: "-1" }, "Now"),
    h(
      "div",
      { class: "stack" },
      big.grid,
      h("div", { class: "now-columns" }, power.panel, h("div", { class: "stack" }, wrong.panel, ways.panel, last.panel)),
    ),
  );
  const learn = (name) => (data, heardAt) => {
    known[name] = data;
    known.heardAt[name] = heardAt;
    big.show(known);
    wrong.show(known);
    ways.show(known);
    if (name === "status") power.tick(known.dispatch?.tolerance_percent ?? 5);
  };
  ends = [
    watch("/status", 1, learn("status")),
    watch("/dispatch", 1, learn("dispatch")),
    watchBySize("/capacity", 2, 10, learn("capacity")),
    power.end,
    last.end,
  ];
}

export function hide() {
  ends.forEach((end) => end());
  ends = [];
}
