//! The configuration of a client.

mod connection;
mod env;
mod no_proxy;
mod providers;
mod proxy;
mod tls;

use std::error::Error as StdError;
use std::sync::Arc;
use std::time::Duration;

use crate::checksum::ChecksumAlgorithm;
use crate::credentials::Credentials;
use crate::credentials::provider::Provider;
use crate::encoded_word::MetadataEncoding;
use crate::endpoint::AddressingStyle;
use crate::event::{Event, EventSink};
use crate::retry::RetryPolicy;
use crate::sign::SignatureVersion;

pub(crate) use env::Environment;
pub(crate) use no_proxy::NoProxy;
#[cfg(feature = "credentials-chain")]
pub(crate) use proxy::ProxyUrl;
pub(crate) use proxy::{ProxySetting, ProxyVariables};
pub(crate) use tls::{CaBundle, Identity};

/// The upper bound of all timeouts. Adding a longer one, such as `Duration::MAX`, to an `Instant` would
/// overflow.
const MAX_TIMEOUT: Duration = Duration::from_secs(100 * 365 * 86_400);

/// The configuration of a [`Client`](crate::Client): where it connects to, and how.
///
/// Only the endpoint is required. For these providers and servers, a constructor sets all that depends on the provider:
/// [`alibaba_oss`](Self::alibaba_oss), [`aws`](Self::aws), [`aws_dual_stack`](Self::aws_dual_stack),
/// [`backblaze_b2`](Self::backblaze_b2), [`ceph`](Self::ceph), [`cloudflare_r2`](Self::cloudflare_r2),
/// [`digitalocean_spaces`](Self::digitalocean_spaces), [`dreamobjects`](Self::dreamobjects), [`garage`](Self::garage),
/// [`google_cloud_storage`](Self::google_cloud_storage), [`hetzner`](Self::hetzner), [`idrive_e2`](Self::idrive_e2),
/// [`linode`](Self::linode), [`minio`](Self::minio), [`ovhcloud`](Self::ovhcloud), [`scaleway`](Self::scaleway),
/// [`supabase`](Self::supabase), [`swift`](Self::swift) and [`wasabi`](Self::wasabi). What these providers do not
/// support is on the [page about providers](crate::documentation::providers).
///
/// | Setting | Default |
/// |---|---|
/// | [`region`](Self::region) | none: requests are signed with Signature V2 |
/// | [`credentials`](Self::credentials), [`credentials_provider`](Self::credentials_provider) | none: requests are anonymous |
/// | [`addressing_style`](Self::addressing_style) | [`AddressingStyle::Path`] |
/// | [`signature_version`](Self::signature_version) | V4 with a region, otherwise V2 |
/// | [`retry`](Self::retry) | [`RetryPolicy::new`] |
/// | [`connect_timeout`](Self::connect_timeout) | 10 s |
/// | [`idle_timeout`](Self::idle_timeout) | 60 s |
/// | [`call_timeout`](Self::call_timeout) | none |
/// | [`max_idle_connections`](Self::max_idle_connections) | 10 |
/// | [`request_payer`](Self::request_payer), [`expected_bucket_owner`](Self::expected_bucket_owner) | not sent |
/// | [`project_id`](Self::project_id) | not sent |
/// | [`metadata_encoding`](Self::metadata_encoding) | [`MetadataEncoding::EncodedWords`] |
/// | [`checksum`](Self::checksum) | CRC-64/NVME on AWS, otherwise MD5 |
/// | [`skip_checksums`](Self::skip_checksums) | checksums are compared |
/// | [`sign_payload`](Self::sign_payload) | content is not signed |
/// | [`ca_pem`](Self::ca_pem) | the root certificates of Mozilla, or of the system |
/// | [`client_certificate`](Self::client_certificate), [`proxy`](Self::proxy), [`on_event`](Self::on_event) | none |
///
/// ```
/// # if !cfg!(any(feature = "rustls", feature = "native-tls")) { return Ok(()); }
/// use plain_s3::{Client, Config, Credentials};
///
/// let credentials = Credentials::new("put your access key here!", "put your secret key here!");
/// let client = Client::new(Config::new("https://objects-us-west-1.dream.io").credentials(credentials))?;
/// # Ok::<(), plain_s3::Error>(())
/// ```
#[derive(Clone, Debug)]
#[must_use]
pub struct Config {
    pub(crate) endpoint: String,
    /// The error message, if an argument of a preset is invalid.
    pub(crate) invalid_argument: Option<String>,
    pub(crate) region: Option<String>,
    pub(crate) credentials: Option<CredentialsSource>,
    pub(crate) addressing: AddressingStyle,
    pub(crate) signature: Option<SignatureVersion>,
    pub(crate) retry: RetryPolicy,
    pub(crate) connect_timeout: Duration,
    pub(crate) idle_timeout: Duration,
    pub(crate) max_idle_connections: usize,
    pub(crate) call_timeout: Option<Duration>,
    pub(crate) request_payer: bool,
    pub(crate) expected_bucket_owner: Option<String>,
    pub(crate) project_id: Option<String>,
    pub(crate) metadata_encoding: MetadataEncoding,
    pub(crate) compare_checksums: bool,
    pub(crate) checksum: Option<ChecksumAlgorithm>,
    pub(crate) sign_payload: bool,
    pub(crate) ca: Option<CaBundle>,
    pub(crate) identity: Option<Identity>,
    pub(crate) proxy: Option<ProxySetting>,
    pub(crate) events: EventSink,
}

impl Config {
    /// Creates a configuration for the server at `endpoint`: `https://host` or `http://host`, followed by a
    /// port if it is not 443 or 80, such as `http://127.0.0.1:8080`, and by the path below which the server serves
    /// buckets, such as `https://REF.supabase.co/storage/v1/s3`. Most servers have no path.
    ///
    /// [`Client::new`](crate::Client::new) rejects an endpoint without a scheme, with a query, or with a user or a
    /// password. The bucket is not part of the endpoint.
    ///
    /// ```
    /// # let client = include!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/documentation/client.rs"));
    /// use std::time::Duration;
    ///
    /// use plain_s3::{AddressingStyle, ChecksumAlgorithm, Client, Config, MetadataEncoding, SignatureVersion};
    ///
    /// # let (endpoint, region) = (std::env::var("S3_ENDPOINT").unwrap(), "us-east-1");
    /// # let credentials = plain_s3::Credentials::from_env()?;
    /// let config = Config::new(endpoint)
    ///     .region(region)
    ///     .credentials(credentials)
    ///     .addressing_style(AddressingStyle::Path)
    ///     .signature_version(SignatureVersion::V4)
    ///     .connect_timeout(Duration::from_secs(5))
    ///     .idle_timeout(Duration::from_secs(30))
    ///     .call_timeout(Duration::from_secs(600))
    ///     .max_idle_connections(4)
    ///     .metadata_encoding(MetadataEncoding::Utf8)
    ///     .checksum(ChecksumAlgorithm::Crc64Nvme)
    ///     .sign_payload();
    /// let client = Client::new(config)?;
    /// assert_eq!(client.get_object("my-new-bucket", "hello.txt")?.text()?, "Hello World!");
    /// # Ok::<(), plain_s3::Error>(())
    /// ```
    pub fn new(endpoint: impl Into<String>) -> Self {
        Self {
            endpoint: endpoint.into(),
            invalid_argument: None,
            region: None,
            credentials: None,
            addressing: AddressingStyle::Path,
            signature: None,
            retry: RetryPolicy::new(),
            connect_timeout: Duration::from_secs(10),
            idle_timeout: Duration::from_secs(60),
            max_idle_connections: 10,
            call_timeout: None,
            request_payer: false,
            expected_bucket_owner: None,
            project_id: None,
            metadata_encoding: MetadataEncoding::EncodedWords,
            compare_checksums: true,
            checksum: None,
            sign_payload: false,
            ca: None,
            identity: None,
            proxy: None,
            events: EventSink::default(),
        }
    }

    /// Sets the region and thereby selects Signature V4. By default there is no region, and requests are
    /// signed with Signature V2.
    ///
    /// Servers without regions, such as Ceph, accept any name. `us-east-1` is usual.
    pub fn region(mut self, region: impl Into<String>) -> Self {
        self.region = Some(region.into());
        self
    }

    /// Sets the credentials that sign requests. By default requests are anonymous, which is sufficient for
    /// public objects.
    ///
    /// Replaces a [`credentials_provider`](Self::credentials_provider).
    pub fn credentials(mut self, credentials: Credentials) -> Self {
        self.credentials = Some(CredentialsSource::Fixed(credentials));
        self
    }

    /// Sends all requests without a signature, which is sufficient for public objects. This is the default of
    /// [`Config::new`], but not of the functions that search for credentials.
    ///
    /// Replaces [`credentials`](Self::credentials) and [`credentials_provider`](Self::credentials_provider).
    ///
    /// ```
    /// # use plain_s3::Config;
    /// let config = Config::new("https://s3.example.com").anonymous();
    /// ```
    pub fn anonymous(mut self) -> Self {
        self.credentials = None;
        self
    }

    /// Sets a closure that fetches the credentials, for temporary credentials that expire while the client is
    /// in use.
    ///
    /// The client calls it before it signs an attempt, unless it has cached credentials. It caches them until
    /// five minutes before [`Credentials::expires_at`]. Credentials without an expiry are not cached: a
    /// closure that returns such credentials should cache them itself if fetching them is slow.
    ///
    /// One thread at a time runs the closure. Meanwhile, other threads that share the client use the cached
    /// credentials until they expire. If there are none, they wait for the closure, for at most 60 s, and
    /// share its result. If the closure fails and the cached credentials have not expired, they are used.
    /// Otherwise the call fails with [`ErrorKind::Credentials`](crate::ErrorKind::Credentials).
    ///
    /// [`call_timeout`](Self::call_timeout) does not interrupt the closure, which runs on the thread of the call. It needs
    /// timeouts of its own.
    ///
    /// The closure must not use the same client or a clone of it:
    ///
    /// - A call from within the closure always fails with `ErrorKind::Credentials`.
    /// - A call from another thread that the closure waits for succeeds as long as there are unexpired cached
    ///   credentials. Otherwise the closure and the call wait for each other, until the call fails with
    ///   `ErrorKind::Credentials` after 60 s.
    ///
    /// A panic in the closure reaches the caller in whose thread it runs. Threads that wait for the closure
    /// get `ErrorKind::Credentials`, and the next call runs the closure again.
    ///
    /// Replaces [`credentials`](Self::credentials).
    ///
    /// ```
    /// use plain_s3::{Config, Credentials};
    /// use std::time::{Duration, SystemTime};
    ///
    /// # fn ask_the_vault() -> Result<(String, String, String), std::io::Error> { Err(std::io::Error::other("")) }
    /// let config = Config::new("https://s3.example.com").credentials_provider(|| {
    ///     let (access_key, secret_key, token) = ask_the_vault()?;
    ///     let expiry = SystemTime::now() + Duration::from_secs(3600);
    ///     let credentials = Credentials::new(access_key, secret_key).session_token(token).expires_at(expiry);
    ///     Ok::<_, std::io::Error>(credentials)
    /// });
    /// ```
    pub fn credentials_provider<E: Into<Box<dyn StdError + Send + Sync>>>(
        mut self,
        provider: impl Fn() -> Result<Credentials, E> + Send + Sync + 'static,
    ) -> Self {
        self.credentials = Some(CredentialsSource::Provider(Arc::new(Provider::new(provider))));
        self
    }

    /// Sets whether the bucket name is part of the path or of the host name, or is the host name. The default is
    /// [`AddressingStyle::Path`].
    pub fn addressing_style(mut self, style: AddressingStyle) -> Self {
        self.addressing = style;
        self
    }

    /// Sets the signature version. The default is V4 if a [`region`](Self::region) is set, otherwise V2.
    ///
    /// V4 without a region signs for `us-east-1`.
    pub fn signature_version(mut self, version: SignatureVersion) -> Self {
        self.signature = Some(version);
        self
    }

    /// Sets how often, and after which delays, failed requests are retried. The default is
    /// [`RetryPolicy::new`]: at most 4 attempts.
    pub fn retry(mut self, policy: RetryPolicy) -> Self {
        self.retry = policy;
        self
    }

    /// Sets how long establishing a connection may take, including the TLS handshake and the response of a
    /// proxy. The default is 10 s.
    ///
    /// If a host has several addresses, each gets a short attempt before they share the rest of the time.
    /// Looking up the host name is not included: only [`call_timeout`](Self::call_timeout) limits it.
    pub fn connect_timeout(mut self, timeout: Duration) -> Self {
        self.connect_timeout = timeout.min(MAX_TIMEOUT);
        self
    }

    /// Sets the idle timeout: how long to wait for the server to send or accept data. The default is 60 s.
    ///
    /// The server gets ten times as long to respond to requests for which it has to assemble an object first:
    /// completing a multipart upload, and copying. A transfer that makes progress, however slow, does not
    /// time out.
    pub fn idle_timeout(mut self, timeout: Duration) -> Self {
        self.idle_timeout = timeout.min(MAX_TIMEOUT);
        self
    }

    /// Sets how long a call may take in total, including retries and, for a download, reading the content. By
    /// default there is no limit.
    ///
    /// Each request of a multipart upload counts as a call of its own. The same applies to a listing, of which each page
    /// is a request, and to the methods that process several objects or copy and delete one, such as `rename_object`.
    ///
    /// With this limit, host names that are not cached are looked up on a separate thread, because the
    /// system's resolver has no time limit. At the end of the call, that thread may remain until the resolver
    /// gives up.
    pub fn call_timeout(mut self, timeout: Duration) -> Self {
        self.call_timeout = Some(timeout.min(MAX_TIMEOUT));
        self
    }

    /// Sets how many idle connections are kept for further requests, of all hosts together. The default is 10.
    ///
    /// Set it to the number of threads that use the client at the same time: a thread that finds no idle
    /// connection opens a new one, and a connection beyond this limit is closed after its request. An idle
    /// connection is closed after 15 s. With 0, each request opens a connection of its own.
    pub fn max_idle_connections(mut self, max: usize) -> Self {
        self.max_idle_connections = max;
        self
    }

    /// Confirms on every request that you pay for it. Required for Requester Pays buckets that you do not
    /// own.
    ///
    /// Presigned URLs include it with Signature V4 only: with V2, whoever uses the URL would have to send a
    /// header.
    ///
    /// ```
    /// # let client = include!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/documentation/client.rs"));
    /// # use plain_s3::{Client, Config};
    /// let client = Client::new(Config::from_env()?.request_payer())?;
    /// assert_eq!(client.get_object("my-new-bucket", "hello.txt")?.text()?, "Hello World!");
    /// # Ok::<(), plain_s3::Error>(())
    /// ```
    pub fn request_payer(mut self) -> Self {
        self.request_payer = true;
        self
    }

    /// Sets the owner that every bucket must have: on AWS, the 12-digit account ID. By default the owner is
    /// not checked.
    ///
    /// The server rejects a request with 403 (see [`is_access_denied`](crate::Error::is_access_denied)) if
    /// the bucket belongs to another owner. This applies to every bucket that a call names, including the
    /// source of a copy.
    ///
    /// Presigned URLs include it with Signature V4 only.
    ///
    /// ```
    /// # use plain_s3::Config;
    /// let config = Config::new("https://s3.example.com").expected_bucket_owner("111122223333");
    /// ```
    pub fn expected_bucket_owner(mut self, account_id: impl Into<String>) -> Self {
        self.expected_bucket_owner = Some(account_id.into());
        self
    }

    /// Sets the Google Cloud project whose buckets are listed, and in which buckets are created.
    ///
    /// Google Cloud Storage requires it for [`list_buckets`](crate::Client::list_buckets) and
    /// [`create_bucket`](crate::Client::create_bucket), unless a default project for interoperable access is set there.
    /// It is sent only with these two, as the header `x-amz-project-id`
    /// ([documentation](https://docs.cloud.google.com/storage/docs/aws-simple-migration)).
    ///
    /// ```
    /// use plain_s3::Config;
    ///
    /// let config = Config::google_cloud_storage().project_id("my-project-123");
    /// ```
    pub fn project_id(mut self, id: impl Into<String>) -> Self {
        self.project_id = Some(id.into());
        self
    }

    /// Sets how user metadata that is not ASCII is sent. The default is [`MetadataEncoding::EncodedWords`],
    /// which is correct on every server.
    ///
    /// Use [`MetadataEncoding::Utf8`] for a bucket of a Ceph gateway that other clients read as well: most of
    /// them do not decode encoded words. Reading is not affected:
    /// [`ObjectMetadata::metadata`](crate::ObjectMetadata::metadata) contains the text in both cases. A
    /// [`RawRequest`](crate::RawRequest) is sent as it is.
    pub fn metadata_encoding(mut self, encoding: MetadataEncoding) -> Self {
        self.metadata_encoding = encoding;
        self
    }

    /// Sets the checksum that uploads send, unless
    /// [`PutObjectOptions::checksum`](crate::PutObjectOptions::checksum) chooses another one. See there for what
    /// it does.
    ///
    /// The default is [`Crc64Nvme`](ChecksumAlgorithm::Crc64Nvme) on AWS (`amazonaws.com`), which verifies and
    /// stores it, and [`Md5`](ChecksumAlgorithm::Md5) elsewhere, because some servers ignore or reject other
    /// checksums.
    pub fn checksum(mut self, algorithm: ChecksumAlgorithm) -> Self {
        self.checksum = Some(algorithm);
        self
    }

    /// Neither computes nor compares the checksums of uploads and downloads, except those that
    /// [`checksum`](Self::checksum) or the options of a call require. By default, content is compared with a checksum
    /// whenever the server returns one.
    ///
    /// Lengths are still compared. Computing an MD5 takes about 1.5 s of CPU time per GiB, the other checksums
    /// less; see [`ChecksumAlgorithm`]. Servers whose ETags look like MD5s but are not need this setting.
    ///
    /// ```
    /// # let client = include!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/documentation/client.rs"));
    /// # use plain_s3::{Client, Config};
    /// use plain_s3::Verification;
    ///
    /// let client = Client::new(Config::from_env()?.skip_checksums())?;
    /// let object = client.get_object("my-new-bucket", "hello.txt")?;
    /// assert_eq!(object.verification(), Verification::Length);
    /// # Ok::<(), plain_s3::Error>(())
    /// ```
    pub fn skip_checksums(mut self) -> Self {
        self.compare_checksums = false;
        self
    }

    /// Signs the SHA-256 of all content that is sent. By default only documents are signed, such as settings, and
    /// content is signed as `UNSIGNED-PAYLOAD`.
    ///
    /// Bucket policies can require it with the condition `s3:x-amz-content-sha256`. It requires Signature V4:
    /// with V2, creating a client fails. Files are read twice. A reader cannot be read twice, so `put_object` rejects it;
    /// [`upload_reader`](crate::Client::upload_reader) accepts it.
    pub fn sign_payload(mut self) -> Self {
        self.sign_payload = true;
        self
    }

    /// Calls a closure on every attempt, retry and resumption; see [`Event`].
    ///
    /// ```
    /// # use plain_s3::Config;
    /// let config = Config::new("https://s3.example.com").on_event(|event| eprintln!("{event}"));
    /// ```
    pub fn on_event(mut self, handler: impl Fn(&Event<'_>) + Send + Sync + 'static) -> Self {
        self.events = EventSink::new(handler);
        self
    }
}

/// Where the credentials come from.
#[derive(Clone, Debug)]
pub(crate) enum CredentialsSource {
    Fixed(Credentials),
    Provider(Arc<Provider>),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_hides_secrets() {
        let config =
            Config::new("http://h").credentials(Credentials::new("AKID", "s3cr3t").session_token("t0k3n"));
        let text = format!("{:?}", config.proxy("http://user:pa55@proxy:3128"));
        assert!(text.contains("AKID") && text.contains("@proxy:3128"), "{text}");
        assert!(!text.contains("s3cr3t") && !text.contains("t0k3n") && !text.contains("pa55"), "{text}");
    }

    #[test]
    fn debug_shows_requester_settings() {
        let config = Config::new("http://h").request_payer().expected_bucket_owner("111122223333");
        let text = format!("{config:?}");
        assert!(text.contains("request_payer: true"), "{text}");
        assert!(text.contains("expected_bucket_owner: Some(\"111122223333\")"), "{text}");
    }

    #[test]
    fn timeouts_are_bounded() {
        let config = Config::new("http://h").connect_timeout(Duration::MAX).idle_timeout(Duration::MAX);
        assert_eq!((config.connect_timeout, config.idle_timeout), (MAX_TIMEOUT, MAX_TIMEOUT));
        assert_eq!(config.call_timeout(Duration::MAX).call_timeout, Some(MAX_TIMEOUT));
    }

    #[test]
    fn config_is_send_and_sync() {
        fn check<T: Send + Sync + Clone + 'static>() {}
        check::<Config>();
    }
}
