// Desired, commanded and observed: what the miner's actor last published of itself.
import { serverNow } from "../clock.js";
import {
  answers,
  conditionWords,
  holdWords,
  minimumTimeWords,
  selfTuningWords,
  stepWords,
  wearWords,
} from "../conditions.js";
import { h, write } from "../dom.js";
import { age, ago, count, duration, grown, hashrate, kilowatts, number, time, UNKNOWN } from "../format.js";

const FACTS = ["Hold", "In transition", "Back-off", "Last trouble", "Poll", "Running hours", "Wear", "Minimum time", "Actor"];

export function actorPanel() {
  const columns = ["Desired", "Commanded", "Observed"].map((title) => {
    const value = h("p", { class: "triple-value" }, UNKNOWN);
    const note = h("p", { class: "note muted small" }, "");
    return { box: h("div", {}, h("h3", {}, title), value, note), value, note };
  });
  const facts = new Map(FACTS.map((title) => [title, h("dd", {}, UNKNOWN)]));
  const list = h(
    "dl",
    { class: "facts" },
    [...facts].flatMap(([title, value]) => [h("dt", {}, title), value]),
  );
  const panel = h(
    "section",
    { class: "panel", "aria-labelledby": "actor-title" },
    h("div", { class: "panel-head" }, h("h2", { id: "actor-title" }, "What is wanted, sent and seen")),
    h(
      "div",
      { class: "triple" },
      columns.map(({ box }) => box),
    ),
    list,
  );
  return { panel, show: (actor, heardAt) => show(columns, facts, actor, heardAt) };
}

function show(columns, facts, actor, heardAt) {
  const texts = [desired(actor), commanded(actor), observed(actor)];
  columns.forEach(({ value, note }, turn) => {
    write(value, texts[turn][0]);
    write(note, texts[turn][1]);
  });
  const said = {
    Hold: held(actor.hold),
    "In transition": actor.in_transition
      ? stepWords(actor.in_transition)
      : actor.settled
        ? "no, settled"
        : "no, not settled",
    "Back-off": actor.back_off.map(attempt).join("; ") || "none",
    "Last trouble": actor.last_error ? `${actor.last_error.message} (${ago(actor.last_error.at)})` : "none",
    Poll: poll(actor, heardAt),
    "Running hours": `${number(actor.running_hours, 1)} h`,
    Wear: wear(actor.wear),
    "Minimum time": actor.minimum_time
      ? minimumTimeWords(actor.minimum_time.stays, actor.minimum_time.until)
      : "none holds it",
    Actor: `${number(actor.inbox_length ?? 0)} messages waiting, restarted ${number(actor.restarts)} times`,
  };
  for (const [title, node] of facts) write(node, said[title]);
}

function wear({ wakes, restarts, failed_wakes: failed, since }) {
  if (!since) return UNKNOWN;
  return `${wearWords(wakes, restarts)}${failed ? `, ${count(failed, "wake")} failed` : ""}, counted since ${time(since)}`;
}

function held(hold) {
  if (!hold) return "none";
  const at = hold.setting ? ` (${hold.setting})` : "";
  return `${holdWords(hold.kind)}${at}, ${ago(hold.since)}`;
}

function desired({ desired: wanted, hold }) {
  if (!wanted) return hold ? ["held", "dispatch leaves it alone"] : ["nothing", "dispatch asks nothing of it now"];
  const text = wanted.running
    ? `run${wanted.setting ? ` at ${wanted.setting}` : ""}`
    : "sleep";
  return [text, `order ${wanted.order}, ${ago(wanted.since)}`];
}

function commanded({ commanded: sent }) {
  if (!sent) return ["nothing", "nothing it was sent is in force"];
  const text = stepWords(sent.step) + (sent.setting ? ` to ${sent.setting}` : "");
  return [text, `order ${sent.order}, ${ago(sent.at)}`];
}

function observed({ observed: seen }) {
  if (!seen) return [UNKNOWN, "not looked at yet"];
  const power = answers(seen.phase) ? kilowatts(seen.power_kw) : UNKNOWN;
  const text = `${conditionWords(seen.phase).text.toLowerCase()}, ${power}`;
  const agent = seen.self_tuning ? `, ${selfTuningWords(seen.self_tuning)}` : "";
  return [text, `${hashrate(seen.hashrate_ghs)}, ${seen.setting ?? UNKNOWN}, for ${age(seen.since)}${agent}`];
}

function attempt({ step, failures, next_at: next }) {
  const wait = (Date.parse(next) - serverNow()) / 1000;
  return `${stepWords(step)} failed ${failures}×, next ${wait > 0 ? `in ${duration(wait)}` : "due"}`;
}

function poll(actor, heardAt) {
  if (actor.age_seconds === null) return UNKNOWN;
  const { consecutive_failures: missed, poll_latency_seconds: latency } = actor;
  const answer = latency === null ? "" : `, answered in ${number(1000 * latency)} ms`;
  return `${grown(actor.age_seconds, heardAt)} ago${missed ? `, ${missed} missed in a row` : answer}`;
}
