// From stored and live samples to what the power chart draws. Pure.
import { local } from "../chart.js";

const NEAR_MS = 3000; // a stored point this near to a live sample tells nothing new
const MOST_POINTS = 600;

// Stored points where there are no live samples, the live ones elsewhere; from `since` on, oldest first.
export function merged(stored, live, since) {
  const kept = [];
  let next = 0;
  for (const point of stored) {
    while (next < live.length && live[next].at < point.at - NEAR_MS) next += 1;
    const covered = next < live.length && live[next].at <= point.at + NEAR_MS;
    if (!covered && point.at >= since) kept.push(point);
  }
  const recent = thinned(live.filter((sample) => sample.at >= since));
  return [...kept, ...recent].sort((one, other) => one.at - other.at);
}

// Means of equally many neighbours; a change of target starts a new group, so that steps stay sharp.
function thinned(samples) {
  const size = Math.ceil(samples.length / MOST_POINTS);
  if (size <= 1) return samples;
  const groups = [];
  for (const sample of samples) {
    const group = groups.at(-1);
    if (group && group.length < size && alike(group[0], sample)) group.push(sample);
    else groups.push([sample]);
  }
  return groups.map((group) => ({
    at: group[0].at,
    target: group[0].target,
    power: group[0].power === null ? null : group.reduce((sum, { power }) => sum + power, 0) / group.length,
  }));
}

function alike(one, other) {
  return one.target === other.target && (one.power === null) === (other.power === null);
}

// The tolerance band as closed shapes, one for each stretch of one target; standby has none.
export function band(samples, tolerancePercent) {
  const x = [];
  const y = [];
  const share = tolerancePercent / 100;
  for (const { from, to, target } of stretches(samples)) {
    const [low, high] = [target * (1 - share), target * (1 + share)];
    x.push(local(from), local(to), local(to), local(from), local(from), null);
    y.push(high, high, low, low, high, null);
  }
  return { x, y };
}

function stretches(samples) {
  const found = [];
  samples.forEach((sample, place) => {
    const until = samples[place + 1]?.at ?? sample.at;
    const last = found.at(-1);
    if (last && last.target === sample.target) last.to = until;
    else found.push({ from: sample.at, to: until, target: sample.target });
  });
  return found.filter(({ target }) => target !== null);
}

// Power drawn through a hole would be an invention: longer silence than `holeMs` breaks the line.
export function lines(samples, holeMs) {
  const x = [];
  const power = [];
  const target = [];
  let before = null;
  for (const sample of samples) {
    if (before !== null && sample.at - before > holeMs) {
      x.push(local(before + 1));
      power.push(null);
      target.push(null);
    }
    x.push(local(sample.at));
    power.push(sample.power);
    target.push(sample.target);
    before = sample.at;
  }
  return { x, power, target };
}
