// Faders for what the show file maps controllers to. A hand here is a hand like any other: it asks, and the show answers.
import { each, el, id, items, say, show } from "./dom.js";
import { segment, send } from "./send.js";

/** The shortest time between two asks of a moving fader, in milliseconds. */
const ASK_EVERY = 60;

/** Shows the controls, if the show has any, and what hands have on top of the scenes. @param {any} state */
export function tell(state) {
  const controls = items(state.controls);
  const held = [...new Set(items(state.streams).flatMap(({ set }) => items(set)).filter(({ released }) => !released).map(({ parameter, value }) => `${parameter} ${value}`))];
  show(id("controls"), controls.length + held.length > 0);
  each(id("faders"), controls, ({ name }) => name, ({ name, fader, raw }) => (Math.max(fader?.length ?? 0, raw?.length ?? 0) > 1 ? pad(name) : slider(name)), (node, control) => {
    say(node.querySelector("small"), told(control));
    if (!node.classList.contains("held")) node.place(control.fader ?? []);
  });
  show(id("held"), held.length > 0);
  say(id("held-told"), held.join(" · "));
}

export function start() {
  id("held-back").addEventListener("click", () => send("/api/set"));
}

/** Tells what a control moves, and to where. @param {any} control */
function told({ target, values }) {
  const [first] = items(values);
  const value = first?.value === undefined ? "" : ` ${Math.round(first.value * 1000) / 1000}`;
  return `${target}${value}${items(values).some(({ waits }) => waits) ? " · waits to be picked up" : ""}`;
}

/** Sends where a hand is, not too often, and always where it comes to rest. @param {string} name */
function asker(name) {
  let sent = 0;
  let timer = 0;
  const ask = (value) => {
    clearTimeout(timer);
    const wait = sent + ASK_EVERY - performance.now();
    if (wait > 0) timer = setTimeout(ask, wait, value);
    else {
      sent = performance.now();
      send(`/api/controls/${segment(name)}`, { value });
    }
  };
  return ask;
}

/** @param {string} name */
function slider(name) {
  const ask = asker(name);
  const hold = (on) => () => node.classList.toggle("held", on);
  const input = el("input", { type: "range", min: "0", max: "1", step: "0.001", on: {
    input: () => ask(Number(input.value)), pointerdown: hold(true), pointerup: hold(false), pointercancel: hold(false),
  } });
  const node = el("label", {}, el("span", { textContent: name }), input, el("small"));
  node.place = ([position]) => position !== undefined && (input.value = String(position));
  return node;
}

/** A pad of two axes: a finger anywhere on it, or the two sliders that a keyboard finds. @param {string} name */
function pad(name) {
  const ask = asker(name);
  const dot = el("i");
  const axis = (label) => el("input", { type: "range", min: "0", max: "1", step: "0.01", "aria-label": `${name}, ${label}`, on: { input: () => move([Number(x.value), Number(y.value)]) } });
  const [x, y] = [axis("across"), axis("up")];
  const move = (at) => {
    node.place(at);
    ask(at);
  };
  const follow = (event) => {
    if (!node.classList.contains("held")) return;
    const { left, bottom, width, height } = field.getBoundingClientRect();
    const part = (value) => Math.min(1, Math.max(0, value));
    move([part((event.clientX - left) / width), part((bottom - event.clientY) / height)]);
  };
  const field = el("div", { className: "xy", on: {
    pointerdown: (event) => {
      field.setPointerCapture(event.pointerId);
      node.classList.add("held");
      follow(event);
    },
    pointermove: follow,
    pointerup: () => node.classList.remove("held"),
    pointercancel: () => node.classList.remove("held"),
  } }, dot);
  const node = el("div", { className: "pad-xy", role: "group", "aria-label": name }, el("span", { textContent: name }), field, x, y, el("small"));
  node.place = ([across, up]) => {
    if (across === undefined) return;
    [x.value, y.value] = [String(across), String(up)];
    dot.style.left = `${across * 100}%`;
    dot.style.bottom = `${up * 100}%`;
  };
  return node;
}
