//! The description of one S3 request, before it has an address and a signature.

use std::borrow::Cow;

use crate::checksum::{Md5Digest, Sha256Digest};
use crate::encode;
use crate::error::{Error, Result};
use crate::headers::Headers;
use crate::names::impl_names;
use crate::operation::Operation;
use crate::validate;

/// The HTTP methods of S3.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Method {
    /// GET: reads content, a listing or a setting.
    Get,
    /// HEAD: reads only the headers of a response.
    Head,
    /// PUT: stores an object or a setting.
    Put,
    /// POST: performs the action that the query names.
    Post,
    /// DELETE: deletes an object, a bucket or a setting.
    Delete,
}

impl_names! {
    Method, "HTTP method";
    /// Returns the name of the HTTP method, such as `GET`.
    as_str;
    Get => "GET",
    Head => "HEAD",
    Put => "PUT",
    Post => "POST",
    Delete => "DELETE",
}

/// The header with the SHA-256 of the body, or with `UNSIGNED-PAYLOAD`.
pub(crate) const PAYLOAD_SHA256: &str = "x-amz-content-sha256";
/// The SHA-256 of an empty body.
const EMPTY_SHA256: &str = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
/// The value that V4 signs instead of a SHA-256 if the body is not hashed.
const UNSIGNED_PAYLOAD: &str = "UNSIGNED-PAYLOAD";

/// One request: the action, its bucket and key, query, headers and document. It has no host, no date and no
/// secret.
///
/// Each operation consists of a function that creates its request and a function that parses the response.
/// The code that sends or presigns requests needs nothing else of an operation.
#[derive(Clone, Debug)]
pub(crate) struct Request<'a> {
    /// The AWS action, for errors and events: `GetObject`.
    pub(crate) action: &'static str,
    pub(crate) method: Method,
    pub(crate) bucket: Option<&'a str>,
    pub(crate) key: Option<&'a str>,
    /// Names and decoded values. A subresource such as `acl` has no value.
    pub(crate) query: Vec<(Cow<'a, str>, Option<Cow<'a, str>>)>,
    pub(crate) headers: Headers,
    /// The XML or JSON document that is sent as the body; empty if there is none, or if content is sent
    /// instead.
    pub(crate) document: String,
    /// The value that Signature V4 signs for the body: its SHA-256, or `UNSIGNED-PAYLOAD`.
    pub(crate) payload_sha256: Cow<'static, str>,
    /// The values of user metadata are sent as they are.
    pub(crate) keeps_metadata: bool,
    /// The server has to work before it responds, so the idle timeout is longer.
    pub(crate) slow: bool,
    /// Repeating the request after a success changes nothing more.
    pub(crate) repeatable: bool,
    /// The reason why the request must not be sent. [`validate`](Self::validate) returns it, so that
    /// operations need not return a `Result` for the few arguments that only they can check.
    invalid: Option<String>,
}

impl<'a> Request<'a> {
    /// Creates a request to the service itself, such as listing the buckets.
    pub(crate) fn service(action: &'static str, method: Method) -> Self {
        Self {
            action,
            method,
            bucket: None,
            key: None,
            query: Vec::new(),
            headers: Headers::default(),
            document: String::new(),
            payload_sha256: Cow::Borrowed(EMPTY_SHA256),
            keeps_metadata: false,
            slow: false,
            repeatable: true,
            invalid: None,
        }
    }

    pub(crate) fn bucket(action: &'static str, method: Method, bucket: &'a str) -> Self {
        Self { bucket: Some(bucket), ..Self::service(action, method) }
    }

    pub(crate) fn object(action: &'static str, method: Method, bucket: &'a str, key: &'a str) -> Self {
        Self { key: Some(key), ..Self::bucket(action, method, bucket) }
    }

    /// Adds a subresource, which is a query name without a value: `?acl`.
    pub(crate) fn subresource(mut self, name: &'static str) -> Self {
        self.query.push((Cow::Borrowed(name), None));
        self
    }

    pub(crate) fn query(mut self, name: &'static str, value: impl Into<Cow<'a, str>>) -> Self {
        self.query.push((Cow::Borrowed(name), Some(value.into())));
        self
    }

    pub(crate) fn query_if(self, name: &'static str, value: Option<&'a str>) -> Self {
        match value {
            Some(value) => self.query(name, value),
            None => self,
        }
    }

    pub(crate) fn header(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.set(name, value);
        self
    }

    pub(crate) fn headers(mut self, headers: &Headers) -> Self {
        self.headers.extend(headers);
        self
    }

    /// Excludes the body from the V4 signature, so that it is read only once. The ETag verifies it instead.
    pub(crate) fn unsigned_payload(mut self) -> Self {
        self.payload_sha256 = Cow::Borrowed(UNSIGNED_PAYLOAD);
        self
    }

    /// Includes the SHA-256 of the body in the V4 signature, so that the server rejects any other body.
    pub(crate) fn signed_payload(mut self, sha256: Sha256Digest) -> Self {
        self.payload_sha256 = Cow::Owned(sha256.to_hex());
        self
    }

    /// Returns `true` if the V4 signature does not cover the body.
    pub(crate) fn has_unsigned_payload(&self) -> bool {
        self.payload_sha256 == UNSIGNED_PAYLOAD
    }

    /// Declares that the values of user metadata are sent as they are, because the caller or another object
    /// determines them.
    pub(crate) fn keep_metadata(mut self) -> Self {
        self.keeps_metadata = true;
        self
    }

    /// Declares that the server has to work before it responds.
    pub(crate) fn slow(mut self) -> Self {
        self.slow = true;
        self
    }

    /// Declares that repeating the request after a success has side effects, such as a second upload or version.
    /// A success whose body cannot be read is then an error at once.
    pub(crate) fn not_repeatable(mut self) -> Self {
        self.repeatable = false;
        self
    }

    /// Sets an XML document as the body, with its type and both of its digests.
    pub(crate) fn xml(self, document: impl Into<String>) -> Self {
        self.document("application/xml", document.into())
    }

    /// Sets a JSON document as the body, with its type and both of its digests.
    pub(crate) fn json(self, document: impl Into<String>) -> Self {
        self.document("application/json", document.into())
    }

    fn document(mut self, content_type: &str, document: String) -> Self {
        self.payload_sha256 = Cow::Owned(Sha256Digest::of(&document).to_hex());
        let md5 = Md5Digest::of(&document).to_base64();
        self.document = document;
        self.header("content-type", content_type).header("content-md5", md5)
    }

    /// Returns a copy of everything but the document, which is sent from the original.
    pub(crate) fn clone_without_document(&self) -> Self {
        Self {
            document: String::new(),
            query: self.query.clone(),
            headers: self.headers.clone(),
            payload_sha256: self.payload_sha256.clone(),
            invalid: self.invalid.clone(),
            ..*self
        }
    }

    /// Makes the request invalid unless `condition` is `true`. `otherwise` returns the error text.
    pub(crate) fn require(mut self, condition: bool, otherwise: impl FnOnce() -> String) -> Self {
        if !condition && self.invalid.is_none() {
            self.invalid = Some(otherwise());
        }
        self
    }

    /// Rejects requests that a server would misinterpret.
    ///
    /// The most dangerous one has an empty key: `DELETE /bucket/` deletes the bucket.
    pub(crate) fn validate(&self) -> Result<()> {
        self.bucket.map_or(Ok(()), validate::bucket)?;
        self.key.map_or(Ok(()), validate::key)?;
        for (name, value) in &self.query {
            match (name.as_ref(), value.as_deref()) {
                ("versionId", None | Some("")) => validate::version_id("")?,
                ("uploadId", id) => validate::upload_id(id.unwrap_or_default())?,
                ("partNumber", number) => validate::part_number(number.unwrap_or_default())?,
                _ => {}
            }
        }
        validate::headers(&self.headers)?;
        self.invalid.as_ref().map_or(Ok(()), |message| Err(Error::invalid(message)))
    }

    /// Returns the query as it is sent: `acl`, `prefix=a%2Fb&marker=`.
    pub(crate) fn query_string(&self) -> String {
        let mut out = String::new();
        for (name, value) in &self.query {
            if !out.is_empty() {
                out.push('&');
            }
            out.push_str(&encode::query(name));
            if let Some(value) = value {
                out.push('=');
                out.push_str(&encode::query(value));
            }
        }
        out
    }

    /// Returns the action and what it is applied to, as errors and events name it.
    pub(crate) fn operation(&self) -> Operation {
        let operation = match (self.bucket, self.key) {
            (None, _) => Operation::new(self.action),
            (Some(bucket), None) => Operation::on_bucket(self.action, bucket),
            (Some(bucket), Some(key)) => Operation::on_object(self.action, bucket, key),
        };
        let query = |name| self.query.iter().find(|(other, _)| other == name)?.1.as_deref();
        match (query("partNumber"), query("versionId")) {
            (Some(number), _) => operation.part(number),
            (None, Some(id)) => operation.version(id),
            (None, None) => operation,
        }
    }

    /// Returns the text of [`operation`](Self::operation).
    pub(crate) fn describe(&self) -> String {
        self.operation().to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn empty_key_is_rejected_because_it_would_address_the_bucket() {
        assert!(Request::object("DeleteObject", Method::Delete, "b", "").validate().is_err());
        assert!(Request::bucket("DeleteBucket", Method::Delete, "").validate().is_err());
        Request::object("DeleteObject", Method::Delete, "b", "k").validate().unwrap();
    }

    #[test]
    fn operation_names_the_part_or_the_version() {
        let object = || Request::object("GetObject", Method::Get, "b", "k");
        assert_eq!(object().describe(), "GetObject b/k");
        assert_eq!(object().query("versionId", "v").describe(), "GetObject b/k (version v)");
        assert_eq!(
            object().query("partNumber", "3").query("uploadId", "u").describe(),
            "GetObject b/k (part 3)"
        );
    }

    #[test]
    fn document_is_sent_with_both_digests() {
        let request = Request::bucket("DeleteObjects", Method::Post, "b").xml("");
        assert_eq!(request.payload_sha256, EMPTY_SHA256);
        assert_eq!(request.headers.get("content-md5"), Some("1B2M2Y8AsgTpgAmY7PhCfg=="));
    }

    #[test]
    fn first_unmet_requirement_is_reported() {
        let request = Request::bucket("ListObjects", Method::Get, "b");
        request.clone().require(true, || unreachable!()).validate().unwrap();
        let invalid = request.require(false, || "first".into()).require(false, || "second".into());
        assert_eq!(invalid.validate().unwrap_err().to_string(), "first");
    }
}
