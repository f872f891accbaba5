//! State shared by a request's body, its socket, its buffers and its response.
//!
//! ureq offers no way to pass state between them: the body is a plain reader, and the transport does not see
//! which request it serves. The state is therefore kept per thread. This is sound because a call is blocking:
//! everything that ureq calls on its behalf runs on the thread that made it.

use std::cell::Cell;

thread_local! {
    static CURRENT: Cell<RequestContext> = const { Cell::new(RequestContext::new(0)) };
}

/// The state of this thread's request.
#[derive(Clone, Copy)]
struct RequestContext {
    /// The length of the request's body.
    body_len: u64,
    /// The peer does not accept the rest of the request's body.
    sending_stopped: bool,
    /// The number of the response that was received.
    response: Option<u64>,
}

impl RequestContext {
    const fn new(body_len: u64) -> Self {
        Self { body_len, sending_stopped: false, response: None }
    }
}

/// The scope of one request on this thread. Restores the outer context when dropped.
#[must_use = "the context ends when the scope is dropped"]
pub(super) struct Scope {
    outer: RequestContext,
}

impl Drop for Scope {
    fn drop(&mut self) {
        CURRENT.set(self.outer);
    }
}

/// Begins a request whose body has this length.
///
/// Requests can be nested: a body that is being sent may itself make requests while it is read. Their scopes
/// must not change the state of the outer request.
pub(super) fn begin(body_len: u64) -> Scope {
    Scope { outer: CURRENT.replace(RequestContext::new(body_len)) }
}

/// Returns the length of the request's body.
pub(super) fn body_len() -> u64 {
    CURRENT.get().body_len
}

/// Stops sending the request's body, because the peer does not accept the rest of it.
pub(super) fn stop_sending() {
    CURRENT.set(RequestContext { sending_stopped: true, ..CURRENT.get() });
}

/// Returns `true` if the rest of the request's body is not sent.
pub(super) fn is_sending_stopped() -> bool {
    CURRENT.get().sending_stopped
}

/// Records the number of the response that was received.
pub(super) fn set_response(number: u64) {
    CURRENT.set(RequestContext { response: Some(number), ..CURRENT.get() });
}

/// Returns the number of the response that was received.
pub(super) fn response() -> Option<u64> {
    CURRENT.get().response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nested_request_does_not_change_the_outer_one() {
        let outer = begin(7);
        set_response(1);
        let inner = begin(3);
        assert_eq!(response(), None);
        stop_sending();
        set_response(2);
        assert!(is_sending_stopped() && body_len() == 3 && response() == Some(2));
        drop(inner);
        assert!(!is_sending_stopped() && body_len() == 7 && response() == Some(1));
        drop(outer);
        assert_eq!(body_len(), 0);
    }
}
