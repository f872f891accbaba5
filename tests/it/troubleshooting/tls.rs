//! TLS: certificates made with openssl, and servers that speak something else.

use std::net::SocketAddr;

use plain_s3::{Client, Config};

use super::{Section, entry, text};
use crate::clients::config_at;
use crate::connection::openssl::{
    CA, Certificate, EXPIRED, FOR_CLIENTS, FUTURE, NAMES, OTHER_NAMES, OpenSsl, VALID, s_server, sending,
    without_clock,
};
use crate::fake_server::tls;

fn call(server: SocketAddr, ca: Option<&Certificate>, change: impl Fn(Config) -> Config) -> String {
    let mut config = config_at(format!("https://{server}"));
    if let Some(ca) = ca {
        config = config.ca_pem(ca.pem.clone());
    }
    let text = text(Client::new(change(config)).unwrap().list_buckets());
    without_clock(&text).replace("127.0.0.1", "s3.example.com")
}

/// Returns the error of a call to a server with this certificate.
fn with(server: &Certificate, ca: Option<&Certificate>) -> String {
    call(tls::with_certificate(&server.pem, &server.key, None), ca, |config| config)
}

pub(super) fn section() -> Section {
    let openssl = OpenSsl::new();
    let own = openssl.self_signed("s3.example.com", &["-addext", NAMES]);
    let nameless = openssl.self_signed("nameless", &[]);
    let root = openssl.issued("Corp Root CA", None, &[CA], VALID);
    openssl.issued("Other Root CA", None, &[CA], VALID);
    let leaf = |name: &str, extensions: &[&str], dates| {
        openssl.issued(name, Some("Corp Root CA"), extensions, dates)
    };
    let good = leaf("good", &[NAMES], VALID);
    let authority = leaf("authority", &[CA, NAMES], VALID);
    let foreign = openssl.issued("foreign", Some("Other Root CA"), &[FOR_CLIENTS], VALID);
    let demanding = tls::with_certificate(&own.pem, &own.key, Some(&root.pem));
    let own_server = |arguments: &[&str]| {
        let (_server, address) = s_server(&openssl, "s3.example.com", arguments);
        call(address, Some(&own), |config| config)
    };
    let entries = vec![
        entry(
            "was issued by an authority that is not trusted",
            with(&good, None),
            "Proxies that inspect TLS use certificates of their own. The authority is in the certificate store of \
             the system, which the feature `rustls-native-certs` uses.",
        ),
        entry("was issued by an authority that is not trusted", with(&good, Some(&own)), ""),
        entry("is self-signed and not trusted", with(&own, None), ""),
        entry(
            "is not valid for this name",
            with(&leaf("other-names", &[OTHER_NAMES], VALID), Some(&root)),
            "",
        ),
        entry("contains no names", with(&nameless, Some(&nameless)), ""),
        entry("the certificate has expired", with(&leaf("expired", &[NAMES], EXPIRED), Some(&root)), ""),
        entry("the certificate is not valid yet", with(&leaf("future", &[NAMES], FUTURE), Some(&root)), ""),
        entry(
            "is not meant for servers",
            with(&leaf("for-clients", &[NAMES, FOR_CLIENTS], VALID), Some(&root)),
            "",
        ),
        entry("uses the certificate of an authority as its own", with(&authority, Some(&root)), ""),
        entry("requires a client certificate", call(demanding, Some(&own), |config| config), ""),
        entry(
            "rejected the client certificate",
            call(demanding, Some(&own), |config| {
                config.client_certificate(foreign.pem.clone(), foreign.key.clone())
            }),
            "",
        ),
        entry(
            "supports only old versions of TLS",
            own_server(&["-tls1_1", "-cipher", "ALL:@SECLEVEL=0"]),
            "",
        ),
        entry("accepts none of the cipher suites", own_server(&["-tls1_2", "-cipher", "AES128-SHA"]), ""),
        entry(
            "does not speak TLS on this port",
            call(sending(b"HTTP/1.1 400 Bad Request\r\n\r\n"), None, |config| config),
            "If the server has no port for HTTPS, an endpoint with `http://` is not encrypted.",
        ),
        entry(
            "closed the connection during the TLS handshake",
            call(sending(b""), None, |config| config),
            "",
        ),
    ];
    Section { title: "TLS", introduction: "With the feature `native-tls`, some texts contain less.", entries }
}
