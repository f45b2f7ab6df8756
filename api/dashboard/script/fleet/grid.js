// A table of any length: only the rows in sight exist, and they are filled anew as the view moves.
// Arrow keys move through it, Enter opens a row; it is one stop of the Tab key.
import { h, set, write } from "../dom.js";

const SPARE = 6;

// `columns` are {key, title, number}; `fill(cells, item)` writes one row; `onSort(key)`, `onOpen(item)`.
export function grid({ label, columns, fill, onSort, onOpen }) {
  const heads = columns.map((column) => {
    const button = h(
      "button",
      { type: "button", class: "sorter", on: { click: () => onSort(column.key) } },
      column.title,
    );
    return h("div", { role: "columnheader", class: `cell ${column.key}` }, button);
  });
  const head = h("div", { role: "row", class: "grid-row grid-head", "aria-rowindex": 1 }, heads);
  const body = h("div", { role: "rowgroup", class: "grid-body" });
  const top = h("div", { role: "rowgroup", class: "grid-head-group" }, head);
  const box = h("div", { class: "grid", role: "grid", "aria-label": label, tabindex: 0 }, top, body);
  const pool = [];
  let items = [];
  let active = -1;
  let asked = 0;

  const rowHeight = () => parseFloat(getComputedStyle(box).getPropertyValue("--row-height"));
  const room = () => box.clientHeight - top.offsetHeight;

  function render() {
    asked = 0;
    const height = rowHeight();
    body.style.height = `${items.length * height}px`;
    const first = Math.max(0, Math.floor(box.scrollTop / height) - SPARE);
    const last = Math.min(items.length, Math.ceil((box.scrollTop + room()) / height) + SPARE);
    while (pool.length < last - first) pool.push(makeRow());
    pool.forEach((row, turn) => place(row, first + turn, first + turn < last, height));
    set(box, "aria-rowcount", items.length + 1);
    set(box, "aria-activedescendant", active >= first && active < last ? `row-${active}` : null);
  }

  function makeRow() {
    const cells = columns.map(({ key }) => h("div", { role: "gridcell", class: `cell ${key}` }));
    const node = h("div", { role: "row", class: "grid-row", on: { click: () => onOpen(row.item) } }, cells);
    const row = { node, cells, item: null };
    body.append(node);
    return row;
  }

  function place(row, turn, seen, height) {
    row.node.hidden = !seen;
    if (!seen) return;
    row.item = items[turn];
    row.node.id = `row-${turn}`;
    row.node.style.transform = `translateY(${turn * height}px)`;
    set(row.node, "aria-rowindex", turn + 2);
    set(row.node, "aria-selected", turn === active);
    fill(row.cells, row.item);
  }

  function soon() {
    asked ||= requestAnimationFrame(render);
  }

  function move(to) {
    if (!items.length) return;
    active = Math.max(0, Math.min(items.length - 1, to));
    const height = rowHeight();
    const upper = active * height;
    if (upper < box.scrollTop) box.scrollTop = upper;
    else if (upper + height > box.scrollTop + room()) box.scrollTop = upper + height - room();
    render();
  }

  function onKey(event) {
    if (event.target !== box) return;
    const page = Math.max(1, Math.floor(room() / rowHeight()) - 1);
    const moves = {
      ArrowDown: active + 1,
      ArrowUp: Math.max(0, active - 1),
      PageDown: active + page,
      PageUp: active - page,
      Home: 0,
      End: items.length - 1,
    };
    if (event.key in moves) move(moves[event.key]);
    else if (event.key === "Enter" && active >= 0 && active < items.length) onOpen(items[active]);
    else return;
    event.preventDefault();
  }

  box.addEventListener("keydown", onKey);
  box.addEventListener("scroll", soon, { passive: true });
  const sizes = new ResizeObserver(soon);
  sizes.observe(box);
  return {
    box,
    show(newItems) {
      items = newItems;
      if (active >= items.length) active = items.length - 1;
      render();
    },
    mark(key, down) {
      heads.forEach((node, turn) => {
        const sorted = columns[turn].key === key;
        set(node, "aria-sort", sorted ? (down ? "descending" : "ascending") : null);
      });
    },
    end() {
      sizes.disconnect();
      cancelAnimationFrame(asked);
    },
  };
}

// A cell with a figure: written only where it differs.
export function cell(node, text, title = null) {
  write(node, text);
  set(node, "title", title);
}
