//! How the rest of the crate makes errors, adds to them and looks into them.

use std::error::Error as StdError;
use std::io;

use super::{Answer, Error, ErrorKind, Inner, KeyFailure, SignedTexts};

impl Error {
    pub(crate) fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self(Box::new(Inner {
            kind,
            context: String::new(),
            message: message.into(),
            hint: None,
            answer: None,
            signed: None,
            failures: Vec::new(),
            upload_id: None,
            malformed: false,
            unsent: false,
            after_unknown_outcome: false,
            source: None,
        }))
    }

    pub(crate) fn invalid(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::InvalidInput, message)
    }

    pub(crate) fn local(message: impl Into<String>, source: io::Error) -> Self {
        Self::new(ErrorKind::LocalIo, message).with_source(source)
    }

    pub(crate) fn server(kind: ErrorKind, answer: Answer, message: impl Into<String>) -> Self {
        let mut error = Self::new(kind, message);
        error.0.answer = Some(answer);
        error
    }

    pub(crate) fn partial(message: impl Into<String>, failures: Vec<KeyFailure>) -> Self {
        let mut error = Self::new(ErrorKind::PartialFailure, message);
        error.0.failures = failures;
        error
    }

    pub(crate) fn with_source(mut self, source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        self.0.source = Some(source.into());
        self
    }

    /// Unwraps what a body of the transport's said: a network error of this crate's, inside an `io::Error`.
    pub(crate) fn from_read(error: io::Error) -> Self {
        match error.downcast::<Self>() {
            Ok(error) => error,
            Err(error) => Self::new(ErrorKind::Network, "the connection was lost").with_source(error),
        }
    }

    /// Says which call failed. The innermost, most exact context stays.
    pub(crate) fn with_context(mut self, context: impl FnOnce() -> String) -> Self {
        if self.0.context.is_empty() {
            self.0.context = context();
        }
        self
    }

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

    pub(crate) fn with_upload_id(mut self, id: &str) -> Self {
        self.0.upload_id = Some(id.to_owned());
        self
    }

    /// Says that the answer is no answer, so that asking again may help.
    pub(crate) fn malformed(mut self) -> Self {
        self.0.malformed = true;
        self
    }

    /// Says that no request was sent, where the kind leaves that open.
    pub(crate) fn unsent(mut self) -> Self {
        self.0.unsent = true;
        self
    }

    /// True where the server may have done what was asked for all the same: the answer did not come, or came
    /// from something in between.
    pub(crate) fn outcome_unknown(&self) -> bool {
        match self.kind() {
            ErrorKind::Network | ErrorKind::Timeout => !self.0.unsent,
            _ => {
                self.0.malformed
                    || matches!(self.status(), Some(500 | 502 | 504))
                    || self.code() == Some("InternalError")
            }
        }
    }

    /// Says whether an earlier attempt of the call left open what became of it.
    pub(crate) fn after_unknown_outcome(mut self, lost: bool) -> Self {
        self.0.after_unknown_outcome = lost;
        self
    }

    pub(crate) fn is_after_unknown_outcome(&self) -> bool {
        self.0.after_unknown_outcome
    }

    pub(crate) fn with_signed(mut self, texts: SignedTexts) -> Self {
        self.0.signed = Some(texts);
        self
    }

    /// What happened, without the call and the hint.
    pub(crate) fn summary(&self) -> &str {
        &self.0.message
    }

    pub(crate) fn answer(&self) -> Option<&Answer> {
        self.0.answer.as_ref()
    }

    pub(crate) fn answer_mut(&mut self) -> Option<&mut Answer> {
        self.0.answer.as_mut()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_not_sent_or_was_refused_leaves_nothing_open() {
        let answered = |status, code: &str| {
            let answer = Answer { status, code: Some(code.into()), ..Answer::default() };
            Error::server(ErrorKind::Server, answer, "")
        };
        for open in [
            Error::new(ErrorKind::Network, ""),
            Error::new(ErrorKind::Timeout, ""),
            Error::new(ErrorKind::UnexpectedResponse, "").malformed(),
            answered(500, "InternalError"),
            answered(504, "GatewayTimeout"),
            answered(200, "InternalError"),
        ] {
            assert!(open.outcome_unknown(), "{open:#?}");
        }
        for known in [
            Error::new(ErrorKind::Connect, ""),
            Error::new(ErrorKind::Tls, ""),
            Error::new(ErrorKind::Timeout, "no connection").unsent(),
            Error::local("", io::Error::other("")),
            answered(503, "SlowDown"),
            answered(404, "NoSuchBucket"),
        ] {
            assert!(!known.outcome_unknown(), "{known:#?}");
        }
    }
}
