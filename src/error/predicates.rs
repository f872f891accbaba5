//! Predicates for errors that programs commonly handle.

use super::{Error, ErrorKind, KeyFailure, Outcome, names_object_lock, transient};

/// If a call for many keys failed, a predicate returns `true` if it is `true` of every key that failed.
impl Error {
    /// Returns `true` if the bucket, object, version or upload does not exist (404).
    pub fn is_not_found(&self) -> bool {
        self.status() == Some(404) || self.every_key(KeyFailure::is_not_found)
    }

    /// Returns `true` if the bucket itself does not exist.
    ///
    /// ```
    /// # let client = include!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/documentation/client.rs"));
    /// let error = client.get_object("no-such-bucket", "hello.txt").unwrap_err();
    /// assert!(error.is_no_such_bucket() && error.is_not_found());
    /// # Ok::<(), plain_s3::Error>(())
    /// ```
    pub fn is_no_such_bucket(&self) -> bool {
        self.code() == Some("NoSuchBucket")
    }

    /// Returns `true` if the server denied access (403 or 401), whatever the reason.
    ///
    /// ```
    /// # let client = include!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/documentation/client.rs"));
    /// # use plain_s3::{Client, Config};
    /// # let endpoint = std::env::var("S3_ENDPOINT").unwrap();
    /// let anonymous = Client::new(Config::new(endpoint).anonymous())?;
    /// assert!(anonymous.get_object("my-new-bucket", "hello.txt").unwrap_err().is_access_denied());
    /// # Ok::<(), plain_s3::Error>(())
    /// ```
    pub fn is_access_denied(&self) -> bool {
        matches!(self.status(), Some(401 | 403)) || self.every_key(KeyFailure::is_access_denied)
    }

    /// Returns `true` if a bucket cannot be deleted because it still contains objects, versions or uploads.
    ///
    /// ```
    /// # let client = include!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/documentation/client.rs"));
    /// assert!(client.delete_bucket("my-new-bucket").unwrap_err().is_bucket_not_empty());
    /// # Ok::<(), plain_s3::Error>(())
    /// ```
    pub fn is_bucket_not_empty(&self) -> bool {
        self.code() == Some("BucketNotEmpty")
    }

    /// Returns `true` if the bucket name is already taken, by another owner or by you.
    ///
    /// ```
    /// let error = plain_s3::Error::server(409, "BucketAlreadyExists");
    /// assert!(error.is_bucket_already_exists());
    /// ```
    pub fn is_bucket_already_exists(&self) -> bool {
        matches!(self.code(), Some("BucketAlreadyExists" | "BucketAlreadyOwnedByYou"))
    }

    /// Returns `true` if a condition such as `If-Match` or `If-None-Match: *` failed (412).
    ///
    /// ```
    /// # let client = include!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/documentation/client.rs"));
    /// use plain_s3::PutObjectOptions;
    ///
    /// let new = PutObjectOptions::new().if_none_exists();
    /// let error = client.put_object_with("my-new-bucket", "hello.txt", "Hello!", &new).unwrap_err();
    /// assert!(error.is_precondition_failed());
    /// # Ok::<(), plain_s3::Error>(())
    /// ```
    pub fn is_precondition_failed(&self) -> bool {
        self.status() == Some(412)
    }

    /// Returns `true` if the object has not changed (304 Not Modified).
    ///
    /// ```
    /// # let client = include!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/documentation/client.rs"));
    /// use plain_s3::GetObjectOptions;
    ///
    /// let e_tag = client.head_object("my-new-bucket", "hello.txt")?.e_tag.unwrap();
    /// let changed = GetObjectOptions::new().if_none_match(e_tag);
    /// let error = client.get_object_with("my-new-bucket", "hello.txt", &changed).unwrap_err();
    /// assert!(error.is_not_modified());
    /// # Ok::<(), plain_s3::Error>(())
    /// ```
    pub fn is_not_modified(&self) -> bool {
        self.status() == Some(304)
    }

    /// Returns `true` if the requested range lies outside the object (416).
    ///
    /// ```
    /// # let client = include!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/documentation/client.rs"));
    /// use plain_s3::GetObjectOptions;
    ///
    /// let after_end = GetObjectOptions::new().range(1000..);
    /// let error = client.get_object_with("my-new-bucket", "hello.txt", &after_end).unwrap_err();
    /// assert!(error.is_invalid_range());
    /// # Ok::<(), plain_s3::Error>(())
    /// ```
    pub fn is_invalid_range(&self) -> bool {
        self.status() == Some(416)
    }

    /// Returns `true` if the server does not implement the operation or has disabled it (501 or 405).
    ///
    /// ```
    /// let error = plain_s3::Error::server(501, "NotImplemented");
    /// assert!(error.is_not_implemented());
    /// ```
    pub fn is_not_implemented(&self) -> bool {
        matches!(self.status(), Some(405 | 501)) || self.code() == Some("NotImplemented")
    }

    /// Returns `true` if one of the client's own timeouts ended the call.
    pub fn is_timeout(&self) -> bool {
        self.kind() == ErrorKind::Timeout
    }

    /// Returns `true` if a progress callback cancelled the call.
    ///
    /// ```
    /// # let client = include!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/documentation/client.rs"));
    /// use std::ops::ControlFlow;
    ///
    /// use plain_s3::DownloadOptions;
    ///
    /// let stop = DownloadOptions::new().progress(|_, _| ControlFlow::Break(()));
    /// let error = client.download_file_with("my-new-bucket", "backup.tar", "backup.tar", &stop).unwrap_err();
    /// assert!(error.is_cancelled());
    /// # Ok::<(), plain_s3::Error>(())
    /// ```
    pub fn is_cancelled(&self) -> bool {
        self.kind() == ErrorKind::Cancelled
    }

    /// Returns `true` if the same call may succeed later: the connection was lost, or the server is busy.
    ///
    /// The client has already retried the call according to its [`RetryPolicy`](crate::RetryPolicy), unless
    /// the body could not be read again.
    pub fn is_retryable(&self) -> bool {
        match self.kind() {
            ErrorKind::Network | ErrorKind::Timeout => true,
            // A proxy that does not allow the connection, and a name that does not exist, stay that way.
            ErrorKind::Connect => self.outcome() != Outcome::Refused,
            ErrorKind::UnexpectedResponse => self.outcome() == Outcome::Unknown || self.is_transient(),
            ErrorKind::Server => self.is_transient(),
            ErrorKind::PartialFailure => self.every_key(KeyFailure::is_retryable),
            _ => false,
        }
    }

    /// Returns `true` if Object Lock protects the object or, if a call for many keys failed, at least one of
    /// the objects, as far as the server names the reason.
    ///
    /// ```
    /// # let client = include!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/documentation/client.rs"));
    /// use plain_s3::{DeleteObjectOptions, LegalHold};
    ///
    /// client.put_object_legal_hold("my-archive", "contract.pdf", LegalHold::On)?;
    /// let version_id = client.head_object("my-archive", "contract.pdf")?.version_id.unwrap();
    /// let held = DeleteObjectOptions::new().version_id(version_id);
    /// let error = client.delete_object_with("my-archive", "contract.pdf", &held).unwrap_err();
    /// println!("{} {error}", error.is_object_locked());
    /// client.put_object_legal_hold("my-archive", "contract.pdf", LegalHold::Off)?;
    /// # Ok::<(), plain_s3::Error>(())
    /// ```
    pub fn is_object_locked(&self) -> bool {
        let named = |text: Option<&str>| text.is_some_and(names_object_lock);
        let refused = matches!(self.status(), Some(400 | 403 | 409));
        refused && (named(self.code()) || named(self.message()))
            || self.failures().iter().any(KeyFailure::is_object_locked)
    }

    fn every_key(&self, predicate: fn(&KeyFailure) -> bool) -> bool {
        self.kind() == ErrorKind::PartialFailure
            && !self.failures().is_empty()
            && self.failures().iter().all(predicate)
    }

    fn is_transient(&self) -> bool {
        self.status().is_some_and(|status| transient::is_transient(status, self.code()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn predicates_of_an_error_hold_if_they_hold_for_every_key() {
        let error = |codes: &[&str]| {
            Error::partial("", codes.iter().map(|code| KeyFailure::new("k", *code)).collect())
        };
        assert!(error(&["AccessDenied", "AccessDenied"]).is_access_denied());
        assert!(!error(&["AccessDenied", "InternalError"]).is_access_denied());
        assert!(error(&["SlowDown", "InternalError"]).is_retryable());
        assert!(!error(&[]).is_access_denied() && !error(&[]).is_retryable());
        assert!(error(&["NoSuchVersion"]).is_not_found());
        assert!(error(&["AccessDenied", "FileImmutable"]).is_object_locked());
    }
}
