// The page as a whole: what there is and what is on come in here, and each part shows its own.
import { start as startControls, tell as tellControls } from "./controls.js";
import { each, id, items } from "./dom.js";
import { start as startHelp } from "./help.js";
import { start as startKeys } from "./keys.js";
import { open } from "./link.js";
import { know } from "./learn.js";
import { tell as tellLists } from "./lists.js";
import { build as buildPads, tell as tellPads } from "./pads.js";
import { fetchPlan, start as startPlan, tell as tellPlan } from "./plan.js";
import { tell as tellPlaylists, turn as turnPlaylists } from "./playlists.js";
import { start as startPrompt } from "./prompt.js";
import { StreamCard } from "./stream.js";
import { build as buildTop, live, tell as tellTop, tick } from "./top.js";
import { start as startTransport, tell as tellTransport } from "./transport.js";
import { learn } from "./words.js";

/** How often what scrolls is drawn, in milliseconds. */
const DRAW_EVERY = 200;

/** @type {any} what is on */
let state;
/** @type {any} what there is */
let there;
/** The edition of the show file that `there` is of. */
let edition = "";
/** @type {Map<string, StreamCard>} */
const cards = new Map();
let isDue = false;
let wasLive = false;

async function learnShow() {
  const answer = await fetch("/api/show").catch(() => null);
  if (!answer?.ok) return;
  there = await answer.json();
  learn(there.scenes.map(({ name }) => name));
  know(there);
  buildTop(there);
  buildPads(there);
  render();
  fetchPlan();
}

function render() {
  isDue = false;
  if (!state || !there) return;
  tellTop(state);
  tellTransport(state);
  tellPads(state);
  tellPlan(state, there);
  tellPlaylists(state);
  tellControls(state);
  tellLists(state, there.timezone);
  const all = { ...state, zone: there.timezone };
  const shown = there.streams.filter(({ name }) => state.streams[name]);
  each(id("streams"), shown, ({ name }) => name, ({ name }) => {
    cards.set(name, new StreamCard(name));
    return cards.get(name).node;
  }, (node, stream) => cards.get(stream.name).tell(state.streams[stream.name], all, stream));
}

/** Renders once for all that comes until the next frame. */
function soon() {
  if (isDue) return;
  isDue = true;
  requestAnimationFrame(render);
}

function turn() {
  for (const card of cards.values()) card.turn();
  const isMoving = items(state?.streams).some(({ transition }) => transition);
  if (isMoving && !document.hidden) requestAnimationFrame(turn);
  else setTimeout(() => requestAnimationFrame(turn), DRAW_EVERY);
}

startControls();
startHelp();
startKeys();
startPlan();
startPrompt();
startTransport();
setInterval(() => {
  if (document.hidden) return;
  tick();
  if (document.documentElement.dataset.link !== "live") return;
  turnPlaylists();
  for (const card of cards.values()) card.draw();
}, DRAW_EVERY);
turn();
open({
  state(now, isWhole) {
    state = now;
    // A picture can be had, and the address of video is known, only once a stream has been created.
    const ids = items(now.streams).map(({ id: name, output_playback_id: video }) => `${name}/${video}`);
    const found = `${now.show_file?.hash}/${ids}`;
    if (isWhole || found !== edition) {
      edition = found;
      learnShow();
    }
    soon();
  },
  live(isLive) {
    live(isLive, wasLive);
    wasLive ||= isLive;
    soon();
  },
});
