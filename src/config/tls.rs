//! Certificates: the authorities that are trusted, and the client's own.

use std::fmt;
use std::fs;
use std::path::Path;

use crate::error::{Error, Result};

/// The trusted certificates in PEM, and the setting that they come from.
#[derive(Clone)]
#[cfg_attr(
    not(any(feature = "rustls", feature = "native-tls")),
    allow(dead_code, reason = "a build without TLS ignores certificates")
)]
pub(crate) struct CaBundle {
    pub(crate) pem: Vec<u8>,
    /// Names the setting in error texts, such as `Config::ca_pem`.
    pub(crate) setting: String,
}

impl CaBundle {
    /// Reads the file that a setting names.
    pub(crate) fn read(path: &Path, setting: &str) -> Result<Self> {
        let pem = fs::read(path).map_err(|error| {
            Error::local(format!("cannot read the certificates {}", path.display()), error)
                .with_hint(format!("The path is set by {setting}."))
        })?;
        Ok(Self { pem, setting: format!("{setting} ({})", path.display()) })
    }
}

impl fmt::Debug for CaBundle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.setting)
    }
}

/// The certificate of a client and its private key, in PEM.
#[derive(Clone)]
#[cfg_attr(
    not(any(feature = "rustls", feature = "native-tls")),
    allow(dead_code, reason = "a build without TLS ignores certificates")
)]
pub(crate) struct Identity {
    pub(crate) certificate_pem: Vec<u8>,
    pub(crate) key_pem: Vec<u8>,
}

/// Shows neither of them: the key is secret, and the certificate is long.
impl fmt::Debug for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Identity")
    }
}
