// Fields of forms with the server's own complaint beside the one that it names.
import { h, set, write } from "./dom.js";

let counted = 0;

// A labelled control. `control` is an input, select or textarea; `name` is the API's.
export function field({ name, label, control, hint = "" }) {
  const id = `field-${(counted += 1)}`;
  control.id = id;
  const told = h("p", { class: "hint", id: `${id}-hint` }, hint);
  const fault = h("p", { class: "fault", id: `${id}-fault` }, "");
  set(control, "aria-describedby", `${id}-hint ${id}-fault`);
  const box = h("div", { class: "field" }, h("label", { for: id }, label), control, told, fault);
  control.addEventListener("input", () => complain(""));

  function complain(text) {
    write(fault, text);
    set(control, "aria-invalid", text ? true : null);
  }

  return { name, label, box, control, complain, hint: (text) => write(told, text) };
}

export function clear(fields) {
  for (const one of fields) one.complain("");
}

// Shows a refusal at the field that it names first, and goes there; gives the sentence with the field's label in
// place of the API's name, null if it names none of them.
export function complainAt(fields, error) {
  const named = fields.find(({ name }) => new RegExp(`^(The field )?${name}\\b`).test(error.message));
  if (!named) return null;
  const sentence = error.message.replace(named.name, named.label);
  named.complain(sentence);
  named.control.focus();
  return sentence;
}

// A number of a field: null where it is empty, the text itself where it is none, for the server to judge.
export function numberIn(control) {
  const text = control.value.trim();
  if (!text) return null;
  const value = Number(text);
  return Number.isFinite(value) ? value : text;
}
