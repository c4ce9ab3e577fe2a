//! What the pure core costs when many streams fade at once: time for each update, memory for each stream.

use std::{
    collections::BTreeMap,
    fs,
    sync::Arc,
    time::{Duration, Instant},
};

use segue::{
    config,
    show::{
        Show,
        event::{Action, Answer, Command, Event, Reply, Request, StreamObject},
        sheet::{Sheet, StreamSheet},
        time::{Mono, Now},
    },
};

/// From a request to its answer.
const ROUND_TRIP: Duration = Duration::from_millis(80);

/// What so many streams cost.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Cost {
    pub(crate) updates: u64,
    pub(crate) per_update: Duration,
    /// Resident memory that the show and its streams took.
    pub(crate) bytes: u64,
}

/// Lets `count` streams fade for ten seconds, each begun a little after the one before it.
pub(crate) fn of(count: usize) -> Cost {
    let yaml = "
streams: { wall: { backend: simulator, start: mist, status: { every: 1h } } }
scenes:
  mist: { prompt: mist, seed: 1 }
  city: { prompt: city, seed: 2, fade: 10s, easing: linear }
";
    let loaded = config::parse("bench.yaml", yaml, &config::Context { node: "bench" });
    let mut sheet = loaded.sheet.unwrap_or_else(|| panic!("{:#?}", loaded.diagnostics));
    let wall = sheet.streams.remove(0);
    sheet.streams =
        (0..count).map(|index| StreamSheet { name: index.to_string().into(), ..wall.clone() }).collect();
    let sheet = Arc::new(sheet);
    let before = resident();
    let mut house = House::new(&sheet);
    house.run_until(Duration::from_secs(5));
    let spread = Duration::from_millis(250) / count as u32;
    for stream in 0..count {
        house.run_until(Duration::from_secs(5) + spread * stream as u32);
        house.go(&sheet.streams[stream].name);
    }
    // Everybody fades by now: only this is timed.
    house.run_until(Duration::from_secs(6));
    let (updates, began) = (house.updates, Instant::now());
    house.run_until(Duration::from_secs(14));
    let took = began.elapsed();
    let updates = house.updates - updates;
    Cost {
        updates,
        per_update: took.div_f64(updates as f64),
        bytes: resident().saturating_sub(before) / count as u64,
    }
}

/// The show and a backend that does as it is told.
struct House {
    show: Show,
    now: Now,
    coming: BTreeMap<(Mono, u64), Event>,
    sequence: u64,
    updates: u64,
}

impl House {
    fn new(sheet: &Arc<Sheet>) -> Self {
        let now = Now { mono: Mono::default(), wall: "2026-01-01T00:00:00Z".parse().unwrap() };
        let show = Show::new(Arc::clone(sheet), &BTreeMap::new(), 1, now);
        Self { show, now, coming: BTreeMap::new(), sequence: 0, updates: 0 }
    }

    fn go(&mut self, stream: &str) {
        let command = Command::Scene {
            scene: "city".to_owned(),
            stream: Some(stream.to_owned()),
            fade: None,
            hold: None,
        };
        self.show.handle(Event::Command(command), self.now);
    }

    fn run_until(&mut self, end: Duration) {
        loop {
            while let Some(action) = self.show.poll() {
                self.perform(action);
            }
            let wake = self.show.next_wake().map(|(at, _)| at);
            let coming = self.coming.keys().next().map(|(at, _)| *at);
            let Some(next) = wake.into_iter().chain(coming).min().filter(|next| next.0 <= end) else { break };
            self.now = Now { mono: next.max(self.now.mono), wall: self.now.wall };
            match self.coming.first_entry() {
                Some(entry) if entry.key().0 <= self.now.mono => {
                    let event = entry.remove();
                    self.show.handle(event, self.now);
                }
                _ => self.show.handle_wake(self.now),
            }
        }
        self.now.mono = Mono(end);
    }

    fn perform(&mut self, action: Action) {
        let (after, event) = match action {
            Action::Request { stream, id, request } => {
                let reply = match request {
                    Request::Create { name, .. } => {
                        Reply::Stream(StreamObject { id: name.to_string(), ..StreamObject::default() })
                    }
                    Request::Update { .. } => {
                        self.updates += 1;
                        Reply::Updated { was_censored: false, warnings: Vec::new() }
                    }
                    Request::FindKin { .. } => Reply::Found(None),
                    Request::Status { .. } => Reply::Status(Box::default()),
                    _ => return,
                };
                (ROUND_TRIP, Event::Answer(Answer { stream, id, outcome: Ok(reply) }))
            }
            Action::Remember { stream, memory } => {
                (Duration::ZERO, Event::Remembered { stream, memory, error: None })
            }
            Action::Tell { .. }
            | Action::Keep(_)
            | Action::Note(_)
            | Action::Publish(_)
            | Action::SendOsc(_)
            | Action::Call(_) => return,
        };
        self.sequence += 1;
        self.coming.insert((self.now.mono + after, self.sequence), event);
    }
}

/// Returns the resident memory in bytes.
fn resident() -> u64 {
    let statm = fs::read_to_string("/proc/self/statm").unwrap_or_default();
    let pages: u64 = statm.split(' ').nth(1).and_then(|pages| pages.parse().ok()).unwrap_or_default();
    pages * 4096
}
