//! The options of calls that create an object.

use std::path::Path;

use time::OffsetDateTime;

use super::encryption::with_customer_key;
use super::sha256;
use crate::acl::CannedAcl;
use crate::checksum::{ChecksumAlgorithm, Sha256Digest};
use crate::encode;
use crate::etag::ETag;
use crate::headers::Headers;
use crate::media_type;
use crate::metadata::USER_PREFIX;
use crate::request::Request;
use crate::timestamp;

/// Options for [`Client::put_object_with`](crate::Client::put_object_with) and every other call that creates an object: its media type,
/// metadata, ACL, encryption and conditions.
///
/// Each setter sets one header. If a value is not valid in a header, the call fails before anything is sent.
///
/// ```
/// # let client = include!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/documentation/client.rs"));
/// use std::time::{Duration, SystemTime};
///
/// use plain_s3::PutObjectOptions;
///
/// let page = PutObjectOptions::new()
///     .content_type("text/html; charset=utf-8")
///     .content_disposition("inline")
///     .content_encoding("identity")
///     .content_language("en-GB")
///     .cache_control("max-age=300")
///     .expires(SystemTime::now() + Duration::from_secs(300))
///     .metadata("author", "larry")
///     .tagging([("project", "poetry")])
///     .website_redirect_location("/index.html");
/// client.put_object_with("my-new-bucket", "poem.html", "<p>Black flies</p>", &page)?;
/// assert_eq!(client.head_object("my-new-bucket", "poem.html")?.metadata["author"], "larry");
/// # Ok::<(), plain_s3::Error>(())
/// ```
#[derive(Clone, Debug, Default)]
#[must_use]
pub struct PutObjectOptions {
    headers: Headers,
    checksum: Option<ChecksumAlgorithm>,
    sha256: Option<String>,
}

impl PutObjectOptions {
    /// Creates the default options: no headers. Without a media type, servers usually store
    /// `binary/octet-stream`.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the media type, such as `text/html; charset=utf-8`.
    ///
    /// By default, [`upload_file`](crate::Client::upload_file) derives it from the extension of the file's name,
    /// and other calls leave it to the server.
    pub fn content_type(self, value: impl Into<String>) -> Self {
        self.header("content-type", value)
    }

    /// Sets the `Cache-Control` header of downloads.
    pub fn cache_control(self, value: impl Into<String>) -> Self {
        self.header("cache-control", value)
    }

    /// Sets the `Content-Disposition` header of downloads, such as `attachment; filename="a.pdf"`.
    ///
    /// A name that is not ASCII must be percent-encoded, as in `attachment; filename*=UTF-8''%C3%A9.pdf`. AWS
    /// and servers like it corrupt UTF-8 in headers.
    pub fn content_disposition(self, value: impl Into<String>) -> Self {
        self.header("content-disposition", value)
    }

    /// Sets the `Content-Encoding` header of downloads, such as `gzip`. The content itself is not changed.
    pub fn content_encoding(self, value: impl Into<String>) -> Self {
        self.header("content-encoding", value)
    }

    /// Sets the `Content-Language` header of downloads.
    pub fn content_language(self, value: impl Into<String>) -> Self {
        self.header("content-language", value)
    }

    /// Sets the `Expires` header of downloads: the time until which caches may use them. The object itself
    /// does not expire.
    pub fn expires(self, moment: impl Into<OffsetDateTime>) -> Self {
        self.header("expires", timestamp::http_date(moment.into()))
    }

    /// Sets the object's ACL. The default is private.
    pub fn acl(self, acl: CannedAcl) -> Self {
        self.header("x-amz-acl", acl.as_str())
    }

    /// Adds an entry of user metadata. S3 stores names in lower case, and at most 2 KiB in total.
    ///
    /// A value that is not ASCII is sent as RFC 2047 encoded words, which every server returns unchanged and
    /// [`ObjectMetadata::metadata`](crate::ObjectMetadata::metadata) contains decoded. Encoded text is at least
    /// a third longer. [`Config::metadata_encoding`](crate::Config::metadata_encoding) sends UTF-8 instead.
    ///
    /// Do not use `_` in names: Ceph stores it as `-`, so that `a_b` replaces `a-b`, and rejects the request if
    /// it is signed with V2; proxies such as nginx drop the header.
    pub fn metadata(self, name: &str, value: impl Into<String>) -> Self {
        self.header(&format!("{USER_PREFIX}{name}"), value)
    }

    /// Sets the storage class, such as `STANDARD_IA`.
    pub fn storage_class(self, class: impl Into<String>) -> Self {
        self.header("x-amz-storage-class", class)
    }

    /// Sets the object's tags, replacing those set by an earlier call.
    pub fn tagging<K: AsRef<str>, V: AsRef<str>>(self, tags: impl IntoIterator<Item = (K, V)>) -> Self {
        let encoded = |(key, value): (K, V)| {
            format!("{}={}", encode::query(key.as_ref()), encode::query(value.as_ref()))
        };
        self.header("x-amz-tagging", tags.into_iter().map(encoded).collect::<Vec<_>>().join("&"))
    }

    /// Redirects requests for this object if the bucket is configured as a website. The target is a path in
    /// the same bucket, such as `/other.html`, or a URL.
    pub fn website_redirect_location(self, target: impl Into<String>) -> Self {
        self.header("x-amz-website-redirect-location", target)
    }

    /// Encrypts the object with a key held by the server: `AES256`, or `aws:kms` for a key management
    /// service. Reading the object requires no further option.
    ///
    /// ```
    /// # let client = include!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/documentation/client.rs"));
    /// use plain_s3::{CopyObjectOptions, PutObjectOptions};
    ///
    /// let options = PutObjectOptions::new().server_side_encryption("AES256");
    /// client.put_object_with("my-new-bucket", "secret_plans.txt", "Hello World!", &options)?;
    /// let options = CopyObjectOptions::new().server_side_encryption("AES256");
    /// client.copy_object_with(("my-new-bucket", "hello.txt"), ("my-backups", "hello.txt"), &options)?;
    /// # Ok::<(), plain_s3::Error>(())
    /// ```
    pub fn server_side_encryption(self, algorithm: impl Into<String>) -> Self {
        self.header("x-amz-server-side-encryption", algorithm)
    }

    /// Sets the ID of the key in the key management service, and selects `aws:kms`.
    ///
    /// ```
    /// let options = plain_s3::PutObjectOptions::new().sse_kms_key_id("1234abcd-12ab-34cd-56ef-1234567890ab");
    /// assert!(format!("{options:?}").contains("aws:kms"));
    /// ```
    pub fn sse_kms_key_id(self, id: impl Into<String>) -> Self {
        self.server_side_encryption("aws:kms").header("x-amz-server-side-encryption-aws-kms-key-id", id)
    }

    /// Encrypts the object with this key, which the server does not store (SSE-C). Every request that reads
    /// the object must send the key again. **If the key is lost, so is the content.**
    ///
    /// The key is sent, so the request requires HTTPS. It does not appear in `{:?}` or in errors.
    pub fn sse_customer_key(self, key: [u8; 32]) -> Self {
        with_customer_key(self, &key, Self::header)
    }

    /// Sets `If-Match`: the request fails unless the current object has this ETag (see
    /// [`is_precondition_failed`](crate::Error::is_precondition_failed)). Without an object, the request fails as well:
    /// AWS returns [`is_not_found`](crate::Error::is_not_found), others a failed condition.
    ///
    /// **Not every server honours it** when an object is stored. rclone ignores it, replaces the object and reports
    /// success. OpenStack Swift returns [`is_not_implemented`](crate::Error::is_not_implemented). Ceph 16.2 rejects
    /// every upload, even with the right ETag, so limit the attempts of a loop that reads, changes and stores an
    /// object. [A recipe](crate::documentation::recipes#how-do-i-change-an-object-that-others-change-too) shows such a
    /// loop.
    ///
    /// ```
    /// # let client = include!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/documentation/client.rs"));
    /// use plain_s3::PutObjectOptions;
    ///
    /// let e_tag = client.put_object("my-new-bucket", "counter", "1")?.e_tag.unwrap();
    /// client.put_object("my-new-bucket", "counter", "2")?;
    /// let options = PutObjectOptions::new().if_match(e_tag);
    /// let error = client.put_object_with("my-new-bucket", "counter", "2", &options).unwrap_err();
    /// assert!(error.is_precondition_failed());
    /// # Ok::<(), plain_s3::Error>(())
    /// ```
    pub fn if_match(self, e_tag: impl Into<ETag>) -> Self {
        self.header("if-match", e_tag.into().to_header())
    }

    /// Sets `If-None-Match: *`: the request fails if an object with this key exists (see
    /// [`is_precondition_failed`](crate::Error::is_precondition_failed)).
    ///
    /// **Some servers ignore it**, replace the object and report success: Garage, rclone and s3rver. Find out with
    /// [`enforces_if_none_exists`](crate::Client::enforces_if_none_exists) before you rely on it.
    pub fn if_none_exists(self) -> Self {
        self.header("if-none-match", "*")
    }

    /// Sends a checksum of the content, so that the server rejects content that was damaged on the way. Replaces
    /// the default of [`Config::checksum`](crate::Config::checksum).
    ///
    /// The checksum is computed before the content is sent, so a file is read twice. A reader cannot be read
    /// twice: the client compares its MD5 with the ETag instead. If the server returns the checksum, the client
    /// compares it; a server that ignores checksums returns none, and the client then compares the MD5 with the
    /// ETag. An upload in parts sends a checksum for each part.
    ///
    /// AWS and LocalStack store the checksum, and downloads verify it. Ceph 16 ignores it. Backblaze B2 and DreamObjects
    /// reject every checksum except [`Md5`](ChecksumAlgorithm::Md5).
    pub fn checksum(mut self, algorithm: ChecksumAlgorithm) -> Self {
        self.checksum = Some(algorithm);
        self
    }

    /// Requires the content to have this SHA-256, in 64 hexadecimal digits. Otherwise the call fails with
    /// [`Integrity`](crate::ErrorKind::Integrity), and nothing is stored.
    ///
    /// Signature V4 signs it, so that the server rejects other content as well.
    ///
    /// ```
    /// # let client = include!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/documentation/client.rs"));
    /// use plain_s3::PutObjectOptions;
    ///
    /// let expected = "7f83b1657ff1fc53b92dc18148a1d65dfc2d4b1fa3d677284addd200126d9069";
    /// let options = PutObjectOptions::new().sha256(expected);
    /// client.put_object_with("my-new-bucket", "hello.txt", "Hello World!", &options)?;
    /// assert!(client.put_object_with("my-new-bucket", "hello.txt", "Hello!", &options).is_err());
    /// # Ok::<(), plain_s3::Error>(())
    /// ```
    pub fn sha256(mut self, hex: impl Into<String>) -> Self {
        self.sha256 = Some(hex.into());
        self
    }

    /// Sets any other header of the request, such as `x-amz-object-lock-mode`.
    ///
    /// With a header of Object Lock, the client also sends `Content-MD5`, which servers then require. A reader
    /// cannot be read twice, so `put_object` cannot send it:
    /// [`upload_reader`](crate::Client::upload_reader) does.
    pub fn header(mut self, name: &str, value: impl Into<String>) -> Self {
        self.headers.set(name, value);
        self
    }

    /// Sets the media type by the extension of a file's name, unless the caller has set one.
    pub(crate) fn default_content_type(self, path: &Path) -> Self {
        match media_type::of_path(path) {
            Some(media_type) if self.headers.get("content-type").is_none() => self.content_type(media_type),
            _ => self,
        }
    }

    /// Adds these options to a request.
    pub(crate) fn apply<'a>(&self, request: Request<'a>) -> Request<'a> {
        sha256::require_valid(request.headers(&self.headers), self.sha256.as_deref())
    }

    pub(crate) fn headers(&self) -> &Headers {
        &self.headers
    }

    /// Returns the checksum to send: that of these options, or the default unless the caller has set the header of
    /// one. AWS accepts only one.
    pub(crate) fn algorithm(&self, default: Option<ChecksumAlgorithm>) -> Option<ChecksumAlgorithm> {
        let is_set = self.headers.iter().any(|(name, _)| name.starts_with("x-amz-checksum-"));
        self.checksum.or(default.filter(|_| !is_set))
    }

    /// Returns the SHA-256 that the content must have. If it is not valid, the request is not either.
    pub(crate) fn pinned_sha256(&self) -> Option<Sha256Digest> {
        Sha256Digest::from_hex(self.sha256.as_deref()?)
    }

    /// Splits the headers into those for CreateMultipartUpload and the conditions, which are sent with
    /// CompleteMultipartUpload.
    pub(crate) fn split_conditions(&self) -> (Headers, Headers) {
        let mut headers = self.headers.clone();
        let conditions = headers.split_off_conditions();
        (headers, conditions)
    }
}
