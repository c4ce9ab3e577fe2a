//! The daemon: one loop that lets the show decide and does what it wants. Owns every task; decides nothing.
//!
//! A task that ends while the show runs ends the daemon with its name, and the service manager starts it again. A broker
//! or an API that is gone is no such end: that is retried inside, for ever.

mod around;
mod board;
mod discovery;
mod doors;
mod errands;
mod error;
mod files;
mod heard;
mod hooks;
mod keeper;
mod parts;
mod reload;
pub mod secret;
pub mod story;
mod systemd;

use std::{path::PathBuf, pin::pin, sync::Arc, time::Duration};

use tokio::{
    sync::{mpsc, oneshot, watch},
    task::JoinSet,
};
use tracing::{info, warn};

pub use self::error::Error;
use self::{
    board::Board,
    doors::Doors,
    errands::Calls,
    files::{EDITIONS_MAX, Edition, Reader, WISHES_MAX, Wish},
    heard::Heard,
    hooks::Hooks,
    keeper::Keeper,
    story::Story,
    systemd::Systemd,
};
use crate::{
    backend::Client,
    clock::Clock,
    config::Files,
    input::{inbox::Inbox, osc::out::Feedback},
    record::{self, Metrics, Recorder},
    show::{
        self, Show,
        agenda::CLOCK_LOOK_EVERY,
        event::{Action, Answer, Command, Door, Event, FailureKind, Memory, Request, RequestId, StreamIndex},
        fact::Fact,
        sheet::Sheet,
        snapshot::{ShowFile, Snapshot},
        time::{Mono, Now},
    },
    simulator, web,
};

/// How long the end may take: requests in flight, a stream to delete, leave from the broker. A delete has 10 s.
const SHUTDOWN_GRACE: Duration = Duration::from_secs(12);
/// How long the journal may take for its last lines; each is some 3 ms.
const JOURNAL_GRACE: Duration = Duration::from_secs(2);
/// How long the history may take for its last rows.
const HISTORY_GRACE: Duration = Duration::from_secs(2);
/// Questions of the web server waiting for the loop. One that finds no place waits with its connection; a turn answers one.
const QUESTIONS_MAX: usize = 64;
/// Commands waiting for the loop; a turn takes well under a millisecond, so more than this means that it hangs.
const COMMANDS_MAX: usize = 256;

/// A show that is to run.
#[derive(Debug)]
pub struct Source {
    /// What it is.
    pub sheet: Sheet,
    /// Where it was read from; `None` for one that was in no file, and never becomes another.
    pub files: Option<Files>,
    /// The name of this machine, for reading the files again.
    pub node: String,
}

/// Runs a show until `shutdown`; reads its files again whenever `hangups` says so.
///
/// # Errors
///
/// What could not be started, or which task ended.
pub async fn run(
    source: Source,
    clock: Clock,
    hangups: mpsc::Receiver<()>,
    shutdown: impl Future<Output = ()>,
) -> Result<(), Error> {
    let directory = record::directory::find(|name| std::env::var_os(name))?;
    if let Err(error) = record::directory::create(&directory) {
        // A wall with a picture and no memory is better than none.
        tracing::error!(error = keeper::chain(&error), "Nothing will be remembered.");
    }
    // Held until the end: two shows would overwrite each other's memory.
    let _lock = record::directory::lock(&directory)?;
    let mut daemon = Daemon::start(source, clock, hangups, directory).await?;
    let ended = daemon.turn_until(shutdown).await;
    daemon.systemd.stopping();
    daemon.end().await;
    ended
}

/// Everything that the loop owns.
struct Daemon {
    /// The sheet that holds, for those who need its names.
    sheet: watch::Sender<Arc<Sheet>>,
    /// What the snapshot says of its file; `None` if it was in none.
    file: Option<ShowFile>,
    clock: Clock,
    show: Show,
    clients: Vec<Client>,
    /// Requests in flight: at most one update, one status and one other per stream.
    requests: JoinSet<Event>,
    /// The long tasks; each returns its name when it ends.
    tasks: JoinSet<&'static str>,
    inbox: Inbox,
    heard: Heard,
    commands: mpsc::Receiver<Command>,
    questions: mpsc::Receiver<oneshot::Sender<Snapshot>>,
    keeper: Keeper,
    kept: mpsc::Receiver<Event>,
    doors: Doors,
    hangups: mpsc::Receiver<()>,
    wishes: mpsc::Sender<Wish>,
    editions: mpsc::Receiver<Edition>,
    recorder: Recorder,
    story: Story,
    metrics: Arc<Metrics>,
    board: Option<Board>,
    feedback: Feedback,
    hooks: Hooks,
    calls: Calls,
    systemd: Systemd,
    stop: watch::Sender<bool>,
}

impl Daemon {
    async fn start(
        source: Source,
        clock: Clock,
        hangups: mpsc::Receiver<()>,
        directory: PathBuf,
    ) -> Result<Self, Error> {
        let Source { sheet, files, node } = source;
        let sheet = Arc::new(sheet);
        let (stop, stopped) = watch::channel(false);
        let (command_sender, commands) = mpsc::channel(COMMANDS_MAX);
        let (question_sender, questions) = mpsc::channel(QUESTIONS_MAX);
        let recorder = Recorder::start(&directory, record::About::of(&sheet), sheet.venue.history)
            .map_err(Error::Thread)?;
        let inner = parts::simulator(&sheet).await?;
        let clients = sheet.streams.iter().map(|stream| parts::client(stream, inner.as_ref()));
        let clients = clients.collect::<Result<Vec<Client>, _>>()?;
        let key = |(stream, client): (_, &Client)| keeper::key(stream, client.endpoints().api());
        let keys: Vec<_> = sheet.streams.iter().zip(&clients).map(key).collect();
        let journal = record::Journal::load(&directory);
        let memories = keeper::memories(&journal, &sheet, &keys);
        let stage = keeper::stage(&keys);
        let memoir = journal.memoir(&stage).cloned();
        let (keeper, kept) = Keeper::start(journal, keys, stage).map_err(Error::Thread)?;
        let (sheets, current) = watch::channel(Arc::clone(&sheet));
        let inbox = Inbox::new(Box::new(move |message| show::continuity(&current.borrow(), message)));
        let mut tasks = JoinSet::new();
        let doors = Doors::open(&sheet, &inbox, &mut tasks, &stopped)?;
        let (wishes, wished) = mpsc::channel(WISHES_MAX);
        let (edition_sender, editions) = mpsc::channel(EDITIONS_MAX);
        let now = clock.now();
        let file = files.as_ref().map(|files| ShowFile::loaded(now.wall, files.hash()));
        let mut daemon = Self {
            show: Show::resume(Arc::clone(&sheet), &memories, memoir.as_ref(), clock.seed(), now),
            clock,
            clients,
            requests: JoinSet::new(),
            tasks,
            inbox,
            heard: Heard::default(),
            commands,
            questions,
            keeper,
            kept,
            board: doors.board(&sheet),
            feedback: Feedback::new(doors.asks(), now.mono),
            doors,
            hangups,
            wishes,
            editions,
            file,
            recorder,
            story: Story::new(),
            metrics: Arc::new(Metrics::new()),
            hooks: Hooks::new(),
            calls: Calls::default(),
            systemd: Systemd::new(),
            stop,
            sheet: sheets,
        };
        let sights = parts::sights(&sheet, inner.as_ref(), &daemon.clients);
        if let Some(inner) = inner {
            daemon.start_simulator(inner, stopped.clone());
        }
        daemon.start_web(&sheet, command_sender, question_sender, sights, stopped.clone()).await?;
        if let Some(files) = files {
            let reader = Reader::new(files, node, sheet.reload.watch);
            reader.start(&mut daemon.tasks, wished, edition_sender, stopped);
        }
        daemon.hooks.publish_with(daemon.doors.outbox());
        daemon.feed_back_to(&sheet, now);
        daemon.recorder.mark(daemon.clock.now(), record::Mark::Started);
        info!(show = %sheet.title, state = %directory.display(), "Show started.");
        Ok(daemon)
    }

    fn start_simulator(&mut self, inner: parts::Inner, stopped: watch::Receiver<bool>) {
        let clock = self.clock;
        info!(url = %inner.url, "Simulator started.");
        self.tasks.spawn(async move {
            let options = simulator::Options { seed: clock.seed(), ..simulator::Options::default() };
            let served = simulator::serve(inner.listener, options, move || clock.now(), until(stopped)).await;
            ended("simulator", served)
        });
    }

    async fn start_web(
        &mut self,
        sheet: &Sheet,
        commands: mpsc::Sender<Command>,
        ask: mpsc::Sender<oneshot::Sender<Snapshot>>,
        sights: web::Sights,
        stopped: watch::Receiver<bool>,
    ) -> Result<(), Error> {
        let Some(door) = &sheet.venue.web else { return Ok(()) };
        let token = parts::token(door)?;
        let listener = parts::web(door.listen).await?;
        let metrics = Arc::clone(&self.metrics);
        let (clock, inbox, heard) = (self.clock, self.inbox.clone(), self.heard.clone());
        let wishes = self.wishes.clone();
        let desk = Arc::new(web::Desk {
            sheet: self.sheet.subscribe(),
            ask,
            commands: Box::new(move |command| commands.try_send(command).map_err(|_| web::Busy)),
            metrics: Box::new(move || metrics.render()),
            reload: Box::new(move |reply| wishes.try_send(Wish::Person(reply)).map_err(|_| web::Busy)),
            token,
            now: Box::new(move || clock.now().mono),
            wall: Box::new(move || clock.now().wall),
            sights,
            heard: Box::new(move || heard.tell(clock.now().mono)),
            refused: Box::new(move |reason, from| inbox.refuse(Door::Http, reason, from)),
        });
        self.tasks.spawn(async move { ended("web", web::serve(listener, desk, until(stopped)).await) });
        Ok(())
    }

    /// Lets the show run until `shutdown`, then until it has nothing left to do or the grace is over.
    async fn turn_until(&mut self, shutdown: impl Future<Output = ()>) -> Result<(), Error> {
        let mut shutdown = pin!(shutdown);
        let mut leave_at = None;
        loop {
            let now = self.clock.now();
            self.settle(now).await;
            if leave_at.is_some_and(|at| now.mono >= at) {
                warn!("Not everything was done in time for the end.");
                return Ok(());
            }
            if self.show.is_stopped() && self.requests.is_empty() {
                return Ok(());
            }
            let longest = now.mono + CLOCK_LOOK_EVERY;
            let wakes = [self.show.next_wake().map(|(at, _)| at), self.feedback.due(), self.board_due()];
            let wake = wakes.into_iter().flatten().fold(longest, Mono::min);
            let event = tokio::select! {
                biased;
                () = &mut shutdown, if leave_at.is_none() => {
                    info!("Show ends.");
                    leave_at = Some(self.clock.now().mono + SHUTDOWN_GRACE);
                    Event::Stop
                }
                Some(joined) = self.tasks.join_next() => return Err(Error::TaskEnded(joined?)),
                Some(answer) = self.requests.join_next() => {
                    let event = answer?;
                    self.renew_key(&event);
                    event
                }
                Some(edition) = self.editions.recv() => {
                    self.take(edition);
                    continue;
                }
                Some(()) = self.hangups.recv() => {
                    // A full queue means that the files are about to be read anyway.
                    let _ = self.wishes.try_send(Wish::Hangup);
                    continue;
                }
                () = self.hooks.reap() => continue,
                event = self.calls.answered() => event,
                Some(event) = self.kept.recv() => event,
                Some(command) = self.commands.recv() => Event::Command(command),
                () = self.feedback.asked() => continue,
                () = self.inbox.ready() => {
                    self.take_inbox();
                    continue;
                }
                Some(question) = self.questions.recv() => {
                    // Whoever asked may have gone.
                    let _ = question.send(self.snapshot(self.clock.now()));
                    continue;
                }
                () = self.clock.until(wake) => {
                    self.show.handle_wake(self.clock.now());
                    continue;
                }
            };
            self.show.handle(event, self.clock.now());
        }
    }

    /// A key that is refused may have been rotated: reads it again from where the show file says it is.
    fn renew_key(&mut self, event: &Event) {
        let Event::Answer(Answer { stream, outcome: Err(failure), .. }) = event else { return };
        if failure.kind != FailureKind::Key {
            return;
        }
        let client = parts::client(&self.sheet.borrow().streams[stream.0], None);
        match client {
            Ok(client) => self.clients[stream.0] = client,
            Err(error) => warn!(error = keeper::chain(&error), "The key cannot be read again."),
        }
    }

    fn take_inbox(&mut self) {
        for event in self.inbox.drain() {
            self.heard.hear(&event, self.clock.now().mono);
            if let (Some(board), Event::Mqtt(message)) = (&mut self.board, &event) {
                board.hear(message);
            }
            self.show.handle(event, self.clock.now());
        }
    }

    /// Does all that the show wants, then tells those who watch it: no request waits for the log or the service manager.
    async fn settle(&mut self, now: Now) {
        let mut facts = Vec::new();
        let mut requested = false;
        while let Some(action) = self.show.poll() {
            match action {
                Action::Request { stream, id, request } => {
                    self.request(stream, id, request, now);
                    requested = true;
                }
                Action::Remember { stream, memory } => self.remember(stream, memory, now),
                Action::Keep(memoir) => self.keeper.keep(memoir),
                Action::Note(fact) => facts.push(fact),
                Action::Tell { stream, notice } => self.hooks.tell(&self.sheet.borrow(), stream, &notice),
                Action::Publish(letter) => self.publish(letter),
                Action::SendOsc(letter) => self.send_osc(&letter),
                Action::Call(post) => self.call(*post),
            }
        }
        if requested {
            // Lets the requests begin: each goes as far as the socket, unless it has to connect first.
            tokio::task::yield_now().await;
        }
        for fact in &facts {
            self.note(fact, now);
        }
        self.story.pass(now.mono);
        self.systemd.feed(now.mono);
        for (stream, progress) in self.show.progress(now) {
            self.metrics.set_progress(stream, progress);
        }
        if !facts.is_empty() {
            for (stream, lane) in self.show.lanes() {
                self.metrics.set_lane(stream, lane);
            }
        }
        self.show_around(!facts.is_empty(), now);
    }

    /// Returns what may be seen: of the show, and of the file it was read from.
    fn snapshot(&self, now: Now) -> Snapshot {
        Snapshot { show_file: self.file.clone(), ..self.show.snapshot(now) }
    }

    fn request(&mut self, stream: StreamIndex, id: RequestId, request: Request, now: Now) {
        let client = self.clients[stream.0].clone();
        self.requests.spawn(async move {
            let outcome = client.perform(&request, now.wall).await;
            Event::Answer(Answer { stream, id, outcome })
        });
    }

    fn remember(&mut self, stream: StreamIndex, memory: Memory, now: Now) {
        if let Some(event) = self.keeper.remember(stream, memory) {
            self.show.handle(event, now);
        }
    }

    fn note(&mut self, fact: &Fact, now: Now) {
        self.story.tell(fact, now.mono);
        self.metrics.observe(fact);
        self.metrics.set_events_dropped(self.inbox.dropped());
        self.metrics.set_history_dropped(self.recorder.dropped());
        self.recorder.note(now, fact);
    }

    /// Ends the tasks in order: those that take leave first, then the history.
    async fn end(mut self) {
        // With no task left there is nobody to tell.
        let _ = self.stop.send(true);
        let left =
            tokio::time::timeout(SHUTDOWN_GRACE, async { while self.tasks.join_next().await.is_some() {} });
        if left.await.is_err() {
            warn!("A task did not end in time.");
        }
        let keeper = self.keeper;
        let kept = tokio::task::spawn_blocking(move || keeper.close());
        if tokio::time::timeout(JOURNAL_GRACE, kept).await.is_err() {
            warn!("The journal did not end in time.");
        }
        self.story.end();
        self.recorder.mark(self.clock.now(), record::Mark::Ended);
        if !self.recorder.close(HISTORY_GRACE) {
            warn!("The history did not end in time.");
        }
        info!("Show ended.");
    }
}

/// Completes when the daemon ends.
async fn until(mut stopped: watch::Receiver<bool>) {
    // The sender lives as long as the daemon.
    let _ = stopped.wait_for(|stopped| *stopped).await;
}

fn ended(name: &'static str, result: std::io::Result<()>) -> &'static str {
    if let Err(error) = result {
        tracing::error!(task = name, %error, "Task failed.");
    }
    name
}
