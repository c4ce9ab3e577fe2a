//! What the core wants done: the queue of actions, the numbers of requests, and the dice that all parts share.

use std::collections::VecDeque;

use super::{
    dice::Dice,
    event::{Action, Request, RequestId, StreamIndex},
};

/// The core's way out. Emptied by the shell after every turn, so it holds one turn's actions.
#[derive(Debug)]
pub(super) struct Out {
    actions: VecDeque<Action>,
    last_request: u64,
    /// The core's only source of chance.
    pub(super) dice: Dice,
}

impl Out {
    pub(super) fn new(seed: u64) -> Self {
        Self { actions: VecDeque::new(), last_request: 0, dice: Dice::new(seed) }
    }

    pub(super) fn push(&mut self, action: Action) {
        self.actions.push_back(action);
    }

    pub(super) fn request(&mut self, stream: StreamIndex, request: Request) -> RequestId {
        self.last_request += 1;
        let id = RequestId(self.last_request);
        self.push(Action::Request { stream, id, request });
        id
    }

    pub(super) fn poll(&mut self) -> Option<Action> {
        self.actions.pop_front()
    }
}
