// Recorded commands in words.
import { modeWords } from "./fleet_words.js";
import { kilowatts, megahertz, time, words } from "./format.js";

const SOURCES = {
  ems: "EMS",
  dashboard: "Operator",
  system: "System",
  modbus: "Modbus",
  mqtt: "MQTT",
  s2: "S2",
  openadr: "OpenADR",
  schedule: "Schedule",
  price: "Prices",
};

// Whose command it was: the name of the token, where one was asked for, and the client's address.
export function senderWords({ principal, client }) {
  return principal ? `${principal} at ${client}` : (client ?? "");
}

const ACTIONS = { reset: "Factory reset of" };

const RELEASES = { ended: "The setpoint ends", silent: "The setpoint ends: silent" };

const WORDS = {
  activate: ({ power_kw, until, repeated }) =>
    `Activate ${kilowatts(power_kw)}${until ? ` until ${time(until)}` : ""}${again(repeated)}`,
  deactivate: ({ repeated }) => `Deactivate${again(repeated)}`,
  release: ({ cause }) => RELEASES[cause] ?? "Release the setpoint",
  set_schedule: ({ dated = 0, weekly = 0 }) => `Schedule: ${dated} dated, ${weekly} weekly`,
  set_prices: ({ rates }) => (rates === undefined ? "Price rule" : `Prices: ${rates}`),
  set_limit: ({ limit_source, power_kw, until, repeated }) =>
    `Limit of ${limit_source}: ${kilowatts(power_kw)}${until ? ` until ${time(until)}` : ""}${again(repeated)}`,
  lift_limit: ({ limit_source, repeated }) => `Lift the limit of ${limit_source}${again(repeated)}`,
  apply: ({ power_kw }) => `Apply ${kilowatts(power_kw)}`,
  override: ({ enabled, target_power_kw }) => {
    if (!enabled) return "Override off";
    return (target_power_kw ?? null) === null ? "Override: stop all" : `Override ${kilowatts(target_power_kw)}`;
  },
  failsafe: ({ action, power_kw, front = "ems" }) => {
    const fallback = action === "power" ? kilowatts(power_kw) : words(action);
    return `Failsafe: ${fallback}, ${front === "ems" ? "the EMS" : sourceWords(front)} is silent`;
  },
  power_mode: ({ mode }) => `Power mode ${modeWords(mode)}`,
  config: (changed) => `Configuration: ${Object.keys(changed).map(words).join(", ") || "no change"}`,
  register: ({ miners = [], via }) => {
    const which = miners.length === 1 ? miners[0] : `${miners.length} miners`;
    return `Register ${which} (${words(via)})`;
  },
  move: ({ moves = [] }) =>
    moves.length === 1
      ? `Follow a miner from ${moves[0].from} to ${moves[0].to}`
      : `Follow ${moves.length} miners to their new addresses`,
  remove: ({ miner_id }) => `Remove ${miner_id}`,
  control: ({ miner_id, action }) => `${ACTIONS[action] ?? words(action)} ${miner_id}`,
  set_frequency: ({ miner_id, frequency_mhz }) => `Set ${miner_id} to ${megahertz(frequency_mhz)}`,
  blink: ({ miner_id, enabled }) => `${enabled ? "Blink" : "Stop blinking"} ${miner_id}`,
};

// How often a command came once more.
function again(repeated) {
  return repeated ? `, ${repeated} × more` : "";
}

const OUTCOMES = {
  rejected: { text: "refused", tone: "bad" },
  done: { text: "done", tone: null },
  pending: { text: "not done yet", tone: null }, // a restart is done once it hashes again
  answered: { text: "answered", tone: null },
  under_way: { text: "under way", tone: null },
  reached: { text: "reached", tone: "good" },
  partly: { text: "partly reached", tone: "warn" },
  missed: { text: "not reached", tone: "bad" },
  replaced: { text: "replaced", tone: null },
  cut_off: { text: "cut off by a restart", tone: "warn" },
  withdrawn: { text: "refused, and taken back", tone: "bad" },
};

// What came of a command, as its delivery record has it where there is one.
export function outcomeWords(outcome) {
  return OUTCOMES[outcome] ?? { text: words(outcome), tone: null };
}

// An entry of the history: its outcome, or why it was refused.
export function resultWords({ success, message, outcome }) {
  return success ? outcomeWords(outcome) : { text: `refused: ${message}`, tone: "bad" };
}

export function sourceWords(source) {
  return SOURCES[source] ?? words(source);
}

export function sourceTone(source) {
  return { dashboard: "accent", ems: "good" }[source] ?? null;
}

// What was asked for; parameters of an unknown shape are shown as they are.
export function commandWords(entry) {
  const worded = WORDS[entry.command];
  if (!worded) return `${words(entry.command)} ${JSON.stringify(entry.parameters)}`;
  const text = worded(entry.parameters ?? {});
  return text[0].toUpperCase() + text.slice(1);
}
