//! The client: what all calls share.

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

/// A client of one S3 server: a plain method per operation.
///
/// Cloning is cheap, and clones share their connections. A client is [`Send`] and [`Sync`]; it starts no
/// threads of its own, and each call blocks until it is done.
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
    /// What a server's clock is ahead of ours, in seconds, once one has complained.
    clock_offset: AtomicI64,
}

/// What stays of the configuration.
pub(crate) struct Settings {
    pub(crate) retry: RetryPolicy,
    pub(crate) idle_timeout: Duration,
    pub(crate) call_timeout: Option<Duration>,
    pub(crate) check_md5: bool,
    pub(crate) events: EventSink,
}

impl Client {
    /// Makes a client from its settings. Nothing is sent.
    ///
    /// # Errors
    ///
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) where the endpoint, the credentials, the certificates
    /// or the proxy cannot be used as they are; the text says why.
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

    /// What says where this client's requests go and signs them.
    pub(crate) fn signer(&self) -> &RequestSigner {
        &self.inner.signer
    }

    pub(crate) fn settings(&self) -> &Settings {
        &self.inner.settings
    }

    pub(crate) fn transport(&self) -> &Transport {
        &self.inner.transport
    }

    /// The time of day, as the server sees it.
    pub(crate) fn now(&self) -> OffsetDateTime {
        let ahead = time::Duration::seconds(self.inner.clock_offset.load(Ordering::Relaxed));
        OffsetDateTime::now_utc().saturating_add(ahead) // whatever a server says the time is
    }

    /// Signs with the server's clock from now on; returns what it is ahead of this machine's, in seconds.
    pub(crate) fn set_clock(&self, server: OffsetDateTime) -> i64 {
        let ahead = (server - OffsetDateTime::now_utc()).whole_seconds();
        self.inner.clock_offset.store(ahead, Ordering::Relaxed);
        ahead
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut out = f.debug_struct("Client");
        self.inner.signer.show(&mut out);
        out.finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_that_lives_at_the_end_of_time_is_no_crash() {
        let client = Client::new(Config::new("http://127.0.0.1:9")).unwrap();
        let end = time::PrimitiveDateTime::MAX.assume_utc();
        client.set_clock(end);
        client.inner.clock_offset.fetch_add(2, Ordering::Relaxed); // two seconds later
        assert_eq!(client.now(), end);
    }

    #[test]
    fn calls_that_learn_the_servers_clock_at_once_learn_it_once() {
        let client = Client::new(Config::new("http://127.0.0.1:9")).unwrap();
        let server = OffsetDateTime::now_utc() + time::Duration::hours(1);
        for _ in 0..2 {
            assert!((3595..=3600).contains(&client.set_clock(server)));
        }
        assert!((server - client.now()).abs() < time::Duration::seconds(5));
    }
}
