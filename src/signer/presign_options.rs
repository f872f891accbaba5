//! Options for presigned URLs and forms.

use std::time::Duration;

use time::OffsetDateTime;

/// Options for presigned URLs and upload forms: the lifetime, the scheme and the signing time.
///
/// A [`Duration`] converts into the default options with that lifetime, so you can usually pass one instead.
///
/// ```
/// # fn main() -> plain_s3::Result<()> {
/// # use plain_s3::{Client, Config, Credentials, PresignOptions};
/// # let config = Config::new("http://127.0.0.1:8080").credentials(Credentials::new("access", "secret"));
/// # let client = Client::new(config)?;
/// use std::time::Duration;
///
/// let hour = Duration::from_secs(3600);
/// println!("{}", client.presign_get_object("my-new-bucket", "secret_plans.txt", hour)?);
///
/// let plain = PresignOptions::new(hour).force_http();
/// println!("{}", client.presign_get_object("my-new-bucket", "secret_plans.txt", plain)?);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use]
pub struct PresignOptions {
    pub(crate) expires: Duration,
    pub(crate) force_http: bool,
    pub(crate) signed_at: Option<OffsetDateTime>,
}

impl PresignOptions {
    /// Creates options for a URL or a form that is valid for `expires`.
    ///
    /// The lifetime is in whole seconds: at least 1 and, with Signature V4, at most 604,800 (7 days).
    pub fn new(expires: Duration) -> Self {
        Self { expires, force_http: false, signed_at: None }
    }

    /// Makes the URL, or the URL of the form, use plain HTTP on port 80, even if the client uses HTTPS.
    ///
    /// Anyone on the network path can then read what is transferred, and use the URL until it expires.
    pub fn force_http(mut self) -> Self {
        self.force_http = true;
        self
    }

    /// Sets the signing time, at which the lifetime starts. The default is the current time.
    ///
    /// ```
    /// # let client = include!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/documentation/client.rs"));
    /// use std::time::{Duration, SystemTime};
    ///
    /// use plain_s3::PresignOptions;
    ///
    /// // The same URL for a whole hour, so that caches can keep what it returns.
    /// let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap().as_secs();
    /// let hour = SystemTime::UNIX_EPOCH + Duration::from_secs(now - now % 3600);
    /// let options = PresignOptions::new(Duration::from_secs(2 * 3600)).signed_at(hour);
    /// let url = client.presign_get_object("my-new-bucket", "hello.txt", options)?;
    /// # ureq::get(&url.url).call().unwrap();
    /// # Ok::<(), plain_s3::Error>(())
    /// ```
    pub fn signed_at(mut self, moment: impl Into<OffsetDateTime>) -> Self {
        self.signed_at = Some(moment.into());
        self
    }
}

impl From<Duration> for PresignOptions {
    fn from(expires: Duration) -> Self {
        Self::new(expires)
    }
}
