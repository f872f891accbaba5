//! Configuration and credentials from the profile files of AWS's tools.

mod access_key;
mod constructors;
mod file;
mod ini;
mod settings;

use std::fmt;
use std::path::Path;
#[cfg(feature = "credentials-chain")]
use std::path::PathBuf;

use crate::config::{Config, Environment};
use crate::credentials::Credentials;
use crate::error::{Error, Result};
pub(crate) use file::Property;
use file::{Content, ProfileFile, Properties};
use ini::Kind;

const DEFAULT: &str = "default";
/// Why the credentials file was not read.
const NOT_NEEDED: &str = "which was not needed";

/// The profiles in `~/.aws/credentials` and `~/.aws/config`, or in other files of that format.
///
/// For the usual files, [`Config::from_profile`] and [`Credentials::from_profile`] are shorter. The files are read
/// as aws-cli reads them: if both files define a profile, the properties in the credentials file take precedence.
///
/// | Property | Setting |
/// |---|---|
/// | `endpoint_url` below `s3 =` in `[services NAME]` if the profile has `services = NAME`, otherwise below `s3 =` in the profile, otherwise `endpoint_url` | endpoint |
/// | `aws_access_key_id`, `aws_secret_access_key`, `aws_session_token` | credentials |
/// | `region` | region, which selects Signature V4 |
/// | `ca_bundle` | a file with the certificates to trust, see [`Config::ca_pem`] |
/// | `addressing_style` below `s3 =` | `path` (the default), `virtual`, or `auto` for the default |
/// | `signature_version` below `s3 =` | `s3` for Signature V2, `s3v4` for V4 |
/// | `ignore_configured_endpoint_urls` | `true` ignores the endpoints above |
///
/// There are two differences from aws-cli: it ignores an `endpoint_url` below `s3 =` in the profile itself, and it
/// rejects a file with a malformed line, even if the line is in another section. Other properties, such as
/// `payload_signing_enabled`, are ignored.
///
/// Profiles that get their credentials from elsewhere, such as those with `role_arn`, are rejected. With the
/// feature `credentials-chain`, `Config::load` supports them.
///
/// `{:?}` shows only names of files and profiles.
///
/// ```
/// # let client = include!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/documentation/client.rs"));
/// use plain_s3::{Client, Profiles};
///
/// let profiles = Profiles::from_files(Some("credentials".as_ref()), Some("config".as_ref()))?;
/// let client = Client::new(profiles.config(Some("backup"))?)?;
/// assert!(client.bucket_exists("my-new-bucket")?);
/// # Ok::<(), plain_s3::Error>(())
/// ```
pub struct Profiles {
    credentials: ProfileFile,
    config: ProfileFile,
    /// The profile to use if the caller names none.
    default_name: String,
    /// The environment variable that names it.
    named_by: Option<&'static str>,
}

impl Profiles {
    /// Reads the usual files: those named by `AWS_SHARED_CREDENTIALS_FILE` and `AWS_CONFIG_FILE`, otherwise
    /// `credentials` and `config` in `.aws` in the home directory. A file that does not exist counts as
    /// empty.
    ///
    /// # Errors
    ///
    /// Fails with [`LocalIo`](crate::ErrorKind::LocalIo) if a file cannot be read. A malformed line is an error
    /// only for the section that contains it; see [`credentials`](Self::credentials).
    ///
    /// ```
    /// # let client = include!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/documentation/client.rs"));
    /// println!("{:?}", plain_s3::Profiles::load()?);
    /// # Ok::<(), plain_s3::Error>(())
    /// ```
    pub fn load() -> Result<Self> {
        Self::open(&Environment::process(), true).readable()
    }

    /// Reads these files in place of the usual ones. A file that does not exist counts as empty.
    ///
    /// # Errors
    ///
    /// Returns the same errors as [`load`](Self::load).
    ///
    /// ```
    /// # let client = include!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/documentation/client.rs"));
    /// let profiles = plain_s3::Profiles::from_files(None, Some("config".as_ref()))?;
    /// assert!(format!("{profiles:?}").contains("backup"));
    /// # Ok::<(), plain_s3::Error>(())
    /// ```
    pub fn from_files(credentials: Option<&Path>, config: Option<&Path>) -> Result<Self> {
        let read = |path: Option<&Path>| match path {
            Some(path) => ProfileFile::read(path),
            None => ProfileFile::absent("which was not passed"),
        };
        Self::new(read(credentials), read(config), &Environment::process()).readable()
    }

    /// Returns the credentials of the profile `name`. `None` selects the profile named by `AWS_DEFAULT_PROFILE`,
    /// otherwise by `AWS_PROFILE`, otherwise `default`.
    ///
    /// # Errors
    ///
    /// Fails with [`InvalidInput`](crate::ErrorKind::InvalidInput) if there is no such profile, if a line of it is
    /// malformed, or if it gets its credentials from elsewhere, such as from a role. Fails with
    /// [`Credentials`](crate::ErrorKind::Credentials) if it has no credentials. The error names the files and,
    /// if there is one, the line to correct.
    ///
    /// ```
    /// # let client = include!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/documentation/client.rs"));
    /// let credentials = plain_s3::Profiles::load()?.credentials(Some("backup"))?;
    /// # Ok::<(), plain_s3::Error>(())
    /// ```
    pub fn credentials(&self, name: Option<&str>) -> Result<Credentials> {
        self.profile(name)?.credentials()
    }

    /// Returns the configuration of the profile `name`, including its credentials. `None` selects a profile as in
    /// [`credentials`](Self::credentials).
    ///
    /// # Errors
    ///
    /// Returns the same errors as [`credentials`](Self::credentials). Also fails with
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) if the profile has no endpoint, or if the addressing
    /// style or the signature version is invalid, and with [`LocalIo`](crate::ErrorKind::LocalIo) if the
    /// `ca_bundle` cannot be read.
    ///
    /// ```
    /// # let client = include!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/documentation/client.rs"));
    /// let config = plain_s3::Profiles::load()?.config(Some("backup"))?;
    /// assert!(plain_s3::Client::new(config)?.bucket_exists("my-new-bucket")?);
    /// # Ok::<(), plain_s3::Error>(())
    /// ```
    pub fn config(&self, name: Option<&str>) -> Result<Config> {
        let profile = self.profile(name)?;
        let endpoint = profile.endpoint("s3")?.ok_or_else(|| {
            profile.lacks("has no endpoint_url").with_hint(
                "Add it to the profile, or use Config::new with the endpoint, and Config::credentials with \
                 Credentials::from_profile.",
            )
        })?;
        let config = Config::new(endpoint).credentials(profile.credentials()?);
        profile.complete(config, &Environment::new(|_| None))
    }

    /// Reads the usual files. Errors are kept until something needs the file.
    ///
    /// The credentials file is read only if `with_credentials` is set.
    pub(crate) fn open(env: &Environment<'_>, with_credentials: bool) -> Self {
        let read = |variable: &str, usual: &str| match (env.path(variable), env.home()) {
            (Some(path), _) => ProfileFile::read(&path),
            (None, Some(home)) => ProfileFile::read(&home.join(".aws").join(usual)),
            (None, None) => ProfileFile::absent("because HOME is not set"),
        };
        let credentials = if with_credentials {
            read("AWS_SHARED_CREDENTIALS_FILE", "credentials")
        } else {
            ProfileFile::absent(NOT_NEEDED)
        };
        Self::new(credentials, read("AWS_CONFIG_FILE", "config"), env)
    }

    fn new(credentials: ProfileFile, config: ProfileFile, env: &Environment<'_>) -> Self {
        let named = env.profile();
        Self {
            credentials,
            config,
            named_by: named.as_ref().map(|(variable, _)| *variable),
            default_name: named.map_or_else(|| DEFAULT.to_owned(), |(_, name)| name),
        }
    }

    /// Returns an error if a file exists but cannot be read.
    pub(crate) fn readable(self) -> Result<Self> {
        for file in [&self.credentials, &self.config] {
            file.readable()?;
        }
        Ok(self)
    }

    /// Returns a profile. It must exist, unless it is the one to use if nobody names one.
    pub(crate) fn profile<'a>(&'a self, name: Option<&'a str>) -> Result<Profile<'a>> {
        let profile = self.find(name)?;
        if profile.exists() { Ok(profile) } else { Err(self.no_profile(profile.name)) }
    }

    /// Returns a profile, if it exists.
    #[cfg(feature = "credentials-chain")]
    pub(crate) fn existing<'a>(&'a self, name: &'a str) -> Result<Option<Profile<'a>>> {
        self.find(Some(name)).map(|profile| profile.exists().then_some(profile))
    }

    /// Returns a profile, which is empty if it neither exists nor was named.
    pub(crate) fn profile_or_empty<'a>(&'a self, name: Option<&'a str>) -> Result<Profile<'a>> {
        let profile = self.find(name)?;
        // the profile may be in the credentials file, if that was not read
        let is_known = !matches!(self.credentials.content, Content::Absent(NOT_NEEDED));
        let named = is_known && (name.is_some() || self.named_by.is_some());
        if named && profile.name != DEFAULT && !profile.exists() {
            return Err(self.no_profile(profile.name));
        }
        Ok(profile)
    }

    /// Returns a profile without properties, which stands for one that is not needed.
    pub(crate) fn empty_profile(&self) -> Profile<'_> {
        let merged = Properties::new();
        Profile { name: &self.default_name, merged, in_credentials: None, in_config: None, all: self }
    }

    fn find<'a>(&'a self, name: Option<&'a str>) -> Result<Profile<'a>> {
        let name = name.unwrap_or(&self.default_name);
        let in_credentials = self.credentials.properties(|section| section.name == name)?;
        let wanted = Some((Kind::Profile, name.to_owned()));
        let in_config = self.config.properties(|section| section.kind() == wanted)?;
        let mut merged = in_config.clone().unwrap_or_default();
        // the credentials file comes last, because `extend` overwrites the properties of the config file
        merged.extend(in_credentials.clone().unwrap_or_default());
        Ok(Profile { name, merged, in_credentials, in_config, all: self })
    }

    fn no_profile(&self, name: &str) -> Error {
        let mut error = Error::invalid(format!("there is no profile {name:?} ({})", self.searched()));
        if let Some(section) = self.config.sections().find(|section| {
            let unquoted = section.name.strip_prefix("profile").map(str::trim);
            section.kind().is_none() && (section.name == name || unquoted == Some(name))
        }) {
            let place = self.config.place(section.line);
            error = error.with_hint(format!("{place} must be written as [profile {}].", quote(name)));
        } else {
            let names = self.names();
            if !names.is_empty() {
                error = error.with_hint(format!("The files have these profiles: {}.", names.join(", ")));
            }
        }
        match self.named_by.filter(|_| self.default_name == name) {
            Some(variable) => error.append_hint(&format!("The environment variable {variable} names it.")),
            None => error,
        }
    }

    pub(crate) fn searched(&self) -> String {
        format!("searched: {}; {}", self.credentials.describe("credentials"), self.config.describe("config"))
    }

    /// Returns the paths of the credentials file and the config file.
    #[cfg(feature = "credentials-chain")]
    pub(crate) fn paths(&self) -> (Option<PathBuf>, Option<PathBuf>) {
        let path = |file: &ProfileFile| file.path.as_deref().map(PathBuf::from);
        (path(&self.credentials), path(&self.config))
    }

    fn names(&self) -> Vec<String> {
        let credentials = self.credentials.sections().map(|section| section.name.clone());
        let config = self.config.sections().filter_map(ini::Section::kind);
        let config = config.filter(|(kind, _)| *kind == Kind::Profile).map(|(_, name)| name);
        let mut names: Vec<String> = credentials.chain(config).collect();
        names.sort();
        names.dedup();
        names
    }
}

/// Returns the name as it must be written after `profile` in the config file.
fn quote(name: &str) -> String {
    if name.contains(|c: char| c.is_whitespace() || c == '\'') {
        format!("\"{name}\"")
    } else {
        name.to_owned()
    }
}

/// One profile: the properties of both files, and of each.
pub(crate) struct Profile<'a> {
    pub(crate) name: &'a str,
    merged: Properties,
    in_credentials: Option<Properties>,
    in_config: Option<Properties>,
    all: &'a Profiles,
}

impl<'a> Profile<'a> {
    fn exists(&self) -> bool {
        self.in_credentials.is_some() || self.in_config.is_some()
    }

    /// Returns a property. An empty one counts as not set.
    pub(crate) fn get(&self, name: &str) -> Option<&Property> {
        self.merged.get(name).filter(|property| !property.value.is_empty())
    }

    /// Returns a property that selects a source of credentials. An empty one is an error: otherwise, another source
    /// would decide.
    pub(crate) fn selecting(&self, name: &str) -> Result<Option<&Property>> {
        match self.merged.get(name) {
            Some(property) if property.value.is_empty() => Err(self.empty(name, property)),
            property => Ok(property),
        }
    }

    fn empty(&self, name: &str, property: &Property) -> Error {
        self.error(property, format_args!("has an empty {name}"))
            .with_hint("Add the value, or remove the line.")
    }

    /// Returns the first of these properties that is set, with its name.
    #[cfg(feature = "credentials-chain")]
    pub(crate) fn first(&self, names: &[&'static str]) -> Option<(&'static str, &Property)> {
        names.iter().find_map(|name| Some((*name, self.get(name)?)))
    }

    #[cfg(feature = "credentials-chain")]
    pub(crate) fn profiles(&self) -> &'a Profiles {
        self.all
    }

    /// Returns an error about something that this profile lacks.
    pub(crate) fn lacks(&self, problem: impl fmt::Display) -> Error {
        Error::invalid(format!("the profile {:?} {problem} ({})", self.name, self.all.searched()))
    }

    /// Returns an error about one line of this profile.
    pub(crate) fn error(&self, property: &Property, problem: impl fmt::Display) -> Error {
        Error::invalid(format!("{}: the profile {:?} {problem}", property.place, self.name))
    }

    /// Returns the properties of an `[sso-session NAME]`.
    #[cfg(feature = "credentials-chain")]
    pub(crate) fn sso_session(&self, name: &str) -> Result<Option<Properties>> {
        let wanted = Some((Kind::SsoSession, name.to_owned()));
        self.all.config.properties(|section| section.kind() == wanted)
    }
}

impl fmt::Debug for Profiles {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Profiles")
            .field("searched", &[self.credentials.describe("credentials"), self.config.describe("config")])
            .field("profiles", &self.names())
            .field("default_name", &self.default_name)
            .finish()
    }
}

#[cfg(test)]
mod tests;
