// One miner: what it does, what is wanted of it, what it tells, and what can be done to it.
import { commandList } from "../command_list.js";
import { conditionWords } from "../conditions.js";
import { h, set, write } from "../dom.js";
import { watch } from "../feeds.js";
import { ago } from "../format.js";
import { actorPanel } from "../miner/actor.js";
import { controls } from "../miner/controls.js";
import { devicePanels } from "../miner/device.js";
import { minerChart } from "../miner/miner_chart.js";

let ends = [];

export function show(root, { path }) {
  const miner = path[0] ?? "";
  const id = encodeURIComponent(miner);
  const name = h("h1", { tabindex: "-1" }, miner);
  const pill = h("span", { class: "pill" }, "–");
  const held = h("span", { class: "pill", "data-tone": "warn", hidden: true }, "held by an operator");
  const seen = h("span", { class: "muted small" }, "");
  const gone = h("p", { class: "panel", role: "alert", hidden: true }, "");
  const control = controls(id);
  const actor = actorPanel();
  const chart = minerChart(id);
  const device = devicePanels(id);
  const last = commandList({ title: "Its commands", filter: { miner_id: miner }, limit: 6 });
  const rest = h(
    "div",
    { class: "stack" },
    h(
      "div",
      { class: "miner-columns" },
      h("div", { class: "stack" }, control.panel, last.panel),
      h("div", { class: "stack" }, chart.panel, actor.panel),
    ),
    device.box,
  );
  root.append(
    h("p", { class: "small" }, h("a", { href: "#/fleet" }, "← Fleet")),
    h(
      "div",
      { class: "view-head" },
      name,
      h("code", { class: "muted" }, miner),
      pill,
      held,
      h("span", { class: "end" }, seen),
    ),
    gone,
    rest,
  );

  const learn = (view, heardAt) => {
    tell("");
    actor.show(view, heardAt);
    control.observe(view);
    chart.learn(view);
    const { text, tone } = conditionWords(view.observed?.phase ?? "unknown");
    write(pill, text);
    set(pill, "data-tone", tone);
    held.hidden = view.hold === null;
    write(seen, view.observed?.seen_at ? `answered ${ago(view.observed.seen_at)}` : "has not answered yet");
  };
  const tell = (refusal) => {
    gone.hidden = !refusal;
    rest.hidden = Boolean(refusal);
    write(gone, refusal);
  };
  ends = [
    watch(`/miners/${id}/actor`, 1, learn, ({ message }) => tell(message)),
    watch(`/miners/${id}`, 5, (status) => status && write(name, status.name)),
    control.end,
    chart.end,
    device.end,
    last.end,
  ];
}

export function hide() {
  ends.forEach((end) => end());
  ends = [];
}
