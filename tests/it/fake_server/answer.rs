//! What the server does with one request.

use std::time::Duration;

use super::received::Received;
use crate::signatures::md5_hex;

/// What becomes of the connection after an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    /// It waits for the next request; what is left of this one is read first.
    Keep,
    /// It is closed in order.
    Fin,
    /// It is torn down: the client sees a reset.
    Rst,
    /// Nothing more is sent or read, until the client leaves or the server is dropped.
    Stall,
    /// Nothing more is sent; what the client still sends is read and thrown away.
    Linger,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Moment {
    Accepted,
    HeadRead,
    BodyRead,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Framing {
    Length,
    Chunked(usize),
    UntilClose,
}

type Answerer = Box<dyn FnOnce(&Received) -> Answer + Send>;

/// One scripted answer. By default it is whole, with its Content-Length, on a connection that stays open.
pub(crate) struct Answer {
    pub(super) moment: Moment,
    pub(super) end: End,
    pub(super) by: Option<Answerer>,
    /// The pause after each byte of the head.
    pub(super) head_pause: Option<Duration>,
    /// So many bytes of the body at once, then a pause.
    pub(super) drip: Option<(usize, Duration)>,
    status: Option<u16>,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
    framing: Framing,
    cut: Option<usize>,
    garbage: Vec<u8>,
    raw: Option<Vec<u8>>,
}

impl Answer {
    pub(crate) fn new(status: u16) -> Self {
        Self { status: Some(status), ..Self::nothing(End::Keep) }
    }

    /// A 200 with an XML body.
    pub(crate) fn xml(body: &str) -> Self {
        Self::new(200).header("content-type", "application/xml").body(body)
    }

    /// An S3 error as Ceph writes it.
    pub(crate) fn error(status: u16, code: &str) -> Self {
        Self::new(status).header("x-amz-request-id", "tx-fake").body(format!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?><Error><Code>{code}</Code><Message></Message>\
             <RequestId>tx-fake</RequestId><HostId>fake</HostId></Error>"
        ))
    }

    /// The answer to a PUT of these bytes.
    pub(crate) fn stored(content: &[u8]) -> Self {
        Self::new(200).header("etag", &format!("\"{}\"", md5_hex(content)))
    }

    /// An object in one answer, with its MD5 as ETag.
    pub(crate) fn content(content: impl AsRef<[u8]>) -> Self {
        Self::stored(content.as_ref()).body(content)
    }

    /// An object as a server gives it to this request: whole, a range by 206, or 416; 412 where an
    /// `If-Match` does not hold.
    pub(crate) fn object(request: &Received, content: &[u8]) -> Self {
        Self::object_with(request, content, &md5_hex(content))
    }

    /// The same with another ETag than the content's MD5.
    pub(crate) fn object_with(request: &Received, content: &[u8], e_tag: &str) -> Self {
        let e_tag = format!("\"{e_tag}\"");
        let whole = Self::new(200).header("etag", &e_tag).body(content);
        if request.header("if-match").is_some_and(|wanted| wanted != e_tag) {
            return Self::error(412, "PreconditionFailed");
        }
        let Some(range) = request.header("range").and_then(|range| range.strip_prefix("bytes=")) else {
            return whole;
        };
        let (first, last) = range.split_once('-').unwrap();
        let first: usize = first.parse().unwrap();
        let end = last.parse::<usize>().map_or(content.len(), |last| content.len().min(last + 1));
        if first >= content.len() {
            return Self::error(416, "InvalidRange");
        }
        let place = format!("bytes {first}-{}/{}", end - 1, content.len());
        Self::new(206).header("etag", &e_tag).header("content-range", &place).body(&content[first..end])
    }

    /// Decides when the request is there.
    pub(crate) fn by(answer: impl FnOnce(&Received) -> Answer + Send + 'static) -> Self {
        Self { by: Some(Box::new(answer)), ..Self::nothing(End::Keep) }
    }

    /// Reads the request and says nothing.
    pub(crate) fn nothing(end: End) -> Self {
        Self {
            moment: Moment::BodyRead,
            end,
            by: None,
            head_pause: None,
            drip: None,
            status: None,
            headers: Vec::new(),
            body: Vec::new(),
            framing: Framing::Length,
            cut: None,
            garbage: Vec::new(),
            raw: None,
        }
    }

    /// Says nothing, and does not even read a request. It goes to the next new connection.
    pub(crate) fn on_accept(end: End) -> Self {
        Self { moment: Moment::Accepted, ..Self::nothing(end) }
    }

    /// These bytes, whatever they are.
    pub(crate) fn raw(bytes: impl AsRef<[u8]>) -> Self {
        Self { raw: Some(bytes.as_ref().to_vec()), ..Self::nothing(End::Fin) }
    }

    pub(crate) fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    pub(crate) fn body(mut self, body: impl AsRef<[u8]>) -> Self {
        self.body = body.as_ref().to_vec();
        self
    }

    /// Announces this length, whatever the body has.
    pub(crate) fn content_length(self, length: u64) -> Self {
        self.header("content-length", &length.to_string())
    }

    /// Sends the body in chunks of so many bytes.
    pub(crate) fn chunked(mut self, size: usize) -> Self {
        self.framing = Framing::Chunked(size);
        self.header("transfer-encoding", "chunked")
    }

    /// Sends the body without a length; the end of the connection ends it.
    pub(crate) fn until_close(mut self) -> Self {
        self.framing = Framing::UntilClose;
        self.end = End::Fin;
        self.header("connection", "close")
    }

    /// Sends only so many bytes of the body as it is on the wire, then ends like this.
    pub(crate) fn cut(mut self, bytes: usize, end: End) -> Self {
        self.cut = Some(bytes);
        self.then(end)
    }

    /// Sends the body in steps of so many bytes, with a pause after each.
    pub(crate) fn drip(mut self, bytes: usize, pause: Duration) -> Self {
        self.drip = Some((bytes, pause));
        self
    }

    /// Sends the head byte by byte, each in a packet of its own.
    pub(crate) fn trickled(mut self) -> Self {
        self.head_pause = Some(Duration::from_micros(50));
        self
    }

    /// Sends these bytes after the end of the body.
    pub(crate) fn garbage(mut self, bytes: &[u8]) -> Self {
        self.garbage = bytes.to_vec();
        self
    }

    /// Answers as soon as the head is read. The body is then read with [`End::Keep`], read and thrown
    /// away with [`End::Linger`], and left alone with the others.
    pub(crate) fn early(mut self) -> Self {
        self.moment = Moment::HeadRead;
        self
    }

    /// Ends the connection like this.
    pub(crate) fn then(mut self, end: End) -> Self {
        self.end = end;
        self
    }

    /// The bytes of the head, and those of the body with all that follows it.
    pub(super) fn wire(&self, is_head: bool) -> (Vec<u8>, Vec<u8>) {
        if let Some(raw) = &self.raw {
            return (raw.clone(), Vec::new());
        }
        let Some(status) = self.status else { return (Vec::new(), Vec::new()) };
        let mut head = format!("HTTP/1.1 {status} Scripted\r\n");
        for (name, value) in &self.headers {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        let has_length = self.headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("content-length"));
        if self.framing == Framing::Length && !has_length && !matches!(status, 204 | 304) {
            head.push_str(&format!("content-length: {}\r\n", self.body.len()));
        }
        head.push_str("\r\n");
        let mut body = if is_head { Vec::new() } else { self.framed_body() };
        match self.cut {
            Some(bytes) => body.truncate(bytes),
            None => body.extend(&self.garbage),
        }
        (head.into_bytes(), body)
    }

    fn framed_body(&self) -> Vec<u8> {
        let Framing::Chunked(size) = self.framing else { return self.body.clone() };
        let mut out = Vec::new();
        for chunk in self.body.chunks(size) {
            out.extend(format!("{:x}\r\n", chunk.len()).bytes());
            out.extend(chunk);
            out.extend(b"\r\n");
        }
        out.extend(b"0\r\n\r\n");
        out
    }
}
