//! The settings of a client.

mod env;

use std::error::Error as StdError;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use crate::credentials::Credentials;
use crate::credentials::provider::Provider;
use crate::endpoint::{AddressingStyle, hide_userinfo};
use crate::event::{Event, EventSink};
use crate::retry::RetryPolicy;
use crate::sign::SignatureVersion;

/// Stands for every longer timeout, `Duration::MAX` among them: a moment so far ahead has to exist.
const FOREVER: Duration = Duration::from_secs(100 * 365 * 86_400);

/// Where a client connects and how; every setting but the endpoint has a default.
///
/// ```no_run
/// use plain_s3::{Client, Config, Credentials};
///
/// # fn main() -> plain_s3::Result<()> {
/// let credentials = Credentials::new("put your access key here!", "put your secret key here!");
/// let client = Client::new(Config::new("https://objects-us-west-1.dream.io").credentials(credentials))?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct Config {
    pub(crate) endpoint: String,
    pub(crate) region: Option<String>,
    pub(crate) keys: Option<Keys>,
    pub(crate) addressing: AddressingStyle,
    pub(crate) signature: Option<SignatureVersion>,
    pub(crate) retry: RetryPolicy,
    pub(crate) connect_timeout: Duration,
    pub(crate) idle_timeout: Duration,
    pub(crate) ca_pem: Option<Vec<u8>>,
    pub(crate) proxy: Option<ProxyUrl>,
    pub(crate) check_md5: bool,
    pub(crate) call_timeout: Option<Duration>,
    pub(crate) events: EventSink,
}

impl Config {
    /// Names the server: `https://host`, with a port where it is not the scheme's own.
    ///
    /// [`Client::new`](crate::Client::new) refuses an endpoint without a scheme, or with a path or a password.
    pub fn new(endpoint: impl Into<String>) -> Self {
        Self {
            endpoint: endpoint.into(),
            region: None,
            keys: None,
            addressing: AddressingStyle::Path,
            signature: None,
            retry: RetryPolicy::new(),
            connect_timeout: Duration::from_secs(10),
            idle_timeout: Duration::from_secs(60),
            ca_pem: None,
            proxy: None,
            check_md5: true,
            call_timeout: None,
            events: EventSink::default(),
        }
    }

    /// Sets the region and, with it, Signature V4. Without a region requests are signed with Signature V2.
    ///
    /// Servers without regions, such as Ceph, take any: `us-east-1` is usual.
    pub fn region(mut self, region: impl Into<String>) -> Self {
        self.region = Some(region.into());
        self
    }

    /// Sets who signs. Without credentials requests are anonymous: enough for public objects.
    pub fn credentials(mut self, credentials: Credentials) -> Self {
        self.keys = Some(Keys::Fixed(credentials));
        self
    }

    /// Sets a closure that gives the credentials, for temporary ones that end while the client lives.
    ///
    /// It is asked before an attempt is signed. What it gives is kept until five minutes before the moment
    /// of [`Credentials::expires_at`]; credentials without one are asked for again each time, so such a
    /// closure keeps them itself. Threads that share the client wait while one of them asks. Where the
    /// closure fails and the last credentials have not ended, those are used; else the call fails with
    /// [`ErrorKind::Credentials`](crate::ErrorKind::Credentials). So does a call that the closure makes of the
    /// same client or a clone; from another thread that the closure waits for it would never end.
    ///
    /// ```
    /// use plain_s3::{Config, Credentials};
    /// use std::time::{Duration, SystemTime};
    ///
    /// # fn ask_the_vault() -> Result<(String, String, String), std::io::Error> { Err(std::io::Error::other("")) }
    /// let config = Config::new("https://s3.example.com").credentials_provider(|| {
    ///     let (access_key, secret_key, token) = ask_the_vault()?;
    ///     let end = SystemTime::now() + Duration::from_secs(3600);
    ///     Ok::<_, std::io::Error>(Credentials::new(access_key, secret_key).session_token(token).expires_at(end))
    /// });
    /// ```
    pub fn credentials_provider<E: Into<Box<dyn StdError + Send + Sync>>>(
        mut self,
        provider: impl Fn() -> Result<Credentials, E> + Send + Sync + 'static,
    ) -> Self {
        self.keys = Some(Keys::Provided(Arc::new(Provider::new(provider))));
        self
    }

    /// Sets where the bucket's name goes; [`AddressingStyle::Path`] by default.
    pub fn addressing_style(mut self, style: AddressingStyle) -> Self {
        self.addressing = style;
        self
    }

    /// Fixes the signature version, whether there is a region or not. V4 without a region signs for `us-east-1`.
    pub fn signature_version(mut self, version: SignatureVersion) -> Self {
        self.signature = Some(version);
        self
    }

    /// Sets how failed attempts are repeated.
    pub fn retry(mut self, policy: RetryPolicy) -> Self {
        self.retry = policy;
        self
    }

    /// Sets how long connecting may take, TLS handshake included; 10 s by default.
    pub fn connect_timeout(mut self, timeout: Duration) -> Self {
        self.connect_timeout = timeout.min(FOREVER);
        self
    }

    /// Sets how long the server may be silent while an answer or the taking of a body is awaited; 60 s by
    /// default, and ten times as long where it must first put an object together (completing an upload,
    /// copying). A transfer that moves, however slowly, goes on.
    pub fn idle_timeout(mut self, timeout: Duration) -> Self {
        self.idle_timeout = timeout.min(FOREVER);
        self
    }

    /// Sets how long a call may take in all, with its repetitions and, for a download, with the reading of
    /// its content; no limit by default. Each request of an upload in parts is a call of its own.
    pub fn call_timeout(mut self, timeout: Duration) -> Self {
        self.call_timeout = Some(timeout.min(FOREVER));
        self
    }

    /// Has a function told of every attempt, repetition and resumption; see [`Event`].
    ///
    /// ```
    /// # use plain_s3::Config;
    /// let config = Config::new("https://s3.example.com").on_event(|event| eprintln!("{event}"));
    /// ```
    pub fn on_event(mut self, handler: impl Fn(&Event<'_>) + Send + Sync + 'static) -> Self {
        self.events = EventSink::new(handler);
        self
    }

    /// Trusts the certificates of this PEM text, and only these, in place of the built-in roots.
    ///
    /// For servers with a certificate authority of their own.
    pub fn ca_pem(mut self, pem: impl Into<Vec<u8>>) -> Self {
        self.ca_pem = Some(pem.into());
        self
    }

    /// Connects through an HTTP proxy, `http://[user:password@]host:port`, by CONNECT.
    ///
    /// The environment's proxy variables are not read.
    pub fn proxy(mut self, url: impl Into<String>) -> Self {
        self.proxy = Some(ProxyUrl(url.into()));
        self
    }

    /// Turns off the comparison of uploads and downloads with the MD5 that most ETags are.
    ///
    /// Lengths are checked all the same. MD5 costs about 2 s of CPU per GiB. Turn it off for a server
    /// whose ETags have the form of an MD5 and are none.
    pub fn check_md5(mut self, check: bool) -> Self {
        self.check_md5 = check;
        self
    }
}

/// Where the credentials are.
#[derive(Clone, Debug)]
pub(crate) enum Keys {
    Fixed(Credentials),
    Provided(Arc<Provider>),
}

/// A URL that may hold a password, which `{:?}` does not show.
#[derive(Clone)]
pub(crate) struct ProxyUrl(pub(crate) String);

impl fmt::Debug for ProxyUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hide_userinfo(&self.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_shows_no_secret() {
        let config =
            Config::new("http://h").credentials(Credentials::new("AKID", "s3cr3t").session_token("t0k3n"));
        let text = format!("{:?}", config.proxy("http://user:pa55@proxy:3128"));
        assert!(text.contains("AKID") && text.contains("@proxy:3128"), "{text}");
        assert!(!text.contains("s3cr3t") && !text.contains("t0k3n") && !text.contains("pa55"), "{text}");
    }
}
