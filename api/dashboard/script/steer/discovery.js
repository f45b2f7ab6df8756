// Looks for miners, with progress and with what is found as it comes; adds and removes single ones.
import { act, outcomeLine } from "../action.js";
import { h, write } from "../dom.js";
import { refresh, watch } from "../feeds.js";
import { clear, complainAt, field, numberIn } from "../form.js";
import { count, number, percent, time } from "../format.js";
import { removeMiner } from "../removal.js";
import { Refused, get, send } from "../server.js";
import { newcomers } from "./newcomers.js";

const PROGRESS = "/discovery/scan";
const MOST_NAMED = 20;

export function discoveryPanel() {
  const input = h("input", { type: "text", spellcheck: "false", autocomplete: "off" });
  const block = field({
    name: "network_cidr",
    label: "Block to scan",
    control: input,
    hint: "Empty: the configured one.",
  });
  const scan = h("button", { type: "submit", class: "primary" }, "Scan");
  const bar = h("progress", { max: 100, value: 0, "aria-label": "Progress of the scan" });
  const state = h("p", { class: "small muted", role: "status" }, "No scan yet.");
  const left = h("p", { class: "small wrap" }, "");
  const outcome = outcomeLine();
  const found = newcomers();
  const form = h(
    "form",
    { novalidate: true, class: "stack" },
    h("div", { class: "scan-row" }, block.box, scan),
    bar,
    state,
    left,
    outcome,
  );
  const panel = h(
    "section",
    { class: "panel", "aria-labelledby": "discovery-title" },
    h("div", { class: "panel-head" }, h("h2", { id: "discovery-title" }, "Find miners")),
    form,
    found.box,
  );

  get("/health").then(
    ({ network_cidr: own }) => {
      input.placeholder = own;
    },
    () => {},
  );

  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    clear([block]);
    await found.begin();
    const asked = input.value.trim();
    const command = () => send("POST", PROGRESS, asked ? { network_cidr: asked } : {}, 40).catch(goesOn);
    setTimeout(refresh, 300, PROGRESS);
    const answer = await act(outcome, scan, "Scanning…", command, scanned, (error) =>
      complainAt([block], error),
    );
    if (answer) found.finish(answer.miners);
  });

  function show(progress) {
    if (!progress) return;
    const {
      running,
      network,
      addresses_scanned: done,
      addresses_total: all,
      progress_percent: share,
      miners_found: hits,
    } = progress;
    write(left, running ? "" : leftOut(progress));
    bar.value = share;
    found.follow(running);
    if (!network) return;
    const when = running ? "" : ` (begun ${time(progress.started_at)})`;
    const far = `${number(done)} of ${number(all)} addresses, ${percent(share)}, ${count(hits, "miner")} found`;
    write(state, `${running ? "Scanning" : "Last scan:"} ${network}: ${far}${when}`);
  }

  const ends = [watch(PROGRESS, 1, show), found.end];
  return { panel, end: () => ends.forEach((end) => end()) };
}

// What a scan met that is no miner of the fleet now, and why.
function leftOut({ addresses_unanswered: silent, unrecorded, doubles }) {
  const parts = [
    silent ? `${count(silent, "address", "addresses")} took a connection and gave no answer in time` : "",
    unrecorded.length ? `cannot be recorded: ${named(unrecorded)}` : "",
    doubles.length ? `second addresses of miners: ${named(doubles.map(double))}` : "",
  ].filter(Boolean);
  return parts.length ? `Not registered: ${parts.join("; ")}.` : "";
}

function double({ address, miner_id: miner }) {
  return `${address} (is ${miner})`;
}

function named(found) {
  const more = found.length - MOST_NAMED;
  return found.slice(0, MOST_NAMED).join(", ") + (more > 0 ? ` and ${number(more)} more` : "");
}

// A long scan outlives its answer; its progress is shown all the same.
function goesOn(error) {
  if (error instanceof Refused && error.code === "SCAN_TIMEOUT")
    return { message: error.message, miners: null };
  throw error;
}

function scanned({ message, miners_found: hits, network_scanned: network }) {
  return message ?? `${count(hits, "miner")} found in ${network}.`;
}

export function registryPanel() {
  const address = field({
    name: "ip",
    label: "Address",
    control: h("input", { type: "text", spellcheck: "false", autocomplete: "off", inputmode: "decimal" }),
  });
  const port = field({
    name: "port",
    label: "API port",
    control: h("input", { type: "number" }),
    hint: "Empty: the configured one.",
  });
  const rated = field({
    name: "rated_power_watts",
    label: "Rated power in W",
    control: h("input", { type: "number", step: "any" }),
    hint: "Empty: the model's.",
  });
  const fields = [address, port, rated];
  const add = h("button", { type: "submit", class: "primary" }, "Add miner");
  const remove = h(
    "button",
    { type: "button", class: "danger", on: { click: () => forget() } },
    "Remove miner…",
  );
  const outcome = outcomeLine();
  const form = h(
    "form",
    { novalidate: true, class: "form-grid" },
    fields.map(({ box }) => box),
    h("div", { class: "row wide" }, add, remove),
    h("div", { class: "wide" }, outcome),
  );
  const panel = h(
    "section",
    { class: "panel", "aria-labelledby": "registry-title" },
    h("div", { class: "panel-head" }, h("h2", { id: "registry-title" }, "Add or remove a miner")),
    form,
  );

  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    clear(fields);
    const filled = Object.fromEntries(
      fields.map(({ name, control }) => [name, name === "ip" ? control.value.trim() : numberIn(control)]),
    );
    await act(
      outcome,
      add,
      `Adding ${filled.ip}…`,
      () => send("POST", "/discovery/add", filled),
      added,
      (error) => complainAt(fields, error),
    );
  });

  function forget() {
    clear(fields);
    const miner = address.control.value.trim();
    if (miner) removeMiner(miner, remove, outcome);
    else address.complain("Say which address.");
  }

  return { panel };
}

function added({ miner }) {
  const answered = miner.is_online ? "it answers" : "it does not answer yet";
  return `${miner.ip} is registered: ${miner.model}, ${number(miner.rated_power_watts)} W, ${answered}.`;
}
