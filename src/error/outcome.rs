//! What is known about the effect of a failed call on the server.

use super::{Error, ErrorKind};

/// Whether the server carried out a request that failed.
///
/// A retry after [`Unknown`](Self::Unknown) may find its own work: a bucket that already exists, an upload that
/// is already gone. Whoever handles such an error has to look before reporting it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// No complete request reached the server.
    NotSent,
    /// The server responded, and did not do what was requested.
    Refused,
    /// The request may have been carried out: its response was lost, or came from something in between.
    Unknown,
}

impl Outcome {
    /// Returns what an error of this kind implies unless more is known.
    pub(super) fn of(kind: ErrorKind) -> Self {
        match kind {
            ErrorKind::Network | ErrorKind::Timeout => Self::Unknown,
            ErrorKind::Server
            | ErrorKind::UnexpectedResponse
            | ErrorKind::Integrity
            | ErrorKind::PartialFailure
            | ErrorKind::Cancelled => Self::Refused,
            ErrorKind::InvalidInput
            | ErrorKind::Credentials
            | ErrorKind::Connect
            | ErrorKind::Tls
            | ErrorKind::LocalIo => Self::NotSent,
        }
    }
}

impl Error {
    /// Returns what is known about the effect of the call, all its attempts included.
    pub(crate) fn outcome(&self) -> Outcome {
        // a gateway's timeout and a failure inside the server say nothing about the work done until then
        let failed_inside =
            matches!(self.status(), Some(500 | 502 | 504)) || self.code() == Some("InternalError");
        if failed_inside { Outcome::Unknown } else { self.0.outcome }
    }

    pub(crate) fn with_outcome(mut self, outcome: Outcome) -> Self {
        self.0.outcome = outcome;
        self
    }

    /// Marks a response that was cut short or is not the server's, so that another attempt may succeed.
    pub(crate) fn malformed(self) -> Self {
        self.with_outcome(Outcome::Unknown)
    }

    /// Marks a failure before the request was sent, if the kind alone does not imply it.
    pub(crate) fn not_sent(self) -> Self {
        self.with_outcome(Outcome::NotSent)
    }

    pub(crate) fn is_outcome_unknown(&self) -> bool {
        self.outcome() == Outcome::Unknown
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::ErrorResponse;

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
