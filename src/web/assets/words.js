// What the members of the state mean, in plain words and colours.
import { length, now } from "./clock.js";

const shown = new Map();

/** Learns the order of the scenes, so that neighbours differ as much as they can. @param {string[]} names */
export function learn(names) {
  shown.clear();
  names.forEach((name, at) => shown.set(name, at));
}

/** Returns the colour of a scene; one that is in no show file gets the next. @param {string} scene */
export function colour(scene) {
  if (!shown.has(scene)) shown.set(scene, shown.size);
  return `hsl(${(168 + shown.get(scene) * 137.5) % 360} 52% 66%)`;
}

/** @param {string} scene */
export const named = (scene) => scene || "its base";

const RECOVERY = {
  "no-input": ["wait", "No video comes in"],
  resend: ["wait", "No picture; sending again"],
  recreate: ["bad", "No picture; tried a new stream"],
  fallback: ["bad", "Fallback scene"],
  settling: ["wait", "Recovering"],
  alarm: ["bad", "Somebody is needed"],
};
const PHASE = { creating: "Being created", finding: "Looking for it", stopped: "Stopped" };
const STATE = { ONLINE: "Live", LOADING: "Loading its model", OFFLINE: "Offline", DEGRADED_INPUT: "Weak video in", DEGRADED_INFERENCE: "Slow", DEGRADED_OUTPUT: "Weak video out" };

/** Tells how a stream is: a tone, and words. @param {any} stream @returns {[string, string]} */
export function health(stream) {
  if (stream.alarm) return ["bad", "Somebody is needed"];
  if (stream.phase !== "live") return ["wait", PHASE[stream.phase] ?? stream.phase];
  const recovery = RECOVERY[stream.recovery];
  if (recovery) return recovery;
  const state = stream.health?.state;
  if (!state) return ["wait", "Waiting for its status"];
  return [state === "ONLINE" ? "good" : "wait", STATE[state] ?? state];
}

/** Tells what is wrong and since when; "" for nothing. @param {any} stream */
export function worry({ alarm, trouble, health: h }) {
  const since = (at) => `, for ${length(Math.floor((now() - at) / 10) * 10)}`;
  const told = [];
  if (alarm) told.push(`${alarm.reason}${since(alarm.at)}`);
  if (trouble) told.push(`${trouble.what}: ${trouble.message}${since(trouble.at)}`);
  if (h?.last_error) told.push(h.last_error);
  return told.join(" · ");
}

/** Tells any value that this page knows nothing better of. @param {any} value @returns {string} */
export function tell(value) {
  if (value === null || typeof value !== "object") return String(value);
  if (Array.isArray(value)) return value.map(tell).join(", ");
  return Object.entries(value).map(([key, part]) => (key === "name" ? tell(part) : `${key.replaceAll("_", " ")} ${tell(part)}`)).join(", ");
}
