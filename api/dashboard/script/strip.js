// The line below the bar that every view keeps: state, target, measured power, who is in command.
import { byId, h, set, write } from "./dom.js";
import { watch } from "./feeds.js";
import { kilowatts } from "./format.js";
import { commander, stateWords } from "./fleet_words.js";
import { measuredPower, onRole } from "./role.js";

export function startStrip() {
  const state = h("span", { class: "pill" }, "Connecting");
  const target = h("dd", {}, "–");
  const measured = h("dd", {}, "–");
  const command = h("dd", {}, "–");
  byId("strip").append(
    h("div", {}, state),
    h("dl", {}, h("dt", {}, "Target"), target),
    h("dl", {}, h("dt", {}, "Measured"), measured),
    h("dl", {}, h("dt", {}, "In command"), command),
  );
  let status = null;
  let dispatch = null;
  const show = () => {
    if (!status) return;
    const { text, tone } = stateWords(status);
    write(state, text);
    set(state, "data-tone", tone);
    write(target, status.target_power_kw === null ? "standby" : kilowatts(status.target_power_kw));
    write(measured, kilowatts(measuredPower(status)));
    write(command, commander(status, dispatch).text);
  };
  onRole(show);
  watch("/status", 1, (data) => {
    status = data;
    show();
  });
  watch("/dispatch", 1, (data) => {
    dispatch = data;
    show();
  });
}
