// Removes a miner from the registry, after asking. Gives the server's answer, or null.
import { act, say } from "./action.js";
import { confirm } from "./dialog.js";
import { send } from "./server.js";

const TEXT =
  "It leaves the registry, and dispatch with it; the miner itself is left as it is. A scan finds it again.";

export async function removeMiner(miner, button, outcome) {
  if (!(await confirm({ title: `Remove ${miner}?`, text: TEXT, action: "Remove" }))) {
    say(outcome, null, "");
    return null;
  }
  const command = () => send("DELETE", `/discovery/miners/${encodeURIComponent(miner)}`);
  return act(outcome, button, `Removing ${miner}…`, command, () => `${miner} is removed.`);
}
