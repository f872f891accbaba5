//! A request of the caller's own, for what has no method here: signed, repeated and judged like ours.

use std::borrow::Cow;
use std::fmt;
use std::io::{self, Read};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use md5::{Digest as _, Md5};
use sha2::Sha256;

use crate::body::Body;
use crate::client::Client;
use crate::encode;
use crate::error::{Error, Result};
use crate::headers::Headers;
use crate::presign::PresignedUrl;
use crate::request::{Method, Request};
use crate::response::Response;

const PAYLOAD_SHA256: &str = "x-amz-content-sha256";

/// A request in the terms of S3, for [`Client::send_raw`], [`Client::presign`] and
/// [`RequestSigner`](crate::RequestSigner): a method, a bucket, a key, a query and headers.
///
/// Names and values of the query are given decoded. `Content-Length`, `Host`, the date and the signature
/// are added when it is signed. A `x-amz-content-sha256` that is set here is what Signature V4 signs of the
/// body; else that is `UNSIGNED-PAYLOAD`, for methods that have a body.
///
/// **A server ignores the sub-resources that it does not know.** On Ceph, `DELETE /bucket?encryption` deletes
/// the bucket, and `PUT /bucket/key?restore` overwrites the object. Be sure that the server knows what
/// the query names before you send anything but a `GET`.
///
/// Signature V2 signs these names of a query and no others: `acl cors delete lifecycle location logging
/// notification partNumber policy requestPayment response-cache-control response-content-disposition
/// response-content-encoding response-content-language response-content-type response-expires tagging torrent
/// uploadId uploads versionId versioning versions website`. Any other is sent unsigned; a server that wants it
/// signed answers `SignatureDoesNotMatch`, and Signature V4, which signs every name, is the way out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RawRequest {
    method: Method,
    bucket: Option<String>,
    key: Option<String>,
    query: Vec<(String, Option<String>)>,
    headers: Headers,
}

impl RawRequest {
    /// A request to the service itself, until a bucket is named.
    pub fn new(method: Method) -> Self {
        Self { method, bucket: None, key: None, query: Vec::new(), headers: Headers::default() }
    }

    /// Names the bucket.
    pub fn bucket(mut self, bucket: impl Into<String>) -> Self {
        self.bucket = Some(bucket.into());
        self
    }

    /// Names the object. An empty key is refused, as it would mean the bucket.
    pub fn key(mut self, key: impl Into<String>) -> Self {
        self.key = Some(key.into());
        self
    }

    /// Adds a name without a value to the query, as in `?torrent`.
    pub fn subresource(mut self, name: impl Into<String>) -> Self {
        self.query.push((name.into(), None));
        self
    }

    /// Adds a name with a value to the query.
    pub fn query(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.query.push((name.into(), Some(value.into())));
        self
    }

    /// Sets a header.
    pub fn header(mut self, name: &str, value: impl Into<String>) -> Self {
        self.headers.set(name, value);
        self
    }

    pub(crate) fn to_request(&self) -> Result<Request<'_>> {
        if let (None, Some(key)) = (&self.bucket, &self.key) {
            return Err(Error::invalid(format!(
                "the key {key:?} has no bucket; name it by RawRequest::bucket"
            )));
        }
        let mut request = Request::service(self.method.as_str(), self.method).headers(&self.headers);
        request.bucket = self.bucket.as_deref();
        request.key = self.key.as_deref();
        request.query = self
            .query
            .iter()
            .map(|(name, value)| (Cow::Borrowed(name.as_str()), value.as_deref().map(Cow::Borrowed)))
            .collect();
        if has_body(self.method) {
            request = request.unsigned_payload();
        }
        if let Some(sum) = self.headers.get(PAYLOAD_SHA256) {
            request.payload_sha256 = Cow::Owned(sum.to_owned());
        }
        Ok(request)
    }
}

/// The answer to a [`RawRequest`]: a success, whose body is a [`Read`].
///
/// A body that is cut short is an error of reading where the answer has a length or is sent in chunks. An
/// `<Error>` inside a body that came with a success is not looked for.
pub struct RawResponse {
    /// The HTTP status, from 200 to 299.
    pub status: u16,
    /// All headers in their order, names in lower case.
    pub headers: Vec<(String, String)>,
    body: Box<dyn Read + Send + Sync>,
}

impl RawResponse {
    /// Returns a header of the answer by its name in any case.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(n, _)| n.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }

    /// Reads the whole body as text, whatever its length.
    ///
    /// # Errors
    ///
    /// As reading does; [`UnexpectedResponse`](crate::ErrorKind::UnexpectedResponse) where it is not UTF-8.
    pub fn text(mut self) -> Result<String> {
        let mut bytes = Vec::new();
        self.body.read_to_end(&mut bytes).map_err(Error::from_read)?;
        String::from_utf8(bytes).map_err(|error| {
            Error::new(crate::ErrorKind::UnexpectedResponse, "the answer is not UTF-8 text")
                .with_source(error)
        })
    }
}

impl Read for RawResponse {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        self.body.read(buf)
    }
}

impl fmt::Debug for RawResponse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RawResponse")
            .field("status", &self.status)
            .field("headers", &self.headers)
            .finish_non_exhaustive()
    }
}

impl Client {
    /// Sends a request of the caller's own, for an action that has no method here.
    ///
    /// It is signed, and repeated where it failed, as [`Config::retry`](crate::Config::retry) says; an answer
    /// that is no success is an error as with every other call. A body that is bytes is sent with its
    /// `Content-MD5` and its SHA-256. Read the warning at [`RawRequest`] first.
    ///
    /// # Errors
    ///
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) where the bucket, the key or a header cannot be one, or
    /// a body comes with a method that has none; [`Server`](crate::ErrorKind::Server) where the server refuses.
    ///
    /// ```no_run
    /// # let client = plain_s3::Client::new(plain_s3::Config::from_env()?)?;
    /// use plain_s3::{Method, RawRequest};
    ///
    /// let request = RawRequest::new(Method::Get).bucket("my-new-bucket").subresource("notification");
    /// let answer = client.send_raw(&request, "")?;
    /// println!("{}", answer.text()?);
    /// # Ok::<(), plain_s3::Error>(())
    /// ```
    pub fn send_raw<'b>(&self, request: &RawRequest, body: impl Into<Body<'b>>) -> Result<RawResponse> {
        let body = body.into();
        let mut request = request.to_request()?;
        if let Some(bytes) = body.as_bytes().filter(|bytes| !bytes.is_empty()) {
            if request.headers.get(PAYLOAD_SHA256).is_none() {
                request.payload_sha256 = Cow::Owned(encode::hex(&Sha256::digest(bytes)));
            }
            if request.headers.get("content-md5").is_none() {
                request = request.header("content-md5", BASE64.encode(Md5::digest(bytes)));
            }
        }
        let mut body = body.open().map_err(|error| error.with_context(|| request.describe()))?;
        if body.len() > 0 && !has_body(request.method) {
            return Err(Error::invalid(format!(
                "a {} has no body, and {} bytes were given",
                request.method.as_str(),
                body.len()
            ))
            .with_context(|| request.describe()));
        }
        self.execute(&request, &mut body, |response: Response| {
            Ok(RawResponse {
                status: response.status,
                headers: response.headers.to_vec(),
                body: response.body,
            })
        })
    }

    /// Signs the URL of any request, good for `expires`; the methods named `presign_…` are shorter for
    /// objects. Nothing is sent.
    ///
    /// # Errors
    ///
    /// As [`RequestSigner::presign`](crate::RequestSigner::presign).
    ///
    /// ```no_run
    /// # let client = plain_s3::Client::new(plain_s3::Config::from_env()?)?;
    /// # let hour = std::time::Duration::from_secs(3600);
    /// use plain_s3::{Method, RawRequest};
    ///
    /// let request = RawRequest::new(Method::Get).bucket("my-new-bucket").query("prefix", "photos/");
    /// println!("curl '{}'", client.presign(&request, hour)?);
    /// # Ok::<(), plain_s3::Error>(())
    /// ```
    pub fn presign(&self, request: &RawRequest, expires: Duration) -> Result<PresignedUrl> {
        let signer = self.signer();
        signer.presign_at(self.now(), signer.endpoint(), request.to_request()?, expires)
    }
}

fn has_body(method: Method) -> bool {
    matches!(method, Method::Put | Method::Post)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ErrorKind;
    use crate::config::Config;

    #[test]
    fn what_the_caller_names_becomes_the_request() {
        let raw = RawRequest::new(Method::Put)
            .bucket("b")
            .key("k é")
            .subresource("acl")
            .query("versionId", "a/b")
            .header("Content-Type", "text/plain");
        let request = raw.to_request().unwrap();
        assert_eq!(crate::sign::query_string(&request.query), "acl&versionId=a%2Fb");
        assert_eq!(request.describe(), "PUT b/k é");
        assert_eq!(request.payload_sha256, "UNSIGNED-PAYLOAD");
        let summed = raw.header("x-amz-content-sha256", "abc");
        assert_eq!(summed.to_request().unwrap().payload_sha256, "abc");
        assert_ne!(RawRequest::new(Method::Get).to_request().unwrap().payload_sha256, "UNSIGNED-PAYLOAD");
    }

    #[test]
    fn what_cannot_be_meant_is_refused_before_it_is_sent() {
        let client = Client::new(Config::new("http://127.0.0.1:9")).unwrap();
        let delete = || RawRequest::new(Method::Delete);
        for (request, body, words) in [
            (delete().bucket("b").key(""), "", "key is empty"),
            (delete().bucket(""), "", "bucket name is empty"),
            (delete().key("k"), "", "no bucket"),
            (delete().bucket("b"), "body", "a DELETE has no body, and 4 bytes"),
            (delete().bucket("b").header("Host", "h"), "", "set by the client itself"),
        ] {
            let error = client.send_raw(&request, body).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::InvalidInput);
            assert!(error.to_string().contains(words), "{error}");
        }
    }
}
