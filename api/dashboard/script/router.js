// Shows the view that the address names: #/fleet?state=asleep, #/miner/10.0.0.7. One view lives at a time.
import { announce } from "./announce.js";
import { byId, set } from "./dom.js";
import { onLink } from "./link.js";
import { VIEWS } from "./views.js";

let shown = null; // {name, module}
let turn = 0;

export function startRouter() {
  window.addEventListener("hashchange", () => go(true));
  go(false);
}

// Changes the query of the present address without showing the view anew.
export function keepInAddress(query) {
  const text = new URLSearchParams(Object.entries(query).filter(([, value]) => value)).toString();
  const path = location.hash.split("?")[0] || "#/now";
  history.replaceState(null, "", text ? `${path}?${text}` : path);
}

function read() {
  const [path, query = ""] = location.hash.replace(/^#\/?/, "").split("?");
  const [name, ...rest] = path.split("/").map(decoded);
  const known = Object.hasOwn(VIEWS, name) ? name : "now";
  return { name: known, path: rest, query: new URLSearchParams(query) };
}

// An address that was cut off in the middle of a sign leads somewhere all the same.
function decoded(part) {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

async function go(moved) {
  const { name, path, query } = read();
  const mine = (turn += 1);
  const module = await loaded(name);
  if (!module || mine !== turn) return; // another address may have been asked for meanwhile
  shown?.module.hide();
  const root = byId("main");
  root.replaceChildren();
  shown = { name, module };
  mark(VIEWS[name].tab ?? name);
  document.title = `${VIEWS[name].title} · Net Stabilization`;
  module.show(root, { path, query });
  scrollTo(0, 0);
  if (moved) (root.querySelector("h1") ?? root).focus();
}

// A view that cannot be loaded now is loaded when the server is back.
async function loaded(name) {
  try {
    return await VIEWS[name].load();
  } catch {
    const end = onLink((lost) => {
      if (lost) return;
      end();
      go(false);
    });
    announce(`${VIEWS[name].title} cannot be loaded now.`);
    return null;
  }
}

function mark(tab) {
  for (const link of byId("tabs").children) {
    set(link, "aria-current", link.dataset.view === tab ? "page" : null);
  }
}
