// Whether the server is there. It is lost at once when a connection fails, and when nothing was heard for 2 s
// although the page asks every second. Any answer, even a refusal, brings it back.

const SILENCE_MS = 2000;
const GLANCE_MS = 250;

const link = new EventTarget();
let lost = false;
let lastHeard = performance.now();

export function isLost() {
  return lost;
}

export function heard() {
  lastHeard = performance.now();
  change(false);
}

export function missed() {
  change(true);
}

// Calls back at each change, with true for lost; returns a function that ends it.
export function onLink(tell) {
  const listener = () => tell(lost);
  link.addEventListener("change", listener);
  return () => link.removeEventListener("change", listener);
}

export function silentSeconds() {
  return (performance.now() - lastHeard) / 1000;
}

// A hidden page asks nothing, so its silence says nothing.
export function watchLink() {
  setInterval(() => {
    if (!document.hidden && performance.now() - lastHeard > SILENCE_MS) change(true);
  }, GLANCE_MS);
  document.addEventListener("visibilitychange", () => {
    if (!document.hidden && !lost) lastHeard = performance.now();
  });
}

function change(now) {
  if (now === lost) return;
  lost = now;
  link.dispatchEvent(new Event("change"));
}
