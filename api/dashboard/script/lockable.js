// Controls that can be taken away: what stands against them is said in their place.
import { h, write } from "./dom.js";
import { onRole } from "./role.js";

const ON_A_STANDBY = "A standby takes no command.";

// On a standby `controls` are disabled. because(reason) takes them away altogether, "" gives them back.
// Returns {nodes, because, end}.
export function lockable(...controls) {
  const said = h("p", { class: "locked", hidden: true }, "");
  const box = h("fieldset", { class: "bare" }, controls);
  let reason = "";
  let standby = false;

  function mark() {
    write(said, reason || (standby ? ON_A_STANDBY : ""));
    said.hidden = !reason && !standby;
    box.disabled = standby;
    box.hidden = Boolean(reason);
  }

  const end = onRole((now) => {
    standby = now;
    mark();
  });
  return {
    nodes: [said, box],
    because(text) {
      reason = text;
      mark();
    },
    end,
  };
}
