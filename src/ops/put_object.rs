//! PutObject.

use std::time::{Duration, Instant};

use crate::body::{Body, BodyReader};
use crate::checksum::{Checksum, ChecksumAlgorithm, Md5Digest, Sha256Digest};
use crate::client::Client;
use crate::error::{Error, Result};
use crate::etag::ETag;
use crate::event::Event;
use crate::headers::Headers;
use crate::metadata::content_md5;
use crate::operation::Operation;
use crate::ops::options::put_object::PutObjectOptions;
use crate::request::{Method, PAYLOAD_SHA256, Request};
use crate::response::Response;

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
    options.apply(Request::object("PutObject", Method::Put, bucket, key))
}

/// # Objects
impl Client {
    /// Stores an object, replacing any object with this key.
    /// ([PutObject](https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutObject.html))
    ///
    /// Sends one request, of at most 5 GiB. Compares the ETag in the response with the MD5 of the bytes that
    /// were sent, or sends a checksum; see [`PutObjectOptions::checksum`].
    /// [`Config::skip_checksums`](crate::Config::skip_checksums) turns this off. Content that was damaged on the way
    /// is sent again. If a condition is set, the second request replaces only the damaged object.
    ///
    /// # Errors
    ///
    /// Fails with [`InvalidInput`](crate::ErrorKind::InvalidInput) if an argument is invalid; nothing is
    /// sent. Fails with [`LocalIo`](crate::ErrorKind::LocalIo) if the body cannot be read or is not as long
    /// as announced; nothing is stored. Fails with [`Integrity`](crate::ErrorKind::Integrity) if the returned
    /// ETag is the MD5 of other content, and with [`Server`](crate::ErrorKind::Server) if the server returns
    /// an error.
    ///
    /// ```
    /// # let client = include!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/documentation/client.rs"));
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
    /// ```
    /// # let client = include!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/documentation/client.rs"));
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
    /// ```
    /// # let client = include!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/documentation/client.rs"));
    /// if !client.enforces_if_none_exists("my-new-bucket", "locks/probe")? {
    ///     eprintln!("objects of this server cannot serve as locks");
    /// }
    /// # Ok::<(), plain_s3::Error>(())
    /// ```
    pub fn enforces_if_none_exists(&self, bucket: &str, key: &str) -> Result<bool> {
        self.probe_if_none_exists(bucket, key).map_err(|error| {
            error.with_context(|| Operation::on_object("enforces_if_none_exists", bucket, key))
        })
    }

    fn probe_if_none_exists(&self, bucket: &str, key: &str) -> Result<bool> {
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
        self.store_unnamed(&request, body, integrity)
            .map_err(|error| error.with_context(|| request.operation()))
    }

    /// Does the work of [`store`](Self::store). Its errors need not name the call.
    fn store_unnamed(
        &self,
        request: &Request<'_>,
        body: Body<'_>,
        integrity: BodyIntegrity,
    ) -> Result<StoredObject> {
        // an invalid request is rejected before the body is read
        request.validate()?;
        let mut body = body.open()?;
        if let Some(sha256) = integrity.sha256 {
            body = body.require_sha256(sha256);
        }
        let bucket = request.bucket.unwrap_or_default().to_owned();
        let demanded = self.discovered().without_md5.contains(&bucket);
        let deadline = self.deadline();
        let with_md5 = demanded || request.headers.has_object_lock();
        match self.store_verified(deadline, request.clone(), &mut body, integrity, with_md5) {
            Err(error) if demands_md5(&error) && request.headers.get("content-md5").is_none() => {
                self.discovered().without_md5.insert(&bucket);
                if !body.is_repeatable() {
                    return Err(error.append_hint(MD5_HINT));
                }
                if demanded || !body.rewind()? {
                    return Err(error);
                }
                let call = request.describe();
                self.settings().events.emit(|| Event::Corrected { call: &call, correction: "Content-MD5" });
                self.store_verified(deadline, request.clone(), &mut body, integrity, true)
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
            (None, Some(algorithm)) => body.checksum(algorithm)?,
            (known, _) => known,
        };
        let mut request = request.unsigned_payload();
        if let Some(sha256) = integrity.sha256 {
            request = request.signed_payload(sha256);
        }
        if with_md5
            && checksum.is_none_or(|checksum| checksum.md5().is_none())
            && let Some(md5) = body.checksum(ChecksumAlgorithm::Md5)?
        {
            request = request.header("content-md5", md5.to_base64());
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
        if let Err(error) = &verified
            && self.settings().retry.allows_retries()
            && is_replaceable(&request, &headers)
            && body.rewind()?
        {
            let call = request.describe();
            let event = || Event::Retry { call: &call, attempt: 1, error, delay: Duration::ZERO };
            self.settings().events.emit(event);
            match self.replace_damaged(deadline, &request, &headers, body, checksum) {
                Ok(replaced) => {
                    headers = replaced;
                    verified = self.verify_stored(&headers, body, checksum);
                }
                // after another error, a program would repeat the call, whose condition fails because of the
                // damaged object
                Err(later) if request.headers.has_conditions() => {
                    let failure = format!("The attempt to replace it failed: {}.", later.summary());
                    verified = verified.map_err(|error| error.append_hint(&failure));
                }
                Err(later) => return Err(later),
            }
        }
        let verified = verified.map_err(|error| match is_part(&request) {
            true => error,
            false => error.append_hint("The server has stored the object as it arrived."),
        });
        Ok(StoredObject {
            checksum: verified?,
            e_tag: headers.get("etag").map(ETag::new),
            version_id: headers.get("x-amz-version-id").map(str::to_owned),
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
            Err(error) => Err(error.with_context(|| request.operation())),
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
        let is_part = is_part(request);
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

    /// Sends content again that was damaged when it was stored. The conditions of the request would now fail because of the
    /// damaged object, so `If-Match` with the ETag of that object takes their place.
    fn replace_damaged(
        &self,
        deadline: Option<Instant>,
        request: &Request<'_>,
        damaged: &Headers,
        body: &mut BodyReader<'_>,
        checksum: Option<Checksum>,
    ) -> Result<Headers> {
        let Some(e_tag) = damaged.get("etag").map(ETag::new).filter(|_| request.headers.has_conditions())
        else {
            return self.send_content(deadline, request, body, checksum);
        };
        let mut again = request.clone();
        again.headers.split_off_conditions();
        again = again.header("if-match", e_tag.to_header());
        let replaced = self.send_content(deadline, &again, body, checksum);
        let is_current = || {
            let current = self.current_headers(request, deadline);
            current.and_then(|current| current.get("etag").map(ETag::new)) == Some(e_tag.clone())
        };
        match replaced {
            // Ceph 16.2 compares its ETag, which has no quotes, with the value of the header
            Err(error) if error.is_precondition_failed() && is_current() && body.rewind()? => {
                let again = again.header("if-match", e_tag.as_str());
                self.send_content(deadline, &again, body, checksum)
            }
            replaced => replaced,
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
        let current = self.current_headers(stored, deadline);
        current.filter(|headers| content_md5(headers) == Some(ours))
    }

    /// Returns the headers of the current object with the key of a request.
    fn current_headers(&self, request: &Request<'_>, deadline: Option<Instant>) -> Option<Headers> {
        let head = Request::object("HeadObject", Method::Head, request.bucket?, request.key?)
            .headers(&request.headers.for_each_part());
        self.call_until(deadline, &head, |response| Ok(response.headers)).ok()
    }
}

/// Returns `true` if a request stores a part of an object, and not an object.
fn is_part(request: &Request<'_>) -> bool {
    request.query.iter().any(|(name, _)| name == "partNumber")
}

/// Returns `true` if a request can replace the damaged object that it has stored. `damaged` are the headers of the
/// response. A request with a condition needs a strong ETag, which identifies that object.
fn is_replaceable(request: &Request<'_>, damaged: &Headers) -> bool {
    !request.headers.has_conditions()
        || damaged.get("etag").map(ETag::new).is_some_and(|e_tag| e_tag.is_strong())
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
