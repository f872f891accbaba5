//! The one error type: what kind of failure, what the server said, and what to do about it.

mod display;
mod making;
mod predicates;
mod signed_texts;

use std::error::Error as StdError;
use std::time::Duration;

pub(crate) use signed_texts::SignedTexts;

/// The result of every fallible call of this crate.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// What went wrong, and where.
///
/// The text (`{}`) names the operation, the bucket and the key, then what the server or the network
/// said, then what to change where that is known; the causes of [`source`](StdError::source) are in it
/// already. Neither it nor `{:?}` holds a secret key or a session token.
///
/// ```
/// # fn main() -> plain_s3::Result<()> {
/// # let client = plain_s3::Client::new(plain_s3::Config::new("http://127.0.0.1:9"))?;
/// # let read = |_: &plain_s3::Client| -> plain_s3::Result<String> { Ok(String::new()) };
/// match read(&client) {
///     Ok(text) => println!("{text}"),
///     Err(error) if error.is_not_found() => println!("nothing there yet"),
///     Err(error) => return Err(error),
/// }
/// # Ok(())
/// # }
/// ```
pub struct Error(Box<Inner>);

/// The kinds of failure, by who has to act.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// An argument or a setting cannot work. Nothing was sent.
    InvalidInput,
    /// The closure that gives the credentials failed. Nothing was sent.
    Credentials,
    /// No connection: the name, the port or the proxy failed. No request was sent.
    Connect,
    /// A connection, but no TLS: a certificate that is not trusted, or no TLS at that port. No request was sent.
    Tls,
    /// The connection was lost while a request or an answer was on its way.
    Network,
    /// The server was silent for longer than a timeout allows.
    Timeout,
    /// The server answered with an S3 error; see [`Error::status`] and [`Error::code`].
    Server,
    /// The answer is not what S3 sends here: HTML, malformed XML, a missing length.
    UnexpectedResponse,
    /// Bytes are missing or differ from what the other side announced.
    Integrity,
    /// A local file, or a reader or writer of the caller's, failed.
    LocalIo,
    /// Some keys of a call that takes many failed; see [`Error::failures`].
    PartialFailure,
}

/// One key that a call over many keys could not handle.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct KeyFailure {
    /// The key of the object.
    pub key: String,
    /// The version that was named, if one was.
    pub version_id: Option<String>,
    /// The server's error code, such as `AccessDenied`.
    pub code: String,
    /// The server's words, often empty.
    pub message: String,
}

impl KeyFailure {
    /// The failure of one key that the server refused; any other error is for the whole call, and comes back.
    pub(crate) fn of(key: &str, version_id: Option<&str>, error: Error) -> Result<Self> {
        if error.kind() != ErrorKind::Server || error.is_no_such_bucket() {
            return Err(error);
        }
        Ok(Self {
            key: key.to_owned(),
            version_id: version_id.map(str::to_owned),
            code: error.code().unwrap_or_default().to_owned(),
            message: error.message().unwrap_or_default().to_owned(),
        })
    }
}

/// What the server said of the failure.
#[derive(Clone, Debug, Default)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) code: Option<String>,
    pub(crate) message: Option<String>,
    pub(crate) request_id: Option<String>,
    pub(crate) host_id: Option<String>,
    pub(crate) resource: Option<String>,
    /// The region or endpoint that the server names as the right one.
    pub(crate) region: Option<String>,
    pub(crate) location: Option<String>,
    pub(crate) retry_after: Option<Duration>,
    /// The server's `Date` header, as it came.
    pub(crate) date: Option<String>,
    /// What the server says should have been signed.
    pub(crate) expected: Option<SignedTexts>,
}

#[derive(Debug)]
struct Inner {
    kind: ErrorKind,
    context: String,
    message: String,
    hint: Option<String>,
    answer: Option<Answer>,
    signed: Option<SignedTexts>,
    failures: Vec<KeyFailure>,
    upload_id: Option<String>,
    /// The answer was cut short or came from something in between, so that the next one may be right.
    malformed: bool,
    /// The request was not sent.
    unsent: bool,
    /// An earlier attempt of the call may have been carried out, though its answer did not say so.
    after_unknown_outcome: bool,
    source: Option<Box<dyn StdError + Send + Sync>>,
}

impl Error {
    /// Returns the kind of failure.
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// Returns the HTTP status where the server answered.
    pub fn status(&self) -> Option<u16> {
        self.0.answer.as_ref().map(|a| a.status)
    }

    /// Returns the server's error code, such as `NoSuchKey`.
    ///
    /// An answer without a body (every HEAD) gets the code that its status stands for.
    pub fn code(&self) -> Option<&str> {
        self.0.answer.as_ref()?.code.as_deref()
    }

    /// Returns the server's own words, where it sent any.
    pub fn message(&self) -> Option<&str> {
        self.0.answer.as_ref()?.message.as_deref()
    }

    /// Returns the id under which the server's operators find the request in their logs.
    pub fn request_id(&self) -> Option<&str> {
        self.0.answer.as_ref()?.request_id.as_deref()
    }

    /// Returns the `HostId`, the second id that some servers give.
    pub fn host_id(&self) -> Option<&str> {
        self.0.answer.as_ref()?.host_id.as_deref()
    }

    /// Returns the bucket or object the server speaks of, where it names one.
    pub fn resource(&self) -> Option<&str> {
        self.0.answer.as_ref()?.resource.as_deref()
    }

    /// Returns the sentence that says what to change, where the cause is known.
    pub fn hint(&self) -> Option<&str> {
        self.0.hint.as_deref()
    }

    /// Returns the string to sign of this crate, where the server refused the signature.
    pub fn string_to_sign(&self) -> Option<&str> {
        Some(&self.0.signed.as_ref()?.string_to_sign)
    }

    /// Returns the canonical request of this crate, where the server refused a Signature V4.
    pub fn canonical_request(&self) -> Option<&str> {
        self.0.signed.as_ref()?.canonical_request.as_deref()
    }

    /// Returns the string to sign that the server expected, where it refused the signature and says so.
    pub fn server_string_to_sign(&self) -> Option<&str> {
        Some(&self.0.answer.as_ref()?.expected.as_ref()?.string_to_sign)
    }

    /// Returns the canonical request that the server expected, where it says so.
    pub fn server_canonical_request(&self) -> Option<&str> {
        self.0.answer.as_ref()?.expected.as_ref()?.canonical_request.as_deref()
    }

    /// Returns the keys that failed in a call over many keys; all others were handled.
    pub fn failures(&self) -> &[KeyFailure] {
        &self.0.failures
    }

    /// Returns the id of the multipart upload whose parts a failed upload has left on the server.
    pub fn upload_id(&self) -> Option<&str> {
        self.0.upload_id.as_deref()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_is_small_and_may_cross_threads() {
        fn crosses<T: Send + Sync + 'static>() {}
        crosses::<Error>();
        assert_eq!(size_of::<Error>(), size_of::<usize>());
    }

    #[test]
    fn busy_servers_and_lost_connections_are_retryable_and_refusals_are_not() {
        let server = |status, code: &str| {
            let answer = Answer { status, code: Some(code.into()), ..Answer::default() };
            Error::server(ErrorKind::Server, answer, "")
        };
        for (status, code) in
            [(503, "SlowDown"), (500, "InternalError"), (400, "RequestTimeout"), (200, "SlowDown")]
        {
            assert!(server(status, code).is_retryable(), "{status} {code}");
        }
        for (status, code) in
            [(403, "AccessDenied"), (404, "NoSuchKey"), (409, "BucketNotEmpty"), (501, "NotImplemented")]
        {
            assert!(!server(status, code).is_retryable(), "{status} {code}");
        }
        assert!(Error::new(ErrorKind::Network, "").is_retryable());
        assert!(!Error::invalid("").is_retryable());
    }
}
