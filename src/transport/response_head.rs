//! The head of a response: its status, its headers, the framing of the body, and whether the connection stays open.

use std::borrow::Cow;
use std::error::Error as StdError;
use std::fmt;
use std::mem::MaybeUninit;

use super::buffers::SMALL;
use crate::headers::Headers;

/// The longest head that is accepted: the streams keep unread input in a buffer of this size.
pub(super) const MAX_HEAD: usize = SMALL;
/// The number of headers that need no allocation.
const USUAL_HEADERS: usize = 32;
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
pub(super) struct ResponseHead {
    pub(super) status: u16,
    /// The length of the head, including the empty line at its end.
    pub(super) len: usize,
    pub(super) headers: Headers,
    /// HTTP/1.1, which keeps connections open by default.
    persistent: bool,
}

/// How ureq finds the end of a body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Framing {
    Length(u64),
    Chunked,
    /// The body ends with the connection.
    Close,
}

impl ResponseHead {
    /// Parses the head at the start of `input`. Returns `None` if more input is needed.
    ///
    /// Fails as early as possible: a server that speaks another protocol may wait for more of the request.
    pub(super) fn parse(input: &[u8]) -> Result<Option<Self>, HeadError> {
        use httparse::Error::{NewLine, Status, TooManyHeaders, Version};
        let usual = &mut [const { MaybeUninit::uninit() }; USUAL_HEADERS];
        let parsed = match Self::parse_with(input, usual) {
            Err(TooManyHeaders) => {
                let lines = input.iter().filter(|byte| **byte == b'\n').count();
                Self::parse_with(input, &mut vec![MaybeUninit::uninit(); lines])
            }
            parsed => parsed,
        };
        let head = parsed.map_err(|error| match error {
            Version | NewLine if input.starts_with(&TLS_ALERT) => HeadError::TlsAlert,
            Version | NewLine => HeadError::Malformed("it does not start with HTTP/1"),
            Status => HeadError::Malformed("its status line is invalid"),
            _ => HeadError::Malformed("one of its headers is invalid"),
        })?;
        match head {
            Some(head) if head.status < 100 => Err(HeadError::Malformed("its status line is invalid")),
            Some(head) if head.len <= MAX_HEAD => Ok(Some(head)),
            None if input.len() < MAX_HEAD => Ok(None),
            _ => Err(HeadError::TooLarge),
        }
    }

    /// Parses a head that has at most as many headers as `buffer`.
    fn parse_with<'a>(
        input: &'a [u8],
        buffer: &mut [MaybeUninit<httparse::Header<'a>>],
    ) -> Result<Option<Self>, httparse::Error> {
        let mut response = httparse::Response::new(&mut []);
        let parser = httparse::ParserConfig::default();
        let status = parser.parse_response_with_uninit_headers(&mut response, input, buffer)?;
        let (httparse::Status::Complete(len), Some(status)) = (status, response.code) else {
            return Ok(None);
        };
        let mut headers = Headers::with_capacity(response.headers.len(), len);
        for header in &*response.headers {
            headers.append(header.name, &header_text(header.value.trim_ascii()));
        }
        Ok(Some(Self { status, len, headers, persistent: response.version == Some(1) }))
    }

    /// Returns `true` for a 1xx response, which another response follows. After 101, none does.
    pub(super) fn is_interim(&self) -> bool {
        matches!(self.status, 100..=199) && self.status != 101
    }

    /// Returns the framing of the body, and whether the connection can be used again after it.
    ///
    /// HTTP/1.1 connections are persistent by default, but not every proxy supports that: tinyproxy passes whatever
    /// follows the first request on to the server, including the credentials for the proxy. So a proxy that forwards
    /// the response has to announce `keep-alive`, as squid does. It removes this header if the server sent it.
    pub(super) fn framing(&self, is_forwarded: bool) -> Result<(Framing, bool), HeadError> {
        let (mut length, mut chunked, mut reusable) = (None, false, None);
        for (name, value) in self.headers.iter() {
            match name {
                // The same length may be repeated, also as a list.
                "content-length" => {
                    for value in value.split(',') {
                        match parse_length(value.trim_ascii()) {
                            Some(value) if length.is_none_or(|length| length == value) => {
                                length = Some(value);
                            }
                            _ => return Err(HeadError::Malformed("its Content-Length is invalid")),
                        }
                    }
                }
                "transfer-encoding" if value.eq_ignore_ascii_case("chunked") => chunked = true,
                "transfer-encoding" if value.eq_ignore_ascii_case("identity") => {}
                // Any other encoding would be delivered as it is.
                "transfer-encoding" => {
                    return Err(HeadError::Malformed("its Transfer-Encoding is not supported"));
                }
                // Anything but `keep-alive` closes the connection, which is always correct.
                "connection" | "proxy-connection" if is_forwarded || name == "connection" => {
                    let keep_alive = value.eq_ignore_ascii_case("keep-alive");
                    reusable = Some(reusable.unwrap_or(true) && keep_alive);
                }
                _ => {}
            }
        }
        let framing = match length {
            _ if chunked => Framing::Chunked,
            Some(length) => Framing::Length(length),
            None => Framing::Close,
        };
        // RFC 9112, section 6.1: HTTP/1.0 has no chunked encoding, so the end of the body may be wrong.
        let reusable = reusable.unwrap_or(self.persistent && !is_forwarded)
            && (self.persistent || framing != Framing::Chunked);
        Ok((framing, reusable))
    }
}

/// Parses a decimal number that consists of digits only.
fn parse_length(text: &str) -> Option<u64> {
    text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok()).flatten()
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
        let (framing, reusable) = head.framing(false)?;
        Ok(Some((head.len, head.status, head.headers.iter().count(), framing, reusable)))
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
            (
                "HTTP/1.0 200 OK\r\ntransfer-encoding: chunked\r\nconnection: keep-alive\r\n\r\n",
                (200, 2, Framing::Chunked, false),
            ),
            ("HTTP/1.1 200 OK\r\nproxy-connection: close\r\n\r\n", (200, 1, Framing::Close, true)),
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
    fn connection_to_a_proxy_is_reusable_only_if_that_is_announced() {
        for (head, expected) in [
            ("HTTP/1.1 200 OK\r\nConnection: keep-alive\r\n\r\n", true),
            ("HTTP/1.0 200 OK\r\nProxy-Connection: Keep-Alive\r\n\r\n", true),
            ("HTTP/1.1 200 OK\r\nVia: 1.1 x (tinyproxy)\r\n\r\n", false),
            ("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nConnection: keep-alive\r\n\r\n", false),
            ("HTTP/1.1 200 OK\r\nConnection: close\r\nProxy-Connection: keep-alive\r\n\r\n", false),
        ] {
            let head = ResponseHead::parse(head.as_bytes()).unwrap().unwrap();
            assert_eq!(head.framing(true).unwrap().1, expected, "{head:?}");
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
        while head.len() < MAX_HEAD - 20 {
            head.extend_from_slice(b"a: \xfc\r\n");
        }
        head.extend_from_slice(b"b:");
        head.resize(MAX_HEAD - 4, b'x');
        let head_with = |end: &[u8]| [&head[..], end].concat();
        assert_eq!(read(&head_with(b"\r\n\r\n")).unwrap().unwrap().0, MAX_HEAD);
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
            let head = ResponseHead::parse(&input).unwrap().unwrap();
            assert_eq!(head.headers.get("x-name"), Some("M\u{fc}ller"));
        }
    }
}
