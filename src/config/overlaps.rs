//! What of a schedule can never be seen, and what is seen otherwise than its file looks.
//!
//! The first entry from the top that is on is shown. So an entry within the hours of one above it is dead, and one that
//! reaches into them starts late or ends early. An exception, which stands above and lies wholly within, is as it should
//! be, and so is one for certain dates. A year of days is looked at: what happens to no day of it happens to none.

use jiff::{Timestamp, civil::Date};

use crate::show::{
    schedule::{
        Entry, Schedule,
        days::{DateSpan, Days},
        hours::Window,
    },
    sheet::Streams,
};

use super::{
    report::{Problem, Report},
    schedule::Places,
};

/// A leap year, so that every day of a year is one of it.
const YEAR: i16 = 2028;
/// How many days of a range of dates are looked at.
const RANGE_DAYS_MAX: usize = 400;

/// Says which entries can never show, and which reach into others.
pub(super) fn check(schedule: &Schedule, places: &Places, report: &mut Report) {
    for (index, entry) in schedule.entries.iter().enumerate() {
        let above =
            || schedule.entries[..index].iter().filter(|other| covers(&other.streams, &entry.streams));
        if let Some(hider) = above().find(|other| other.hours.is_none()) {
            let message = "it can never show: an `otherwise` stands above it";
            let problem = Problem::warning(&places[index], message).of("`schedule`");
            report.push(problem.hint(format!("move the `otherwise` of line {} to the end", hider.line)));
            continue;
        }
        if entry.hours.is_none() {
            continue;
        }
        let above: Vec<&Entry> = above().collect();
        match judge(schedule, entry, &above) {
            Verdict::Fine => {}
            Verdict::Empty => {
                let message = "it can never show: on each of its days it ends before it starts";
                report.push(Problem::warning(&places[index], message).of("`schedule`"));
            }
            Verdict::Hidden => {
                let message = "it can never show: what stands above it is on whenever it is";
                let problem = Problem::warning(&places[index], message).of("`schedule`");
                report.push(problem.hint("the first entry from the top that is on is shown: move it up"));
            }
            Verdict::Cut { line, date } => {
                let message =
                    format!("it overlaps with the entry of line {line}, which is shown, as on {date}");
                let problem = Problem::warning(&places[index], message).of("`schedule`");
                report.push(problem.hint("let one end when the other starts"));
            }
        }
    }
}

/// Returns days to try: those of the dates that have years, else a whole year.
pub(super) fn sample(days: &Days) -> Vec<Date> {
    let year = || Date::constant(YEAR, 1, 1).series(jiff::Span::new().days(1)).take(366);
    let mut sample = Vec::new();
    for span in &days.dates {
        match span {
            DateSpan::Once(first, last) => {
                let range = first.series(jiff::Span::new().days(1)).take_while(|date| date <= last);
                sample.extend(range.take(RANGE_DAYS_MAX));
            }
            DateSpan::Yearly(..) => sample.extend(year()),
        }
    }
    if days.dates.is_empty() {
        sample.extend(year());
    }
    sample
}

enum Verdict {
    Fine,
    /// It has no window at all.
    Empty,
    /// None of its windows is ever seen.
    Hidden,
    /// Another one, above it, takes a piece of it.
    Cut {
        line: usize,
        date: Date,
    },
}

fn judge(schedule: &Schedule, entry: &Entry, above: &[&Entry]) -> Verdict {
    let Some(hours) = &entry.hours else { return Verdict::Fine };
    let (mut is_on, mut shows) = (false, false);
    let mut cut = None;
    for date in sample(&hours.days) {
        let Some(own) = window(schedule, entry, date) else { continue };
        is_on = true;
        let mut rivals: Vec<(Window, &Entry)> = Vec::new();
        for other in above {
            let days = [date.yesterday(), Ok(date), date.tomorrow()].into_iter().filter_map(Result::ok);
            let windows = days.filter_map(|day| window(schedule, other, day));
            rivals.extend(windows.filter(|rival| touches(rival, &own)).map(|rival| (rival, *other)));
        }
        shows |= !is_covered(&own, &mut rivals);
        let crosses = |rival: &Window| rival.start < own.start || rival.end > own.end;
        let is_exception =
            |other: &Entry| other.hours.as_ref().is_some_and(|hours| !hours.days.dates.is_empty());
        let crossing = rivals.iter().find(|(rival, other)| crosses(rival) && !is_exception(other));
        cut = cut.or(crossing.map(|(_, other)| Verdict::Cut { line: other.line, date }));
        if shows && (cut.is_some() || above.is_empty()) {
            break;
        }
    }
    match (is_on, shows) {
        (false, _) => Verdict::Empty,
        (true, false) => Verdict::Hidden,
        (true, true) => cut.unwrap_or(Verdict::Fine),
    }
}

fn window(schedule: &Schedule, entry: &Entry, date: Date) -> Option<Window> {
    entry.hours.as_ref()?.window(date, &schedule.zone, schedule.location.as_ref())
}

fn touches(one: &Window, other: &Window) -> bool {
    one.start < other.end && other.start < one.end
}

/// Returns whether some windows together leave nothing of another.
fn is_covered(own: &Window, rivals: &mut [(Window, &Entry)]) -> bool {
    rivals.sort_by_key(|(rival, _)| rival.start);
    let mut covered: Timestamp = own.start;
    for (rival, _) in rivals {
        if rival.start > covered {
            return false;
        }
        covered = covered.max(rival.end);
    }
    covered >= own.end
}

/// Returns whether whatever is on all of `others` is on these as well.
fn covers(these: &Streams, others: &Streams) -> bool {
    match (these, others) {
        (Streams::All, _) => true,
        (Streams::Some(_), Streams::All) => false,
        (Streams::Some(these), Streams::Some(others)) => others.iter().all(|stream| these.contains(stream)),
    }
}
