//! The questions that programs ask of an error.

use super::{Error, ErrorKind};

impl Error {
    /// True where the bucket, the object, the version or the upload does not exist (404).
    pub fn is_not_found(&self) -> bool {
        self.status() == Some(404)
    }

    /// True where the bucket itself does not exist.
    pub fn is_no_such_bucket(&self) -> bool {
        self.code() == Some("NoSuchBucket")
    }

    /// True where the server refuses these credentials this action (403), whatever the reason.
    pub fn is_access_denied(&self) -> bool {
        matches!(self.status(), Some(401 | 403))
    }

    /// True where a bucket cannot be deleted because objects are left in it.
    pub fn is_bucket_not_empty(&self) -> bool {
        self.code() == Some("BucketNotEmpty")
    }

    /// True where the bucket's name is taken, by another owner or by yourself.
    pub fn is_bucket_already_exists(&self) -> bool {
        matches!(self.code(), Some("BucketAlreadyExists" | "BucketAlreadyOwnedByYou"))
    }

    /// True where a condition such as `If-Match` or `If-None-Match: *` did not hold (412).
    pub fn is_precondition_failed(&self) -> bool {
        self.status() == Some(412)
    }

    /// True where the object is what the caller has already (304).
    pub fn is_not_modified(&self) -> bool {
        self.status() == Some(304)
    }

    /// True where the requested range lies outside of the object (416).
    pub fn is_invalid_range(&self) -> bool {
        self.status() == Some(416)
    }

    /// True where the server does not have this function, or has it switched off (501, 405).
    pub fn is_not_implemented(&self) -> bool {
        matches!(self.status(), Some(405 | 501)) || self.code() == Some("NotImplemented")
    }

    /// True where a timeout of this client ended the call.
    pub fn is_timeout(&self) -> bool {
        self.kind() == ErrorKind::Timeout
    }

    /// True where the same call may well succeed later: a lost connection, a busy server.
    ///
    /// The client has then already repeated the call as its [`RetryPolicy`](crate::RetryPolicy) says,
    /// unless the body could not be read a second time.
    pub fn is_retryable(&self) -> bool {
        match self.kind() {
            ErrorKind::Connect | ErrorKind::Network | ErrorKind::Timeout => true,
            ErrorKind::Server | ErrorKind::UnexpectedResponse => {
                self.0.malformed || self.answer_is_transient()
            }
            _ => false,
        }
    }

    fn answer_is_transient(&self) -> bool {
        let Some(answer) = &self.0.answer else { return false };
        matches!(answer.status, 429 | 500 | 502 | 503 | 504)
            || matches!(
                answer.code.as_deref(),
                Some("SlowDown" | "InternalError" | "RequestTimeout" | "ServiceUnavailable")
            )
    }
}
