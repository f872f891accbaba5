//! Idle connections whose last response was read without ureq.
//!
//! ureq returns a connection to its own pool only if it has read the body itself. A connection that was read
//! past ureq looks unfinished to it and is dropped, so such connections are kept here for the next request.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::connection::Connection;

// The limits are the ones that ureq's pool has for one host.

/// How many idle connections are kept.
const MAX_IDLE: usize = 3;
/// How long an idle connection is kept.
const MAX_AGE: Duration = Duration::from_secs(15);

/// The idle connections of a client, oldest first. Clones share them.
#[derive(Clone, Debug, Default)]
pub(super) struct IdlePool(Arc<Mutex<Vec<IdleSince>>>);

type IdleSince = (Arc<Connection>, Instant);

impl IdlePool {
    /// Adds a connection whose response has been read completely.
    pub(super) fn put(&self, connection: Arc<Connection>) {
        // The list is consistent between any two of its method calls, so a poisoned lock is harmless.
        let mut idle = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        idle.retain(|(_, since)| since.elapsed() < MAX_AGE);
        if idle.len() == MAX_IDLE {
            idle.remove(0);
        }
        idle.push((connection, Instant::now()));
    }

    /// Takes the most recently used connection to this host and port that is still open.
    #[must_use = "dropping the connection closes it"]
    pub(super) fn take(&self, authority: &str) -> Option<Arc<Connection>> {
        let mut idle = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        idle.retain(|(_, since)| since.elapsed() < MAX_AGE);
        // The server may have closed any of them in the meantime. Those are dropped on the way.
        while let Some(i) = idle.iter().rposition(|(connection, _)| connection.authority() == authority) {
            let (connection, _) = idle.remove(i);
            if connection.is_open() {
                return Some(connection);
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::*;
    use crate::transport::connection::pair;

    #[test]
    fn open_connections_are_taken_by_host_newest_first() {
        let idle = IdlePool::default();
        let mut peers = Vec::new();
        for authority in ["a:80", "b:80", "a:80"] {
            let (connection, peer) = pair(authority);
            idle.put(Arc::clone(&connection));
            peers.push((connection, peer));
        }
        let taken =
            |authority| idle.take(authority).map(|connection| connection.stream.local_addr().unwrap());
        assert_eq!(taken("c:80"), None);
        assert_eq!(taken("a:80"), Some(peers[2].0.stream.local_addr().unwrap()));
        let (closed, peer) = peers.remove(0);
        drop(peer);
        assert_eq!(closed.stream.peek(&mut [0]).unwrap(), 0); // the end of the stream has arrived
        assert_eq!(taken("a:80"), None);
        let (dirty, peer) = &mut peers[0];
        peer.write_all(b"unexpected").unwrap();
        assert_eq!(dirty.stream.peek(&mut [0]).unwrap(), 1);
        assert_eq!(taken("b:80"), None);
    }

    #[test]
    fn at_most_three_connections_are_kept() {
        let idle = IdlePool::default();
        let mut peers = Vec::new();
        for _ in 0..5 {
            let (connection, peer) = pair("a:80");
            peers.push(peer);
            idle.put(connection);
        }
        assert_eq!(std::iter::from_fn(|| idle.take("a:80")).count(), MAX_IDLE);
    }
}
