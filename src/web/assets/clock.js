// What the daemon's clock says, by its last beat, and how times and lengths are told.

let offset = 0;

/** Takes in a beat. @param {number} seconds */
export function beat(seconds) {
  offset = seconds - performance.now() / 1000;
}

/** Returns the time on the daemon's own clock, in seconds since it started. */
export const now = () => performance.now() / 1000 + offset;

/** Tells a length of time. @param {number} seconds */
export function length(seconds) {
  const s = Math.max(0, seconds);
  if (s < 9.95) return `${s.toFixed(1)} s`;
  if (s < 60) return `${Math.round(s)} s`;
  const m = Math.floor(s / 60);
  if (m < 60) return `${m} min${s % 60 >= 1 && m < 10 ? ` ${Math.floor(s % 60)} s` : ""}`;
  if (m < 48 * 60) return `${Math.floor(m / 60)} h ${m % 60} min`;
  return `${Math.floor(m / 1440)} days`;
}

/** Tells how long ago a moment is, roughly, so that it changes seldom. @param {number} at */
export function ago(at) {
  const s = Math.max(0, now() - at);
  return s < 10 ? "just now" : `${length(s < 60 ? Math.floor(s / 10) * 10 : Math.floor(s / 60) * 60)} ago`;
}

/** Tells a moment as the time of day in the show's zone. @param {string|number|Date} at @param {string} zone @param {boolean} [exact] */
export function timeOfDay(at, zone, exact = false) {
  const parts = { hour: "2-digit", minute: "2-digit", hourCycle: "h23", timeZone: zone, ...(exact && { second: "2-digit" }) };
  return new Intl.DateTimeFormat("en-GB", /** @type {any} */ (parts)).format(new Date(at));
}
