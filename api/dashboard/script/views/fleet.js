// Every miner, as a tile and as a row.
import { conditionWords, wearWords } from "../conditions.js";
import { watch } from "../feeds.js";
import { serverNow } from "../clock.js";
import { h, set, write } from "../dom.js";
import { filters } from "../fleet/filters.js";
import { cell, grid } from "../fleet/grid.js";
import { COLUMNS, counts, filtered, row, sorted, withStarts } from "../fleet/model.js";
import { tiles } from "../fleet/tiles.js";
import { celsius, duration, hashrate, number, time, UNKNOWN, watts } from "../format.js";
import { keepInAddress } from "../router.js";
import { watchBySize } from "../sized.js";

let ends = [];

export function show(root, { query }) {
  let table = null;
  let order = { key: sortable(query.get("sort")), down: query.get("down") === "1" };
  const states = (query.get("state") ?? "").split(",");
  const choice = filters({ states, text: query.get("q") ?? "" }, () => refresh());
  const total = h("span", { class: "muted" }, "");
  const worn = h("span", { class: "muted" }, "");
  const map = tiles({ onOpen: open, describe: (place) => hint(row(table, place)) });
  const list = grid({
    label: "Miners",
    columns: COLUMNS,
    fill: (cells, place) => fill(cells, row(table, place)),
    onSort: sort,
    onOpen: open,
  });
  root.append(
    h("div", { class: "view-head" }, h("h1", { tabindex: "-1" }, "Fleet"), total, worn),
    choice.box,
    h("section", { class: "panel tiles-panel", "aria-label": "Tiles" }, map.box),
    h("section", { class: "panel grid-panel", "aria-label": "Table" }, list.box),
  );
  list.mark(order.key, order.down);

  function open(place) {
    location.hash = `#/miner/${table.miner_id[place]}`;
  }

  function sort(key) {
    order = { key, down: order.key === key ? !order.down : false };
    list.mark(order.key, order.down);
    refresh();
  }

  function refresh() {
    const asked = choice.asked();
    keepInAddress({
      state: [...asked.states].join(","),
      q: asked.text,
      sort: order.key,
      down: order.down ? "1" : "",
    });
    if (!table) return;
    const places = filtered(table, asked);
    const numbers = counts(table);
    choice.show(numbers);
    const all = numbers.all === places.length ? "" : ` of ${number(numbers.all)}`;
    write(total, `${number(places.length)}${all} miners`);
    map.show(table, sorted(table, places, { key: "name", down: false }), tileWords(numbers));
    list.show(sorted(table, places, order));
  }

  const learn = (data) => {
    if (!data) return;
    table = withStarts(data);
    refresh();
  };
  ends = [
    watch("/dispatch", 1, (dispatch) => write(worn, wearOfFleet(dispatch?.wear))),
    map.end, list.end,
    watchBySize("/fleet/table", 2, 5, learn),
  ];
}

export function hide() {
  ends.forEach((end) => end());
  ends = [];
}

function sortable(key) {
  return COLUMNS.some((column) => column.key === key) ? key : "name";
}

function fill(cells, miner) {
  const { text, tone } = conditionWords(miner.condition);
  const lasting = miner.since === null ? null : serverNow() / 1000 - miner.since;
  const figures = [
    [miner.name, miner.id],
    [text],
    [watts(miner.power)],
    [hashrate(miner.hashrate)],
    [celsius(miner.temperature)],
    [miner.setting ?? UNKNOWN],
    [duration(lasting)],
    [number(miner.wakes + miner.restarts), wearWords(miner.wakes, miner.restarts)],
    [miner.why, miner.why],
  ];
  figures.forEach(([shown, title], turn) => cell(cells[turn], shown, title));
  set(cells[1], "data-state", miner.condition);
  set(cells[1], "data-tone", tone);
  set(cells[0], "data-held", miner.hold ? "yes" : null);
}

// What miners were put through in the mean; nothing where no server has counted it yet.
function wearOfFleet(wear) {
  if (!wear?.since) return "";
  const { wakes, restarts, failed_wakes: failed } = wear;
  const figures = `${number(wakes, 1)} wakes (${number(failed, 1)} failed), ${number(restarts, 1)} restarts`;
  return `${figures} a miner since ${time(wear.since)}`;
}

function hint(miner) {
  const parts = [miner.name, miner.id, conditionWords(miner.condition).text, watts(miner.power), miner.why];
  return parts.filter(Boolean).join(" · ");
}

function tileWords(numbers) {
  const shares = Object.entries(numbers).filter(([name, found]) => name !== "all" && found);
  const words = shares.map(([name, found]) => `${found} ${name}`);
  return `Miners by state: ${words.join(", ")}. The table has each of them.`;
}
