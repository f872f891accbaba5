//! Sending raw requests.

use std::borrow::Cow;
use std::fmt;
use std::io::{self, Read};

use crate::body::Body;
use crate::checksum::{Md5Digest, Sha256Digest};
use crate::client::Client;
use crate::error::{Error, Result};
use crate::raw_request::{RawRequest, has_body};
use crate::request::PAYLOAD_SHA256;
use crate::response::Response;

/// The successful response to a [`RawRequest`]. It implements [`Read`] for the body.
///
/// Reading a truncated body fails if the response has a length or is chunked. The body is not searched for an
/// `<Error>`.
pub struct RawResponse {
    /// The HTTP status, from 200 to 299.
    pub status: u16,
    /// All headers in the order received, with lower-case names.
    pub headers: Vec<(String, String)>,
    body: Box<dyn Read + Send + Sync>,
}

impl RawResponse {
    /// Creates a response without headers, for tests of code that handles responses.
    pub fn new(status: u16, body: impl Read + Send + Sync + 'static) -> Self {
        Self { status, headers: Vec::new(), body: Box::new(body) }
    }

    /// Returns the value of a header. The name is not case-sensitive.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(n, _)| n.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }

    /// Reads the whole body as text, whatever its length.
    ///
    /// # Errors
    ///
    /// Fails if the body cannot be read, and with
    /// [`UnexpectedResponse`](crate::ErrorKind::UnexpectedResponse) if the body is not UTF-8.
    pub fn text(mut self) -> Result<String> {
        let mut bytes = Vec::new();
        self.body.read_to_end(&mut bytes).map_err(Error::from_read)?;
        String::from_utf8(bytes).map_err(|error| {
            Error::new(crate::ErrorKind::UnexpectedResponse, "the response is not UTF-8 text")
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

/// # Other requests
impl Client {
    /// Sends a raw request, for an operation that has no method.
    ///
    /// The request is signed, and retried according to [`Config::retry`](crate::Config::retry). Error
    /// responses become errors, as with every other call. If the body is in memory, its `Content-MD5` and
    /// SHA-256 are sent. Read the warning in the documentation of [`RawRequest`] first.
    ///
    /// # Errors
    ///
    /// Fails with [`InvalidInput`](crate::ErrorKind::InvalidInput) if the bucket name, the key or a header is
    /// invalid, or if a body is passed but the method does not allow one. Fails with
    /// [`Server`](crate::ErrorKind::Server) if the server returns an error.
    ///
    /// ```
    /// # let client = include!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/documentation/client.rs"));
    /// use plain_s3::{Method, RawRequest};
    ///
    /// let request = RawRequest::new(Method::Get).bucket("my-new-bucket").subresource("notification");
    /// let response = client.send_raw(&request, "")?;
    /// println!("{}", response.text()?);
    /// # Ok::<(), plain_s3::Error>(())
    /// ```
    pub fn send_raw<'b>(&self, request: &RawRequest, body: impl Into<Body<'b>>) -> Result<RawResponse> {
        let body = body.into();
        let mut request = request.to_request();
        if let Some(bytes) = body.as_bytes().filter(|bytes| !bytes.is_empty()) {
            if request.headers.get(PAYLOAD_SHA256).is_none() {
                request.payload_sha256 = Cow::Owned(Sha256Digest::of(bytes).to_hex());
            }
            if request.headers.get("content-md5").is_none() {
                request = request.header("content-md5", Md5Digest::of(bytes).to_base64());
            }
        }
        let mut body = body.open().map_err(|error| error.with_context(|| request.operation()))?;
        let method = request.method;
        let request = request.require(body.len() == 0 || has_body(method), || {
            format!("a {} request has no body, but {} bytes were passed", method.as_str(), body.len())
        });
        let request = self.sign_payload(request, &mut body)?;
        self.execute(self.deadline(), &request, &mut body, |response: Response| {
            Ok(RawResponse {
                status: response.status,
                headers: response.headers.to_vec(),
                body: response.body,
            })
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Config, ErrorKind, Method};

    #[test]
    fn invalid_raw_requests_fail_before_they_are_sent() {
        let client = Client::new(Config::new("http://127.0.0.1:9")).unwrap();
        let delete = || RawRequest::new(Method::Delete);
        for (request, body, words) in [
            (delete().bucket("b").key(""), "", "key is empty"),
            (delete().bucket(""), "", "bucket name is empty"),
            (delete().key("k"), "", "no bucket"),
            (delete().bucket("b"), "body", "a DELETE request has no body, but 4 bytes were passed"),
            (delete().bucket("b").header("Host", "h"), "", "set by the client itself"),
        ] {
            let error = client.send_raw(&request, body).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::InvalidInput);
            assert!(error.to_string().contains(words), "{error}");
        }
    }
}
