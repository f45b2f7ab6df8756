// Asks for the token where the server wants one, over whatever is shown, and goes on once the server takes it.
import { byId, h } from "./dom.js";
import { refreshAll } from "./feeds.js";
import { field } from "./form.js";
import { checkToken, Refused } from "./server.js";
import { forgetToken, keepToken, onToken, token, tokenIsWanted } from "./token.js";

const UNKNOWN = "The server does not know this token.";

export function startSignIn() {
  const out = byId("sign-out");
  const show = () => {
    out.hidden = token() === null;
    if (tokenIsWanted()) ask();
  };
  out.addEventListener("click", () => {
    forgetToken();
    location.reload(); // what was shown is gone with it
  });
  onToken(show);
  show();
}

function ask() {
  if (byId("sign-in")) return;
  const control = h("input", { type: "password", autocomplete: "current-password", required: true, autofocus: true });
  const secret = field({ name: "token", label: "Token", control, hint: "Kept for this tab alone." });
  const button = h("button", { type: "submit" }, "Sign in");
  const form = h("form", { novalidate: true }, secret.box, h("div", { class: "row" }, button));
  const dialog = h("dialog", { id: "sign-in", "aria-labelledby": "sign-in-title" },
    h("h2", { id: "sign-in-title" }, "This server asks for a token"), form);
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    button.disabled = true;
    const fault = await tried(control.value.trim());
    button.disabled = false;
    if (!fault) return;
    secret.complain(fault);
    control.select();
  });
  dialog.addEventListener("cancel", (event) => event.preventDefault()); // nothing works without
  dialog.addEventListener("close", () => tokenIsWanted() && dialog.showModal());
  onToken(() => {
    if (tokenIsWanted() || !dialog.isConnected) return;
    dialog.close();
    dialog.remove();
    refreshAll();
  });
  document.body.append(dialog);
  dialog.showModal();
}

// Keeps a token that the server takes; gives what is wrong with it, or "".
async function tried(text) {
  if (!/^[\x21-\x7e]+$/.test(text)) return UNKNOWN;
  try {
    await checkToken(text);
    keepToken(text);
    return "";
  } catch (error) {
    return error instanceof Refused && error.status === 401 ? UNKNOWN : error.message;
  }
}
