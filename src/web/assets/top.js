// The head of the page: the show's name, the line to the daemon, what is wrong with all of it, and what is said aloud.
import { timeOfDay } from "./clock.js";
import { id, items, mark, say, show } from "./dom.js";
import { named } from "./words.js";

let zone = "UTC";
/** @type {Map<string, string>} */
const spoken = new Map();

/** Shows whether what is on the page is so. @param {boolean} isLive @param {boolean} wasLive */
export function live(isLive, wasLive) {
  mark(document.documentElement, "data-link", isLive ? "live" : wasLive ? "lost" : "waiting");
  mark(id("link"), "data-tone", isLive ? "good" : "bad");
  say(id("link"), isLive ? "Connected" : "Not connected");
  say(id("lost"), isLive ? "" : "No connection to the show. What you see is what was known last; it comes back by itself.");
  show(id("lost"), !isLive);
}

/** @param {any} there */
export function build(there) {
  zone = there.timezone;
  say(id("title"), there.show);
  document.title = `${there.show} · Segue`;
  show(id("logout"), there.gated);
}

/** @param {any} state */
export function tell(state) {
  const broker = state.broker_connected;
  show(id("broker"), broker !== undefined);
  mark(id("broker"), "data-tone", broker ? "good" : "bad");
  say(id("broker"), broker ? "MQTT" : "No MQTT broker");
  const error = state.show_file?.error;
  say(id("wrong"), error ? `The show file is wrong; the show goes on as it was. ${error}` : "");
  show(id("wrong"), Boolean(error));
  speak(state);
}

/** Tells the time of day in the show's zone. */
export function tick() {
  say(id("clock"), timeOfDay(Date.now(), zone, true));
}

/** Says aloud where a stream goes, once, and that somebody is needed. @param {any} state */
function speak(state) {
  const news = [];
  for (const { name, scene, transition, alarm } of items(state.streams)) {
    const told = alarm ? `${name}: somebody is needed` : transition ? `${name} goes to ${named(scene)}` : `${name} is on ${named(scene)}`;
    if (spoken.has(name) && spoken.get(name) !== told) news.push(told);
    spoken.set(name, told);
  }
  if (news.length) say(id("spoken"), news.join(". "));
}
