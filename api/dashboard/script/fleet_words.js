// What codes of the API mean to an operator.

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
  operator: { text: "Operator", tone: "accent" },
  override: { text: "Operator's override", tone: "warn" },
  failsafe: { text: "Failsafe: EMS is silent", tone: "bad" },
  nobody: { text: "Nobody", tone: null },
};

export function stateWords(state) {
  return STATES[state] ?? { text: state, tone: null };
}

// Who is in command and since when; without the dispatch endpoint as far as the status tells.
export function commander(status, dispatch) {
  if (dispatch)
    return { ...(COMMANDERS[dispatch.in_command] ?? { text: dispatch.in_command }), since: dispatch.since };
  if (status.manual_override_active) return { ...COMMANDERS.override, since: null };
  if (status.last_ems_command) return { ...COMMANDERS.ems, since: status.last_ems_command };
  return { ...COMMANDERS.nobody, since: null };
}
