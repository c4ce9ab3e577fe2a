//! How old the history is, what goes when it is too old or too large, and what becomes of samples in between.
//!
//! A chapter is what was written within an hour: a range of row numbers, and the time at which it began. Age is told by
//! chapters and never by the times in the rows, which are whatever the calendar clock said: what was written while it was
//! wrong goes with what was written around it.

use rusqlite::{Connection, OptionalExtension, params};

use crate::show::time::{Mono, Now};

/// An hour, in milliseconds: the length of a chapter.
pub(super) const HOUR_MS: i64 = 60 * 60 * 1000;

/// How fast old chapters age while the calendar is ahead of what has passed: a day in an hour. Set to 2099 for an hour,
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

/// The clock that ages the history: it goes on by what has really passed, never back, and ahead only with care.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Age {
    /// What it says, in milliseconds since 1970 UTC.
    clock: Option<i64>,
    mono: Option<Mono>,
    jump: Option<Jump>,
}

/// The calendar is ahead of the clock: the power was off, or somebody set it.
#[derive(Clone, Copy, Debug)]
struct Jump {
    /// The last chapter from before.
    upto: i64,
    /// How much older the chapters from before were made, in milliseconds.
    aged: i64,
}

impl Age {
    /// Returns what time it is for the age of things.
    ///
    /// A calendar that is behind is not followed at all. One that is ahead makes what was written before older, bit by bit;
    /// what is written meanwhile ages as it should. Only when that is done does the clock follow.
    pub(super) fn pass(&mut self, connection: &Connection, now: Now) -> rusqlite::Result<i64> {
        let wall = now.wall.as_millisecond();
        let passed = self.mono.map_or(0, |before| now.mono.since(before).as_millis());
        let passed = i64::try_from(passed).unwrap_or(i64::MAX);
        self.mono = Some(now.mono);
        let Some((last, at)) = last(connection)? else {
            self.clock = Some(wall);
            return Ok(wall);
        };
        let mut clock = self.clock.unwrap_or(at).saturating_add(passed);
        let ahead = wall.saturating_sub(clock);
        let step = passed.saturating_mul(CATCH_UP);
        if ahead <= HOUR_MS {
            self.jump = None;
            clock += ahead.clamp(0, step);
        } else {
            let jump = self.jump.get_or_insert(Jump { upto: last, aged: 0 });
            let more = (ahead - jump.aged).clamp(0, step);
            connection.execute("UPDATE chapters SET at = at - ?2 WHERE id <= ?1", [jump.upto, more])?;
            jump.aged += more;
            // Nothing from before is left that could be lost: such as after a first start without a clock.
            let settled: bool = connection.query_row(
                "SELECT min(id) > ?1 OR count(*) = 1 FROM chapters",
                [jump.upto],
                |row| row.get(0),
            )?;
            if settled || jump.aged >= ahead {
                connection.execute("UPDATE chapters SET at = at + ?1", [ahead])?;
                self.jump = None;
                clock = wall;
            }
        }
        self.clock = Some(clock);
        Ok(clock)
    }

    /// Begins a chapter with the row of that number, if there is none, the last one is an hour old, or it is from before a
    /// jump and must not hold what comes after.
    pub(super) fn begin(&self, connection: &Connection, now: i64, first: i64) -> rusqlite::Result<()> {
        let is_over = |(id, at)| now - at >= HOUR_MS || self.jump.is_some_and(|jump| id <= jump.upto);
        if last(connection)?.is_none_or(is_over) {
            connection.execute("INSERT INTO chapters (at, first) VALUES (?1, ?2)", [now, first])?;
        }
        Ok(())
    }
}

/// Returns the last chapter and when it began.
fn last(connection: &Connection) -> rusqlite::Result<Option<(i64, i64)>> {
    let mut statement = connection.prepare_cached("SELECT id, at FROM chapters ORDER BY id DESC LIMIT 1")?;
    statement.query_row([], |row| Ok((row.get(0)?, row.get(1)?))).optional()
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
    at: i64,
    first: i64,
    next: Option<i64>,
}

impl Oldest {
    /// Returns where it ends if all of it is older than that.
    fn older_than(&self, limit: i64) -> Option<i64> {
        self.next.filter(|_| self.at + HOUR_MS <= limit)
    }
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
    if oldest.older_than(now.saturating_sub(bounds.keep)).is_some() || used > bounds.bytes {
        return forget(connection, &oldest, end);
    }
    let Some(fine) = self::oldest(connection, "WHERE fine = 1")? else { return Ok(false) };
    let Some(end) = fine.older_than(now - FINE_MS) else { return Ok(false) };
    thin_out(connection, &fine, end)?;
    Ok(true)
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
    let Some((id, at, first)) = chapters.next().transpose()? else { return Ok(None) };
    let next = chapters.next().transpose()?.map(|(_, _, first): (i64, i64, i64)| first);
    Ok(Some(Oldest { id, at, first, next }))
}

/// Deletes a part of the oldest chapter; of the only one, its first quarter.
fn forget(connection: &Connection, oldest: &Oldest, end: i64) -> rusqlite::Result<bool> {
    let &Oldest { id, at: _, first, next } = oldest;
    let cut = next.unwrap_or(first + (end - first) / 4);
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
fn thin_out(connection: &Connection, fine: &Oldest, end: i64) -> rusqlite::Result<()> {
    let &Oldest { id, first, .. } = fine;
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
