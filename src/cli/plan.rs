//! `segue plan`: what will be on, when and why: the schedule and the cron triggers of the next days, in local time.

use std::{collections::BTreeMap, fmt::Write as _, io::IsTerminal as _, path::PathBuf};

use clap::Args;
use jiff::{
    SignedDuration, Timestamp,
    civil::{DateTime, Time},
    tz::TimeZone,
};

use super::{Error, check};
use crate::{
    clock,
    show::{
        plan::{Plan, does, length},
        schedule::Stretch,
    },
};

/// What to tell of.
#[derive(Debug, Args)]
pub(super) struct Options {
    /// The show file; without one the built-in demo.
    show: Option<PathBuf>,
    /// How far ahead: days such as `7d`, or `12h`; at most 366d.
    #[arg(long = "for", value_name = "TIME", default_value = "7d", value_parser = length)]
    length: SignedDuration,
    /// From when on: a date, `2026-12-24`, a date with a time, `2026-12-24T18:00`, or a time of today, in the show's zone; now if left out.
    #[arg(long, value_name = "WHEN")]
    from: Option<String>,
    /// Print one JSON object.
    #[arg(long)]
    json: bool,
}

/// Tells it.
pub(super) fn run(options: &Options) -> Result<(), Error> {
    let sheet = check::load(options.show.as_deref())?.sheet;
    let now = clock::wall();
    let from = options.from.as_ref().map_or(Ok(now), |from| moment(from, now, &sheet.zone))?;
    let until = from.checked_add(options.length).unwrap_or(Timestamp::MAX);
    let plan = Plan::new(&sheet, from, until);
    if options.json {
        super::say(&format!("{:#}", plan.to_json()));
    } else {
        let bold = std::io::stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none();
        super::say(plan.tell(bold).trim_end());
    }
    Ok(())
}

fn moment(text: &str, now: Timestamp, zone: &TimeZone) -> Result<Timestamp, Error> {
    let civil = match text.parse::<Time>() {
        Ok(time) if text.contains(':') && !text.contains('-') => {
            now.to_zoned(zone.clone()).date().to_datetime(time)
        }
        _ => text.parse::<DateTime>().map_err(|_| {
            Error::Failed(format!("`{text}` is no time; write `2026-12-24`, `2026-12-24T18:00` or `18:00`"))
        })?,
    };
    zone.to_timestamp(civil).map_err(|error| Error::Failed(error.to_string()))
}

impl Plan<'_> {
    fn tell(&self, bold: bool) -> String {
        let zone = &self.sheet.zone;
        let name = zone.iana_name().unwrap_or("UTC");
        let mut text = format!("{} ({name})\n", self.sheet.title);
        // What happens at one instant stands in the order in which it is done: clocks, schedule, cron.
        let mut lines: BTreeMap<(Timestamp, usize), Vec<(String, String)>> = BTreeMap::new();
        for (at, forward) in &self.changes {
            lines.entry((*at, 0)).or_default().push((String::new(), self.clocks(*at, *forward)));
        }
        for (at, entry, what, why) in self.schedule() {
            lines.entry((at, 1 + entry)).or_default().push((what, why));
        }
        for (trigger, run) in &self.runs {
            let note = run.note.map_or_else(String::new, |note| format!(" ({note})"));
            let why = format!("cron: {}{note}", trigger.name);
            lines.entry((run.at, usize::MAX)).or_default().push((does(&trigger.steps), why));
        }
        for (trigger, at) in &self.suns {
            let why = format!("sun: {}", trigger.name);
            lines.entry((*at, usize::MAX)).or_default().push((does(&trigger.steps), why));
        }
        let all = || lines.iter().flat_map(|((at, _), lines)| lines.iter().map(move |line| (*at, line)));
        let width = all().map(|(_, (what, _))| what.chars().count()).max().unwrap_or_default();
        let has_seconds = all().any(|(at, _)| at.as_second() % 60 != 0 && at != self.from);
        let mut day = None;
        for (at, (what, why)) in all() {
            let at = at.to_zoned(zone.clone());
            if day != Some(at.date()) {
                day = Some(at.date());
                let head = at.strftime("%a %-d %B %Y").to_string();
                let _ = writeln!(text, "\n{}", if bold { format!("\u{1b}[1m{head}\u{1b}[0m") } else { head });
            }
            let time = at.strftime(if has_seconds { "%H:%M:%S" } else { "%H:%M" });
            let _ = writeln!(text, "  {time}  {what:width$}  {why}");
        }
        if day.is_none() {
            text += "\nNothing is planned.\n";
        }
        for (index, (trigger, expression, count)) in self.rhythms.iter().enumerate() {
            let gap = if index == 0 { "\n" } else { "" };
            let (name, steps) = (&trigger.name, does(&trigger.steps));
            let _ = writeln!(text, "{gap}And {count} times: {steps}, cron: {name} (`{expression}`)");
        }
        text
    }

    /// Returns when what becomes due and why, streams that share it in one line.
    fn schedule(&self) -> Vec<(Timestamp, usize, String, String)> {
        let mut streams: BTreeMap<(Timestamp, usize), (Vec<&str>, &Stretch)> = BTreeMap::new();
        for (stream, stretch) in &self.stretches {
            let key = (stretch.start, stretch.entry.unwrap_or(usize::MAX >> 1));
            let name = &*self.sheet.streams[stream.0].name;
            streams.entry(key).or_insert_with(|| (Vec::new(), stretch)).0.push(name);
        }
        let told = streams.into_iter().map(|((at, order), (names, stretch))| {
            let of = if names.len() == self.sheet.streams.len() {
                String::new()
            } else {
                format!("{}: ", names.join(", "))
            };
            let (what, why) = match stretch.entry.map(|entry| &self.sheet.schedule.entries[entry]) {
                Some(entry) => (entry.what.to_string(), format!("{entry}, line {}", entry.line)),
                None => ("-".to_owned(), "nothing is due: what is on stays".to_owned()),
            };
            let note = stretch.note.map_or_else(String::new, |note| format!(" ({note})"));
            (at, order, of + &what, why + &note)
        });
        told.collect()
    }

    fn clocks(&self, at: Timestamp, forward: SignedDuration) -> String {
        let is = self.sheet.zone.to_datetime(at);
        let was = is - forward;
        let way = if forward.is_positive() { "forward" } else { "back" };
        let form = |time: DateTime| time.strftime("%H:%M").to_string();
        format!("the clocks go {way}, from {} to {}", form(was), form(is))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{self, Context};

    const SHOW: &str = r#"
show: Gallery North
timezone: Europe/Berlin
location: { latitude: 52.52, longitude: 13.405 }
streams:
  wall: { backend: simulator }
  floor: { backend: simulator }
scenes: { dawn: { prompt: mist }, neon: { prompt: city }, night: { prompt: stars } }
schedule:
  - { dates: 2026-10-24, from: "11:00", to: "15:00", scene: neon }
  - { days: TUE-SUN, from: "10:00", to: sunset-30m, scene: dawn }
  - { days: SUN, from: "02:30", to: "04:00", scene: neon, stream: wall }
  - { otherwise: night }
triggers:
  sweep: { when: { cron: "30 2 * * *" }, do: { scene: neon } }
  pulse: { when: { cron: "*/5 * * * *" }, do: { scene: dawn } }
"#;

    fn plan(text: &str, from: &str, length: &str, tell: impl FnOnce(Plan<'_>) -> String) -> String {
        let sheet = config::parse("show.yaml", text, &Context { node: "north" }).sheet.unwrap();
        let from = moment(from, "2026-11-22T12:00:00Z".parse().unwrap(), &sheet.zone).unwrap();
        let until = from + super::length(length).unwrap();
        tell(Plan::new(&sheet, from, until))
    }

    #[test]
    fn a_plan_says_what_when_and_why_and_what_the_clocks_do() {
        insta::assert_snapshot!(plan(SHOW, "2026-10-24", "3d", |plan| plan.tell(false)), @r"
        Gallery North (Europe/Berlin)

        Sat 24 October 2026
          00:00  night        otherwise, line 13
          02:30  neon         cron: sweep
          10:00  dawn         TUE-SUN 10:00 to sunset-30m, line 11
          11:00  neon         2026-10-24 11:00 to 15:00, line 10
          15:00  dawn         TUE-SUN 10:00 to sunset-30m, line 11
          17:22  night        otherwise, line 13

        Sun 25 October 2026
          02:30  wall: neon   SUN 02:30 to 04:00, line 12 (02:30 happens twice on this day: the first time)
          02:30  neon         cron: sweep (02:30 happens twice on this day: runs once, the first time)
          02:00               the clocks go back, from 03:00 to 02:00
          04:00  wall: night  otherwise, line 13
          10:00  dawn         TUE-SUN 10:00 to sunset-30m, line 11
          16:20  night        otherwise, line 13

        Mon 26 October 2026
          02:30  neon         cron: sweep

        And 864 times: dawn, cron: pulse (`*/5 * * * *`)
        ");
        insta::assert_snapshot!(plan(SHOW, "2026-03-28T20:00", "12h", |plan| plan.tell(false)), @r"
        Gallery North (Europe/Berlin)

        Sat 28 March 2026
          20:00  night        otherwise, line 13

        Sun 29 March 2026
          03:00               the clocks go forward, from 02:00 to 03:00
          03:00  wall: neon   SUN 02:30 to 04:00, line 12 (02:30 does not exist on this day, the clocks go forward: right after)
          03:00  neon         cron: sweep (02:30 does not exist on this day (clocks go forward): runs at 03:00)
          04:00  wall: night  otherwise, line 13

        And 144 times: dawn, cron: pulse (`*/5 * * * *`)
        ");
    }

    #[test]
    fn a_playlist_stands_in_a_plan_by_its_name() {
        let with = SHOW.replace("scene: neon, stream: wall }", "play: evening }").replace(
            "triggers:",
            "playlists: { evening: { stream: wall, steps: [{ scene: neon, hold: 1m }, { scene: dawn }] } }\ntriggers:\n  \
             late: { when: { cron: \"0 3 * * *\" }, do: [{ playlist: evening, do: pause }, { playlist: evening }] }",
        );
        insta::assert_snapshot!(plan(&with, "2026-11-22T02:00", "3h", |plan| plan.tell(false)), @r"
        Gallery North (Europe/Berlin)

        Sun 22 November 2026
          02:00  night                                     otherwise, line 13
          02:30  wall: playlist evening                    SUN 02:30 to 04:00, line 12
          02:30  neon                                      cron: sweep
          03:00  pause playlist evening, playlist evening  cron: late
          04:00  wall: night                               otherwise, line 13

        And 36 times: dawn, cron: pulse (`*/5 * * * *`)
        ");
    }

    #[test]
    fn a_plan_for_programs_has_every_stretch_with_its_place_in_the_file() {
        insta::assert_snapshot!(plan(SHOW, "2026-10-25", "4h", |plan| format!("{:#}", plan.to_json())), @r#"
        {
          "clock_changes": [
            {
              "at": "2026-10-25T02:00:00+01:00",
              "forward_seconds": -3600
            }
          ],
          "cron": [
            {
              "at": "2026-10-25T02:30:00+02:00",
              "does": "neon",
              "note": "02:30 happens twice on this day: runs once, the first time",
              "trigger": "sweep"
            }
          ],
          "cron_rhythms": [
            {
              "does": "dawn",
              "runs": 48,
              "trigger": "pulse"
            }
          ],
          "from": "2026-10-25T00:00:00+02:00",
          "show": "Gallery North",
          "stretches": [
            {
              "end": "2026-10-25T02:30:00+02:00",
              "line": 13,
              "note": null,
              "playlist": null,
              "scene": "night",
              "start": "2026-10-25T00:00:00+02:00",
              "stream": "wall",
              "why": "otherwise"
            },
            {
              "end": "2026-10-25T04:00:00+01:00",
              "line": 12,
              "note": "02:30 happens twice on this day: the first time",
              "playlist": null,
              "scene": "neon",
              "start": "2026-10-25T02:30:00+02:00",
              "stream": "wall",
              "why": "SUN 02:30 to 04:00"
            },
            {
              "end": "2026-10-25T10:00:00+01:00",
              "line": 13,
              "note": null,
              "playlist": null,
              "scene": "night",
              "start": "2026-10-25T00:00:00+02:00",
              "stream": "floor",
              "why": "otherwise"
            }
          ],
          "sun": [],
          "timezone": "Europe/Berlin",
          "until": "2026-10-25T03:00:00+01:00"
        }
        "#);
    }

    #[test]
    fn nothing_is_a_plan_too() {
        let show = "streams: { wall: { backend: simulator } }\nscenes: { dawn: { prompt: mist } }\n";
        insta::assert_snapshot!(plan(show, "18:00", "1d", |plan| plan.tell(false)), @r"
        show (UTC)

        Nothing is planned.
        ");
    }

    #[test]
    fn how_far_ahead_is_days_or_hours_up_to_a_year() {
        assert_eq!(length("7d"), Ok(SignedDuration::from_hours(168)));
        assert_eq!(length("90m"), Ok(SignedDuration::from_mins(90)));
        for text in ["0d", "367d", "soon", "-1d", "30s"] {
            assert!(length(text).is_err(), "{text}");
        }
    }
}
