//! The doors of the show: OSC, MQTT, and the board on the broker. Opened at the start, and moved when the show file moves
//! them: the new one is there before the old one goes.

use tokio::{
    sync::{mpsc, watch},
    task::JoinSet,
};
use tracing::info;

use super::{Error, board::Board, parts, until};
use crate::{
    input::{
        inbox::Inbox,
        mqtt,
        mqtt::outbox::Outbox,
        osc::{self, asks::Asks},
    },
    show::{
        reload::Changes,
        sheet::Sheet,
        venue::{OscDoor, Venue},
    },
};

/// Sockets on their way to the task that hears them; it takes each at once.
const SOCKETS_MAX: usize = 4;

/// What leads to the tasks behind the doors.
#[derive(Debug)]
pub(super) struct Doors {
    sockets: mpsc::Sender<Option<osc::Socket>>,
    brokers: watch::Sender<Option<mqtt::Settings>>,
    outbox: Outbox,
    asks: Asks,
    sender: Option<osc::Sender>,
}

impl Doors {
    /// Opens the doors of a show.
    ///
    /// # Errors
    ///
    /// An address is taken, a password is not to be had.
    pub(super) fn open(
        sheet: &Sheet,
        inbox: &Inbox,
        tasks: &mut JoinSet<&'static str>,
        stopped: &watch::Receiver<bool>,
    ) -> Result<Self, Error> {
        let socket = sheet.venue.osc.as_ref().map(socket).transpose()?;
        let (socket, sender) = socket.unzip();
        let broker = parts::mqtt(&sheet.venue, sheet)?;
        let (sockets, moved) = mpsc::channel(SOCKETS_MAX);
        let asks = Asks::default();
        tasks.spawn(hear(socket, moved, (inbox.clone(), asks.clone()), stopped.clone()));
        let (brokers, wanted) = watch::channel(broker);
        let outbox = Outbox::default();
        let (inbox, letters, stopped) = (inbox.clone(), outbox.clone(), stopped.clone());
        tasks.spawn(async move {
            mqtt::run(wanted, inbox, letters, until(stopped)).await;
            "mqtt"
        });
        Ok(Self { sockets, brokers, outbox, asks, sender })
    }

    /// Returns what is to be published, whichever broker there is.
    pub(super) fn outbox(&self) -> Outbox {
        self.outbox.clone()
    }

    /// Returns the board on the broker, if there is one.
    pub(super) fn board(&self, sheet: &Sheet) -> Option<Board> {
        sheet.venue.mqtt.as_ref().map(|door| Board::new(self.outbox.clone(), door, sheet))
    }

    /// Returns what is asked of the OSC door itself.
    pub(super) fn asks(&self) -> Asks {
        self.asks.clone()
    }

    /// Returns the way out of the OSC socket; `None` if there is none.
    pub(super) fn sender(&self) -> Option<osc::Sender> {
        self.sender.clone()
    }

    /// Moves the doors to where `new` wants them. What cannot be opened stays where it is, and `new` says so then.
    pub(super) fn move_to(&mut self, old: &Sheet, new: &mut Venue, changes: &mut Changes) {
        let (streams, old) = (old, &old.venue);
        let listen = |venue: &Venue| venue.osc.as_ref().map(|door| door.listen);
        if listen(old) != listen(new) {
            match new.osc.as_ref().map(socket).transpose() {
                // The task takes each at once, so there is room; without the task the daemon ends anyway.
                Ok(socket) => {
                    let (socket, sender) = socket.unzip();
                    self.sender = sender;
                    drop(self.sockets.try_send(socket));
                }
                Err(error) => {
                    changes.keep(super::keeper::chain(&error));
                    new.osc.clone_from(&old.osc);
                }
            }
        } else if let (Some(old), Some(new)) = (&old.osc, &mut new.osc)
            && old.allow != new.allow
        {
            // The new socket cannot be there before the old one goes.
            changes.keep("`inputs.osc.allow` is another after a restart, or with another port");
            new.allow.clone_from(&old.allow);
        }
        if old.mqtt != new.mqtt {
            match parts::mqtt(new, streams) {
                Ok(settings) => drop(self.brokers.send_replace(settings)),
                Err(error) => {
                    changes.keep(super::keeper::chain(&error));
                    new.mqtt.clone_from(&old.mqtt);
                }
            }
        }
    }
}

/// Opens a socket for both ways.
fn socket(door: &OscDoor) -> Result<(osc::Socket, osc::Sender), Error> {
    let socket = parts::osc(door)?;
    let sender = socket.sender().map_err(|source| Error::Listen {
        what: "OSC input",
        address: door.listen,
        source,
    })?;
    info!(listen = %door.listen, "OSC opened.");
    Ok((socket, sender))
}

/// Hears one socket after the other, or none.
async fn hear(
    mut socket: Option<osc::Socket>,
    mut moved: mpsc::Receiver<Option<osc::Socket>>,
    (inbox, asks): (Inbox, Asks),
    stopped: watch::Receiver<bool>,
) -> &'static str {
    let mut stopped = std::pin::pin!(until(stopped));
    loop {
        let (inbox, asks) = (inbox.clone(), asks.clone());
        let heard = async {
            match socket.take() {
                Some(socket) => osc::run(socket, inbox, asks).await,
                None => std::future::pending().await,
            }
        };
        let next = tokio::select! {
            () = heard => return "osc",
            next = moved.recv() => next,
            () = &mut stopped => return "osc",
        };
        let Some(next) = next else { return "osc" };
        socket = next;
    }
}
