// What is wrong with the system as a whole, above every view and in full: nothing scrolls or cuts it off.
import { announce } from "./announce.js";
import { byId, h, rows, set, write } from "./dom.js";
import { watch } from "./feeds.js";
import { localTimes } from "./format.js";
import { onRole, STANDS_BY, standsBy } from "./role.js";

// A miner's id: its address, or one by its number at Awesome Miner.
const MINER_ID = /^((\d{1,3}\.){3}\d{1,3}|awesome-\d{1,19})\b/;
const LEFT_OUT = /^and \d+ more$/;
const OF_A_STANDBY = /^This server is a standby/;

// The id that an error of one miner begins with, null where it is of the system.
export function minerOf(error) {
  return error.match(MINER_ID)?.[0] ?? null;
}

function ofMiners(error) {
  return minerOf(error) !== null || LEFT_OUT.test(error);
}

// Errors of the status that name no miner: the log, the EMS, the meter, the target, the clock.
export function systemErrors(errors) {
  return errors.filter((text) => !ofMiners(text) && !OF_A_STANDBY.test(text)).map(localTimes);
}

export function minerErrors(errors) {
  return errors.filter(ofMiners).map(localTimes);
}

export function startAlarms() {
  const box = byId("alarms");
  const list = h("ul", {});
  box.append(list);
  let errors = [];
  let told = new Set();

  // A figure in a sentence, as an age, makes no other alarm of it.
  function show() {
    const texts = [...(standsBy() ? [STANDS_BY] : []), ...systemErrors(errors)];
    const alarms = texts.map((text) => ({ text, key: text.replace(/\d+/g, "#") }));
    box.hidden = !alarms.length;
    set(box, "data-tone", texts.every((text) => text === STANDS_BY) ? "accent" : "bad");
    rows(list, alarms, ({ key }) => key, () => h("li", {}), (node, { text }) => write(node, text));
    const fresh = alarms.filter(({ key }) => !told.has(key));
    if (fresh.length) announce(fresh.map(({ text }) => text).join(" "));
    told = new Set(alarms.map(({ key }) => key));
  }

  watch("/status", 1, (status) => {
    errors = status?.errors ?? [];
    show();
  });
  onRole(show);
}
