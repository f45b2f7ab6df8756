// One command: what was asked for, by whom, and its delivery record with the power curve.
import { commandWords, outcomeWords, senderWords, sourceTone, sourceWords } from "../commands.js";
import { h } from "../dom.js";
import { watch } from "../feeds.js";
import { time } from "../format.js";
import { curve } from "./curve.js";
import { delivery } from "./delivery.js";

const EVERY_SECONDS = 2;

const NOT_YET = "Not recorded yet: that comes when the fleet has settled, or with the next order.";
const NO_DELIVERY = {
  pending: "The miner's answer is not recorded yet.",
  answered: "The miner has answered; its own page shows what it does.",
  rejected: "Refused: no miner heard of it.",
  done: "It asks nothing of the miners.",
  withdrawn: "Refused before it was recorded, and then taken back: no miner heard of it.",
  cut_off: "The server was started anew before a response of a miner was recorded.",
};

export function command(commandId) {
  const box = h("div", { class: "stack" }, h("p", { class: "empty" }, "Loading…"));
  let ends = [];
  let shown = null;
  const end = watch(`/history/${encodeURIComponent(commandId)}`, EVERY_SECONDS, show, (error) =>
    box.replaceChildren(h("p", { class: "empty", role: "alert" }, error.message)));

  function show(entry) {
    if (entry === shown) return;
    shown = entry;
    ends.forEach((finish) => finish());
    const drawn = entry.delivery ? curve(entry.delivery) : null;
    ends = drawn ? [drawn.end] : [];
    box.replaceChildren(h("div", { class: "columns" }, asked(entry), result(entry)), ...(drawn ? [drawn.panel] : []));
  }

  return { box, end: () => [end, ...ends].forEach((finish) => finish()) };
}

function asked(entry) {
  return panel(
    "What was asked for",
    h("p", { class: "command-words wrap" }, commandWords(entry)),
    h("dl", { class: "facts" },
      fact("Time", h("time", { datetime: entry.timestamp, title: entry.timestamp }, time(entry.timestamp))),
      fact("From", h("span", { class: "pill", "data-tone": sourceTone(entry.source) }, sourceWords(entry.source)), ` ${senderWords(entry)}`),
      fact("Result", entry.success ? "accepted" : `refused (${entry.code})`),
      fact("Answer", entry.message),
      fact("Outcome", outcome(entry)),
      fact("Event of the log", String(entry.version)),
      fact("Command id", h("code", {}, entry.command_id))),
    h("pre", { class: "parameters", tabindex: "0", "aria-label": "Parameters" }, JSON.stringify(entry.parameters, null, 2)),
    h("p", {}, h("a", { href: `#/look_back?at=${encodeURIComponent(entry.timestamp)}` }, "The fleet at that moment")),
  );
}

function result(entry) {
  if (entry.delivery) return panel("What came of it", ...delivery(entry.delivery));
  const sentence = NO_DELIVERY[entry.outcome] ?? NOT_YET;
  return panel("What came of it", h("p", { class: "empty" }, sentence));
}

function outcome(entry) {
  const { text, tone } = outcomeWords(entry.outcome);
  return h("span", { class: "pill", "data-tone": tone }, text);
}

function panel(title, ...content) {
  return h("section", { class: "panel" }, h("div", { class: "panel-head" }, h("h2", {}, title)), content);
}

function fact(label, ...value) {
  return [h("dt", {}, label), h("dd", {}, value)];
}
