//! Frames on their way through one GPU: what comes in, what waits, what goes out, and the holes in between.
//!
//! At most one frame waits; more are dropped. An applied parameter update makes the next frame run extra passes
//! first, to flush the batch. Knows nothing of parameters. Stretches in which nothing happens are closed-form, so
//! that hours cost no more than seconds.

use std::time::Duration;

use super::machine::PerSecond;

/// Whether the GPU takes frames.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Gate {
    /// Frames are taken as they come.
    Open,
    /// An update waits for the frame in work to end; no other frame starts before it.
    Claimed,
    /// A model is being loaded, or the process hangs: frames are dropped.
    Shut,
}

/// What went through so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Passed {
    /// Frames that came in.
    pub(super) frames_in: u64,
    /// Frames that went out.
    pub(super) frames_out: u64,
    /// Extra passes to flush the batch.
    pub(super) flush_passes: u64,
    /// When the last frame came in.
    pub(super) last_in: Option<Duration>,
    /// When the last frame went out.
    pub(super) last_out: Option<Duration>,
    /// The longest time between two frames that went out one after the other.
    pub(super) longest_hole: Duration,
    /// The same since somebody last asked.
    pub(super) hole: Duration,
}

/// The way of frames through one GPU. Moments are times since the simulator started and never go back.
#[derive(Clone, Debug)]
pub(super) struct Frames {
    period: Duration,
    pass: Duration,
    next_in: Option<Duration>,
    /// When the GPU is free for the next frame or update.
    free_at: Duration,
    /// Whether a frame goes out at `free_at`.
    emits: bool,
    waiting: bool,
    /// Extra passes that the next frame runs first.
    flush: u32,
    gate: Gate,
    passed: Passed,
}

impl Frames {
    /// Returns a GPU that makes `passes_per_second`, waiting for video of `input_fps`.
    pub(super) fn new(passes_per_second: PerSecond, input_fps: PerSecond) -> Self {
        Self {
            period: Duration::from_secs_f64(1.0 / input_fps.get()),
            pass: Duration::from_secs_f64(1.0 / passes_per_second.get()),
            next_in: None,
            free_at: Duration::ZERO,
            emits: false,
            waiting: false,
            flush: 0,
            gate: Gate::Open,
            passed: Passed::default(),
        }
    }

    /// Returns what went through so far.
    pub(super) fn passed(&self) -> Passed {
        self.passed
    }

    /// Returns the longest hole since this was last asked.
    pub(super) fn take_hole(&mut self) -> Duration {
        std::mem::take(&mut self.passed.hole)
    }

    /// Returns when the frame or update in work is done.
    pub(super) fn free_at(&self) -> Duration {
        self.free_at
    }

    /// Video starts with a frame at `at`, or stops. Video that runs goes on.
    pub(super) fn set_video(&mut self, at: Duration, on: bool) {
        self.next_in = on.then(|| self.next_in.unwrap_or(at));
    }

    /// An update wants the GPU: the frame in work is finished, no other starts.
    pub(super) fn claim(&mut self) {
        if self.gate == Gate::Open {
            self.gate = Gate::Claimed;
        }
    }

    /// An update has the GPU from `at` for `work`; the next frame runs `flush` extra passes.
    pub(super) fn apply(&mut self, at: Duration, work: Duration, flush: u32) {
        self.gate = Gate::Open;
        self.free_at = self.free_at.max(at).saturating_add(work);
        self.flush = self.flush.max(flush);
    }

    /// No frame goes through any more: a model is being loaded, or the process hangs.
    pub(super) fn shut(&mut self) {
        self.gate = Gate::Shut;
        self.emits = false;
        self.waiting = false;
    }

    /// Goes on to `to`, which is included.
    pub(super) fn run_to(&mut self, to: Duration) {
        loop {
            self.skip(to);
            let arrival = self.next_in.filter(|arrival| *arrival <= to);
            let first = arrival.unwrap_or(to);
            if self.free_at <= first && (self.emits || self.waiting && self.gate == Gate::Open) {
                self.turn();
            } else if let Some(arrival) = arrival {
                self.take_in(arrival);
            } else {
                return;
            }
        }
    }

    /// The frame in work goes out, and the one that waits starts.
    fn turn(&mut self) {
        if self.emits {
            self.emits = false;
            self.put_out(self.free_at, 1);
        }
        if self.waiting && self.gate == Gate::Open {
            self.start(self.free_at);
        }
    }

    fn take_in(&mut self, arrival: Duration) {
        self.passed.frames_in += 1;
        self.passed.last_in = Some(arrival);
        self.next_in = Some(arrival + self.period);
        match self.gate {
            Gate::Open if !self.emits && self.free_at <= arrival => self.start(arrival),
            _ => self.waiting = true,
        }
    }

    fn start(&mut self, at: Duration) {
        self.waiting = false;
        self.emits = true;
        self.free_at = at.saturating_add(self.pass.saturating_mul(1 + self.flush));
        self.passed.flush_passes += u64::from(self.flush);
        self.flush = 0;
    }

    /// Counts `count` frames out, a steady distance apart, the last one at `last`.
    fn put_out(&mut self, last: Duration, count: u64) {
        if let Some(previous) = self.passed.last_out {
            let holes = last.saturating_sub(previous).as_nanos() / u128::from(count.max(1));
            let hole = Duration::from_nanos(holes as u64);
            self.passed.hole = self.passed.hole.max(hole);
            self.passed.longest_hole = self.passed.longest_hole.max(hole);
        }
        self.passed.last_out = Some(last);
        self.passed.frames_out += count;
    }

    /// Passes over a stretch in which every frame fares like the one before it.
    fn skip(&mut self, to: Duration) {
        let Some(arrival) = self.next_in else { return };
        if self.gate == Gate::Shut {
            let dropped = steps(arrival, to, self.period);
            if dropped > 0 {
                self.come_in(arrival + times(self.period, dropped - 1), dropped);
            }
            return;
        }
        if self.gate != Gate::Open || self.flush > 0 {
            return;
        }
        if !self.emits && !self.waiting && self.free_at <= arrival && self.pass <= self.period {
            let frames = steps(arrival + self.pass, to, self.period);
            if frames > 1 {
                let out = arrival + self.pass;
                self.put_out(out, 1);
                let last = arrival + times(self.period, frames - 1);
                self.put_out(last + self.pass, frames - 1);
                self.free_at = last + self.pass;
                self.come_in(last, frames);
            }
        } else if self.emits && self.waiting && self.pass >= self.period {
            let frames = steps(self.free_at, to, self.pass);
            if frames > 1 {
                self.put_out(self.free_at, 1);
                let last = self.free_at + times(self.pass, frames - 1);
                self.put_out(last, frames - 1);
                self.free_at = last + self.pass;
                self.waiting = false;
                let arrived = steps(arrival, last, self.period);
                if arrived > 0 {
                    self.come_in(arrival + times(self.period, arrived - 1), arrived);
                }
            }
        }
    }

    fn come_in(&mut self, last: Duration, count: u64) {
        self.passed.frames_in += count;
        self.passed.last_in = Some(last);
        self.next_in = Some(last + self.period);
    }
}

/// Returns how many of `first`, `first + step`, … are not after `to`.
fn steps(first: Duration, to: Duration, step: Duration) -> u64 {
    match to.checked_sub(first) {
        Some(stretch) => (stretch.as_nanos() / step.as_nanos().max(1)) as u64 + 1,
        None => 0,
    }
}

fn times(step: Duration, count: u64) -> Duration {
    Duration::from_nanos((step.as_nanos() as u64).saturating_mul(count))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn gpu(passes: f64) -> Frames {
        Frames::new(PerSecond::new(passes).unwrap(), PerSecond::new(30.0).unwrap())
    }

    fn secs(secs: f64) -> Duration {
        Duration::from_secs_f64(secs)
    }

    /// Runs ten seconds in, then `updates` a second for 20 s; returns frames a second and the longest hole.
    fn with_updates(passes: f64, steps: u32, updates: u32) -> (f64, Duration) {
        let mut frames = gpu(passes);
        frames.set_video(Duration::ZERO, true);
        frames.run_to(secs(10.0));
        frames.passed.longest_hole = Duration::ZERO;
        let before = frames.passed().frames_out;
        for update in 0..20 * updates {
            // A little off the beat of the frames, as real updates are.
            let at = secs(10.0 + f64::from(update) / f64::from(updates) + 0.0037 * f64::from(update % 7));
            frames.run_to(at);
            frames.claim();
            let free = frames.free_at().max(at);
            frames.run_to(free);
            frames.apply(free, Duration::ZERO, steps);
        }
        frames.run_to(secs(30.0));
        let out = frames.passed().frames_out - before;
        (out as f64 / 20.0, frames.passed().longest_hole)
    }

    #[test]
    fn the_table_of_what_updates_cost_holds() {
        for (passes, steps, expected, hole_ms) in [
            (45.0, 3, [29.0, 28.0, 25.0, 15.0, 11.5], 100.0),
            (25.0, 3, [22.0, 19.0, 10.0, 6.5, 6.5], 160.0),
            (100.0, 3, [30.0, 30.0, 30.0, 30.0, 30.0], 60.0),
            (45.0, 1, [30.0, 30.0, 30.0, 30.0, 25.0], 55.0),
        ] {
            for (updates, expected) in [1, 2, 5, 10, 20].into_iter().zip(expected) {
                let (fps, hole) = with_updates(passes, steps, updates);
                assert!(
                    (fps - expected).abs() <= 0.5,
                    "{passes}/s, B {steps}, {updates}/s: {fps} fps, not {expected}"
                );
                if updates == 1 {
                    let hole = hole.as_secs_f64() * 1000.0;
                    assert!((hole - hole_ms).abs() <= 5.0, "{passes}/s, B {steps}: {hole} ms, not {hole_ms}");
                }
            }
        }
    }

    #[test]
    fn without_updates_the_output_is_the_slower_of_input_and_gpu() {
        for (passes, expected) in [(45.0, 300), (30.0, 300), (25.0, 250), (8.0, 80)] {
            let mut frames = gpu(passes);
            frames.set_video(Duration::ZERO, true);
            frames.run_to(secs(10.0));
            assert!(frames.passed().frames_out.abs_diff(expected) <= 1, "{passes}: {:?}", frames.passed());
            assert!(frames.passed().frames_in.abs_diff(300) <= 1, "{passes}: {:?}", frames.passed());
        }
    }

    #[test]
    fn an_hour_in_one_step_is_an_hour_in_many() {
        for passes in [45.0, 30.0, 25.0] {
            let mut frames = gpu(passes);
            frames.set_video(Duration::ZERO, true);
            let mut stepped = frames.clone();
            for millis in (0..3_600_000).step_by(7) {
                stepped.run_to(Duration::from_millis(millis));
            }
            stepped.run_to(secs(3600.0));
            frames.run_to(secs(3600.0));
            assert_eq!(frames.passed(), stepped.passed());
            assert_eq!((frames.free_at, frames.waiting), (stepped.free_at, stepped.waiting));
        }
    }

    #[test]
    fn a_gpu_that_is_shut_takes_frames_in_and_gives_none_out() {
        let mut frames = gpu(45.0);
        frames.set_video(Duration::ZERO, true);
        frames.run_to(secs(1.0));
        frames.shut();
        let before = frames.passed();
        frames.run_to(secs(3.0));
        assert_eq!(frames.passed().frames_out, before.frames_out);
        assert_eq!(frames.passed().frames_in, before.frames_in + 60);
        frames.apply(secs(3.0), Duration::ZERO, 3);
        frames.run_to(secs(4.0));
        assert!(frames.passed().longest_hole > secs(2.0), "{:?}", frames.passed());
        assert_eq!(frames.passed().flush_passes, 3);
    }
}
