//! Signed requests and presigned URLs as plain data.

use std::fmt;

use crate::headers::Redacted;
use crate::request::Method;

/// A signed request as plain data. Servers accept it for about 15 minutes. `{:?}` hides the signature.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct SignedRequest {
    /// The HTTP method.
    pub method: &'static str,
    /// The URL, encoded exactly as it was signed. Decoding or normalising it breaks the signature.
    pub url: String,
    /// The headers to send, with lower-case names. The HTTP client adds `Host` and `Content-Length`.
    pub headers: Vec<(String, String)>,
}

/// A presigned URL. Anyone who has it can use it until it expires. `Display` prints the URL; `{:?}` hides the
/// signature.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct PresignedUrl {
    /// The HTTP method that was signed, such as `GET`.
    pub method: &'static str,
    /// The URL.
    pub url: String,
    /// The headers that must be sent exactly like this; empty unless the options set some.
    pub headers: Vec<(String, String)>,
}

impl SignedRequest {
    /// Creates a signed request without headers, for tests of code that handles one.
    pub fn new(method: Method, url: impl Into<String>) -> Self {
        Self { method: method.as_str(), url: url.into(), headers: Vec::new() }
    }
}

impl PresignedUrl {
    /// Creates a presigned URL that requires no headers, for tests of code that handles one.
    pub fn new(method: Method, url: impl Into<String>) -> Self {
        Self { method: method.as_str(), url: url.into(), headers: Vec::new() }
    }
}

impl fmt::Debug for SignedRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SignedRequest")
            .field("method", &self.method)
            .field("url", &self.url)
            .field("headers", &Redacted(&self.headers))
            .finish()
    }
}

impl fmt::Debug for PresignedUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let address = self.url.split('?').next().unwrap_or_default();
        f.debug_struct("PresignedUrl")
            .field("method", &self.method)
            .field("url", &format_args!("{address}?(hidden)"))
            .field("headers", &Redacted(&self.headers))
            .finish()
    }
}

impl fmt::Display for PresignedUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.url)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_of_a_presigned_url_hides_the_signature_and_secret_headers() {
        let url = PresignedUrl {
            method: "GET",
            url: "http://h/b/k?Signature=s3cr3t".into(),
            headers: vec![("x-amz-server-side-encryption-customer-key".into(), "s3cr3t".into())],
        };
        let text = format!("{url:?}");
        assert!(text.contains("http://h/b/k?(hidden)") && !text.contains("s3cr3t"), "{text}");
        assert!(url.to_string().ends_with("s3cr3t"));
    }
}
