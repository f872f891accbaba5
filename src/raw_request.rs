//! Raw requests, for operations that have no method.

use std::borrow::Cow;

use crate::headers::Headers;
use crate::request::{Method, PAYLOAD_SHA256, Request};

/// A request for an operation that has no method of its own: a method, a bucket, a key, a query and headers.
///
/// [`Client::send_raw`](crate::Client::send_raw), [`Client::presign`](crate::Client::presign) and
/// [`RequestSigner`](crate::RequestSigner) take one.
///
/// Pass the names and values of the query without URL encoding. `Content-Length`, `Host`, the date and the
/// signature are added when the request is signed. If you set `x-amz-content-sha256`, Signature V4 signs it
/// for the body. Otherwise, it signs `UNSIGNED-PAYLOAD` for methods that have a body.
///
/// **Some servers ignore subresources that they do not support.** On Ceph, `DELETE /bucket?encryption`
/// deletes the bucket, and `PUT /bucket/key?restore` overwrites the object. Before you send anything but a
/// `GET`, make sure that the server supports the subresource.
///
/// Signature V2 signs only these query names: `acl cors delete lifecycle location logging notification
/// partNumber policy publicAccessBlock requestPayment response-cache-control response-content-disposition
/// response-content-encoding response-content-language response-content-type response-expires tagging torrent
/// uploadId uploads versionId versioning versions website`. All others are sent unsigned. If a server
/// requires another one to be signed, it returns `SignatureDoesNotMatch`; use Signature V4, which signs every
/// name.
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use]
pub struct RawRequest {
    pub(crate) method: Method,
    bucket: Option<String>,
    key: Option<String>,
    query: Vec<(String, Option<String>)>,
    pub(crate) headers: Headers,
}

impl RawRequest {
    /// Creates a request to the service itself. Set a bucket, and a key if needed, to address them instead.
    pub fn new(method: Method) -> Self {
        Self { method, bucket: None, key: None, query: Vec::new(), headers: Headers::default() }
    }

    /// Sets the bucket.
    pub fn bucket(mut self, bucket: impl Into<String>) -> Self {
        self.bucket = Some(bucket.into());
        self
    }

    /// Sets the key of the object. An empty key is an error, because the request would address the bucket.
    pub fn key(mut self, key: impl Into<String>) -> Self {
        self.key = Some(key.into());
        self
    }

    /// Adds a subresource to the query: a name without a value, such as `?torrent`.
    pub fn subresource(mut self, name: impl Into<String>) -> Self {
        self.query.push((name.into(), None));
        self
    }

    /// Adds a name and a value to the query.
    pub fn query(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.query.push((name.into(), Some(value.into())));
        self
    }

    /// Sets a header.
    pub fn header(mut self, name: &str, value: impl Into<String>) -> Self {
        self.headers.set(name, value);
        self
    }

    pub(crate) fn to_request(&self) -> Request<'_> {
        let request = Request::service(self.method.as_str(), self.method).headers(&self.headers);
        let mut request = request.keep_metadata();
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
        if let Some(digest) = self.headers.get(PAYLOAD_SHA256) {
            request.payload_sha256 = Cow::Owned(digest.to_owned());
        }
        request.require(self.bucket.is_some() || self.key.is_none(), || {
            let key = self.key.as_deref().unwrap_or_default();
            format!("the key {key:?} has no bucket; set one with RawRequest::bucket")
        })
    }
}

pub(crate) fn has_body(method: Method) -> bool {
    matches!(method, Method::Put | Method::Post)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn raw_request_is_sent_as_given() {
        let raw = RawRequest::new(Method::Put)
            .bucket("b")
            .key("k é")
            .subresource("acl")
            .query("versionId", "a/b")
            .header("Content-Type", "text/plain");
        let request = raw.to_request();
        assert_eq!(request.query_string(), "acl&versionId=a%2Fb");
        assert_eq!(request.describe(), "PUT b/k é (version a/b)");
        assert_eq!(request.payload_sha256, "UNSIGNED-PAYLOAD");
        let with_digest = raw.header("x-amz-content-sha256", "abc");
        assert_eq!(with_digest.to_request().payload_sha256, "abc");
        assert_ne!(RawRequest::new(Method::Get).to_request().payload_sha256, "UNSIGNED-PAYLOAD");
    }
}
