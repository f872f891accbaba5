//! Unsigned URLs, for public objects.

use crate::client::Client;
use crate::error::Result;
use crate::request::{Method, Request};

/// Options for [`Client::object_url_with`]: plain HTTP, and the version.
#[derive(Clone, Debug, Default)]
#[must_use]
pub struct ObjectUrlOptions {
    force_http: bool,
    version_id: Option<String>,
}

impl ObjectUrlOptions {
    /// Creates the default options: the scheme of the client's endpoint, and the latest version.
    pub fn new() -> Self {
        Self::default()
    }

    /// Makes the URL use plain HTTP on port 80, even if the client uses HTTPS.
    pub fn force_http(mut self) -> Self {
        self.force_http = true;
        self
    }

    /// Selects a version.
    pub fn version_id(mut self, id: impl Into<String>) -> Self {
        self.version_id = Some(id.into());
        self
    }
}

/// # URLs and forms
///
/// For programs without credentials, such as browsers. Nothing is sent.
impl Client {
    /// Returns the unsigned URL of an object, which works for everyone if the object is public. Nothing is
    /// sent.
    ///
    /// # Errors
    ///
    /// Fails with [`InvalidInput`](crate::ErrorKind::InvalidInput) if the bucket name or the key is invalid.
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
        self.object_url_with(bucket, key, &ObjectUrlOptions::new())
    }

    /// Returns the unsigned URL of an object, with plain HTTP or for one version; see
    /// [`object_url`](Self::object_url).
    ///
    /// # Errors
    ///
    /// Returns the same errors as [`object_url`](Self::object_url).
    ///
    /// ```
    /// # #[cfg(any(feature = "rustls", feature = "native-tls"))]
    /// # fn main() -> plain_s3::Result<()> {
    /// # use plain_s3::{Client, Config, ObjectUrlOptions};
    /// let client = Client::new(Config::new("https://objects-us-west-1.dream.io"))?;
    /// let url = client.object_url_with("my-bucket-name", "hello.txt", &ObjectUrlOptions::new().force_http())?;
    /// assert_eq!(url, "http://objects-us-west-1.dream.io/my-bucket-name/hello.txt");
    /// # Ok(())
    /// # }
    /// # #[cfg(not(any(feature = "rustls", feature = "native-tls")))]
    /// # fn main() {}
    /// ```
    pub fn object_url_with(&self, bucket: &str, key: &str, options: &ObjectUrlOptions) -> Result<String> {
        let request = Request::object("object_url", Method::Get, bucket, key)
            .query_if("versionId", options.version_id.as_deref());
        self.signer().unsigned_url(&request, options.force_http)
    }
}
