//! The client, and the one loop that every call goes through.

use std::fmt;
use std::sync::Arc;
use std::thread;

use time::OffsetDateTime;

use crate::body::OpenBody;
use crate::config::Config;
use crate::error::Result;
use crate::hints::{self, Situation};
use crate::request::Request;
use crate::response::Response;
use crate::retry::RetryPolicy;
use crate::sign::query_string;
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
        let signer = RequestSigner::new(&config)?;
        Ok(Self {
            inner: Arc::new(Inner {
                transport: Transport::new(&config, signer.endpoint())?,
                signer,
                retry: config.retry,
                check_md5: config.check_md5,
            }),
        })
    }

    /// What says where this client's requests go and signs them.
    pub(crate) fn signer(&self) -> &RequestSigner {
        &self.inner.signer
    }

    pub(crate) fn checks_md5(&self) -> bool {
        self.inner.check_md5
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
        let endpoint = self.signer().endpoint();
        let address = self.signer().address(endpoint, request)?;
        let url = address.url(&query_string(&request.query));
        for attempt in 1.. {
            let now = OffsetDateTime::now_utc();
            let signer = self.signer().signer(now).map_err(|error| error.in_call(|| request.describe()))?;
            let signed = signer.sign(request, &address, now);
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
                    let situation =
                        Situation { request, endpoint, signer: &signer, signed: signed.texts.as_ref(), now };
                    return Err(hints::explain(error, &situation));
                }
            }
        }
        unreachable!("the policy ends the attempts")
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Client").field(&self.inner.signer).finish()
    }
}
