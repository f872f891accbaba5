//! Constructors of `Config` and `Credentials` that read the usual profile files.

use super::{Profile, Profiles, Properties};
use crate::config::{Config, Environment};
use crate::credentials::Credentials;
use crate::error::Result;

impl Config {
    /// Creates a configuration from a profile in `~/.aws/config` and `~/.aws/credentials`; see [`Profiles`].
    ///
    /// `None` selects the profile named by `AWS_PROFILE`, otherwise `default`. Other environment variables do
    /// not set anything.
    ///
    /// # Errors
    ///
    /// Returns the same errors as [`Profiles::load`] and [`Profiles::config`].
    ///
    /// ```no_run
    /// # use plain_s3::{Client, Config};
    /// let client = Client::new(Config::from_profile(Some("backup"))?)?;
    /// # Ok::<(), plain_s3::Error>(())
    /// ```
    pub fn from_profile(name: Option<&str>) -> Result<Self> {
        Profiles::load()?.config(name)
    }

    /// Creates a configuration from environment variables, as [`from_env`](Self::from_env) does. Settings
    /// that are not set there come from the profile, as in [`from_profile`](Self::from_profile).
    ///
    /// Credentials come from the first of:
    ///
    /// 1. `AWS_ACCESS_KEY_ID` and `AWS_SECRET_ACCESS_KEY`
    /// 2. the profile named by `AWS_PROFILE`, otherwise `default`, in the credentials file
    /// 3. the same profile in the config file
    ///
    /// For other sources, such as instance metadata, containers, SSO and roles, use
    /// [`credentials_provider`](Self::credentials_provider).
    ///
    /// # Errors
    ///
    /// Fails with [`InvalidInput`](crate::ErrorKind::InvalidInput) if there is no endpoint or there are no
    /// credentials. The error names the variables and files that were searched. Otherwise returns the same
    /// errors as `from_env` and `from_profile`.
    ///
    /// ```no_run
    /// # use plain_s3::{Client, Config};
    /// let client = Client::new(Config::from_env_or_profile()?)?;
    /// # Ok::<(), plain_s3::Error>(())
    /// ```
    pub fn from_env_or_profile() -> Result<Self> {
        Profiles::load()?.config_with_fallback(&Environment::process())
    }
}

impl Credentials {
    /// Reads the credentials of a profile in `~/.aws/credentials` and `~/.aws/config`; see [`Profiles`].
    ///
    /// `None` selects the profile named by `AWS_PROFILE`, otherwise `default`.
    ///
    /// # Errors
    ///
    /// Returns the same errors as [`Profiles::load`] and [`Profiles::credentials`].
    ///
    /// ```no_run
    /// let credentials = plain_s3::Credentials::from_profile(Some("backup"))?;
    /// # Ok::<(), plain_s3::Error>(())
    /// ```
    pub fn from_profile(name: Option<&str>) -> Result<Self> {
        Profiles::load()?.credentials(name)
    }

    /// Reads credentials from environment variables, as [`from_env`](Self::from_env) does, or from the
    /// profile, as [`from_profile`](Self::from_profile) does, if neither `AWS_ACCESS_KEY_ID` nor
    /// `AWS_SECRET_ACCESS_KEY` is set.
    ///
    /// # Errors
    ///
    /// Returns the same errors as `from_env` and `from_profile`. If there are no credentials, the error names
    /// the variables and files that were searched.
    ///
    /// ```no_run
    /// let credentials = plain_s3::Credentials::from_env_or_profile()?;
    /// # Ok::<(), plain_s3::Error>(())
    /// ```
    pub fn from_env_or_profile() -> Result<Self> {
        Profiles::load()?.credentials_with_fallback(&Environment::process())
    }
}

impl Profiles {
    /// Takes each setting from the environment, otherwise from the default profile, which need not exist.
    pub(super) fn config_with_fallback(&self, env: &Environment<'_>) -> Result<Config> {
        // Missing credentials are reported before a missing endpoint, because they are the more common
        // mistake.
        let credentials = self.credentials_with_fallback(env)?;
        let none = Properties::new();
        let properties = self.profiles.get(&self.default_name).unwrap_or(&none);
        let profile = Profile { name: &self.default_name, properties, all: self };
        let endpoint = env.endpoint().or_else(|| profile.endpoint().map(str::to_owned)).ok_or_else(|| {
            let profile = format!("{:?} has no endpoint_url either ({})", profile.name, self.searched());
            Environment::no_endpoint().append_hint(&format!("The profile {profile}."))
        })?;
        profile.complete(Config::new(endpoint).credentials(credentials), env)
    }

    /// Returns the credentials of the environment, otherwise of the default profile.
    pub(super) fn credentials_with_fallback(&self, env: &Environment<'_>) -> Result<Credentials> {
        if env.has_credentials() {
            return env.credentials();
        }
        self.credentials(None).map_err(|error| {
            error.append_hint(
                "The environment variables AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY are not set either.",
            )
        })
    }
}
