// What can be done here, in a box.
import { el, id, mark } from "./dom.js";
import { areOn, set } from "./keys.js";
import { open as learn } from "./learn.js";

const LINES = [
  ["1 … 9, 0", "go to a scene, in its own time"], ["hold a pad", "choose the time; so does a right click, or Shift and Enter"],
  ["space", "GO"], ["b", "back"], ["Esc", "panic"], ["p, r", "pause the transition, go on"], ["f", "finish it within a second"], ["?", "this"],
];

/** Opens it. */
export function open() {
  const dialog = id("help");
  const keys = LINES.map(([key, what]) => [el("dt", {}, el("kbd", { textContent: key })), el("dd", { textContent: what })]);
  const toggle = el("input", { type: "checkbox", id: "keys-on", checked: areOn(), on: { change: () => set(toggle.checked) } });
  dialog.replaceChildren(
    el("h2", { id: "help-title", textContent: "Hands and keys" }),
    el("dl", { className: "keys" }, ...keys.flat()),
    el("div", { className: "row" },
      el("label", { htmlFor: "keys-on" }, toggle, " Keys do something"),
      el("button", { type: "button", id: "learn", textContent: "Learn a controller", on: { click: learn } }),
      el("a", { href: "/status", textContent: "Status page" }),
      el("form", { method: "dialog" }, el("button", { className: "main", textContent: "Close" }))));
  mark(dialog, "aria-labelledby", "help-title");
  dialog.showModal();
}

export const start = () => id("help-open").addEventListener("click", open);
