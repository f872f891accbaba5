//! PutObject.

use std::path::Path;
use std::time::{Duration, Instant};

use time::OffsetDateTime;

use crate::acl::CannedAcl;
use crate::body::{Body, BodyReader};
use crate::checksum::{Checksum, ChecksumAlgorithm, Md5Digest, Sha256Digest};
use crate::client::Client;
use crate::encode;
use crate::error::{Error, Result};
use crate::etag::ETag;
use crate::event::Event;
use crate::headers::Headers;
use crate::media_type;
use crate::metadata::{USER_PREFIX, content_md5};
use crate::ops::options::encryption::with_customer_key;
use crate::request::{Method, PAYLOAD_SHA256, Request};
use crate::response::Response;
use crate::timestamp;

/// The hint for a condition that failed after an attempt with an unknown outcome.
pub(super) const OUTCOME_UNKNOWN_HINT: &str = "The response to an earlier attempt was lost, so this call may \
     have stored the object itself: check it with head_object.";

const MD5_HINT: &str = "The body can be read only once, so its MD5 is not known before it is sent: use upload_reader, pass \
     a file or bytes, or set the header content-md5.";

/// Returns `true` if the server rejected a request because it has no `Content-MD5`: AWS with InvalidRequest,
/// Backblaze B2 and moto likewise, MinIO with MissingContentMD5.
fn demands_md5(error: &Error) -> bool {
    let names_md5 = |text: Option<&str>| {
        text.is_some_and(|text| {
            let text = text.to_ascii_lowercase();
            text.contains("content-md5") || text.contains("contentmd5")
        })
    };
    let is_wrong = matches!(error.code(), Some("BadDigest" | "InvalidDigest"));
    error.status() == Some(400) && !is_wrong && (names_md5(error.code()) || names_md5(error.message()))
}

/// Options for [`Client::put_object_with`] and every other call that creates an object: its media type,
/// metadata, ACL, encryption and conditions.
///
/// Each setter sets one header. If a value is not valid in a header, the call fails before anything is sent.
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
    pub fn server_side_encryption(self, algorithm: impl Into<String>) -> Self {
        self.header("x-amz-server-side-encryption", algorithm)
    }

    /// Sets the ID of the key in the key management service, and selects `aws:kms`.
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
    /// [`is_precondition_failed`](crate::Error::is_precondition_failed)).
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

/// The response to a request that stored an object.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct StoredObject {
    /// The ETag of the new object.
    pub e_tag: Option<ETag>,
    /// The version ID, if the bucket has versioning.
    pub version_id: Option<String>,
    /// The checksum that was sent, if the server returned it.
    pub checksum: Option<Checksum>,
}

impl StoredObject {
    /// Creates an empty response, for tests of code that handles one.
    pub fn new() -> Self {
        Self::default()
    }
}

/// How the body of a request that stores content is verified.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct BodyIntegrity {
    /// The checksum to send, if it is already known.
    pub(crate) known: Option<Checksum>,
    /// The checksum to compute and send.
    pub(crate) algorithm: Option<ChecksumAlgorithm>,
    /// The SHA-256 that the body must have.
    pub(crate) sha256: Option<Sha256Digest>,
}

/// Returns the request of PutObject.
pub(crate) fn put_object_request<'a>(
    bucket: &'a str,
    key: &'a str,
    options: &PutObjectOptions,
) -> Request<'a> {
    let sha256 = options.sha256.as_deref();
    Request::object("PutObject", Method::Put, bucket, key)
        .headers(&options.headers)
        .require(sha256.is_none() || options.pinned_sha256().is_some(), || {
            format!("the SHA-256 {:?} does not consist of 64 hexadecimal digits", sha256.unwrap_or_default())
        })
}

/// # Objects
impl Client {
    /// Stores an object, replacing any object with this key.
    /// ([PutObject](https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutObject.html))
    ///
    /// Sends one request, of at most 5 GiB. Compares the ETag in the response with the MD5 of the bytes that
    /// were sent, or sends a checksum; see [`PutObjectOptions::checksum`].
    /// [`Config::skip_checksums`](crate::Config::skip_checksums) turns this off. Content that was damaged on the way
    /// is sent again.
    ///
    /// # Errors
    ///
    /// Fails with [`InvalidInput`](crate::ErrorKind::InvalidInput) if an argument is invalid; nothing is
    /// sent. Fails with [`LocalIo`](crate::ErrorKind::LocalIo) if the body cannot be read or is not as long
    /// as announced; nothing is stored. Fails with [`Integrity`](crate::ErrorKind::Integrity) if the returned
    /// ETag is the MD5 of other content, and with [`Server`](crate::ErrorKind::Server) if the server returns
    /// an error.
    ///
    /// ```no_run
    /// # let client = plain_s3::Client::new(plain_s3::Config::from_env()?)?;
    /// client.put_object("my-new-bucket", "hello.txt", "Hello World!")?;
    /// # Ok::<(), plain_s3::Error>(())
    /// ```
    pub fn put_object<'b>(&self, bucket: &str, key: &str, body: impl Into<Body<'b>>) -> Result<StoredObject> {
        self.put_object_with(bucket, key, body, &PutObjectOptions::new())
    }

    /// Stores an object with a media type, metadata, an ACL or conditions; see
    /// [`put_object`](Self::put_object).
    ///
    /// # Errors
    ///
    /// Returns the same errors as [`put_object`](Self::put_object). Also fails with
    /// [`Server`](crate::ErrorKind::Server) if a condition is not met (see
    /// [`is_precondition_failed`](crate::Error::is_precondition_failed)).
    ///
    /// If the response to an attempt was lost and the condition then fails in a retry, the first attempt may
    /// have stored the object. The client then compares the ETag: if the content is the same, the call
    /// succeeds; otherwise the error states this. An object that serves as a lock must therefore contain
    /// something unique to its owner, because empty objects have equal ETags.
    ///
    /// ```no_run
    /// # let client = plain_s3::Client::new(plain_s3::Config::from_env()?)?;
    /// use plain_s3::{CannedAcl, PutObjectOptions};
    ///
    /// let page = PutObjectOptions::new().content_type("text/html").acl(CannedAcl::PublicRead);
    /// client.put_object_with("my-new-bucket", "index.html", "<h1>Hello World!</h1>", &page)?;
    /// # Ok::<(), plain_s3::Error>(())
    /// ```
    pub fn put_object_with<'b>(
        &self,
        bucket: &str,
        key: &str,
        body: impl Into<Body<'b>>,
        options: &PutObjectOptions,
    ) -> Result<StoredObject> {
        let integrity = BodyIntegrity {
            known: None,
            algorithm: options.algorithm(self.settings().checksum),
            sha256: options.pinned_sha256(),
        };
        self.store(put_object_request(bucket, key, options), body.into(), integrity)
    }

    /// Returns `true` if the server rejects [`if_none_exists`](PutObjectOptions::if_none_exists) for an object that
    /// exists. Some servers ignore the condition and replace the object.
    ///
    /// The only way to find out is to try: stores a small object with this key twice, and deletes it. `key` must
    /// not belong to an object, and other programs must not use it.
    ///
    /// # Errors
    ///
    /// Fails with [`InvalidInput`](crate::ErrorKind::InvalidInput) if an object with this key exists; nothing is
    /// stored. Otherwise returns the errors of [`put_object`](Self::put_object) and
    /// [`delete_object`](Self::delete_object).
    ///
    /// ```no_run
    /// # let client = plain_s3::Client::new(plain_s3::Config::from_env()?)?;
    /// if !client.enforces_if_none_exists("my-new-bucket", "locks/probe")? {
    ///     eprintln!("objects of this server cannot serve as locks");
    /// }
    /// # Ok::<(), plain_s3::Error>(())
    /// ```
    pub fn enforces_if_none_exists(&self, bucket: &str, key: &str) -> Result<bool> {
        if self.object_exists(bucket, key)? {
            let error = Error::invalid("an object with the key of the probe exists already");
            return Err(error.with_hint("Pass a key that no object has."));
        }
        let options = PutObjectOptions::new().if_none_exists();
        self.put_object_with(bucket, key, "first", &options)?;
        // other content, so that a retry after a lost response cannot mistake the first object for the second
        let second = self.put_object_with(bucket, key, "second", &options);
        self.delete_object(bucket, key)?;
        match second {
            Err(error) if error.is_precondition_failed() => Ok(true),
            second => second.map(|_| false),
        }
    }

    /// Sends content and verifies what was stored. Content that was damaged is sent once more, and so is content
    /// that the server rejects because it has no `Content-MD5`.
    pub(crate) fn store(
        &self,
        request: Request<'_>,
        body: Body<'_>,
        integrity: BodyIntegrity,
    ) -> Result<StoredObject> {
        // an invalid request is rejected before the body is read
        request.validate().map_err(|error| error.with_context(|| request.describe()))?;
        let mut body = body.open().map_err(|error| error.with_context(|| request.describe()))?;
        if let Some(sha256) = integrity.sha256 {
            body = body.require_sha256(sha256);
        }
        let bucket = request.bucket.unwrap_or_default().to_owned();
        let demanded = self.unsupported().is_without_md5(&bucket);
        let deadline = self.deadline();
        let with_md5 = demanded || request.headers.has_object_lock();
        match self.store_verified(deadline, request.clone(), &mut body, integrity, with_md5) {
            Err(error) if demands_md5(&error) && request.headers.get("content-md5").is_none() => {
                self.unsupported().set_without_md5(&bucket);
                if !body.is_repeatable() {
                    return Err(error.append_hint(MD5_HINT));
                }
                if demanded || !body.rewind()? {
                    return Err(error);
                }
                let call = request.describe();
                self.settings().events.emit(|| Event::Corrected { call: &call, correction: "Content-MD5" });
                self.store_verified(deadline, request, &mut body, integrity, true)
            }
            stored => stored,
        }
    }

    /// Sends content, with a `Content-MD5` if `with_md5` is `true` and the body can be read twice.
    fn store_verified(
        &self,
        deadline: Option<Instant>,
        request: Request<'_>,
        body: &mut BodyReader<'_>,
        integrity: BodyIntegrity,
        with_md5: bool,
    ) -> Result<StoredObject> {
        let with_md5 = with_md5 && request.headers.get("content-md5").is_none();
        let algorithm = integrity.algorithm.or(with_md5.then_some(ChecksumAlgorithm::Md5));
        let checksum = match (integrity.known, algorithm) {
            (None, Some(algorithm)) => {
                body.checksum(algorithm).map_err(|error| error.with_context(|| request.describe()))?
            }
            (known, _) => known,
        };
        let mut request = request.unsigned_payload();
        if let Some(sha256) = integrity.sha256 {
            request = request.signed_payload(sha256);
        }
        if with_md5 && checksum.is_none_or(|checksum| checksum.md5().is_none()) {
            let md5 = body.checksum(ChecksumAlgorithm::Md5);
            if let Some(md5) = md5.map_err(|error| error.with_context(|| request.describe()))? {
                request = request.header("content-md5", md5.to_base64());
            }
        }
        match checksum {
            Some(checksum) => {
                if let Some(sha256) = checksum.sha256() {
                    request = request.signed_payload(sha256);
                }
                request = request.header(checksum.algorithm().header(), checksum.to_base64());
            }
            // even if a SHA-256 is signed, because not every server verifies it
            None if self.settings().compare_checksums => body.start_md5(),
            None => {}
        }
        let request = self.sign_payload(request, body)?;
        let mut headers = self.send_content(deadline, &request, body, checksum)?;
        let mut verified = self.verify_stored(&headers, body, checksum);
        // a condition would now fail because of the damaged object
        if let Err(error) = &verified
            && self.settings().retry.allows_retries()
            && !request.headers.has_conditions()
            && body.rewind()?
        {
            let call = request.describe();
            let event = || Event::Retry { call: &call, attempt: 1, error, delay: Duration::ZERO };
            self.settings().events.emit(event);
            headers = self.send_content(deadline, &request, body, checksum)?;
            verified = self.verify_stored(&headers, body, checksum);
        }
        let checksum = verified.map_err(|error| error.with_context(|| request.describe()))?;
        Ok(StoredObject {
            e_tag: headers.get("etag").map(ETag::new),
            version_id: headers.get("x-amz-version-id").map(str::to_owned),
            checksum,
        })
    }

    /// Signs the SHA-256 of the body if the configuration requires it and the request does not have it already.
    pub(crate) fn sign_payload<'r>(
        &self,
        request: Request<'r>,
        body: &mut BodyReader<'_>,
    ) -> Result<Request<'r>> {
        let has_own = request.headers.get(PAYLOAD_SHA256).is_some();
        if !self.settings().sign_payload || !request.has_unsigned_payload() || has_own {
            return Ok(request);
        }
        let unknown = || {
            Error::invalid(
                "the body can be read only once, so its SHA-256 cannot be signed before it is sent",
            )
            .with_hint("Use upload_reader, pass a file or bytes, or set PutObjectOptions::sha256.")
        };
        let sha256 = body.checksum(ChecksumAlgorithm::Sha256);
        match sha256.and_then(|sha256| sha256.and_then(|sha256| sha256.sha256()).ok_or_else(unknown)) {
            Ok(sha256) => Ok(request.signed_payload(sha256)),
            Err(error) => Err(error.with_context(|| request.describe())),
        }
    }

    /// Sends content and returns the headers of the response.
    fn send_content(
        &self,
        deadline: Option<Instant>,
        request: &Request<'_>,
        body: &mut BodyReader<'_>,
        checksum: Option<Checksum>,
    ) -> Result<Headers> {
        let check = self.settings().compare_checksums;
        let is_part = request.query.iter().any(|(name, _)| name == "partNumber");
        let stored = self.execute(deadline, request, body, |response: Response| {
            let no_e_tag = response.malformed("the response to the upload has no ETag");
            let headers = response.finish()?;
            // an object would be stored twice, but a part is replaced, and needs its ETag
            if check && is_part && headers.get("etag").is_none() { Err(no_e_tag) } else { Ok(headers) }
        });
        match stored {
            // the condition may have failed because of the object that an earlier attempt stored
            Err(error) if error.is_precondition_failed() && error.is_outcome_unknown() => {
                let known_md5 = checksum.and_then(|checksum| checksum.md5());
                let ours = known_md5.or_else(|| body.full_md5().filter(|_| check));
                let identical = ours.and_then(|ours| self.find_identical(request, deadline, ours));
                identical.ok_or_else(|| error.append_hint(OUTCOME_UNKNOWN_HINT))
            }
            stored => stored,
        }
    }

    /// Compares the checksum that was sent, or else the MD5 of the body, with what the server has returned. Returns the
    /// checksum if the server has returned it.
    fn verify_stored(
        &self,
        headers: &Headers,
        body: &mut BodyReader<'_>,
        sent: Option<Checksum>,
    ) -> Result<Option<Checksum>> {
        let returned = sent.and_then(|sent| sent.returned_in(headers));
        match (returned, sent) {
            (Some(returned), Some(sent)) => sent.ensure_equal(&returned, "the uploaded content")?,
            _ if self.settings().compare_checksums => {
                compare_e_tag(headers, body, sent.and_then(|sent| sent.md5()))?;
            }
            _ => {}
        }
        Ok(returned)
    }

    /// Returns the headers of the current object if its MD5 is `ours`.
    fn find_identical(
        &self,
        stored: &Request<'_>,
        deadline: Option<Instant>,
        ours: Md5Digest,
    ) -> Option<Headers> {
        let head = Request::object("HeadObject", Method::Head, stored.bucket?, stored.key?)
            .headers(&stored.headers.for_each_part());
        let found = self.call_until(deadline, &head, |response| Ok(response.headers));
        found.ok().filter(|headers| content_md5(headers) == Some(ours))
    }
}

/// Compares the ETag of a stored object with the MD5 of the body, unless the ETag is none.
fn compare_e_tag(headers: &Headers, body: &mut BodyReader<'_>, known: Option<Md5Digest>) -> Result<()> {
    let Some(theirs) = content_md5(headers) else { return Ok(()) };
    // a server that returns no checksum has not verified it either, so the MD5 is computed after all
    match known.or_else(|| body.md5()).or_else(|| body.full_md5()) {
        Some(ours) => Checksum::from(ours).ensure_equal(&theirs.into(), "the uploaded content"),
        None => Ok(()),
    }
}
