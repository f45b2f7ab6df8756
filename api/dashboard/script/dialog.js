// Asks before something dangerous. The browser's own modal dialog keeps the focus inside; Esc says no.
import { h } from "./dom.js";

let counted = 0;

// Resolves to true when `action` was pressed. Focus starts on the way out and returns to where it was.
export function confirm({ title, text, action }) {
  const id = `dialog-${(counted += 1)}`;
  const before = document.activeElement;
  return new Promise((resolve) => {
    const dialog = h(
      "dialog",
      { "aria-labelledby": `${id}-title`, "aria-describedby": `${id}-text` },
      h("h2", { id: `${id}-title` }, title),
      h("p", { id: `${id}-text` }, text),
      h(
        "div",
        { class: "row" },
        h("button", { type: "button", autofocus: true, on: { click: () => dialog.close("") } }, "Cancel"),
        h("button", { type: "button", class: "danger", on: { click: () => dialog.close("yes") } }, action),
      ),
    );
    dialog.addEventListener("close", () => {
      resolve(dialog.returnValue === "yes");
      dialog.remove();
      before?.focus?.();
    });
    document.body.append(dialog);
    dialog.showModal();
  });
}
