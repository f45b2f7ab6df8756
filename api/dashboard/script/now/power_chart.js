// Target, measured power and the tolerance band over the last minutes to 24 h, going on live.
import { chart, local } from "../chart.js";
import { serverNow } from "../clock.js";
import { h } from "../dom.js";
import { kilowatts } from "../format.js";
import { onLink } from "../link.js";
import { liveSamples } from "../samples.js";
import { segmented } from "../segmented.js";
import { get } from "../server.js";
import { band, lines, merged } from "./series.js";

const RANGES = [
  { label: "15 min", seconds: 900, every: 1 },
  { label: "1 h", seconds: 3600, every: 2 },
  { label: "6 h", seconds: 6 * 3600, every: 10 },
  { label: "24 h", seconds: 24 * 3600, every: 30 },
];
const STORED_POINTS = 400;
const STORED_EVERY_MS = 60_000;
let chosen = RANGES[0]; // kept while other views are looked at

export function powerChart() {
  const zoomOut = { type: "button", class: "quiet small", on: { click: () => drawn.resetZoom() } };
  const panel = h(
    "section",
    { class: "panel", "aria-labelledby": "power-title" },
    h(
      "div",
      { class: "panel-head" },
      h("h2", { id: "power-title" }, "Power"),
      h(
        "div",
        { class: "row end" },
        h("button", zoomOut, "Reset zoom"),
        segmented("Range", RANGES, chosen, choose),
      ),
    ),
  );
  const drawn = chart(panel, { label: "Power over time", height: 28.5 });
  const ends = [];
  let stored = [];
  let tolerance = 5;
  let nextDraw = 0;

  async function load() {
    const range = chosen;
    const since = new Date(serverNow() - range.seconds * 1000).toISOString();
    try {
      const query = new URLSearchParams({ since, points: STORED_POINTS });
      const { points } = await get(`/telemetry/fleet?${query}`);
      if (range !== chosen) return;
      stored = points.map(sample);
    } catch {
      // the live samples are drawn all the same; the next minute asks again
    }
    draw();
  }

  function draw() {
    const now = serverNow();
    const samples = merged(stored, liveSamples(), now - chosen.seconds * 1000);
    nextDraw = performance.now() + chosen.every * 1000 - 200;
    if (!samples.length) return drawn.say("Nothing was measured yet.");
    const shown = lines(samples, holes(stored));
    const tolerated = band(samples, tolerance);
    drawn.describe(spoken(samples.at(-1)));
    return drawn.draw((color) => traces(color, shown, tolerated, tolerance), () => layout(now, chosen.seconds));
  }

  function choose(range) {
    chosen = range;
    stored = [];
    load();
  }

  load();
  const timer = setInterval(load, STORED_EVERY_MS);
  ends.push(() => clearInterval(timer), drawn.end, onLink((lost) => lost || load()));
  return {
    panel,
    tick: (percent) => {
      tolerance = percent;
      if (performance.now() >= nextDraw) draw();
    },
    end: () => ends.forEach((end) => end()),
  };
}

// Where no miner was reachable nothing was measured, whatever the sum of nothing says.
function sample({ at, target_power_kw: target, power_kw, online_miners: online }) {
  return { at: Date.parse(at), target, power: online ? power_kw : null };
}

// Stored points may lie minutes apart; a hole is what is much longer than their usual distance.
export function holes(stored) {
  const distances = stored.slice(1).map((point, place) => point.at - stored[place].at).sort((a, b) => a - b);
  return Math.max(10_000, 3 * (distances[Math.floor(distances.length / 2)] ?? 0));
}

export function traces(color, shown, tolerated, percent) {
  const text = "%{y:,.3~f} kW";
  return [
    {
      ...tolerated, name: `±${percent} %`, type: "scatter", mode: "lines", fill: "toself", fillcolor: color("band"),
      line: { width: 0 }, hoverinfo: "skip",
    },
    {
      x: shown.x, y: shown.target, name: "Target", type: "scatter", mode: "lines", hovertemplate: text,
      line: { color: color("accent"), width: 1.6, dash: "5px,3px", shape: "hv" },
    },
    {
      x: shown.x, y: shown.power, name: "Measured", type: "scatter", mode: "lines", hovertemplate: text,
      line: { color: color("good"), width: 2 },
    },
  ];
}

function layout(now, seconds) {
  return {
    xaxis: { range: [local(now - seconds * 1000), local(now)] },
    yaxis: { ticksuffix: " kW" },
  };
}

function spoken({ target, power: drawn }) {
  const asked = target === null ? "standby" : kilowatts(target);
  return `Power over time. Last: measured ${kilowatts(drawn)}, target ${asked}.`;
}
