//! What happens within a call, for those who want to log or count it.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use crate::error::Error;

/// A step of a call that [`Config::on_event`](crate::Config::on_event) is told of.
///
/// It prints as one line. No event holds a key's secret, a session token or a signature.
#[derive(Debug)]
#[non_exhaustive]
pub enum Event<'a> {
    /// A request is about to be sent.
    Attempt {
        /// The call: `GetObject my-bucket/hello.txt`.
        call: &'a str,
        /// The number of the attempt, from 1.
        attempt: u32,
    },
    /// An attempt failed and is repeated after a wait.
    Retry {
        /// The call.
        call: &'a str,
        /// The number of the attempt that failed.
        attempt: u32,
        /// Why it failed.
        error: &'a Error,
        /// How long the call waits before the next attempt.
        delay: Duration,
    },
    /// The server named another region or another time of day, and the request is signed for that.
    Corrected {
        /// The call.
        call: &'a str,
        /// What was correction: `region eu-west-1`, `clock +900 s`.
        correction: &'a str,
    },
    /// The server has answered as it should. What follows, if anything, is an object's content; a call that
    /// fails has no such event, and returns its error.
    Succeeded {
        /// The call.
        call: &'a str,
        /// The number of the attempt that was answered.
        attempt: u32,
    },
    /// A download broke off and goes on from the byte it had reached.
    Resumed {
        /// The call.
        call: &'a str,
        /// The first byte of the object that is asked for anew.
        offset: u64,
        /// Why it broke off.
        error: &'a Error,
    },
}

impl fmt::Display for Event<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Attempt { call, attempt } => write!(f, "{call}: attempt {attempt}"),
            Self::Succeeded { call, attempt } => write!(f, "{call}: attempt {attempt} answered"),
            Self::Retry { call, attempt, error, delay } => {
                write!(f, "{call}: attempt {attempt} failed, the next in {delay:?}: {error}")
            }
            Self::Corrected { call, correction } => write!(f, "{call}: signed again with {correction}"),
            Self::Resumed { call, offset, error } => write!(f, "{call}: resumed at byte {offset}: {error}"),
        }
    }
}

/// The listener of a client; without one, no event is even made.
#[derive(Clone, Default)]
pub(crate) struct Listener(Option<Arc<Hear>>);

type Hear = dyn Fn(&Event<'_>) + Send + Sync;

impl Listener {
    pub(crate) fn new(hear: impl Fn(&Event<'_>) + Send + Sync + 'static) -> Self {
        Self(Some(Arc::new(hear)))
    }

    /// Tells of an event; the call's description is only made if somebody listens.
    pub(crate) fn tell<'e>(&self, event: impl FnOnce() -> Event<'e>) {
        if let Some(hear) = &self.0 {
            hear(&event());
        }
    }

    pub(crate) fn is_on(&self) -> bool {
        self.0.is_some()
    }
}

impl fmt::Debug for Listener {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.is_on() { "Listener(on)" } else { "Listener(off)" })
    }
}
