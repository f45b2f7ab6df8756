// What the log and the stored telemetry know of one moment, in words.
import { sourceWords } from "../commands.js";
import { holdWords } from "../conditions.js";
import { h, write } from "../dom.js";
import { commandWords, modeWords } from "../fleet_words.js";
import { count, duration, kilowatts, number, time, UNKNOWN, words } from "../format.js";
import { holes } from "../now/power_chart.js";

const MOST_LISTED = 200;

const FACTS = {
  moment: "Moment", command: "In command", target: "Target", ordered: "Ordered by", setpoints: "Asked for", override: "Override", limits: "Limits", mode: "Power mode",
  measured: "Measured", mining: "Mining", hashrate: "Hashrate", strategy: "Strategy", rate: "Ramp limit",
  minimum: "Least per miner", rated: "Rated power", priority: "Priority", ems: "EMS heard last", version: "Event of the log",
};

export function pastState(parent) {
  const values = Object.fromEntries(Object.keys(FACTS).map((name) => [name, h("dd", {}, UNKNOWN)]));
  const pairs = Object.entries(FACTS).map(([name, label]) => [h("dt", {}, label), values[name]]);
  const note = h("p", { class: "outcome", "data-tone": "bad" });
  const miners = list("Registered miners");
  const holds = list("Held by an operator");
  parent.append(note, h("dl", { class: "facts" }, ...pairs), holds.box, miners.box);
  const put = (facts) => Object.entries(facts).forEach(([name, text]) => write(values[name], text));
  return {
    measured: (points, moment) => put({ moment: time(new Date(moment).toISOString()), ...measured(points, moment) }),
    missing(sentence) {
      put(Object.fromEntries(LOGGED.map((name) => [name, UNKNOWN])));
      [miners, holds].forEach((one) => one.show([], () => ""));
      write(note, sentence);
    },
    show(state) {
      write(note, "");
      put(logged(state));
      miners.show(state.miners, (miner) => `${miner.model} · ${kilowatts(miner.rated_power_kw)}`);
      holds.show(state.holds, (hold) => `${holdWords(hold.kind)}, since ${time(hold.since)}`);
    },
  };
}

const LOGGED = ["command", "target", "ordered", "setpoints", "override", "limits", "mode", "strategy", "rate", "minimum", "rated", "priority", "ems", "version"];

function logged(state) {
  const settings = state.configuration;
  return {
    target: state.order ? kilowattsOr(state.order.target_power_kw, "standby") : "none yet",
    ordered: state.order ? `${sourceWords(state.order.source)}, ${time(state.order.since)}` : UNKNOWN,
    command: commandWords(state.in_command).text,
    setpoints: state.setpoints.map(setpointWords).join("; ") || "nothing",
    override: state.override ? `${kilowattsOr(state.override.target_power_kw, "all stopped")} since ${time(state.override.since)}` : "off",
    limits: state.limits.map(limitWords).join("; ") || "none",
    mode: modeWords(state.power_control_mode),
    strategy: words(settings.power_distribution_strategy),
    rate: `${number(settings.max_power_change_rate_kw_per_sec, 1)} kW/s`,
    minimum: `${number(settings.min_miner_power_percent)} %`,
    rated: settings.rated_power_kw_override === null ? "sum of the miners" : kilowatts(settings.rated_power_kw_override),
    priority: settings.miner_priority.length ? count(settings.miner_priority.length, "miner") : "none",
    ems: time(state.last_ems_command),
    version: number(state.version),
  };
}

function setpointWords({ source, power_kw: power, until, in_force: inForce }) {
  const asked = `${sourceWords(source)}: ${kilowattsOr(power, "standby")}${until ? ` until ${time(until)}` : ""}`;
  return inForce ? asked : `${asked} (waits)`;
}

function limitWords({ source, power_kw: most, until }) {
  return `${source}: ${kilowatts(most)}${until ? ` until ${time(until)}` : ""}`;
}

function kilowattsOr(power, otherwise) {
  return power === null ? otherwise : kilowatts(power);
}

// Of the last stored sample before the moment, unless that is too old to stand for it.
function measured(points, moment) {
  const found = points.findLast((point) => point.at <= moment);
  if (!found || moment - found.at > holes(points)) return { measured: "not stored", mining: UNKNOWN, hashrate: UNKNOWN };
  const power = found.power === null ? "no miner reachable" : kilowatts(found.power);
  return {
    measured: `${power} (${duration((moment - found.at) / 1000)} before)`,
    mining: `${number(found.mining)} of ${number(found.total)} (${number(found.online)} reachable)`,
    hashrate: `${number(found.hashrate, 1)} TH/s`,
  };
}

// A list that opens when asked to; of very many the first are named.
function list(title) {
  const summary = h("summary", {}, title);
  const items = h("ul", { class: "past-list" });
  return {
    box: h("details", {}, summary, items),
    show(found, about) {
      write(summary, `${title}: ${number(found.length)}`);
      const named = found.slice(0, MOST_LISTED).map((one) =>
        h("li", {}, h("a", { href: `#/miner/${one.miner_id}` }, one.miner_id), ` ${about(one)}`));
      const more = found.length - named.length;
      items.replaceChildren(...named, ...(more > 0 ? [h("li", { class: "muted" }, `and ${number(more)} more`)] : []));
    },
  };
}
