//! The failure of a single key in a call for many keys.

use super::transient;

/// A key that a call for many keys could not process.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct KeyFailure {
    /// The key of the object.
    pub key: String,
    /// The version ID, if the request specified one.
    pub version_id: Option<String>,
    /// The server's error code, such as `AccessDenied`. If a folder was transferred, the failure may also be a
    /// local one: then this is the name of its [`ErrorKind`](crate::ErrorKind), or empty if the name of the file
    /// is the problem.
    pub code: String,
    /// The server's message, often empty, or the text of the local error.
    pub message: String,
}

impl KeyFailure {
    /// Creates a failure without a version ID or a message, for tests of code that handles failures.
    pub fn new(key: impl Into<String>, code: impl Into<String>) -> Self {
        Self { key: key.into(), version_id: None, code: code.into(), message: String::new() }
    }

    /// Describes the failure within a longer text, without a full stop at the end: `"a": AccessDenied: Access Denied`.
    pub(crate) fn describe(&self) -> String {
        let Self { key, code, message, .. } = self;
        // the text of a local error and of another call contains its code
        let code = if message.contains(code.as_str()) { "" } else { code.as_str() };
        let separator = if code.is_empty() || message.is_empty() { "" } else { ": " };
        format!("{key:?}: {code}{separator}{}", message.trim_end_matches('.'))
    }

    /// Returns `true` if the server denied access to this key.
    ///
    /// ```
    /// use plain_s3::KeyFailure;
    ///
    /// let failure = KeyFailure::new("audit.log", "AccessDenied");
    /// assert!(failure.is_access_denied() && !failure.is_object_locked());
    /// ```
    pub fn is_access_denied(&self) -> bool {
        matches!(self.code.as_str(), "AccessDenied" | "AccessForbidden" | "AllAccessDisabled" | "Forbidden")
    }

    /// Returns `true` if Object Lock protects this version, as far as the server names the reason.
    pub fn is_object_locked(&self) -> bool {
        names_object_lock(&self.code) || names_object_lock(&self.message)
    }

    /// Returns `true` if the object or the version does not exist.
    pub fn is_not_found(&self) -> bool {
        matches!(self.code.as_str(), "NoSuchKey" | "NoSuchVersion" | "NoSuchUpload" | "NotFound")
    }

    /// Returns `true` if the same call may succeed later, because the server is busy or failed internally.
    pub fn is_retryable(&self) -> bool {
        transient::is_transient(200, Some(&self.code))
    }
}

/// Returns `true` if an error code or a message names Object Lock as the reason of a failure.
pub(crate) fn names_object_lock(text: &str) -> bool {
    const NAMES: [&str; 9] = [
        "by object lock", // AWS, B2, Ceph, moto
        "object is locked",
        "objectlocked",
        "worm protected", // MinIO
        "under legal hold",
        "under a legal hold",
        "retentionpolicynotmet", // GCS
        "underactivehold",       // GCS
        "fileimmutable",         // OSS
    ];
    let text = text.to_ascii_lowercase();
    NAMES.iter().any(|name| text.contains(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn object_lock_is_recognised_in_the_words_of_each_server() {
        for (code, message) in [
            ("AccessDenied", "Access Denied because object protected by object lock."),
            ("AccessDenied", "forbidden by object lock"),
            ("InvalidRequest", "Object is WORM protected and cannot be overwritten"),
            ("ObjectLocked", "The object is under a legal hold"),
            ("FileImmutable", ""),
        ] {
            let failure = KeyFailure { message: message.to_owned(), ..KeyFailure::new("k", code) };
            assert!(failure.is_object_locked(), "{failure:?}");
        }
        for (code, message) in
            [("AccessDenied", ""), ("InvalidRequest", "Bucket is missing Object Lock Configuration")]
        {
            let failure = KeyFailure { message: message.to_owned(), ..KeyFailure::new("k", code) };
            assert!(!failure.is_object_locked(), "{failure:?}");
        }
    }
}
