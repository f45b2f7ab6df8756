// The server's clock, learned from the Date of its answers: ages do not depend on the browser's.

let offset = 0;
let learned = false;

// Date is cut to whole seconds: the truth lies within the second above it.
export function learn(date) {
  const floor = Date.parse(date) - Date.now();
  if (Number.isNaN(floor)) return;
  if (!learned || floor > offset || floor < offset - 1500) offset = floor;
  learned = true;
}

export function serverNow() {
  return Date.now() + offset;
}
