//! The time limits of one attempt.

use std::time::{Duration, Instant};

/// How long one attempt may take.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    /// How long to wait for the server to send or accept data.
    pub(crate) idle: Duration,
    /// When the whole call must be finished, if it has a time limit.
    pub(crate) deadline: Option<Instant>,
    /// The call timeout that the deadline was computed from, for the error text.
    pub(crate) total: Duration,
}
