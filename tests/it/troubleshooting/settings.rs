//! Settings that no client can be created from.

use plain_s3::{AddressingStyle, Client, Config, Credentials};

use super::environment::{self, Home};
use super::{Section, entry, text};
use crate::clients::config_at;

pub(super) fn section() -> Section {
    let new = |endpoint: &str| text(Client::new(config_at(endpoint)));
    let with = |change: fn(Config) -> Config| text(Client::new(change(config_at("https://s3.example.com"))));
    let keys = |access: &str, secret: &str| {
        text(Client::new(config_at("http://s3.example.com").credentials(Credentials::new(access, secret))))
    };
    let from_env = |variables: &[(&str, &str)]| environment::error("Client::from_env", variables);
    let credentials = [("AWS_ACCESS_KEY_ID", "AKID"), ("AWS_SECRET_ACCESS_KEY", "secret")];
    let complete = [("S3_ENDPOINT", "http://s3.example.com"), credentials[0], credentials[1]];
    let home = Home::new("", "");
    let entries = vec![
        entry("the endpoint has no scheme", new("s3.example.com"), ""),
        entry(
            "the endpoint has another scheme",
            new("ftp://s3.example.com"),
            "Use the URL of the S3 API, not of a file server or a console.",
        ),
        entry(
            "the endpoint has a path",
            new("https://s3.eu-west-1.amazonaws.com/my-bucket"),
            "The endpoint is that of the whole server. Pass the name of the bucket to each call.",
        ),
        entry(
            "the endpoint contains the bucket name",
            new("https://my-bucket.s3.eu-west-1.amazonaws.com"),
            "In virtual-hosted style, the client adds the bucket to the host itself: see `Config::addressing_style`.",
        ),
        entry("the endpoint has an invalid port", new("https://s3.example.com:0"), ""),
        entry(
            "the endpoint has a user",
            new("https://user:hunter2@s3.example.com"),
            "A URL is shown in logs.",
        ),
        entry("the endpoint has a query", new("https://s3.example.com/?region=eu"), ""),
        entry(
            "the endpoint has no valid host",
            new("https://s3 example.com"),
            "A space or an underscore is not part of a host name.",
        ),
        entry(
            "virtual-hosted style needs a host name",
            text(Client::new(config_at("http://127.0.0.1").addressing_style(AddressingStyle::VirtualHosted)))
                .replace("127.0.0.1", "192.0.2.1"),
            "",
        ),
        entry(
            "the region is not valid",
            with(|config| config.region("eu west")),
            "[providers.md][providers.md] lists the regions of each provider.",
        ),
        entry(
            "the argument of a preset is not valid",
            text(Client::new(Config::wasabi("https://s3.eu-central-1.wasabisys.com"))),
            "Pass the region, not the endpoint. [providers.md][providers.md] shows where the region is in the endpoint.",
        ),
        entry(
            "Config::sign_payload requires Signature V4",
            with(|config| config.sign_payload()),
            "Without a region, the client uses Signature V2.",
        ),
        entry("the access key is empty", keys("", "secret"), ""),
        entry("the secret key is empty", keys("access", ""), ""),
        entry(
            "the secret key has a line break",
            keys("access", "s3cr3t\n"),
            "A file that was written by an editor or by `echo` ends with a line break.",
        ),
        entry(
            "contains no certificate",
            with(|config| config.ca_pem("MIIB")),
            "The certificates must be in PEM. `openssl x509 -in FILE -inform der` converts one from DER.",
        ),
        entry(
            "contains no private key",
            with(|config| {
                config
                    .client_certificate("-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n", "")
            }),
            "The key must be in PEM and not encrypted: `openssl pkey -in FILE` decrypts it.",
        ),
        entry("no endpoint in the environment", from_env(&credentials), ""),
        entry(
            "no credentials in the environment",
            from_env(&complete[..1]),
            "`Config::load` also reads profiles, \
            roles and instance metadata; see [credentials.md][credentials.md].",
        ),
        entry("the secret key is not set", from_env(&complete[..2]), ""),
        entry(
            "the addressing style is unknown",
            from_env(&[&complete[..], &[("S3_ADDRESSING_STYLE", "host")]].concat()),
            "",
        ),
        entry(
            "cannot read the certificates",
            home.error(
                "Client::from_env",
                &[&complete[..], &[("AWS_CA_BUNDLE", "/nonexistent/ca.pem")]].concat(),
            ),
            "",
        ),
    ];
    Section { title: "Settings", introduction: "", entries }
}
