//! `Config::load`: the settings and credentials of this machine, as the tools of AWS find them.

use super::chain::Chain;
use super::service::Network;
use super::source::Source;
use crate::config::{Config, CredentialsSource, Environment, ProxyUrl};
use crate::credentials::provider::Provider;
use crate::error::{Error, ErrorKind, Result};
use crate::profile::Profiles;

/// Options of [`Config::load_with`].
///
/// ```
/// # let client = include!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/documentation/client.rs"));
/// use plain_s3::{Client, Config, LoadOptions};
///
/// let options = LoadOptions::new().profile("backup").proxy("http://proxy.example.com:3128");
/// let client = Client::new(Config::load_with(&options)?)?;
/// # Ok::<(), plain_s3::Error>(())
/// ```
#[derive(Clone, Debug, Default)]
#[must_use]
pub struct LoadOptions {
    profile: Option<String>,
    proxy: Option<ProxyUrl>,
    anonymous: bool,
}

impl LoadOptions {
    /// Creates the default options, which [`Config::load`] uses.
    pub fn new() -> Self {
        Self::default()
    }

    /// Selects a profile. It takes precedence over `AWS_PROFILE`, and over credentials in the environment.
    pub fn profile(mut self, name: impl Into<String>) -> Self {
        self.profile = Some(name.into());
        self
    }

    /// Sets a proxy for the requests to S3, STS and SSO; see [`Config::proxy`]. Metadata services are never called
    /// through a proxy.
    pub fn proxy(mut self, url: impl Into<String>) -> Self {
        self.proxy = Some(ProxyUrl(url.into()));
        self
    }

    /// Loads the settings only: requests are anonymous, and no credentials are searched for.
    pub fn anonymous(mut self) -> Self {
        self.anonymous = true;
        self
    }
}

impl Config {
    /// Loads the settings and credentials of this machine, where aws-cli and boto3 find them.
    ///
    /// Settings come from the environment, as in [`from_env`](Self::from_env), otherwise from the profile, as in
    /// [`Profiles`]. Credentials come from the first of these sources that is configured:
    ///
    /// 1. `AWS_ACCESS_KEY_ID` and `AWS_SECRET_ACCESS_KEY`
    /// 2. `role_arn` in the profile, with `source_profile` or `credential_source`
    /// 3. `AWS_WEB_IDENTITY_TOKEN_FILE`, or `web_identity_token_file` in the profile
    /// 4. `sso_account_id` and `sso_role_name` in the profile, with the token of `aws sso login`
    /// 5. the access key of the profile in the credentials file
    /// 6. `login_session` in the profile, with the credentials of `aws login`
    /// 7. `credential_process` in the profile
    /// 8. the access key of the profile in the config file
    /// 9. `AWS_CONTAINER_CREDENTIALS_RELATIVE_URI` or `AWS_CONTAINER_CREDENTIALS_FULL_URI`
    /// 10. instance metadata, unless `AWS_EC2_METADATA_DISABLED` is `true`
    ///
    /// The profile is the one named by `AWS_DEFAULT_PROFILE`, otherwise by `AWS_PROFILE`, otherwise `default`. If
    /// the first configured source is broken, this or the first request fails. The client never falls back to
    /// another identity. `docs/credentials.md` describes each source and each error.
    ///
    /// Sends nothing, unless instance metadata is the only source left: then its credentials are fetched, to find out
    /// whether they exist. All other sources are used when the first request is signed. Credentials with an expiry
    /// are cached and refreshed as in [`credentials_provider`](Self::credentials_provider).
    ///
    /// Requires the feature `credentials-chain`, which is enabled by default.
    ///
    /// # Errors
    ///
    /// Fails with [`Credentials`](crate::ErrorKind::Credentials) if no source is configured; the error lists every
    /// place that was searched. Fails with [`InvalidInput`](crate::ErrorKind::InvalidInput) if there is no endpoint or
    /// if a setting is invalid, and with [`LocalIo`](crate::ErrorKind::LocalIo) if a file cannot be read. The error
    /// names the file and the line or the variable, and what to change.
    ///
    /// ```
    /// # let client = include!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/documentation/client.rs"));
    /// # use plain_s3::{Client, Config};
    /// let client = Client::new(Config::load()?)?;
    /// assert!(client.bucket_exists("my-new-bucket")?);
    /// # Ok::<(), plain_s3::Error>(())
    /// ```
    pub fn load() -> Result<Self> {
        Self::load_with(&LoadOptions::new())
    }

    /// Loads the settings and credentials of this machine, with options; see [`load`](Self::load).
    ///
    /// # Errors
    ///
    /// Returns the same errors as [`load`](Self::load).
    ///
    /// ```
    /// # let client = include!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/documentation/client.rs"));
    /// # use plain_s3::{Client, Config, LoadOptions};
    /// let client = Client::new(Config::load_with(&LoadOptions::new().profile("backup"))?)?;
    /// assert!(client.bucket_exists("my-new-bucket")?);
    /// # Ok::<(), plain_s3::Error>(())
    /// ```
    pub fn load_with(options: &LoadOptions) -> Result<Self> {
        load(options, &Environment::process())
    }
}

fn load(options: &LoadOptions, env: &Environment<'_>) -> Result<Config> {
    let name = options.profile.as_deref();
    // files that are not needed are not read
    let needs_file = !options.anonymous && (name.is_some() || !env.has_credentials());
    let profiles = Profiles::open(env, needs_file);
    let apply_proxy = |config: Config| match &options.proxy {
        Some(ProxyUrl(url)) => config.proxy(url.as_str()),
        None => config,
    };
    if options.anonymous {
        return profiles.settings(name, env).map(|config| apply_proxy(config).anonymous());
    }
    let profile = profiles.completing(name, env)?;
    let proxy = options.proxy.as_ref().map(|ProxyUrl(url)| url.clone());
    let network = Network { proxy, ca: profile.ca_bundle(env)? };
    let chain = Chain::new(env, &profiles, name, network)?;
    // missing credentials are reported before a missing endpoint, because they are the more common mistake
    let source = chain.resolve()?;
    let config = apply_proxy(profiles.settings(name, env)?);
    let label = source.describe();
    let first = match &source {
        Source::Environment(credentials) => {
            return Ok(config.credentials(credentials.clone()));
        }
        Source::File(file) => Some(file.credentials.clone()),
        Source::Instance(instance) => Some(source.fetch().map_err(|error| {
            let place = format!("instance metadata at {}: {}", instance.url.origin, brief(&error));
            chain.not_found(&place)
        })?),
        _ => None,
    };
    let provider = Provider::of_chain(label, first, move || source.fetch());
    Ok(Config { credentials: Some(CredentialsSource::Provider(provider.into())), ..config })
}

/// Returns what happened, in the middle of another sentence.
fn brief(error: &Error) -> String {
    match error.kind() {
        ErrorKind::Server if error.status() == Some(404) => "404, so the instance has no role".to_owned(),
        _ => error.summary().to_owned(),
    }
}

#[cfg(test)]
mod tests;
