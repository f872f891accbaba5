//! GetObject.

use std::io::{self, Read};
use std::ops::{Bound, RangeBounds};

use md5::{Digest as _, Md5};
use time::OffsetDateTime;

use crate::client::Client;
use crate::encode;
use crate::error::{Error, ErrorKind, Result};
use crate::etag::ETag;
use crate::headers::Headers;
use crate::metadata::ObjectMetadata;
use crate::request::{Method, Request};
use crate::response::Response;
use crate::timestamp;

/// Which version or part of an object is read, and under what condition.
#[derive(Clone, Debug, Default)]
pub struct GetObjectOptions {
    range: Option<(u64, Option<u64>)>,
    version_id: Option<String>,
    part_number: Option<String>,
    headers: Headers,
}

impl GetObjectOptions {
    /// The whole of the newest version, without a condition.
    pub fn new() -> Self {
        Self::default()
    }

    /// Reads only these bytes: `0..100`, `100..`, `5..=9`. A range that ends past the object ends with it.
    pub fn range(mut self, bytes: impl RangeBounds<u64>) -> Self {
        let start = match bytes.start_bound() {
            Bound::Included(&first) => first,
            Bound::Excluded(&before) => before.saturating_add(1),
            Bound::Unbounded => 0,
        };
        let end = match bytes.end_bound() {
            Bound::Included(&last) => Some(last.saturating_add(1)),
            Bound::Excluded(&end) => Some(end),
            Bound::Unbounded => None,
        };
        self.range = Some((start, end));
        self
    }

    /// Reads this version.
    pub fn version_id(mut self, id: impl Into<String>) -> Self {
        self.version_id = Some(id.into());
        self
    }

    /// Reads only this part, from 1, of an object that was uploaded in parts.
    ///
    /// Servers that do not know parts of stored objects, Ceph 16 among them, send the whole object; that is
    /// an error, and nothing of it is read.
    pub fn part_number(mut self, number: u32) -> Self {
        self.part_number = Some(number.to_string());
        self
    }

    /// Lets the reader pay, where the bucket's owner asks for it.
    pub fn request_payer(self) -> Self {
        self.header("x-amz-request-payer", "requester")
    }

    /// Reads only where the object has this ETag; else
    /// [`is_precondition_failed`](Error::is_precondition_failed).
    pub fn if_match(self, e_tag: impl Into<ETag>) -> Self {
        self.header("if-match", e_tag.into().to_header())
    }

    /// Reads only where the object has another ETag; else [`is_not_modified`](Error::is_not_modified).
    pub fn if_none_match(self, e_tag: impl Into<ETag>) -> Self {
        self.header("if-none-match", e_tag.into().to_header())
    }

    /// Reads only what was stored after this moment; else [`is_not_modified`](Error::is_not_modified).
    pub fn if_modified_since(self, moment: impl Into<OffsetDateTime>) -> Self {
        self.header("if-modified-since", timestamp::http_date(moment.into()))
    }

    /// Reads only what was not stored anew after this moment; else
    /// [`is_precondition_failed`](Error::is_precondition_failed).
    pub fn if_unmodified_since(self, moment: impl Into<OffsetDateTime>) -> Self {
        self.header("if-unmodified-since", timestamp::http_date(moment.into()))
    }

    /// Sets any other header of the request.
    pub fn header(mut self, name: &str, value: impl Into<String>) -> Self {
        self.headers.set(name, value);
        self
    }

    pub(crate) fn asks_for_a_part(&self) -> bool {
        self.part_number.is_some()
    }

    /// True where the answer must be one of less than the object.
    pub(crate) fn is_partial(&self) -> bool {
        self.range.is_some() || self.asks_for_a_part()
    }

    pub(crate) fn apply<'a>(&'a self, request: Request<'a>) -> Result<Request<'a>> {
        let request = request
            .headers(&self.headers)
            .query_if("versionId", self.version_id.as_deref())
            .query_if("partNumber", self.part_number.as_deref());
        match self.range {
            None => Ok(request),
            Some((start, Some(end))) if end <= start => {
                Err(Error::invalid(format!("the range {start}..{end} is empty"))
                    .in_call(|| request.describe()))
            }
            Some((start, Some(end))) => Ok(request.header("range", format!("bytes={start}-{}", end - 1))),
            Some((start, None)) => Ok(request.header("range", format!("bytes={start}-"))),
        }
    }
}

impl Client {
    /// Opens an object for reading: the answer is a [`Read`] with the object's properties.
    /// ([GetObject](https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html))
    ///
    /// The content is read from the network as the caller reads it; nothing is held but a buffer.
    ///
    /// # Errors
    ///
    /// [`Server`](ErrorKind::Server): [`is_not_found`](Error::is_not_found) where there is no such object or
    /// bucket. Reading fails where the content is cut short, or is not what its ETag says; see
    /// [`ObjectReader`].
    ///
    /// ```no_run
    /// # let client = plain_s3::Client::new(plain_s3::Config::from_env()?)?;
    /// let text = client.get_object("my-new-bucket", "hello.txt")?.text()?;
    /// assert_eq!(text, "Hello World!");
    /// # Ok::<(), plain_s3::Error>(())
    /// ```
    pub fn get_object(&self, bucket: &str, key: &str) -> Result<ObjectReader> {
        self.get_object_with(bucket, key, &GetObjectOptions::new())
    }

    /// Opens a range or a version of an object, or opens it under a condition; see
    /// [`get_object`](Self::get_object).
    ///
    /// # Errors
    ///
    /// As [`get_object`](Self::get_object); [`is_invalid_range`](Error::is_invalid_range),
    /// [`is_not_modified`](Error::is_not_modified) and
    /// [`is_precondition_failed`](Error::is_precondition_failed) as the options say.
    ///
    /// ```no_run
    /// # let client = plain_s3::Client::new(plain_s3::Config::from_env()?)?;
    /// use plain_s3::GetObjectOptions;
    ///
    /// let head = GetObjectOptions::new().range(0..512);
    /// let bytes = client.get_object_with("my-new-bucket", "backup.tar", &head)?.bytes()?;
    /// # Ok::<(), plain_s3::Error>(())
    /// ```
    pub fn get_object_with(
        &self,
        bucket: &str,
        key: &str,
        options: &GetObjectOptions,
    ) -> Result<ObjectReader> {
        let request = options.apply(Request::object("GetObject", Method::Get, bucket, key))?;
        let ranged = options.is_partial();
        self.call(&request, |response| {
            ObjectReader::new(response, ranged, self.checks_md5(), request.describe())
        })
    }
}

/// The content of an object on its way in.
///
/// Reading to the end gives exactly the object's bytes, or an error: where the connection ends too early
/// and, for a whole object whose ETag is an MD5, where the bytes do not have that MD5. The last bytes are
/// only given out once that is sure. The [`io::Error`] of a failed read holds an [`Error`] of this crate.
pub struct ObjectReader {
    /// The object's properties.
    pub metadata: ObjectMetadata,
    body: Box<dyn Read + Send + Sync>,
    left: u64,
    /// What the content must hash to, and its hash so far.
    check: Option<([u8; 16], Md5)>,
    call: String,
}

impl ObjectReader {
    fn new(response: Response, ranged: bool, check_md5: bool, call: String) -> Result<Self> {
        match (ranged, response.status) {
            (true, 206) | (false, 200) => {}
            (true, _) => {
                return Err(response
                    .unexpected("the server sent the whole object where a range or a part was asked for"));
            }
            (false, status) => return Err(response.unexpected(format!("status {status} where 200 was due"))),
        }
        let length = response.header("content-length").and_then(|length| length.parse::<u64>().ok());
        let Some(length) = length else {
            return Err(
                response.unexpected("the answer has no Content-Length, so that a cut could not be seen")
            );
        };
        let metadata = ObjectMetadata::new(response.headers, length);
        let md5 = metadata.md5().filter(|_| check_md5 && !ranged);
        Ok(Self {
            metadata,
            body: response.body,
            left: length,
            check: md5.map(|md5| (md5, Md5::new())),
            call,
        })
    }

    /// Reads the whole content into memory.
    ///
    /// # Errors
    ///
    /// As reading does; see [`ObjectReader`].
    pub fn bytes(mut self) -> Result<Vec<u8>> {
        // the length is the server's word; no more than this is set aside before bytes have come
        let mut bytes = Vec::with_capacity(usize::try_from(self.left.min(1 << 20)).unwrap_or_default());
        self.read_to_end(&mut bytes).map_err(Error::from_read)?;
        Ok(bytes)
    }

    /// Reads the whole content as text.
    ///
    /// # Errors
    ///
    /// As reading does; [`UnexpectedAnswer`](ErrorKind::UnexpectedAnswer) where the content is not UTF-8.
    pub fn text(self) -> Result<String> {
        let call = self.call.clone();
        String::from_utf8(self.bytes()?).map_err(|error| {
            Error::new(ErrorKind::UnexpectedAnswer, "the content is not UTF-8 text")
                .with_source(error)
                .with_hint("bytes() takes any content.")
                .in_call(|| call)
        })
    }

    fn fetch(&mut self, buf: &mut [u8]) -> Result<usize> {
        let want = usize::try_from(self.left).unwrap_or(usize::MAX).min(buf.len());
        if self.left == 0 {
            // to the end of the answer, so that its connection can be used again
            let _ = self.body.read(&mut [0]);
            return Ok(0);
        }
        if want == 0 {
            return Ok(0);
        }
        let n = self.body.read(&mut buf[..want]).map_err(Error::from_read)?;
        if n == 0 {
            let (left, all) = (self.left, self.metadata.content_length);
            return Err(Error::new(
                ErrorKind::Network,
                format!("the content ended after {} of its {all} bytes", all - left),
            ));
        }
        if let Some((_, md5)) = &mut self.check {
            md5.update(&buf[..n]);
        }
        self.left -= n as u64;
        if self.left == 0 {
            self.verify()?;
        }
        Ok(n)
    }

    fn verify(&mut self) -> Result<()> {
        let Some((wanted, md5)) = self.check.take() else { return Ok(()) };
        let got: [u8; 16] = md5.finalize().into();
        if got == wanted {
            return Ok(());
        }
        Err(Error::new(
            ErrorKind::Integrity,
            format!("the content has the MD5 {}, its ETag says {}", encode::hex(&got), encode::hex(&wanted)),
        )
        .with_hint(
            "Read it again. If this server's ETags are no MD5s, turn the check off by Config::check_md5.",
        ))
    }
}

impl Read for ObjectReader {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        self.fetch(buf).map_err(|error| error.in_call(|| self.call.clone()).into())
    }
}

impl std::fmt::Debug for ObjectReader {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ObjectReader").field("metadata", &self.metadata).field("left", &self.left).finish()
    }
}
