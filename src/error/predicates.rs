//! Predicates for errors that programs commonly handle.

use super::{Error, ErrorKind, Outcome, transient};

impl Error {
    /// Returns `true` if the bucket, object, version or upload does not exist (404).
    pub fn is_not_found(&self) -> bool {
        self.status() == Some(404)
    }

    /// Returns `true` if the bucket itself does not exist.
    pub fn is_no_such_bucket(&self) -> bool {
        self.code() == Some("NoSuchBucket")
    }

    /// Returns `true` if the server denied access (403 or 401), whatever the reason.
    pub fn is_access_denied(&self) -> bool {
        matches!(self.status(), Some(401 | 403))
    }

    /// Returns `true` if a bucket cannot be deleted because it still contains objects, versions or uploads.
    pub fn is_bucket_not_empty(&self) -> bool {
        self.code() == Some("BucketNotEmpty")
    }

    /// Returns `true` if the bucket name is already taken, by another owner or by you.
    pub fn is_bucket_already_exists(&self) -> bool {
        matches!(self.code(), Some("BucketAlreadyExists" | "BucketAlreadyOwnedByYou"))
    }

    /// Returns `true` if a condition such as `If-Match` or `If-None-Match: *` failed (412).
    pub fn is_precondition_failed(&self) -> bool {
        self.status() == Some(412)
    }

    /// Returns `true` if the object has not changed (304 Not Modified).
    pub fn is_not_modified(&self) -> bool {
        self.status() == Some(304)
    }

    /// Returns `true` if the requested range lies outside the object (416).
    pub fn is_invalid_range(&self) -> bool {
        self.status() == Some(416)
    }

    /// Returns `true` if the server does not implement the operation or has disabled it (501 or 405).
    pub fn is_not_implemented(&self) -> bool {
        matches!(self.status(), Some(405 | 501)) || self.code() == Some("NotImplemented")
    }

    /// Returns `true` if one of the client's own timeouts ended the call.
    pub fn is_timeout(&self) -> bool {
        self.kind() == ErrorKind::Timeout
    }

    /// Returns `true` if a progress callback cancelled the call.
    pub fn is_cancelled(&self) -> bool {
        self.kind() == ErrorKind::Cancelled
    }

    /// Returns `true` if the same call may succeed later: the connection was lost, or the server is busy.
    ///
    /// The client has already retried the call according to its [`RetryPolicy`](crate::RetryPolicy), unless
    /// the body could not be read again.
    pub fn is_retryable(&self) -> bool {
        match self.kind() {
            ErrorKind::Connect | ErrorKind::Network | ErrorKind::Timeout => true,
            ErrorKind::UnexpectedResponse => self.outcome() == Outcome::Unknown || self.is_transient(),
            ErrorKind::Server => self.is_transient(),
            _ => false,
        }
    }

    fn is_transient(&self) -> bool {
        self.status().is_some_and(|status| transient::is_transient(status, self.code()))
    }
}
