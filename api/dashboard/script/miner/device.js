// Everything the device tells of itself. It is asked when the view opens and on demand, never by polling.
import { selfTuningWords } from "../conditions.js";
import { h, set, write } from "../dom.js";
import { celsius, count, duration, hashrate, megahertz, number, percent, time, UNKNOWN, watts } from "../format.js";
import { serverNow } from "../clock.js";
import { get } from "../server.js";

export function devicePanels(miner) {
  const again = h("button", { type: "button", on: { click: () => load() } }, "Read again");
  const state = h("p", { class: "muted small", role: "status" }, "");
  const boards = panel("Boards");
  const pools = panel("Pools");
  const about = panel("Device");
  const box = h(
    "div",
    { class: "stack" },
    h("div", { class: "row" }, h("h2", {}, "From the device itself"), again, state),
    boards.box,
    h("div", { class: "columns" }, pools.box, about.box),
  );
  let ended = false;

  async function load() {
    set(again, "aria-busy", "true");
    again.disabled = true;
    write(state, "Reading…");
    try {
      const details = await get(`/miner/${miner}/details`);
      if (ended) return;
      boards.body.replaceChildren(...boardTable(details));
      pools.body.replaceChildren(poolTable(details));
      about.body.replaceChildren(facts(details));
      write(state, `read at ${time(serverNow())}`);
    } catch (error) {
      write(state, error.message);
    } finally {
      again.disabled = false;
      set(again, "aria-busy", null);
    }
  }

  load();
  return {
    box,
    end: () => {
      ended = true;
    },
  };
}

function panel(title) {
  const body = h(
    "div",
    { class: "table-box device-body", tabindex: 0, role: "group", "aria-label": title },
    h("p", { class: "empty" }, UNKNOWN),
  );
  return {
    box: h(
      "section",
      { class: "panel", "aria-label": title },
      h("div", { class: "panel-head" }, h("h3", {}, title)),
      body,
    ),
    body,
  };
}

// `columns` are [title, value of an item, is it a figure].
function table(columns, items) {
  const head = h(
    "tr",
    {},
    columns.map(([title, , figure]) => h("th", { scope: "col", class: figure ? "number" : null }, title)),
  );
  const body = items.map((item) =>
    h(
      "tr",
      {},
      columns.map(([, value, figure]) => h("td", { class: figure ? "number" : "wrap" }, value(item))),
    ),
  );
  return h("table", {}, h("thead", {}, head), h("tbody", {}, body));
}

// What a dead board would show is nothing, not zero.
function ofLiving(figure) {
  return (board) => (board.status === "dead" ? UNKNOWN : figure(board));
}

function boardTrouble(boards) {
  const dead = boards.filter(({ status }) => status === "dead").length;
  if (!dead) return null;
  return h("p", { class: "board-trouble" }, `${dead} of ${count(boards.length, "board")} ${dead === 1 ? "is" : "are"} dead.`);
}

function boardTable({ boards }) {
  if (!boards.length) return [h("p", { class: "empty" }, "It tells of no boards now.")];
  const tones = { healthy: "good", degraded: "warn", dead: "bad" };
  const listed = table(
    [
      ["Board", ({ id }) => String(id)],
      ["Status", ({ status }) => h("span", { class: "pill", "data-tone": tones[status] }, status)],
      ["Hashrate", ({ hashrate_ghs: rate }) => hashrate(rate), true],
      ["Power", ({ power_watts: power }) => watts(power), true],
      ["Frequency", ofLiving(({ frequency_mhz: frequency }) => megahertz(frequency)), true],
      ["Chip", ofLiving(({ chip_temp: heat }) => celsius(heat)), true],
      ["Board temp.", ofLiving(({ pcb_temp: heat }) => celsius(heat)), true],
      ["Chips", ({ chips_ok: good, chips_total: all }) => (all ? `${good} of ${all}` : UNKNOWN), true],
    ],
    boards,
  );
  return [boardTrouble(boards), listed].filter(Boolean);
}

function poolTable({ pools }) {
  if (!pools.length) return h("p", { class: "empty" }, "It tells of no pool.");
  return table(
    [
      ["Pool", ({ url }) => url],
      ["Worker", ({ worker }) => worker],
      ["Status", ({ status, stratum_active: active }) => (active ? `${status}, mined at` : status)],
      ["Accepted", ({ accepted }) => number(accepted), true],
      ["Rejected", ({ rejected }) => number(rejected), true],
    ],
    pools,
  );
}

// A temperature of the configuration: what is absent there is told as 0.
function bound(degrees) {
  return Number(degrees) === 0 ? "not set" : `${degrees} °C`;
}

// How long its system is up: under an hour the firmware leaves out that it counts minutes, later it is h:mm.
function up(uptime) {
  return /^\d+$/.test(uptime) ? `${uptime} min` : uptime;
}

function shareWords({ accepted, rejected, reject_rate: rate, stale, hw_errors: faults }) {
  if (accepted === null) return UNKNOWN;
  return (
    `${number(accepted)} accepted, ${number(rejected)} rejected (${percent(rate, 2)}), ` +
    `${number(stale)} stale` + (faults === null ? "" : `, ${number(faults)} hardware errors`)
  );
}

// What it is set to: an S9's configuration in full, of any other make what it runs at.
function settings(config, { frequency_mhz: frequency, setting, self_tuning: agent }) {
  const own = agent ? { Power: selfTuningWords(agent) } : {};
  if (frequency === null && config.frequency === "0") return { Setting: setting ?? UNKNOWN, ...own };
  return {
    Frequency: `${config.frequency} MHz, voltage ${config.voltage} (1/100 V)`,
    Temperatures: `target ${bound(config.target_temp)}, shutdown ${bound(config.shutdown_temp)}`,
    AsicBoost: config.asicboost ? "on" : "off",
    ...own,
  };
}

function facts({ system, config, shares, summary }) {
  const said = {
    Type: system.minertype,
    Firmware: system.firmware_version,
    Hostname: system.hostname,
    MAC: system.macaddr,
    "Device up": up(system.uptime),
    "Mining for": duration(summary.elapsed),
    Hashrate: `${hashrate(summary.hashrate_ghs_5s)} now, ${hashrate(summary.hashrate_ghs_avg)} on average`,
    Fans: summary.fans.map(({ rpm }) => `${number(rpm)} rpm`).join(", ") || UNKNOWN,
    ...settings(config, summary),
    Shares: shareWords(shares),
  };
  return h(
    "dl",
    { class: "facts" },
    Object.entries(said).flatMap(([title, text]) => [h("dt", {}, title), h("dd", {}, text || UNKNOWN)]),
  );
}
