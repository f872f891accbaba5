//! Why a TLS connection failed, as text. No hint recommends to check less, or not to encrypt.

use std::time::SystemTime;

use time::OffsetDateTime;

use crate::error::{Error, ErrorKind};

/// Why no TLS connection could be established.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(not(feature = "rustls"), allow(dead_code, reason = "native-tls reports less"))]
pub(super) enum Failure {
    /// The certificate is not valid for the host. If the names are unknown, there is `None`.
    WrongName(Option<Vec<String>>),
    /// The certificate has expired, at this Unix time.
    Expired(Option<u64>),
    /// The certificate is not valid before this Unix time.
    NotYetValid(Option<u64>),
    /// No trusted certificate issued the server's. Contains the name of the issuer.
    UnknownIssuer(Option<String>),
    /// The server's certificate is its own issuer.
    SelfSigned,
    /// The server uses the certificate of an authority.
    Authority,
    /// The certificate is not meant for servers.
    WrongPurpose,
    /// Something else is wrong with the certificate.
    Certificate(String),
    /// The server does not support TLS 1.2 or 1.3.
    OldVersion,
    /// The server accepts none of the cipher suites, or the like.
    NothingInCommon,
    /// What the server sent is not TLS.
    NotTls,
    /// The server requires a client certificate.
    ClientCertificateRequired,
    /// The server rejected the client certificate.
    ClientCertificateRejected(String),
    /// Anything else, in the words of the TLS library.
    Other(String),
}

/// What an error text is about.
#[derive(Clone, Copy, Debug)]
pub(super) struct Context<'a> {
    /// The host that was connected to.
    pub(super) host: &'a str,
    /// The setting that the trusted certificates come from, unless they are the default.
    pub(super) ca_setting: Option<&'a str>,
    /// Whether the client has a certificate of its own.
    pub(super) has_identity: bool,
    pub(super) now: SystemTime,
}

impl Failure {
    pub(super) fn into_error(self, context: Context<'_>) -> Error {
        let Context { host, ca_setting, has_identity, now } = context;
        let clock = || format!("This machine's clock shows {}.", date(unix_time(now)));
        let (message, hint) = match self {
            Self::WrongName(Some(names)) if names.is_empty() => (
                format!("the certificate of {host} contains no names"),
                "Issue a certificate that contains the host as subjectAltName. The common name alone is not \
                 enough."
                    .to_owned(),
            ),
            Self::WrongName(names) => (
                match names {
                    Some(names) => format!(
                        "the certificate of {host} is not valid for this name, but only for {}",
                        names.join(", ")
                    ),
                    None => format!("the certificate of {host} is not valid for this name"),
                },
                "Use a name from the certificate in the endpoint, or issue a certificate for this host. In \
                 virtual-hosted style, the bucket name is part of the host name."
                    .to_owned(),
            ),
            Self::Expired(time) => (
                format!("the certificate of {host} expired{}", time.map(|time| format!(" on {}", date(time))).unwrap_or_default()),
                format!("Renew the certificate. {}", clock()),
            ),
            Self::NotYetValid(time) => (
                match time {
                    Some(time) => format!("the certificate of {host} is not valid before {}", date(time)),
                    None => format!("the certificate of {host} is not valid yet"),
                },
                format!("{} Correct it if it is wrong.", clock()),
            ),
            Self::UnknownIssuer(issuer) => (
                format!(
                    "the certificate of {host} was issued by {}, which is not trusted",
                    issuer.as_deref().unwrap_or("an authority")
                ),
                match ca_setting {
                    None => "If it is a private authority, get its certificate from the server's operator and \
                             pass it to Config::ca_pem."
                        .to_owned(),
                    Some(setting) => format!(
                        "Only the certificates in {setting} are trusted. If the authority is one to trust, get \
                         its certificate from the server's operator and add it there."
                    ),
                },
            ),
            Self::SelfSigned => (
                format!("the certificate of {host} is self-signed and not trusted"),
                format!(
                    "Get the certificate from the server's operator and {}.",
                    match ca_setting {
                        None => "pass it to Config::ca_pem".to_owned(),
                        Some(setting) => format!("add it to {setting}"),
                    }
                ),
            ),
            Self::Authority => (
                format!("{host} uses the certificate of an authority as its own"),
                "Issue a certificate for the server. A self-signed certificate of this kind is trusted if \
                 Config::ca_pem contains it."
                    .to_owned(),
            ),
            Self::WrongPurpose => (
                format!("the certificate of {host} is not meant for servers"),
                "Issue a certificate whose extended key usage contains serverAuth.".to_owned(),
            ),
            Self::Certificate(reason) => (
                format!("the certificate of {host} is invalid: {reason}"),
                "Issue another certificate for the server.".to_owned(),
            ),
            Self::OldVersion => (
                format!("{host} supports only versions of TLS before 1.2, which are insecure"),
                "Enable TLS 1.2 or 1.3 on the server, or in a reverse proxy in front of it.".to_owned(),
            ),
            Self::NothingInCommon => (
                format!("{host} accepts none of the cipher suites of this client"),
                "Enable the usual cipher suites of TLS 1.2 or 1.3 on the server: ECDHE with AES-GCM or ChaCha20."
                    .to_owned(),
            ),
            Self::NotTls => (
                format!("{host} does not speak TLS on this port"),
                "Use the port on which the server accepts HTTPS.".to_owned(),
            ),
            Self::ClientCertificateRequired => (
                format!("{host} requires a client certificate"),
                "Pass it to Config::client_certificate.".to_owned(),
            ),
            Self::ClientCertificateRejected(reason) if has_identity => (
                format!("{host} rejected the client certificate: {reason}"),
                "Check the certificate in Config::client_certificate, and which authorities the server trusts."
                    .to_owned(),
            ),
            Self::ClientCertificateRejected(reason) | Self::Other(reason) => (
                format!("could not establish a TLS connection with {host}: {reason}"),
                "Check the TLS settings of the server, and any proxy in between.".to_owned(),
            ),
        };
        Error::new(ErrorKind::Tls, message).with_hint(hint)
    }
}

fn unix_time(time: SystemTime) -> u64 {
    time.duration_since(SystemTime::UNIX_EPOCH).map_or(0, |since| since.as_secs())
}

/// Formats a Unix time: `2026-11-26 07:08:09 UTC`.
fn date(unix_time: u64) -> String {
    let time = i64::try_from(unix_time).ok().and_then(|time| OffsetDateTime::from_unix_timestamp(time).ok());
    match time {
        Some(time) => {
            let (hour, minute, second) = time.time().as_hms();
            format!("{} {hour:02}:{minute:02}:{second:02} UTC", time.date())
        }
        None => "a time in the far future".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn text(failure: Failure, ca_setting: Option<&str>, has_identity: bool) -> String {
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(1_800_000_000);
        let error = failure.into_error(Context { host: "s3.example.com", ca_setting, has_identity, now });
        assert_eq!(error.kind(), ErrorKind::Tls);
        assert!(!error.is_retryable());
        error.to_string()
    }

    /// Pins the text of every failure, as the user reads it.
    #[test]
    fn golden_texts_of_tls_failures() {
        for (failure, expected) in [
            (
                Failure::WrongName(Some(vec!["a.test".into(), "10.0.0.1".into()])),
                "the certificate of s3.example.com is not valid for this name, but only for a.test, 10.0.0.1. Use a \
                 name from the certificate in the endpoint, or issue a certificate for this host. In virtual-hosted \
                 style, the bucket name is part of the host name.",
            ),
            (
                Failure::WrongName(None),
                "the certificate of s3.example.com is not valid for this name. Use a name from the certificate in \
                 the endpoint, or issue a certificate for this host. In virtual-hosted style, the bucket name is \
                 part of the host name.",
            ),
            (
                Failure::WrongName(Some(Vec::new())),
                "the certificate of s3.example.com contains no names. Issue a certificate that contains the host \
                 as subjectAltName. The common name alone is not enough.",
            ),
            (
                Failure::Expired(Some(1_500_000_000)),
                "the certificate of s3.example.com expired on 2017-07-14 02:40:00 UTC. Renew the certificate. This \
                 machine's clock shows 2027-01-15 08:00:00 UTC.",
            ),
            (
                Failure::NotYetValid(Some(1_900_000_000)),
                "the certificate of s3.example.com is not valid before 2030-03-17 17:46:40 UTC. This machine's clock \
                 shows 2027-01-15 08:00:00 UTC. Correct it if it is wrong.",
            ),
            (
                Failure::UnknownIssuer(Some("Corp Root CA".into())),
                "the certificate of s3.example.com was issued by Corp Root CA, which is not trusted. If it is a \
                 private authority, get its certificate from the server's operator and pass it to Config::ca_pem.",
            ),
            (
                Failure::SelfSigned,
                "the certificate of s3.example.com is self-signed and not trusted. Get the certificate from the \
                 server's operator and pass it to Config::ca_pem.",
            ),
            (
                Failure::Authority,
                "s3.example.com uses the certificate of an authority as its own. Issue a certificate for the \
                 server. A self-signed certificate of this kind is trusted if Config::ca_pem contains it.",
            ),
            (
                Failure::WrongPurpose,
                "the certificate of s3.example.com is not meant for servers. Issue a certificate whose extended key \
                 usage contains serverAuth.",
            ),
            (
                Failure::Certificate("bad signature".into()),
                "the certificate of s3.example.com is invalid: bad signature. Issue another certificate for the \
                 server.",
            ),
            (
                Failure::OldVersion,
                "s3.example.com supports only versions of TLS before 1.2, which are insecure. Enable TLS 1.2 or 1.3 \
                 on the server, or in a reverse proxy in front of it.",
            ),
            (
                Failure::NothingInCommon,
                "s3.example.com accepts none of the cipher suites of this client. Enable the usual cipher suites of \
                 TLS 1.2 or 1.3 on the server: ECDHE with AES-GCM or ChaCha20.",
            ),
            (
                Failure::NotTls,
                "s3.example.com does not speak TLS on this port. Use the port on which the server accepts HTTPS.",
            ),
            (
                Failure::ClientCertificateRequired,
                "s3.example.com requires a client certificate. Pass it to Config::client_certificate.",
            ),
            (
                Failure::Other("reason".into()),
                "could not establish a TLS connection with s3.example.com: reason. Check the TLS settings of the server, and \
                 any proxy in between.",
            ),
        ] {
            assert_eq!(text(failure, None, false), expected);
        }
        assert_eq!(
            text(Failure::UnknownIssuer(None), Some("AWS_CA_BUNDLE (/etc/ca.pem)"), false),
            "the certificate of s3.example.com was issued by an authority, which is not trusted. Only the \
             certificates in AWS_CA_BUNDLE (/etc/ca.pem) are trusted. If the authority is one to trust, get its \
             certificate from the server's operator and add it there."
        );
        assert_eq!(
            text(Failure::SelfSigned, Some("Config::ca_pem"), false),
            "the certificate of s3.example.com is self-signed and not trusted. Get the certificate from the \
             server's operator and add it to Config::ca_pem."
        );
        assert_eq!(
            text(Failure::ClientCertificateRejected("unknown authority".into()), None, true),
            "s3.example.com rejected the client certificate: unknown authority. Check the certificate in \
             Config::client_certificate, and which authorities the server trusts."
        );
    }
}
