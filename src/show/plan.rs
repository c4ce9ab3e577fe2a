//! What will be on, when and why: the schedule and the cron triggers of some time ahead. Knows no clock; who asks says from when.

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::{
    cron::{CronExpression, Run},
    duration,
    event::StreamIndex,
    playlist::PlayVerb,
    run::step::Wait,
    schedule::Stretch,
    sheet::{Sheet, Step, Trigger, When},
};

/// The longest plan; a year holds everything that comes each year.
const DAYS_MAX: u32 = 366;
/// A trigger that fires more often than this in a day is told as a rhythm, not run by run.
const RUNS_A_DAY_MAX: usize = 24;

/// Reads how far to look ahead.
///
/// # Errors
///
/// Why it is no length of a plan.
pub fn length(text: &str) -> Result<SignedDuration, String> {
    let wrong = || format!("`{text}` is not within 1m to {DAYS_MAX}d");
    let days = text.strip_suffix('d').and_then(|days| days.parse::<u32>().ok());
    let length = match days {
        Some(days) => SignedDuration::from_hours(24 * i64::from(days)),
        None => SignedDuration::try_from(duration::parse(text)?).map_err(|_| wrong())?,
    };
    let most = SignedDuration::from_hours(24 * i64::from(DAYS_MAX));
    if (SignedDuration::from_mins(1)..=most).contains(&length) { Ok(length) } else { Err(wrong()) }
}

/// What will be on.
#[derive(Debug)]
pub struct Plan<'a> {
    /// The show.
    pub sheet: &'a Sheet,
    /// From when on.
    pub from: Timestamp,
    /// Until when.
    pub until: Timestamp,
    /// What is due by the schedule, stream by stream.
    pub stretches: Vec<(StreamIndex, Stretch)>,
    /// The runs of cron triggers.
    pub runs: Vec<(&'a Trigger, Run)>,
    /// What the sun fires.
    pub suns: Vec<(&'a Trigger, Timestamp)>,
    /// Triggers that fire too often to be told run by run, with how often.
    pub rhythms: Vec<(&'a Trigger, &'a CronExpression, usize)>,
    /// When the clocks change, and by how much they go forward.
    pub changes: Vec<(Timestamp, SignedDuration)>,
}

impl<'a> Plan<'a> {
    /// Makes the plan of a time.
    pub fn new(sheet: &'a Sheet, from: Timestamp, until: Timestamp) -> Self {
        let streams = (0..sheet.streams.len()).map(StreamIndex);
        let concerned = streams.filter(|stream| sheet.schedule.concerns(*stream));
        let stretches = concerned.flat_map(|stream| {
            sheet.schedule.stretches(stream, from, until).map(move |stretch| (stream, stretch))
        });
        let days = until.duration_since(from).as_hours().unsigned_abs() / 24 + 1;
        let most = RUNS_A_DAY_MAX * usize::try_from(days).unwrap_or(usize::MAX);
        let (mut runs, mut rhythms) = (Vec::new(), Vec::new());
        let mut suns = Vec::new();
        for trigger in &sheet.triggers {
            let times = trigger.when.iter().flat_map(|when| when.sun_times(from, until));
            suns.extend(times.map(|at| (trigger, at)));
            for when in &trigger.when {
                let When::Cron { expression, zone, .. } = when else { continue };
                let within = || expression.runs(from, zone).take_while(|run| run.at <= until);
                match within().take(most + 1).count() {
                    count if count > most => rhythms.push((trigger, &**expression, within().count())),
                    _ => runs.extend(within().map(|run| (trigger, run))),
                }
            }
        }
        let before = |at: Timestamp| sheet.zone.to_offset(at - SignedDuration::from_secs(1));
        let changes = sheet.zone.following(from).map(|change| change.timestamp());
        let changes = changes.take_while(|at| *at <= until).map(|at| {
            let forward = sheet.zone.to_offset(at).seconds() - before(at).seconds();
            (at, SignedDuration::from_secs(forward.into()))
        });
        let changes = changes.filter(|(_, forward)| !forward.is_zero()).collect();
        Self { sheet, from, until, stretches: stretches.collect(), runs, suns, rhythms, changes }
    }

    /// Returns it for programs.
    pub fn to_json(&self) -> Value {
        let Self { sheet, from, until, .. } = self;
        let local =
            |at: Timestamp| at.to_zoned(sheet.zone.clone()).strftime("%Y-%m-%dT%H:%M:%S%:z").to_string();
        let stretches = self.stretches.iter().map(|(stream, stretch)| {
            let entry = stretch.entry.map(|entry| &sheet.schedule.entries[entry]);
            json!({
                "stream": sheet.streams[stream.0].name,
                "start": local(stretch.start),
                "end": stretch.end.map(local),
                "scene": entry.and_then(|entry| entry.what.scene()).map(|scene| &scene.name),
                "playlist": entry.filter(|entry| entry.what.scene().is_none()).map(|entry| entry.what.name()),
                "why": entry.map(ToString::to_string),
                "line": entry.map(|entry| entry.line),
                "note": stretch.note.map(|note| note.to_string()),
            })
        });
        let runs = self.runs.iter().map(|(trigger, run)| {
            let note = run.note.map(|note| note.to_string());
            json!({ "trigger": trigger.name, "at": local(run.at), "does": does(&trigger.steps), "note": note })
        });
        let suns = self.suns.iter().map(|(trigger, at)| {
            json!({ "trigger": trigger.name, "at": local(*at), "does": does(&trigger.steps) })
        });
        let rhythms = self.rhythms.iter().map(|(trigger, _, count)| {
            json!({ "trigger": trigger.name, "runs": count, "does": does(&trigger.steps) })
        });
        let changes = self
            .changes
            .iter()
            .map(|(at, forward)| json!({ "at": local(*at), "forward_seconds": forward.as_secs() }));
        json!({
            "show": sheet.title,
            "timezone": sheet.zone.iana_name().unwrap_or("UTC"),
            "from": local(*from),
            "until": local(*until),
            "stretches": stretches.collect::<Vec<_>>(),
            "cron": runs.collect::<Vec<_>>(),
            "sun": suns.collect::<Vec<_>>(),
            "cron_rhythms": rhythms.collect::<Vec<_>>(),
            "clock_changes": changes.collect::<Vec<_>>(),
        })
    }
}

/// Says what a trigger does, in few words.
pub fn does(steps: &[Step]) -> String {
    let told = steps.iter().map(|step| match step {
        Step::Scene { scene, hold: Some(hold), .. } => {
            format!("{} for {}", scene.name, duration::text(hold.time))
        }
        Step::Scene { scene, .. } | Step::Mix { scene, .. } => scene.name.to_string(),
        Step::Cue(cue) => format!("cue {}", cue.name),
        Step::Steer { verb, .. } => verb.name().to_owned(),
        Step::Grab { .. } => "progress".to_owned(),
        Step::Bypass { .. } => "bypass".to_owned(),
        Step::Switch { trigger, enabled } => {
            format!("{} {trigger}", if *enabled { "enable" } else { "disable" })
        }
        Step::Wait(Wait::For(time)) => format!("wait {}", duration::text(*time)),
        Step::Wait(Wait::Arrived(_)) => "wait".to_owned(),
        Step::Parallel(lists) => lists.iter().map(|list| does(list)).collect::<Vec<_>>().join(" & "),
        Step::Blend(blend) => {
            let names = blend.parts.iter().map(|(scene, _)| scene.name.to_string());
            names.collect::<Vec<_>>().join(" + ")
        }
        Step::Paint(_) => "prompt".to_owned(),
        Step::Variable(_) => "variable".to_owned(),
        Step::Publish(_) => "publish".to_owned(),
        Step::Send(_) => "send".to_owned(),
        Step::Call(_) => "call".to_owned(),
        Step::Log(_) => "log".to_owned(),
        Step::Stop(stop) => {
            let names = stop.owners.first().map(|owner| owner.name().to_string());
            format!("stop {}", names.unwrap_or_default())
        }
        Step::Lane { verb, .. } => verb.name().to_owned(),
        Step::Playlist { list: Some(list), verb: PlayVerb::Play, .. } => format!("playlist {}", list.name),
        Step::Playlist { list: Some(list), verb, .. } => format!("{} playlist {}", verb.name(), list.name),
        Step::Playlist { list: None, verb, .. } => verb.name().to_owned(),
    });
    told.collect::<Vec<_>>().join(", ")
}
