// GO, back, panic and letting go, always at the lower edge, where the show has what they are for.
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
  has.playlist = items(state.playlists).length > 0;
  has.lane = items(state.streams).some(({ lane }) => lane !== undefined);
  const [backward, forward, stop, release] = id("transport").children;
  for (const node of [backward, forward]) show(node, has.playlist);
  for (const node of [stop, release]) show(node, has.lane);
  release.disabled = !items(state.streams).some(({ lane }) => lane && lane.holder !== "base");
  show(id("transport"), has.playlist || has.lane);
}
