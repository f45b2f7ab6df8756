// Which miners need attention, in words, and which of them dispatch passes over.
import { h, rows, set, write } from "../dom.js";
import { availabilityWords } from "../fleet_words.js";
import { ago, count, kilowatts } from "../format.js";
import { minerErrors, minerOf } from "../alarms.js";
import { standsBy } from "../role.js";

const MOST_SHOWN = 50;
const CALM = "No miner needs attention.";

export function attention() {
  const badge = h("span", { class: "pill" }, "–");
  const list = h("ul", { class: "plain-list" });
  const calm = h("p", { class: "empty" }, CALM);
  const passed = h("p", { class: "passed muted small" }, "");
  const panel = h(
    "section",
    { class: "panel", "aria-labelledby": "attention-title" },
    h("div", { class: "panel-head" }, h("h2", { id: "attention-title" }, "Needs attention"), badge),
    h(
      "div",
      { class: "scroll-list", tabindex: "0", role: "group", "aria-labelledby": "attention-title" },
      calm,
      list,
      passed,
    ),
  );
  return {
    panel,
    show: ({ status, capacity }) => status && show({ badge, list, calm, passed }, status, capacity),
  };
}

function show({ badge, list, calm, passed }, status, capacity) {
  const hands = capacity?.needs_hands ?? [];
  const items = [
    ...hands.map((miner) => ({ key: `hands ${miner.miner_id}`, ...miner })),
    ...minerErrors(status.errors).filter(unnamed(hands)).map(told),
  ];
  const unseen = standsBy();
  write(badge, items.length || (unseen ? "not seen" : "all clear"));
  set(badge, "data-tone", items.length ? "bad" : unseen ? null : "good");
  write(calm, unseen ? "Only the leader sees the miners." : CALM);
  calm.hidden = items.length > 0;
  rows(list, items.slice(0, MOST_SHOWN), ({ key }) => key, make, update);
  const reasons = (unseen ? [] : capacity?.passed_over ?? []).map(
    ({ reason, units, power_kw }) => `${count(units, "miner")} (${availabilityWords(reason)}; ${kilowatts(power_kw)})`,
  );
  write(passed, reasons.length ? `Dispatch passes over ${reasons.join(", ")}.` : "");
}

// A miner's error is told once: in the words that say what hands must do.
function unnamed(hands) {
  const named = new Set(hands.map(({ miner_id }) => miner_id));
  return (error) => !named.has(minerOf(error));
}

// An error of a miner leads to it; the last of them may count those left out.
function told(text, place) {
  const id = minerOf(text);
  const miner = id && { miner_id: id, name: id, reason: text.slice(id.length).replace(/^:? /, "") };
  return { key: `error ${place}`, text, ...miner };
}

function make() {
  return h("li", {}, h("a", {}), h("span", {}), h("span", { class: "muted small" }));
}

function update(node, { miner_id, name, reason, since, text }) {
  const [link, said, when] = node.children;
  link.hidden = !miner_id;
  if (miner_id) {
    set(link, "href", `#/miner/${miner_id}`);
    write(link, name);
  }
  write(said, miner_id ? reason : text);
  write(when, since ? ago(since) : "");
}
