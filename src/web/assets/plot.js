// Plots on a canvas: the mix of the last two minutes, and small lines of a single number.
import { now } from "./clock.js";
import { colour } from "./words.js";

/** How far back the plot of the mix goes, in seconds. */
const SPAN = 120;
/** How many points are kept: fifteen a second for all of that. */
const POINTS_MAX = 15 * SPAN;

/** Fits a canvas to its place, and returns what to draw with and its size. @param {HTMLCanvasElement} canvas */
function pen(canvas) {
  const { clientWidth: width, clientHeight: height } = canvas;
  const scale = Math.min(devicePixelRatio || 1, 2);
  if (canvas.width !== Math.round(width * scale) || canvas.height !== Math.round(height * scale)) {
    canvas.width = Math.round(width * scale);
    canvas.height = Math.round(height * scale);
  }
  const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
  context.setTransform(scale, 0, 0, scale, 0, 0);
  context.clearRect(0, 0, width, height);
  return { context, width, height };
}

/** The mix over time. */
export class MixPlot {
  /** @param {HTMLCanvasElement} canvas */
  constructor(canvas) {
    this.canvas = canvas;
    /** @type {{ at: number, mix: Map<string, number> }[]} */
    this.points = [];
  }

  /** @param {{ scene: string, weight: number }[]} shares */
  add(shares) {
    const mix = new Map();
    for (const { scene, weight } of shares) mix.set(scene, (mix.get(scene) ?? 0) + weight);
    const last = this.points.at(-1);
    if (last && last.mix.size === mix.size && [...mix].every(([scene, weight]) => last.mix.get(scene) === weight)) return;
    const at = now();
    // What was at rest until now has a corner here.
    if (last && at - last.at > 0.2) this.points.push({ at: at - 0.067, mix: last.mix });
    this.points.push({ at, mix });
    while (this.points.length > POINTS_MAX || this.points[1]?.at < at - SPAN) this.points.shift();
  }

  /** Says that nothing is known of the time up to now. */
  forget() {
    this.points = [];
  }

  draw() {
    if (!this.points.length) return;
    const { context, width, height } = pen(this.canvas);
    const end = now();
    const x = (at) => width * (1 - (end - at) / SPAN);
    const y = (weight) => 6 + (1 - weight) * (height - 12);
    context.strokeStyle = "#232933";
    context.lineWidth = 1;
    for (let back = 30; back < SPAN; back += 30) {
      context.beginPath();
      context.moveTo(Math.round(x(end - back)) + 0.5, 0);
      context.lineTo(Math.round(x(end - back)) + 0.5, height);
      context.stroke();
    }
    const scenes = new Set(this.points.flatMap(({ mix }) => [...mix.keys()]));
    const last = /** @type {any} */ (this.points.at(-1)).mix;
    context.lineWidth = 2;
    context.lineJoin = "round";
    for (const scene of scenes) {
      context.strokeStyle = colour(scene);
      context.beginPath();
      let was = 0;
      this.points.forEach(({ at, mix }, place) => {
        const weight = mix.get(scene) ?? 0;
        const next = this.points[place + 1]?.mix.get(scene) ?? 0;
        if (weight || was || next) context.lineTo(x(at), y(weight));
        else context.moveTo(x(at), y(0));
        was = weight;
      });
      if (last.get(scene)) context.lineTo(width, y(last.get(scene)));
      context.stroke();
    }
  }
}

/** One number over its last readings. */
export class Spark {
  /** @param {HTMLCanvasElement} canvas @param {number} most how many readings are kept */
  constructor(canvas, most = 60) {
    this.canvas = canvas;
    this.most = most;
    /** @type {number[]} */
    this.readings = [];
  }

  /** @param {number} value */
  add(value) {
    this.readings.push(value);
    if (this.readings.length > this.most) this.readings.shift();
    this.draw();
  }

  draw() {
    const { context, width, height } = pen(this.canvas);
    const top = Math.max(1, ...this.readings);
    context.strokeStyle = "#8fd3c6";
    context.lineWidth = 1.5;
    context.beginPath();
    this.readings.forEach((value, place) => {
      const x = width - (this.readings.length - 1 - place) * (width / (this.most - 1));
      context.lineTo(x, 2 + (1 - value / top) * (height - 4));
    });
    if (this.readings.length === 1) context.lineTo(0, 2 + (1 - this.readings[0] / top) * (height - 4));
    context.stroke();
  }
}
