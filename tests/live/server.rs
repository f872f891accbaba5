//! The server under test, and the variants in which it is tested.

use std::fmt;
use std::fs;
use std::sync::{OnceLock, PoisonError, RwLock, RwLockReadGuard};

use plain_s3::{AddressingStyle, Client, Config, Credentials, SignatureVersion};

use super::compatibility;
use super::fixture::TestBucket;
use super::gaps::{self, Feature};
use super::support::{say, skip, variable};

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
pub(crate) fn each_variant(scenario: impl Fn(&Variant<'_>)) {
    each_server(|server| {
        for variant in server.variants() {
            println!("-- {variant}"); // the test harness prints it if the scenario fails
            scenario(&variant);
        }
    });
}

/// Runs a scenario once; it iterates over the variants itself.
pub(crate) fn each_server(scenario: impl Fn(&Server)) {
    let _shared = share();
    run(scenario);
}

/// Runs a scenario once. If the server lacks the feature, no other test runs at the same time, because the scenario
/// exceeds a limit of the whole server.
pub(crate) fn each_server_alone(feature: &Feature, scenario: impl Fn(&Server)) {
    if feature.is_gap() {
        let _alone = IN_USE.write().unwrap_or_else(PoisonError::into_inner);
        run(scenario);
    } else {
        each_server(scenario);
    }
}

/// Held by every test that uses the server.
static IN_USE: RwLock<()> = RwLock::new(());

/// Waits until no test uses the server exclusively. A test must not call this a second time before it has dropped the
/// guard.
pub(crate) fn share() -> RwLockReadGuard<'static, ()> {
    IN_USE.read().unwrap_or_else(PoisonError::into_inner)
}

fn run(scenario: impl Fn(&Server)) {
    static SERVER: OnceLock<Option<Server>> = OnceLock::new();
    if let Some(server) = SERVER.get_or_init(Server::from_env) {
        scenario(server);
        gaps::report_undeclared();
    }
}

/// Checks that every variant which the server supports is tested, and reports the variants.
pub(crate) fn variants_are_complete() {
    each_server(|server| {
        let set = |name: &str, is_set: bool| if is_set { Ok(()) } else { Err(format!("{name} is not set")) };
        gaps::VIRTUAL_HOSTED.check(set("S3_TEST_VHOST_ENDPOINT", server.vhost_endpoint.is_some()));
        gaps::SECOND_USER.check(set("S3_TEST_OTHER_ACCESS_KEY_ID", server.other.is_some()));
        let has_v2 = server.signatures.contains(&SignatureVersion::V2);
        gaps::SIGNATURE_V2.check(if has_v2 { Ok(()) } else { Err("S3_TEST_SIGNATURE is v4".to_owned()) });
        for variant in server.all_variants().iter().filter(|variant| variant.is_v2_virtual_hosted()) {
            let bucket = TestBucket::create(&server.variants()[0].client());
            gaps::V2_VIRTUAL_HOSTED
                .check(variant.client().head_bucket(&bucket).map(drop).map_err(|error| error.to_string()));
        }
        if TLS_IS_BUILT_IN {
            let has_tls = server.tls.is_some() || server.endpoint.starts_with("https:");
            gaps::HTTPS.check(set("S3_TEST_TLS_ENDPOINT", has_tls));
        } else {
            skip("HTTPS is not tested: this build has no TLS");
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

    /// Returns `true` if the server expects plain HTTP at this host and port.
    pub(crate) fn is_plain(&self, authority: &str) -> bool {
        self.endpoint.strip_prefix("http://") == Some(authority)
    }

    /// Returns the credentials of the second user, if there is one.
    pub(crate) fn other(&self) -> Option<Credentials> {
        self.other.clone()
    }

    pub(crate) fn variants(&self) -> Vec<Variant<'_>> {
        let mut variants = self.all_variants();
        variants.retain(|variant| !(variant.is_v2_virtual_hosted() && gaps::V2_VIRTUAL_HOSTED.is_gap()));
        variants
    }

    /// Returns the variants for all addresses and signatures, even if the server does not support the combination.
    fn all_variants(&self) -> Vec<Variant<'_>> {
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
    fn is_v2_virtual_hosted(&self) -> bool {
        self.signature == SignatureVersion::V2 && self.style == AddressingStyle::VirtualHosted
    }

    /// Returns a client of the first user, who owns the buckets.
    pub(crate) fn client(&self) -> Client {
        self.client_of(self.credentials())
    }

    /// Returns the credentials of the first user.
    pub(crate) fn credentials(&self) -> Credentials {
        self.server.user.clone()
    }

    /// Returns a client with these credentials, whose successful calls are recorded.
    pub(crate) fn client_of(&self, credentials: Credentials) -> Client {
        let config = self.config().credentials(credentials);
        Client::new(compatibility::recording(config, self.signature)).unwrap()
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
