//! The description of one S3 request, before it has an address and a signature.

use std::borrow::Cow;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use md5::{Digest, Md5};
use sha2::Sha256;

use crate::encode;
use crate::error::Result;
use crate::headers::Headers;
use crate::names::impl_names;
use crate::validate;

/// The HTTP methods of S3.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Method {
    /// Reads.
    Get,
    /// Reads the headers of an answer only.
    Head,
    /// Stores or sets.
    Put,
    /// Starts or does something that the query names.
    Post,
    /// Deletes.
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

/// The SHA-256 of nothing, and what stands in its place where a body is not hashed.
const EMPTY_SHA256: &str = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
const UNSIGNED_PAYLOAD: &str = "UNSIGNED-PAYLOAD";

/// One request: what to do with which bucket and key. It has no host, no date and no secret.
#[derive(Clone, Debug)]
pub(crate) struct Request<'a> {
    /// The AWS action, for errors: `GetObject`.
    pub(crate) action: &'static str,
    pub(crate) method: Method,
    pub(crate) bucket: Option<&'a str>,
    pub(crate) key: Option<&'a str>,
    /// Names and decoded values; a sub-resource such as `acl` has no value.
    pub(crate) query: Vec<(Cow<'a, str>, Option<Cow<'a, str>>)>,
    pub(crate) headers: Headers,
    /// What Signature V4 signs of the body.
    pub(crate) payload_sha256: Cow<'static, str>,
    /// The server has to work before it answers, so its silence is borne for longer.
    pub(crate) slow: bool,
}

impl<'a> Request<'a> {
    /// A request to the service itself: listing the buckets.
    pub(crate) fn service(action: &'static str, method: Method) -> Self {
        Self {
            action,
            method,
            bucket: None,
            key: None,
            query: Vec::new(),
            headers: Headers::default(),
            payload_sha256: Cow::Borrowed(EMPTY_SHA256),
            slow: false,
        }
    }

    pub(crate) fn bucket(action: &'static str, method: Method, bucket: &'a str) -> Self {
        Self { bucket: Some(bucket), ..Self::service(action, method) }
    }

    pub(crate) fn object(action: &'static str, method: Method, bucket: &'a str, key: &'a str) -> Self {
        Self { key: Some(key), ..Self::bucket(action, method, bucket) }
    }

    /// Adds a sub-resource without a value: `?acl`.
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

    /// Says that an object's body comes with it. V4 does not hash it: the bytes are checked by their
    /// MD5 instead, so that they are read once.
    pub(crate) fn unsigned_payload(mut self) -> Self {
        self.payload_sha256 = Cow::Borrowed(UNSIGNED_PAYLOAD);
        self
    }

    /// Says that the server has to work before it answers.
    pub(crate) fn slow(mut self) -> Self {
        self.slow = true;
        self
    }

    /// Describes an XML body: its type, and both of its sums.
    pub(crate) fn xml_body(mut self, xml: &str) -> Self {
        self.payload_sha256 = Cow::Owned(encode::hex(&Sha256::digest(xml)));
        self.header("content-type", "application/xml").header("content-md5", BASE64.encode(Md5::digest(xml)))
    }

    /// Refuses what no server could take as meant.
    ///
    /// An empty key above all: `DELETE /bucket/` with an empty key deletes the bucket.
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
        validate::headers(&self.headers)
    }

    /// What an error says of the call: `GetObject my-bucket/hello.txt`.
    pub(crate) fn describe(&self) -> String {
        match (self.bucket, self.key) {
            (Some(bucket), Some(key)) => {
                // as text, but on one line
                let key = key.escape_debug().to_string().replace("\\\"", "\"").replace("\\'", "'");
                format!("{} {bucket}/{key}", self.action)
            }
            (Some(bucket), None) => format!("{} {bucket}", self.action),
            (None, _) => self.action.to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_key_is_refused_before_it_can_mean_the_bucket() {
        assert!(Request::object("DeleteObject", Method::Delete, "b", "").validate().is_err());
        assert!(Request::bucket("DeleteBucket", Method::Delete, "").validate().is_err());
        Request::object("DeleteObject", Method::Delete, "b", "k").validate().unwrap();
    }

    #[test]
    fn a_description_is_one_line() {
        let request = Request::object("GetObject", Method::Get, "b", "it's \"a\"\nkey é");
        assert_eq!(request.describe(), "GetObject b/it's \"a\"\\nkey é");
    }

    #[test]
    fn an_xml_body_has_its_sums() {
        let request = Request::bucket("DeleteObjects", Method::Post, "b").xml_body("");
        assert_eq!(request.payload_sha256, EMPTY_SHA256);
        assert_eq!(request.headers.get("content-md5"), Some("1B2M2Y8AsgTpgAmY7PhCfg=="));
    }
}
