//! What is known about the effect of a failed call on the server.

/// Whether the server carried out a request that failed.
///
/// A retry after [`Unknown`](Self::Unknown) may find its own work: a bucket that already exists, an upload
/// that is already gone. Whoever handles such an error has to look before reporting it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// No complete request reached the server.
    NotSent,
    /// The server responded, and did not do what was requested.
    Refused,
    /// The request may have been carried out: its response was lost, or came from something in between.
    Unknown,
}
