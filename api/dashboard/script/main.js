// Starts the shell: theme, tabs, link to the server, strip, and the view that the address names.
import { startAlarms } from "./alarms.js";
import { announce } from "./announce.js";
import { serverNow } from "./clock.js";
import { byId, h, write } from "./dom.js";
import { refreshAll } from "./feeds.js";
import { duration, time } from "./format.js";
import { isLost, onLink, silentSeconds, watchLink } from "./link.js";
import { onRole, standsBy, watchRole } from "./role.js";
import { startRouter } from "./router.js";
import { collectSamples } from "./samples.js";
import { startSignIn } from "./sign_in.js";
import { startStrip } from "./strip.js";
import { startTheme } from "./theme.js";
import { TABS, VIEWS } from "./views.js";

function startTabs() {
  const links = TABS.map((name) => h("a", { href: `#/${name}`, "data-view": name }, VIEWS[name].title));
  byId("tabs").append(...links);
}

function startLink() {
  const show = (lost) => {
    showLink();
    document.body.classList.toggle("stale", lost);
    byId("banner").hidden = !lost;
    if (lost) tellSilence();
    else announce("The server answers again.");
  };
  onLink(show);
  byId("banner-retry").addEventListener("click", refreshAll);
  setInterval(() => isLost() && tellSilence(), 1000);
  watchLink();
}

function tellSilence() {
  const seconds = silentSeconds();
  const since = time(serverNow() - seconds * 1000);
  write(
    byId("banner-text"),
    `The server does not answer (${duration(seconds)}). What is shown is from ${since}.`,
  );
}

function showLink() {
  const [link, text] = isLost() ? ["lost", "Server lost"] : standsBy() ? ["standby", "Stands by"] : ["live", "Live"];
  byId("link").dataset.link = link;
  write(byId("link-text"), text);
}

function startRole() {
  watchRole();
  onRole((standby) => {
    document.body.classList.toggle("standby", standby);
    showLink();
  });
}

// The address is the view's, so the link to the content only moves the focus.
function startSkip() {
  document.querySelector(".skip").addEventListener("click", (event) => {
    event.preventDefault();
    byId("main").focus();
  });
}

// So that a view can still be opened while the server is lost.
function loadOtherViews() {
  const later = window.requestIdleCallback ?? ((call) => setTimeout(call, 1000));
  later(() => Object.values(VIEWS).forEach(({ load }) => load().catch(() => {})));
}

startTheme();
startTabs();
startSkip();
startSignIn();
startLink();
startRole();
startStrip();
startAlarms();
collectSamples();
startRouter();
loadOtherViews();
