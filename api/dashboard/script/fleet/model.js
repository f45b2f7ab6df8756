// The table of all miners: which rows are shown, and in which order. Pure, and quick with ten thousand.
import { CONDITIONS, why } from "../conditions.js";

const RANK = Object.fromEntries(CONDITIONS.map((condition, place) => [condition, place]));
const BY_NUMBER = "awesome-";
let known = { ids: [], keys: [] };

export const COLUMNS = [
  { key: "name", title: "Miner", order: "number" },
  { key: "condition", title: "State", order: "rank" },
  { key: "power_watts", title: "Power", order: "number" },
  { key: "hashrate_ghs", title: "Hashrate", order: "number" },
  { key: "temperature_c", title: "Temp.", order: "number" },
  { key: "setting", title: "Setting", order: "figures" },
  { key: "since", title: "For", order: "number" },
  { key: "starts", title: "Starts", order: "number" },
  { key: "reason", title: "Why not running, last trouble", order: "words" },
];

// How often each was begun anew from here in a day, beside what the server tells.
export function withStarts(table) {
  return { ...table, starts: table.wakes.map((wakes, place) => wakes + table.restarts[place]) };
}

// One miner of the columns.
export function row(table, place) {
  const shown = {
    id: table.miner_id[place],
    name: table.name[place],
    condition: table.condition[place],
    since: table.since[place],
    transition: table.in_transition[place],
    hold: table.hold[place],
    wanted: table.wanted[place],
    power: table.power_watts[place],
    hashrate: table.hashrate_ghs[place],
    temperature: table.temperature_c[place],
    setting: table.setting[place],
    selfTuning: table.self_tuning[place],
    reason: table.reason[place],
    wakes: table.wakes[place],
    restarts: table.restarts[place],
    staysUntil: table.stays_until[place],
  };
  return { ...shown, why: why(shown) };
}

export function counts(table) {
  const found = Object.fromEntries(CONDITIONS.map((condition) => [condition, 0]));
  for (const condition of table.condition) found[condition] += 1;
  return {
    ...found,
    held: table.hold.reduce((sum, hold) => sum + (hold ? 1 : 0), 0),
    all: table.condition.length,
  };
}

// The places of the rows that pass: `states` holds conditions and "held", none for all; `text` is looked for
// in name, address and reason.
export function filtered(table, { states, text }) {
  const wanted = text.trim().toLowerCase();
  const places = [];
  for (let place = 0; place < table.miner_id.length; place += 1) {
    if (passes(table, place, states) && (!wanted || mentions(table, place, wanted))) places.push(place);
  }
  return places;
}

function passes(table, place, states) {
  if (!states.size) return true;
  return states.has(table.condition[place]) || (states.has("held") && table.hold[place] !== null);
}

function mentions(table, place, wanted) {
  const { miner_id: ids, name: names, reason: reasons } = table;
  return (
    ids[place].includes(wanted) ||
    names[place].toLowerCase().includes(wanted) ||
    (reasons[place]?.toLowerCase().includes(wanted) ?? false)
  );
}

// Addresses as numbers, worked out anew only when the registry changes. Names follow addresses, and after them
// come miners without one, by their numbers at Awesome Miner.
function addresses(ids) {
  const same = ids.length === known.ids.length && ids.every((id, place) => id === known.ids[place]);
  if (!same)
    known = {
      ids,
      keys: ids.map((id) =>
        id.startsWith(BY_NUMBER)
          ? 256 ** 4 + Number(id.slice(BY_NUMBER.length))
          : id.split(".").reduce((sum, octet) => 256 * sum + Number(octet), 0),
      ),
    };
  return known.keys;
}

// 650 MHz before 1,000 W: by the figures in the words, as people read them.
const FIGURES = new Intl.Collator("en", { numeric: true });

function byFigures(one, other) {
  return FIGURES.compare(one.replaceAll(",", ""), other.replaceAll(",", ""));
}

function byText(one, other) {
  return one < other ? -1 : Number(one > other);
}

// Sorts places by a column, what is not known last; equals keep the order of registration.
export function sorted(table, places, { key, down }) {
  const column = COLUMNS.find((known) => known.key === key);
  const values = key === "name" ? addresses(table.miner_id) : table[key];
  const sign = down ? -1 : 1;
  // A long time is an early `since`.
  const towards = key === "since" ? -sign : sign;
  const compare = { words: byText, figures: byFigures }[column.order] ?? ((one, other) => one - other);
  const keyed = places.map((place) => ({
    place,
    value: column.order === "rank" ? RANK[values[place]] : values[place],
  }));
  keyed.sort((one, other) => {
    if (one.value === null || other.value === null) return (one.value === null) - (other.value === null);
    return towards * compare(one.value, other.value);
  });
  return keyed.map(({ place }) => place);
}
