// Faders for what the show file maps controllers to. A hand here is a hand like any other: it asks, and the show answers.
import { each, el, id, items, say, show } from "./dom.js";
import { segment, send } from "./send.js";

/** The shortest time between two asks of a moving fader, in milliseconds. */
const ASK_EVERY = 60;

/** Shows the controls, if the show has any. @param {any} state */
export function tell(state) {
  const controls = items(state.controls).filter(({ name }) => name);
  show(id("controls"), controls.length > 0);
  each(id("faders"), controls, ({ name }) => name, fader, (node, control) => {
    const [, input, told] = node.children;
    const position = control.position ?? control.value;
    if (position !== undefined && !node.classList.contains("held")) input.value = String(position);
    say(told, control.value === undefined ? "" : String(control.value));
  });
}

function fader({ name }) {
  let sent = 0;
  let timer = 0;
  const ask = (input) => {
    clearTimeout(timer);
    const wait = sent + ASK_EVERY - performance.now();
    if (wait > 0) timer = setTimeout(ask, wait, input);
    else {
      sent = performance.now();
      send(`/api/controls/${segment(name)}`, { position: Number(input.value) });
    }
  };
  const input = el("input", { type: "range", min: "0", max: "1", step: "0.001", on: {
    input: () => ask(input),
    pointerdown: () => input.parentElement.classList.add("held"),
    pointerup: () => input.parentElement.classList.remove("held"),
  } });
  return el("label", {}, el("span", { textContent: name }), input, el("output"));
}
