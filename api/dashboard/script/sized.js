// Watches what grows with the fleet. Of a large one it costs the server up to 100 ms: it is asked less often.
import { watch } from "./feeds.js";

const LARGE = 1000;

export function watchBySize(path, seconds, secondsIfLarge, onData) {
  let end = null;
  const endStatus = watch("/status", 1, ({ total_miners: miners }) => {
    end ??= watch(path, miners > LARGE ? secondsIfLarge : seconds, onData);
  });
  return () => {
    endStatus();
    end?.();
  };
}
