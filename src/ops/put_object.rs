//! PutObject.

use std::time::Instant;

use time::OffsetDateTime;

use crate::acl::CannedAcl;
use crate::body::{Body, BodyReader};
use crate::checksum::{Md5Digest, content_md5};
use crate::client::Client;
use crate::encode;
use crate::error::{Error, Result};
use crate::etag::ETag;
use crate::headers::Headers;
use crate::metadata::USER_PREFIX;
use crate::request::{Method, Request};
use crate::response::Response;
use crate::timestamp;

/// What to do where a call fails by what an attempt may have done whose answer was lost.
pub(super) const OUTCOME_UNKNOWN_HINT: &str = "The answer to an earlier attempt was lost, so it may be this call that has stored the \
                          object: look at it by head_object.";

/// What is stored with an object beside its content.
///
/// Each setter sets one header. What a header cannot carry is refused by the call, before anything is sent.
#[derive(Clone, Debug, Default)]
pub struct PutObjectOptions {
    headers: Headers,
}

impl PutObjectOptions {
    /// Nothing but the content; the server picks a media type, mostly `binary/octet-stream`.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the media type, such as `text/html; charset=utf-8`.
    pub fn content_type(self, value: impl Into<String>) -> Self {
        self.header("content-type", value)
    }

    /// Sets the `Cache-Control` that a download will have.
    pub fn cache_control(self, value: impl Into<String>) -> Self {
        self.header("cache-control", value)
    }

    /// Sets the `Content-Disposition` that a download will have, such as `attachment; filename="a.pdf"`.
    pub fn content_disposition(self, value: impl Into<String>) -> Self {
        self.header("content-disposition", value)
    }

    /// Sets the `Content-Encoding` that a download will have. The content is neither encoded nor decoded here.
    pub fn content_encoding(self, value: impl Into<String>) -> Self {
        self.header("content-encoding", value)
    }

    /// Sets the `Content-Language` that a download will have.
    pub fn content_language(self, value: impl Into<String>) -> Self {
        self.header("content-language", value)
    }

    /// Sets the `Expires` that a download will have: when caches let go of it. The object itself stays.
    pub fn expires(self, moment: impl Into<OffsetDateTime>) -> Self {
        self.header("expires", timestamp::http_date(moment.into()))
    }

    /// Sets the object's ACL; private by default.
    pub fn acl(self, acl: CannedAcl) -> Self {
        self.header("x-amz-acl", acl.as_str())
    }

    /// Adds an entry of your own metadata. S3 keeps names in lower case, and 2 KiB of all.
    ///
    /// A value that is not ASCII is sent as UTF-8. Ceph stores and answers it so; AWS answers it in encoded
    /// words, which [`ObjectMetadata::metadata`](crate::ObjectMetadata::metadata) has decoded again.
    pub fn metadata(self, name: &str, value: impl Into<String>) -> Self {
        self.header(&format!("{USER_PREFIX}{name}"), value)
    }

    /// Sets the storage class, such as `STANDARD_IA`.
    pub fn storage_class(self, class: impl Into<String>) -> Self {
        self.header("x-amz-storage-class", class)
    }

    /// Sets the object's tags, in place of any set by an earlier call.
    pub fn tagging<K: AsRef<str>, V: AsRef<str>>(self, tags: impl IntoIterator<Item = (K, V)>) -> Self {
        let encoded = |(key, value): (K, V)| {
            format!("{}={}", encode::query(key.as_ref()), encode::query(value.as_ref()))
        };
        self.header("x-amz-tagging", tags.into_iter().map(encoded).collect::<Vec<_>>().join("&"))
    }

    /// Has a bucket that serves a website answer a request for this object with a redirect: to a path of the
    /// same bucket, `/other.html`, or to a URL.
    pub fn website_redirect_location(self, target: impl Into<String>) -> Self {
        self.header("x-amz-website-redirect-location", target)
    }

    /// Stores only where the present object has this ETag; else
    /// [`is_precondition_failed`](crate::Error::is_precondition_failed).
    pub fn if_match(self, e_tag: impl Into<ETag>) -> Self {
        self.header("if-match", e_tag.into().to_header())
    }

    /// Stores only where there is no object of this key; else
    /// [`is_precondition_failed`](crate::Error::is_precondition_failed).
    pub fn if_none_exists(self) -> Self {
        self.header("if-none-match", "*")
    }

    /// Says that you pay, for a bucket that wants it of who asks ([`Payer::Requester`](crate::Payer)).
    pub fn request_payer(self) -> Self {
        self.header("x-amz-request-payer", "requester")
    }

    /// Sets any other header of the request, such as `x-amz-object-lock-mode`.
    pub fn header(mut self, name: &str, value: impl Into<String>) -> Self {
        self.headers.set(name, value);
        self
    }

    pub(crate) fn headers(&self) -> &Headers {
        &self.headers
    }

    /// The headers for beginning an upload in parts, and the conditions, which are for its end.
    pub(crate) fn split_conditions(&self) -> (Headers, Headers) {
        let mut headers = self.headers.clone();
        let conditions = headers.split_off_conditions();
        (headers, conditions)
    }
}

/// What the server says of an object that it has stored.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct StoredObject {
    /// The ETag of the new object.
    pub e_tag: Option<ETag>,
    /// The new version, where the bucket keeps versions.
    pub version_id: Option<String>,
}

impl Client {
    /// Stores an object, over any that has this key.
    /// ([PutObject](https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutObject.html))
    ///
    /// One request of up to 5 GiB. The server's ETag is compared with the MD5 of what was sent, unless
    /// [`Config::skip_md5_check`](crate::Config::skip_md5_check) turns that off.
    ///
    /// # Errors
    ///
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) before anything is sent; [`LocalIo`](crate::ErrorKind::LocalIo)
    /// where the body cannot be read or has another length than announced, and nothing is stored;
    /// [`Integrity`](crate::ErrorKind::Integrity) where the ETag is the MD5 of something else;
    /// [`Server`](crate::ErrorKind::Server) where the server refuses.
    ///
    /// ```no_run
    /// # let client = plain_s3::Client::new(plain_s3::Config::from_env()?)?;
    /// client.put_object("my-new-bucket", "hello.txt", "Hello World!")?;
    /// # Ok::<(), plain_s3::Error>(())
    /// ```
    pub fn put_object<'b>(&self, bucket: &str, key: &str, body: impl Into<Body<'b>>) -> Result<StoredObject> {
        self.put_object_with(bucket, key, body, &PutObjectOptions::new())
    }

    /// Stores an object with a media type, metadata, an ACL or a condition; see
    /// [`put_object`](Self::put_object).
    ///
    /// # Errors
    ///
    /// As [`put_object`](Self::put_object); [`is_precondition_failed`](Error::is_precondition_failed) where a
    /// condition does not hold. Where it does not because an attempt whose answer was lost has stored the
    /// object, that is a success, as far as the ETag can tell; else the text says that it may be so. So an object
    /// that serves as a lock needs a content of its holder's own: the ETags of two empty ones are the same.
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
        let request = Request::object("PutObject", Method::Put, bucket, key).headers(&options.headers);
        self.store(request, body.into(), None)
    }

    /// Sends content and compares the ETag of what was stored. A sum that is known beforehand is sent
    /// along, so that the server refuses what differs; else it is made while the content is sent.
    pub(crate) fn store(
        &self,
        request: Request<'_>,
        body: Body<'_>,
        known_md5: Option<Md5Digest>,
    ) -> Result<StoredObject> {
        let check = self.settings().check_md5;
        let mut request = request.unsigned_payload();
        let call = request.clone();
        let describe = |error: Error| error.with_context(|| call.describe());
        let mut body = body.open().map_err(describe)?;
        match known_md5 {
            Some(md5) => request = request.header("content-md5", md5.to_base64()),
            None if check => body = body.with_md5(),
            None => {}
        }
        let deadline = self.deadline();
        let answered = self.execute_until(deadline, &request, &mut body, |response: Response| {
            let without = response.malformed("the answer to a PUT has no ETag");
            let headers = response.finish()?;
            if check && headers.get("etag").is_none() { Err(without) } else { Ok(headers) }
        });
        let headers = match answered {
            Err(error) if error.is_precondition_failed() && error.is_after_unknown_outcome() => {
                let ours = known_md5.or_else(|| body.full_md5());
                let found = ours.and_then(|ours| self.find_identical(&call, deadline, ours));
                found.ok_or_else(|| error.append_hint(OUTCOME_UNKNOWN_HINT))?
            }
            answered => answered?,
        };
        let theirs = content_md5(&headers).filter(|_| check);
        if let (Some(theirs), Some(ours)) = (theirs, known_md5.or_else(|| body.md5())) {
            ours.ensure_equal(&theirs, "the uploaded content").map_err(describe)?;
        }
        Ok(StoredObject {
            e_tag: headers.get("etag").map(ETag::new),
            version_id: headers.get("x-amz-version-id").map(str::to_owned),
        })
    }

    /// The headers of the object as it is now, where it has this content: then an attempt whose answer was
    /// lost has stored it, and the condition fails by that.
    fn find_identical(
        &self,
        call: &Request<'_>,
        deadline: Option<Instant>,
        ours: Md5Digest,
    ) -> Option<Headers> {
        let look = Request::object("HeadObject", Method::Head, call.bucket?, call.key?)
            .headers(&call.headers.for_each_part());
        let found =
            self.execute_until(deadline, &look, &mut BodyReader::empty(), |response| Ok(response.headers));
        found.ok().filter(|headers| content_md5(headers) == Some(ours))
    }
}
