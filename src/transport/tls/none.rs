//! A build without TLS.

use ureq::http::Uri;
use ureq::unversioned::transport::ConnectionDetails;

use crate::config::Config;
use crate::error::Result;
use crate::transport::socket::Stream;

/// Stands for a TLS library. It is never used, because `https` endpoints and proxies are rejected before.
#[derive(Debug)]
pub(in crate::transport) struct Tls;

impl Tls {
    pub(in crate::transport) fn new(_: &Config) -> Result<Self> {
        Ok(Self)
    }

    pub(in crate::transport) fn wrap(
        &self,
        _: Box<dyn Stream>,
        _: &Uri,
        _: &ConnectionDetails<'_>,
    ) -> Result<Box<dyn Stream>, ureq::Error> {
        Err(ureq::Error::TlsRequired)
    }
}
