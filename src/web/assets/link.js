// The line to the daemon: the state by server-sent events, kept whole by merge patches (RFC 7396). Says when it is lost, and
// comes back by itself.
import { beat } from "./clock.js";

/** After so many milliseconds without a beat, of which one comes each second, nothing is known any more. */
const SILENCE_MAX = 2500;
/** How long to wait before a line is tried again that the browser has given up. */
const AGAIN = 1000;

/** Applies a merge patch. @param {any} target @param {any} patch */
export function merge(target, patch) {
  if (patch === null || typeof patch !== "object" || Array.isArray(patch)) return patch;
  const merged = target && typeof target === "object" && !Array.isArray(target) ? target : {};
  for (const [name, value] of Object.entries(patch)) {
    if (value === null) delete merged[name];
    else merged[name] = merge(merged[name], value);
  }
  return merged;
}

/**
 * Opens the line.
 * @param {{ state: (state: any, isWhole: boolean) => void, live: (is: boolean) => void }} to
 */
export function open(to) {
  /** @type {EventSource|undefined} */
  let source;
  let state = {};
  let heard = performance.now();
  let isLive = false;
  let again = 0;

  const turn = (is) => {
    if (is !== isLive) to.live((isLive = is));
  };
  const hear = () => {
    heard = performance.now();
  };
  const dial = () => {
    clearTimeout(again);
    again = 0;
    source?.close();
    hear();
    source = new EventSource("/api/events");
    source.addEventListener("state", ({ data }) => {
      hear();
      state = JSON.parse(data);
      to.state(state, true);
    });
    source.addEventListener("patch", ({ data }) => {
      hear();
      state = merge(state, JSON.parse(data));
      to.state(state, false);
    });
    source.addEventListener("beat", ({ data }) => {
      hear();
      beat(Number(data));
      turn(true);
    });
    source.addEventListener("error", () => {
      // The browser comes back by itself, unless it was refused.
      if (source?.readyState === EventSource.CLOSED) refused();
    });
  };
  const refused = async () => {
    turn(false);
    again ||= setTimeout(dial, AGAIN);
    const answer = await fetch("/api/show", { signal: AbortSignal.timeout(AGAIN) }).catch(() => null);
    // The session is over: the server shows the form instead of the page.
    if (answer?.status === 401) location.reload();
  };

  setInterval(() => {
    const silence = performance.now() - heard;
    if (silence < SILENCE_MAX) return;
    turn(false);
    // A line that is dead without a word has to be hung up.
    if (!again && (silence > 2 * SILENCE_MAX || source?.readyState === EventSource.CLOSED)) dial();
  }, 200);
  addEventListener("online", dial);
  dial();
}
