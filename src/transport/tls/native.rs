//! TLS with the library of the operating system, by ureq's connector.

use std::io;
use std::time::SystemTime;

use ureq::http::Uri;
use ureq::tls::{Certificate, ClientCert, PemItem, PrivateKey, RootCerts, TlsConfig, TlsProvider, parse_pem};
use ureq::unversioned::transport::{
    Buffers, ConnectionDetails, Connector as _, NativeTlsConnector, NextTimeout, Transport,
};

use super::failure::{Context, Failure};
use crate::config::{Config, Identity};
use crate::error::{Error, ErrorKind, Result};
use crate::transport::connect;
use crate::transport::own_error;
use crate::transport::socket::Stream;

/// The TLS settings of a client.
#[derive(Debug)]
pub(in crate::transport) struct Tls {
    connector: NativeTlsConnector,
    config: ureq::config::Config,
    ca_setting: Option<String>,
    has_identity: bool,
}

impl Tls {
    pub(in crate::transport) fn new(config: &Config) -> Result<Self> {
        let roots = match &config.ca {
            None => RootCerts::PlatformVerifier,
            Some(ca) => RootCerts::new_with_certs(&parse_certificates(&ca.pem, &ca.setting)?),
        };
        let identity = config.identity.as_ref().map(parse_identity).transpose()?;
        let tls = TlsConfig::builder()
            .provider(TlsProvider::NativeTls)
            .root_certs(roots)
            .client_cert(identity)
            .build();
        Ok(Self {
            connector: NativeTlsConnector::default(),
            config: ureq::Agent::config_builder().tls_config(tls).build(),
            ca_setting: config.ca.as_ref().map(|ca| ca.setting.clone()),
            has_identity: config.identity.is_some(),
        })
    }

    /// Encrypts a connection to the host of `uri`.
    pub(in crate::transport) fn wrap(
        &self,
        connection: Box<dyn Stream>,
        uri: &Uri,
        details: &ConnectionDetails<'_>,
    ) -> Result<Box<dyn Stream>, ureq::Error> {
        let details = ConnectionDetails {
            uri,
            addrs: details.resolver.empty(),
            config: &self.config,
            request_level: false,
            resolver: details.resolver,
            now: (details.current_time)(),
            timeout: connect::time_left(details)?,
            current_time: details.current_time.clone(),
            run_connector: details.run_connector.clone(),
            register_shutdown: details.register_shutdown.clone(),
        };
        match self.connector.connect(&details, Some(Encrypted(connection))) {
            Ok(Some(connection)) => Ok(Box::new(Box::new(connection) as Box<dyn Transport>)),
            Ok(None) => Err(ureq::Error::TlsRequired),
            Err(ureq::Error::NativeTls(error)) => {
                Err(own_error::wrap(self.error(uri.host().unwrap_or_default(), &error.to_string())))
            }
            Err(ureq::Error::Io(error)) => {
                Err(own_error::wrap(closed(uri.host().unwrap_or_default(), &error.to_string())))
            }
            Err(error) => Err(error),
        }
    }

    fn error(&self, host: &str, text: &str) -> Error {
        if text.contains("unexpected EOF") {
            return closed(host, text);
        }
        failure(text).into_error(Context {
            host,
            ca_setting: self.ca_setting.as_deref(),
            has_identity: self.has_identity,
            now: SystemTime::now(),
        })
    }
}

/// The encrypted side of a connection. TLS ends by an alert, after which nothing is read, so that the end of this
/// stream is always an error. OpenSSL would take it for the end of the content.
#[derive(Debug)]
struct Encrypted(Box<dyn Stream>);

impl Transport for Encrypted {
    fn buffers(&mut self) -> &mut dyn Buffers {
        self.0.buffers()
    }

    fn transmit_output(&mut self, amount: usize, timeout: NextTimeout) -> Result<(), ureq::Error> {
        self.0.transmit_output(amount, timeout)
    }

    fn await_input(&mut self, timeout: NextTimeout) -> Result<bool, ureq::Error> {
        match self.0.await_input(timeout)? {
            true => Ok(true),
            false => Err(io::Error::from(io::ErrorKind::UnexpectedEof).into()),
        }
    }

    fn is_open(&mut self) -> bool {
        self.0.is_open()
    }
}

/// Returns the error of a connection that was lost during the handshake.
fn closed(host: &str, reason: &str) -> Error {
    Error::new(ErrorKind::Network, format!("{host} closed the connection during the TLS handshake: {reason}"))
        .not_sent()
        .with_hint("The port may not be one on which the server accepts HTTPS.")
}

/// Recognises the texts of OpenSSL. Those of other systems are passed on.
fn failure(text: &str) -> Failure {
    let contains = |words: &[&str]| words.iter().any(|word| text.contains(word));
    if contains(&["hostname mismatch", "IP address mismatch", "ip address mismatch"]) {
        Failure::WrongName(None)
    } else if contains(&["certificate has expired"]) {
        Failure::Expired(None)
    } else if contains(&["certificate is not yet valid"]) {
        Failure::NotYetValid(None)
    } else if contains(&[
        "self-signed certificate in certificate chain",
        "unable to get local issuer",
        "unable to get issuer",
    ]) {
        Failure::UnknownIssuer(None)
    } else if contains(&["self-signed certificate", "self signed certificate"]) {
        Failure::SelfSigned
    } else if contains(&["unsuitable certificate purpose", "unsupported certificate purpose"]) {
        Failure::WrongPurpose
    } else if contains(&["unsupported protocol", "alert protocol version"]) {
        Failure::OldVersion
    } else if contains(&["wrong version number", "packet length too long", "http request"]) {
        Failure::NotTls
    } else {
        Failure::Other(text.to_owned())
    }
}

fn parse_certificates(pem: &[u8], setting: &str) -> Result<Vec<Certificate<'static>>> {
    let mut certificates = Vec::new();
    for item in parse_pem(pem) {
        match item {
            Ok(PemItem::Certificate(certificate)) => certificates.push(certificate),
            Ok(_) => {} // a private key, for example, in a bundle
            Err(error) => {
                return Err(Error::invalid(format!("{setting} is not valid PEM")).with_source(error));
            }
        }
    }
    if certificates.is_empty() {
        let text = format!("{setting} contains no certificate (-----BEGIN CERTIFICATE-----)");
        return Err(Error::invalid(text));
    }
    Ok(certificates)
}

fn parse_identity(identity: &Identity) -> Result<ClientCert> {
    let chain = parse_certificates(&identity.certificate_pem, "Config::client_certificate")?;
    let key = PrivateKey::from_pem(&identity.key_pem).map_err(|error| {
        Error::invalid("Config::client_certificate contains no private key").with_source(error)
    })?;
    Ok(ClientCert::new_with_certs(&chain, key))
}
