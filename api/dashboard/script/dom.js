// Makes elements. Text from the server is only ever set as text: names and errors come from devices.

// h("p", {class: "muted", on: {click}}, "text", child): `on` are listeners, `style` custom properties,
// what is null is left out, true is an attribute without a value.
export function h(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) set(made, key, value);
  made.append(...children.flat().filter((child) => child !== null && child !== undefined));
  return made;
}

export function set(made, key, value) {
  if (key === "on") {
    for (const [event, listener] of Object.entries(value)) made.addEventListener(event, listener);
  } else if (key === "style") {
    for (const [property, text] of Object.entries(value)) made.style.setProperty(property, text);
  } else if (value === null || value === undefined || (value === false && !key.startsWith("aria-"))) {
    made.removeAttribute(key);
  } else {
    const text = value === true && !key.startsWith("aria-") ? "" : String(value);
    if (made.getAttribute(key) !== text) made.setAttribute(key, text);
  }
}

// Writes only what differs, so that selections, focus and screen readers are left alone.
export function write(node, text) {
  const shown = String(text);
  if (node.textContent !== shown) node.textContent = shown;
}

export function byId(id) {
  return document.getElementById(id);
}

// Each of several items with one key gets a name of its own, by its place among them.
function named(keys) {
  const times = new Map();
  return keys.map((key) => {
    const before = times.get(key) ?? 0;
    times.set(key, before + 1);
    return before ? `${key}\n${before}` : key;
  });
}

// One row for each item, made once for each key and then updated: focus inside a row survives.
export function rows(parent, items, key, make, update) {
  const known = new Map([...parent.children].map((node) => [node.dataset.key, node]));
  const names = named(items.map((item) => String(key(item))));
  const wanted = items.map((item, place) => {
    const name = names[place];
    const node = known.get(name) ?? make(item);
    node.dataset.key = name;
    known.delete(name);
    update(node, item);
    return node;
  });
  for (const gone of known.values()) gone.remove();
  wanted.forEach((node, place) => {
    if (parent.children[place] !== node) parent.insertBefore(node, parent.children[place] ?? null);
  });
}
