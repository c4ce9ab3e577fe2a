// GO, back, panic: shown when the show has a playlist or lanes, always at the lower edge.
import { el, id, items, show } from "./dom.js";
import { send, toast } from "./send.js";

const has = { playlist: false, lane: false };

/** Asks for GO. */
export const go = () => (has.playlist ? send("/api/go") : toast("This show has no playlist: GO goes nowhere."));
/** Asks for the step before. */
export const back = () => has.playlist && send("/api/back");
/** Asks for panic. */
export const panic = () => has.lane && send("/api/panic");

export function start() {
  const button = (label, kind, act) => el("button", { type: "button", className: kind, textContent: label, on: { click: act } });
  id("transport").append(button("Back", "", back), button("GO", "main", go), button("Panic", "danger", panic), button("Release", "", () => send("/api/release")));
}

/** @param {any} state */
export function tell(state) {
  const any = (field) => state[field] !== undefined || items(state.streams).some((stream) => stream[field] !== undefined);
  has.playlist = any("playlist");
  has.lane = any("lane");
  const [backward, forward, stop, release] = id("transport").children;
  for (const node of [backward, forward]) show(node, has.playlist);
  for (const node of [stop, release]) show(node, has.lane);
  show(id("transport"), has.playlist || has.lane);
}
