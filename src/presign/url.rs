//! URLs to hand to others: unsigned for public objects, signed for private ones.

use std::fmt;

use crate::client::Client;
use crate::endpoint::Endpoint;
use crate::error::{Error, Result};
use crate::headers::{Headers, Redacted};
use crate::request::{Method, Request};
use crate::sign::query_string;

/// What a URL is to have beside the bucket and the key.
#[derive(Clone, Debug, Default)]
pub struct UrlOptions {
    force_http: bool,
    query: Vec<(&'static str, String)>,
    headers: Headers,
}

impl UrlOptions {
    /// Nothing but the bucket and the key.
    pub fn new() -> Self {
        Self::default()
    }

    /// Makes the URL one of plain HTTP on port 80, though the client itself speaks HTTPS.
    ///
    /// Whoever is on the way can then read the object, and use the URL as long as it is valid.
    pub fn force_http(mut self) -> Self {
        self.force_http = true;
        self
    }

    /// Names one version.
    pub fn version_id(self, id: impl Into<String>) -> Self {
        self.query("versionId", id)
    }

    /// Has the server answer with this `Content-Type`. This and the other overrides need a signed URL.
    pub fn response_content_type(self, value: impl Into<String>) -> Self {
        self.query("response-content-type", value)
    }

    /// Has the server answer with this `Content-Disposition`, such as `attachment; filename="plans.txt"`.
    pub fn response_content_disposition(self, value: impl Into<String>) -> Self {
        self.query("response-content-disposition", value)
    }

    /// Has the server answer with this `Content-Encoding`.
    pub fn response_content_encoding(self, value: impl Into<String>) -> Self {
        self.query("response-content-encoding", value)
    }

    /// Has the server answer with this `Content-Language`.
    pub fn response_content_language(self, value: impl Into<String>) -> Self {
        self.query("response-content-language", value)
    }

    /// Has the server answer with this `Cache-Control`.
    pub fn response_cache_control(self, value: impl Into<String>) -> Self {
        self.query("response-cache-control", value)
    }

    /// Has the server answer with this `Expires`, an HTTP date.
    pub fn response_expires(self, value: impl Into<String>) -> Self {
        self.query("response-expires", value)
    }

    /// Requires this header of whoever uses the signed URL, such as the `content-type` of an upload. It
    /// comes back in [`PresignedUrl::headers`].
    pub fn header(mut self, name: &str, value: impl Into<String>) -> Self {
        self.headers.set(name, value);
        self
    }

    pub(super) fn query(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.query.retain(|(n, _)| *n != name);
        self.query.push((name, value.into()));
        self
    }
}

/// A signed URL. It prints as the URL; whoever has it may do what was signed until it expires. `{:?}` hides
/// the signature.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct PresignedUrl {
    /// The method that was signed, such as `GET`.
    pub method: &'static str,
    /// The URL.
    pub url: String,
    /// The headers that must be sent along, exactly like this; empty unless the options named some.
    pub headers: Vec<(String, String)>,
}

impl fmt::Debug for PresignedUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let place = self.url.split('?').next().unwrap_or_default();
        f.debug_struct("PresignedUrl")
            .field("method", &self.method)
            .field("url", &format_args!("{place}?(hidden)"))
            .field("headers", &Redacted(&self.headers))
            .finish()
    }
}

impl fmt::Display for PresignedUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.url)
    }
}

impl Client {
    /// Returns the unsigned URL of an object, which works for everybody where the object is public. Nothing is sent.
    ///
    /// # Errors
    ///
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) where the bucket or the key cannot be one.
    ///
    /// ```
    /// # fn main() -> plain_s3::Result<()> {
    /// # use plain_s3::{Client, Config};
    /// let client = Client::new(Config::new("http://objects-us-west-1.dream.io"))?;
    /// let url = client.object_url("my-bucket-name", "hello.txt")?;
    /// assert_eq!(url, "http://objects-us-west-1.dream.io/my-bucket-name/hello.txt");
    /// # Ok(())
    /// # }
    /// ```
    pub fn object_url(&self, bucket: &str, key: &str) -> Result<String> {
        self.object_url_with(bucket, key, &UrlOptions::new())
    }

    /// Returns the unsigned URL of an object, forced to plain HTTP or of one version; see
    /// [`object_url`](Self::object_url).
    ///
    /// # Errors
    ///
    /// As [`object_url`](Self::object_url), and for options that only a signed URL can have.
    ///
    /// ```
    /// # #[cfg(any(feature = "rustls", feature = "native-tls"))]
    /// # fn main() -> plain_s3::Result<()> {
    /// # use plain_s3::{Client, Config, UrlOptions};
    /// let client = Client::new(Config::new("https://objects-us-west-1.dream.io"))?;
    /// let url = client.object_url_with("my-bucket-name", "hello.txt", &UrlOptions::new().force_http())?;
    /// assert_eq!(url, "http://objects-us-west-1.dream.io/my-bucket-name/hello.txt");
    /// # Ok(())
    /// # }
    /// # #[cfg(not(any(feature = "rustls", feature = "native-tls")))]
    /// # fn main() {}
    /// ```
    pub fn object_url_with(&self, bucket: &str, key: &str, options: &UrlOptions) -> Result<String> {
        let request = options.request("object_url", Method::Get, bucket, key);
        let only_signed =
            options.query.iter().map(|(name, _)| *name).find(|name| name.starts_with("response-"));
        if let Some(name) = only_signed.or_else(|| options.headers.iter().next().map(|(name, _)| name)) {
            return Err(Error::invalid(format!("an unsigned URL cannot carry {name}"))
                .with_hint("Use presign_get_object_with.")
                .with_context(|| request.describe()));
        }
        let endpoint = options.endpoint(self);
        Ok(self.signer().address(&endpoint, &request)?.url(&query_string(&request.query)))
    }
}

impl UrlOptions {
    pub(super) fn request<'a>(
        &'a self,
        name: &'static str,
        method: Method,
        bucket: &'a str,
        key: &'a str,
    ) -> Request<'a> {
        let mut request = Request::object(name, method, bucket, key).headers(&self.headers);
        for (name, value) in &self.query {
            request = request.query(name, value.as_str());
        }
        request
    }

    pub(super) fn endpoint(&self, client: &Client) -> Endpoint {
        let endpoint = client.signer().endpoint();
        if self.force_http { endpoint.plain_http() } else { endpoint.clone() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_hides_what_makes_a_url_good() {
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
