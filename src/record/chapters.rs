//! How old the history is, what goes when it is too old or too large, and what becomes of samples in between.
//!
//! A chapter is what was written within an hour: a range of row numbers, and the time at which it began. Age is told by
//! chapters and never by the times in the rows, which are whatever the calendar clock said: what was written while it was
//! wrong goes with what was written around it.

use rusqlite::{Connection, OptionalExtension, params};

use crate::show::time::{Mono, Now};

/// An hour, in milliseconds: the length of a chapter.
pub(super) const HOUR_MS: i64 = 60 * 60 * 1000;

/// How fast the clock that ages the history may run after the calendar clock: a day in an hour. Set to 2099 for an hour,
/// the calendar costs a day of the oldest history and no more; after three months in a cupboard the 90 days that are too
/// old are gone within four.
const CATCH_UP: i64 = 24;

/// How long samples are kept one by one: two days. A stream that never rests makes 17,280 polls and 345,600 updates a
/// day of some 75 bytes: 54 MB in two days. Minutes are 1440 a day of some 140 bytes: 6 MB for a stream and month.
const FINE_MS: i64 = 48 * HOUR_MS;

/// Rows deleted from a table in one step, some 20 ms. A turn writes 4096 rows at most, so a step is ahead of it.
pub(super) const ROWS_MAX: i64 = 20_000;

/// Pages given back to the disk in one step: 4 MB.
const PAGES_MAX: i64 = 1024;

/// The clock that ages the history.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Age {
    /// What it says, in milliseconds since 1970 UTC.
    believed: Option<i64>,
    mono: Option<Mono>,
}

impl Age {
    /// Returns what time it is for the age of things: never ahead of the calendar, and never far ahead of what was
    /// believed before. `last` is when the last chapter began, from which it goes on after a start.
    pub(super) fn pass(&mut self, now: Now, last: Option<i64>) -> i64 {
        let wall = now.wall.as_millisecond();
        let passed = self.mono.map_or(0, |before| now.mono.since(before).as_millis());
        let passed = i64::try_from(passed).unwrap_or(i64::MAX);
        self.mono = Some(now.mono);
        let before = self.believed.or(last);
        let furthest = |before: i64| before.saturating_add(passed.saturating_mul(CATCH_UP));
        let believed = before.map_or(wall, |before| wall.min(furthest(before)));
        self.believed = Some(believed);
        believed
    }
}

/// Returns when the last chapter began.
pub(super) fn last(connection: &Connection) -> rusqlite::Result<Option<i64>> {
    let mut statement = connection.prepare_cached("SELECT at FROM chapters ORDER BY id DESC LIMIT 1")?;
    statement.query_row([], |row| row.get(0)).optional()
}

/// Begins a chapter with the row of that number, if there is none or the last one is an hour old.
pub(super) fn begin(connection: &Connection, now: i64, first: i64) -> rusqlite::Result<()> {
    let last = last(connection)?;
    if last.is_some_and(|at| at > now) {
        // The calendar was ahead and was set right: nothing is from the future.
        connection.execute("UPDATE chapters SET at = ?1 WHERE at > ?1", [now])?;
    }
    if last.is_none_or(|at| now - at >= HOUR_MS) {
        connection.execute("INSERT INTO chapters (at, first) VALUES (?1, ?2)", [now, first])?;
    }
    Ok(())
}

/// How much may be kept.
#[derive(Clone, Copy, Debug)]
pub(super) struct Bounds {
    /// For how long, in milliseconds.
    pub(super) keep: i64,
    /// How many bytes of the file may be in use.
    pub(super) bytes: i64,
}

/// The oldest chapter, and where the next one begins.
struct Oldest {
    id: i64,
    first: i64,
    next: Option<Next>,
}

struct Next {
    at: i64,
    first: i64,
}

/// Does one bounded step of what is to be done, in one transaction, and returns whether there was one. `used` is how many
/// bytes are in use, `end` the number of the next row.
pub(super) fn tidy(
    connection: &Connection,
    now: i64,
    bounds: Bounds,
    used: i64,
    end: i64,
) -> rusqlite::Result<bool> {
    let Some(oldest) = oldest(connection, "")? else { return Ok(false) };
    let too_old = oldest.next.as_ref().is_some_and(|next| next.at <= now.saturating_sub(bounds.keep));
    if too_old || used > bounds.bytes {
        return forget(connection, &oldest, end);
    }
    match oldest_fine(connection)? {
        Some((id, first, Next { at, first: end })) if at <= now - FINE_MS => {
            thin_out(connection, id, first, end)?;
            Ok(true)
        }
        _ => Ok(false),
    }
}

/// Gives pages that are not in use back to the disk, if the file is larger than it may be.
pub(super) fn shrink(connection: &Connection, file: i64, bounds: Bounds) -> rusqlite::Result<()> {
    if file > bounds.bytes {
        // Each row of the answer is a page; none is given back that is not asked for.
        let mut statement = connection.prepare(&format!("PRAGMA incremental_vacuum({PAGES_MAX})"))?;
        let mut pages = statement.query([])?;
        while pages.next()?.is_some() {}
    }
    Ok(())
}

fn oldest(connection: &Connection, which: &str) -> rusqlite::Result<Option<Oldest>> {
    let mut statement = connection
        .prepare_cached(&format!("SELECT id, at, first FROM chapters {which} ORDER BY id LIMIT 2"))?;
    let mut chapters = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
    let Some((id, _, first)) = chapters.next().transpose()? else { return Ok(None) };
    let next = chapters.next().transpose()?.map(|(_, at, first): (i64, i64, i64)| Next { at, first });
    Ok(Some(Oldest { id, first, next }))
}

fn oldest_fine(connection: &Connection) -> rusqlite::Result<Option<(i64, i64, Next)>> {
    let oldest = oldest(connection, "WHERE fine = 1")?;
    Ok(oldest.and_then(|oldest| Some((oldest.id, oldest.first, oldest.next?))))
}

/// Deletes a part of the oldest chapter; of the only one, its first quarter.
fn forget(connection: &Connection, oldest: &Oldest, end: i64) -> rusqlite::Result<bool> {
    let &Oldest { id, first, ref next } = oldest;
    let cut = next.as_ref().map_or(first + (end - first) / 4, |next| next.first);
    let mut finished = true;
    for table in ["facts", "polls", "updates"] {
        let deleted = connection
            .prepare_cached(&format!(
                "DELETE FROM {table} WHERE id IN (SELECT id FROM {table} WHERE id < ?1 ORDER BY id LIMIT {ROWS_MAX})"
            ))?
            .execute([cut])?;
        finished &= deleted < usize::try_from(ROWS_MAX).unwrap_or(usize::MAX);
    }
    if finished && next.is_some() {
        connection.execute("DELETE FROM minutes WHERE chapter <= ?1", [id])?;
        connection.execute("DELETE FROM chapters WHERE id <= ?1", [id])?;
    } else if finished {
        connection.execute("UPDATE chapters SET first = ?2 WHERE id = ?1", [id, cut])?;
    }
    // Of nothing there is no quarter.
    Ok(next.is_some() || cut > first)
}

/// Puts minutes in the place of the samples of a chapter.
fn thin_out(connection: &Connection, id: i64, first: i64, end: i64) -> rusqlite::Result<()> {
    connection.execute(
        "INSERT INTO minutes (chapter, t, stream, polls, fps_in_min, fps_in, fps_in_max,
            fps_out_min, fps_out, fps_out_max, output_age_ms_max)
         SELECT ?1, t - t % 60000, stream, count(*), min(fps_in), avg(fps_in), max(fps_in),
            min(fps_out), avg(fps_out), max(fps_out), max(output_age_ms)
         FROM polls WHERE id >= ?2 AND id < ?3 GROUP BY 2, 3",
        params![id, first, end],
    )?;
    connection.execute(
        "INSERT INTO minutes (chapter, t, stream, updates, round_trip_ms_min, round_trip_ms, round_trip_ms_max,
            encodes, coalesced)
         SELECT ?1, t - t % 60000, stream, count(*), min(round_trip_ms), avg(round_trip_ms), max(round_trip_ms),
            sum(encodes), sum(coalesced)
         FROM updates WHERE id >= ?2 AND id < ?3 GROUP BY 2, 3
         ON CONFLICT DO UPDATE SET updates = excluded.updates, round_trip_ms_min = excluded.round_trip_ms_min,
            round_trip_ms = excluded.round_trip_ms, round_trip_ms_max = excluded.round_trip_ms_max,
            encodes = excluded.encodes, coalesced = excluded.coalesced",
        params![id, first, end],
    )?;
    for table in ["polls", "updates"] {
        connection.execute(&format!("DELETE FROM {table} WHERE id >= ?1 AND id < ?2"), [first, end])?;
    }
    connection.execute("UPDATE chapters SET fine = 0 WHERE id = ?1", [id])?;
    Ok(())
}
