// Stored telemetry of the fleet between two moments.
import { get } from "../server.js";
import { iso } from "./moments.js";

const MOST_POINTS = 400;

// Gives {at: ms, target: kW or null, power: kW, ...} oldest first.
export async function samples(since, until) {
  const asked = new URLSearchParams({ since: iso(since), until: iso(until), points: MOST_POINTS });
  const { points } = await get(`/telemetry/fleet?${asked}`);
  return points.map((point) => ({
    at: Date.parse(point.at),
    target: point.target_power_kw,
    power: point.online_miners ? point.power_kw : null, // with no miner reachable nothing was measured
    hashrate: point.hashrate_ths,
    online: point.online_miners,
    mining: point.mining_miners,
    total: point.total_miners,
  }));
}
