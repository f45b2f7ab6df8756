// A row of buttons of which one is chosen, as the range of a chart.
import { h, set } from "./dom.js";

// `choices` are {label, …}; calls `onChoose(choice)` when another is pressed.
export function segmented(name, choices, chosen, onChoose) {
  const buttons = choices.map((choice) =>
    h("button", { type: "button", on: { click: () => pick(choice) } }, choice.label),
  );
  const mark = (choice) =>
    buttons.forEach((button, place) => set(button, "aria-pressed", choices[place] === choice));

  function pick(choice) {
    mark(choice);
    onChoose(choice);
  }

  mark(chosen);
  return h("div", { class: "segmented", role: "group", "aria-label": name }, buttons);
}
