//! TLS: connects with one of two libraries, and converts their errors to texts of its own.

#[cfg(any(feature = "rustls", feature = "native-tls"))]
mod failure;
#[cfg(all(feature = "native-tls", not(feature = "rustls")))]
mod native;
#[cfg(not(any(feature = "rustls", feature = "native-tls")))]
mod none;
#[cfg(feature = "rustls")]
mod rustls;
#[cfg(feature = "rustls")]
mod x509;

use std::sync::Arc;

use ureq::Timeout;
use ureq::http::Uri;
use ureq::unversioned::transport::{ConnectionDetails, Connector};

use super::own_error;
use super::socket::Stream;
use crate::error::{Error, ErrorKind};

#[cfg(all(feature = "native-tls", not(feature = "rustls")))]
pub(super) use native::Tls;
#[cfg(not(any(feature = "rustls", feature = "native-tls")))]
pub(super) use none::Tls;
#[cfg(feature = "rustls")]
pub(super) use rustls::Tls;

/// Encrypts the connections of `https` URIs.
#[derive(Debug)]
pub(super) struct TlsConnector(pub(super) Option<Arc<Tls>>);

impl<In: Stream> Connector<In> for TlsConnector {
    type Out = Box<dyn Stream>;

    fn connect(
        &self,
        details: &ConnectionDetails<'_>,
        chained: Option<In>,
    ) -> Result<Option<Self::Out>, ureq::Error> {
        let Some(connection) = chained else { return Ok(None) };
        let connection: Box<dyn Stream> = Box::new(connection);
        match &self.0 {
            Some(tls) if details.needs_tls() => Ok(Some(wrap(tls, connection, details.uri, details)?)),
            // If TLS is needed but not available, ureq fails.
            _ => Ok(Some(connection)),
        }
    }
}

/// Encrypts a connection to the host of `uri`, within the time for connecting.
pub(super) fn wrap(
    tls: &Arc<Tls>,
    connection: Box<dyn Stream>,
    uri: &Uri,
    details: &ConnectionDetails<'_>,
) -> Result<Box<dyn Stream>, ureq::Error> {
    tls.wrap(connection, uri, details).map_err(|error| match error {
        ureq::Error::Timeout(Timeout::Connect) => {
            let host = uri.host().unwrap_or_default();
            let limit = details.config.timeouts().connect.unwrap_or_default();
            let text = format!("the TLS handshake with {host} did not finish within {limit:?}");
            own_error::wrap(
                Error::new(ErrorKind::Timeout, text)
                    .not_sent()
                    .with_hint("The port may not be one on which the server accepts HTTPS."),
            )
        }
        error => error,
    })
}
