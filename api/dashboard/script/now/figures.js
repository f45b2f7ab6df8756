// The big figures, each with its age.
import { h, set, write } from "../dom.js";
import { ago, age, count, duration, grown, kilowatts, number, power, time, UNKNOWN } from "../format.js";
import { commander, stateWords } from "../fleet_words.js";
import { measuredPower, standsBy } from "../role.js";

const SOURCES = { meter: "by the site meter", miners: "by the miners" };
let seenState = { state: null, since: 0, watched: false };

export function figures() {
  const cards = {
    target: card("Target"),
    measured: card("Measured"),
    reachable: card("Reachable"),
    rated: card("Rated"),
    state: card("State", true),
    command: card("In command", true),
  };
  const grid = h(
    "section",
    { class: "figures", "aria-label": "Key figures" },
    Object.values(cards).map(({ box }) => box),
  );
  return { grid, show: (known) => show(cards, known) };
}

function card(title, worded = false) {
  const value = h("p", { class: worded ? "figure worded" : "figure" }, UNKNOWN);
  const unit = worded ? null : h("span", { class: "unit" }, "");
  const shown = h("div", { class: "figure-line" }, value, unit);
  const notes = [h("p", { class: "note" }, ""), h("p", { class: "note" }, "")];
  return {
    box: h("div", { class: "panel figure-card" }, h("h2", {}, title), shown, notes),
    value,
    unit,
    notes,
  };
}

function fill({ value, unit, notes }, text, first = "", second = "", tone = null) {
  const [figure, after] = unit ? text.split(" ") : [text, ""];
  write(value, figure);
  if (unit) write(unit, after ?? "");
  set(value, "data-tone", tone);
  write(notes[0], first);
  write(notes[1], second);
}

function show(cards, { status, dispatch, capacity, heardAt }) {
  if (!status) return;
  const command = commander(status, dispatch);
  const target = status.target_power_kw;
  fill(
    cards.target,
    target === null ? "standby" : kilowatts(target),
    command.since ? `for ${age(command.since)}` : "",
    targetNote(dispatch),
  );
  if (standsBy()) showUnseen(cards, status);
  else showSeen(cards, { status, dispatch, capacity, heardAt });
  fill(
    cards.command,
    command.text,
    command.since ? `for ${age(command.since)}` : "",
    emsNote(status, dispatch),
    command.tone,
  );
}

function showSeen(cards, { status, dispatch, capacity, heardAt }) {
  fill(
    cards.measured,
    kilowatts(measuredPower(status)),
    deviation(status, dispatch),
    measuredAge(status, dispatch, heardAt),
    inBand(status, dispatch),
  );
  showCapacity(cards, status, capacity);
  const state = stateWords(status);
  fill(cards.state, state.text, stateSince(status.state), miners(status), state.tone);
}

// A standby knows what the log says, and nothing of what miners do.
function showUnseen(cards, status) {
  const state = stateWords(status);
  fill(cards.measured, UNKNOWN, "only the leader sees it");
  fill(cards.reachable, UNKNOWN, "only the leader sees it");
  fill(cards.rated, kilowatts(status.rated_power_kw), count(status.total_miners, "miner"), "by the log");
  fill(cards.state, state.text, "another server leads", "", state.tone);
}

function showCapacity({ reachable, rated }, status, capacity) {
  const at = ago(capacity?.at ?? status.last_update);
  fill(rated, kilowatts(status.rated_power_kw), count(status.total_miners, "miner"), at);
  if (!capacity) return fill(reachable, UNKNOWN, "", "");
  const { seconds_to_maximum: up, seconds_to_minimum: down } = capacity;
  const times = `max in ${duration(up)}, min in ${duration(down)}`;
  return fill(
    reachable,
    kilowatts(capacity.reachable_power_kw),
    times,
    `${within(capacity.flexibility)} · from ${power(capacity.minimum_power_kw)} kW · ${at}`,
  );
}

// What can be had soon above and below what is drawn now.
function within(flexibility) {
  const { within_seconds: seconds, up_kw: up, down_kw: down } = flexibility[1];
  return `+${power(up)} / −${power(down)} kW in ${duration(seconds)}`;
}

function miners(status) {
  const { mining_miners: hashing, online_miners: online, total_miners: total } = status;
  return `${number(hashing)} hashing, ${number(online)}/${number(total)} online`;
}

function targetNote(dispatch) {
  if (!dispatch) return "";
  const limit = dispatch.limits.find((one) => one.source === dispatch.binding_limit);
  if (limit) return `limited to ${kilowatts(limit.power_kw)} by ${limit.source}${limit.until ? ` until ${time(limit.until)}` : ""}`;
  const { pending_up_kw: up, pending_down_kw: down } = dispatch;
  if (up > 0 || down > 0) return `pending +${power(up)} / −${power(down)} kW`;
  return `tolerance ±${dispatch.tolerance_percent} %`;
}

// What is to be drawn: the target, or what limits leave of it.
function pursued(status, dispatch) {
  return dispatch?.binding_limit ? dispatch.pursued_power_kw : status.target_power_kw;
}

function deviation(status, dispatch) {
  const target = pursued(status, dispatch);
  if (!target) return "";
  const off = (100 * (status.active_power_kw - target)) / target;
  const sign = off > 0 ? "+" : off < 0 ? "−" : "±";
  return `${sign}${number(Math.abs(off), 1)} % of the target`;
}

function inBand(status, dispatch) {
  const target = pursued(status, dispatch);
  if (!target) return null;
  const tolerance = (dispatch?.tolerance_percent ?? 5) / 100;
  return Math.abs(status.active_power_kw - target) <= tolerance * target ? "good" : "warn";
}

function measuredAge(status, dispatch, heardAt) {
  const meter = dispatch?.meter;
  const metered = dispatch?.power_source === "meter" && meter && meter.age_seconds !== null;
  if (metered) return `site meter, ${grown(meter.age_seconds, heardAt.dispatch)} ago`;
  if (meter?.error) return "by the miners: no meter";
  return `${SOURCES[dispatch?.power_source] ?? ""} ${ago(status.last_update)}`.trim();
}

function emsNote(status, dispatch) {
  const last = dispatch?.ems.last_command ?? status.last_ems_command;
  const heard = last ? `EMS heard ${ago(last)}` : "EMS not heard yet";
  return dispatch?.ems.silent ? `${heard}, silent` : heard;
}

// How long the state lasts as far as this page has seen: "over" until it has seen the state begin.
function stateSince(state) {
  if (seenState.state !== state) {
    seenState = { state, since: performance.now(), watched: seenState.state !== null };
  }
  const lasting = duration((performance.now() - seenState.since) / 1000);
  return seenState.watched ? `for ${lasting}` : `for over ${lasting}`;
}
