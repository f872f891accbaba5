//! What a request's body and its connection have to tell each other. ureq lets neither see the other, so it
//! goes by the thread: a call is blocking and stays on its own.

use std::cell::{Cell, RefCell};
use std::sync::Arc;

use super::line::Line;

thread_local! {
    /// The length of this thread's request body.
    static TO_SEND: Cell<u64> = const { Cell::new(0) };
    /// What this thread's answer has still to bring; 0 where that is not known.
    static TO_COME: Cell<u64> = const { Cell::new(0) };
    /// The peer wants no more of this thread's request.
    static REFUSED: Cell<bool> = const { Cell::new(false) };
    /// The connection that the request went out on, where it is TCP and nothing over it.
    static LINE: RefCell<Option<Arc<Line>>> = const { RefCell::new(None) };
}

/// Begins a request whose body has this length, and forgets the last one.
pub(super) fn begin(to_send: u64) {
    TO_SEND.set(to_send);
    TO_COME.set(0);
    REFUSED.set(false);
    LINE.take();
}

/// How long the request's body is.
pub(super) fn to_send() -> u64 {
    TO_SEND.get()
}

/// Says how much of the answer is still to come, before it is read.
pub(super) fn expect(bytes: u64) {
    TO_COME.set(bytes);
}

/// How much is still to come.
pub(super) fn to_come() -> u64 {
    TO_COME.get()
}

/// Says that nobody takes the rest of the request's body.
pub(super) fn refuse() {
    REFUSED.set(true);
}

/// True where the rest of the request's body need not be read.
pub(super) fn is_refused() -> bool {
    REFUSED.get()
}

/// Says which connection the request goes out on.
pub(super) fn use_line(line: &Arc<Line>) {
    LINE.with_borrow_mut(|last| {
        if last.is_none() {
            *last = Some(Arc::clone(line));
        }
    });
}

/// The connection that the request went out on.
pub(super) fn take_line() -> Option<Arc<Line>> {
    LINE.take()
}
