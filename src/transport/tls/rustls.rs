//! TLS with rustls and ring.

use std::cell::RefCell;
use std::error::Error as StdError;
use std::fmt;
use std::io::{self, Read as _, Write as _};
use std::sync::Arc;
use std::time::SystemTime;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::{WebPkiServerVerifier, verify_server_name};
use rustls::crypto::{CryptoProvider, ring};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use rustls::server::ParsedCertificate;
use rustls::{
    AlertDescription, CertificateError, ClientConfig, ClientConnection, DigitallySignedStruct,
    PeerIncompatible, RootCertStore, SignatureScheme, StreamOwned,
};
use ureq::http::Uri;
use ureq::unversioned::transport::{Buffers, ConnectionDetails, NextTimeout, Transport, TransportAdapter};

use super::failure::{Context, Failure};
use super::x509;
use crate::config::{CaBundle, Config, Identity};
use crate::error::{Error, ErrorKind, Result};
use crate::transport::buffers::GrowingBuffers;
use crate::transport::connect;
use crate::transport::own_error;
use crate::transport::socket::Stream;

/// The TLS settings of a client.
pub(in crate::transport) struct Tls {
    config: Arc<ClientConfig>,
    /// The setting that the trusted certificates come from, unless they are the default.
    ca_setting: Option<String>,
    has_identity: bool,
}

impl Tls {
    pub(in crate::transport) fn new(config: &Config) -> Result<Self> {
        // Not the provider of the process: the client must not depend on what the rest of the program sets.
        let provider = Arc::new(ring::default_provider());
        let verifier = Verifier::new(config.ca.as_ref(), &provider)?;
        let builder = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .expect("ring supports TLS 1.2 and 1.3")
            // `dangerous` is the only way to set a verifier. This one wraps that of rustls.
            .dangerous()
            .with_custom_certificate_verifier(Arc::new(verifier));
        let client_config = match &config.identity {
            None => builder.with_no_client_auth(),
            Some(identity) => {
                let (chain, key) = parse_identity(identity)?;
                builder.with_client_auth_cert(chain, key).map_err(|error| {
                    Error::invalid("the certificate and the key in Config::client_certificate cannot be used")
                        .with_source(error)
                })?
            }
        };
        Ok(Self {
            config: Arc::new(client_config),
            ca_setting: config.ca.as_ref().map(|ca| ca.setting.clone()),
            has_identity: config.identity.is_some(),
        })
    }

    /// Encrypts a connection to the host of `uri`.
    pub(in crate::transport) fn wrap(
        self: &Arc<Self>,
        connection: Box<dyn Stream>,
        uri: &Uri,
        details: &ConnectionDetails<'_>,
    ) -> Result<Box<dyn Stream>, ureq::Error> {
        let host = uri.host().unwrap_or_default();
        let name = ServerName::try_from(host.trim_matches(['[', ']'])).map_err(|error| {
            own_error::wrap(
                Error::invalid(format!("{host} cannot be the name in a certificate")).with_source(error),
            )
        })?;
        let session = ClientConnection::new(Arc::clone(&self.config), name.to_owned())
            .map_err(|error| own_error::wrap(self.error(host, &error)))?;
        let mut socket = TransportAdapter::new(connection, Arc::clone(&details.current_time));
        // The adapter measures the time itself, so the limit holds for all reads and writes together.
        socket.set_timeout(connect::time_left(details)?);
        let mut stream = StreamOwned::new(session, socket);
        REJECTED.take();
        while stream.conn.is_handshaking() {
            stream.conn.complete_io(&mut stream.sock).map_err(|error| self.handshake_error(host, error))?;
        }
        let buffers = GrowingBuffers::default();
        Ok(Box::new(TlsTransport { stream, buffers, tls: Arc::clone(self), host: host.to_owned() }))
    }

    fn handshake_error(&self, host: &str, error: io::Error) -> ureq::Error {
        if let Some(error) = rustls_error(&error) {
            return own_error::wrap(self.error(host, error));
        }
        match ureq::Error::from(error) {
            ureq::Error::Io(error) => {
                let text = format!("{host} closed the connection during the TLS handshake");
                let error = Error::new(ErrorKind::Network, text).with_source(error).not_sent();
                own_error::wrap(error.with_hint("The port may not be one on which the server accepts HTTPS."))
            }
            // A timeout, or an error of the connection to a proxy.
            error => error,
        }
    }

    fn error(&self, host: &str, error: &rustls::Error) -> Error {
        failure(error, self.has_identity).into_error(Context {
            host,
            ca_setting: self.ca_setting.as_deref(),
            has_identity: self.has_identity,
            now: SystemTime::now(),
        })
    }
}

impl fmt::Debug for Tls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Tls")
    }
}

fn parse_certificates(pem: &[u8], setting: &str) -> Result<Vec<CertificateDer<'static>>> {
    // Other sections are ignored, such as a private key in the same file.
    let certificates: Vec<_> = CertificateDer::pem_slice_iter(pem)
        .collect::<Result<_, _>>()
        .map_err(|error| Error::invalid(format!("{setting} is not valid PEM")).with_source(error))?;
    if certificates.is_empty() {
        let text = format!("{setting} contains no certificate (-----BEGIN CERTIFICATE-----)");
        return Err(Error::invalid(text));
    }
    Ok(certificates)
}

fn parse_identity(identity: &Identity) -> Result<(Vec<CertificateDer<'static>>, PrivateKeyDer<'static>)> {
    let chain = parse_certificates(&identity.certificate_pem, "Config::client_certificate")?;
    let key = PrivateKeyDer::from_pem_slice(&identity.key_pem).map_err(|error| {
        let error = Error::invalid("Config::client_certificate contains no private key").with_source(error);
        let is_encrypted = identity.key_pem.windows(9).any(|window| window == b"ENCRYPTED");
        if is_encrypted {
            error.with_hint("The key is encrypted: decrypt it with `openssl pkey`.")
        } else {
            error
        }
    })?;
    Ok((chain, key))
}

thread_local! {
    /// The certificate whose issuer is unknown, in the handshake on this thread. The error of rustls does not
    /// contain it, and a handshake is blocking, so it does not leave its thread.
    static REJECTED: RefCell<Option<Rejected>> = const { RefCell::new(None) };
}

struct Rejected {
    self_signed: bool,
    issuer: Option<String>,
}

/// Verifies certificates like rustls, but also accepts a trusted certificate that the server uses as its own.
///
/// `openssl req -x509` creates the certificate of an authority by default, which webpki rejects as that of a server.
/// But if exactly this certificate is trusted, only its names, its dates and its purpose remain to be verified.
#[derive(Debug)]
struct Verifier {
    inner: Arc<WebPkiServerVerifier>,
    trusted: Vec<CertificateDer<'static>>,
}

impl Verifier {
    fn new(ca: Option<&CaBundle>, provider: &Arc<CryptoProvider>) -> Result<Self> {
        let mut roots = RootCertStore::empty();
        let trusted = match ca {
            None => {
                add_default_roots(&mut roots)?;
                Vec::new()
            }
            Some(CaBundle { pem, setting }) => {
                let trusted = parse_certificates(pem, setting)?;
                for (i, certificate) in trusted.iter().enumerate() {
                    roots.add(certificate.clone()).map_err(|error| {
                        let text = format!("certificate {} in {setting} is invalid", i + 1);
                        Error::invalid(text).with_source(error)
                    })?;
                }
                trusted
            }
        };
        let inner = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), Arc::clone(provider))
            .build()
            .map_err(|error| Error::invalid("there are no certificates to trust").with_source(error))?;
        Ok(Self { inner, trusted })
    }

    /// Verifies a trusted certificate that the server uses as its own, apart from its dates.
    fn verify_trusted(
        &self,
        certificate: &CertificateDer<'_>,
        name: &ServerName<'_>,
    ) -> Result<ServerCertVerified, rustls::Error> {
        if x509::is_for_other_purposes(certificate) {
            return Err(CertificateError::InvalidPurpose.into());
        }
        verify_server_name(&ParsedCertificate::try_from(certificate)?, name)?;
        Ok(ServerCertVerified::assertion())
    }
}

#[cfg(not(feature = "rustls-native-certs"))]
fn add_default_roots(roots: &mut RootCertStore) -> Result<()> {
    roots.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned());
    Ok(())
}

/// Adds the certificates that the operating system trusts. A system may contain some that rustls cannot parse.
#[cfg(feature = "rustls-native-certs")]
fn add_default_roots(roots: &mut RootCertStore) -> Result<()> {
    let found = rustls_native_certs::load_native_certs();
    let (added, _) = roots.add_parsable_certificates(found.certs);
    if added == 0 {
        let error = Error::invalid("the certificates of the operating system were not found")
            .with_hint("Install them (on Debian the package ca-certificates), or set Config::ca_pem.");
        return Err(match found.errors.into_iter().next() {
            Some(source) => error.with_source(source),
            None => error,
        });
    }
    Ok(())
}

impl ServerCertVerifier for Verifier {
    fn verify_server_cert(
        &self,
        certificate: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        let result = self.inner.verify_server_cert(certificate, intermediates, name, ocsp_response, now);
        let Err(rustls::Error::InvalidCertificate(error)) = &result else { return result };
        // The dates have been verified when this is reported.
        if is_authority(error) && self.trusted.iter().any(|trusted| trusted == certificate) {
            return self.verify_trusted(certificate, name);
        }
        if *error == CertificateError::UnknownIssuer || is_authority(error) {
            let last = intermediates.last().unwrap_or(certificate);
            REJECTED.set(Some(Rejected {
                self_signed: x509::is_self_issued(certificate),
                issuer: x509::issuer_name(last),
            }));
        }
        result
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.inner.verify_tls12_signature(message, certificate, signed)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.inner.verify_tls13_signature(message, certificate, signed)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.inner.supported_verify_schemes()
    }
}

/// Returns `true` if the server uses the certificate of an authority.
fn is_authority(error: &CertificateError) -> bool {
    is_webpki(error, "CaUsedAsEndEntity")
}

/// Returns `true` for an error of webpki for which rustls has no variant.
///
/// If its text changed, the certificate would still be rejected, and the tests would fail.
fn is_webpki(error: &CertificateError, text: &str) -> bool {
    matches!(error, CertificateError::Other(other) if other.0.to_string() == text)
}

/// Returns the error of rustls in an I/O error.
fn rustls_error(error: &io::Error) -> Option<&rustls::Error> {
    let inner: &(dyn StdError + 'static) = error.get_ref()?;
    inner.downcast_ref()
}

fn failure(error: &rustls::Error, has_identity: bool) -> Failure {
    use rustls::Error as Tls;
    match error {
        Tls::InvalidCertificate(error) => certificate_failure(error),
        Tls::AlertReceived(AlertDescription::ProtocolVersion)
        | Tls::PeerIncompatible(
            PeerIncompatible::ServerDoesNotSupportTls12Or13
            | PeerIncompatible::ServerTlsVersionIsDisabledByOurConfig,
        ) => Failure::OldVersion,
        Tls::AlertReceived(AlertDescription::HandshakeFailure | AlertDescription::InsufficientSecurity)
            if !has_identity =>
        {
            Failure::NothingInCommon
        }
        Tls::PeerIncompatible(PeerIncompatible::NoCipherSuitesInCommon) => Failure::NothingInCommon,
        Tls::InvalidMessage(_) => Failure::NotTls,
        Tls::AlertReceived(AlertDescription::CertificateRequired) => Failure::ClientCertificateRequired,
        Tls::AlertReceived(
            alert @ (AlertDescription::BadCertificate
            | AlertDescription::UnsupportedCertificate
            | AlertDescription::CertificateRevoked
            | AlertDescription::CertificateExpired
            | AlertDescription::CertificateUnknown
            | AlertDescription::UnknownCA
            | AlertDescription::AccessDenied
            | AlertDescription::HandshakeFailure),
        ) => Failure::ClientCertificateRejected(format!("the server sent the alert {alert:?}")),
        Tls::AlertReceived(alert) => Failure::Other(format!("the server sent the alert {alert:?}")),
        error => Failure::Other(error.to_string()),
    }
}

fn certificate_failure(error: &CertificateError) -> Failure {
    match error {
        CertificateError::NotValidForNameContext { presented, .. } => {
            Failure::WrongName(Some(presented.iter().map(|name| plain_name(name)).collect()))
        }
        CertificateError::NotValidForName => Failure::WrongName(None),
        CertificateError::ExpiredContext { not_after, .. } => Failure::Expired(Some(not_after.as_secs())),
        CertificateError::Expired => Failure::Expired(None),
        CertificateError::NotValidYetContext { not_before, .. } => {
            Failure::NotYetValid(Some(not_before.as_secs()))
        }
        CertificateError::NotValidYet => Failure::NotYetValid(None),
        CertificateError::UnknownIssuer => match REJECTED.take() {
            Some(Rejected { self_signed: true, .. }) => Failure::SelfSigned,
            rejected => Failure::UnknownIssuer(rejected.and_then(|rejected| rejected.issuer)),
        },
        CertificateError::InvalidPurpose | CertificateError::InvalidPurposeContext { .. } => {
            Failure::WrongPurpose
        }
        // A certificate that is self-signed and that of an authority is reported as self-signed.
        error if is_authority(error) => match REJECTED.take() {
            Some(Rejected { self_signed: true, .. }) => Failure::SelfSigned,
            _ => Failure::Authority,
        },
        error if is_webpki(error, "UnsupportedCertVersion") => {
            Failure::Certificate("it has the X.509 version 1, which has no names".to_owned())
        }
        error => Failure::Certificate(error.to_string()),
    }
}

/// Returns `a.test` for `DnsName("a.test")`, and `10.0.0.1` for `IpAddress(10.0.0.1)`.
fn plain_name(name: &str) -> String {
    let inner = name.split_once('(').and_then(|(_, rest)| rest.strip_suffix(')')).unwrap_or(name);
    inner.trim_matches('"').to_owned()
}

/// An encrypted connection.
struct TlsTransport {
    stream: StreamOwned<ClientConnection, TransportAdapter<Box<dyn Stream>>>,
    buffers: GrowingBuffers,
    tls: Arc<Tls>,
    host: String,
}

impl TlsTransport {
    /// Converts an error after the handshake. A server that supports TLS 1.3 rejects a client certificate only
    /// then.
    fn error(&self, error: io::Error) -> ureq::Error {
        match rustls_error(&error) {
            Some(alert @ rustls::Error::AlertReceived(_)) => {
                own_error::wrap(self.tls.error(&self.host, alert))
            }
            _ => error.into(),
        }
    }
}

impl TlsTransport {
    /// Decrypts everything that has been received. Returns `false` if that is content, which belongs to no request, or
    /// the end of the stream. A session ticket is neither.
    fn is_drained(&mut self) -> bool {
        let StreamOwned { conn, sock } = &mut self.stream;
        let buffers = sock.get_mut().buffers();
        loop {
            match conn.process_new_packets() {
                Ok(state) if state.plaintext_bytes_to_read() == 0 && !state.peer_has_closed() => {}
                _ => return false,
            }
            let mut input = buffers.input();
            if input.is_empty() {
                return true;
            }
            let Ok(n @ 1..) = conn.read_tls(&mut input) else { return false };
            buffers.input_consume(n);
        }
    }
}

impl Stream for TlsTransport {}

impl Transport for TlsTransport {
    fn buffers(&mut self) -> &mut dyn Buffers {
        &mut self.buffers
    }

    fn transmit_output(&mut self, amount: usize, timeout: NextTimeout) -> Result<(), ureq::Error> {
        self.stream.sock.set_timeout(timeout);
        let sent = self.stream.write_all(&self.buffers.pending_output()[..amount]);
        sent.map_err(|error| self.error(error))
    }

    fn await_input(&mut self, timeout: NextTimeout) -> Result<bool, ureq::Error> {
        self.stream.sock.set_timeout(timeout);
        let received = self.stream.read(self.buffers.input_append_buf());
        let n = received.map_err(|error| self.error(error))?;
        self.buffers.input_appended(n);
        Ok(n > 0)
    }

    fn is_open(&mut self) -> bool {
        if !self.buffers.input().is_empty() || !self.is_drained() {
            return false;
        }
        self.buffers.shrink();
        self.stream.sock.get_mut().is_open()
    }

    fn is_tls(&self) -> bool {
        true
    }
}

impl fmt::Debug for TlsTransport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TlsTransport")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::transport::tls::failure::Failure;

    #[test]
    fn errors_of_rustls_are_recognised() {
        use rustls::Error as Tls;
        for (error, has_identity, expected) in [
            (Tls::AlertReceived(AlertDescription::ProtocolVersion), false, Failure::OldVersion),
            (Tls::AlertReceived(AlertDescription::HandshakeFailure), false, Failure::NothingInCommon),
            (
                Tls::AlertReceived(AlertDescription::HandshakeFailure),
                true,
                Failure::ClientCertificateRejected("the server sent the alert HandshakeFailure".into()),
            ),
            (
                Tls::AlertReceived(AlertDescription::CertificateRequired),
                false,
                Failure::ClientCertificateRequired,
            ),
            (Tls::InvalidMessage(rustls::InvalidMessage::InvalidContentType), false, Failure::NotTls),
            (CertificateError::UnknownIssuer.into(), false, Failure::UnknownIssuer(None)),
            (CertificateError::Expired.into(), false, Failure::Expired(None)),
            (CertificateError::NotValidYet.into(), false, Failure::NotYetValid(None)),
            (CertificateError::InvalidPurpose.into(), false, Failure::WrongPurpose),
            (CertificateError::NotValidForName.into(), false, Failure::WrongName(None)),
        ] {
            assert_eq!(failure(&error, has_identity), expected);
        }
        assert_eq!(plain_name("DnsName(\"*.a.test\")"), "*.a.test");
        assert_eq!(plain_name("IpAddress(10.0.0.1)"), "10.0.0.1");
    }
}
