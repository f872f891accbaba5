//! The client: what all calls share.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use time::OffsetDateTime;

use crate::config::Config;
use crate::endpoint::{Address, AddressingStyle, Endpoint};
use crate::error::{Error, Result};
use crate::event::Listener;
use crate::request::Request;
use crate::retry::RetryPolicy;
use crate::sign::{SignatureVersion, Signer};
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
    endpoint: Endpoint,
    signer: Signer,
    settings: Settings,
    transport: Transport,
    /// What a server's clock is ahead of ours, in seconds, once one has complained.
    clock_offset: AtomicI64,
}

/// What stays of the configuration.
pub(crate) struct Settings {
    addressing: AddressingStyle,
    pub(crate) retry: RetryPolicy,
    pub(crate) idle_timeout: Duration,
    pub(crate) call_timeout: Option<Duration>,
    pub(crate) check_md5: bool,
    pub(crate) listener: Listener,
}

impl Client {
    /// Makes a client from its settings. Nothing is sent.
    ///
    /// # Errors
    ///
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) where the endpoint, the credentials, the certificates
    /// or the proxy cannot be used as they are; the text says why.
    pub fn new(config: Config) -> Result<Self> {
        let endpoint = Endpoint::parse(&config.endpoint)?;
        if config.addressing == AddressingStyle::VirtualHosted && endpoint.has_ip_address() {
            return Err(Error::invalid(format!(
                "virtual-hosted style needs a host name, and the endpoint {:?} has an IP address",
                config.endpoint
            ))
            .with_hint("Use path style, or a name: names below localhost are this machine."));
        }
        Ok(Self {
            inner: Arc::new(Inner {
                signer: signer(&config)?,
                transport: Transport::new(&config, &endpoint)?,
                endpoint,
                settings: Settings {
                    addressing: config.addressing,
                    retry: config.retry,
                    idle_timeout: config.idle_timeout,
                    call_timeout: config.call_timeout,
                    check_md5: config.check_md5,
                    listener: config.listener,
                },
                clock_offset: AtomicI64::new(0),
            }),
        })
    }

    pub(crate) fn endpoint(&self) -> &Endpoint {
        &self.inner.endpoint
    }

    pub(crate) fn signer(&self) -> &Signer {
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
        OffsetDateTime::now_utc() + time::Duration::seconds(self.inner.clock_offset.load(Ordering::Relaxed))
    }

    /// Sets the clock that requests are signed with to the server's; returns what that is ahead, in seconds.
    pub(crate) fn set_clock(&self, server: OffsetDateTime) -> i64 {
        let offset = (server - OffsetDateTime::now_utc()).whole_seconds();
        // not added to what there was: two calls at once may learn the same
        self.inner.clock_offset.store(offset, Ordering::Relaxed);
        offset
    }

    /// Gives a request its place at an endpoint, after all that can be refused here has been.
    pub(crate) fn address(&self, endpoint: &Endpoint, request: &Request<'_>) -> Result<Address> {
        request.validate().map_err(|error| error.in_call(|| request.describe()))?;
        Ok(endpoint.address(self.inner.settings.addressing, request))
    }
}

fn signer(config: &Config) -> Result<Signer> {
    let Some(credentials) = config.credentials.clone() else { return Ok(Signer::Anonymous) };
    credentials.validate()?;
    let region = config.region.as_deref().map(str::trim);
    if let Some(region) = region {
        if region.is_empty() || region.contains(|c: char| !c.is_ascii_graphic() || c == '/') {
            return Err(Error::invalid(format!("the region {region:?} is not a name like us-east-1")));
        }
    }
    let default_version = if region.is_some() { SignatureVersion::V4 } else { SignatureVersion::V2 };
    Ok(match config.signature.unwrap_or(default_version) {
        SignatureVersion::V2 => Signer::V2(credentials),
        SignatureVersion::V4 => Signer::V4(credentials, region.unwrap_or("us-east-1").to_owned()),
    })
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scheme = if self.inner.endpoint.is_https() { "https" } else { "http" };
        f.debug_struct("Client")
            .field("endpoint", &format_args!("{scheme}://{}", self.inner.endpoint.authority()))
            .field("signer", &self.inner.signer)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
