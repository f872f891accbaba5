//! What a request's body and its connection have to tell each other. ureq lets neither see the other, so it
//! goes by the thread: a call is blocking and stays on its own.

use std::cell::RefCell;
use std::mem;
use std::sync::Arc;

use super::line::Line;

thread_local! {
    static NOW: RefCell<Exchange> = const { RefCell::new(Exchange::new(0)) };
}

/// This thread's request and its answer.
struct Exchange {
    /// The length of the request's body.
    to_send: u64,
    /// What the answer has still to bring; 0 where that is not known.
    to_come: u64,
    /// The peer wants no more of the request.
    refused: bool,
    /// The connection that the request went out on, where it is TCP and nothing over it.
    line: Option<Arc<Line>>,
}

impl Exchange {
    const fn new(to_send: u64) -> Self {
        Self { to_send, to_come: 0, refused: false, line: None }
    }
}

/// Puts back what was there before a request, as that may be one whose body makes requests of its own.
pub(super) struct Guard {
    before: Exchange,
}

impl Drop for Guard {
    fn drop(&mut self) {
        NOW.set(mem::replace(&mut self.before, Exchange::new(0)));
    }
}

/// Begins a request whose body has this length. It ends with the guard, and leaves nothing.
pub(super) fn begin(to_send: u64) -> Guard {
    Guard { before: NOW.replace(Exchange::new(to_send)) }
}

/// How long the request's body is.
pub(super) fn to_send() -> u64 {
    NOW.with_borrow(|now| now.to_send)
}

/// Says how much of the answer is still to come, before it is read.
pub(super) fn expect(bytes: u64) {
    NOW.with_borrow_mut(|now| now.to_come = bytes);
}

/// How much is still to come.
pub(super) fn to_come() -> u64 {
    NOW.with_borrow(|now| now.to_come)
}

/// Says that nobody takes the rest of the request's body.
pub(super) fn refuse() {
    NOW.with_borrow_mut(|now| now.refused = true);
}

/// True where the rest of the request's body need not be read.
pub(super) fn is_refused() -> bool {
    NOW.with_borrow(|now| now.refused)
}

/// Says which connection the request goes out on.
pub(super) fn use_line(line: &Arc<Line>) {
    NOW.with_borrow_mut(|now| {
        now.line.get_or_insert_with(|| Arc::clone(line));
    });
}

/// The connection that the request went out on.
pub(super) fn take_line() -> Option<Arc<Line>> {
    NOW.with_borrow_mut(|now| now.line.take())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_within_the_body_of_another_changes_nothing_of_it() {
        let outer = begin(7);
        let inner = begin(3);
        refuse();
        assert!(is_refused() && to_send() == 3);
        drop(inner);
        assert!(!is_refused() && to_send() == 7);
        drop(outer);
        assert_eq!(to_send(), 0);
    }
}
