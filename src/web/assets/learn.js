// Learn: move something on a controller, say what it shall do, and read the line to paste into the show file.
import { each, el, id, mark, say } from "./dom.js";

/** How often the daemon is asked what it hears, in milliseconds. */
const ASK_EVERY = 400;

/** @type {any} what there is */
let there = { scenes: [], cues: [] };
/** @type {any} what was chosen, else what was heard last */
let chosen;

/** @param {any} now what there is */
export function know(now) {
  there = now;
}

/** Opens it. */
export function open() {
  const dialog = id("help");
  chosen = undefined;
  const list = el("ul", { className: "rows", id: "heard" });
  const line = el("textarea", { id: "learned", readOnly: true, rows: 3, "aria-label": "The lines to paste" });
  const choice = ({ name }, kind) => el("option", { value: `${kind}: ${JSON.stringify(name)}`, textContent: `${kind} ${name}` });
  const does = el("select", { id: "does", on: { change: () => write() } }, ...there.scenes.map((scene) => choice(scene, "scene")), ...there.cues.map((cue) => choice(cue, "cue")));
  const write = () => {
    line.value = chosen ? yaml(chosen, does.value) : "Move a fader or press a pad.";
  };
  const ask = async () => {
    if (!dialog.open || !list.isConnected) return;
    const answer = await fetch("/api/heard").catch(() => null);
    const heard = answer?.ok ? (await answer.json()).heard.slice(0, 5) : [];
    each(list, heard, ({ door, address }) => `${door} ${address}`, () => el("li", {}, el("button", { type: "button" })), (node, word) => {
      say(node.firstChild, `${word.door} ${word.address} ${words(word.said)}`);
      node.firstChild.onclick = () => write((chosen = word));
    });
    if (!chosen && heard.length) chosen = heard[0];
    write();
    setTimeout(ask, ASK_EVERY);
  };
  dialog.replaceChildren(
    el("h2", { id: "help-title", textContent: "Learn a controller" }),
    el("p", { className: "then", textContent: "Move something on it. What came last is on top." }), list,
    el("p", {}, el("label", {}, "It shall go to ", does)), line,
    el("form", { method: "dialog", className: "row" }, el("span"), el("button", { className: "main", textContent: "Close" })));
  mark(dialog, "aria-labelledby", "help-title");
  if (!dialog.open) dialog.showModal();
  ask();
}

/** Tells what was said. @param {any} said */
function words(said) {
  if (!Array.isArray(said)) return `${said.bytes} bytes`;
  return said.map((arg) => (typeof arg === "number" ? String(Math.round(arg * 1000) / 1000) : arg?.characters === undefined ? String(arg) : "text")).join(" ");
}

/** Writes a trigger. Strings of JSON are strings of YAML. @param {any} word @param {string} does */
function yaml({ door, address, said }, does) {
  const name = address.toLowerCase().replace(/[^a-z0-9]+/g, "-").replace(/^-|-$/g, "") || "learned";
  const number = Array.isArray(said) && typeof said[0] === "number" ? said[0] : undefined;
  const args = number === undefined ? "" : Number.isInteger(number) ? `, args: ${number || 1}` : ", args: { above: 0.9 }";
  return `triggers:\n  ${name}: { when: { ${door}: ${JSON.stringify(address)}${args} }, do: { ${does} } }`;
}
