//! The events of a call, for logging and counting.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use crate::error::Error;

/// A step of a call, passed to the callback of [`Config::on_event`](crate::Config::on_event).
///
/// `Display` prints it as one line, whatever the server or the key contains. No event contains a secret key, a session token or a signature.
///
/// ```
/// use plain_s3::{Config, Event};
///
/// let config = Config::new("https://s3.example.com").on_event(|event| match event {
///     Event::Retry { .. } | Event::Resumed { .. } => eprintln!("{event}"),
///     _ => {}
/// });
/// ```
#[derive(Debug)]
#[non_exhaustive]
pub enum Event<'a> {
    /// A request is about to be sent.
    Attempt {
        /// The operation with its bucket and key, such as `GetObject my-bucket/hello.txt`.
        call: &'a str,
        /// The number of the attempt, from 1.
        attempt: u32,
    },
    /// An attempt is about to be signed with these credentials, for the first time since the client was created or
    /// since it used others. Only credentials that were found in the environment, in a profile or in another source
    /// of `Config::load` are reported.
    Credentials {
        /// The operation with its bucket and key.
        call: &'a str,
        /// The access key, which is not secret.
        access_key: &'a str,
        /// Where the credentials were found, such as `the environment`.
        source: &'a str,
    },
    /// An attempt failed, and the call will retry after a delay.
    Retry {
        /// The operation with its bucket and key.
        call: &'a str,
        /// The number of the failed attempt.
        attempt: u32,
        /// The error of the failed attempt.
        error: &'a Error,
        /// The delay before the next attempt.
        delay: Duration,
    },
    /// The server reported a different region or a different time, that the credentials have expired, or that
    /// CreateBucket requires a location. The request is corrected and sent again.
    /// This does not count as an attempt: the next [`Attempt`](Self::Attempt) has the same number.
    Corrected {
        /// The operation with its bucket and key.
        call: &'a str,
        /// The corrected value, such as `region eu-west-1`, `clock +900 s`, `new credentials` or `location eu-west-1`.
        correction: &'a str,
    },
    /// Something looks like a mistake, although the call goes on. Each warning is emitted once per client.
    Warning {
        /// The operation with its bucket and key.
        call: &'a str,
        /// What looks wrong, and what to do about it.
        warning: &'a str,
    },
    /// The server returned a successful response. The content of an object may still have to be read. A call
    /// that fails has no such event; it returns its error.
    Succeeded {
        /// The operation with its bucket and key.
        call: &'a str,
        /// The number of the attempt that succeeded.
        attempt: u32,
    },
    /// The server could not complete an upload in parts, for example because it has lost a part. The file is uploaded
    /// again from its first byte. This happens at most once per call.
    Restarted {
        /// `CompleteMultipartUpload` with its bucket and key.
        call: &'a str,
        /// The error of the upload that failed. Its hint states whether the upload was aborted.
        error: &'a Error,
    },
    /// A download was interrupted, and is resumed after the last byte received.
    Resumed {
        /// The operation with its bucket and key.
        call: &'a str,
        /// The offset in the object of the first byte that is requested again.
        offset: u64,
        /// The error that interrupted the download.
        error: &'a Error,
    },
}

impl fmt::Display for Event<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Attempt { call, attempt } => write!(f, "{call}: attempt {attempt}"),
            Self::Credentials { call, access_key, source } => {
                write!(f, "{call}: signing with the access key {access_key} from {source}")
            }
            Self::Succeeded { call, attempt } => write!(f, "{call}: attempt {attempt} succeeded"),
            Self::Retry { call, attempt, error, delay } => {
                write!(f, "{call}: attempt {attempt} failed, retrying in {delay:?}: {error}")
            }
            Self::Warning { call, warning } => write!(f, "{call}: warning: {warning}"),
            Self::Corrected { call, correction } => {
                write!(f, "{call}: corrected ({correction}), signing again")
            }
            Self::Restarted { call, error } => {
                write!(f, "{call}: the upload starts again after an error: {error}")
            }
            Self::Resumed { call, offset, error } => {
                write!(f, "{call}: resumed at byte {offset} after an error: {error}")
            }
        }
    }
}

type EventHandler = dyn Fn(&Event<'_>) + Send + Sync;

/// The handler that a client passes its events to. Without a handler, no event is created.
#[derive(Clone, Default)]
pub(crate) struct EventSink(Option<Arc<EventHandler>>);

impl EventSink {
    pub(crate) fn new(handler: impl Fn(&Event<'_>) + Send + Sync + 'static) -> Self {
        Self(Some(Arc::new(handler)))
    }

    /// Passes an event to the handler. `event` is called only if there is one.
    pub(crate) fn emit<'e>(&self, event: impl FnOnce() -> Event<'e>) {
        if let Some(handler) = &self.0 {
            handler(&event());
        }
    }

    pub(crate) fn is_enabled(&self) -> bool {
        self.0.is_some()
    }
}

impl fmt::Debug for EventSink {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.is_enabled() { "EventSink(enabled)" } else { "EventSink(disabled)" })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::ErrorKind;

    #[test]
    fn each_event_prints_as_one_line() {
        let error = &Error::new(ErrorKind::Network, "the connection was lost");
        let (call, attempt) = ("GetObject b/k", 2);
        for (event, line) in [
            (Event::Attempt { call, attempt }, "attempt 2"),
            (
                Event::Credentials { call, access_key: "AKID", source: "the environment" },
                "signing with the access key AKID from the environment",
            ),
            (Event::Succeeded { call, attempt }, "attempt 2 succeeded"),
            (
                Event::Retry { call, attempt, error, delay: Duration::from_millis(150) },
                "attempt 2 failed, retrying in 150ms: the connection was lost",
            ),
            (Event::Warning { call, warning: "The host is odd." }, "warning: The host is odd."),
            (
                Event::Corrected { call, correction: "region eu-west-1" },
                "corrected (region eu-west-1), signing again",
            ),
            (
                Event::Restarted { call, error },
                "the upload starts again after an error: the connection was lost",
            ),
            (
                Event::Resumed { call, offset: 7, error },
                "resumed at byte 7 after an error: the connection was lost",
            ),
        ] {
            assert_eq!(event.to_string(), format!("{call}: {line}"));
        }
    }
}
