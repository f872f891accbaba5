//! How errors are printed, and how they convert to [`io::Error`].

use std::error::Error as StdError;
use std::fmt;
use std::io;

use super::{Error, ErrorKind};

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let inner = &self.0;
        if !inner.context.is_empty() {
            write!(f, "{}: ", inner.context)?;
        }
        f.write_str(&inner.message)?;
        if let Some(source) = &inner.source {
            let source = source.to_string();
            // An error of this crate ends with a full stop if it has a hint, and the hint below starts with one.
            let end = if inner.hint.is_some() { "." } else { "" };
            write!(f, ": {}", source.strip_suffix(end).unwrap_or(&source))?;
        }
        if let Some(id) = self.request_id() {
            write!(f, " (request ID {id})")?;
        }
        if let Some(hint) = &inner.hint {
            write!(f, ". {hint}")?;
        }
        Ok(())
    }
}

/// Prints the same line as `Display`, because that is what a `main` that returns an error prints, then the
/// failures per key and, if the server rejected the signature, both signed texts. `{:#?}` prints all fields.
impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if f.alternate() {
            return self.0.fmt(f);
        }
        fmt::Display::fmt(self, f)?;
        for failure in &self.0.failures {
            write!(f, "\n  {:?}: {} {}", failure.key, failure.code, failure.message)?;
        }
        for (title, text) in [
            ("string to sign", self.string_to_sign()),
            ("the server's string to sign", self.server_string_to_sign()),
            ("canonical request", self.canonical_request()),
            ("the server's canonical request", self.server_canonical_request()),
        ] {
            if let Some(text) = text {
                write!(f, "\n{title}:\n{text}")?;
            }
        }
        Ok(())
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.0.source.as_deref().map(|source| source as _)
    }
}

/// Converts to the nearest [`io::ErrorKind`]. The error itself stays available by downcasting.
impl From<Error> for io::Error {
    fn from(error: Error) -> Self {
        let kind = match error.kind() {
            ErrorKind::InvalidInput => io::ErrorKind::InvalidInput,
            ErrorKind::Timeout => io::ErrorKind::TimedOut,
            ErrorKind::Integrity | ErrorKind::UnexpectedResponse => io::ErrorKind::InvalidData,
            ErrorKind::Server if error.is_not_found() => io::ErrorKind::NotFound,
            ErrorKind::Server if error.is_access_denied() => io::ErrorKind::PermissionDenied,
            _ => io::ErrorKind::Other,
        };
        Self::new(kind, error)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::ErrorResponse;

    #[test]
    fn display_prints_call_cause_request_id_and_hint() {
        let response =
            ErrorResponse { status: 404, request_id: Some("tx1".into()), ..ErrorResponse::default() };
        let error = Error::from_response(ErrorKind::Server, response, "404 NoSuchKey")
            .with_context(|| "GetObject b/k".into())
            .with_context(|| "an outer context".into())
            .with_hint("Look again.");
        assert_eq!(error.to_string(), "GetObject b/k: 404 NoSuchKey (request ID tx1). Look again.");
        assert!(error.is_not_found() && !error.is_access_denied() && !error.is_retryable());
    }

    #[test]
    fn source_is_in_the_chain_and_in_the_text() {
        let error = Error::local("cannot write /tmp/x", io::Error::other("disk full"));
        assert_eq!(error.to_string(), "cannot write /tmp/x: disk full");
        assert_eq!(error.source().unwrap().to_string(), "disk full");
        assert_eq!(io::Error::from(error).to_string(), "cannot write /tmp/x: disk full");
    }
}
