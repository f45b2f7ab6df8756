// Whether this server leads the fleet or stands by: then it sees no miner and takes no command.
import { watch } from "./feeds.js";

const roles = new EventTarget();
let standby = false;

export const STANDS_BY = "This server stands by: another server leads the fleet. It sees no miner and takes no command.";

export function standsBy() {
  return standby;
}

// Calls back now and at each change, with true for a standby; returns a function that ends it.
export function onRole(tell) {
  const listener = () => tell(standby);
  roles.addEventListener("change", listener);
  tell(standby);
  return () => roles.removeEventListener("change", listener);
}

export function watchRole() {
  watch("/health", 1, (health) => {
    const now = health?.role === "standby";
    if (now === standby) return;
    standby = now;
    roles.dispatchEvent(new Event("change"));
  });
}

// The power that this server measures, in kW: a standby measures none, whatever its sum of nothing says.
export function measuredPower(status) {
  return standby ? null : status.active_power_kw;
}
