//! Configuration and credentials from environment variables.

use std::env;
use std::path::{Path, PathBuf};

use super::tls::CaBundle;
use super::{Config, CredentialsSource};
use crate::credentials::{Credentials, parse_expiry};
use crate::endpoint::AddressingStyle;
use crate::error::{Error, ErrorKind, Result};

const ACCESS_KEY: &str = "AWS_ACCESS_KEY_ID";
const SECRET_KEY: &str = "AWS_SECRET_ACCESS_KEY";
const EXPIRATION: &str = "AWS_CREDENTIAL_EXPIRATION";

impl Config {
    /// Creates a configuration from environment variables, with the names that other S3 tools use.
    ///
    /// | Variable | Setting |
    /// |---|---|
    /// | `S3_ENDPOINT`, otherwise `AWS_ENDPOINT_URL_S3`, otherwise `AWS_ENDPOINT_URL` | endpoint, required |
    /// | `AWS_IGNORE_CONFIGURED_ENDPOINT_URLS` | `true` ignores the two variables with `AWS_` in the line above |
    /// | `AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY` | credentials, required |
    /// | `AWS_SECURITY_TOKEN`, otherwise `AWS_SESSION_TOKEN` | session token of temporary credentials |
    /// | `AWS_CREDENTIAL_EXPIRATION` | when temporary credentials [expire](Credentials::expires_at) |
    /// | `AWS_REGION`, otherwise `AWS_DEFAULT_REGION` | region, which selects Signature V4 |
    /// | `S3_ADDRESSING_STYLE` | `path` (the default), `virtual` or `bucket-as-host` |
    /// | `AWS_CA_BUNDLE`, otherwise `SSL_CERT_FILE` | a file with the certificates to trust, see [`ca_pem`](Self::ca_pem) |
    ///
    /// An empty variable counts as not set. For anonymous requests, use [`Config::new`] and
    /// [`Config::anonymous`].
    ///
    /// # Errors
    ///
    /// Fails with [`InvalidInput`](crate::ErrorKind::InvalidInput) if no endpoint is set, if only one of
    /// `AWS_ACCESS_KEY_ID` and `AWS_SECRET_ACCESS_KEY` is set, or if the addressing style or the expiry is invalid, with
    /// [`Credentials`](crate::ErrorKind::Credentials) if neither of the two is set, and with
    /// [`LocalIo`](crate::ErrorKind::LocalIo) if the file with certificates cannot be read. The error names the
    /// variable.
    pub fn from_env() -> Result<Self> {
        Environment::process().config()
    }
}

impl Credentials {
    /// Creates credentials from `AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY` and, if set, `AWS_SECURITY_TOKEN`
    /// or `AWS_SESSION_TOKEN` and `AWS_CREDENTIAL_EXPIRATION`.
    ///
    /// # Errors
    ///
    /// Fails with [`InvalidInput`](crate::ErrorKind::InvalidInput) if one of the first two variables is not
    /// set or empty, and with [`Credentials`](crate::ErrorKind::Credentials) if both are not set or empty. The
    /// error names the variables.
    pub fn from_env() -> Result<Self> {
        Environment::process().credentials()
    }
}

/// Returns the value of an environment variable.
type Variable<'a> = dyn Fn(&str) -> Option<String> + 'a;

/// Environment variables. An empty variable counts as not set.
pub(crate) struct Environment<'a> {
    variable: Box<Variable<'a>>,
    /// The home directory to use if no variable names it.
    fallback_home: Option<PathBuf>,
}

impl<'a> Environment<'a> {
    /// Returns the environment of this process.
    pub(crate) fn process() -> Self {
        // A value that is not Unicode becomes one that is rejected where it is used. Ignoring it could select
        // other credentials.
        let variable = |name: &str| env::var_os(name).map(|value| value.to_string_lossy().into_owned());
        Self { variable: Box::new(variable), fallback_home: env::home_dir() }
    }

    pub(crate) fn new(variable: impl Fn(&str) -> Option<String> + 'a) -> Self {
        Self { variable: Box::new(variable), fallback_home: None }
    }

    pub(crate) fn get(&self, name: &str) -> Option<String> {
        (self.variable)(name).filter(|value| !value.is_empty())
    }

    /// Returns `true` if the variable is `true` in any case.
    pub(crate) fn flag(&self, name: &str) -> bool {
        self.get(name).is_some_and(|value| value.trim().eq_ignore_ascii_case("true"))
    }

    pub(crate) fn endpoint(&self) -> Option<String> {
        self.get("S3_ENDPOINT").or_else(|| self.service_endpoint("S3"))
    }

    /// Returns the endpoint of a service of AWS, such as `S3` or `STS`.
    pub(crate) fn service_endpoint(&self, service: &str) -> Option<String> {
        if self.flag("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS") {
            return None;
        }
        self.first(&[&format!("AWS_ENDPOINT_URL_{service}"), "AWS_ENDPOINT_URL"])
    }

    /// Returns the name of the profile to use, and the variable that sets it. The order is botocore's.
    pub(crate) fn profile(&self) -> Option<(&'static str, String)> {
        let variables = ["AWS_DEFAULT_PROFILE", "AWS_PROFILE"];
        variables.into_iter().find_map(|name| Some((name, self.get(name)?)))
    }

    /// Returns the home directory of the user.
    pub(crate) fn home(&self) -> Option<PathBuf> {
        let variable = if cfg!(windows) { "USERPROFILE" } else { "HOME" };
        // a path that is not Unicode is known only to the standard library
        let home = self.get(variable).filter(|home| !home.contains('\u{fffd}'));
        home.map(PathBuf::from).or_else(|| self.fallback_home.clone())
    }

    /// Returns the path in a variable.
    pub(crate) fn path(&self, name: &str) -> Option<PathBuf> {
        Some(self.expand(&self.get(name)?))
    }

    /// Expands `$NAME` and `${NAME}` in a path, and a leading `~`, as aws-cli does. Unknown variables stay.
    pub(crate) fn expand(&self, path: &str) -> PathBuf {
        let mut expanded = String::new();
        let mut pieces = path.split('$');
        expanded.push_str(pieces.next().unwrap_or_default());
        for piece in pieces {
            let (name, rest) = match piece.strip_prefix('{') {
                Some(braced) => braced.split_once('}').unwrap_or_default(),
                None => {
                    let end = piece.find(|c: char| !c.is_ascii_alphanumeric() && c != '_');
                    piece.split_at(end.unwrap_or(piece.len()))
                }
            };
            match (self.variable)(name).filter(|_| !name.is_empty()) {
                Some(value) => expanded.extend([&value, rest]),
                None => expanded.extend(["$", piece]),
            }
        }
        let below_home = match expanded.strip_prefix('~') {
            Some("") => Some(""),
            Some(rest) if rest.starts_with('/') || (cfg!(windows) && rest.starts_with('\\')) => {
                Some(&rest[1..])
            }
            _ => None,
        };
        match (below_home, self.home()) {
            (Some(""), Some(home)) => home,
            (Some(rest), Some(home)) => home.join(Path::new(rest)),
            _ => PathBuf::from(expanded),
        }
    }

    pub(crate) fn region(&self) -> Option<String> {
        self.first(&["AWS_REGION", "AWS_DEFAULT_REGION"])
    }

    pub(crate) fn addressing_style(&self) -> Result<Option<AddressingStyle>> {
        match self.get("S3_ADDRESSING_STYLE").as_deref() {
            None => Ok(None),
            Some("path") => Ok(Some(AddressingStyle::Path)),
            Some("virtual") => Ok(Some(AddressingStyle::VirtualHosted)),
            Some("bucket-as-host") => Ok(Some(AddressingStyle::BucketAsHost)),
            Some(other) => Err(Error::invalid(format!(
                "S3_ADDRESSING_STYLE is {other:?}, not \"path\", \"virtual\" or \"bucket-as-host\""
            ))),
        }
    }

    /// Reads the certificates to trust: the file in `AWS_CA_BUNDLE`, otherwise that of the profile, otherwise the
    /// one in `SSL_CERT_FILE`.
    pub(crate) fn ca_bundle(&self, profile: Option<&str>) -> Result<Option<CaBundle>> {
        let variable = |name: &'static str| Some((self.get(name)?, name));
        variable("AWS_CA_BUNDLE")
            .or_else(|| Some((profile?.to_owned(), "the profile's ca_bundle")))
            .or_else(|| variable("SSL_CERT_FILE"))
            .map(|(path, setting)| CaBundle::read(&self.expand(&path), setting))
            .transpose()
    }

    /// Returns `true` if credentials are set, even if only in part: that is a mistake, not a reason to use
    /// others.
    pub(crate) fn has_credentials(&self) -> bool {
        self.first(&[ACCESS_KEY, SECRET_KEY]).is_some()
    }

    pub(crate) fn credentials(&self) -> Result<Credentials> {
        const HINT: &str = "Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or pass Credentials::new(..) to \
            Config::credentials.";
        const FILES: &str = if cfg!(feature = "credentials-chain") {
            "Config::load also searches the files, roles and sessions of the AWS tools."
        } else {
            "Config::from_env_or_profile also reads the profiles of the AWS tools."
        };
        let lacks =
            |name| Error::invalid(format!("the environment variable {name} is not set")).with_hint(HINT);
        let (access, secret) = match (self.get(ACCESS_KEY), self.get(SECRET_KEY)) {
            (Some(access), Some(secret)) => (access, secret),
            (Some(_), None) => return Err(lacks(SECRET_KEY)),
            (None, Some(_)) => return Err(lacks(ACCESS_KEY)),
            (None, None) => {
                let text = "no credentials in the environment: neither AWS_ACCESS_KEY_ID nor \
                            AWS_SECRET_ACCESS_KEY is set";
                let hint = format!("{HINT} {FILES} For anonymous requests, use Config::anonymous.");
                return Err(Error::new(ErrorKind::Credentials, text).with_hint(hint));
            }
        };
        let credentials = Credentials::new(access, secret).found_in("the environment");
        // the older name takes precedence, as in botocore
        let credentials = match self.first(&["AWS_SECURITY_TOKEN", "AWS_SESSION_TOKEN"]) {
            Some(token) => credentials.session_token(token),
            None => credentials,
        };
        let Some(text) = self.get(EXPIRATION) else { return Ok(credentials) };
        let expiry = parse_expiry(&text).ok_or_else(|| {
            Error::invalid(format!("{EXPIRATION} is {text:?}, not a time like 2030-01-31T12:00:00Z"))
        })?;
        Ok(credentials.expires_at(expiry))
    }

    /// Returns the error for a missing endpoint.
    pub(crate) fn no_endpoint() -> Error {
        Error::invalid("none of S3_ENDPOINT, AWS_ENDPOINT_URL_S3 and AWS_ENDPOINT_URL is set").with_hint(
            "Set S3_ENDPOINT to the URL of the server, for example https://s3.eu-west-1.amazonaws.com.",
        )
    }

    fn config(&self) -> Result<Config> {
        let mut config = Config::new(self.endpoint().ok_or_else(Self::no_endpoint)?);
        config.region = self.region();
        config.credentials = Some(CredentialsSource::Fixed(self.credentials()?));
        config.addressing = self.addressing_style()?.unwrap_or_default();
        config.ca = self.ca_bundle(None)?;
        Ok(config)
    }

    fn first(&self, names: &[&str]) -> Option<String> {
        names.iter().find_map(|name| self.get(name))
    }
}

#[cfg(test)]
mod tests {
    use time::OffsetDateTime;

    use super::*;
    use crate::error::ErrorKind;

    fn environment<'a>(variables: &'a [(&str, &str)]) -> Environment<'a> {
        Environment::new(|name| {
            variables.iter().find(|(n, _)| *n == name).map(|(_, value)| (*value).to_owned())
        })
    }

    #[test]
    fn variables_are_read_in_order_of_precedence() {
        let all = [
            ("AWS_ENDPOINT_URL", "http://3"),
            ("AWS_ENDPOINT_URL_S3", "http://2"),
            ("S3_ENDPOINT", "http://1"),
            ("AWS_DEFAULT_REGION", "default"),
            ("AWS_REGION", "region"),
            ("AWS_ACCESS_KEY_ID", "a"),
            ("AWS_SECRET_ACCESS_KEY", "s"),
            ("S3_ADDRESSING_STYLE", "virtual"),
        ];
        let config = environment(&all).config().unwrap();
        assert_eq!(config.endpoint, "http://1");
        assert_eq!(config.region.as_deref(), Some("region"));
        assert!(matches!(
            config.credentials,
            Some(CredentialsSource::Fixed(credentials)) if credentials == Credentials::new("a", "s")
        ));
        assert_eq!(config.addressing, AddressingStyle::VirtualHosted);
        let with_keys = |rest: &[(&'static str, &'static str)]| [&all[5..7], rest].concat();
        assert_eq!(environment(&with_keys(&all[..2])).config().unwrap().endpoint, "http://2");
        let ignoring = with_keys(&[all[0], ("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "True")]);
        assert!(environment(&ignoring).config().unwrap_err().to_string().contains("S3_ENDPOINT"));
        let minimal = environment(&with_keys(&all[..1])).config().unwrap();
        assert_eq!((minimal.endpoint.as_str(), minimal.region), ("http://3", None));
        assert_eq!(minimal.addressing, AddressingStyle::Path);
    }

    #[test]
    fn credentials_include_a_session_token_if_set() {
        let is_optional = |name: &str| name.ends_with("_TOKEN") || name == EXPIRATION;
        let value = |name: &str| (name != EXPIRATION).then(|| format!("value of {name}"));
        let credentials = Environment::new(value).credentials().unwrap();
        assert_eq!(credentials.access_key(), "value of AWS_ACCESS_KEY_ID");
        assert_eq!(credentials.secret_key(), "value of AWS_SECRET_ACCESS_KEY");
        assert_eq!(credentials.token(), Some("value of AWS_SECURITY_TOKEN"));

        let empty = |name: &str| Some(if is_optional(name) { "" } else { "x" }.to_owned());
        assert_eq!(Environment::new(empty).credentials().unwrap().token(), None);
    }

    #[test]
    fn credentials_of_the_environment_may_expire() {
        let until = |time| {
            let all = [("AWS_ACCESS_KEY_ID", "a"), ("AWS_SECRET_ACCESS_KEY", "s"), (EXPIRATION, time)];
            environment(&all).credentials()
        };
        for (text, seconds) in [
            ("2030-01-31T12:00:00Z", 1_896_091_200),
            ("2030-01-31T13:00:00+01:00", 1_896_091_200),
            ("2030-01-31T12:00:00UTC", 1_896_091_200),
        ] {
            let expiry = OffsetDateTime::from_unix_timestamp(seconds).unwrap();
            let credentials = until(text).unwrap();
            assert_eq!(credentials, Credentials::new("a", "s").expires_at(expiry), "{text}");
            credentials.require_valid(expiry - std::time::Duration::from_secs(1)).unwrap();
            let error = credentials.require_valid(expiry).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Credentials);
            assert_eq!(
                error.to_string(),
                "the credentials from the environment expired at 2030-01-31T12:00:00.000Z. Get new ones. If these are \
                 still valid, check the clock of this machine."
            );
        }
        let error = until("tomorrow").unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidInput);
        assert_eq!(
            error.to_string(),
            "AWS_CREDENTIAL_EXPIRATION is \"tomorrow\", not a time like 2030-01-31T12:00:00Z"
        );
    }

    #[test]
    fn errors_name_the_variable() {
        let text = |variables: &[(&str, &str)]| environment(variables).config().unwrap_err().to_string();
        assert_eq!(
            text(&[("S3_ENDPOINT", "")]),
            "none of S3_ENDPOINT, AWS_ENDPOINT_URL_S3 and AWS_ENDPOINT_URL is set. Set S3_ENDPOINT to the URL of \
             the server, for example https://s3.eu-west-1.amazonaws.com."
        );
        assert_eq!(
            text(&[("S3_ENDPOINT", "http://h"), ("AWS_ACCESS_KEY_ID", "a")]),
            "the environment variable AWS_SECRET_ACCESS_KEY is not set. Set AWS_ACCESS_KEY_ID and \
             AWS_SECRET_ACCESS_KEY, or pass Credentials::new(..) to Config::credentials."
        );
        let files = if cfg!(feature = "credentials-chain") {
            "Config::load also searches the files, roles and sessions of the AWS tools"
        } else {
            "Config::from_env_or_profile also reads the profiles of the AWS tools"
        };
        assert_eq!(
            text(&[("S3_ENDPOINT", "http://h")]),
            format!(
                "no credentials in the environment: neither AWS_ACCESS_KEY_ID nor AWS_SECRET_ACCESS_KEY is set. Set \
                 AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or pass Credentials::new(..) to Config::credentials. \
                 {files}. For anonymous requests, use Config::anonymous."
            )
        );
        assert_eq!(
            text(&[
                ("S3_ENDPOINT", "http://h"),
                ("AWS_ACCESS_KEY_ID", "a"),
                ("AWS_SECRET_ACCESS_KEY", "s"),
                ("S3_ADDRESSING_STYLE", "host")
            ]),
            "S3_ADDRESSING_STYLE is \"host\", not \"path\", \"virtual\" or \"bucket-as-host\""
        );
    }

    #[test]
    fn certificates_of_the_environment_have_an_order_of_precedence() {
        // Any readable file will do: it is parsed only when a client is created.
        let file = concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml");
        let all = [("AWS_CA_BUNDLE", file), ("SSL_CERT_FILE", file)];
        for (variables, profile, expected) in [
            (&all[..], Some(file), Some(format!("AWS_CA_BUNDLE ({file})"))),
            (&all[1..], Some(file), Some(format!("the profile's ca_bundle ({file})"))),
            (&all[1..], None, Some(format!("SSL_CERT_FILE ({file})"))),
            (&[], None, None),
            (&[("AWS_CA_BUNDLE", "")], None, None),
        ] {
            assert_eq!(environment(variables).ca_bundle(profile).unwrap().map(|ca| ca.setting), expected);
        }
    }

    #[test]
    fn unreadable_certificates_name_the_setting() {
        let error = environment(&[("SSL_CERT_FILE", "/no/such.pem")]).ca_bundle(None).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::LocalIo);
        assert!(error.to_string().starts_with("cannot read the certificates /no/such.pem: "), "{error}");
        assert_eq!(error.hint(), Some("The path is set by SSL_CERT_FILE."));
    }
}
