//! The route that tells what will be on: `GET /api/plan?for=24h`, as `segue plan --json` does.

use axum::{
    extract::{Request, State},
    http::StatusCode,
    response::Response,
};
use jiff::{SignedDuration, Timestamp};

use super::{
    Server,
    problem::Problem,
    read::{Members, bad},
    routes::json,
};
use crate::show::plan::{Plan, length};

/// How far ahead a page looks.
const USUAL: SignedDuration = SignedDuration::from_hours(24);
/// The longest plan that is made for somebody who waits on the same thread as the show: a week, some 2 ms.
const LONGEST: SignedDuration = SignedDuration::from_hours(7 * 24);

/// Tells what will be on: `GET /api/plan`, `for` as long as is wanted.
pub(super) async fn plan(State(server): State<Server>, request: Request) -> Result<Response, Problem> {
    let mut members = Members::of(&server, request, &["for"]).await?;
    let ahead = match members.text("for")? {
        Some(text) => length(&text).map_err(|error| bad(format!("`for` cannot be read: {error}")))?,
        None => USUAL,
    };
    if ahead > LONGEST {
        return Err(bad("a plan here is of a week at the most; `segue plan` looks a year ahead"));
    }
    let now = (server.desk.wall)();
    let until = now.checked_add(ahead).unwrap_or(Timestamp::MAX);
    json(StatusCode::OK, &Plan::new(&server.desk.sheet(), now, until).to_json(), false)
}
