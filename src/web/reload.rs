//! The route that has the show file read again, and answers with what that came to.

use std::time::Duration;

use axum::{
    extract::{Request, State},
    http::StatusCode,
    response::Response,
};
use tokio::sync::oneshot;

use super::{
    Busy, Mistakes, Server,
    problem::{Kind, Problem},
    read::Members,
    routes::json,
};

/// How long reading may take: a large show some 100 ms, and one that is not there comes from a network.
const READ_MAX: Duration = Duration::from_secs(4);

/// Has the show file read again: `POST /api/reload`.
///
/// The answer lists what is `changed`, and what is `kept` as it was until a restart.
pub(super) async fn reload(State(server): State<Server>, request: Request) -> Result<Response, Problem> {
    Members::of(&server, request, &[]).await?;
    let (reply, replied) = oneshot::channel();
    (server.desk.reload)(reply)
        .map_err(|Busy| Problem::new(Kind::Busy, "this show is in no file, or it is being read already"))?;
    match tokio::time::timeout(READ_MAX, replied).await {
        Ok(Ok(Ok(changes))) => json(StatusCode::OK, &changes, false),
        Ok(Ok(Err(Mistakes { told, found }))) => {
            let problem = Problem::new(Kind::BadShow, "the show goes on as it was");
            Err(problem.with("told", told).with("found", found))
        }
        Ok(Err(_)) => Err(Problem::new(Kind::NoAnswer, "the show has ended")),
        Err(_) => Err(Problem::new(Kind::NoAnswer, format!("the file is not read within {READ_MAX:?}"))),
    }
}
