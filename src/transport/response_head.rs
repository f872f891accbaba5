//! The head of a response: its end, its status, and what it says about the body and the connection.

use std::borrow::Cow;
use std::error::Error as StdError;
use std::fmt;

use super::buffers::SMALL;
use crate::headers::Headers;

/// The longest head that is accepted: the streams keep unread input in a buffer of this size.
pub(super) const MAX_HEAD: usize = SMALL;
/// The first bytes of an alert in any version of TLS. A TLS server sends one to a client that does not speak
/// TLS.
const TLS_ALERT: [u8; 2] = [0x15, 0x03];

/// Why no response could be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum HeadError {
    /// The bytes are not a response in HTTP/1.0 or HTTP/1.1.
    Malformed(&'static str),
    /// The server sent a TLS alert instead of an HTTP response.
    TlsAlert,
    /// The head is longer than [`MAX_HEAD`].
    TooLarge,
    /// The idle timeout has expired before the final head was complete.
    Unfinished,
}

impl fmt::Display for HeadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Malformed(reason) => f.write_str(reason),
            Self::TlsAlert => f.write_str("it starts with a TLS alert"),
            Self::TooLarge => write!(f, "its headers are longer than {} KiB", MAX_HEAD >> 10),
            Self::Unfinished => f.write_str("its headers are incomplete"),
        }
    }
}

impl StdError for HeadError {}

/// A complete head at the start of the input.
#[derive(Debug)]
pub(super) struct ResponseHead<'a> {
    pub(super) status: u16,
    /// The length of the head, including the empty line at its end.
    pub(super) len: usize,
    /// HTTP/1.1, which keeps connections open by default.
    persistent: bool,
    /// The header lines, without the status line and the empty line.
    lines: &'a [u8],
}

/// How ureq finds the end of a body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Framing {
    Length(u64),
    Chunked,
    /// The body ends with the connection.
    Close,
}

impl<'a> ResponseHead<'a> {
    /// Parses the head at the start of `input`. Returns `None` if more input is needed.
    ///
    /// Fails as early as possible: a server that speaks another protocol may wait for more of the request.
    pub(super) fn parse(input: &'a [u8]) -> Result<Option<Self>, HeadError> {
        const VERSION: &[u8] = b"HTTP/1.";
        // Some servers send an empty line after the previous body.
        let skipped = input.iter().take_while(|byte| matches!(byte, b'\r' | b'\n')).count();
        let message = &input[skipped..];
        let known = message.len().min(VERSION.len());
        if message[..known] != VERSION[..known] {
            let alert = input.starts_with(&TLS_ALERT);
            return Err(if alert {
                HeadError::TlsAlert
            } else {
                HeadError::Malformed("it does not start with HTTP/1")
            });
        }
        let (mut status_line_end, mut line_start) = (0, 0);
        while let Some(length) = message[line_start..].iter().position(|byte| *byte == b'\n') {
            let line = trim_cr(&message[line_start..][..length]);
            let line_end = line_start + length + 1;
            if line_start == 0 {
                status_line_end = line_end;
            } else if line.is_empty() {
                let len = skipped + line_end;
                if len > MAX_HEAD {
                    break;
                }
                let (persistent, status) = parse_status(trim_cr(&message[..status_line_end - 1]))?;
                let lines = &message[status_line_end..line_start];
                return Ok(Some(Self { status, len, persistent, lines }));
            }
            line_start = line_end;
        }
        if input.len() >= MAX_HEAD {
            Err(HeadError::TooLarge)
        } else if message.iter().any(|byte| is_control(*byte) && !matches!(byte, b'\r' | b'\n')) {
            Err(HeadError::Malformed("its headers contain control characters"))
        } else {
            Ok(None)
        }
    }

    /// Returns `true` for a 1xx response, which another response follows. After 101, none does.
    pub(super) fn is_interim(&self) -> bool {
        matches!(self.status, 100..=199) && self.status != 101
    }

    /// Parses the headers. Returns them with the framing of the body, and whether the connection can be used
    /// again.
    pub(super) fn read(&self) -> Result<(Headers, Framing, bool), HeadError> {
        let count = self.lines.iter().filter(|byte| **byte == b'\n').count();
        let mut headers = Headers::with_capacity(count, self.lines.len());
        let (mut length, mut chunked, mut reusable) = (None, false, None);
        for line in self.lines.split_inclusive(|byte| *byte == b'\n') {
            let line = trim_cr(&line[..line.len() - 1]);
            let Some((name, value)) = parse_line(line) else {
                return Err(HeadError::Malformed("one of its headers is invalid"));
            };
            if name.eq_ignore_ascii_case("content-length") {
                // The same length may be repeated, also as a list.
                for value in value.split(',') {
                    match parse_length(value.trim_ascii()) {
                        Some(value) if length.is_none_or(|length| length == value) => length = Some(value),
                        _ => return Err(HeadError::Malformed("its Content-Length is invalid")),
                    }
                }
            } else if name.eq_ignore_ascii_case("transfer-encoding") {
                // Any other encoding would be delivered as it is.
                if !value.eq_ignore_ascii_case("chunked") && !value.eq_ignore_ascii_case("identity") {
                    return Err(HeadError::Malformed("its Transfer-Encoding is not supported"));
                }
                chunked |= value.eq_ignore_ascii_case("chunked");
            } else if name.eq_ignore_ascii_case("connection") {
                // Anything but `keep-alive` closes the connection, which is always correct.
                let keep_alive = value.eq_ignore_ascii_case("keep-alive");
                reusable = Some(reusable.unwrap_or(true) && keep_alive);
            }
            headers.append(name, &value);
        }
        let framing = match length {
            _ if chunked => Framing::Chunked,
            Some(length) => Framing::Length(length),
            None => Framing::Close,
        };
        Ok((headers, framing, reusable.unwrap_or(self.persistent)))
    }
}

fn trim_cr(line: &[u8]) -> &[u8] {
    line.strip_suffix(b"\r").unwrap_or(line)
}

/// Parses a status line. Returns whether it has version 1.1, and the status.
fn parse_status(line: &[u8]) -> Result<(bool, u16), HeadError> {
    if let [b'H', b'T', b'T', b'P', b'/', b'1', b'.', version @ b'0'..=b'1', b' ', status @ ..] = line
        && let Some((status, reason)) = status.split_at_checked(3)
        && status[0] != b'0'
        && matches!(reason, [] | [b' ', ..])
        && !reason.iter().any(|byte| is_control(*byte))
        && let Some(status) = parse_length(&String::from_utf8_lossy(status))
    {
        return Ok((*version == b'1', status as u16));
    }
    Err(HeadError::Malformed("its status line is invalid"))
}

/// Parses a decimal number that consists of digits only.
fn parse_length(text: &str) -> Option<u64> {
    text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok()).flatten()
}

/// Returns `true` if the byte must not be part of a header or a status.
fn is_control(byte: u8) -> bool {
    (byte < b' ' && byte != b'\t') || byte == 0x7f
}

fn parse_line(line: &[u8]) -> Option<(&str, Cow<'_, str>)> {
    let colon = line.iter().position(|byte| *byte == b':')?;
    let (name, value) = (&line[..colon], &line[colon + 1..]);
    // A space before the colon, or a line that continues the previous one, is invalid and would be understood
    // differently by other programs.
    let is_token = |byte: &u8| {
        matches!(byte, b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'!' | b'#'..=b'\'' | b'*' | b'+' | b'-' | b'.')
            || matches!(byte, b'^'..=b'`' | b'|' | b'~')
    };
    if name.is_empty() || !name.iter().all(is_token) || value.iter().any(|byte| is_control(*byte)) {
        return None;
    }
    Some((std::str::from_utf8(name).ok()?, header_text(value.trim_ascii())))
}

/// Decodes a header value. S3 sends metadata as UTF-8; anything else is decoded as Latin-1, HTTP's historic
/// default.
fn header_text(bytes: &[u8]) -> Cow<'_, str> {
    match std::str::from_utf8(bytes) {
        Ok(text) => Cow::Borrowed(text),
        Err(_) => bytes.iter().map(|&byte| char::from(byte)).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MALFORMED: &str = "malformed";

    type Summary = (usize, u16, usize, Framing, bool);

    /// Parses one head. Returns its length, its status, the number of its headers, the framing, and whether the
    /// connection can be reused; `None` if it is incomplete.
    fn read(input: &[u8]) -> Result<Option<Summary>, HeadError> {
        let Some(head) = ResponseHead::parse(input)? else { return Ok(None) };
        let (headers, framing, reusable) = head.read()?;
        Ok(Some((head.len, head.status, headers.iter().count(), framing, reusable)))
    }

    #[test]
    fn framing_and_reuse_follow_the_headers() {
        for (text, expected) in [
            ("HTTP/1.1 200 OK\r\n\r\n", (200, 0, Framing::Close, true)),
            ("HTTP/1.1 200\r\n\r\n", (200, 0, Framing::Close, true)),
            ("HTTP/1.1 404 \n\n", (404, 0, Framing::Close, true)),
            ("\r\nHTTP/1.0 200 OK\r\nContent-Length: 3\r\n\r\n", (200, 1, Framing::Length(3), false)),
            ("HTTP/1.0 200 OK\r\nconnection: Keep-Alive\r\n\r\n", (200, 1, Framing::Close, true)),
            ("HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n", (200, 1, Framing::Close, false)),
            (
                "HTTP/1.1 200 OK\r\nconnection: a\r\nconnection: keep-alive\r\n\r\n",
                (200, 2, Framing::Close, false),
            ),
            (
                "HTTP/1.1 200 OK\r\ncontent-length:3\r\ncontent-length: 3, 3\t\r\n\r\n",
                (200, 2, Framing::Length(3), true),
            ),
            (
                "HTTP/1.1 200 OK\ncontent-length: 3\ntransfer-encoding: Chunked\n\n",
                (200, 2, Framing::Chunked, true),
            ),
            ("HTTP/1.1 200 OK\r\ntransfer-encoding: identity\r\n\r\n", (200, 1, Framing::Close, true)),
        ] {
            let (status, count, framing, reusable) = expected;
            let input = [text.as_bytes(), b"\0\n\nbody"].concat();
            assert_eq!(read(&input), Ok(Some((text.len(), status, count, framing, reusable))), "{text:?}");
            // Every shorter input is incomplete, and none is an error.
            for len in 0..text.len() {
                assert_eq!(read(&input[..len]), Ok(None), "{:?}", &text[..len]);
            }
        }
    }

    #[test]
    fn ambiguous_and_foreign_heads_are_rejected() {
        for (text, error) in [
            ("S", MALFORMED),
            ("HTTP/2", MALFORMED),
            ("\x15\x03\x03", "alert"),
            ("\n\x15\x03", MALFORMED),
            ("HTTP/1.2 200 OK\n\n", MALFORMED),
            ("HTTP/1.1  200 OK\n\n", MALFORMED),
            ("HTTP/1.1 20 OK\n\n", MALFORMED),
            ("HTTP/1.1 2000 OK\n\n", MALFORMED),
            ("HTTP/1.1 099 OK\n\n", MALFORMED),
            ("HTTP/1.1 2+0 OK\n\n", MALFORMED),
            ("HTTP/1.1 200 OK\na\0", MALFORMED),
            ("HTTP/1.1 200 OK\nno colon\n\n", MALFORMED),
            ("HTTP/1.1 200 OK\n: empty\n\n", MALFORMED),
            ("HTTP/1.1 200 OK\ncontent-length : 3\n\n", MALFORMED),
            ("HTTP/1.1 200 OK\na: b\n continued: c\n\n", MALFORMED),
            ("HTTP/1.1 200 OK\na: b\rcontent-length: 3\r\n\r\n", MALFORMED),
            ("HTTP/1.1 200 OK\nm\u{fc}: b\n\n", MALFORMED),
            ("HTTP/1.1 200 OK\ncontent-length: 3\ncontent-length: 4\n\n", MALFORMED),
            ("HTTP/1.1 200 OK\ncontent-length: 3, 4\n\n", MALFORMED),
            ("HTTP/1.1 200 OK\ncontent-length: +3\n\n", MALFORMED),
            ("HTTP/1.1 200 OK\ncontent-length:\n\n", MALFORMED),
            ("HTTP/1.1 200 OK\ncontent-length: 18446744073709551616\n\n", MALFORMED),
            ("HTTP/1.1 200 OK\ntransfer-encoding: gzip, chunked\n\n", MALFORMED),
        ] {
            let kind = match read(text.as_bytes()) {
                Err(HeadError::Malformed(_)) => MALFORMED,
                Err(HeadError::TlsAlert) => "alert",
                other => panic!("{text:?}: {other:?}"),
            };
            assert_eq!(kind, error, "{text:?}");
        }
    }

    #[test]
    fn head_may_be_as_long_as_the_limit_and_have_any_number_of_headers() {
        let mut head = b"HTTP/1.1 200 OK\r\n".to_vec();
        while head.len() < MAX_HEAD - 10 {
            head.extend_from_slice(b"a: \xfc\r\n");
        }
        head.resize(MAX_HEAD - 4, b'x');
        let head_with = |end: &[u8]| [&head[..], end].concat();
        // The last line has no colon, which is noticed only if the whole head is accepted.
        assert!(matches!(read(&head_with(b"\r\n\r\n")), Err(HeadError::Malformed(_))));
        assert_eq!(read(&head_with(b"x\r\n\r\n")), Err(HeadError::TooLarge));
        assert_eq!(read(&head_with(b"xxxx")), Err(HeadError::TooLarge));
        assert_eq!(read(&head_with(b"xxx")), Ok(None));
        let many = [b"HTTP/1.1 200 OK\r\n", "a: \u{fc}\r\n".repeat(9000).as_bytes(), b"\r\n"].concat();
        assert_eq!(read(&many).unwrap().unwrap().2, 9000);
    }

    #[test]
    fn values_are_utf8_or_latin1() {
        for value in [&b"M\xc3\xbcller"[..], b"M\xfcller"] {
            let input = [b"HTTP/1.1 200 OK\nX-Name: \t", value, b" \n\n"].concat();
            let (headers, ..) = ResponseHead::parse(&input).unwrap().unwrap().read().unwrap();
            assert_eq!(headers.get("x-name"), Some("M\u{fc}ller"));
        }
    }
}
