//! The client: the state that all calls share.

use std::collections::HashSet;
use std::fmt;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::checksum::ChecksumAlgorithm;
use crate::config::Config;
use crate::error::Result;
use crate::event::EventSink;
use crate::retry::RetryPolicy;
use crate::signer::RequestSigner;
use crate::transport::Transport;

/// A client for one S3 server, with one method per operation.
///
/// Cloning is cheap, and clones share their connections. A client is [`Send`] and [`Sync`]. Each call blocks its
/// thread until it is complete. The client starts no other threads, unless [`Config::call_timeout`] is set: then host
/// names and credentials are looked up on a thread that can be abandoned.
///
/// The methods are grouped by topic: [files and large objects](#files-and-large-objects),
/// [deleting many objects](#deleting-many-objects), [folders](#folders), [buckets](#buckets), [objects](#objects),
/// [listings](#listings), [multipart uploads](#multipart-uploads-step-by-step), [access control](#access-control),
/// [bucket settings](#bucket-settings), [Object Lock](#object-lock), [URLs and forms](#urls-and-forms) and
/// [other requests](#other-requests).
///
/// ```
/// # let client = include!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/documentation/client.rs"));
/// use plain_s3::Client;
///
/// let client = Client::from_env()?;
/// for bucket in client.list_buckets()? {
///     println!("{}\t{}", bucket.name, bucket.creation_date);
/// }
/// # Ok::<(), plain_s3::Error>(())
/// ```
#[derive(Clone)]
pub struct Client {
    inner: Arc<Inner>,
}

struct Inner {
    signer: RequestSigner,
    settings: Settings,
    transport: Transport,
    /// How far the server's clock is ahead of the local clock, in seconds: 0 until the server rejects a
    /// request for its time and accepts the corrected one.
    clock_offset: AtomicI64,
    discovered: Discovered,
    /// The handler of events was warned of a bucket name in the host of the endpoint.
    warned: AtomicBool,
    /// The access key that was last reported as an event.
    announced: Mutex<Option<String>>,
}

/// What the client has found out about the server: what not to request again, and what is safe to request.
#[derive(Debug, Default)]
pub(crate) struct Discovered {
    /// The header `x-amz-checksum-mode`.
    pub(crate) checksum_mode: AtomicBool,
    /// The query `partNumber` of HeadObject.
    pub(crate) part_numbers: AtomicBool,
    /// The buckets that reject content without a `Content-MD5`, usually because of Object Lock.
    pub(crate) without_md5: Buckets,
    /// The buckets for which the server supports `?acl`.
    pub(crate) with_acls: Buckets,
    /// The buckets for whose objects the server supports `?acl`.
    pub(crate) with_object_acls: Buckets,
}

/// The names of buckets that have something in common.
#[derive(Debug, Default)]
pub(crate) struct Buckets(Mutex<HashSet<String>>);

impl Buckets {
    pub(crate) fn contains(&self, bucket: &str) -> bool {
        self.names().contains(bucket)
    }

    pub(crate) fn insert(&self, bucket: &str) {
        self.names().insert(bucket.to_owned());
    }

    fn names(&self) -> MutexGuard<'_, HashSet<String>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The part of the configuration that calls need.
pub(crate) struct Settings {
    pub(crate) retry: RetryPolicy,
    pub(crate) idle_timeout: Duration,
    pub(crate) call_timeout: Option<Duration>,
    pub(crate) compare_checksums: bool,
    /// The checksum that uploads send instead of an MD5.
    pub(crate) checksum: Option<ChecksumAlgorithm>,
    /// Signature V4 covers the SHA-256 of content.
    pub(crate) sign_payload: bool,
    pub(crate) events: EventSink,
}

/// # Creating a client
impl Client {
    /// Creates a client. Nothing is sent.
    ///
    /// # Errors
    ///
    /// Fails with [`InvalidInput`](crate::ErrorKind::InvalidInput) if the endpoint, the region, the
    /// credentials, the certificates or the proxy are invalid, or if [`Config::sign_payload`] is set without Signature
    /// V4. The error states the reason.
    ///
    /// ```
    /// # let client = include!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/documentation/client.rs"));
    /// use plain_s3::{Client, Config, RetryPolicy};
    ///
    /// let client = Client::new(Config::from_env()?.retry(RetryPolicy::none()))?;
    /// assert!(client.bucket_exists("my-new-bucket")?);
    /// # Ok::<(), plain_s3::Error>(())
    /// ```
    pub fn new(config: Config) -> Result<Self> {
        let signer = RequestSigner::new(&config)?;
        if config.sign_payload && signer.signs_with_v2() {
            return Err(RequestSigner::rejects_v2("Config::sign_payload"));
        }
        let verifies = config.compare_checksums && signer.endpoint().verifies_checksums();
        let checksum = config.checksum.or(verifies.then_some(ChecksumAlgorithm::Crc64Nvme));
        let checksum_mode = AtomicBool::new(signer.endpoint().rejects_checksums());
        Ok(Self {
            inner: Arc::new(Inner {
                transport: Transport::new(&config, signer.endpoint())?,
                signer,
                settings: Settings {
                    retry: config.retry,
                    idle_timeout: config.idle_timeout,
                    call_timeout: config.call_timeout,
                    compare_checksums: config.compare_checksums,
                    checksum,
                    sign_payload: config.sign_payload && config.credentials.is_some(),
                    events: config.events,
                },
                clock_offset: AtomicI64::new(0),
                discovered: Discovered { checksum_mode, ..Discovered::default() },
                warned: AtomicBool::new(false),
                announced: Mutex::new(None),
            }),
        })
    }

    /// Creates a client from environment variables; see [`Config::from_env`]. Nothing is sent.
    ///
    /// # Errors
    ///
    /// Returns the errors of [`Config::from_env`] and of [`Client::new`].
    ///
    /// ```
    /// # let client = include!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/documentation/client.rs"));
    /// let client = plain_s3::Client::from_env()?;
    /// assert!(client.bucket_exists("my-new-bucket")?);
    /// # Ok::<(), plain_s3::Error>(())
    /// ```
    pub fn from_env() -> Result<Self> {
        Self::new(Config::from_env()?)
    }

    /// Returns the signer, which also knows the endpoint.
    pub(crate) fn signer(&self) -> &RequestSigner {
        &self.inner.signer
    }

    pub(crate) fn settings(&self) -> &Settings {
        &self.inner.settings
    }

    pub(crate) fn discovered(&self) -> &Discovered {
        &self.inner.discovered
    }

    pub(crate) fn transport(&self) -> &Transport {
        &self.inner.transport
    }

    /// Remembers an access key. Returns `true` unless it is the last one that was remembered.
    pub(crate) fn is_news(&self, access_key: &str) -> bool {
        let mut announced = self.inner.announced.lock().unwrap_or_else(PoisonError::into_inner);
        let is_news = announced.as_deref() != Some(access_key);
        if is_news {
            *announced = Some(access_key.to_owned());
        }
        is_news
    }

    /// Returns how far the server's clock is ahead of the local clock, in seconds, as far as a successful
    /// response has confirmed it.
    ///
    /// Only for the dates of requests that are sent now. A server must not determine how long a presigned URL
    /// or a form is valid.
    pub(crate) fn clock_offset(&self) -> i64 {
        self.inner.clock_offset.load(Ordering::Relaxed)
    }

    /// Returns `true` the first time.
    pub(crate) fn warns_first(&self) -> bool {
        !self.inner.warned.swap(true, Ordering::Relaxed)
    }

    /// Uses this offset of the server's clock from now on.
    pub(crate) fn set_clock_offset(&self, seconds: i64) {
        self.inner.clock_offset.store(seconds, Ordering::Relaxed);
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut out = f.debug_struct("Client");
        self.inner.signer.debug_fields(&mut out);
        out.finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn client_is_send_and_sync() {
        fn check<T: Send + Sync + Clone + 'static>() {}
        check::<Client>();
    }
}
