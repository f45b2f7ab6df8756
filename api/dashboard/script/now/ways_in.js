// Who commands where several ways in ask for power, who waits, and how each is connected.
import { sourceWords } from "../commands.js";
import { h, write } from "../dom.js";
import { kilowatts, time } from "../format.js";

// Not shown where REST alone is used: the figures say all of it. The schedule has no counterpart to be connected with.
export function waysIn() {
  const note = h("p", { class: "muted" });
  const rows = h("tbody", {});
  const head = h("tr", {}, ...["Way in", "Asks for", "Stands"].map((title) => h("th", { scope: "col" }, title)));
  const table = h("table", { class: "ways-in" }, h("thead", {}, head), rows);
  const panel = h("section", { class: "panel", "aria-label": "Ways in", hidden: true }, h("h2", {}, "Ways in"), note, table);
  return {
    panel,
    show({ dispatch }) {
      const { setpoints = [], limits = [] } = dispatch ?? {};
      const fronts = (dispatch?.fronts ?? []).filter((one) => one.front !== "schedule" || one.error);
      panel.hidden = !fronts.length && !limits.length && setpoints.every((one) => one.source === "ems");
      if (panel.hidden) return;
      write(note, leaves(dispatch));
      rows.replaceChildren(
        ...setpoints.map((one) => row(sourceWords(one.source), asks(one), stands(one))),
        ...limits.map((one) => row(`Limit of ${one.source}`, `at most ${kilowatts(one.power_kw)}${ends(one)}`, "")),
        ...fronts.map((one) => row(sourceWords(one.front), one.counterpart, connection(one))),
      );
    },
  };
}

function row(...texts) {
  return h("tr", {}, ...texts.map((text, place) => h(place ? "td" : "th", place ? {} : { scope: "row" }, text)));
}

function asks(setpoint) {
  return `${setpoint.power_kw === null ? "standby" : kilowatts(setpoint.power_kw)}${ends(setpoint)}`;
}

function ends({ until }) {
  return until ? ` until ${time(until)}` : "";
}

function stands({ in_force: inForce, waits_for: waitsFor, silent }) {
  const said = inForce ? "in command" : waitsFor ? `waits for ${sourceWords(waitsFor)}` : "waits";
  return silent ? `${said}, silent` : said;
}

function connection({ connected_since: since, error }) {
  if (since) return `connected since ${time(since)}`;
  return error ? `not connected: ${error}` : "not connected";
}

function leaves({ binding_limit: limit, pursued_power_kw: left, target_power_kw: target }) {
  return limit ? `Limits leave ${kilowatts(left)} of ${kilowatts(target)}, by ${limit}.` : "";
}
