//! The time limits of one attempt.

use std::time::{Duration, Instant};

use ureq::unversioned::transport::time::Duration as UreqDuration;

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

/// Returns what is left of a limit that started to run at this time.
pub(super) fn left(limit: UreqDuration, since: Instant) -> UreqDuration {
    match limit {
        UreqDuration::Exact(limit) => UreqDuration::Exact(limit.saturating_sub(since.elapsed())),
        UreqDuration::NotHappening => UreqDuration::NotHappening,
    }
}
