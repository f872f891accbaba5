//! An object's content as a `Read` that resumes where the network breaks, and ends whole or in an error.

use std::fmt;
use std::io::{self, Read};
use std::thread;
use std::time::Instant;

use crate::body::BodyReader;
use crate::checksum::{Md5Check, Verification};
use crate::client::Client;
use crate::error::{Error, ErrorKind, Result};
use crate::event::Event;
use crate::metadata::ObjectMetadata;
use crate::ops::GetObjectOptions;
use crate::request::{Method, Request};
use crate::response::Response;

/// The content of an object on its way in.
///
/// Reading to the end gives exactly the object's bytes, or an error. The length is always checked and, for
/// a whole object whose ETag is an MD5, that too; [`check`](Self::check) tells which. The last bytes are
/// only given out once all is sure.
///
/// A connection that breaks or stalls on the way is resumed from the byte reached, as often as the
/// client's [`RetryPolicy`](crate::RetryPolicy) allows, counted anew whenever bytes have come. An object
/// that was replaced meanwhile is an error, never a mixture.
///
/// The [`io::Error`] of a failed read holds an [`Error`] of this crate.
pub struct ObjectReader {
    /// The object's properties.
    pub metadata: ObjectMetadata,
    source: Source,
    body: Box<dyn Read + Send + Sync>,
    /// Where the content begins in the object.
    first: u64,
    /// How long the content is: what the metadata said, which is the caller's to change.
    length: u64,
    /// How much of the content was read.
    done: u64,
    check: Option<Md5Check>,
    checked: Verification,
    /// Breaks since bytes last came.
    breaks: u32,
}

/// Where the content comes from, to ask for the rest of it.
struct Source {
    client: Client,
    bucket: String,
    key: String,
    options: GetObjectOptions,
    deadline: Option<Instant>,
}

impl Source {
    fn request(&self) -> Result<Request<'_>> {
        self.options.apply(Request::object("GetObject", Method::Get, &self.bucket, &self.key))
    }

    fn call(&self) -> String {
        format!("GetObject {}/{}", self.bucket, self.key)
    }
}

impl ObjectReader {
    pub(crate) fn open(client: &Client, bucket: &str, key: &str, options: &GetObjectOptions) -> Result<Self> {
        let source = Source {
            client: client.clone(),
            bucket: bucket.to_owned(),
            key: key.to_owned(),
            options: options.clone(),
            deadline: client.deadline(),
        };
        let request = source.request()?;
        let (metadata, first, body) =
            client.execute_until(source.deadline, &request, &mut BodyReader::empty(), |response| {
                accept(response, options)
            })?;
        let md5 = metadata.md5().filter(|_| options.is_whole() && client.settings().check_md5);
        let checked = if md5.is_some() { Verification::Md5 } else { Verification::Length };
        let check = md5.map(Md5Check::new);
        let length = metadata.content_length;
        Ok(Self { metadata, source, body, first, length, done: 0, check, checked, breaks: 0 })
    }

    /// Returns what is compared before the content counts as whole.
    pub fn check(&self) -> Verification {
        self.checked
    }

    /// Reads the whole content into memory.
    ///
    /// # Errors
    ///
    /// As reading does; see [`ObjectReader`].
    pub fn bytes(mut self) -> Result<Vec<u8>> {
        // the length is the server's word; no more than this is set aside before bytes have come
        let mut bytes = Vec::with_capacity(usize::try_from(self.left().min(1 << 20)).unwrap_or_default());
        self.read_to_end(&mut bytes).map_err(Error::from_read)?;
        Ok(bytes)
    }

    /// Reads the whole content as text.
    ///
    /// # Errors
    ///
    /// As reading does; [`UnexpectedResponse`](ErrorKind::UnexpectedResponse) where the content is not UTF-8.
    pub fn text(self) -> Result<String> {
        let call = self.source.call();
        String::from_utf8(self.bytes()?).map_err(|error| {
            Error::new(ErrorKind::UnexpectedResponse, "the content is not UTF-8 text")
                .with_source(error)
                .with_hint("bytes() takes any content.")
                .with_context(|| call)
        })
    }

    fn left(&self) -> u64 {
        self.length - self.done
    }

    /// The next bytes, 0 at the end: [`Read::read`] with this crate's error.
    pub(crate) fn fetch(&mut self, buf: &mut [u8]) -> Result<usize> {
        let want = usize::try_from(self.left()).unwrap_or(usize::MAX).min(buf.len());
        if want == 0 {
            if self.left() == 0 {
                self.finish()?; // still to do for an empty object, and failing again for a wrong one
            }
            return Ok(0);
        }
        let n = loop {
            let error = match self.body.read(&mut buf[..want]) {
                Ok(0) => Error::new(
                    ErrorKind::Network,
                    format!("the content ended after {} of its {} bytes", self.done, self.length),
                ),
                Ok(n) => break n,
                Err(error) => Error::from_read(error),
            };
            self.resume(error).map_err(|error| error.with_context(|| self.source.call()))?;
        };
        self.breaks = 0;
        self.done += n as u64;
        if let Some(check) = &mut self.check {
            check.update(&buf[..n]);
        }
        if self.left() == 0 {
            self.finish()?;
        }
        Ok(n)
    }

    /// Checks what came, once all has.
    fn finish(&mut self) -> Result<()> {
        // to the end of the answer, so that its connection can be used again
        let _ = self.body.read(&mut [0]);
        if let Some(check) = &self.check {
            // kept where it fails, so that reading on does not look like the end of what was whole
            check.finish().map_err(|error| error.with_context(|| self.source.call()))?;
            self.check = None;
        }
        Ok(())
    }

    /// Has the rest of an object checked with what came before it, which was hashed already.
    pub(crate) fn continue_check(&mut self, check: Md5Check) {
        self.check = Some(check);
        self.checked = Verification::Md5;
    }

    /// Asks for the rest after a break, or gives the break back as the error.
    fn resume(&mut self, malformed: Error) -> Result<()> {
        let Some(e_tag) = self.metadata.e_tag.clone() else { return Err(malformed) };
        self.breaks += 1;
        let Some(delay) = self.source.client.delay(self.breaks, &malformed, self.source.deadline) else {
            return Err(malformed);
        };
        let offset = self.first + self.done;
        let end = self.first + self.length;
        let call = self.source.call();
        self.source.client.settings().events.emit(|| Event::Resumed {
            call: &call,
            offset,
            error: &malformed,
        });
        thread::sleep(delay);

        let options = self.source.options.clone().rest(offset..end, &e_tag);
        let request = options.apply(Request::object(
            "GetObject",
            Method::Get,
            &self.source.bucket,
            &self.source.key,
        ))?;
        let rest = self.source.client.execute_until(
            self.source.deadline,
            &request,
            &mut BodyReader::empty(),
            |response| accept(response, &options),
        );
        let (metadata, _, body) = match rest {
            Ok(rest) => rest,
            Err(error) if error.is_precondition_failed() => return Err(replaced(offset)),
            Err(error) => return Err(error),
        };
        // a server that names no ETag here may have passed over If-Match as well
        if metadata.e_tag.as_ref() != Some(&e_tag) {
            return Err(replaced(offset));
        }
        self.body = body;
        Ok(())
    }
}

fn replaced(offset: u64) -> Error {
    let message = format!("the object was replaced while it was read, after {offset} bytes");
    Error::new(ErrorKind::Integrity, message).with_hint("Read it again from the start.")
}

type Accepted = (ObjectMetadata, u64, Box<dyn Read + Send + Sync>);

/// Takes an answer that is exactly what was asked for: the whole, or the range. Gives the first byte's place.
fn accept(response: Response, options: &GetObjectOptions) -> Result<Accepted> {
    let range = options.byte_range();
    match (range, response.status) {
        (None, 200) if options.is_whole() => {}
        // a part is a range of the server's choice
        (None, 206) if !options.is_whole() => {}
        (Some(_), 206) => {}
        (range, 200) => {
            let asked = if range.is_some() { "a range" } else { "a part" };
            return Err(response
                .unexpected(format!("the server sent the whole object where {asked} was asked for"))
                .with_hint("It does not know these; read the whole object."));
        }
        (_, status) => {
            let due = if options.is_whole() { 200 } else { 206 };
            return Err(response.unexpected(format!("status {status} where {due} was due")));
        }
    }
    let length = response.header("content-length").and_then(|length| length.parse::<u64>().ok());
    let Some(length) = length else {
        return Err(response.unexpected("the answer has no Content-Length, so that a cut could not be seen"));
    };
    // a part is a range of the server's choice, but it has to say which: a break is resumed by it
    let first = match (range, content_range(&response)) {
        (None, _) if options.is_whole() => 0,
        (None, Some((first, last, _))) if last.checked_sub(first) == length.checked_sub(1) => first,
        (Some((start, end)), Some((first, last, all)))
            if first == start
                && last.checked_sub(first) == length.checked_sub(1)
                && is_all_of(end, last, all) =>
        {
            start
        }
        _ => {
            let range = response.header("content-range").unwrap_or("missing").to_owned();
            return Err(response.unexpected(format!("the Content-Range is {range}, not what was asked for")));
        }
    };
    Ok((ObjectMetadata::new(response.headers, length), first, response.body))
}

/// True where a range that goes up to this byte is all that was asked for: up to `end`, or to the object's own.
fn is_all_of(end: Option<u64>, last: u64, all: Option<u64>) -> bool {
    let due = match (end, all) {
        (Some(end), Some(all)) => end.min(all),
        (Some(due), None) | (None, Some(due)) => due,
        (None, None) => return true,
    };
    last.checked_add(1) == Some(due)
}

/// First and last byte of `bytes 5-9/100`, and the length of the whole where the server knows it.
fn content_range(response: &Response) -> Option<(u64, u64, Option<u64>)> {
    let (span, all) = response.header("content-range")?.trim().strip_prefix("bytes ")?.split_once('/')?;
    let (first, last) = span.split_once('-')?;
    Some((first.trim().parse().ok()?, last.trim().parse().ok()?, all.trim().parse().ok()))
}

impl Read for ObjectReader {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        Ok(self.fetch(buf)?)
    }
}

impl fmt::Debug for ObjectReader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ObjectReader")
            .field("call", &self.source.call())
            .field("done", &self.done)
            .field("metadata", &self.metadata)
            .finish_non_exhaustive()
    }
}
