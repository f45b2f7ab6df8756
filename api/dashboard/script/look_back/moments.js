// Between moments and what a datetime-local field holds: local time without a zone.
import { local } from "../chart.js";

export function toField(ms) {
  return local(ms).slice(0, 19);
}

// Null while the field holds no whole moment.
export function fromField(value) {
  const ms = Date.parse(value);
  return Number.isNaN(ms) ? null : ms;
}

export function iso(ms) {
  return new Date(ms).toISOString();
}
