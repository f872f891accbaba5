//! Configuration and credentials from the profile files of AWS's tools.

mod constructors;
mod ini;

use std::collections::BTreeMap;
use std::fmt;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::config::{Config, Environment};
use crate::credentials::Credentials;
use crate::endpoint::AddressingStyle;
use crate::error::{Error, Result};
use crate::sign::SignatureVersion;

const DEFAULT: &str = "default";
/// Properties that refer to credentials of other services, which this crate does not fetch.
const UNSUPPORTED: [&str; 6] = [
    "credential_process",
    "credential_source",
    "role_arn",
    "sso_session",
    "sso_start_url",
    "web_identity_token_file",
];

type Properties = BTreeMap<String, String>;

/// The profiles in `~/.aws/credentials` and `~/.aws/config`, or in other files of that format.
///
/// For the usual files, [`Config::from_profile`] and [`Credentials::from_profile`] are shorter. If both files
/// define a profile, the properties in the credentials file take precedence.
///
/// | Property | Setting |
/// |---|---|
/// | `endpoint_url` below `s3 =` in `[services NAME]` if the profile has `services = NAME`, otherwise `endpoint_url` | endpoint |
/// | `aws_access_key_id`, `aws_secret_access_key`, `aws_session_token` | credentials |
/// | `region` | region, which selects Signature V4 |
/// | `addressing_style` below `s3 =` | `path` (the default), `virtual`, or `auto` for the default |
/// | `signature_version` below `s3 =` | `s3` for Signature V2, `s3v4` for V4 |
///
/// `{:?}` shows only names of files and profiles.
///
/// ```no_run
/// use plain_s3::{Client, Profiles};
///
/// # fn main() -> plain_s3::Result<()> {
/// let profiles = Profiles::from_files(Some("/etc/backup/credentials".as_ref()), None)?;
/// let client = Client::new(profiles.config(Some("offsite"))?)?;
/// # Ok(())
/// # }
/// ```
pub struct Profiles {
    profiles: BTreeMap<String, Properties>,
    services: BTreeMap<String, Properties>,
    /// The files, described for error texts.
    searched: Vec<String>,
    /// The profile to use if the caller names none.
    default_name: String,
}

impl Profiles {
    /// Reads the usual files: those named by `AWS_SHARED_CREDENTIALS_FILE` and `AWS_CONFIG_FILE`, otherwise
    /// `credentials` and `config` in `.aws` in the home directory. A file that does not exist counts as
    /// empty.
    ///
    /// # Errors
    ///
    /// Fails with [`LocalIo`](crate::ErrorKind::LocalIo) if a file cannot be read, and with
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) if a line has a syntax error. The error names the
    /// line by its number.
    ///
    /// ```no_run
    /// println!("{:?}", plain_s3::Profiles::load()?);
    /// # Ok::<(), plain_s3::Error>(())
    /// ```
    pub fn load() -> Result<Self> {
        Self::load_from(&Environment::process())
    }

    /// Reads these files in place of the usual ones. A file that does not exist counts as empty.
    ///
    /// # Errors
    ///
    /// Returns the same errors as [`load`](Self::load).
    ///
    /// ```no_run
    /// let profiles = plain_s3::Profiles::from_files(None, Some("/etc/backup/config".as_ref()))?;
    /// # Ok::<(), plain_s3::Error>(())
    /// ```
    pub fn from_files(credentials: Option<&Path>, config: Option<&Path>) -> Result<Self> {
        Self::read(credentials, config, &Environment::process())
    }

    /// Returns the credentials of the profile `name`. `None` selects the profile named by `AWS_PROFILE`,
    /// otherwise `default`.
    ///
    /// # Errors
    ///
    /// Fails with [`InvalidInput`](crate::ErrorKind::InvalidInput) if there is no such profile or if it has
    /// no credentials. The error names the files.
    ///
    /// ```no_run
    /// let credentials = plain_s3::Profiles::load()?.credentials(Some("backup"))?;
    /// # Ok::<(), plain_s3::Error>(())
    /// ```
    pub fn credentials(&self, name: Option<&str>) -> Result<Credentials> {
        self.profile(name)?.credentials()
    }

    /// Returns the configuration of the profile `name`, including its credentials. `None` selects the profile
    /// named by `AWS_PROFILE`, otherwise `default`.
    ///
    /// # Errors
    ///
    /// Returns the same errors as [`credentials`](Self::credentials). Also fails with
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) if the profile has no endpoint, or if the addressing
    /// style or the signature version is invalid.
    ///
    /// ```no_run
    /// let config = plain_s3::Profiles::load()?.config(Some("backup"))?;
    /// # Ok::<(), plain_s3::Error>(())
    /// ```
    pub fn config(&self, name: Option<&str>) -> Result<Config> {
        let profile = self.profile(name)?;
        let endpoint = profile.endpoint().ok_or_else(|| {
            profile.error("has no endpoint_url").with_hint(
                "Add it to the profile, or use Config::new with the endpoint, and Config::credentials with \
                 Credentials::from_profile.",
            )
        })?;
        let config = Config::new(endpoint).credentials(profile.credentials()?);
        profile.complete(config, &Environment::new(|_| None))
    }

    fn load_from(env: &Environment<'_>) -> Result<Self> {
        let home = env.get("HOME").or_else(|| env.get("USERPROFILE")).map(PathBuf::from);
        let path = |variable: &str, usual: &str| match (env.get(variable), &home) {
            (Some(path), Some(home)) if path.starts_with("~/") => Some(home.join(&path[2..])),
            (Some(path), _) => Some(PathBuf::from(path)),
            (None, home) => home.as_ref().map(|home| home.join(".aws").join(usual)),
        };
        let credentials = path("AWS_SHARED_CREDENTIALS_FILE", "credentials");
        let config = path("AWS_CONFIG_FILE", "config");
        Self::read(credentials.as_deref(), config.as_deref(), env)
    }

    fn read(credentials: Option<&Path>, config: Option<&Path>, env: &Environment<'_>) -> Result<Self> {
        let mut all = Self {
            profiles: BTreeMap::new(),
            services: BTreeMap::new(),
            searched: Vec::new(),
            default_name: env.get("AWS_PROFILE").unwrap_or_else(|| DEFAULT.to_owned()),
        };
        if credentials.is_none() && config.is_none() {
            all.searched.push("no files, because HOME is not set".to_owned());
        }
        let credentials = all.sections(credentials)?;
        let sections = all.sections(config)?;
        // As in AWS's tools, [profile default] replaces [default], and any other name needs the prefix.
        let has_prefixed_default = sections.iter().any(|section| section.name == "profile default");
        for section in sections {
            let (kind, name) = section.name.split_once(' ').unwrap_or(("", &section.name));
            let map = match (kind, name) {
                ("profile", _) => &mut all.profiles,
                ("services", _) => &mut all.services,
                ("", DEFAULT) if !has_prefixed_default => &mut all.profiles,
                _ => continue,
            };
            map.entry(name.to_owned()).or_default().extend(section.properties);
        }
        // The credentials file comes last, because `extend` overwrites the properties of the config file.
        for section in credentials {
            all.profiles.entry(section.name).or_default().extend(section.properties);
        }
        Ok(all)
    }

    fn sections(&mut self, path: Option<&Path>) -> Result<Vec<ini::Section>> {
        let Some(path) = path else { return Ok(Vec::new()) };
        match fs::read_to_string(path) {
            Ok(text) => {
                self.searched.push(path.display().to_string());
                ini::parse(&text).map_err(|line| {
                    Error::invalid(format!(
                        "line {line} of {} is not a [section], a name = value or a # comment",
                        path.display()
                    ))
                })
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                self.searched.push(format!("{}, which does not exist", path.display()));
                Ok(Vec::new())
            }
            Err(error) => Err(Error::local(format!("cannot read {}", path.display()), error)),
        }
    }

    fn profile<'a>(&'a self, name: Option<&'a str>) -> Result<Profile<'a>> {
        let name = name.unwrap_or(&self.default_name);
        match self.profiles.get(name) {
            Some(properties) => Ok(Profile { name, properties, all: self }),
            None => Err(Error::invalid(format!("there is no profile {name:?} ({})", self.searched()))),
        }
    }

    fn searched(&self) -> String {
        format!("searched: {}", self.searched.join("; "))
    }
}

/// One profile: the merged properties of both files.
struct Profile<'a> {
    name: &'a str,
    properties: &'a Properties,
    all: &'a Profiles,
}

impl Profile<'_> {
    /// Returns a property. An empty one counts as not set.
    fn get(&self, name: &str) -> Option<&str> {
        self.properties.get(name).map(String::as_str).filter(|value| !value.is_empty())
    }

    /// Returns an error about this profile, such as "the profile "a" has no endpoint_url".
    fn error(&self, problem: impl fmt::Display) -> Error {
        Error::invalid(format!("the profile {:?} {problem} ({})", self.name, self.all.searched()))
    }

    fn endpoint(&self) -> Option<&str> {
        let of_service = || self.all.services.get(self.properties.get("services")?)?.get("s3.endpoint_url");
        let value = of_service().or_else(|| self.properties.get("endpoint_url"))?;
        Some(value.as_str()).filter(|value| !value.is_empty())
    }

    fn credentials(&self) -> Result<Credentials> {
        let required = |name: &str| {
            self.get(name).ok_or_else(|| {
                let error = self.error(format_args!("has no {name}"));
                match UNSUPPORTED.iter().find(|name| self.properties.contains_key(**name)) {
                    Some(name) => error.with_hint(format!(
                        "It has {name}, which is not supported: fetch the credentials in a closure passed to \
                         Config::credentials_provider."
                    )),
                    None => error,
                }
            })
        };
        let credentials =
            Credentials::new(required("aws_access_key_id")?, required("aws_secret_access_key")?);
        Ok(match self.get("aws_session_token") {
            Some(token) => credentials.session_token(token),
            None => credentials,
        })
    }

    /// Adds the settings besides the endpoint and the credentials. The environment takes precedence.
    fn complete(&self, mut config: Config, env: &Environment<'_>) -> Result<Config> {
        config.region = env.region().or_else(|| self.get("region").map(str::to_owned));
        config.addressing = match env.addressing_style()? {
            Some(style) => style,
            None => self.addressing_style()?,
        };
        config.signature = self.signature_version()?;
        Ok(config)
    }

    fn addressing_style(&self) -> Result<AddressingStyle> {
        match self.get("s3.addressing_style") {
            None | Some("auto") => Ok(AddressingStyle::default()),
            Some("path") => Ok(AddressingStyle::Path),
            Some("virtual") => Ok(AddressingStyle::VirtualHosted),
            Some(other) => Err(self.error(format_args!(
                "has the addressing_style {other:?}, not \"path\", \"virtual\" or \"auto\""
            ))),
        }
    }

    fn signature_version(&self) -> Result<Option<SignatureVersion>> {
        match self.get("s3.signature_version") {
            None => Ok(None),
            Some("s3") => Ok(Some(SignatureVersion::V2)),
            Some("s3v4") => Ok(Some(SignatureVersion::V4)),
            Some(other) => {
                Err(self.error(format_args!("has the signature_version {other:?}, not \"s3\" or \"s3v4\"")))
            }
        }
    }
}

impl fmt::Debug for Profiles {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Profiles")
            .field("searched", &self.searched)
            .field("profiles", &self.profiles.keys())
            .field("default_name", &self.default_name)
            .finish()
    }
}

#[cfg(test)]
mod tests;
