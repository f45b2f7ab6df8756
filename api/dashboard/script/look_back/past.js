// The fleet at a past moment: a slider over the last hours, the power curve below it, and the log's state.
import { chart, local } from "../chart.js";
import { serverNow } from "../clock.js";
import { h, set } from "../dom.js";
import { watch } from "../feeds.js";
import { time, zone } from "../format.js";
import { holes, traces } from "../now/power_chart.js";
import { band, lines } from "../now/series.js";
import { segmented } from "../segmented.js";
import { get } from "../server.js";
import { fromField, iso, toField } from "./moments.js";
import { pastState } from "./past_state.js";
import { samples } from "./samples.js";

const RANGES = [
  { label: "15 min", span: 900 },
  { label: "1 h", span: 3600 },
  { label: "6 h", span: 6 * 3600 },
  { label: "24 h", span: 24 * 3600 },
  { label: "7 d", span: 7 * 24 * 3600 },
];
const STEPS = 720;
const CLOCK_SLACK_MS = 1500; // the server's clock is known to the second; its present must not be missed
const PAUSE_MS = 120; // a slider that is dragged asks when it rests

// `at` is where to begin, null for now; onMoment(at) is told of each moment that was chosen.
export function past(at, onMoment) {
  const opened = serverNow();
  const view = { span: RANGES[1].span, until: opened, moment: Date.parse(at ?? "") || opened, points: [], tolerance: 5 };
  const slider = h("input", { type: "range", min: "0", max: String(STEPS), step: "1", "aria-label": "Moment", on: { input: slid } });
  const field = h("input", { type: "datetime-local", step: "1", "aria-label": `Date and time, ${zone()}`, on: { change: entered } });
  const ranges = segmented("Range", RANGES, RANGES[1], ({ span }) => choose(span));
  const panel = frame(ranges, slider, field, () => toNow());
  const drawn = chart(panel.querySelector(".past-curve"), { label: "Power around the moment", height: 19 });
  const state = pastState(panel.querySelector(".past-state"));
  let timer = 0;
  let turn = 0;

  function slid() {
    go(view.until - view.span * 1000 * (1 - slider.valueAsNumber / STEPS));
  }

  function entered() {
    const ms = fromField(field.value);
    if (ms === null || ms > serverNow()) return go(serverNow());
    if (ms < view.until - view.span * 1000 || ms > view.until) look(ms + view.span * 500);
    go(ms);
  }

  // Another range keeps the moment that is looked at; the present goes on to what is the present by now.
  function choose(span) {
    if (view.moment === view.until) return toNow(span);
    view.span = span;
    const present = serverNow();
    look(present - view.moment < span * 1000 ? present : view.moment + span * 500);
  }

  function toNow(span = view.span) {
    view.span = span;
    look(serverNow());
    go(view.until);
  }

  function look(until) {
    view.until = Math.min(until, serverNow());
    load();
  }

  function go(ms) {
    view.moment = ms;
    point();
    onMoment(iso(ms));
    clearTimeout(timer);
    timer = setTimeout(ask, PAUSE_MS);
  }

  // Puts slider, field and the line in the chart where the moment is.
  function point() {
    slider.value = String(STEPS * (1 - (view.until - view.moment) / (view.span * 1000)));
    set(slider, "aria-valuetext", time(iso(view.moment)));
    field.value = toField(view.moment);
    state.measured(view.points, view.moment);
    draw();
  }

  async function ask() {
    const mine = (turn += 1);
    const asked = view.moment === view.until ? view.moment + CLOCK_SLACK_MS : view.moment;
    try {
      const found = await get(`/history/state?${new URLSearchParams({ at: iso(asked) })}`);
      if (mine === turn) state.show(found, view.moment);
    } catch (error) {
      if (mine === turn) state.missing(error.message);
    }
  }

  async function load() {
    const until = view.until;
    const points = await samples(until - view.span * 1000, until).catch(() => []);
    if (until !== view.until) return;
    view.points = points;
    point();
  }

  function draw() {
    if (!view.points.length) drawn.say("Nothing was measured in this time.");
    const shown = lines(view.points, holes(view.points));
    const tolerated = band(view.points, view.tolerance);
    drawn.draw((color) => traces(color, shown, tolerated, view.tolerance), (color) => layout(view, color));
  }

  look(Math.abs(view.moment - view.until) < view.span * 1000 ? view.until : view.moment + view.span * 500);
  point();
  ask();
  const unwatch = watch("/dispatch", 1, (dispatch) => { view.tolerance = dispatch?.tolerance_percent ?? 5; });
  return { panel, end: () => { clearTimeout(timer); turn += 1; unwatch(); drawn.end(); } };
}

function frame(ranges, slider, field, onNow) {
  return h(
    "section",
    { class: "panel", "aria-labelledby": "past-title" },
    h("div", { class: "panel-head" }, h("h2", { id: "past-title" }, "The fleet as it was"),
      h("div", { class: "row end" }, field, h("span", { class: "muted small" }, zone()),
        h("button", { type: "button", on: { click: onNow } }, "Now"),
        ranges)),
    h("div", { class: "past-columns" },
      h("div", { class: "past-curve" }, h("div", { class: "past-slider" }, slider)),
      h("div", { class: "past-state" })),
  );
}

function layout(view, color) {
  const at = local(view.moment);
  return {
    xaxis: { range: [local(view.until - view.span * 1000), local(view.until)] },
    yaxis: { ticksuffix: " kW" },
    uirevision: `${view.until}-${view.span}`,
    shapes: [{ type: "line", x0: at, x1: at, y0: 0, y1: 1, yref: "paper", line: { color: color("text"), width: 1.5 } }],
  };
}
