//! The server under test, and the variants in which it is tested.

use std::env;
use std::fmt;
use std::fs;
use std::io::{self, Write as _};
use std::sync::OnceLock;

use plain_s3::{AddressingStyle, Client, Config, Credentials, SignatureVersion};

use super::{compatibility, gaps};

pub(crate) struct Server {
    pub(crate) name: String,
    endpoint: String,
    vhost_endpoint: Option<String>,
    tls: Option<Tls>,
    region: String,
    signatures: Vec<SignatureVersion>,
    pub(crate) user: Credentials,
    other: Option<Credentials>,
}

#[derive(Clone)]
struct Tls {
    endpoint: String,
    ca_pem: Option<Vec<u8>>,
}

/// A combination of addressing style, signature version and scheme.
pub(crate) struct Variant<'a> {
    pub server: &'a Server,
    pub(crate) style: AddressingStyle,
    pub(crate) signature: SignatureVersion,
    pub(crate) endpoint: &'a str,
    pub(crate) ca_pem: Option<&'a [u8]>,
}

/// Runs a scenario in each variant in turn.
pub(crate) fn each_variant(scenario: fn(&Variant<'_>)) {
    each_server(|server| {
        for variant in server.variants() {
            println!("-- {variant}"); // the test harness prints it if the scenario fails
            scenario(&variant);
        }
    });
}

/// Runs a scenario once; it iterates over the variants itself.
pub(crate) fn each_server(scenario: impl Fn(&Server)) {
    static SERVER: OnceLock<Option<Server>> = OnceLock::new();
    if let Some(server) = SERVER.get_or_init(Server::from_env) {
        scenario(server);
    }
}

/// Reports every variant that the environment or the features of this build exclude.
pub(crate) fn variants_are_complete() {
    each_server(|server| {
        if server.vhost_endpoint.is_none() {
            skip("virtual-hosted style is not tested: S3_TEST_VHOST_ENDPOINT is not set");
        }
        if server.signatures.len() < 2 {
            skip("only one signature version is tested: S3_TEST_SIGNATURE is set");
        }
        if server.other.is_none() {
            skip("a second user is not tested: S3_TEST_OTHER_ACCESS_KEY_ID is not set");
        }
        if !TLS_IS_BUILT_IN {
            skip("HTTPS is not tested: this build has no TLS");
        } else if server.tls.is_none() && !server.endpoint.starts_with("https:") {
            gaps::HTTPS.check(server, Err("S3_TEST_TLS_ENDPOINT is not set".to_owned()));
        } else {
            gaps::HTTPS.check(server, Ok(()));
        }
        let variants: Vec<String> = server.variants().iter().map(Variant::to_string).collect();
        say(&format!("live tests of {} in {}", server.name, variants.join(", ")));
    });
}

const TLS_IS_BUILT_IN: bool = cfg!(any(feature = "rustls", feature = "native-tls"));

impl Server {
    fn from_env() -> Option<Self> {
        let Some(endpoint) = variable("S3_ENDPOINT") else {
            skip(
                "live tests skipped: S3_ENDPOINT is not set; run them with tests/servers/ceph-rgw, see tests/live/main.rs",
            );
            return None;
        };
        let required = |name: &str| variable(name).unwrap_or_else(|| panic!("{name} is not set"));
        let signatures = match variable("S3_TEST_SIGNATURE").as_deref() {
            None => vec![SignatureVersion::V2, SignatureVersion::V4],
            Some("v2") => vec![SignatureVersion::V2],
            Some("v4") => vec![SignatureVersion::V4],
            Some(other) => panic!("S3_TEST_SIGNATURE is {other:?}, but must be v2 or v4"),
        };
        let ca_pem = variable("S3_TEST_CA")
            .map(|path| fs::read(path).expect("S3_TEST_CA must name a readable PEM file"));
        let other = variable("S3_TEST_OTHER_ACCESS_KEY_ID")
            .map(|key| Credentials::new(key, required("S3_TEST_OTHER_SECRET_ACCESS_KEY")));
        Some(Self {
            name: variable("S3_TEST_SERVER").unwrap_or_else(|| endpoint.clone()),
            vhost_endpoint: variable("S3_TEST_VHOST_ENDPOINT"),
            tls: variable("S3_TEST_TLS_ENDPOINT")
                .filter(|_| TLS_IS_BUILT_IN)
                .map(|endpoint| Tls { endpoint, ca_pem }),
            region: variable("AWS_REGION").unwrap_or_else(|| "us-east-1".to_owned()),
            signatures,
            user: Credentials::new(required("AWS_ACCESS_KEY_ID"), required("AWS_SECRET_ACCESS_KEY")),
            other,
            endpoint,
        })
    }

    /// Returns the credentials of the second user, if there is one.
    pub(crate) fn other(&self) -> Option<Credentials> {
        self.other.clone()
    }

    pub(crate) fn variants(&self) -> Vec<Variant<'_>> {
        let mut endpoints = vec![(AddressingStyle::Path, self.endpoint.as_str(), None)];
        if let Some(endpoint) = &self.vhost_endpoint {
            endpoints.push((AddressingStyle::VirtualHosted, endpoint, None));
        }
        if let Some(tls) = &self.tls {
            endpoints.push((AddressingStyle::Path, &tls.endpoint, tls.ca_pem.as_deref()));
        }
        let mut variants = Vec::new();
        for (style, endpoint, ca_pem) in endpoints {
            for &signature in &self.signatures {
                variants.push(Variant { server: self, style, signature, endpoint, ca_pem });
            }
        }
        variants
    }
}

impl Variant<'_> {
    /// Returns a client of the first user, who owns the buckets.
    pub(crate) fn client(&self) -> Client {
        self.client_of(self.server.user.clone())
    }

    /// Returns a client with these credentials, whose successful calls are recorded.
    pub(crate) fn client_of(&self, credentials: Credentials) -> Client {
        let config = self.config().credentials(credentials);
        Client::new(compatibility::recording(config, self.server, self.signature)).unwrap()
    }

    /// Returns a client without credentials, which does not sign its requests.
    pub(crate) fn anonymous(&self) -> Client {
        Client::new(self.config()).unwrap()
    }

    /// Returns a client of the second user, if there is one. [`variants_are_complete`] reports if there is none.
    pub(crate) fn other(&self) -> Option<Client> {
        Some(self.client_of(self.server.other()?))
    }

    pub(crate) fn access_key(&self) -> String {
        variable("AWS_ACCESS_KEY_ID").unwrap_or_default()
    }

    /// Returns the configuration without credentials.
    pub(crate) fn config(&self) -> Config {
        let mut config =
            Config::new(self.endpoint).addressing_style(self.style).signature_version(self.signature);
        if self.signature == SignatureVersion::V4 {
            config = config.region(&self.server.region);
        }
        match self.ca_pem {
            Some(pem) => config.ca_pem(pem),
            None => config,
        }
    }
}

impl fmt::Display for Variant<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let style = if self.style == AddressingStyle::Path { "path" } else { "virtual-hosted" };
        let scheme = if self.endpoint.starts_with("https:") { "HTTPS" } else { "HTTP" };
        write!(f, "{:?} {style} {scheme}", self.signature)
    }
}

/// Prints a line to stderr, which the test harness does not capture if it is written directly.
pub(crate) fn say(line: &str) {
    let _ = writeln!(io::stderr(), "\n{line}"); // the harness may have printed half a line
}

/// Reports that something is not tested. Panics if `S3_TEST_REQUIRED` is 1.
fn skip(line: &str) {
    assert!(variable("S3_TEST_REQUIRED").as_deref() != Some("1"), "S3_TEST_REQUIRED is 1, but: {line}");
    say(line);
}

/// Returns an environment variable. An empty one counts as not set.
pub(crate) fn variable(name: &str) -> Option<String> {
    env::var(name).ok().filter(|value| !value.is_empty())
}
