//! State shared by a request's body, its socket and its buffers.
//!
//! ureq offers no way to pass state between them: the body is a plain reader, and the transport does not see
//! which request it serves. The state is therefore kept per thread. This is sound because a call is blocking:
//! everything that ureq calls on its behalf runs on the thread that made it.

use std::cell::RefCell;
use std::mem;
use std::sync::Arc;

use super::connection::Connection;

thread_local! {
    static CURRENT: RefCell<RequestContext> = const { RefCell::new(RequestContext::new(0)) };
}

/// The state of this thread's request and its response.
struct RequestContext {
    /// The length of the request's body.
    body_len: u64,
    /// The number of response body bytes still to be read, or 0 if it is unknown.
    remaining: u64,
    /// The peer does not accept the rest of the request's body.
    sending_stopped: bool,
    /// The connection that the request was sent on, if it is plain TCP.
    connection: Option<Arc<Connection>>,
}

impl RequestContext {
    const fn new(body_len: u64) -> Self {
        Self { body_len, remaining: 0, sending_stopped: false, connection: None }
    }
}

/// The scope of one request on this thread. Restores the outer context when dropped.
#[must_use = "the context ends when the scope is dropped"]
pub(super) struct Scope {
    outer: RequestContext,
}

impl Drop for Scope {
    fn drop(&mut self) {
        CURRENT.set(mem::replace(&mut self.outer, RequestContext::new(0)));
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
    CURRENT.with_borrow(|current| current.body_len)
}

/// Sets how many bytes of the response are still to be read. Called before each read.
///
/// The body is usually read after the request's scope has ended, possibly on another thread. That is
/// harmless: the value is only a hint for the size of a buffer, and each read sets it anew.
pub(super) fn set_remaining(bytes: u64) {
    CURRENT.with_borrow_mut(|current| current.remaining = bytes);
}

/// Returns how many bytes of the response are still to be read, or 0 if it is unknown.
pub(super) fn remaining() -> u64 {
    CURRENT.with_borrow(|current| current.remaining)
}

/// Stops sending the request's body, because the peer does not accept the rest of it.
pub(super) fn stop_sending() {
    CURRENT.with_borrow_mut(|current| current.sending_stopped = true);
}

/// Returns `true` if the rest of the request's body is not sent.
pub(super) fn is_sending_stopped() -> bool {
    CURRENT.with_borrow(|current| current.sending_stopped)
}

/// Sets the connection that the request is sent on.
///
/// Every write calls this with the same connection, so only the first call stores it.
pub(super) fn set_connection(connection: &Arc<Connection>) {
    CURRENT.with_borrow_mut(|current| {
        current.connection.get_or_insert_with(|| Arc::clone(connection));
    });
}

/// Takes the connection that the request was sent on.
#[must_use = "the context no longer has the connection"]
pub(super) fn take_connection() -> Option<Arc<Connection>> {
    CURRENT.with_borrow_mut(|current| current.connection.take())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nested_request_does_not_change_the_outer_one() {
        let outer = begin(7);
        let inner = begin(3);
        stop_sending();
        assert!(is_sending_stopped() && body_len() == 3);
        drop(inner);
        assert!(!is_sending_stopped() && body_len() == 7);
        drop(outer);
        assert_eq!(body_len(), 0);
    }
}
