//! GetObject.

use std::ops::{Bound, RangeBounds};

use time::OffsetDateTime;

use crate::client::Client;
use crate::error::{Error, Result};
use crate::etag::ETag;
use crate::headers::Headers;
use crate::ops::object_reader::ObjectReader;
use crate::request::Request;
use crate::timestamp;

/// Which version or part of an object is read, and under what condition.
#[derive(Clone, Debug, Default)]
pub struct GetObjectOptions {
    range: Option<(u64, Option<u64>)>,
    query: Vec<(&'static str, String)>,
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
    pub fn version_id(self, id: impl Into<String>) -> Self {
        self.query("versionId", id)
    }

    /// Reads only this part, from 1, of an object that was uploaded in parts.
    ///
    /// Servers that do not know parts of stored objects, Ceph 16 among them, send the whole object; that is
    /// an error, and nothing of it is read.
    pub fn part_number(self, number: u32) -> Self {
        self.query("partNumber", number.to_string())
    }

    /// Has the server answer with this `Content-Type`.
    pub fn response_content_type(self, value: impl Into<String>) -> Self {
        self.query("response-content-type", value)
    }

    /// Has the server answer with this `Content-Disposition`.
    pub fn response_content_disposition(self, value: impl Into<String>) -> Self {
        self.query("response-content-disposition", value)
    }

    /// Has the server answer with this `Content-Encoding`.
    pub fn response_content_encoding(self, value: impl Into<String>) -> Self {
        self.query("response-content-encoding", value)
    }

    /// Has the server answer with this `Content-Language`.
    pub fn response_content_language(self, value: impl Into<String>) -> Self {
        self.query("response-content-language", value)
    }

    /// Has the server answer with this `Cache-Control`.
    pub fn response_cache_control(self, value: impl Into<String>) -> Self {
        self.query("response-cache-control", value)
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

    pub(crate) fn headers(mut self, headers: &Headers) -> Self {
        self.headers.extend(headers);
        self
    }

    fn query(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.query.retain(|(n, _)| *n != name);
        self.query.push((name, value.into()));
        self
    }

    /// The same object as before, from one byte to another: what is asked for after a break.
    pub(crate) fn rest(mut self, bytes: std::ops::Range<u64>, e_tag: &ETag) -> Self {
        // a range counts from the start of the object, not of a part
        self.query.retain(|(name, _)| *name != "partNumber");
        for condition in ["if-none-match", "if-modified-since", "if-unmodified-since"] {
            self.headers.remove(condition);
        }
        self.range(bytes).if_match(e_tag)
    }

    /// The condition on the ETag, as it is sent.
    pub(crate) fn match_header(&self) -> Option<&str> {
        self.headers.get("if-match")
    }

    /// The range as first byte and, where it has an end, the byte after the last.
    pub(crate) fn byte_range(&self) -> Option<(u64, Option<u64>)> {
        self.range
    }

    /// True where the answer is the content of a whole object, so that its ETag speaks of all of it.
    pub(crate) fn is_whole(&self) -> bool {
        self.range.is_none() && !self.is_of_part()
    }

    pub(crate) fn is_of_part(&self) -> bool {
        self.query.iter().any(|(name, _)| *name == "partNumber")
    }

    pub(crate) fn apply<'a>(&'a self, mut request: Request<'a>) -> Result<Request<'a>> {
        request = request.headers(&self.headers);
        for (name, value) in &self.query {
            request = request.query(name, value.as_str());
        }
        match self.range {
            None => Ok(request),
            Some((start, Some(end))) if end <= start => {
                Err(Error::invalid(format!("the range {start}..{end} is empty"))
                    .with_context(|| request.describe()))
            }
            Some((start, Some(end))) => Ok(request.header("range", format!("bytes={start}-{}", end - 1))),
            Some((start, None)) => Ok(request.header("range", format!("bytes={start}-"))),
        }
    }
}

impl Client {
    /// Opens an object for reading: the answer is a [`Read`](std::io::Read) with the object's properties.
    /// ([GetObject](https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html))
    ///
    /// The content is read from the network as the caller reads it; nothing is held but a buffer.
    ///
    /// # Errors
    ///
    /// [`Server`](crate::ErrorKind::Server): [`is_not_found`](Error::is_not_found) where there is no such object or
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
        ObjectReader::open(self, bucket, key, options)
    }
}
