//! The reader for GetObject. It resumes after a lost connection, and returns the complete content or an
//! error.

use std::fmt;
use std::io::{self, Read};
use std::thread;

use crate::checksum::{Comparison, ContentCheck, PartSizes, Verification};
use crate::error::{Error, ErrorKind, Result};
use crate::event::Event;
use crate::hints::after_last_attempt;
use crate::metadata::ObjectMetadata;
use crate::ops::object_source::{Source, get_object_request};
use crate::ops::options::get_object::{CHECKSUM_MODE, GetObjectOptions};
use crate::request::Request;
use crate::response::{MAX_OFFSET, Response};

/// The size of the buffer for reading an object a second time.
const READ_AGAIN: usize = 256 << 10;
/// The length of content until its end is reached, if the server does not announce it.
const UNKNOWN_LENGTH: u64 = u64::MAX;

/// The content of an object while it is being received.
///
/// Reading to the end returns exactly the bytes of the object, or fails. The length is always verified. If the
/// whole object is read, the cheapest checksum that the server returned is verified as well;
/// [`verification`](Self::verification) returns which one. The last bytes are returned only after the
/// verification.
///
/// The checksum of an object that was uploaded in parts may depend on their sizes. If the client does not know
/// them, and the checksum differs for the usual sizes, it reads the object a second time to find out whether the
/// content was damaged on the way.
///
/// If the server does not announce the length, the end of the content shows whether it is complete: the last
/// chunk of a chunked response, or the MD5. Then only the read that returns no more bytes verifies the content,
/// and `metadata.content_length` is 0 until then.
///
/// If the connection is lost or stalls, reading resumes at the same byte, as often as the client's
/// [`RetryPolicy`](crate::RetryPolicy) allows; the count restarts whenever bytes arrive. If the object was
/// replaced in the meantime, reading fails. It never mixes two versions.
///
/// The [`io::Error`] of a failed read contains an [`Error`] of this crate.
pub struct ObjectReader {
    /// The object's metadata.
    pub metadata: ObjectMetadata,
    source: Source,
    body: Box<dyn Read + Send + Sync>,
    /// The offset of the content in the object, if the server returned it.
    start: Option<u64>,
    /// The length of the content, or `UNKNOWN_LENGTH`. Kept here because the caller can change `metadata`.
    length: u64,
    /// The number of bytes read so far.
    done: u64,
    check: Option<ContentCheck>,
    verification: Verification,
    /// The content differs from its checksum.
    damaged: bool,
    /// The content could not be verified, and its last bytes were not returned.
    failed: bool,
    /// Attempts to resume since the last byte arrived.
    resume_attempts: u32,
}

impl ObjectReader {
    pub(crate) fn open(source: Source) -> Result<Self> {
        let is_whole = source.options.is_whole();
        let (mut reader, truncatable) = Self::open_unchecked(source)?;
        let length = Some(reader.length).filter(|&length| length != UNKNOWN_LENGTH);
        let check = reader.source.check(reader.metadata.headers(), length, is_whole);
        if let Some(error) = truncatable.filter(|_| check.is_none()) {
            return Err(error.with_context(|| reader.source.operation()));
        }
        reader.set_check(check);
        Ok(reader)
    }

    /// Opens an object whose content is not compared with a checksum. Also returns the error unless a checksum
    /// verifies the content, whose end could not be told from a lost connection.
    fn open_unchecked(source: Source) -> Result<(Self, Option<Error>)> {
        let options = &source.options;
        let request = || get_object_request(&source.bucket, &source.key, options);
        let get = |request: Request<'_>| {
            source.client.call_until(source.deadline, &request, |response| parse(response, options))
        };
        let content = if source.wants_checksums() {
            match get(request().header(CHECKSUM_MODE, "ENABLED")) {
                Err(error) if Source::rejects_checksums(&error) => {
                    let content = get(request())?;
                    source.stop_requesting_checksums();
                    content
                }
                content => content?,
            }
        } else {
            get(request())?
        };
        let Content { metadata, start, length, truncatable, body } = content;
        let reader = Self {
            length,
            verification: Verification::Length,
            check: None,
            damaged: false,
            failed: false,
            metadata,
            source,
            body,
            start,
            done: 0,
            resume_attempts: 0,
        };
        Ok((reader, truncatable))
    }

    /// Sets the check of the content, which has hashed everything before the first byte that is read next.
    pub(crate) fn set_check(&mut self, check: Option<ContentCheck>) {
        self.verification = check.as_ref().map_or(Verification::Length, ContentCheck::verification);
        self.check = check;
    }

    /// Returns how the content is verified before the last bytes are returned.
    ///
    /// For an object in parts whose sizes turn out to be unknown, this changes to [`Verification::Length`] when
    /// the last bytes are read.
    ///
    /// ```
    /// # let client = include!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/documentation/client.rs"));
    /// use std::io::Read as _;
    ///
    /// let mut object = client.get_object("my-new-bucket", "hello.txt")?;
    /// let mut content = Vec::new();
    /// object.read_to_end(&mut content)?;
    /// println!("verified by {:?}", object.verification());
    /// # Ok::<(), plain_s3::Error>(())
    /// ```
    pub fn verification(&self) -> Verification {
        self.verification
    }

    /// Returns `true` if the content was read and differs from its checksum.
    pub(crate) fn is_damaged(&self) -> bool {
        self.damaged
    }

    /// Returns the check of the content, if nothing of it has been read.
    pub(crate) fn unread_check(&self) -> Option<ContentCheck> {
        self.check.clone().filter(|_| self.done == 0)
    }

    /// Returns the object that is read.
    pub(crate) fn source(&self) -> &Source {
        &self.source
    }

    /// Reads the whole content into memory. Content that differs from its checksum is requested a second time.
    ///
    /// # Errors
    ///
    /// Fails if the content cannot be read or verified; see [`ObjectReader`].
    pub fn bytes(mut self) -> Result<Vec<u8>> {
        let from_start = self.done == 0;
        match self.read_all() {
            Err(error) if self.damaged && from_start && self.source.retries(&error) => {
                // the caller may have kept the metadata, which must belong to the content
                match Self::open(self.source.pinned_to(self.metadata.e_tag.as_ref())) {
                    Err(error) if error.is_precondition_failed() => {
                        Err(object_changed(self.done).with_context(|| self.source.operation()))
                    }
                    again => again?.read_all(),
                }
            }
            result => result,
        }
    }

    fn read_all(&mut self) -> Result<Vec<u8>> {
        // a server may announce any length, so only this much is allocated before bytes arrive
        let mut bytes = Vec::with_capacity(usize::try_from(self.left().min(1 << 20)).unwrap_or_default());
        self.read_to_end(&mut bytes).map_err(Error::from_read)?;
        Ok(bytes)
    }

    /// Reads the whole content as text.
    ///
    /// # Errors
    ///
    /// Fails if the content cannot be read or verified, and with
    /// [`UnexpectedResponse`](ErrorKind::UnexpectedResponse) if the content is not UTF-8.
    pub fn text(self) -> Result<String> {
        let operation = self.source.operation();
        String::from_utf8(self.bytes()?).map_err(|error| {
            Error::new(ErrorKind::UnexpectedResponse, "the content is not UTF-8 text")
                .with_source(error)
                .with_hint("Use bytes() to read any content.")
                .with_context(|| operation)
        })
    }

    fn left(&self) -> u64 {
        self.length - self.done
    }

    /// Reads like [`Read::read`], but returns an error of this crate.
    pub(crate) fn fetch(&mut self, buf: &mut [u8]) -> Result<usize> {
        self.fetch_next(buf).map_err(|error| error.with_context(|| self.source.operation()))
    }

    fn fetch_next(&mut self, buf: &mut [u8]) -> Result<usize> {
        let want = usize::try_from(self.left()).unwrap_or(usize::MAX).min(buf.len());
        if want == 0 {
            if self.left() == 0 {
                // an empty object is not verified yet, and a failed check must fail on every further read
                self.finish()?;
            }
            return Ok(0);
        }
        let n = loop {
            let error = match self.body.read(&mut buf[..want]) {
                Ok(0) if self.length == UNKNOWN_LENGTH => {
                    self.length = self.done;
                    self.metadata.content_length = self.done;
                    self.finish()?;
                    return Ok(0);
                }
                Ok(0) => Error::new(
                    ErrorKind::Network,
                    format!("the content ended after {} of {} bytes", self.done, self.length),
                ),
                Ok(n) => break n,
                Err(error) => Error::from_read(error),
            };
            self.resume(error)?;
        };
        self.resume_attempts = 0;
        self.done += n as u64;
        if let Some(check) = &mut self.check {
            check.update(&buf[..n]);
        }
        if self.left() == 0 {
            self.finish()?;
        }
        Ok(n)
    }

    /// Verifies the content after all of it has been read.
    fn finish(&mut self) -> Result<()> {
        // only a connection whose response was read to its end can be reused
        let _ = self.body.read(&mut [0]);
        let Some(check) = &self.check else { return Ok(()) };
        // a failed check is kept, so that a further read does not report a regular end
        let verified = match check.compare() {
            Comparison::Equal(verification) => Ok(verification),
            Comparison::Different(error) => Err(error),
            Comparison::Unclear if self.failed => {
                let message = "the content could not be verified";
                Err(Error::new(ErrorKind::Integrity, message).with_hint("Read it again from the start."))
            }
            Comparison::Unclear => self.read_again(check),
        };
        self.failed = verified.is_err();
        self.damaged = verified.as_ref().is_err_and(|error| error.kind() == ErrorKind::Integrity);
        self.verification = verified?;
        self.check = None;
        Ok(())
    }

    /// Reads an object in parts a second time, because its checksum differs. Either the content was damaged, or
    /// the parts have other sizes than assumed.
    fn read_again(&self, check: &ContentCheck) -> Result<Verification> {
        let (e_tag, parts) = (self.metadata.e_tag.as_ref(), check.parts().unwrap_or_default());
        // of the whole object, which is checked even if only its rest is read
        let length = self.start.unwrap_or_default() + self.length;
        let known = e_tag.and_then(|e_tag| self.source.part_sizes(length, parts, e_tag));
        let sizes = known.map_or_else(|| PartSizes::whole_mib(length, parts), |sizes| vec![sizes]);
        let Some(mut second) = check.restarted(sizes) else { return Ok(Verification::Length) };
        let (mut again, _) = Self::open_unchecked(self.source.whole_object(e_tag))?;
        let mut buffer = vec![0; READ_AGAIN];
        loop {
            match again.fetch_next(&mut buffer)? {
                0 => break,
                n => second.update(&buffer[..n]),
            }
        }
        if !check.has_same_content(&second) {
            let message = "the content differs from that of a second download";
            return Err(Error::new(ErrorKind::Integrity, message).with_hint("Try again."));
        }
        // twice the same content was not damaged on the way
        Ok(match second.compare() {
            Comparison::Equal(verification) => verification,
            Comparison::Different(_) | Comparison::Unclear => Verification::Length,
        })
    }

    /// Requests the rest after the connection was lost. Returns `lost` if no retry is possible.
    fn resume(&mut self, lost: Error) -> Result<()> {
        let Source { client, bucket, key, options, deadline } = &self.source;
        // without a strong ETag, nothing ensures that the rest belongs to the same object
        let Some(e_tag) = self.metadata.strong_e_tag().cloned() else {
            let hint =
                "The download cannot be resumed, because the response has no strong ETag: start it again.";
            return Err(lost.append_hint(hint));
        };
        let Some(start) = self.start.filter(|_| self.length != UNKNOWN_LENGTH) else {
            let hint = "The download cannot be resumed, because the response has no length: start it again.";
            return Err(lost.append_hint(hint));
        };
        self.resume_attempts += 1;
        let Some(delay) = client.delay(self.resume_attempts, &lost, *deadline) else {
            return Err(after_last_attempt(lost));
        };
        let offset = start + self.done;
        let end = start + self.length;
        let call = self.source.operation().to_string();
        client.settings().events.emit(|| Event::Resumed { call: &call, offset, error: &lost });
        thread::sleep(delay);

        let options = options.clone().remaining(offset..end, &e_tag);
        let request = get_object_request(bucket, key, &options);
        let rest = match client.call_until(*deadline, &request, |response| parse(response, &options)) {
            Err(error) if error.is_precondition_failed() => return Err(object_changed(offset)),
            rest => rest?,
        };
        // a server that returns no ETag here may have ignored If-Match as well
        if rest.metadata.e_tag.as_ref() != Some(&e_tag) {
            return Err(object_changed(offset));
        }
        self.body = rest.body;
        Ok(())
    }
}

fn object_changed(offset: u64) -> Error {
    let message = format!("the object was replaced while it was read, after {offset} bytes");
    Error::new(ErrorKind::Integrity, message).with_hint("Read it again from the start.")
}

/// The content of a response that was checked against the request.
struct Content {
    metadata: ObjectMetadata,
    /// The offset of the content in the object, if it is known.
    start: Option<u64>,
    /// The length of the content, or `UNKNOWN_LENGTH`.
    length: u64,
    /// The error unless a digest verifies the content, whose end could not be told from a lost connection.
    truncatable: Option<Error>,
    body: Box<dyn Read + Send + Sync>,
}

/// Checks that a response is what was requested: the whole object, the range or the part. What was received
/// counts, because servers differ in the status.
fn parse(response: Response, options: &GetObjectOptions) -> Result<Content> {
    if !matches!(response.status, 200 | 206) || options.is_whole() && response.status != 200 {
        let expected = if options.is_whole() { 200 } else { 206 };
        return Err(response.unexpected(format!("the status is {} instead of {expected}", response.status)));
    }
    let sent = ContentRange::of(&response);
    // any length, because the offset of the whole object is 0; that of a range is limited by its Content-Range
    let announced = response.header("content-length").and_then(|length| length.parse::<u64>().ok());
    let length = announced.or(sent.as_ref().filter(|_| !options.is_whole()).map(ContentRange::length));
    let is_chunked = response.header("transfer-encoding").is_some_and(|coding| coding.contains("chunked"));
    let truncatable = (announced.is_none() && !is_chunked).then(|| {
        response.unexpected("the response has no Content-Length, so missing bytes could not be detected")
    });
    let start = match (options.byte_range(), sent, length) {
        (None, _, _) if options.is_whole() => Some(0),
        (None, Some(sent), Some(length)) if sent.has_length(length) => Some(sent.first),
        // Ceph 20 sends exactly the part without its range, and this header
        (None, None, _) if response.status == 200 && response.header("x-amz-mp-parts-count").is_some() => {
            None
        }
        (Some((start, end)), Some(sent), Some(length))
            if sent.first == start && sent.has_length(length) && sent.ends_as_requested(end) =>
        {
            Some(start)
        }
        // a range that is the whole object
        (Some((0, end)), None, Some(length))
            if response.status == 200 && end.is_none_or(|end| end >= length) =>
        {
            Some(0)
        }
        (range, None, _) if response.status == 200 => {
            let (requested, unsupported) = match range {
                Some(_) => ("a range", "ranges, which resumed downloads need, too"),
                None => ("a part", "part numbers: read the whole object"),
            };
            return Err(response
                .unexpected(format!("the server sent the whole object instead of {requested}"))
                .with_hint(format!("The server does not support {unsupported}.")));
        }
        _ => {
            let sent = response.header("content-range").unwrap_or("missing").to_owned();
            return Err(response.unexpected(format!("the Content-Range is {sent}, not the requested one")));
        }
    };
    let metadata = ObjectMetadata::new(response.headers, length.unwrap_or_default());
    let length = length.unwrap_or(UNKNOWN_LENGTH);
    Ok(Content { metadata, start, length, truncatable, body: response.body })
}

/// `Content-Range: bytes 5-9/100`. The total is `*` if the server does not know it.
struct ContentRange {
    first: u64,
    last: u64,
    total: Option<u64>,
}

impl ContentRange {
    fn of(response: &Response) -> Option<Self> {
        let (span, total) =
            response.header("content-range")?.trim().strip_prefix("bytes ")?.split_once('/')?;
        let (first, last) = span.split_once('-')?;
        let range = Self {
            first: first.trim().parse().ok()?,
            last: last.trim().parse().ok()?,
            total: total.trim().parse().ok(),
        };
        Some(range).filter(|range| range.first <= range.last && range.last < MAX_OFFSET)
    }

    fn length(&self) -> u64 {
        self.last - self.first + 1
    }

    fn has_length(&self, length: u64) -> bool {
        self.length() == length
    }

    /// Returns `true` if the range extends to the requested end, or to the end of the object if that is
    /// smaller.
    fn ends_as_requested(&self, end: Option<u64>) -> bool {
        let expected = match (end, self.total) {
            (Some(end), Some(total)) => end.min(total),
            (Some(end), None) => end,
            (None, Some(total)) => total,
            (None, None) => return true,
        };
        self.last.checked_add(1) == Some(expected)
    }
}

impl Read for ObjectReader {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        Ok(self.fetch(buf)?)
    }
}

impl fmt::Debug for ObjectReader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ObjectReader")
            .field("call", &self.source.operation().to_string())
            .field("done", &self.done)
            .field("metadata", &self.metadata)
            .finish_non_exhaustive()
    }
}
