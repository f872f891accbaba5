//! Configuration and credentials from environment variables.

use std::env;

use super::{Config, CredentialsSource};
use crate::credentials::Credentials;
use crate::endpoint::AddressingStyle;
use crate::error::{Error, Result};

const ACCESS_KEY: &str = "AWS_ACCESS_KEY_ID";
const SECRET_KEY: &str = "AWS_SECRET_ACCESS_KEY";

impl Config {
    /// Creates a configuration from environment variables, with the names that other S3 tools use.
    ///
    /// | Variable | Setting |
    /// |---|---|
    /// | `S3_ENDPOINT`, otherwise `AWS_ENDPOINT_URL_S3`, otherwise `AWS_ENDPOINT_URL` | endpoint, required |
    /// | `AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY`, `AWS_SESSION_TOKEN` | credentials; if neither of the first two is set, requests are anonymous |
    /// | `AWS_REGION`, otherwise `AWS_DEFAULT_REGION` | region, which selects Signature V4 |
    /// | `S3_ADDRESSING_STYLE` | `path` (the default) or `virtual` |
    ///
    /// An empty variable counts as not set.
    ///
    /// # Errors
    ///
    /// Fails with [`InvalidInput`](crate::ErrorKind::InvalidInput) if no endpoint is set, if only one of
    /// `AWS_ACCESS_KEY_ID` and `AWS_SECRET_ACCESS_KEY` is set, or if the addressing style is invalid. The
    /// error names the variable.
    pub fn from_env() -> Result<Self> {
        Environment::process().config()
    }
}

impl Credentials {
    /// Creates credentials from `AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY` and, if set,
    /// `AWS_SESSION_TOKEN`.
    ///
    /// # Errors
    ///
    /// Fails with [`InvalidInput`](crate::ErrorKind::InvalidInput) if one of the first two variables is not
    /// set or empty. The error names the variable.
    pub fn from_env() -> Result<Self> {
        Environment::process().credentials()
    }
}

/// Returns the value of an environment variable.
type Variable<'a> = dyn Fn(&str) -> Option<String> + 'a;

/// Environment variables. An empty variable counts as not set.
pub(crate) struct Environment<'a> {
    variable: Box<Variable<'a>>,
}

impl<'a> Environment<'a> {
    /// Returns the environment of this process.
    pub(crate) fn process() -> Self {
        Self::new(|name| env::var(name).ok())
    }

    pub(crate) fn new(variable: impl Fn(&str) -> Option<String> + 'a) -> Self {
        Self { variable: Box::new(variable) }
    }

    pub(crate) fn get(&self, name: &str) -> Option<String> {
        (self.variable)(name).filter(|value| !value.is_empty())
    }

    pub(crate) fn endpoint(&self) -> Option<String> {
        self.first(&["S3_ENDPOINT", "AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL"])
    }

    pub(crate) fn region(&self) -> Option<String> {
        self.first(&["AWS_REGION", "AWS_DEFAULT_REGION"])
    }

    pub(crate) fn addressing_style(&self) -> Result<Option<AddressingStyle>> {
        match self.get("S3_ADDRESSING_STYLE").as_deref() {
            None => Ok(None),
            Some("path") => Ok(Some(AddressingStyle::Path)),
            Some("virtual") => Ok(Some(AddressingStyle::VirtualHosted)),
            Some(other) => {
                Err(Error::invalid(format!("S3_ADDRESSING_STYLE is {other:?}, not \"path\" or \"virtual\"")))
            }
        }
    }

    /// Returns `true` if credentials are set, even if only in part: that is a mistake, not a reason to use
    /// others.
    pub(crate) fn has_credentials(&self) -> bool {
        self.first(&[ACCESS_KEY, SECRET_KEY]).is_some()
    }

    pub(crate) fn credentials(&self) -> Result<Credentials> {
        let required = |name: &str| {
            self.get(name).ok_or_else(|| {
                Error::invalid(format!("the environment variable {name} is not set")).with_hint(
                    "Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or pass Credentials::new(..) to \
                     Config::credentials.",
                )
            })
        };
        let credentials = Credentials::new(required(ACCESS_KEY)?, required(SECRET_KEY)?);
        Ok(match self.get("AWS_SESSION_TOKEN") {
            Some(token) => credentials.session_token(token),
            None => credentials,
        })
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
        if self.has_credentials() {
            config.credentials = Some(CredentialsSource::Fixed(self.credentials()?));
        }
        config.addressing = self.addressing_style()?.unwrap_or_default();
        Ok(config)
    }

    fn first(&self, names: &[&str]) -> Option<String> {
        names.iter().find_map(|name| self.get(name))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
        assert_eq!(environment(&all[..2]).config().unwrap().endpoint, "http://2");
        let minimal = environment(&all[..1]).config().unwrap();
        assert_eq!((minimal.endpoint.as_str(), minimal.region), ("http://3", None));
        assert!(minimal.credentials.is_none());
        assert_eq!(minimal.addressing, AddressingStyle::Path);
    }

    #[test]
    fn credentials_include_a_session_token_if_set() {
        let credentials = Environment::new(|name| Some(format!("value of {name}"))).credentials().unwrap();
        assert_eq!(credentials.access_key(), "value of AWS_ACCESS_KEY_ID");
        assert_eq!(credentials.secret_key(), "value of AWS_SECRET_ACCESS_KEY");
        assert_eq!(credentials.token(), Some("value of AWS_SESSION_TOKEN"));

        let empty = |name: &str| Some(if name == "AWS_SESSION_TOKEN" { "" } else { "x" }.to_owned());
        assert_eq!(Environment::new(empty).credentials().unwrap().token(), None);
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
        assert_eq!(
            text(&[("S3_ENDPOINT", "http://h"), ("S3_ADDRESSING_STYLE", "host")]),
            "S3_ADDRESSING_STYLE is \"host\", not \"path\" or \"virtual\""
        );
    }
}
