// What codes of the API mean to an operator.
import { words } from "./format.js";
import { standsBy } from "./role.js";

const STATES = {
  initializing: { text: "Initializing", tone: "accent" },
  standby: { text: "Standby", tone: null },
  activating: { text: "Activating", tone: "warn" },
  active: { text: "Active", tone: "good" },
  deactivating: { text: "Deactivating", tone: "warn" },
  fault: { text: "Fault", tone: "bad" },
};

const COMMANDERS = {
  ems: { text: "EMS", tone: "good" },
  modbus: { text: "Modbus", tone: "good" },
  mqtt: { text: "MQTT", tone: "good" },
  s2: { text: "S2", tone: "good" },
  openadr: { text: "OpenADR", tone: "good" },
  schedule: { text: "Schedule", tone: "good" },
  price: { text: "Prices", tone: "good" },
  operator: { text: "Operator", tone: "accent" },
  override: { text: "Operator's override", tone: "warn" },
  failsafe: { text: "Failsafe", tone: "bad" },
  nobody: { text: "Nobody", tone: null },
};

// Why dispatch passes a miner over.
const AVAILABILITIES = {
  available: "can be used",
  unreachable: "cannot be reached",
  held: "held by an operator",
  failed_to_wake: "did not wake",
  does_not_stop: "will not stop",
  not_controllable: "cannot be controlled",
  takes_no_orders: "take no orders",
  closed: "take nothing from here",
  locked: "refuse the password",
  unknown: "not seen yet",
};

const MODES = { on_off: "on/off", frequency: "frequency" };

export function modeWords(mode) {
  return MODES[mode] ?? words(mode);
}

export function phaseWords(state) {
  return STATES[state] ?? { text: words(state), tone: null };
}

// The state that a server tells of the fleet: a standby does not know it.
export function stateWords({ state }) {
  return standsBy() ? { text: "Stands by", tone: "accent" } : phaseWords(state);
}

export function availabilityWords(reason) {
  return AVAILABILITIES[reason] ?? words(reason);
}

export function commandWords(command) {
  return COMMANDERS[command] ?? { text: words(command), tone: null };
}

// Who is in command and since when; without the dispatch endpoint as far as the status tells.
export function commander(status, dispatch) {
  if (dispatch)
    return { ...commandWords(dispatch.in_command), since: dispatch.since };
  if (status.manual_override_active) return { ...COMMANDERS.override, since: null };
  if (status.last_ems_command) return { ...COMMANDERS.ems, since: status.last_ems_command };
  return { ...COMMANDERS.nobody, since: null };
}
