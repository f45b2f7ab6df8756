// Says something to those who hear the page; the same sentence again is said again.
import { byId } from "./dom.js";

export function announce(text) {
  const spoken = byId("spoken");
  spoken.textContent = "";
  setTimeout(() => {
    spoken.textContent = text;
  }, 50);
}
