//! The scripted response to one request.

use std::time::Duration;

use super::request::Request;
use crate::signatures::md5_hex;

/// What the server does with the connection after a response.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    /// Reads the rest of this request and waits for the next one.
    Keep,
    /// Closes the connection with a FIN.
    Fin,
    /// Resets the connection.
    Rst,
    /// Neither sends nor reads anything more until the client disconnects or the server is dropped.
    Stall,
    /// Sends nothing more, and reads and discards whatever the client still sends.
    Linger,
}

/// When the server sends the response.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stage {
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

type ResponseFn = Box<dyn FnOnce(&Request) -> Response + Send>;

/// One scripted response. By default it is complete, has a Content-Length and keeps the connection open.
pub(crate) struct Response {
    pub(super) stage: Stage,
    pub(super) end: End,
    pub(super) from_request: Option<ResponseFn>,
    /// The pause after each byte of the head.
    pub(super) head_pause: Option<Duration>,
    /// The number of body bytes to send at once, and the pause after each step.
    pub(super) drip: Option<(usize, Duration)>,
    status: Option<u16>,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
    framing: Framing,
    cut: Option<usize>,
    garbage: Vec<u8>,
    raw: Option<Vec<u8>>,
}

impl Response {
    /// A response without a body.
    pub(crate) fn new(status: u16) -> Self {
        Self { status: Some(status), ..Self::none(End::Keep) }
    }

    /// A 200 with an XML body.
    pub(crate) fn xml(body: &str) -> Self {
        Self::new(200).header("content-type", "application/xml").body(body)
    }

    /// An S3 error in the form in which Ceph sends it.
    pub(crate) fn error(status: u16, code: &str) -> Self {
        Self::new(status).header("x-amz-request-id", "tx-fake").body(format!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?><Error><Code>{code}</Code><Message></Message>\
             <RequestId>tx-fake</RequestId><HostId>fake</HostId></Error>"
        ))
    }

    /// The response to a PUT of `content`, with its MD5 as ETag.
    pub(crate) fn stored(content: &[u8]) -> Self {
        Self::new(200).header("etag", &format!("\"{}\"", md5_hex(content)))
    }

    /// A complete object with its MD5 as ETag.
    pub(crate) fn content(content: impl AsRef<[u8]>) -> Self {
        Self::stored(content.as_ref()).body(content)
    }

    /// The response of a real server to a GET of `content`: the whole object, 206 for a range, 416 for an
    /// unsatisfiable range, or 412 if `If-Match` does not match.
    pub(crate) fn object(request: &Request, content: &[u8]) -> Self {
        Self::object_with(request, content, &md5_hex(content))
    }

    /// Like [`object`](Self::object), with an ETag that is not the MD5 of the content.
    pub(crate) fn object_with(request: &Request, content: &[u8], e_tag: &str) -> Self {
        let e_tag = format!("\"{e_tag}\"");
        let whole = Self::new(200).header("etag", &e_tag).body(content);
        if request.header("if-match").is_some_and(|expected| expected != e_tag) {
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
        let content_range = format!("bytes {first}-{}/{}", end - 1, content.len());
        Self::new(206)
            .header("etag", &e_tag)
            .header("content-range", &content_range)
            .body(&content[first..end])
    }

    /// The response to DeleteObjects that reports every key of the request as deleted, except these.
    pub(crate) fn deleted(request: &Request, except: &[&str]) -> Self {
        let entries = request.text().split("<Key>").skip(1);
        let keys = entries.filter_map(|rest| Some(rest.split_once("</Key>")?.0));
        let deleted = keys.filter(|key| !except.contains(key));
        let results: String = deleted.map(|key| format!("<Deleted><Key>{key}</Key></Deleted>")).collect();
        Self::xml(&format!("<DeleteResult>{results}</DeleteResult>"))
    }

    /// Builds the response from the request.
    pub(crate) fn from_fn(respond: impl FnOnce(&Request) -> Response + Send + 'static) -> Self {
        Self { from_request: Some(Box::new(respond)), ..Self::none(End::Keep) }
    }

    /// Reads the request and sends no response.
    pub(crate) fn none(end: End) -> Self {
        Self {
            stage: Stage::BodyRead,
            end,
            from_request: None,
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

    /// Ends the next new connection without reading a request from it.
    pub(crate) fn on_accept(end: End) -> Self {
        Self { stage: Stage::Accepted, ..Self::none(end) }
    }

    /// Sends `bytes` as they are.
    pub(crate) fn raw(bytes: impl AsRef<[u8]>) -> Self {
        Self { raw: Some(bytes.as_ref().to_vec()), ..Self::none(End::Fin) }
    }

    pub(crate) fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    pub(crate) fn body(mut self, body: impl AsRef<[u8]>) -> Self {
        self.body = body.as_ref().to_vec();
        self
    }

    /// Sends this Content-Length, regardless of the actual length of the body.
    pub(crate) fn content_length(self, length: u64) -> Self {
        self.header("content-length", &length.to_string())
    }

    /// Sends the body with chunked encoding, in chunks of `size` bytes.
    pub(crate) fn chunked(mut self, size: usize) -> Self {
        self.framing = Framing::Chunked(size);
        self.header("transfer-encoding", "chunked")
    }

    /// Sends the body without a length: the end of the connection ends it.
    pub(crate) fn until_close(mut self) -> Self {
        self.framing = Framing::UntilClose;
        self.end = End::Fin;
        self.header("connection", "close")
    }

    /// Sends only the first `bytes` bytes of the encoded body, then applies `end` to the connection.
    pub(crate) fn cut(mut self, bytes: usize, end: End) -> Self {
        self.cut = Some(bytes);
        self.then(end)
    }

    /// Sends the body in steps of `bytes` bytes, with a pause after each step.
    pub(crate) fn drip(mut self, bytes: usize, pause: Duration) -> Self {
        self.drip = Some((bytes, pause));
        self
    }

    /// Sends the head byte by byte, each byte in a separate packet.
    pub(crate) fn trickle_head(mut self) -> Self {
        self.head_pause = Some(Duration::from_micros(50));
        self
    }

    /// Sends extra bytes after the end of the body.
    pub(crate) fn garbage(mut self, bytes: &[u8]) -> Self {
        self.garbage = bytes.to_vec();
        self
    }

    /// Sends the response as soon as the head of the request has been read. The request body is then read
    /// with [`End::Keep`], read and discarded with [`End::Linger`], and left unread otherwise.
    pub(crate) fn early(mut self) -> Self {
        self.stage = Stage::HeadRead;
        self
    }

    /// Sets what happens to the connection after the response.
    pub(crate) fn then(mut self, end: End) -> Self {
        self.end = end;
        self
    }

    /// Returns the bytes of the head, and the bytes of the body and everything after it.
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
        // The response to HEAD has the headers of a GET and no body.
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
