//! The doors of the show: OSC, MQTT, and the board on the broker. Opened at the start, and moved when the show file moves
//! them: the new one is there before the old one goes.

use tokio::{
    sync::{mpsc, watch},
    task::JoinSet,
};
use tracing::info;

use super::{Error, board::Board, parts, until};
use crate::{
    input::{inbox::Inbox, mqtt, mqtt::outbox::Outbox, osc},
    show::{
        reload::Changes,
        venue::{MqttDoor, OscDoor, Venue},
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
}

impl Doors {
    /// Opens the doors of a show.
    ///
    /// # Errors
    ///
    /// An address is taken, a password is not to be had.
    pub(super) fn open(
        venue: &Venue,
        inbox: &Inbox,
        tasks: &mut JoinSet<&'static str>,
        stopped: &watch::Receiver<bool>,
    ) -> Result<Self, Error> {
        let socket = venue.osc.as_ref().map(socket).transpose()?;
        let broker = venue.mqtt.as_ref().map(parts::mqtt).transpose()?;
        let (sockets, moved) = mpsc::channel(SOCKETS_MAX);
        tasks.spawn(hear(socket, moved, inbox.clone(), stopped.clone()));
        let (brokers, wanted) = watch::channel(broker);
        let outbox = Outbox::default();
        let (inbox, letters, stopped) = (inbox.clone(), outbox.clone(), stopped.clone());
        tasks.spawn(async move {
            mqtt::run(wanted, inbox, letters, until(stopped)).await;
            "mqtt"
        });
        Ok(Self { sockets, brokers, outbox })
    }

    /// Returns what is to be published, whichever broker there is.
    pub(super) fn outbox(&self) -> Outbox {
        self.outbox.clone()
    }

    /// Returns the board of a broker.
    pub(super) fn board(&self, door: Option<&MqttDoor>) -> Option<Board> {
        door.map(|door| Board::new(self.outbox.clone(), &door.base))
    }

    /// Moves the doors to where `new` wants them. What cannot be opened stays where it is, and `new` says so then.
    pub(super) fn move_to(&mut self, old: &Venue, new: &mut Venue, changes: &mut Changes) {
        let listen = |venue: &Venue| venue.osc.as_ref().map(|door| door.listen);
        if listen(old) != listen(new) {
            match new.osc.as_ref().map(socket).transpose() {
                // The task takes each at once, so there is room; without the task the daemon ends anyway.
                Ok(socket) => drop(self.sockets.try_send(socket)),
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
            match new.mqtt.as_ref().map(parts::mqtt).transpose() {
                Ok(settings) => drop(self.brokers.send_replace(settings)),
                Err(error) => {
                    changes.keep(super::keeper::chain(&error));
                    new.mqtt.clone_from(&old.mqtt);
                }
            }
        }
    }
}

fn socket(door: &OscDoor) -> Result<osc::Socket, Error> {
    let socket = parts::osc(door)?;
    info!(listen = %door.listen, "OSC opened.");
    Ok(socket)
}

/// Hears one socket after the other, or none.
async fn hear(
    mut socket: Option<osc::Socket>,
    mut moved: mpsc::Receiver<Option<osc::Socket>>,
    inbox: Inbox,
    stopped: watch::Receiver<bool>,
) -> &'static str {
    let mut stopped = std::pin::pin!(until(stopped));
    loop {
        let inbox = inbox.clone();
        let heard = async {
            match socket.take() {
                Some(socket) => osc::run(socket, inbox).await,
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
