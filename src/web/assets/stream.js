// One stream on the page: picture, what is on, the way there, what comes next.
import { length, now, timeOfDay } from "./clock.js";
import { each, el, mark, say, show } from "./dom.js";
import { Facts } from "./facts.js";
import { Picture } from "./picture.js";
import { MixPlot } from "./plot.js";
import { send } from "./send.js";
import { colour, health, named, worry } from "./words.js";

/** Below this nothing is to be seen of a scene or a prompt. */
const SEEN_MIN = 0.005;

/** Who may have a stream. */
const LANES = { override: "Held", operator: "In a hand", panic: "Panic" };

export class StreamCard {
  /** @param {string} name */
  constructor(name) {
    this.name = name;
    this.picture = new Picture(name);
    this.chip = el("p", { className: "chip" });
    this.now = el("p", { className: "now" });
    this.then = el("p", { className: "then" });
    this.worry = el("p", { className: "worry", hidden: true });
    this.lane = el("p", { className: "lane", hidden: true });
    this.mix = el("div", { className: "mix", role: "img" });
    this.shares = el("ul", { className: "shares", "aria-label": "Mix" });
    this.plot = new MixPlot(el("canvas", { className: "plot", role: "img", "aria-label": `The mix of ${name} in the last two minutes` }));
    this.bar = el("i");
    this.track = el("div", { className: "track", role: "progressbar", "aria-label": `Transition of ${name}`, "aria-valuemin": "0", "aria-valuemax": "100" }, this.bar);
    const verb = (word, label) => el("button", { type: "button", textContent: label, on: { click: () => this.steer(word) } });
    this.pause = verb("", "Pause");
    this.verbs = [this.pause, verb("finish", "Finish"), verb("cut", "Cut"), verb("reverse", "Reverse")];
    this.prompts = el("ul", { className: "prompts" });
    this.facts = new Facts();
    this.node = el("article", { className: "stream", "aria-label": `Stream ${name}` },
      this.picture.node,
      el("div", { className: "body" },
        el("div", { className: "row" }, el("h2", { className: "name", textContent: name }), this.chip),
        el("div", {}, this.now, this.then, this.worry),
        this.lane,
        el("div", { className: "way" }, this.mix, this.shares),
        this.plot.canvas,
        el("div", { className: "way" }, this.track, el("div", { className: "verbs", role: "group", "aria-label": "Transition" }, ...this.verbs)),
        el("details", { open: innerWidth > 640 }, el("summary", { textContent: "Prompts and health" }), this.prompts, this.facts.node)));
  }

  /** @param {string} word */
  steer(word) {
    const verb = word || (this.state?.transition?.paused ? "resume" : "pause");
    send(`/api/transition/${verb}`, { stream: this.name });
  }

  /** Shows what is so. @param {any} state the stream @param {any} all everything @param {any} there what there is */
  tell(state, all, there) {
    this.state = state;
    this.all = all;
    const isKnown = document.documentElement.dataset.link === "live";
    const [tone, words] = isKnown ? health(state) : ["wait", "Not known"];
    mark(this.chip, "data-tone", tone);
    say(this.chip, words);
    this.picture.offer({ whep: state.health?.whep_url, hls: there?.hls, frames: there?.has_frames });
    this.tellMix(state);
    say(this.then, next(state, all));
    const wrong = worry(state);
    say(this.worry, wrong);
    show(this.worry, wrong !== "");
    this.tellLane(state.lane);
    const { transition } = state;
    for (const button of this.verbs) button.disabled = !transition;
    say(this.pause, transition?.paused ? "Go on" : "Pause");
    this.tellPrompts(state.prompts ?? []);
    this.facts.tell(state);
    this.turn();
  }

  /** Tells who has the stream, unless that is what is due anyway, and what waits beneath. @param {any} lane */
  tellLane(lane) {
    const isHeld = lane !== undefined && lane.holder !== "base";
    show(this.lane, isHeld);
    if (!isHeld) return;
    mark(this.lane, "data-lane", lane.holder);
    const back = lane.ends_at === undefined ? "" : `, for another ${length(Math.ceil(lane.ends_at - now())).replace(".0", "")}`;
    const beneath = (lane.beneath ?? []).map(({ scene }) => named(scene)).join(", ");
    say(this.lane, `${LANES[lane.holder] ?? lane.holder}: ${lane.why}${back}${beneath && `. Then ${beneath}`}`);
  }

  tellMix({ mix, scene, transition }) {
    const shares = mix.filter(({ weight }) => weight >= SEEN_MIN);
    const key = ({ scene: name }, at) => `${name}/${at}`;
    each(this.mix, shares, key, () => el("i"), (node, share) => {
      node.style.background = colour(share.scene);
      node.style.width = `${share.weight * 100}%`;
    });
    const percent = (weight) => `${Math.round(weight * 100)} %`;
    each(this.shares, shares, key, () => el("li", {}, el("i"), el("span")), (node, share) => {
      node.firstChild.style.background = colour(share.scene);
      say(node.lastChild, `${named(share.scene)} ${percent(share.weight)}`);
    });
    mark(this.mix, "aria-label", shares.map((share) => `${named(share.scene)} ${percent(share.weight)}`).join(", "));
    this.plot.add(mix);
    const from = shares.filter((share) => share.scene !== scene).sort((a, b) => b.weight - a.weight)[0];
    const lead = transition && from ? [el("span", { textContent: `${named(from.scene)} → ` })] : [];
    const text = lead.length ? `${named(from.scene)} → ${named(scene)}` : named(scene);
    if (this.now.textContent !== text) this.now.replaceChildren(...lead, named(scene));
  }

  tellPrompts(prompts) {
    const seen = prompts.filter(([, weight]) => Math.abs(weight) >= SEEN_MIN).sort((a, b) => b[1] - a[1]);
    const make = () => el("li", {}, el("span", { className: "text" }), el("output"), el("div", { className: "level" }, el("i")));
    each(this.prompts, seen, ([text]) => String(text), make, (node, [text, weight]) => {
      say(node.children[0], String(text));
      node.children[0].title = String(text);
      say(node.children[1], weight.toFixed(2));
      node.children[2].firstChild.style.width = `${Math.min(1, weight) * 100}%`;
    });
  }

  /** Moves what moves by itself. */
  turn() {
    const way = this.state?.transition;
    let part = way?.progress ?? 0;
    if (way?.ends_at !== undefined && way.fade_seconds > 0) part = 1 - (way.ends_at - now()) / way.fade_seconds;
    part = way ? Math.min(1, Math.max(0, part)) : 0;
    this.bar.style.width = `${part * 100}%`;
    mark(this.track, "aria-valuenow", String(Math.round(part * 100)));
    const left = way?.remaining_seconds ?? (way?.ends_at ?? 0) - now();
    mark(this.track, "aria-valuetext", way ? `${length(left)} left` : "at rest");
  }

  /** Draws what scrolls. */
  draw() {
    this.plot.draw();
    this.facts.turn();
    if (!this.state) return;
    say(this.then, next(this.state, this.all));
    this.tellLane(this.state.lane);
  }
}

/** Tells what comes next and when. @param {any} stream @param {any} all */
function next(stream, all) {
  const way = stream.transition;
  const told = [];
  if (way) told.push(way.paused ? "Paused" : way.grabbed ? "In a hand" : `${length((way.ends_at ?? now()) - now())} to go`);
  else if (stream.resumed) told.push("on since before the restart");
  if (stream.waiting?.length) told.push(`then ${stream.waiting.join(", ")}`);
  else if (stream.playlist !== undefined) told.push(`${stream.playlist}${stream.next ? `, next: ${named(stream.next)}` : ""}`);
  else if (stream.due?.until) told.push(`until ${timeOfDay(stream.due.until, all.zone)}, then ${stream.due.then ?? stream.due.then_playlist ?? "what is on stays"}`);
  else if (all.upcoming?.length) told.push(`next: ${all.upcoming[0].trigger} at ${timeOfDay(all.upcoming[0].at, all.zone)}`);
  return told.join(" · ");
}
