// What runs by itself: lists of steps under way, triggers and why they do not fire, variables.
import { timeOfDay } from "./clock.js";
import { each, el, id, items, say, show } from "./dom.js";
import { segment, send } from "./send.js";
import { tell as words } from "./words.js";

const WAITS = { time: "waits", arrival: "waits for the arrival", lists: "waits for its lists", turn: "waits for its turn" };

/** Shows them, where the show has any. @param {any} state @param {string} zone */
export function tell(state, zone) {
  tellRuns(items(state.runs), zone);
  tellTriggers(items(state.triggers), zone);
  const variables = Object.entries(state.variables ?? {});
  show(id("variables"), variables.length > 0);
  say(id("variables"), variables.map(([name, value]) => `${name}: ${words(value)}`).join(" · "));
}

function tellRuns(runs, zone) {
  show(id("runs"), runs.length > 0);
  const stop = ({ name }) => send(`/api/cues/${segment(name)}/stop`);
  const make = (run) => el("li", { className: "playlist" }, el("span"),
    el("button", { type: "button", textContent: "Stop", hidden: run.kind !== "cue", "aria-label": `Stop ${run.name}`, on: { click: () => stop(run) } }));
  each(id("run-rows"), runs, ({ name, kind }, at) => `${kind}/${name}/${at}`, make, (node, run) => {
    const until = run.until ? ` until ${timeOfDay(run.until, zone, true)}` : "";
    const waits = WAITS[run.waits_for] ? `, ${WAITS[run.waits_for]}${until}` : "";
    say(node.firstChild, `${run.name}: step ${run.step} of ${run.steps}${waits}`);
  });
}

function tellTriggers(triggers, zone) {
  show(id("triggers"), triggers.length > 0);
  each(id("trigger-rows"), triggers, ({ name }) => name, switchRow, (node, trigger) => {
    const [box, name, told] = [node.querySelector("input"), node.querySelector("b"), node.querySelector("small")];
    if (document.activeElement !== box) box.checked = trigger.enabled;
    say(name, trigger.name);
    const last = trigger.last_fired ? `${trigger.fired} times, last at ${timeOfDay(trigger.last_fired, zone, true)}` : "not fired yet";
    const why = trigger.looping ? " · stopped: it fired itself again and again" : trigger.why_not ? ` · last time not: ${trigger.why_not}` : "";
    say(told, last + why);
  });
}

function switchRow({ name }) {
  const box = el("input", { type: "checkbox", on: { change: () => send(`/api/triggers/${segment(name)}/${box.checked ? "enable" : "disable"}`) } });
  return el("li", {}, el("label", { className: "switch" }, box, el("span", {}, el("b"), el("small"))));
}
