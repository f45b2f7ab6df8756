// Figures and moments as people read them. What is not known is shown as a dash.
import { serverNow } from "./clock.js";

export const UNKNOWN = "–";

const MINUTE = 60;
const HOUR = 3600;
const DAY = 86400;

function known(value) {
  return value !== null && value !== undefined;
}

// 0.051 kW, 2.92 kW, 73.0 kW, 14,600 kW: three figures and more.
export function kilowatts(value) {
  return known(value) ? `${power(value)} kW` : UNKNOWN;
}

export function power(value) {
  if (!known(value)) return UNKNOWN;
  if (value === 0) return "0";
  const size = Math.abs(value);
  return number(value, size >= 1000 ? 0 : size >= 100 ? 1 : size >= 1 ? 2 : 3);
}

export function watts(value) {
  return known(value) ? `${number(value, 0)} W` : UNKNOWN;
}

export function hashrate(ghs) {
  return known(ghs) ? `${number(ghs / 1000, 2)} TH/s` : UNKNOWN;
}

export function megahertz(value) {
  return known(value) ? `${value} MHz` : UNKNOWN;
}

export function celsius(value) {
  return known(value) ? `${Math.round(value)} °C` : UNKNOWN;
}

export function percent(value, digits = 0) {
  return known(value) ? `${number(value, digits)} %` : UNKNOWN;
}

export function number(value, digits = 0) {
  return known(value)
    ? value.toLocaleString("en-GB", { minimumFractionDigits: digits, maximumFractionDigits: digits })
    : UNKNOWN;
}

export function count(value, one, many = `${one}s`) {
  return known(value) ? `${number(value)} ${value === 1 ? one : many}` : UNKNOWN;
}

// 8 s, 4 min, 3 h 20 min, 5 d 4 h.
export function duration(seconds) {
  if (!known(seconds)) return UNKNOWN;
  const whole = Math.max(0, Math.round(seconds));
  if (whole < 2 * MINUTE) return `${whole} s`;
  if (whole < 2 * HOUR) return `${Math.floor(whole / MINUTE)} min`;
  if (whole < 2 * DAY) return `${Math.floor(whole / HOUR)} h ${Math.floor((whole % HOUR) / MINUTE)} min`;
  return `${Math.floor(whole / DAY)} d ${Math.floor((whole % DAY) / HOUR)} h`;
}

// What was so many seconds old when it was heard goes on growing old, whether or not the server is there.
export function grown(seconds, heardAt) {
  return known(seconds) ? duration(seconds + (serverNow() - heardAt) / 1000) : UNKNOWN;
}

// How long ago by the server's clock.
export function age(moment) {
  return moment ? duration((serverNow() - Date.parse(moment)) / 1000) : UNKNOWN;
}

export function ago(moment) {
  return moment ? `${age(moment)} ago` : UNKNOWN;
}

const CLOCK = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", second: "2-digit" });
const DATED = new Intl.DateTimeFormat("en-GB", {
  day: "2-digit",
  month: "short",
  hour: "2-digit",
  minute: "2-digit",
  second: "2-digit",
});

const ZONE = new Intl.DateTimeFormat("en-GB", { timeZoneName: "shortOffset" });

// UTC+2: the browser's zone at a moment. Whatever shows a moment names it so.
export function zone(moment = serverNow()) {
  const { value } = ZONE.formatToParts(new Date(moment)).find(({ type }) => type === "timeZoneName");
  return value.replace(/^GMT(\+0)?$/, "UTC").replace("GMT", "UTC");
}

// 14:05:09 UTC+2, with the date where it is not today's; `title` attributes carry the exact moment.
export function time(moment) {
  if (!moment) return UNKNOWN;
  const date = new Date(moment);
  const today = new Date(serverNow()).toDateString() === date.toDateString();
  return `${(today ? CLOCK : DATED).format(date)} ${zone(date)}`;
}

const MOMENT = /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z/g;

// A sentence of the server with its moments told as all others are.
export function localTimes(text) {
  return text.replace(MOMENT, time);
}

// failed_to_wake as "failed to wake".
export function words(name) {
  return known(name) ? String(name).replaceAll("_", " ") : UNKNOWN;
}

export function capital(text) {
  return text ? text[0].toUpperCase() + text.slice(1) : text;
}
