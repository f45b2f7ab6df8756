// What a scan finds, as it comes: a scan registers on the way, so the registry is watched while one runs.
import { h, rows, set, write } from "../dom.js";
import { watch } from "../feeds.js";
import { count, number } from "../format.js";
import { get } from "../server.js";

const MOST_SHOWN = 200;

export function newcomers() {
  const title = h("p", { class: "small muted" }, "");
  const list = h("ul", { class: "found" });
  const box = h(
    "div",
    { class: "found-box", tabindex: 0, role: "group", "aria-label": "What the scan found" },
    title,
    list,
  );
  let known = null; // addresses before the scan
  let end = null;

  async function begin() {
    try {
      known = new Set((await get("/fleet/table")).miner_id);
    } catch {
      known = null;
    }
    show([]);
  }

  // While a scan runs, whoever began it.
  function follow(running) {
    if (running && !end) end = watch("/fleet/table", 2, learn);
    if (!running && end) {
      end();
      end = null;
    }
  }

  function learn(table) {
    if (!table) return;
    known ??= new Set(table.miner_id);
    const fresh = table.miner_id.flatMap((id, place) =>
      known.has(id) ? [] : [{ id, text: table.condition[place], fresh: true }],
    );
    if (fresh.length) show(fresh); // a table asked for before the scan's answer comes after it
  }

  // The scan's own answer names all that answered, known ones too.
  function finish(miners) {
    if (!miners) return;
    show(
      miners.map(({ id, model, is_mining: mining }) => ({
        id,
        text: `${model}, ${mining ? "hashing" : "not hashing"}`,
        fresh: !known?.has(id),
      })),
    );
    known = null;
  }

  function show(found) {
    const fresh = found.filter((one) => one.fresh).length;
    const more = found.length > MOST_SHOWN ? `, the first ${number(MOST_SHOWN)} are shown` : "";
    write(title, found.length ? `${count(found.length, "miner")} found, ${number(fresh)} new${more}` : "");
    rows(list, found.slice(0, MOST_SHOWN), ({ id }) => id, make, update);
  }

  return { box, begin, follow, finish, end: () => follow(false) };
}

function make() {
  return h(
    "li",
    {},
    h("a", { class: "mono" }),
    h("span", { class: "muted" }),
    h("span", { class: "pill", "data-tone": "accent" }, "new"),
  );
}

function update(node, { id, text, fresh }) {
  const [link, said, pill] = node.children;
  set(link, "href", `#/miner/${id}`);
  write(link, id);
  write(said, text);
  pill.hidden = !fresh;
}
