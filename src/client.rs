//! The client, and the one loop that every call goes through.

use std::fmt;
use std::sync::Arc;
use std::thread;

use time::OffsetDateTime;

use crate::body::OpenBody;
use crate::config::Config;
use crate::endpoint::{Address, AddressingStyle, Endpoint};
use crate::error::{Error, Result};
use crate::hints::{self, Situation};
use crate::request::Request;
use crate::response::Response;
use crate::retry::RetryPolicy;
use crate::sign::{SignatureVersion, Signer, query_string};
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
    addressing: AddressingStyle,
    signer: Signer,
    retry: RetryPolicy,
    check_md5: bool,
    transport: Transport,
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
        if let Some(credentials) = &config.credentials {
            credentials.validate()?;
        }
        let region = config.region.as_deref().map(str::trim);
        if region.is_some_and(|region| {
            region.is_empty() || region.contains(|c: char| !c.is_ascii_graphic() || c == '/')
        }) {
            return Err(Error::invalid(format!(
                "the region {:?} is not a name like us-east-1",
                region.unwrap_or_default()
            )));
        }
        let default_version = if region.is_some() { SignatureVersion::V4 } else { SignatureVersion::V2 };
        let signer = match (&config.credentials, config.signature.unwrap_or(default_version)) {
            (None, _) => Signer::Anonymous,
            (Some(credentials), SignatureVersion::V2) => Signer::V2(credentials.clone()),
            (Some(credentials), SignatureVersion::V4) => {
                Signer::V4(credentials.clone(), region.unwrap_or("us-east-1").to_owned())
            }
        };
        Ok(Self {
            inner: Arc::new(Inner {
                transport: Transport::new(&config, &endpoint)?,
                endpoint,
                addressing: config.addressing,
                signer,
                retry: config.retry,
                check_md5: config.check_md5,
            }),
        })
    }

    pub(crate) fn endpoint(&self) -> &Endpoint {
        &self.inner.endpoint
    }

    pub(crate) fn signer(&self) -> &Signer {
        &self.inner.signer
    }

    pub(crate) fn checks_md5(&self) -> bool {
        self.inner.check_md5
    }

    /// Gives a request its place at an endpoint, after all that can be refused here has been.
    pub(crate) fn address(&self, endpoint: &Endpoint, request: &Request<'_>) -> Result<Address> {
        request.validate().map_err(|error| error.in_call(|| request.describe()))?;
        Ok(endpoint.address(self.inner.addressing, request))
    }

    /// Sends a request that has no body and reads its answer.
    pub(crate) fn call<T>(
        &self,
        request: &Request<'_>,
        parse: impl FnMut(Response) -> Result<T>,
    ) -> Result<T> {
        self.execute(request, &mut OpenBody::empty(), parse)
    }

    /// Sends a request, each attempt signed anew, and reads its answer; both are repeated as the retry
    /// policy says. `parse` is within the loop, so that an error in a 200 and an answer cut short are
    /// errors like any other.
    pub(crate) fn execute<T>(
        &self,
        request: &Request<'_>,
        body: &mut OpenBody<'_>,
        mut parse: impl FnMut(Response) -> Result<T>,
    ) -> Result<T> {
        let address = self.address(&self.inner.endpoint, request)?;
        let url = address.url(&query_string(&request.query));
        for attempt in 1.. {
            let now = OffsetDateTime::now_utc();
            let signed = self.inner.signer.sign(request, &address, now);
            let result = self
                .inner
                .transport
                .send(request.method, &url, &signed.headers, body)
                .and_then(Response::success)
                .and_then(&mut parse);
            let error = match result {
                Ok(output) => return Ok(output),
                // a body that failed ends the connection; its own error is the one to tell
                Err(error) => body.take_failure().unwrap_or(error),
            };
            match self.inner.retry.delay(attempt, &error) {
                Some(delay) if body.rewind()? => thread::sleep(delay),
                _ => {
                    let situation = Situation {
                        request,
                        endpoint: &self.inner.endpoint,
                        signer: &self.inner.signer,
                        signed: signed.texts.as_ref(),
                        now,
                    };
                    return Err(hints::explain(error, &situation));
                }
            }
        }
        unreachable!("the policy ends the attempts")
    }
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
