// The command history, a page at a time; its newest page goes on live.
import { commandWords, resultWords, sourceTone, sourceWords } from "../commands.js";
import { h, rows, set, write } from "../dom.js";
import { watch } from "../feeds.js";
import { time } from "../format.js";
import { BASE, file, get } from "../server.js";
import { token } from "../token.js";
import { filters } from "./filters.js";

const PAGE = 50;
const EVERY_SECONDS = 1;

export function commands(query, keep) {
  const form = filters(query, () => restart());
  const body = h("tbody", {});
  const empty = h("p", { class: "empty", hidden: true }, "No command was recorded that matches.");
  const failed = (error) => form.fault(error.message);
  const [csv, lines] = [exportLink("CSV", failed), exportLink("JSON Lines", failed)];
  const newest = h("button", { type: "button", on: { click: () => restart() } }, "Newest");
  const older = h("button", { type: "button", on: { click: () => page(cursor.next) } }, "Older");
  const where = h("span", { class: "muted small" });
  const cursor = { before: null, next: null, end: () => {}, turn: 0 };

  function restart() {
    const asked = form.asked();
    keep({ source: null, command: null, success: null, miner_id: null, since: null, until: null, ...asked });
    set(csv, "href", `${BASE}/history/export?${new URLSearchParams({ ...asked, format: "csv" })}`);
    set(lines, "href", `${BASE}/history/export?${new URLSearchParams({ ...asked, format: "jsonl" })}`);
    page(null);
  }

  // Of a page one record more than shown is asked for: it tells whether there are older ones.
  async function page(before) {
    cursor.end();
    cursor.before = before;
    const turn = (cursor.turn += 1);
    const wanted = { ...form.asked(), detail: true, limit: PAGE + 1, ...(before ? { before } : {}) };
    const path = `/history?${new URLSearchParams(wanted)}`;
    const told = (history) => turn === cursor.turn && shown(history.commands);
    const refused = (error) => turn === cursor.turn && form.fault(error.message);
    cursor.end = before ? () => {} : watch(path, EVERY_SECONDS, told, refused);
    if (before) await get(path).then(told, refused);
  }

  function shown(found) {
    const entries = found.slice(0, PAGE);
    cursor.next = found.length > PAGE ? entries.at(-1).version : null;
    form.fault("");
    rows(body, entries, (entry) => entry.version, make, update);
    empty.hidden = entries.length > 0;
    older.disabled = cursor.next === null;
    newest.disabled = cursor.before === null;
    write(where, cursor.before === null ? "Newest first, going on live" : `Before event ${cursor.before}`);
  }

  const panel = h(
    "section",
    { class: "panel", "aria-labelledby": "commands-title" },
    h("div", { class: "panel-head" }, h("h2", { id: "commands-title" }, "Commands"),
      h("p", { class: "row end small" }, "Export these", csv, lines)),
    form.form,
    h("div", { class: "table-box", tabindex: "0", role: "region", "aria-labelledby": "commands-title" }, table(body)),
    empty,
    h("div", { class: "row paging" }, newest, older, where),
  );
  restart();
  return { panel, end: () => cursor.end() };
}

// A browser sends no token with a link: where there is one the file is fetched, and then saved.
function exportLink(text, failed) {
  const link = h("a", { download: true }, text);
  link.addEventListener("click", (event) => {
    if (token() === null) return;
    event.preventDefault();
    save(link.getAttribute("href")).catch(failed);
  });
  return link;
}

async function save(url) {
  const content = URL.createObjectURL(await file(url.slice(BASE.length)));
  h("a", { href: content, download: `history.${new URL(url, location).searchParams.get("format")}` }).click();
  setTimeout(() => URL.revokeObjectURL(content), 60_000);
}

function table(body) {
  const headings = ["Time", "From", "Command", "Result"].map((text) => h("th", { scope: "col" }, text));
  return h("table", { class: "commands" }, h("thead", {}, h("tr", {}, headings)), body);
}

function make(entry) {
  return h(
    "tr", {},
    h("td", {}, h("time", { datetime: entry.timestamp, title: entry.timestamp })),
    h("td", {}, h("span", { class: "pill", "data-tone": sourceTone(entry.source) }, sourceWords(entry.source))),
    h("td", { class: "wrap" }, h("a", { href: `#/look_back/${encodeURIComponent(entry.command_id)}` }, commandWords(entry))),
    h("td", { class: "wrap result" }),
  );
}

function update(row, entry) {
  const [when, , , result] = row.children;
  write(when.firstChild, time(entry.timestamp));
  const { text, tone } = resultWords(entry);
  set(result, "data-tone", tone);
  write(result, text);
}
