// The power curve of a dispatch: stored telemetry around the time it was watched, with that time's two ends.
import { chart, local } from "../chart.js";
import { h } from "../dom.js";
import { watch } from "../feeds.js";
import { holes, traces } from "../now/power_chart.js";
import { band, lines } from "../now/series.js";
import { samples } from "./samples.js";

const LEAST_MARGIN_MS = 60_000;

export function curve(record) {
  const [begun, ended] = [Date.parse(record.begun_at), Date.parse(record.ended_at)];
  const margin = Math.max(LEAST_MARGIN_MS, (ended - begun) / 4);
  const panel = h("section", { class: "panel" }, h("div", { class: "panel-head" }, h("h2", {}, "Power curve")));
  const drawn = chart(panel, { label: "Measured power and target while the command was followed", height: 18 });
  const [since, until] = [begun - margin, ended + margin];
  let tolerance = 5;
  const unwatch = watch("/dispatch", 1, (dispatch) => { tolerance = dispatch?.tolerance_percent ?? 5; });

  async function draw() {
    const stored = await samples(since, until).catch(() => []);
    const points = completed(stored, record, begun, ended);
    const shown = lines(points, holes(stored));
    const tolerated = band(points.filter(({ at }) => at >= begun && at <= ended), tolerance);
    drawn.draw((color) => traces(color, shown, tolerated, tolerance), (color) => layout(since, until, [begun, ended], color));
  }

  draw();
  return { panel, end: () => { unwatch(); drawn.end(); } };
}

// The record's own figures at both ends: telemetry is stored once a minute, and many a dispatch is shorter.
function completed(stored, record, begun, ended) {
  const target = record.target_power_kw;
  const own = [
    { at: begun - 1, target: stored.findLast(({ at }) => at < begun)?.target ?? null, power: record.power_before_kw },
    { at: begun, target, power: record.power_before_kw },
    { at: ended, target, power: record.power_at_end_kw },
  ];
  return [...stored, ...own].sort((one, other) => one.at - other.at);
}

function layout(since, until, marks, color) {
  const line = { color: color("muted"), width: 1, dash: "2px,3px" };
  return {
    xaxis: { range: [local(since), local(until)] },
    yaxis: { ticksuffix: " kW" },
    shapes: marks.map((ms) => ({ type: "line", x0: local(ms), x1: local(ms), y0: 0, y1: 1, yref: "paper", line })),
  };
}
