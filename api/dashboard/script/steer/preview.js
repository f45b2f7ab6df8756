// What a target would mean: who would run, and what that changes against what runs now.
import { h, write } from "../dom.js";
import { count, kilowatts, megahertz, number, percent, watts } from "../format.js";
import { get } from "../server.js";

const MOST_NAMED = 60;

export function preview() {
  const figures = ["Estimated power", "Full", "Swing", "Idle"].map((title) => {
    const value = h("dd", {}, "–");
    return { box: h("div", {}, h("dt", {}, title), value), value };
  });
  const change = h("p", { class: "small wrap" }, "No preview yet.");
  const box = h(
    "div",
    { class: "preview", role: "group", "aria-label": "Preview", "data-faded": true },
    h(
      "dl",
      { class: "preview-figures" },
      figures.map(({ box: one }) => one),
    ),
    change,
  );

  async function show({ target_power_kw: target, allocation, summary }) {
    const off = target ? (100 * (summary.estimated_power_kw - target)) / target : 0;
    const texts = [
      `${kilowatts(summary.estimated_power_kw)} (${off >= 0 ? "+" : "−"}${percent(Math.abs(off), 1)})`,
      number(summary.full_miners),
      number(summary.swing_miners),
      number(summary.idle_miners),
    ];
    figures.forEach(({ value }, turn) => write(value, texts[turn]));
    delete box.dataset.faded;
    write(change, "Comparing with what runs now…");
    try {
      write(change, changes(allocation, await get("/fleet/table")));
    } catch (error) {
      write(change, error.message);
    }
  }

  return {
    box,
    show,
    fade: () => {
      box.dataset.faded = "";
    },
  };
}

function changes(allocation, table) {
  const places = new Map(table.miner_id.map((id, place) => [id, place]));
  const runs = (id) => table.condition[places.get(id)] === "hashing";
  const name = (id) => table.name[places.get(id)] ?? id;
  const [started, stopped, moved] = [[], [], []];
  for (const { ip, action, frequency, estimated_power: drawn } of allocation) {
    const idle = action === "idle";
    if (!idle && !runs(ip)) started.push(name(ip));
    else if (idle && runs(ip)) stopped.push(name(ip));
    else if (action === "swing") moved.push(`${name(ip)} at ${frequency ? megahertz(frequency) : watts(drawn)}`);
  }
  const parts = [part("Starts", started), part("Stops", stopped), part("Swing", moved)].filter(Boolean);
  const left = table.miner_id.length - allocation.length;
  if (left) parts.push(`${count(left, "miner")} cannot be used now`);
  return parts.length ? `${parts.join(". ")}.` : "Nothing changes against what runs now.";
}

function part(title, names) {
  if (!names.length) return "";
  const more = names.length > MOST_NAMED ? ` and ${number(names.length - MOST_NAMED)} more` : "";
  return `${title} ${number(names.length)}: ${names.slice(0, MOST_NAMED).join(", ")}${more}`;
}
