// A chart over time, drawn by Plotly in the page's colours. Zooming survives refreshes and a change of theme.
import { h, write } from "./dom.js";
import { zone } from "./format.js";
import { color, onTheme } from "./theme.js";

// The map styles that Plotly 7.1 brings along go into an element of this id, unless there is one: inline
// styles are forbidden here, and its trying would be reported in the console.
const MAP_STYLES = "9f215cf04c5486422605d13261cb87401f4e7763b6296af81e98efbc0130da53";

let loading = null;

// Loads Plotly when the first chart needs it: it is larger than everything else together.
function plotly() {
  loading ??= new Promise((done, failed) => {
    const script = h("script", { src: "/static/plotly.min.js" });
    script.addEventListener("load", () => done(globalThis.Plotly));
    script.addEventListener("error", () => {
      loading = null; // a server that is back is asked again
      script.remove();
      failed(new Error("Plotly cannot be loaded."));
    });
    document.head.append(h("meta", { id: MAP_STYLES }), script);
  });
  return loading;
}

// Moments as Plotly wants them: it knows no time zones, so local time is given as if it were UTC.
export function local(ms) {
  return new Date(ms - new Date(ms).getTimezoneOffset() * 60000).toISOString().slice(0, -1);
}

// Puts a chart of a reserved height (in rem) into `parent`. `label` says what it shows to those who do not
// see it. draw(traces, layout) is called with functions of the colours: (color) => traces, (color) => layout.
export function chart(parent, { label, height = 20 }) {
  const note = h("div", { class: "chart-note" }, "Loading…");
  const plot = h("div", { style: { height: "100%" } });
  const box = h(
    "figure",
    { class: "chart", role: "img", "aria-label": label, style: { "--chart-height": `${height}rem` } },
    plot,
    note,
  );
  parent.append(box);
  let newest = null;
  let ended = false;
  let library = null;

  async function draw(traces, layout = () => ({})) {
    newest = [traces, layout];
    try {
      library ??= await plotly();
    } catch (error) {
      write(note, error.message);
      return;
    }
    if (ended || newest[0] !== traces) return;
    await library.react(plot, traces(color), merged(layout(color)), {
      displayModeBar: false,
      doubleClick: "reset",
    });
    write(note, "");
  }

  const sizes = new ResizeObserver(() => library && plot.data && library.Plots.resize(plot));
  sizes.observe(box);
  const endTheme = onTheme(() => newest && draw(...newest));
  return {
    box,
    draw,
    say: (text) => write(note, text),
    describe: (text) => box.setAttribute("aria-label", text),
    resetZoom: () =>
      plot.data && library.relayout(plot, { "xaxis.autorange": true, "yaxis.autorange": true }),
    end() {
      ended = true;
      sizes.disconnect();
      endTheme();
      if (library && plot.data) library.purge(plot);
      box.remove();
    },
  };
}

function merged(own) {
  const base = common();
  return { ...base, ...own, xaxis: { ...base.xaxis, ...own.xaxis }, yaxis: { ...base.yaxis, ...own.yaxis } };
}

function common() {
  const text = color("muted");
  const line = color("line");
  const font = { family: "system-ui, sans-serif", size: 12, color: text };
  const axis = {
    gridcolor: line,
    linecolor: line,
    zerolinecolor: line,
    automargin: false,
    fixedrange: false,
  };
  return {
    font,
    margin: { l: 64, r: 12, t: 28, b: 54 },
    paper_bgcolor: "rgba(0,0,0,0)",
    plot_bgcolor: "rgba(0,0,0,0)",
    hovermode: "x unified",
    hoverlabel: {
      bgcolor: color("surface"),
      bordercolor: color("edge"),
      font: { ...font, color: color("text") },
    },
    legend: { orientation: "h", x: 0, y: 1.02, yanchor: "bottom", font: { ...font, size: 12 } },
    showlegend: true,
    uirevision: "kept", // zoom and hidden traces outlive new data
    xaxis: { ...axis, type: "date", title: { text: zone(), standoff: 2, font: { size: 11 } }, hoverformat: `%d %b %Y, %H:%M:%S ${zone()}` },
    yaxis: { ...axis, rangemode: "tozero" },
  };
}
