//! Constructors of `Config` and `Credentials` that read the usual profile files.

use super::{Profile, Profiles};
use crate::config::{Config, Environment};
use crate::credentials::Credentials;
use crate::error::{ErrorKind, Result};

impl Config {
    /// Creates a configuration from a profile in `~/.aws/config` and `~/.aws/credentials`; see [`Profiles`].
    ///
    /// `None` selects the profile named by `AWS_DEFAULT_PROFILE`, otherwise by `AWS_PROFILE`, otherwise `default`.
    /// Other environment variables do not set anything.
    ///
    /// # Errors
    ///
    /// Returns the same errors as [`Profiles::load`] and [`Profiles::config`].
    ///
    /// ```
    /// # let client = include!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/documentation/client.rs"));
    /// # use plain_s3::{Client, Config};
    /// let client = Client::new(Config::from_profile(Some("backup"))?)?;
    /// assert!(client.bucket_exists("my-new-bucket")?);
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
    /// 2. the profile named by `AWS_DEFAULT_PROFILE`, otherwise by `AWS_PROFILE`, otherwise `default`, in the
    ///    credentials file
    /// 3. the same profile in the config file
    ///
    /// With the feature `credentials-chain`, `Config::load` also supports other sources, such as instance
    /// metadata, containers, SSO and roles.
    ///
    /// A file is read only if it is needed: if the environment sets the credentials, the credentials file is not
    /// read, and if it also sets the endpoint and the region, a config file that cannot be read is ignored.
    ///
    /// # Errors
    ///
    /// Fails with [`InvalidInput`](crate::ErrorKind::InvalidInput) if there is no endpoint, and with
    /// [`Credentials`](crate::ErrorKind::Credentials) if there are no credentials. The error names the variables
    /// and files that were searched. Otherwise returns the same errors as `from_env` and `from_profile`.
    ///
    /// ```
    /// # let client = include!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/documentation/client.rs"));
    /// # use plain_s3::{Client, Config};
    /// let client = Client::new(Config::from_env_or_profile()?)?;
    /// assert!(client.bucket_exists("my-new-bucket")?);
    /// # Ok::<(), plain_s3::Error>(())
    /// ```
    pub fn from_env_or_profile() -> Result<Self> {
        Profiles::config_with_fallback(&Environment::process())
    }
}

impl Credentials {
    /// Reads the credentials of a profile in `~/.aws/credentials` and `~/.aws/config`; see [`Profiles`].
    ///
    /// `None` selects the profile named by `AWS_DEFAULT_PROFILE`, otherwise by `AWS_PROFILE`, otherwise `default`.
    ///
    /// # Errors
    ///
    /// Returns the same errors as [`Profiles::load`] and [`Profiles::credentials`].
    ///
    /// ```
    /// # let client = include!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/documentation/client.rs"));
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
    /// ```
    /// # let client = include!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/documentation/client.rs"));
    /// let credentials = plain_s3::Credentials::from_env_or_profile()?;
    /// # Ok::<(), plain_s3::Error>(())
    /// ```
    pub fn from_env_or_profile() -> Result<Self> {
        let env = Environment::process();
        Profiles::open(&env, !env.has_credentials()).credentials_with_fallback(&env)
    }
}

impl Profiles {
    /// Reads what the environment does not set. If it sets the endpoint, the region and the credentials, a file
    /// that cannot be read does not matter.
    pub(super) fn config_with_fallback(env: &Environment<'_>) -> Result<Config> {
        let profiles = Self::open(env, !env.has_credentials());
        // Missing credentials are reported before a missing endpoint, because they are the more common
        // mistake.
        let credentials = profiles.credentials_with_fallback(env)?;
        let config = profiles.settings(None, env)?;
        Ok(config.credentials(credentials))
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

    /// Returns the profile that completes the environment. It is empty if a file cannot be read, but nothing is
    /// missing without it.
    pub(crate) fn completing<'a>(
        &'a self,
        name: Option<&'a str>,
        env: &Environment<'_>,
    ) -> Result<Profile<'a>> {
        let is_complete = env.has_credentials() && env.endpoint().is_some() && env.region().is_some();
        match self.profile_or_empty(name) {
            Err(error) if is_complete && name.is_none() && error.kind() == ErrorKind::LocalIo => {
                Ok(self.empty_profile())
            }
            result => result,
        }
    }

    /// Returns all settings except the credentials. Each comes from the environment, otherwise from the profile.
    pub(crate) fn settings(&self, name: Option<&str>, env: &Environment<'_>) -> Result<Config> {
        let profile = self.completing(name, env)?;
        let endpoint = match env.endpoint() {
            Some(endpoint) => Some(endpoint),
            None if env.flag("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS") => None,
            None => profile.endpoint("s3")?,
        };
        let endpoint = endpoint.ok_or_else(|| {
            let profile = format!("{:?} has no endpoint_url either ({})", profile.name, self.searched());
            Environment::no_endpoint().append_hint(&format!("The profile {profile}."))
        })?;
        profile.complete(Config::new(endpoint), env)
    }
}
