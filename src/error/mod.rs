//! The error type: what failed, what the server reported, and what to do about it.

mod display;
mod io;
mod key_failure;
mod local_advice;
mod outcome;
mod predicates;
mod signed_texts;
mod transient;

use std::error::Error as StdError;
use std::time::Duration;

use crate::operation::Operation;
use crate::printable;
pub use key_failure::KeyFailure;
pub(crate) use key_failure::names_object_lock;
use local_advice::local_advice;
pub(crate) use outcome::Outcome;
pub(crate) use signed_texts::SignedTexts;

/// The largest message that an error keeps, in bytes.
const MAX_MESSAGE: usize = 4 << 10;

/// A `Result` whose error is this crate's [`Error`] by default.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// The error type of this crate.
///
/// `Display` prints one line: the method that was called with its bucket and key, the request that failed if it
/// has another name, what happened, and what to do about it if the cause is known:
/// `upload_file my-bucket/backup.tar (UploadPart, part 3): 403 AccessDenied …`. It has at most 2 KiB and no control
/// characters, whatever the server or the key contains. No secret key and no session token appears in it or in
/// `{:?}`.
///
/// The line includes the text of the underlying error, such as that of a local file, which
/// [`get_ref`](Self::get_ref) returns. [`source`](StdError::source) returns only what comes after it, so that
/// a report of the whole chain, as `anyhow` prints it, contains nothing twice.
///
/// Programs call [`is_not_found`](Self::is_not_found) and similar methods, or check [`kind`](Self::kind),
/// [`status`](Self::status) and [`code`](Self::code).
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

/// The kind of an [`Error`]: what failed, and at which stage of the call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// An argument or a setting is invalid. Nothing was sent.
    InvalidInput,
    /// The credentials provider failed. Nothing was sent.
    Credentials,
    /// Connecting failed: the host name, the port or the proxy. No request was sent.
    Connect,
    /// The TLS handshake failed: the certificate is not trusted, or the port does not speak TLS. No request
    /// was sent.
    Tls,
    /// The connection was lost while a request or a response was being transferred.
    Network,
    /// A timeout expired.
    Timeout,
    /// The server returned an S3 error; see [`Error::status`] and [`Error::code`].
    Server,
    /// The response is not a valid S3 response: HTML, malformed XML, or a missing length.
    UnexpectedResponse,
    /// The content is incomplete or has changed, or its MD5 differs from the expected one.
    Integrity,
    /// A local file could not be read or written, or a reader or writer passed by the caller failed.
    LocalIo,
    /// A call for many keys failed for some of them; see [`Error::failures`].
    PartialFailure,
    /// A progress callback cancelled the call.
    Cancelled,
}

/// What the server reported about a failure.
#[derive(Clone, Debug, Default)]
pub(crate) struct ErrorResponse {
    pub(crate) status: u16,
    pub(crate) code: Option<String>,
    pub(crate) message: Option<String>,
    pub(crate) request_id: Option<String>,
    pub(crate) host_id: Option<String>,
    pub(crate) resource: Option<String>,
    /// The correct region, if the server reported it.
    pub(crate) region: Option<String>,
    /// The correct endpoint, if the server reported it.
    pub(crate) location: Option<String>,
    pub(crate) retry_after: Option<Duration>,
    /// The `Date` header as received.
    pub(crate) date: Option<String>,
    /// The texts that the server expected to be signed.
    pub(crate) expected: Option<SignedTexts>,
}

#[derive(Debug)]
struct Inner {
    kind: ErrorKind,
    /// The method that the caller called, if it sends requests with other names: `upload_file my-bucket/hello.txt`.
    call: Option<Operation>,
    /// What failed in it: the request, or the method itself.
    failed: Option<Operation>,
    message: String,
    hint: Option<String>,
    outcome: Outcome,
    /// Whether an earlier attempt of the call may have been executed.
    retried: bool,
    response: Option<ErrorResponse>,
    signed: Option<SignedTexts>,
    failures: Vec<KeyFailure>,
    upload_id: Option<String>,
    proxy_status: Option<u16>,
    source: Option<Box<dyn StdError + Send + Sync>>,
}

impl Error {
    /// Creates an error of the given kind, for tests of code that handles errors.
    ///
    /// ```
    /// use plain_s3::{Error, ErrorKind};
    ///
    /// let error = Error::new(ErrorKind::Timeout, "no response for 60 s");
    /// assert!(error.is_timeout() && error.is_retryable());
    /// ```
    pub fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self(Box::new(Inner {
            kind,
            call: None,
            failed: None,
            message: printable::truncate(message.into(), MAX_MESSAGE),
            hint: None,
            outcome: kind.outcome(),
            retried: false,
            response: None,
            signed: None,
            failures: Vec::new(),
            upload_id: None,
            proxy_status: None,
            source: None,
        }))
    }

    /// Creates an error of the kind `Server` from an HTTP status and an S3 error code, for tests of code that
    /// handles errors.
    ///
    /// ```
    /// let error = plain_s3::Error::server(404, "NoSuchKey");
    /// assert!(error.is_not_found());
    /// assert_eq!(error.to_string(), "404 NoSuchKey");
    /// ```
    pub fn server(status: u16, code: &str) -> Self {
        let response = ErrorResponse { status, code: Some(code.to_owned()), ..ErrorResponse::default() };
        Self::from_response(ErrorKind::Server, response, format!("{status} {code}"))
    }

    /// Returns the kind of failure.
    ///
    /// ```
    /// # let client = include!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/documentation/client.rs"));
    /// use plain_s3::ErrorKind;
    ///
    /// let error = client.get_object("my-new-bucket", "missing.txt").unwrap_err();
    /// assert_eq!(error.kind(), ErrorKind::Server);
    /// assert_eq!((error.status(), error.code()), (Some(404), Some("NoSuchKey")));
    /// println!("{:?} {:?} {:?}", error.resource(), error.request_id(), error.host_id());
    /// println!("{}", error.hint().unwrap_or("no hint"));
    /// assert_eq!(error.proxy_status(), None, "the server itself responded");
    /// # Ok::<(), plain_s3::Error>(())
    /// ```
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// Returns the HTTP status, if the server responded.
    pub fn status(&self) -> Option<u16> {
        Some(self.response()?.status)
    }

    /// Returns the server's error code, such as `NoSuchKey`.
    ///
    /// If the response has no body, as with HEAD, this is the usual code for its status.
    pub fn code(&self) -> Option<&str> {
        self.response()?.code.as_deref()
    }

    /// Returns the server's own message, if it sent one.
    pub fn message(&self) -> Option<&str> {
        self.response()?.message.as_deref()
    }

    /// Returns the request ID, with which the operators of the server can find the request in their logs.
    pub fn request_id(&self) -> Option<&str> {
        self.response()?.request_id.as_deref()
    }

    /// Returns the host ID, a second identifier that some servers send.
    pub fn host_id(&self) -> Option<&str> {
        self.response()?.host_id.as_deref()
    }

    /// Returns the bucket or object that the server named in its response.
    pub fn resource(&self) -> Option<&str> {
        self.response()?.resource.as_deref()
    }

    /// Returns the HTTP status with which a proxy rejected the request or the connection.
    ///
    /// [`status`](Self::status) is `None` in this case, because the server did not respond.
    pub fn proxy_status(&self) -> Option<u16> {
        self.0.proxy_status
    }

    /// Returns the hint on what to do about the error, if the cause is known.
    pub fn hint(&self) -> Option<&str> {
        self.0.hint.as_deref()
    }

    /// Returns the string that this crate signed, if the server rejected the signature.
    ///
    /// ```
    /// # let client = include!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/documentation/client.rs"));
    /// # use plain_s3::{Client, Config, Credentials};
    /// # let access_key = std::env::var("AWS_ACCESS_KEY_ID").unwrap();
    /// let wrong = Config::from_env()?.credentials(Credentials::new(access_key, "not the secret key"));
    /// let error = Client::new(wrong)?.list_buckets().unwrap_err();
    /// println!("this client signed {:?} for {:?}", error.string_to_sign(), error.canonical_request());
    /// println!("the server expected {:?}", error.server_string_to_sign());
    /// println!("the server expected {:?}", error.server_canonical_request());
    /// # Ok::<(), plain_s3::Error>(())
    /// ```
    pub fn string_to_sign(&self) -> Option<&str> {
        Some(&self.0.signed.as_ref()?.string_to_sign)
    }

    /// Returns the canonical request that this crate signed, if the server rejected a Signature V4.
    pub fn canonical_request(&self) -> Option<&str> {
        self.0.signed.as_ref()?.canonical_request.as_deref()
    }

    /// Returns the string that the server expected to be signed, if it rejected the signature and sent it.
    pub fn server_string_to_sign(&self) -> Option<&str> {
        Some(&self.response()?.expected.as_ref()?.string_to_sign)
    }

    /// Returns the canonical request that the server expected, if it rejected the signature and sent it.
    pub fn server_canonical_request(&self) -> Option<&str> {
        self.response()?.expected.as_ref()?.canonical_request.as_deref()
    }

    /// Returns the underlying error, whose text is part of `Display`: that of a local file, of a reader or
    /// writer passed by the caller, of the credentials closure or of the connection.
    ///
    /// ```
    /// use plain_s3::Error;
    ///
    /// let error = Error::from(std::io::Error::other("disk full"));
    /// let cause = error.get_ref().and_then(|cause| cause.downcast_ref::<std::io::Error>());
    /// assert_eq!(cause.unwrap().to_string(), "disk full");
    /// ```
    pub fn get_ref(&self) -> Option<&(dyn StdError + Send + Sync + 'static)> {
        self.0.source.as_deref()
    }

    /// Returns the keys that a call for many keys could not process. All other keys succeeded, if the kind is
    /// [`PartialFailure`](ErrorKind::PartialFailure).
    pub fn failures(&self) -> &[KeyFailure] {
        &self.0.failures
    }

    /// Returns the ID of the multipart upload that a failed call left unfinished on the server.
    pub fn upload_id(&self) -> Option<&str> {
        self.0.upload_id.as_deref()
    }
}

impl ErrorKind {
    /// Returns what an error of this kind implies about the request unless more is known.
    fn outcome(self) -> Outcome {
        match self {
            Self::Network | Self::Timeout => Outcome::Unknown,
            Self::Server
            | Self::UnexpectedResponse
            | Self::Integrity
            | Self::PartialFailure
            | Self::Cancelled => Outcome::Refused,
            Self::InvalidInput | Self::Credentials | Self::Connect | Self::Tls | Self::LocalIo => {
                Outcome::NotSent
            }
        }
    }
}

/// Constructors and setters for use within this crate.
impl Error {
    pub(crate) fn invalid(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::InvalidInput, message)
    }

    /// Creates the error of a local file, or of a reader or writer passed by the caller.
    pub(crate) fn local(message: impl Into<String>, source: std::io::Error) -> Self {
        let mut error = Self::new(ErrorKind::LocalIo, message);
        error.0.hint = local_advice(source.kind()).map(str::to_owned);
        error.with_source(source)
    }

    pub(crate) fn from_response(
        kind: ErrorKind,
        response: ErrorResponse,
        message: impl Into<String>,
    ) -> Self {
        let mut error = Self::new(kind, message);
        error.0.response = Some(response);
        error
    }

    pub(crate) fn partial(message: impl Into<String>, failures: Vec<KeyFailure>) -> Self {
        Self::new(ErrorKind::PartialFailure, message).with_failures(failures)
    }

    /// Converts an error that concerns a single key. An error that concerns the whole call is returned as
    /// `Err`.
    pub(crate) fn into_key_failure(self, key: &str, version_id: Option<&str>) -> Result<KeyFailure> {
        if self.kind() != ErrorKind::Server || self.is_no_such_bucket() {
            return Err(self);
        }
        Ok(KeyFailure {
            version_id: version_id.map(str::to_owned),
            message: self.message().unwrap_or_default().to_owned(),
            ..KeyFailure::new(key, self.code().unwrap_or_default())
        })
    }

    pub(crate) fn with_failures(mut self, failures: Vec<KeyFailure>) -> Self {
        self.0.failures = failures;
        self
    }

    pub(crate) fn with_source(mut self, source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        self.0.source = Some(source.into());
        self
    }

    /// Sets the error of this crate that caused this one, and adopts its hint.
    pub(crate) fn with_cause(mut self, mut cause: Self) -> Self {
        self.0.hint = cause.0.hint.take();
        self.with_source(cause)
    }

    /// Adds the operation that the error belongs to. The text names the innermost one, such as a request, and the
    /// outermost one, which is the method that the caller called.
    pub(crate) fn with_context(mut self, context: impl FnOnce() -> Operation) -> Self {
        let context = context();
        match &self.0.failed {
            None => self.0.failed = Some(context),
            Some(failed) if *failed == context => {}
            Some(_) => self.0.call = Some(context),
        }
        self
    }

    /// Sets the hint, in place of a more general one.
    pub(crate) fn with_hint(mut self, hint: impl Into<String>) -> Self {
        self.0.hint = Some(hint.into());
        self
    }

    /// Adds a sentence to the hint.
    pub(crate) fn append_hint(mut self, sentence: &str) -> Self {
        self.0.hint = Some(match self.0.hint.take() {
            Some(hint) => format!("{hint} {sentence}"),
            None => sentence.to_owned(),
        });
        self
    }

    /// Sets the message of the server, which did not name the cause.
    pub(crate) fn with_server_message(mut self, message: &str) -> Self {
        if let Some(response) = &mut self.0.response {
            response.message = Some(message.to_owned());
        }
        self.0.message = format!("{}: {message}", self.0.message);
        self
    }

    pub(crate) fn with_upload_id(mut self, id: &str) -> Self {
        self.0.upload_id = Some(id.to_owned());
        self
    }

    pub(crate) fn with_signed(mut self, texts: SignedTexts) -> Self {
        self.0.signed = Some(texts);
        self
    }

    /// Returns what is known about the effect of the request that failed.
    pub(crate) fn outcome(&self) -> Outcome {
        // after a gateway timeout or an internal error, it is not known how much the server has done
        let ambiguous = self.status().is_some_and(|status| transient::is_ambiguous(status, self.code()));
        if ambiguous { Outcome::Unknown } else { self.0.outcome }
    }

    /// Returns `true` if this attempt or an earlier one may have been executed.
    pub(crate) fn is_outcome_unknown(&self) -> bool {
        self.0.retried || self.outcome() == Outcome::Unknown
    }

    /// Returns `true` if the server reported a success in a way that cannot be read.
    pub(crate) fn is_unreadable_success(&self) -> bool {
        self.kind() == ErrorKind::UnexpectedResponse
            && self.status().is_some_and(|status| (200..300).contains(&status))
    }

    /// Records whether an earlier attempt of the call may have been executed.
    pub(crate) fn after_unknown_outcome(mut self, unknown: bool) -> Self {
        self.0.retried |= unknown;
        self
    }

    fn with_outcome(mut self, outcome: Outcome) -> Self {
        self.0.outcome = outcome;
        self
    }

    /// Marks a truncated response, or one that did not come from the server, so that the call is retried.
    pub(crate) fn malformed(self) -> Self {
        self.with_outcome(Outcome::Unknown)
    }

    /// Marks a failure that another attempt would not change.
    pub(crate) fn refused(self) -> Self {
        self.with_outcome(Outcome::Refused)
    }

    pub(crate) fn with_proxy_status(mut self, status: u16) -> Self {
        self.0.proxy_status = Some(status);
        self
    }

    /// Marks a failure before the request was sent, if the kind alone does not imply it.
    pub(crate) fn not_sent(self) -> Self {
        self.with_outcome(Outcome::NotSent)
    }

    /// Returns the message without the call and the hint.
    pub(crate) fn summary(&self) -> &str {
        &self.0.message
    }

    pub(crate) fn response(&self) -> Option<&ErrorResponse> {
        self.0.response.as_ref()
    }

    pub(crate) fn response_mut(&mut self) -> Option<&mut ErrorResponse> {
        self.0.response.as_mut()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn error_is_one_pointer_and_crosses_threads() {
        fn crosses<T: Send + Sync + 'static>() {}
        crosses::<Error>();
        assert_eq!(size_of::<Error>(), size_of::<usize>());
    }

    #[test]
    fn transient_errors_are_retryable_and_permanent_ones_are_not() {
        for (status, code) in
            [(503, "SlowDown"), (500, "InternalError"), (400, "RequestTimeout"), (200, "SlowDown")]
        {
            assert!(Error::server(status, code).is_retryable(), "{status} {code}");
        }
        for (status, code) in
            [(403, "AccessDenied"), (404, "NoSuchKey"), (409, "BucketNotEmpty"), (501, "NotImplemented")]
        {
            assert!(!Error::server(status, code).is_retryable(), "{status} {code}");
        }
        assert!(Error::new(ErrorKind::Network, "").is_retryable());
        assert!(!Error::invalid("").is_retryable());
    }

    #[test]
    fn earlier_attempt_makes_the_outcome_unknown_but_nothing_retryable() {
        let unexpected = || Error::new(ErrorKind::UnexpectedResponse, "");
        assert!(!unexpected().is_retryable() && !unexpected().is_outcome_unknown());
        let retried = unexpected().after_unknown_outcome(true);
        assert!(!retried.is_retryable() && retried.is_outcome_unknown());
        assert!(unexpected().malformed().is_retryable());
    }

    #[test]
    fn key_failure_keeps_code_and_message_of_its_error() {
        let failure = Error::server(403, "AccessDenied").into_key_failure("k", Some("v")).unwrap();
        assert_eq!((failure.code.as_str(), failure.version_id.as_deref()), ("AccessDenied", Some("v")));
        assert!(Error::server(404, "NoSuchBucket").into_key_failure("k", None).is_err());
    }

    #[test]
    fn outcome_is_unknown_only_if_the_request_may_have_been_carried_out() {
        let server = |status, code: &str| {
            let response = ErrorResponse { status, code: Some(code.into()), ..ErrorResponse::default() };
            Error::from_response(ErrorKind::Server, response, "")
        };
        for unknown in [
            Error::new(ErrorKind::Network, ""),
            Error::new(ErrorKind::Timeout, ""),
            Error::new(ErrorKind::UnexpectedResponse, "").malformed(),
            server(500, "InternalError"),
            server(504, "GatewayTimeout"),
            server(200, "InternalError"),
        ] {
            assert_eq!(unknown.outcome(), Outcome::Unknown, "{unknown:#?}");
        }
        for (known, outcome) in [
            (Error::new(ErrorKind::Connect, ""), Outcome::NotSent),
            (Error::new(ErrorKind::Tls, ""), Outcome::NotSent),
            (Error::new(ErrorKind::Timeout, "no connection").not_sent(), Outcome::NotSent),
            (Error::new(ErrorKind::LocalIo, ""), Outcome::NotSent),
            (server(503, "SlowDown"), Outcome::Refused),
            (server(404, "NoSuchBucket"), Outcome::Refused),
        ] {
            assert_eq!(known.outcome(), outcome, "{known:#?}");
        }
    }
}
