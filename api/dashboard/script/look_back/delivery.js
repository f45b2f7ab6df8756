// The delivery record of a dispatch in figures and words.
import { outcomeWords } from "../commands.js";
import { h } from "../dom.js";
import { duration, kilowatts, number, percent, time, UNKNOWN, words } from "../format.js";

const ENDINGS = {
  in_band: "power stayed within the tolerance; some miners are still on their way",
  settled: "all was done that can be done",
  superseded: "another command took over",
};

export function endingWords(ending) {
  return ENDINGS[ending] ?? words(ending);
}

export function delivery(record) {
  const facts = [
    ["Result", outcomeWords(record.result).text],
    ["Target", record.target_power_kw === null ? "standby" : kilowatts(record.target_power_kw)],
    ["Power", `${kilowatts(record.power_before_kw)} before, ${kilowatts(record.power_at_end_kw)} at the end`],
    ["Reaction delay", seconds(record.reaction_delay_seconds)],
    ["Time to the band", seconds(record.time_to_band_seconds)],
    ["In the band", inBand(record)],
    ["Energy asked", kilowattHours(record.asked_kwh)],
    ["Energy delivered", kilowattHours(record.delivered_kwh)],
    ["Shortfall", kilowattHours(record.shortfall_kwh)],
    ["Watched", `${time(record.begun_at)} to ${time(record.ended_at)} (${duration(watched(record))})`],
    ["All done after", seconds(record.settled_after_seconds)],
    ["Ended because", endingWords(record.ending)],
  ];
  const pairs = facts.map(([label, value]) => [h("dt", {}, label), h("dd", {}, value)]);
  return [h("dl", { class: "facts" }, ...pairs), disobedience(record)];
}

function watched(record) {
  return (Date.parse(record.ended_at) - Date.parse(record.begun_at)) / 1000;
}

function inBand(record) {
  const since = watched(record) - record.time_to_band_seconds;
  if (record.time_to_band_seconds !== null && since < 1) return "reached it as the watching ended";
  return `${percent(100 * record.share_in_band, 1)} of the time`;
}

function seconds(value) {
  return value === null ? "did not come" : `${number(value, 1)} s`;
}

function kilowattHours(value) {
  return value === null ? UNKNOWN : `${number(value, 3)} kWh`;
}

function disobedience({ disobedient, disobedient_total: total }) {
  if (!total) return h("p", { class: "muted" }, "All miners obeyed.");
  const named = disobedient.map(({ miner_id: miner, reason }) =>
    h("li", {}, h("a", { href: `#/miner/${miner}` }, miner), ` ${reason}`));
  return h(
    "div", { class: "disobedient" },
    h("h3", {}, `${number(total)} of the miners did not obey`),
    h("ul", { class: "past-list", tabindex: "0", "aria-label": "Miners that did not obey" }, named),
  );
}
