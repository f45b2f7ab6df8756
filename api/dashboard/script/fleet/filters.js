// The legend, which is a filter at the same time, and the search field.
import { CONDITIONS, conditionWords } from "../conditions.js";
import { h, set, write } from "../dom.js";
import { number } from "../format.js";

const CHOICES = [...CONDITIONS, "held"];

// Tells `onChange({states, text})`; starts with what the address says.
export function filters({ states, text }, onChange) {
  const chosen = new Set(states.filter((state) => CHOICES.includes(state)));
  const chips = new Map(CHOICES.map((name) => [name, chip(name, () => toggle(name))]));
  const input = h("input", {
    type: "search",
    placeholder: "Name, address or reason",
    "aria-label": "Search miners",
    value: text,
    spellcheck: "false",
    on: { input: () => tell() },
  });
  const box = h(
    "div",
    { class: "filters" },
    h(
      "div",
      { class: "chips", role: "group", "aria-label": "States" },
      [...chips.values()].map(({ node }) => node),
    ),
    input,
  );

  function toggle(name) {
    if (!chosen.delete(name)) chosen.add(name);
    tell();
  }

  function tell() {
    for (const [name, { node }] of chips) set(node, "aria-pressed", chosen.has(name));
    onChange({ states: chosen, text: input.value });
  }

  for (const [name, { node }] of chips) set(node, "aria-pressed", chosen.has(name));
  return {
    box,
    asked: () => ({ states: chosen, text: input.value }),
    show(numbers) {
      for (const [name, { count }] of chips) write(count, number(numbers[name]));
    },
  };
}

function chip(name, onClick) {
  const words = name === "held" ? { text: "Held", letter: "□" } : conditionWords(name);
  const count = h("span", { class: "chip-count" }, "0");
  const node = h(
    "button",
    { type: "button", class: "chip", on: { click: onClick } },
    h("span", { class: "swatch", "data-state": name, "aria-hidden": true }, words.letter),
    words.text,
    " ",
    count,
  );
  return { node, count };
}
