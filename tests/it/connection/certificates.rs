//! Certificates made with openssl: which of them are trusted, and the errors about the others.

#![cfg(any(feature = "rustls", feature = "native-tls"))]

use std::fs;
use std::net::SocketAddr;

use plain_s3::{Client, Config, ErrorKind, Result};

use super::openssl::{
    CA, Certificate, EXPIRED, FOR_CLIENTS, FUTURE, NAMES, OTHER_NAMES, OpenSsl, VALID, s_server, sending,
    without_clock,
};
use crate::clients::config_at;
use crate::fake_server::tls;
use crate::support::fails;

fn config(server: SocketAddr, ca: Option<&[u8]>) -> Config {
    let config = config_at(format!("https://{server}"));
    match ca {
        Some(pem) => config.ca_pem(pem),
        None => config,
    }
}

fn call(config: Config) -> Result<()> {
    Client::new(config).unwrap().delete_object("b", "k").map(drop)
}

/// Returns the text of the error without the call and with a fixed clock, or "trusted".
fn outcome(server: &Certificate, ca: Option<&Certificate>) -> String {
    let address = tls::with_certificate(&server.pem, &server.key, None);
    match call(config(address, ca.map(|ca| ca.pem.as_slice()))) {
        Ok(()) => "trusted".to_owned(),
        Err(error) => {
            assert_eq!(error.kind(), ErrorKind::Tls, "{error}");
            assert!(!error.is_retryable());
            let text = error.to_string();
            // No hint weakens security.
            assert!(!text.contains("http://") && !text.to_lowercase().contains("verif"), "{text}");
            without_clock(text.strip_prefix("DeleteObject b/k: ").unwrap())
        }
    }
}

/// Pins which certificates are trusted, and the text about each that is not.
#[test]
#[cfg(feature = "rustls")]
fn golden_texts_of_certificates() {
    let openssl = OpenSsl::new();
    let usual = openssl.self_signed("usual", &["-addext", NAMES]);
    // The same subject, with another key.
    let impostor = OpenSsl::new().self_signed("usual", &["-addext", NAMES]);
    let nameless = openssl.self_signed("127.0.0.1", &[]);
    let misnamed = openssl.self_signed("misnamed", &["-addext", OTHER_NAMES]);
    let own_for_clients = openssl.self_signed("own-for-clients", &["-addext", NAMES, "-addext", FOR_CLIENTS]);
    let own_expired = openssl.issued("own-expired", None, &[CA, NAMES], EXPIRED);
    let root = openssl.issued("Corp Root CA", None, &[CA], VALID);
    let other_root = openssl.issued("Other Root CA", None, &[CA], VALID);
    let middle = openssl.issued("Corp Issuing CA", Some("Corp Root CA"), &[CA], VALID);
    let authority = openssl.issued("authority", Some("Corp Root CA"), &[CA, NAMES], VALID);
    let leaf =
        |name, extensions: &[&str], dates| openssl.issued(name, Some("Corp Root CA"), extensions, dates);
    let good = leaf("good", &[NAMES], VALID);
    let of_middle = openssl.issued("of-middle", Some("Corp Issuing CA"), &[NAMES], VALID);

    let table: [(&str, Certificate, Option<&Certificate>, &str); 20] = [
        ("issued by a CA; its CA is trusted", good.clone(), Some(&root), "trusted"),
        (
            "issued by a CA; built-in roots",
            good.clone(),
            None,
            "the certificate of 127.0.0.1 was issued by \"Corp Root CA\", which is not trusted. If it is a private \
             authority, get its certificate from the server's operator and pass it to Config::ca_pem.",
        ),
        (
            "issued by a CA; another CA is trusted",
            good,
            Some(&other_root),
            "the certificate of 127.0.0.1 was issued by \"Corp Root CA\", which is not trusted. Only the certificates \
             in Config::ca_pem are trusted. If the authority is one to trust, get its certificate from the server's \
             operator and add it there.",
        ),
        (
            "with its intermediate; the root is trusted",
            of_middle.followed_by(&middle),
            Some(&root),
            "trusted",
        ),
        (
            "without its intermediate; the root is trusted",
            of_middle.clone(),
            Some(&root),
            "the certificate of 127.0.0.1 was issued by \"Corp Issuing CA\", which is not trusted. Only the \
             certificates in Config::ca_pem are trusted. If the authority is one to trust, get its certificate from \
             the server's operator and add it there.",
        ),
        (
            "without its intermediate; both are trusted",
            of_middle,
            Some(&root.followed_by(&middle)),
            "trusted",
        ),
        ("openssl req -x509; itself is trusted", usual.clone(), Some(&usual), "trusted"),
        (
            "openssl req -x509; it and others are trusted",
            usual.clone(),
            Some(&root.followed_by(&usual)),
            "trusted",
        ),
        (
            "openssl req -x509; built-in roots",
            usual.clone(),
            None,
            "the certificate of 127.0.0.1 is self-signed and not trusted. Get the certificate from the server's \
             operator and pass it to Config::ca_pem.",
        ),
        (
            "openssl req -x509; one of the same name is trusted",
            usual.clone(),
            Some(&impostor),
            "the certificate of 127.0.0.1 is self-signed and not trusted. Get the certificate from the server's \
             operator and add it to Config::ca_pem.",
        ),
        (
            "openssl req -x509 without names; itself is trusted",
            nameless.clone(),
            Some(&nameless),
            "the certificate of 127.0.0.1 contains no names. Issue a certificate that contains the host as \
             subjectAltName. The common name alone is not enough.",
        ),
        (
            "openssl req -x509 for other names; itself is trusted",
            misnamed.clone(),
            Some(&misnamed),
            "the certificate of 127.0.0.1 is not valid for this name, but only for s3.test, *.s3.test, 192.0.2.1. Use \
             a name from the certificate in the endpoint, or issue a certificate for this host. In virtual-hosted \
             style, the bucket name is part of the host name.",
        ),
        (
            "openssl req -x509 for clients; itself is trusted",
            own_for_clients.clone(),
            Some(&own_for_clients),
            "the certificate of 127.0.0.1 is not meant for servers. Issue a certificate whose extended key usage \
             contains serverAuth.",
        ),
        (
            "self-signed CA:TRUE, expired; itself is trusted",
            own_expired.clone(),
            Some(&own_expired),
            "the certificate of 127.0.0.1 expired on 2021-01-01 00:00:00 UTC. Renew the certificate. This machine's \
             clock shows NOW.",
        ),
        (
            "issued for other names",
            leaf("other-names", &[OTHER_NAMES], VALID),
            Some(&root),
            "the certificate of 127.0.0.1 is not valid for this name, but only for s3.test, *.s3.test, 192.0.2.1. Use \
             a name from the certificate in the endpoint, or issue a certificate for this host. In virtual-hosted \
             style, the bucket name is part of the host name.",
        ),
        (
            "issued with a common name only",
            leaf("common-name", &["basicConstraints=CA:FALSE"], VALID),
            Some(&root),
            "the certificate of 127.0.0.1 contains no names. Issue a certificate that contains the host as \
             subjectAltName. The common name alone is not enough.",
        ),
        (
            "expired",
            leaf("expired", &[NAMES], EXPIRED),
            Some(&root),
            "the certificate of 127.0.0.1 expired on 2021-01-01 00:00:00 UTC. Renew the certificate. This machine's \
             clock shows NOW.",
        ),
        (
            "not valid yet",
            leaf("future", &[NAMES], FUTURE),
            Some(&root),
            "the certificate of 127.0.0.1 is not valid before 2118-01-01 00:00:00 UTC. This machine's clock shows \
             NOW. Correct it if it is wrong.",
        ),
        (
            "for clients only",
            leaf("for-clients", &[NAMES, FOR_CLIENTS], VALID),
            Some(&root),
            "the certificate of 127.0.0.1 is not meant for servers. Issue a certificate whose extended key usage \
             contains serverAuth.",
        ),
        (
            "of an authority that another one issued",
            authority,
            Some(&root),
            "127.0.0.1 uses the certificate of an authority as its own. Issue a certificate for the server. A \
             self-signed certificate of this kind is trusted if Config::ca_pem contains it.",
        ),
    ];
    for (case, server, ca, expected) in table {
        assert_eq!(outcome(&server, ca), expected, "{case}");
    }
}

/// The same with the library of the operating system, whose errors contain less.
#[test]
#[cfg(not(feature = "rustls"))]
fn certificates_are_verified() {
    let openssl = OpenSsl::new();
    let usual = openssl.self_signed("usual", &["-addext", NAMES]);
    let impostor = OpenSsl::new().self_signed("usual", &["-addext", NAMES]);
    let root = openssl.issued("Corp Root CA", None, &[CA], VALID);
    let leaf =
        |name, extensions: &[&str], dates| openssl.issued(name, Some("Corp Root CA"), extensions, dates);
    let good = leaf("good", &[NAMES], VALID);
    for (server, ca, expected) in [
        (good.clone(), Some(&root), "trusted"),
        (good, None, "was issued by an authority, which is not trusted"),
        (usual.clone(), Some(&usual), "trusted"),
        (usual.clone(), None, "is self-signed and not trusted"),
        (usual.clone(), Some(&impostor), "certificate"),
        (leaf("other-names", &[OTHER_NAMES], VALID), Some(&root), "is not valid for this name"),
        (leaf("expired", &[NAMES], EXPIRED), Some(&root), "expired. Renew"),
        (leaf("future", &[NAMES], FUTURE), Some(&root), "is not valid yet"),
        (leaf("for-clients", &[NAMES, FOR_CLIENTS], VALID), Some(&root), "is not meant for servers"),
    ] {
        let outcome = outcome(&server, ca);
        assert!(outcome.contains(expected), "{outcome}");
    }
}

#[test]
fn host_name_in_the_certificate_is_trusted() {
    let usual = OpenSsl::new().self_signed("usual", &["-addext", NAMES]);
    let server = tls::with_certificate(&usual.pem, &usual.key, None);
    call(config_at(format!("https://localhost:{}", server.port())).ca_pem(usual.pem)).unwrap();
}

#[test]
fn client_certificate_is_sent_if_the_server_requires_one() {
    let openssl = OpenSsl::new();
    let server = openssl.self_signed("server", &["-addext", NAMES]);
    let root = openssl.issued("Corp Root CA", None, &[CA], VALID);
    openssl.issued("Other Root CA", None, &[CA], VALID);
    let client = openssl.issued("client", Some("Corp Root CA"), &[FOR_CLIENTS], VALID);
    let foreign = openssl.issued("foreign", Some("Other Root CA"), &[FOR_CLIENTS], VALID);
    let address = tls::with_certificate(&server.pem, &server.key, Some(&root.pem));
    let config = config(address, Some(&server.pem));
    call(config.clone().client_certificate(client.pem.clone(), client.key.clone())).unwrap();
    // One file may contain both.
    let both = [client.key.as_slice(), &client.pem].concat();
    call(config.clone().client_certificate(both.clone(), both)).unwrap();

    let error = call(config.clone()).unwrap_err();
    let rejected = call(config.clone().client_certificate(foreign.pem, foreign.key)).unwrap_err();
    if cfg!(feature = "rustls") {
        let text = "DeleteObject b/k: 127.0.0.1 requires a client certificate. Pass it to Config::client_certificate.";
        assert_eq!((error.kind(), error.to_string().as_str()), (ErrorKind::Tls, text));
        assert_eq!(
            (rejected.kind(), rejected.to_string().as_str()),
            (
                ErrorKind::Tls,
                "DeleteObject b/k: 127.0.0.1 rejected the client certificate: the server sent the alert UnknownCA. \
                 Check the certificate in Config::client_certificate, and which authorities the server trusts."
            )
        );
    }
    // A key of another certificate.
    let config = config.client_certificate(client.pem, server.key);
    let error = match Client::new(config) {
        Err(error) => error,
        Ok(client) => client.delete_object("b", "k").unwrap_err(),
    };
    assert!(matches!(error.kind(), ErrorKind::InvalidInput | ErrorKind::Tls | ErrorKind::Network), "{error}");
}

#[test]
fn unreadable_client_certificate_is_rejected() {
    let openssl = OpenSsl::new();
    let own = openssl.self_signed("own", &[]);
    openssl.run(&["pkey", "-in", "own.key", "-aes256", "-passout", "pass:x", "-out", "encrypted.key"]);
    let encrypted = fs::read(openssl.0.join("encrypted.key")).unwrap();
    for key in [&b""[..], b"x", &own.pem, &encrypted] {
        let config = config_at("https://127.0.0.1:9").client_certificate(own.pem.clone(), key);
        let error = fails(ErrorKind::InvalidInput, Client::new(config));
        assert!(
            error.to_string().starts_with("Config::client_certificate contains no private key"),
            "{error}"
        );
    }
}

#[test]
fn server_with_old_versions_of_tls_only_is_reported() {
    let openssl = OpenSsl::new();
    let own = openssl.self_signed("own", &["-addext", NAMES]);
    for version in ["-tls1", "-tls1_1"] {
        let (_server, address) = s_server(&openssl, "own", &[version, "-cipher", "ALL:@SECLEVEL=0"]);
        let error = call(config(address, Some(&own.pem))).unwrap_err();
        let text = "DeleteObject b/k: 127.0.0.1 supports only versions of TLS before 1.2, which are insecure. Enable TLS \
                    1.2 or 1.3 on the server, or in a reverse proxy in front of it.";
        assert_eq!((error.kind(), error.to_string().as_str()), (ErrorKind::Tls, text), "{version}");
    }
}

#[test]
#[cfg(feature = "rustls")]
fn server_without_common_cipher_suites_is_reported() {
    let openssl = OpenSsl::new();
    let own = openssl.self_signed("own", &["-addext", NAMES]);
    let (_server, address) = s_server(&openssl, "own", &["-tls1_2", "-cipher", "AES128-SHA"]);
    let error = call(config(address, Some(&own.pem))).unwrap_err();
    let text = "DeleteObject b/k: 127.0.0.1 accepts none of the cipher suites of this client. Enable";
    assert!(error.kind() == ErrorKind::Tls && error.to_string().starts_with(text), "{error}");
}

/// `openssl x509 -req -signkey` creates a certificate of version 1 by default.
#[test]
#[cfg(feature = "rustls")]
fn certificate_of_version_1_is_reported() {
    let openssl = OpenSsl::new();
    openssl.run(&[
        "req", "-new", "-newkey", "rsa:2048", "-nodes", "-keyout", "old.key", "-out", "old.csr", "-subj",
        "/CN=x",
    ]);
    openssl.run(&["x509", "-req", "-in", "old.csr", "-signkey", "old.key", "-out", "old.pem"]);
    let (_server, address) = s_server(&openssl, "old", &[]);
    let error = call(config(address, Some(&openssl.read("old").pem))).unwrap_err();
    let text = "DeleteObject b/k: the certificate of 127.0.0.1 is invalid: it has the X.509 version 1, which has no names. \
                Issue another certificate for the server.";
    assert_eq!((error.kind(), error.to_string().as_str()), (ErrorKind::Tls, text));
}

#[test]
fn port_that_does_not_speak_tls_is_reported() {
    let error = call(config(sending(b"HTTP/1.1 400 Bad Request\r\n\r\n"), None)).unwrap_err();
    let text = "DeleteObject b/k: 127.0.0.1 does not speak TLS on this port. Use the port on which the server accepts \
                HTTPS.";
    assert_eq!((error.kind(), error.to_string().as_str()), (ErrorKind::Tls, text));
    let error = call(config(sending(b""), None)).unwrap_err();
    let text = "DeleteObject b/k: 127.0.0.1 closed the connection during the TLS handshake: ";
    assert!(error.kind() == ErrorKind::Network && error.to_string().starts_with(text), "{error}");
    assert!(error.is_retryable());
}
