// Asks the show for something, and says so when it cannot be had.
import { id, say } from "./dom.js";

let timer = 0;

/** Tells a person something for a few seconds. @param {string} text */
export function toast(text) {
  say(id("toast"), text);
  clearTimeout(timer);
  timer = setTimeout(() => say(id("toast"), ""), 5000);
}

/**
 * Sends a request; returns whether it was taken.
 * @param {string} path @param {Record<string, any>} [members]
 */
export async function send(path, members = {}) {
  if (document.documentElement.dataset.link !== "live") {
    toast("Not sent: the show is not connected.");
    return false;
  }
  try {
    const told = Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined && value !== ""));
    const answer = await fetch(path, { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(told), signal: AbortSignal.timeout(5000) });
    if (answer.ok) return true;
    const problem = await answer.json().catch(() => ({}));
    toast(problem.detail ?? `The show answers ${answer.status}.`);
  } catch {
    toast("Not sent: the show does not answer.");
  }
  return false;
}

/** @param {string} name one segment of a path */
export const segment = encodeURIComponent;
