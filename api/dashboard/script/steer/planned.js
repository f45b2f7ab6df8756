// What is planned: what the schedule and prices will have in force in the next two days, and from when on.
import { sourceTone, sourceWords } from "../commands.js";
import { h, rows, set, write } from "../dom.js";
import { watch } from "../feeds.js";
import { count, kilowatts, time } from "../format.js";

const HOURS = 48;
const MOST = 12;
const WORDS = { setpoint: "Setpoint", limit: "At most" };

export function plannedPanel() {
  const entered = h("span", { class: "muted small end" });
  const list = h("ol", { class: "recent planned", style: { "--rows": MOST } });
  const none = h("p", { class: "empty" }, "Nothing is planned.");
  const panel = h(
    "section",
    { class: "panel", "aria-label": "Planned" },
    h("div", { class: "panel-head" }, h("h2", {}, "Planned"), entered),
    none,
    list,
  );
  list.hidden = true;
  const ends = [
    watch("/schedule", 5, (schedule) => write(entered, scheduleWords(schedule))),
    watch(`/outlook?hours=${HOURS}`, 5, (outlook) => {
      const planned = (outlook ?? []).slice(0, MOST);
      none.hidden = planned.length > 0;
      list.hidden = !none.hidden;
      set(list, "style", { "--rows": Math.max(1, planned.length) });
      rows(list, planned, ({ start, kind, source }) => `${start} ${kind} ${source}`, make, update);
    }),
  ];
  return { panel, end: () => ends.forEach((end) => end()) };
}

function scheduleWords(schedule) {
  if (!schedule?.version) return "";
  const parts = [`${schedule.schedule.length} dated`, count(schedule.weekly.length, "weekly rule"), schedule.timezone];
  return parts.join(" · ");
}

function make() {
  return h(
    "li",
    {},
    h("time", {}),
    h("span", { class: "pill" }),
    h("span", { class: "what" }),
    h("span", { class: "result small" }),
  );
}

function update(node, { start, end, kind, value_kw, source, reason }) {
  const [when, who, what, why] = node.children;
  write(when, time(start));
  set(when, "datetime", start);
  write(who, sourceWords(source));
  set(who, "data-tone", sourceTone(source));
  write(what, `${WORDS[kind]} ${kilowatts(value_kw)}`);
  set(what, "title", `until ${time(end)}`);
  write(why, reason);
  set(why, "title", reason);
}
