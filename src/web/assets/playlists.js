// Each playlist: where it is, what stands by, and the hands on it.
import { length, now } from "./clock.js";
import { each, el, id, items, mark, say, show } from "./dom.js";
import { segment, send } from "./send.js";

/** What each button asks for, by the state that the playlist is in. */
const VERBS = {
  stopped: [["play", "Play"]],
  playing: [["pause", "Pause"], ["stop", "Stop"]],
  waiting: [["stop", "Stop"]],
  paused: [["resume", "Go on"], ["stop", "Stop"]],
};

/** @type {any[]} */
let playlists = [];

/** Shows them, if the show has any. @param {any} state */
export function tell(state) {
  playlists = items(state.playlists);
  show(id("playlists"), playlists.length > 0);
  each(id("playlist-rows"), playlists, ({ name }) => name, row, (node, playlist) => {
    mark(node, "data-state", playlist.state);
    const [words, verbs] = node.children;
    say(words.children[0], playlist.name);
    words.children[2].firstChild.style.width = `${playlist.step && playlist.steps ? (playlist.step / playlist.steps) * 100 : 0}%`;
    each(verbs, VERBS[playlist.state] ?? [], ([verb]) => verb, ([verb, label]) =>
      el("button", { type: "button", textContent: label, "aria-label": `${label} ${playlist.name}`, on: { click: () => send(`/api/playlists/${segment(playlist.name)}/${verb}`) } }), () => {});
  });
  turn();
}

function row() {
  return el("li", { className: "playlist" },
    el("div", {}, el("b"), el("p", { className: "then" }), el("div", { className: "track" }, el("i"))), el("div", { className: "row" }));
}

/** Tells where they are; the time until the next step passes by itself. */
export function turn() {
  [...id("playlist-rows").children].forEach((node, at) => playlists[at] && say(node.children[0].children[1], place(playlists[at])));
}

/** @param {any} playlist */
function place({ state, step, step_name: label, steps, next, ends_at: end }) {
  const told = [step ? `step ${step} of ${steps}${label ? `, ${label}` : ""}` : `${steps} steps`];
  if (state === "paused" || state === "stopped") told.push(state);
  if (next && end !== undefined) told.push(`${next.name} in ${length(Math.ceil(end - now())).replace(".0", "")}`);
  else if (next && state === "waiting") told.push(`${next.name} at GO`);
  else if (next) told.push(`${next.name} stands by`);
  return told.join(" · ");
}
