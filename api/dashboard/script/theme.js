// Light, dark, or as the system has it; kept in the browser.
import { byId } from "./dom.js";

const CHOICES = ["auto", "light", "dark"];
const KEY = "netstab-theme";
const changes = new EventTarget();
const system = matchMedia("(prefers-color-scheme: dark)");

export function startTheme() {
  let choice = CHOICES.includes(stored()) ? stored() : "auto";
  const button = byId("theme");
  const show = () => {
    if (choice === "auto") delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = choice;
    button.textContent = `Theme: ${choice}`;
    changes.dispatchEvent(new Event("change"));
  };
  button.addEventListener("click", () => {
    choice = CHOICES[(CHOICES.indexOf(choice) + 1) % CHOICES.length];
    keep(choice);
    show();
  });
  system.addEventListener("change", () => changes.dispatchEvent(new Event("change")));
  show();
}

// Calls back when colours have changed; returns a function that ends it.
export function onTheme(tell) {
  changes.addEventListener("change", tell);
  return () => changes.removeEventListener("change", tell);
}

// The present value of a colour of theme.css, for what is drawn and not styled.
export function color(name) {
  const probe = document.createElement("i");
  probe.style.color = `var(--${name})`;
  document.body.append(probe);
  const found = getComputedStyle(probe).color;
  probe.remove();
  return found;
}

function stored() {
  try {
    return localStorage.getItem(KEY);
  } catch {
    return null; // storage may be forbidden; the choice then lasts as long as the page
  }
}

function keep(choice) {
  try {
    localStorage.setItem(KEY, choice);
  } catch {
    // as above
  }
}
