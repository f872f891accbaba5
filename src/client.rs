//! The client: the state that all calls share.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use time::OffsetDateTime;

use crate::config::Config;
use crate::error::Result;
use crate::event::EventSink;
use crate::retry::RetryPolicy;
use crate::signer::RequestSigner;
use crate::transport::Transport;

/// A client for one S3 server, with one method per operation.
///
/// Cloning is cheap, and clones share their connections. A client is [`Send`] and [`Sync`]. It starts no
/// threads, and each call blocks until it is complete.
///
/// ```no_run
/// use plain_s3::{Client, Config};
///
/// # fn main() -> plain_s3::Result<()> {
/// let client = Client::new(Config::from_env()?)?;
/// for bucket in client.list_buckets()? {
///     println!("{}\t{}", bucket.name, bucket.creation_date);
/// }
/// # Ok(())
/// # }
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
    /// request for its time.
    clock_offset: AtomicI64,
}

/// The part of the configuration that calls need.
pub(crate) struct Settings {
    pub(crate) retry: RetryPolicy,
    pub(crate) idle_timeout: Duration,
    pub(crate) call_timeout: Option<Duration>,
    pub(crate) check_md5: bool,
    pub(crate) events: EventSink,
}

impl Client {
    /// Creates a client. Nothing is sent.
    ///
    /// # Errors
    ///
    /// Fails with [`InvalidInput`](crate::ErrorKind::InvalidInput) if the endpoint, the region, the
    /// credentials, the certificates or the proxy are invalid. The error states the reason.
    pub fn new(config: Config) -> Result<Self> {
        let signer = RequestSigner::new(&config)?;
        Ok(Self {
            inner: Arc::new(Inner {
                transport: Transport::new(&config, signer.endpoint())?,
                signer,
                settings: Settings {
                    retry: config.retry,
                    idle_timeout: config.idle_timeout,
                    call_timeout: config.call_timeout,
                    check_md5: config.check_md5,
                    events: config.events,
                },
                clock_offset: AtomicI64::new(0),
            }),
        })
    }

    /// Returns the signer, which also knows the endpoint.
    pub(crate) fn signer(&self) -> &RequestSigner {
        &self.inner.signer
    }

    pub(crate) fn settings(&self) -> &Settings {
        &self.inner.settings
    }

    pub(crate) fn transport(&self) -> &Transport {
        &self.inner.transport
    }

    /// Returns the current time according to the server's clock.
    pub(crate) fn now(&self) -> OffsetDateTime {
        let ahead = time::Duration::seconds(self.inner.clock_offset.load(Ordering::Relaxed));
        // the offset comes from a response, so the sum may be out of range
        OffsetDateTime::now_utc().saturating_add(ahead)
    }

    /// Uses the server's clock from now on. Returns how far it is ahead of the local clock, in seconds.
    pub(crate) fn set_clock(&self, server: OffsetDateTime) -> i64 {
        let ahead = (server - OffsetDateTime::now_utc()).whole_seconds();
        self.inner.clock_offset.store(ahead, Ordering::Relaxed);
        ahead
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
    fn clock_offset_beyond_the_last_date_is_clamped() {
        let client = Client::new(Config::new("http://127.0.0.1:9")).unwrap();
        let end = time::PrimitiveDateTime::MAX.assume_utc();
        client.set_clock(end);
        client.inner.clock_offset.fetch_add(2, Ordering::Relaxed); // as if set two seconds earlier
        assert_eq!(client.now(), end);
    }

    #[test]
    fn setting_the_clock_twice_does_not_add_the_offsets() {
        let client = Client::new(Config::new("http://127.0.0.1:9")).unwrap();
        let server = OffsetDateTime::now_utc() + time::Duration::hours(1);
        for _ in 0..2 {
            assert!((3595..=3600).contains(&client.set_clock(server)));
        }
        assert!((server - client.now()).abs() < time::Duration::seconds(5));
    }

    #[test]
    fn client_is_send_and_sync() {
        fn check<T: Send + Sync + Clone + 'static>() {}
        check::<Client>();
    }
}
