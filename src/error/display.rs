//! How errors are printed.

use std::error::Error as StdError;
use std::fmt::{self, Write as _};

use super::Error;
use crate::printable::{self, Line};

/// The largest text of an error in bytes, however much a server or a key contributes.
const MAX_TEXT: usize = 2 << 10;
/// The share of each piece if they are too long together, in bytes, so that no piece displaces the others.
const MAX_CONTEXT: usize = 400;
const MAX_MESSAGE: usize = 560;
const MAX_SOURCE: usize = 300;
const MAX_REQUEST_ID: usize = 100;
const MAX_HINT: usize = 640;

impl Error {
    /// Returns the text of `Display`: one line without unprintable characters, of at most `MAX_TEXT` bytes.
    fn line(&self) -> String {
        let inner = &self.0;
        let context = match (&inner.call, &inner.failed) {
            (Some(call), Some(failed)) => failed.within(call),
            (None, Some(failed)) => failed.to_string(),
            (_, None) => String::new(),
        };
        let pieces = |fit: bool| {
            let limit = |share: usize| if fit { share } else { MAX_TEXT };
            let optional = |text: Option<&str>, share| text.map(|text| printable::line(text, limit(share)));
            (
                printable::line(&context, limit(MAX_CONTEXT)),
                printable::line(&inner.message, limit(MAX_MESSAGE)),
                inner.source.as_ref().map(|source| printable::line(source, limit(MAX_SOURCE))),
                optional(self.request_id(), MAX_REQUEST_ID),
                optional(inner.hint.as_deref(), MAX_HINT),
            )
        };
        let mut out = join(&pieces(false));
        if out.len() > MAX_TEXT {
            out = join(&pieces(true));
        }
        out
    }
}

/// Joins context, message, source, request ID and hint.
fn join(pieces: &(String, String, Option<String>, Option<String>, Option<String>)) -> String {
    let (context, message, source, request_id, hint) = pieces;
    let mut out = String::new();
    if !context.is_empty() {
        out.extend([context, ": "]);
    }
    out.push_str(message);
    if let Some(source) = source {
        // an error of this crate ends with a full stop if it has a hint, and the hint below starts with one
        let end = if hint.is_some() { "." } else { "" };
        out.extend([": ", source.strip_suffix(end).unwrap_or(source)]);
    }
    if let Some(id) = request_id {
        out.extend([" (request ID ", id, ")"]);
    }
    if let Some(hint) = hint {
        out.extend([". ", hint]);
    }
    out
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.line())
    }
}

/// Prints the same line as `Display`, because that is what a `main` that returns an error prints, then, as far
/// as they fit 2 KiB, the failures per key and, if the server rejected the signature, both signed texts.
/// `{:#?}` prints all fields.
impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if f.alternate() {
            return self.0.fmt(f);
        }
        let mut line = Line::new(MAX_TEXT);
        let first = self.line();
        line.write_str(&first)?;
        // a hint ends with a full stop, and the other pieces do not
        let mut end = if first.ends_with('.') { "" } else { "." };
        for (i, failure) in self.0.failures.iter().enumerate() {
            match i {
                0 => write!(line, "{end} Failures: ")?,
                _ => line.write_str(", ")?,
            }
            line.write_str(&failure.describe())?;
            end = ".";
        }
        for (title, text) in [
            ("String to sign", self.string_to_sign()),
            ("The server's string to sign", self.server_string_to_sign()),
            ("Canonical request", self.canonical_request()),
            ("The server's canonical request", self.server_canonical_request()),
        ] {
            if let Some(text) = text {
                write!(line, "{end} {title}: {text:?}")?;
                end = ".";
            }
        }
        f.write_str(&line.finish())
    }
}

/// The text of the cause is part of `Display`. The chain of sources therefore continues with the cause's own
/// source, so that a report of the whole chain prints nothing twice.
impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.0.source.as_deref()?.source()
    }
}

#[cfg(test)]
mod tests {
    use std::io;

    use super::*;
    use crate::error::{ErrorKind, ErrorResponse, SignedTexts};
    use crate::operation::Operation;

    #[test]
    fn display_prints_call_cause_request_id_and_hint() {
        let response =
            ErrorResponse { status: 404, request_id: Some("tx1".into()), ..ErrorResponse::default() };
        let error = Error::from_response(ErrorKind::Server, response, "404 NoSuchKey")
            .with_context(|| Operation::on_object("GetObject", "b", "k"))
            .with_hint("Look again.");
        assert_eq!(error.to_string(), "GetObject b/k: 404 NoSuchKey (request ID tx1). Look again.");
        assert!(error.is_not_found() && !error.is_access_denied() && !error.is_retryable());
    }

    #[test]
    fn display_names_the_innermost_and_the_outermost_operation() {
        let operation = |name: &str| Operation::on_object(name, "b", "k");
        let error = ["PutObject", "PutObject", "upload_file", "upload_folder"]
            .into_iter()
            .fold(Error::new(ErrorKind::Network, "lost"), |error, name| {
                error.with_context(|| operation(name))
            });
        assert_eq!(error.to_string(), "upload_folder b/k (PutObject): lost");
    }

    #[test]
    fn shares_of_all_pieces_fit_the_limit() {
        let separators = ": : (request ID ). ".len() + 2;
        let shares = MAX_CONTEXT + MAX_MESSAGE + MAX_SOURCE + MAX_REQUEST_ID + MAX_HINT;
        assert!(shares + separators <= MAX_TEXT, "{shares}");
    }

    #[test]
    fn hostile_pieces_become_one_short_line() {
        let hostile = |mark: char| format!("{mark}\n\u{1b}[2J\u{202e}").repeat(100_000);
        let response = ErrorResponse {
            status: 400,
            code: Some(hostile('c')),
            request_id: Some(hostile('i')),
            ..ErrorResponse::default()
        };
        let failure = crate::KeyFailure::new(hostile('k'), hostile('f'));
        let mut error = Error::from_response(ErrorKind::Server, response, hostile('m'))
            .with_context(|| Operation::new(hostile('x')))
            .with_hint(hostile('h'))
            .with_source(hostile('s'));
        error.0.failures = vec![failure; 3];
        for text in [error.to_string(), format!("{error:?}")] {
            assert!(text.len() <= MAX_TEXT && text.len() > MAX_TEXT / 2, "{}", text.len());
            assert!(!text.contains(|c: char| c.is_control() || c == '\u{202e}'), "{text}");
            // each piece has its share
            for piece in ["x\\n", ": m\\n", ": s\\n", "(request ID i\\n", ". h\\n"] {
                assert!(text.contains(piece), "{text}");
            }
        }
    }

    #[test]
    fn failures_and_signed_texts_are_part_of_debug() {
        let failures =
            vec![crate::KeyFailure::new("a\n\"b", "AccessDenied"), crate::KeyFailure::new("c", "X")];
        let error = Error::partial("2 of 2 keys could not be deleted", failures);
        assert_eq!(
            format!("{error:?}"),
            "2 of 2 keys could not be deleted. Failures: \"a\\n\\\"b\": AccessDenied, \"c\": X"
        );
        let texts =
            SignedTexts { string_to_sign: "GET\n/b/k".to_owned(), canonical_request: Some("GET".to_owned()) };
        let error = Error::server(403, "SignatureDoesNotMatch").with_signed(texts);
        let signed = "String to sign: \"GET\\n/b/k\". Canonical request: \"GET\"";
        assert_eq!(format!("{error:?}"), format!("403 SignatureDoesNotMatch. {signed}"));
        let error = error.with_hint("Check the key.");
        assert_eq!(format!("{error:?}"), format!("403 SignatureDoesNotMatch. Check the key. {signed}"));
    }

    #[test]
    fn cause_is_printed_once() {
        let error = Error::local("cannot write /tmp/x", io::Error::other("disk full"));
        assert_eq!(error.to_string(), "cannot write /tmp/x: disk full");
        assert!(error.source().is_none());
        assert_eq!(error.get_ref().unwrap().to_string(), "disk full");
        let nested = Error::new(ErrorKind::Credentials, "cannot get credentials").with_source(error);
        assert_eq!(nested.to_string(), "cannot get credentials: cannot write /tmp/x: disk full");
        assert!(nested.source().is_none());
    }
}
