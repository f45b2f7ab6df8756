// Polls with ETag. A feed asks only while someone watches it and the page is visible; watchers share it.
import { serverNow } from "./clock.js";
import { isLost, onLink } from "./link.js";
import { Refused, UNCHANGED, read } from "./server.js";

const feeds = new Map();
const ABSENT_SECONDS = 30;
const MOST_BACK_OFF_SECONDS = 5;
const TABLE = "/fleet/table"; // told as the columns that have changed since the version that is known

// Calls `onData(data, heardAt)` with what is known already and then with every change; a path that does not
// exist gives null, another refusal calls `onRefusal` with its sentence. While the server is lost the same is
// told again each second, with when it was heard last: what is shown goes on growing old. Returns a function
// that ends the watching.
export function watch(path, seconds, onData, onRefusal = () => {}) {
  const feed = feeds.get(path) ?? open(path, seconds);
  const watcher = { onData, onRefusal };
  feed.watchers.add(watcher);
  feed.seconds = Math.min(feed.seconds, seconds);
  if (feed.data !== undefined) onData(feed.data, feed.heardAt);
  return () => {
    feed.watchers.delete(watcher);
    if (!feed.watchers.size) close(feed);
  };
}

// Asks now, out of turn: after a command, so that its effect is seen at once.
export function refresh(path) {
  const feed = feeds.get(path);
  if (feed) hurry(feed);
}

export function refreshAll() {
  for (const feed of feeds.values()) hurry(feed);
}

function open(path, seconds) {
  const feed = {
    path,
    seconds,
    watchers: new Set(),
    data: undefined,
    heardAt: 0,
    etag: null,
    failures: 0,
    timer: 0,
    asking: false,
    again: false,
  };
  feeds.set(path, feed);
  schedule(feed, 0);
  return feed;
}

// What is being asked already may have been answered before the command: then it is asked once more.
function hurry(feed) {
  feed.again = feed.asking;
  schedule(feed, 0);
}

function close(feed) {
  clearTimeout(feed.timer);
  feeds.delete(feed.path);
}

function schedule(feed, seconds) {
  clearTimeout(feed.timer);
  feed.timer = setTimeout(() => ask(feed), seconds * 1000);
}

async function ask(feed) {
  if (document.hidden || feed.asking) return;
  feed.asking = true;
  const begun = performance.now();
  const wait = await turn(feed);
  feed.asking = false;
  if (!feed.watchers.size) return;
  schedule(feed, feed.again ? 0 : Math.max(0.05, wait - (performance.now() - begun) / 1000));
  feed.again = false;
}

// One question; gives after how many seconds from its start the next is due.
async function turn(feed) {
  try {
    const { data, etag } = await read(question(feed), { etag: feed.etag });
    feed.failures = 0;
    feed.heardAt = serverNow();
    if (data !== UNCHANGED) {
      feed.etag = etag;
      tell(feed, feed.path === TABLE ? { ...feed.data, ...data } : data);
    }
    return feed.seconds;
  } catch (error) {
    if (!(error instanceof Refused)) return backOff(feed);
    feed.etag = null;
    feed.heardAt = serverNow();
    if (error.code === "NOT_FOUND") tell(feed, null);
    else for (const watcher of feed.watchers) watcher.onRefusal(error);
    return error.code === "NOT_FOUND" ? ABSENT_SECONDS : feed.seconds;
  }
}

function question({ path, data }) {
  return path === TABLE && data ? `${path}?known=${encodeURIComponent(data.version)}` : path;
}

function growOld() {
  if (!isLost() || document.hidden) return;
  for (const feed of feeds.values()) if (feed.data !== undefined) tell(feed, feed.data);
}

function tell(feed, data) {
  feed.data = data;
  for (const watcher of [...feed.watchers]) {
    try {
      watcher.onData(data, feed.heardAt);
    } catch (error) {
      console.error(feed.path, error); // one view's defect must not end what all others see
    }
  }
}

// 1, 2, 4, 5 s, a little apart from each other.
function backOff(feed) {
  feed.failures += 1;
  return Math.min(MOST_BACK_OFF_SECONDS, 2 ** (feed.failures - 1)) * (0.8 + 0.2 * Math.random());
}

setInterval(growOld, 1000);
onLink((lost) => lost || refreshAll());
window.addEventListener("online", refreshAll);
document.addEventListener("visibilitychange", () => document.hidden || refreshAll());
