//! The server over real sockets, in front of a show that the test plays.

mod connections;
mod events;
mod gate;
mod guard;
mod openapi;
mod picture;
mod read;
mod scenes;

use std::{
    collections::BTreeMap,
    net::SocketAddr,
    sync::{Arc, Mutex, Once},
    time::Duration,
};

use reqwest::Method;
use serde_json::{Map, Value, json};
use tokio::{
    net::TcpStream,
    sync::{mpsc, oneshot, watch},
    task::JoinHandle,
};

use super::{Busy, Desk, LIMITS, Limits, Reply, Server, Sight, Sights, Token, bind, connections as shell};
use crate::show::{
    event::Command,
    lane::{LaneSnapshot, OperatorPlan, PanicPlan},
    playlist::{Content, ListStep, Number, Order, Playlist, snapshot::PlaylistSnapshot},
    recovery::{OnDrift, OnLost, Recovery},
    reload::Changes,
    run::Mode,
    scene::Scene,
    sheet::{
        Base, BlendMode, Cue, OnExit, OnRestart, Reload, Sheet, StreamSheet, Streams, Trigger, Updates, When,
    },
    snapshot::{Phase, RecoveryStage, RunSnapshot, Share, Snapshot, StreamSnapshot, WaitsFor},
    time::Mono,
    venue::{Backend, Connection, Environment, Timeouts, Venue, WebDoor},
    weighted::Weighted,
};

/// How long a test waits for what must come.
const SOON: Duration = Duration::from_secs(10);

/// What has come so far.
type Heard<T> = Arc<Mutex<Vec<T>>>;

/// A served show.
struct House {
    address: SocketAddr,
    client: reqwest::Client,
    /// What the show was asked for.
    orders: Heard<Command>,
    /// Why requests were refused at the door.
    refused: Heard<&'static str>,
    stop: Option<oneshot::Sender<()>>,
    server: JoinHandle<std::io::Result<()>>,
}

/// How the show behaves.
struct Play {
    snapshot: Snapshot,
    limits: Limits,
    /// Whether the loop answers questions.
    answers: bool,
    /// Whether the queue takes commands.
    takes: bool,
    /// What `/metrics` says.
    metrics: String,
    /// What it asks everybody for.
    token: Option<&'static str>,
    /// Other names that it goes by.
    hosts: Vec<&'static str>,
    /// Where its pictures are to be had.
    sight: Sight,
}

impl Default for Play {
    fn default() -> Self {
        Self {
            snapshot: snapshot(),
            limits: LIMITS,
            answers: true,
            takes: true,
            metrics: "segue_up 1\n# EOF\n".to_owned(),
            token: None,
            hosts: Vec::new(),
            sight: Sight::default(),
        }
    }
}

impl House {
    async fn open() -> Self {
        Self::playing(Play::default()).await
    }

    async fn playing(play: Play) -> Self {
        static TLS: Once = Once::new();
        TLS.call_once(|| {
            // Another test of this process may have been first.
            let _ = rustls::crypto::ring::default_provider().install_default();
        });
        let limits = play.limits;
        let (desk, orders, refused) = desk(play);
        let listener = bind("127.0.0.1:0".parse().unwrap()).await.unwrap();
        let address = listener.local_addr().unwrap();
        let (stop, stopped) = oneshot::channel::<()>();
        let shutdown = async move { stopped.await.unwrap_or_default() };
        let server = tokio::spawn(shell::run(listener, Server::new(desk, limits, address), shutdown));
        let no_way = reqwest::redirect::Policy::none();
        let client = reqwest::Client::builder().no_proxy().redirect(no_way).timeout(SOON).build().unwrap();
        Self { address, client, orders, refused, stop: Some(stop), server }
    }

    fn request(&self, method: Method, path: &str) -> reqwest::RequestBuilder {
        self.client.request(method, format!("http://{}{path}", self.address))
    }

    async fn get(&self, path: &str) -> reqwest::Response {
        self.request(Method::GET, path).send().await.unwrap()
    }

    async fn post(&self, path: &str, body: impl Into<reqwest::Body>) -> reqwest::Response {
        self.request(Method::POST, path).body(body).send().await.unwrap()
    }

    /// Opens a connection on which nothing is said yet.
    async fn dial(&self) -> TcpStream {
        TcpStream::connect(self.address).await.unwrap()
    }

    fn orders(&self) -> Vec<Command> {
        self.orders.lock().unwrap().clone()
    }
}

/// Makes a desk in front of a show that plays so, and where its orders go.
fn desk(play: Play) -> (Arc<Desk>, Heard<Command>, Heard<&'static str>) {
    let Play { snapshot, limits: _, answers, takes, metrics, token, hosts, sight } = play;
    let (ask, mut asked) = mpsc::channel::<oneshot::Sender<Snapshot>>(1);
    tokio::spawn(async move {
        let mut unanswered = Vec::new();
        while let Some(answer) = asked.recv().await {
            if answers {
                answer.send(snapshot.clone()).ok();
            } else {
                unanswered.push(answer);
            }
        }
    });
    let orders = Arc::new(Mutex::new(Vec::new()));
    let commands = {
        let orders = Arc::clone(&orders);
        move |command| {
            if !takes {
                return Err(Busy);
            }
            orders.lock().unwrap().push(command);
            Ok(())
        }
    };
    let reload = |reply: Reply| {
        reply.send(Ok(Changes { changed: vec!["scene `dawn` changed".to_owned()], kept: Vec::new() })).ok();
        Ok(())
    };
    let hosts = hosts.into_iter().map(Arc::from).collect();
    let web = WebDoor { listen: "127.0.0.1:7756".parse().unwrap(), token: None, hosts };
    let refused = Arc::new(Mutex::new(Vec::new()));
    let refusals = Arc::clone(&refused);
    let desk = Arc::new(Desk {
        sheet: watch::channel(Arc::new(Sheet {
            venue: Venue { web: Some(web), ..Venue::default() },
            ..sheet()
        }))
        .1,
        ask,
        commands: Box::new(commands),
        metrics: Box::new(move || metrics.clone()),
        reload: Box::new(reload),
        token: token.map(|token| Token::new(&token.into()).unwrap()),
        now: Box::new(|| Mono(Duration::ZERO)),
        wall: Box::new(|| "2026-03-01T12:00:00Z".parse().unwrap()),
        heard: Box::new(|| json!([])),
        sights: Sights { video_hosts: Vec::new(), of: Box::new(move |_| sight.clone()) },
        refused: Box::new(move |reason, _| refusals.lock().unwrap().push(reason)),
    });
    (desk, orders, refused)
}

/// Checks that an answer is a refusal in its proper form, and returns its members.
async fn refusal(response: reqwest::Response, status: u16, kind: &str) -> Value {
    assert_eq!(response.headers()["content-type"], "application/problem+json");
    assert_eq!(response.status(), status);
    let problem: Value = response.json().await.unwrap();
    assert_eq!(problem["status"], json!(status));
    assert_eq!(problem["type"], json!(format!("urn:segue:problem:{kind}")), "{problem}");
    assert!(problem["title"].is_string(), "{problem}");
    problem
}

/// A show of one stream, three scenes and a cue.
fn sheet() -> Sheet {
    let base = Base {
        prompt: Weighted::one("mist".into()),
        seed: Weighted::one(42),
        values: BTreeMap::new(),
        controlnets: Vec::new(),
        fixed: Map::new(),
    };
    let connection = Connection {
        backend: Backend::Simulator,
        environment: Environment::Production,
        api_key: None,
        pipeline_id: None,
        timeouts: Timeouts::default(),
    };
    let wall = StreamSheet {
        name: "wall".into(),
        connection,
        attach: None,
        base,
        start: None,
        blend: BlendMode::Spherical,
        prompt_angle: 0.8,
        slots_max: 8,
        updates: Updates::default(),
        status_every: Duration::from_secs(5),
        on_exit: OnExit::Keep,
        on_restart: OnRestart::Resume,
        family: "segue north Gallery wall".into(),
        recovery: Recovery::default(),
        on_stream_lost: OnLost::Recreate,
        on_drift: OnDrift::Reassert,
        on_stream_created: Vec::new(),
        operator: OperatorPlan::default(),
    };
    let scene = |name: &str| (name.into(), Arc::new(Scene::empty(name)));
    Sheet {
        title: "Gallery <North>".into(),
        zone: jiff::tz::TimeZone::UTC,
        streams: vec![wall],
        scenes: ["dawn", "neon", "night sky/2"].map(scene).into(),
        cues: [(
            "open".into(),
            Arc::new(Cue { name: "open".into(), steps: Vec::new(), mode: Mode::Restart }),
        )]
        .into(),
        playlists: [("evening".into(), Arc::new(evening()))].into(),
        go_apart: crate::show::playlist::GO_APART,
        triggers: vec![trigger("bell", When::Http), trigger("dawn", When::Startup)],
        variables: crate::show::variables::Values::new(),
        schedule: crate::show::schedule::Schedule::default(),
        on_alarm: Vec::new(),
        venue: Venue::default(),
        reload: Reload::default(),
        panic: PanicPlan::default(),
    }
}

fn trigger(name: &str, when: When) -> Trigger {
    Trigger {
        name: name.into(),
        when: vec![when],
        condition: None,
        limits: crate::show::sheet::Limits::default(),
        enabled: true,
        steps: Vec::new(),
        mode: Mode::Single,
    }
}

/// A playlist of two steps.
fn evening() -> Playlist {
    let step = |name: &str| ListStep {
        name: None,
        weight: 1.0,
        content: Content::Scene(Number {
            scene: Arc::new(Scene::empty(name)),
            fade: None,
            easing: None,
            hold: None,
        }),
    };
    let steps = vec![step("dawn"), step("neon")];
    Playlist { name: "evening".into(), order: Order::Loop, streams: Streams::All, steps }
}

/// One live stream, on its way from dawn to neon.
pub(super) fn snapshot() -> Snapshot {
    let share = |scene: &str, weight| Share { scene: scene.into(), weight };
    let wall = StreamSnapshot {
        name: "wall".into(),
        backend: Backend::Simulator,
        phase: Phase::Live,
        id: Some("str_1".to_owned()),
        output_playback_id: None,
        scene: "neon".into(),
        mix: vec![share("dawn", 0.25), share("neon", 0.75)],
        transition: None,
        waiting: Vec::new(),
        lane: LaneSnapshot::default(),
        due: None,
        playlist: None,
        next: None,
        resumed: None,
        prompts: vec![(json!("<script>alert('mist')</script>"), 1.0)],
        seeds: vec![(json!(42), 1.0)],
        updates: crate::show::snapshot::Updates::default(),
        health: None,
        recovery: RecoveryStage::Well,
        alarm: None,
        trouble: None,
    };
    Snapshot {
        show: "Gallery <North>".into(),
        streams: vec![wall],
        playlists: vec![PlaylistSnapshot::idle(&"evening".into(), 2)],
        upcoming: Vec::new(),
        bypassed_until: None,
        show_file: None,
        broker_connected: None,
        triggers: Vec::new(),
        runs: vec![RunSnapshot {
            name: "open".into(),
            kind: "cue",
            step: 2,
            steps: 4,
            waits_for: WaitsFor::Time,
            until: Some("2026-11-22T12:00:00Z".parse().unwrap()),
        }],
        variables: [("mood".into(), json!("<calm>"))].into(),
    }
}
