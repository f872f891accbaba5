//! Where settings are read from: the environment, profiles, or both.

use std::env;

use super::{Config, Keys};
use crate::credentials::Credentials;
use crate::endpoint::AddressingStyle;
use crate::error::{Error, Result};
use crate::profile::Profiles;

impl Config {
    /// Reads the settings from the environment, by the names that other S3 tools use.
    ///
    /// | variable | setting |
    /// |---|---|
    /// | `S3_ENDPOINT`, else `AWS_ENDPOINT_URL_S3`, else `AWS_ENDPOINT_URL` | endpoint, required |
    /// | `AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY`, `AWS_SESSION_TOKEN` | credentials; without the first two, requests are anonymous |
    /// | `AWS_REGION`, else `AWS_DEFAULT_REGION` | region, which selects Signature V4 |
    /// | `S3_ADDRESSING_STYLE` | `path` (default) or `virtual` |
    ///
    /// An empty variable counts as not set.
    ///
    /// # Errors
    ///
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) where no endpoint is set, one of the two keys is
    /// set without the other, or the addressing style is neither; the text names the variable.
    pub fn from_env() -> Result<Self> {
        Self::from_variables(&|name| env::var(name).ok())
    }

    /// Reads the settings of a profile in `~/.aws/config` and `~/.aws/credentials`, without the environment;
    /// see [`Profiles`]. No name means the profile that `AWS_PROFILE` names, else `default`.
    ///
    /// # Errors
    ///
    /// As [`Profiles::load`] and [`Profiles::config`].
    ///
    /// ```no_run
    /// # use plain_s3::{Client, Config};
    /// let client = Client::new(Config::from_profile(Some("backup"))?)?;
    /// # Ok::<(), plain_s3::Error>(())
    /// ```
    pub fn from_profile(name: Option<&str>) -> Result<Self> {
        Profiles::load()?.config(name)
    }

    /// Reads each setting from the environment, as [`from_env`](Self::from_env) does, and what is not set
    /// there from the profile, as [`from_profile`](Self::from_profile) does.
    ///
    /// The order for credentials: `AWS_ACCESS_KEY_ID` and `AWS_SECRET_ACCESS_KEY`; then the profile that
    /// `AWS_PROFILE` names, else `default`, in the credentials file; then in the config file. There is no
    /// further place: instance metadata, containers, SSO and roles are left to
    /// [`credentials_provider`](Self::credentials_provider).
    ///
    /// # Errors
    ///
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) where there is no endpoint or there are no credentials;
    /// the text names every place that was looked at. Otherwise as both.
    ///
    /// ```no_run
    /// # use plain_s3::{Client, Config};
    /// let client = Client::new(Config::from_env_or_profile()?)?;
    /// # Ok::<(), plain_s3::Error>(())
    /// ```
    pub fn from_env_or_profile() -> Result<Self> {
        Profiles::load()?.config_below(&|name| env::var(name).ok())
    }

    pub(crate) fn from_variables(variable: &dyn Fn(&str) -> Option<String>) -> Result<Self> {
        let first = |names: &[&str]| names.iter().find_map(|name| variable(name).filter(|v| !v.is_empty()));
        let endpoint =
            first(&["S3_ENDPOINT", "AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL"]).ok_or_else(|| {
                Error::invalid("none of S3_ENDPOINT, AWS_ENDPOINT_URL_S3 and AWS_ENDPOINT_URL is set")
                    .with_hint(
                        "Set S3_ENDPOINT to the server, for example https://s3.eu-west-1.amazonaws.com.",
                    )
            })?;
        let mut config = Self::new(endpoint);
        config.region = first(&["AWS_REGION", "AWS_DEFAULT_REGION"]);
        if first(&["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"]).is_some() {
            config.keys = Some(Keys::Fixed(Credentials::from_variables(variable)?));
        }
        config.addressing = match first(&["S3_ADDRESSING_STYLE"]).as_deref() {
            None | Some("path") => AddressingStyle::Path,
            Some("virtual") => AddressingStyle::VirtualHosted,
            Some(other) => {
                return Err(Error::invalid(format!(
                    "S3_ADDRESSING_STYLE is {other:?}; it is path or virtual"
                )));
            }
        };
        Ok(config)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn from(variables: &[(&str, &str)]) -> Result<Config> {
        Config::from_variables(&|name| {
            variables.iter().find(|(n, _)| *n == name).map(|(_, value)| (*value).to_owned())
        })
    }

    #[test]
    fn the_environment_names_in_their_order() {
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
        let config = from(&all).unwrap();
        assert_eq!(config.endpoint, "http://1");
        assert_eq!(config.region.as_deref(), Some("region"));
        assert!(matches!(config.keys, Some(Keys::Fixed(keys)) if keys == Credentials::new("a", "s")));
        assert_eq!(config.addressing, AddressingStyle::VirtualHosted);
        assert_eq!(from(&all[..2]).unwrap().endpoint, "http://2");
        let plain = from(&all[..1]).unwrap();
        assert_eq!((plain.endpoint.as_str(), plain.region), ("http://3", None));
        assert!(plain.keys.is_none());
    }

    #[test]
    fn what_is_missing_is_named() {
        let text = |variables: &[(&str, &str)]| from(variables).unwrap_err().to_string();
        assert!(text(&[("S3_ENDPOINT", "")]).contains("S3_ENDPOINT"));
        let half = [("S3_ENDPOINT", "http://h"), ("AWS_ACCESS_KEY_ID", "a")];
        assert!(text(&half).contains("AWS_SECRET_ACCESS_KEY"));
        assert!(text(&[("S3_ENDPOINT", "http://h"), ("S3_ADDRESSING_STYLE", "host")]).contains("\"host\""));
    }
}
