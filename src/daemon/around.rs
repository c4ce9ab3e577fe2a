//! Shows what is on to those around: the service manager, the broker, controllers. After everything that had to be done, and
//! only as often as each may hear of it.

use tracing::debug;

use super::Daemon;
use crate::{
    input::osc::{clients::Sent, out::Refused},
    show::{
        event::Door,
        sheet::Sheet,
        time::{Mono, Now},
    },
};

impl Daemon {
    /// Shows what is on to whoever may hear of it now; `has_news` if something happened that is worth a line.
    pub(super) fn show_around(&mut self, has_news: bool, now: Now) {
        let port = self.doors.sender().map(|sender| sender.port());
        let refused = self.feedback.stir(port, now.mono);
        self.refuse(refused);
        let feedback_is_due = self.feedback.is_due(now.mono);
        let board_is_due = self.board.as_ref().is_some_and(|board| board.is_due(now.mono));
        if !(has_news || board_is_due || feedback_is_due) {
            return;
        }
        let snapshot = self.snapshot(now);
        self.systemd.show(&snapshot);
        if feedback_is_due {
            let sender = self.doors.sender();
            let send =
                |to, bytes: &[u8]| sender.as_ref().map_or(Sent::Failed, |sender| sender.send(to, bytes));
            let sheet = self.sheet.borrow().clone();
            let refused = self.feedback.tell(&snapshot, &sheet, now.mono, send);
            self.refuse(refused);
        }
        match &mut self.board {
            Some(board) if board_is_due => board.show(&snapshot, now.mono),
            Some(board) if has_news => board.wait(),
            _ => {}
        }
    }

    /// Returns when the board has something to show that could not be shown at once.
    pub(super) fn board_due(&self) -> Option<Mono> {
        self.board.as_ref().and_then(super::Board::due)
    }

    /// Takes over who is told by OSC.
    pub(super) fn feed_back_to(&mut self, sheet: &Sheet, now: Now) {
        let clients = sheet.venue.osc.as_ref().map_or(&[][..], |door| &door.clients);
        debug!(?clients, "OSC clients.");
        self.feedback.keep(clients, now.mono);
    }

    fn refuse(&self, refused: Vec<Refused>) {
        for (reason, example) in refused {
            self.inbox.refuse(Door::Osc, reason, example);
        }
    }
}
