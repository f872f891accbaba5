//! The options that GetObject and HeadObject share.

use std::ops::{Bound, RangeBounds};

use time::OffsetDateTime;

use super::encryption::with_customer_key;
use super::sha256;
use crate::checksum::Sha256Digest;
use crate::etag::ETag;
use crate::headers::Headers;
use crate::request::Request;
use crate::timestamp;

/// The header that requests the stored checksums.
pub(crate) const CHECKSUM_MODE: &str = "x-amz-checksum-mode";

/// Options for [`Client::get_object_with`](crate::Client::get_object_with),
/// [`Client::head_object_with`](crate::Client::head_object_with) and the presigned URLs of both: the version,
/// the range and the conditions.
#[derive(Clone, Debug, Default)]
#[must_use]
pub struct GetObjectOptions {
    range: Option<(u64, Option<u64>)>,
    query: Vec<(&'static str, String)>,
    headers: Headers,
    sha256: Option<String>,
}

impl GetObjectOptions {
    /// Creates the default options: the whole latest version, without conditions.
    pub fn new() -> Self {
        Self::default()
    }

    /// Requests only these bytes: `0..100`, `100..` or `5..=9`. A range that extends past the end of the
    /// object is cut off there.
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

    /// Requests this version.
    pub fn version_id(self, id: impl Into<String>) -> Self {
        self.query("versionId", id)
    }

    /// Requests only this part, counted from 1, of an object that was uploaded in parts.
    ///
    /// Servers that do not support this, such as Ceph 16, send the whole object. That is an error, and
    /// nothing of the content is read.
    ///
    /// ```
    /// # let client = include!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/documentation/client.rs"));
    /// use plain_s3::GetObjectOptions;
    ///
    /// let first = GetObjectOptions::new().part_number(1);
    /// println!("{}", client.head_object_with("my-new-bucket", "hello.txt", &first)?.content_length);
    /// # Ok::<(), plain_s3::Error>(())
    /// ```
    pub fn part_number(self, number: u32) -> Self {
        self.query("partNumber", number.to_string())
    }

    /// Overrides the `Content-Type` header of the response.
    ///
    /// ```
    /// # let client = include!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/documentation/client.rs"));
    /// use std::time::{Duration, SystemTime};
    ///
    /// use plain_s3::GetObjectOptions;
    ///
    /// let page = GetObjectOptions::new()
    ///     .response_content_type("text/html")
    ///     .response_content_encoding("identity")
    ///     .response_content_language("en-GB")
    ///     .response_cache_control("no-store")
    ///     .response_expires(SystemTime::now() + Duration::from_secs(60));
    /// let object = client.get_object_with("my-new-bucket", "index.html", &page)?;
    /// assert_eq!(object.metadata.content_type.as_deref(), Some("text/html"));
    /// # Ok::<(), plain_s3::Error>(())
    /// ```
    pub fn response_content_type(self, value: impl Into<String>) -> Self {
        self.query("response-content-type", value)
    }

    /// Overrides the `Content-Disposition` header of the response, for example with
    /// `attachment; filename="plans.txt"`.
    pub fn response_content_disposition(self, value: impl Into<String>) -> Self {
        self.query("response-content-disposition", value)
    }

    /// Overrides the `Content-Encoding` header of the response.
    pub fn response_content_encoding(self, value: impl Into<String>) -> Self {
        self.query("response-content-encoding", value)
    }

    /// Overrides the `Content-Language` header of the response.
    pub fn response_content_language(self, value: impl Into<String>) -> Self {
        self.query("response-content-language", value)
    }

    /// Overrides the `Cache-Control` header of the response.
    pub fn response_cache_control(self, value: impl Into<String>) -> Self {
        self.query("response-cache-control", value)
    }

    /// Overrides the `Expires` header of the response.
    pub fn response_expires(self, moment: impl Into<OffsetDateTime>) -> Self {
        self.query("response-expires", timestamp::http_date(moment.into()))
    }

    /// Sets `If-Match`: the request fails unless the object has this ETag (see
    /// [`is_precondition_failed`](crate::Error::is_precondition_failed)).
    ///
    /// ```
    /// # let client = include!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/documentation/client.rs"));
    /// use std::time::{Duration, SystemTime};
    ///
    /// use plain_s3::GetObjectOptions;
    ///
    /// let e_tag = client.head_object("my-new-bucket", "hello.txt")?.e_tag.unwrap();
    /// let same = GetObjectOptions::new()
    ///     .if_match(e_tag)
    ///     .if_unmodified_since(SystemTime::now() + Duration::from_secs(60 * 60));
    /// assert_eq!(client.get_object_with("my-new-bucket", "hello.txt", &same)?.text()?, "Hello World!");
    /// # Ok::<(), plain_s3::Error>(())
    /// ```
    pub fn if_match(self, e_tag: impl Into<ETag>) -> Self {
        self.header("if-match", e_tag.into().to_header())
    }

    /// Sets `If-None-Match`: the request fails if the object has this ETag (see
    /// [`is_not_modified`](crate::Error::is_not_modified)).
    pub fn if_none_match(self, e_tag: impl Into<ETag>) -> Self {
        self.header("if-none-match", e_tag.into().to_header())
    }

    /// Sets `If-Modified-Since`: the request fails unless the object was stored after this moment (see
    /// [`is_not_modified`](crate::Error::is_not_modified)).
    ///
    /// ```
    /// # let client = include!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/documentation/client.rs"));
    /// use std::time::{Duration, SystemTime};
    ///
    /// use plain_s3::GetObjectOptions;
    ///
    /// let yesterday = SystemTime::now() - Duration::from_secs(24 * 60 * 60);
    /// let changed = GetObjectOptions::new().if_modified_since(yesterday);
    /// assert_eq!(client.get_object_with("my-new-bucket", "hello.txt", &changed)?.text()?, "Hello World!");
    /// # Ok::<(), plain_s3::Error>(())
    /// ```
    pub fn if_modified_since(self, moment: impl Into<OffsetDateTime>) -> Self {
        self.header("if-modified-since", timestamp::http_date(moment.into()))
    }

    /// Sets `If-Unmodified-Since`: the request fails if the object was stored after this moment (see
    /// [`is_precondition_failed`](crate::Error::is_precondition_failed)).
    pub fn if_unmodified_since(self, moment: impl Into<OffsetDateTime>) -> Self {
        self.header("if-unmodified-since", timestamp::http_date(moment.into()))
    }

    /// Sets the key with which the object was encrypted; see
    /// [`PutObjectOptions::sse_customer_key`](crate::PutObjectOptions::sse_customer_key). The request
    /// requires HTTPS.
    pub fn sse_customer_key(self, key: [u8; 32]) -> Self {
        with_customer_key(self, &key, Self::header)
    }

    /// Requires the content to have this SHA-256, in 64 hexadecimal digits. Otherwise reading it fails with
    /// [`Integrity`](crate::ErrorKind::Integrity).
    ///
    /// This also detects content that was replaced on purpose. It applies to what is read, so to the range if one
    /// is set, and replaces the check of the server's checksum. It has no effect on
    /// [`head_object_with`](crate::Client::head_object_with) and presigned URLs.
    ///
    /// ```
    /// # let client = include!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/documentation/client.rs"));
    /// use plain_s3::GetObjectOptions;
    ///
    /// let pinned = "7f83b1657ff1fc53b92dc18148a1d65dfc2d4b1fa3d677284addd200126d9069";
    /// let options = GetObjectOptions::new().sha256(pinned).checksum_mode();
    /// assert_eq!(client.get_object_with("my-new-bucket", "hello.txt", &options)?.text()?, "Hello World!");
    /// # Ok::<(), plain_s3::Error>(())
    /// ```
    pub fn sha256(mut self, hex: impl Into<String>) -> Self {
        self.sha256 = Some(hex.into());
        self
    }

    /// Requests the checksums that are stored with the object, so that
    /// [`ObjectMetadata::header`](crate::ObjectMetadata::header) can return them, such as
    /// `x-amz-checksum-crc64nvme`.
    ///
    /// Downloads of whole objects request them by default. On AWS, a HEAD request with this option also needs the
    /// permission `kms:Decrypt` if the object is encrypted with KMS. A presigned URL with it can only be used
    /// together with the header `x-amz-checksum-mode: ENABLED`.
    pub fn checksum_mode(self) -> Self {
        self.header(CHECKSUM_MODE, "ENABLED")
    }

    /// Sets any other header of the request.
    pub fn header(mut self, name: &str, value: impl Into<String>) -> Self {
        self.headers.set(name, value);
        self
    }

    fn query(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.query.retain(|(n, _)| *n != name);
        self.query.push((name, value.into()));
        self
    }

    pub(crate) fn headers(mut self, headers: &Headers) -> Self {
        self.headers.extend(headers);
        self
    }

    /// Returns the options for the remaining bytes of the same object, after the connection was lost.
    pub(crate) fn remaining(mut self, bytes: std::ops::Range<u64>, e_tag: &ETag) -> Self {
        // a range counts from the start of the object, not of a part
        self.query.retain(|(name, _)| *name != "partNumber");
        self.without_conditions().range(bytes).if_match(e_tag)
    }

    /// Returns the same options without the conditions that a response has already met, except `If-Match`.
    pub(crate) fn without_conditions(mut self) -> Self {
        for condition in ["if-none-match", "if-modified-since", "if-unmodified-since"] {
            self.headers.remove(condition);
        }
        self
    }

    /// Returns who pays for the request, and the expected owner of the bucket.
    pub(crate) fn requester_headers(&self) -> Headers {
        self.headers.requester()
    }

    /// Returns the options for the metadata of a part of the same object.
    pub(crate) fn of_part(mut self, number: u32, e_tag: &ETag) -> Self {
        self.range = None;
        self.without_conditions().part_number(number).if_match(e_tag)
    }

    /// Returns the options for the whole content of the same object, without a pinned SHA-256.
    pub(crate) fn whole_object(mut self) -> Self {
        self.range = None;
        self.sha256 = None;
        self
    }

    /// Returns the SHA-256 that the content must have. If it is not valid, the request is not either.
    pub(crate) fn pinned_sha256(&self) -> Option<Sha256Digest> {
        Sha256Digest::from_hex(self.sha256.as_deref()?)
    }

    /// Returns the value of `If-Match` as it is sent.
    pub(crate) fn if_match_header(&self) -> Option<&str> {
        self.headers.get("if-match")
    }

    /// Returns the first byte of the range and, if it has an end, the byte after the last.
    pub(crate) fn byte_range(&self) -> Option<(u64, Option<u64>)> {
        self.range
    }

    /// Returns `true` if the response is the content of a whole object, to which its ETag applies.
    pub(crate) fn is_whole(&self) -> bool {
        self.range.is_none() && !self.is_part()
    }

    pub(crate) fn is_part(&self) -> bool {
        self.query.iter().any(|(name, _)| *name == "partNumber")
    }

    /// Adds these options to a request.
    pub(crate) fn apply<'a>(&'a self, mut request: Request<'a>) -> Request<'a> {
        request = sha256::require_valid(request.headers(&self.headers), self.sha256.as_deref());
        for (name, value) in &self.query {
            request = request.query(name, value.as_str());
        }
        match self.range {
            None => request,
            Some((start, None)) => request.header("range", format!("bytes={start}-")),
            Some((start, Some(end))) => request
                .require(start < end, || {
                    format!("the range {start}..{end} is empty; its end is the offset after the last byte")
                })
                .header("range", format!("bytes={start}-{}", end.saturating_sub(1))),
        }
    }
}
