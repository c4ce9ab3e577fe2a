// Scenes and cues as pads: a tap goes there in the scene's own time, holding one (or a right click) asks for another.
import { length } from "./clock.js";
import { each, el, id, items, mark, say, show } from "./dom.js";
import { segment, send } from "./send.js";
import { colour, named } from "./words.js";

/** How long a finger rests on a pad before it means more than a tap, in milliseconds. */
const HOLD = 500;
const TIMES = ["0", "500ms", "1s", "2s", "4s", "8s", "15s", "30s", "1m", "2m", "5m", "10m"];

/** @type {string|undefined} the stream that the pads are for; all if undefined */
let target;
let scenes = [];

/** Goes to the scene of a pad. @param {string} name @param {string} [fade] */
export const go = (name, fade) => send(`/api/scenes/${segment(name)}/go`, { fade, stream: target });

/** Goes to the scene of a digit. @param {number} place from 0 */
export function goNumber(place) {
  if (scenes[place]) go(scenes[place].name);
}

/** Returns the stream that is chosen. */
export const chosen = () => target;

/** Shows the pads. @param {any} there what there is */
export function build(there) {
  scenes = there.scenes;
  each(id("pads"), scenes, ({ name }) => name, pad, (node, scene, at) => {
    const digit = at < 10 ? String((at + 1) % 10) : "";
    say(node.querySelector("small"), scene.fade_seconds ? length(scene.fade_seconds).replace(".0", "") : "cut");
    show(node.querySelector("kbd"), digit !== "");
    say(node.querySelector("kbd"), digit);
    node.style.setProperty("--colour", colour(scene.name));
    node.title = (scene.prompt ?? []).map(([text]) => text).join(" · ");
  });
  show(id("cues"), there.cues.length > 0);
  each(id("cue-pads"), there.cues, ({ name }) => name, ({ name }) =>
    el("button", { type: "button", className: "pad", on: { click: () => send(`/api/cues/${segment(name)}/go`) } }, el("b", { textContent: name })), () => {});
  show(id("target"), there.streams.length > 1);
  const targets = [{ name: "" }, ...there.streams];
  if (!targets.some(({ name }) => name === (target ?? ""))) target = undefined;
  const legend = id("target").firstElementChild;
  each(id("target"), [null, ...targets], (item) => (item ? `=${item.name}` : "legend"), (item) => (item ? choice(item.name) : legend), () => {});
}

/** @param {string} name */
function choice(name) {
  const input = el("input", { type: "radio", name: "target", checked: !name, on: { change: () => (target = name || undefined) } });
  return el("label", {}, input, el("span", { textContent: name || "All" }));
}

function pad({ name }) {
  let timer = 0;
  let isHeld = false;
  const hold = () => {
    clearTimeout(timer);
    isHeld = true;
    ask(name);
  };
  const rest = (event) => {
    clearTimeout(timer);
    event.currentTarget.classList.remove("held");
  };
  return el("button", {
    type: "button", className: "pad", "aria-pressed": "false", "aria-describedby": "pads-help",
    on: {
      pointerdown: (event) => {
        isHeld = false;
        event.currentTarget.classList.add("held");
        if (event.button === 0) timer = setTimeout(hold, HOLD);
      },
      pointerup: rest, pointerleave: rest, pointercancel: rest,
      contextmenu: (event) => {
        event.preventDefault();
        if (!isHeld) hold();
      },
      click: (event) => {
        if (event.shiftKey && !isHeld) hold();
        else if (!isHeld) go(name);
        isHeld = false;
      },
    },
  }, el("span", { className: "fill" }), el("b", { textContent: name }), el("small"), el("kbd", { "aria-hidden": "true" }));
}

/** Shows how much of each scene is on. @param {any} state */
export function tell(state) {
  const streams = items(state.streams).filter(({ name }) => !target || name === target);
  for (const node of id("pads").children) {
    const name = node.dataset.key;
    const share = ({ mix }) => mix.filter(({ scene }) => scene === name).reduce((sum, { weight }) => sum + weight, 0);
    const weight = streams.length ? streams.reduce((sum, stream) => sum + share(stream), 0) / streams.length : 0;
    node.style.setProperty("--weight", weight.toFixed(3));
    mark(node, "aria-pressed", String(streams.some(({ scene }) => scene === name)));
  }
}

/** Asks how long the way to a scene is to take. @param {string} name */
function ask(name) {
  const dialog = id("ask");
  const leave = (fade) => {
    dialog.close();
    if (fade !== undefined) go(name, fade);
  };
  const field = el("input", { id: "ask-time", placeholder: "1m30s", autocomplete: "off", size: 8 });
  dialog.replaceChildren(
    el("h2", { id: "ask-title", textContent: `To ${named(name)} in` }),
    el("div", { className: "choices" }, ...TIMES.map((time) => el("button", { type: "button", textContent: time === "0" ? "cut" : time, on: { click: () => leave(time) } }))),
    el("form", { className: "row", on: { submit: (event) => (event.preventDefault(), field.value && leave(field.value)) } },
      el("label", { htmlFor: "ask-time", textContent: "or" }), field, el("button", { className: "main", textContent: "Go" }),
      el("button", { type: "button", textContent: "Cancel", on: { click: () => leave() } })));
  mark(dialog, "aria-labelledby", "ask-title");
  dialog.showModal();
}
