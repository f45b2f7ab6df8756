// Conditions of a miner: words, a letter and a tone, so that colour is never the only cue.

import { count, time, words } from "./format.js";

export const CONDITIONS = ["hashing", "starting", "asleep", "unreachable", "locked", "unknown"];

const KNOWN = {
  hashing: { text: "Hashing", letter: "H", tone: "good" },
  starting: { text: "Starting", letter: "S", tone: "warn" },
  asleep: { text: "Asleep", letter: "Z", tone: null },
  unreachable: { text: "Unreachable", letter: "U", tone: "bad" },
  locked: { text: "Locked", letter: "L", tone: "accent" },
  unknown: { text: "Unknown", letter: "?", tone: null },
};

const STEPS = {
  sleep: "going to sleep",
  wake: "waking",
  set_frequency: "changing its setting",
  restore_tuning: "being set as its owner had it",
  restart: "restarting",
  reboot: "rebooting",
  reset: "resetting",
};

const HOLDS = {
  stopped: "stopped by an operator",
  started: "started by an operator, until the next order of another power",
  frequency: "held at a frequency by an operator",
};

export function conditionWords(condition) {
  return KNOWN[condition] ?? { text: words(condition), letter: "?", tone: null };
}

// Of a miner that does not answer the power is not known, though the documented figure is then 0.
export function answers(condition) {
  return !["unreachable", "locked", "unknown"].includes(condition);
}

export function stepWords(step) {
  return STEPS[step] ?? words(step);
}

export function holdWords(kind) {
  return HOLDS[kind] ?? words(kind);
}

// That the power of a miner is not set from here, though it may be switched.
export function selfTuningWords(agent) {
  return `power not set from here: ${agent}`;
}

// Why a miner is as it is, where the server names no reason.
export function why(miner) {
  const said = found(miner);
  if (!miner.staysUntil) return said;
  const kept = minimumTimeWords(miner.condition === "asleep" ? "off" : "on", miner.staysUntil * 1000);
  return said ? `${said}; ${kept}` : kept;
}

// What dispatch leaves a miner as it is for: `until` as a date or in ms.
export function minimumTimeWords(stays, until) {
  return `stays ${stays} until ${time(until)} at least`;
}

// What began a miner anew in a day, in words.
export function wearWords(wakes, restarts) {
  return `${count(wakes, "wake")}, ${count(restarts, "restart")} in 24 h`;
}

function found({ condition, transition, hold, wanted, reason, selfTuning }) {
  if (transition) return reason ? `${stepWords(transition)}; ${reason}` : stepWords(transition);
  if (reason) return reason;
  if (condition === "hashing") {
    if (wanted === false) return "hashes though dispatch does not want it";
    return selfTuning ? selfTuningWords(selfTuning) : "";
  }
  if (hold) return "held by an operator";
  if (condition === "starting") return "starts by itself";
  if (wanted) return "wanted, about to be woken";
  return wanted === false ? "not needed for the target" : "nothing was ordered";
}
