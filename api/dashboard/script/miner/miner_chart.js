// One miner's power and temperature over the stored hours, going on live.
import { chart, local } from "../chart.js";
import { serverNow } from "../clock.js";
import { h } from "../dom.js";
import { onLink } from "../link.js";
import { segmented } from "../segmented.js";
import { get } from "../server.js";

const RANGES = [
  { label: "1 h", seconds: 3600 },
  { label: "6 h", seconds: 6 * 3600 },
  { label: "24 h", seconds: 24 * 3600 },
];
const STORED_EVERY_MS = 60_000;
const MOST_LIVE = 1800;
const DRAW_EVERY_MS = 2000;

export function minerChart(miner) {
  let { seconds } = RANGES[0];
  let stored = [];
  let drawnAt = 0;
  const live = [];
  const panel = h(
    "section",
    { class: "panel", "aria-labelledby": "miner-chart-title" },
    h(
      "div",
      { class: "panel-head" },
      h("h2", { id: "miner-chart-title" }, "Power and temperature"),
      h("div", { class: "end" }, segmented("Range", RANGES, RANGES[0], choose)),
    ),
  );
  const drawn = chart(panel, { label: `Power and temperature of ${miner} over time`, height: 16 });

  async function load() {
    const asked = seconds;
    const query = new URLSearchParams({
      since: new Date(serverNow() - asked * 1000).toISOString(),
      points: 400,
    });
    try {
      const { points } = await get(`/telemetry/miners/${miner}?${query}`);
      if (asked !== seconds) return;
      stored = points.map((point) => ({
        at: Date.parse(point.at),
        power: point.power_watts,
        heat: point.temperature_c,
      }));
    } catch {
      // asked again in a minute; what is live is drawn
    }
    draw();
  }

  function draw() {
    drawnAt = performance.now();
    const begin = live[0]?.at ?? Infinity;
    const since = serverNow() - seconds * 1000;
    const shown = [...stored.filter(({ at }) => at < begin), ...live].filter(({ at }) => at >= since);
    if (!shown.length) return drawn.say("Nothing was measured yet.");
    return drawn.draw(
      (color) => traces(color, shown),
      () => layout(seconds),
    );
  }

  function choose(range) {
    seconds = range.seconds;
    load();
  }

  load();
  const timer = setInterval(load, STORED_EVERY_MS);
  const endLink = onLink((lost) => lost || load());
  return {
    panel,
    learn({ published_at: published, observed }) {
      const at = Date.parse(published);
      if (!observed || (live.length && at <= live.at(-1).at)) return;
      live.push({ at, power: Math.round(1000 * observed.power_kw) || null, heat: null });
      if (live.length > MOST_LIVE) live.shift();
      if (performance.now() - drawnAt > DRAW_EVERY_MS) draw();
    },
    end() {
      clearInterval(timer);
      endLink();
      drawn.end();
    },
  };
}

function traces(color, shown) {
  const x = shown.map(({ at }) => local(at));
  const heated = shown.filter(({ heat }) => heat !== null);
  return [
    {
      x,
      y: shown.map(({ power }) => power),
      name: "Power",
      type: "scatter",
      mode: "lines",
      line: { color: color("good"), width: 2 },
      hovertemplate: "%{y:,d} W",
    },
    {
      x: heated.map(({ at }) => local(at)),
      y: heated.map(({ heat }) => heat),
      name: "Hottest chip",
      type: "scatter",
      mode: "lines",
      yaxis: "y2",
      line: { color: color("warn"), width: 1.5, dash: "dot" },
      hovertemplate: "%{y} °C",
    },
  ];
}

function layout(seconds) {
  const now = serverNow();
  return {
    xaxis: { range: [local(now - seconds * 1000), local(now)] },
    yaxis: { ticksuffix: " W" },
    yaxis2: {
      overlaying: "y",
      side: "right",
      ticksuffix: " °C",
      showgrid: false,
      range: [0, 120],
      tickmode: "linear",
      dtick: 40,
    },
    margin: { l: 64, r: 52, t: 28, b: 54 },
  };
}
