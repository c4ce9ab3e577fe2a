// How a stream feels, in numbers: frames, age of the picture, updates, restarts.
import { ago, length, now } from "./clock.js";
import { el, say } from "./dom.js";
import { Spark } from "./plot.js";

export class Facts {
  constructor() {
    /** @type {Record<string, any>} */
    this.values = {};
    this.node = el("dl", { className: "facts" });
    this.sparks = {};
    for (const [key, label, isPlotted] of [
      ["in", "Frames in", true], ["out", "Frames out", true], ["age", "Last picture"], ["trip", "Update round trip"],
      ["updates", "Updates"], ["restarts", "Restarts"], ["status", "Status read"],
    ]) {
      const value = el("dd", { textContent: "–" });
      this.values[/** @type {string} */ (key)] = value;
      const place = el("div", {}, el("dt", { textContent: label }), value);
      if (isPlotted) {
        const canvas = el("canvas", { role: "img", "aria-label": `${label} over the last minutes` });
        this.sparks[/** @type {string} */ (key)] = new Spark(canvas);
        place.append(el("dd", {}, canvas));
      }
      this.node.append(place);
    }
    this.readAt = 0;
  }

  /** @param {any} stream */
  tell(stream) {
    this.stream = stream;
    const { health = {}, updates = {} } = stream;
    const rate = (value) => (value === undefined ? "–" : `${value.toFixed(1)} /s`);
    say(this.values.in, rate(health.fps_in));
    say(this.values.out, rate(health.fps_out));
    say(this.values.trip, updates.round_trip_seconds === undefined ? "–" : `${Math.round(updates.round_trip_seconds * 1000)} ms`);
    say(this.values.updates, `${updates.sent ?? 0}${updates.failed ? `, ${updates.failed} failed` : ""}`);
    say(this.values.restarts, health.restart_count === undefined ? "–" : String(health.restart_count));
    if (health.read_at !== this.readAt) {
      this.readAt = health.read_at;
      if (health.fps_in !== undefined) this.sparks.in.add(health.fps_in);
      if (health.fps_out !== undefined) this.sparks.out.add(health.fps_out);
    }
    this.turn();
  }

  /** Tells the ages, which change by themselves. */
  turn() {
    const { health = {} } = this.stream ?? {};
    const age = health.output_at === undefined ? "–" : ago(health.output_at);
    say(this.values.age, age);
    say(this.values.status, health.read_at === undefined ? "not yet" : `${length(Math.floor(Math.max(0, now() - health.read_at)))} ago`.replace(".0", ""));
  }
}
