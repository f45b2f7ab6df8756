// The token of this tab: kept until the tab is closed, somebody signs out or the server refuses it. It asks nobody.
const KEY = "netstab-token";

const changes = new EventTarget();
let held = sessionStorage.getItem(KEY);
let wanted = false;

export function token() {
  return held;
}

// Whether the server asks for a token and this tab has none that it takes.
export function tokenIsWanted() {
  return wanted;
}

// Calls back at each change of either.
export function onToken(tell) {
  changes.addEventListener("change", tell);
}

export function keepToken(text) {
  sessionStorage.setItem(KEY, text);
  change(text, false);
}

// The server has refused what was sent; another token that was entered meanwhile stays.
export function tokenRefused(sent) {
  if (sent === held) forgetToken();
}

export function forgetToken() {
  sessionStorage.removeItem(KEY);
  change(null, true);
}

function change(text, now) {
  if (text === held && now === wanted) return;
  [held, wanted] = [text, now];
  changes.dispatchEvent(new Event("change"));
}
