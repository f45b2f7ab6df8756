// The fleet's power second by second while the page is open; bounded. What is older comes from the server.
import { watch } from "./feeds.js";
import { measuredPower } from "./role.js";

const MOST = 3600;
const samples = []; // {at: ms, target: kW or null, power: kW or null}, oldest first

export function collectSamples() {
  watch("/status", 1, (status) => {
    const at = Date.parse(status.last_update);
    if (samples.length && at <= samples.at(-1).at) return;
    const power = status.state === "initializing" ? null : measuredPower(status);
    samples.push({ at, target: status.target_power_kw, power });
    if (samples.length > MOST) samples.splice(0, samples.length - MOST);
  });
}

export function liveSamples() {
  return samples;
}
