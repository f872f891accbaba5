//! Errors of this crate on their way through ureq, from a connector to the call.

use crate::error::Error;

/// Wraps an error, so that ureq passes it on unchanged.
pub(super) fn wrap(error: Error) -> ureq::Error {
    ureq::Error::Other(Box::new(error))
}

/// Returns the error that was wrapped, or else the one of ureq.
pub(super) fn unwrap(error: ureq::Error) -> Result<Error, ureq::Error> {
    match error {
        ureq::Error::Other(inner) => match inner.downcast() {
            Ok(error) => Ok(*error),
            Err(inner) => Err(ureq::Error::Other(inner)),
        },
        error => Err(error),
    }
}
