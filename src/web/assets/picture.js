// The picture of a stream: WHEP where the status gives an address, else HLS where the browser plays it, else frame by frame
// from the simulator.
import { el, say, show } from "./dom.js";
import { play } from "./whep.js";

/** The distance of frames, in milliseconds. */
const FRAME_EVERY = 220;
/** How long to wait after something failed. */
const AGAIN = 3000;

export class Picture {
  /** @param {string} stream its name */
  constructor(stream) {
    this.stream = stream;
    this.image = el("img", { alt: `What ${stream} shows`, hidden: true, decoding: "async" });
    this.video = el("video", { muted: true, autoplay: true, playsInline: true, hidden: true, "aria-label": `What ${stream} shows` });
    this.none = el("p", { className: "none" }, "Waiting for a picture");
    this.node = el("div", { className: "stage" }, this.image, this.video, this.none);
    this.timer = 0;
    this.how = "";
    this.failed = new Map();
    this.end = () => {};
    document.addEventListener("visibilitychange", () => this.choose());
  }

  /** Takes in where the picture is to be had. @param {{ whep?: string, hls?: string, frames?: boolean }} ways */
  offer(ways) {
    this.ways = ways;
    this.choose();
  }

  choose() {
    const { whep, hls, frames } = this.ways ?? {};
    const worth = (how) => performance.now() - (this.failed.get(how) ?? -Infinity) > 10 * AGAIN;
    let how = "";
    if (document.hidden) how = "";
    else if (whep && worth("whep") && "RTCPeerConnection" in window) how = "whep";
    else if (hls && worth("hls") && this.video.canPlayType("application/vnd.apple.mpegurl")) how = "hls";
    else if (frames) how = "frames";
    if (how === this.how) return;
    this.stop();
    this.how = how;
    const lost = () => this.lose(how);
    if (how === "whep") this.end = play(this.video, this.stream, lost);
    if (how === "hls") this.playHls(String(hls), lost);
    if (how === "frames") this.frame();
    show(this.video, how === "whep" || how === "hls");
    say(this.none, whep || hls ? "No picture reaches this browser" : "No picture");
    show(this.none, how === "");
  }

  stop() {
    clearTimeout(this.timer);
    this.end();
    this.end = () => {};
    show(this.image, false);
    show(this.video, false);
  }

  /** @param {string} how what failed */
  lose(how) {
    this.failed.set(how, performance.now());
    setTimeout(() => this.choose(), AGAIN);
    this.choose();
  }

  /** @param {string} url @param {() => void} lost */
  playHls(url, lost) {
    const { video } = this;
    video.addEventListener("error", lost, { once: true });
    this.end = () => {
      video.removeEventListener("error", lost);
      video.removeAttribute("src");
      video.load();
    };
    video.src = url;
    video.play().catch(() => {});
  }

  /** Fetches a frame, and the next one when it is there. */
  async frame() {
    let wait = FRAME_EVERY;
    try {
      const answer = await fetch(`/api/streams/${encodeURIComponent(this.stream)}/picture`, { signal: AbortSignal.timeout(5000) });
      if (!answer.ok) throw new Error(String(answer.status));
      const url = URL.createObjectURL(await answer.blob());
      const before = this.image.src;
      this.image.src = url;
      await this.image.decode();
      if (before) URL.revokeObjectURL(before);
      show(this.image, this.how === "frames");
    } catch {
      wait = AGAIN;
      show(this.image, false);
    }
    if (this.how !== "frames") return;
    show(this.none, this.image.hidden);
    this.timer = setTimeout(() => this.frame(), wait);
  }
}
