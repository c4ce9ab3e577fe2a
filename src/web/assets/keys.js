// The keyboard: space for GO, Esc for panic, digits for scenes. Never while somebody types, and never if it is switched off.
import { open } from "./help.js";
import { goNumber } from "./pads.js";
import { send } from "./send.js";
import { back, go, panic } from "./transport.js";

const OFF = "segue-keys-off";

/** Whether single keys do something. */
export const areOn = () => localStorage.getItem(OFF) === null;

/** @param {boolean} on */
export function set(on) {
  if (on) localStorage.removeItem(OFF);
  else localStorage.setItem(OFF, "1");
}

/** @type {Record<string, () => void>} */
const KEYS = {
  " ": go,
  Escape: panic,
  b: back,
  f: () => send("/api/transition/finish"),
  p: () => send("/api/transition/pause"),
  r: () => send("/api/transition/resume"),
  "?": open,
};

export function start() {
  addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.repeat || event.isComposing || !areOn()) return;
    const { target, key } = event;
    if (document.querySelector("dialog[open]")) return;
    if (target instanceof Element && target.matches("input, textarea, select") && key !== "Escape") return;
    // On a button, space presses it.
    if (target instanceof Element && key === " " && target.closest("button, summary, a")) return;
    const act = /^[0-9]$/.test(key) ? () => goNumber((Number(key) + 9) % 10) : KEYS[key];
    if (!act) return;
    event.preventDefault();
    act();
  });
}
