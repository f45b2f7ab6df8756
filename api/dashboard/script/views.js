// The views. Each is a module with show(root, {path, query}), which fills `root` and may watch feeds, and
// hide(), which ends all that show() began. `tab` is the tab that stands for a view without one.

export const VIEWS = {
  now: { title: "Now", load: () => import("./views/now.js") },
  fleet: { title: "Fleet", load: () => import("./views/fleet.js") },
  steer: { title: "Steer", load: () => import("./views/steer.js") },
  look_back: { title: "Look back", load: () => import("./views/look_back.js") },
  miner: { title: "Miner", tab: "fleet", load: () => import("./views/miner.js") },
};

export const TABS = Object.keys(VIEWS).filter((name) => !VIEWS[name].tab);
