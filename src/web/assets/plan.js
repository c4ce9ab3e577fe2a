// What will be on in the next 24 hours, and the way around the schedule.
import { timeOfDay } from "./clock.js";
import { each, el, id, items, say, show } from "./dom.js";
import { send } from "./send.js";

/** How long a plan is taken for true, in milliseconds: what has passed goes, and what comes in appears. */
const FRESH = 5 * 60 * 1000;
/** How many lines there are at most. */
const LINES_MAX = 24;

let timer = 0;

/** Fetches the plan, now and every few minutes. */
export async function fetchPlan() {
  clearTimeout(timer);
  timer = setTimeout(fetchPlan, FRESH);
  const answer = await fetch("/api/plan?for=24h").catch(() => null);
  if (answer?.ok) tellPlan(await answer.json());
}

function tellPlan(plan) {
  const day = (at) => at.slice(0, 10);
  const stretches = together(plan.stretches).map(({ start, streams, scene, why }) => ({
    at: start, what: scene ?? "what is on stays", why: `${streams.join(", ")}: ${why ?? "nothing is due"}`, isOn: start === plan.from }));
  const runs = plan.cron.map(({ at, does, trigger, note }) => ({ at, what: does, why: note ? `${trigger} (${note})` : trigger }));
  const clocks = plan.clock_changes.map(({ at, forward_seconds: by }) => ({ at, what: `The clocks go ${by > 0 ? "forward" : "back"}`, why: "" }));
  const lines = [...stretches, ...runs, ...clocks].sort((a, b) => Date.parse(a.at) - Date.parse(b.at));
  const often = plan.cron_rhythms.map(({ trigger, runs: times, does }) => ({ at: "", what: does, why: `${trigger}, ${times} times` }));
  const shown = [...lines.slice(0, LINES_MAX - often.length), ...often];
  if (!shown.length) shown.push({ at: "", what: "Nothing is planned", why: "" });
  const make = () => el("li", {}, el("span"), el("div", {}, el("span"), el("small")));
  each(id("plan"), shown, (line, at) => `${at}`, make, (node, { at, what, why, isOn }, place) => {
    const isNewDay = at && place > 0 && day(at) !== day(shown[place - 1].at || at);
    const weekday = isNewDay ? new Date(`${day(at)}T12:00Z`).toLocaleDateString("en-GB", { weekday: "short" }) + " " : "";
    // The text has the show's own time already.
    say(node.children[0], isOn ? "now" : at ? weekday + at.slice(11, 16) : "often");
    say(node.children[1].children[0], what);
    say(node.children[1].children[1], why);
  });
}

/** Puts streams for which the same is due at the same time into one. @param {any[]} stretches */
function together(stretches) {
  const found = new Map();
  for (const stretch of stretches) {
    const key = `${stretch.start}/${stretch.scene}/${stretch.why}`;
    if (!found.has(key)) found.set(key, { ...stretch, streams: [] });
    found.get(key).streams.push(stretch.stream);
  }
  return [...found.values()];
}

/** Builds the buttons of the bypass. */
export function start() {
  const button = (label, time) => el("button", { type: "button", textContent: label, on: { click: () => send("/api/bypass", { for: time }) } });
  id("bypass").append(el("span", { id: "bypass-told", className: "then" }), button("Bypass 1 h", "1h"), button("Bypass 4 h", "4h"), button("Follow it", "off"));
}

/** Shows whether the schedule is followed. @param {any} state @param {any} there */
export function tell(state, there) {
  show(id("bypass"), Boolean(there.has_schedule || items(state.streams).some(({ due }) => due)));
  const until = state.bypassed_until;
  const [told, one, four, follow] = id("bypass").children;
  say(told, until ? `Bypassed until ${timeOfDay(until, there.timezone)}` : "");
  show(one, !until);
  show(four, !until);
  show(follow, Boolean(until));
}
