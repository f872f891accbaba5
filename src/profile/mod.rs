//! Settings and credentials from AWS's profile files.

mod ini;

use std::collections::BTreeMap;
use std::env;
use std::fmt;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::config::Config;
use crate::credentials::Credentials;
use crate::error::{Error, Result};
use crate::sign::SignatureVersion;

const DEFAULT: &str = "default";
const ENDPOINT: &str = "AWS_ENDPOINT_URL";
const REGION: &str = "AWS_DEFAULT_REGION";
const ADDRESSING_STYLE: &str = "S3_ADDRESSING_STYLE";
/// Ways to credentials that lead through other services.
const FOREIGN: [&str; 6] = [
    "credential_process",
    "credential_source",
    "role_arn",
    "sso_session",
    "sso_start_url",
    "web_identity_token_file",
];

type Properties = BTreeMap<String, String>;

/// The profiles of `~/.aws/credentials` and `~/.aws/config`, or of other such files.
///
/// [`Config::from_profile`] and [`Credentials::from_profile`] are shorter for the usual places. Of a profile
/// that stands in both files, the properties of the credentials file count first.
///
/// | property | setting |
/// |---|---|
/// | `endpoint_url` below `s3 =` of the `[services NAME]` that `services = NAME` names, else `endpoint_url` | endpoint |
/// | `aws_access_key_id`, `aws_secret_access_key`, `aws_session_token` | credentials |
/// | `region` | region, which selects Signature V4 |
/// | `addressing_style` below `s3 =` | `path` or `virtual`; `auto` is our default |
/// | `signature_version` below `s3 =` | `s3` for Signature V2, `s3v4` for V4 |
///
/// `{:?}` shows names only.
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
    /// What was looked at, in words.
    places: Vec<String>,
    /// The name where none is given.
    chosen: String,
}

impl Profiles {
    /// Reads the files at their usual places: those that `AWS_SHARED_CREDENTIALS_FILE` and `AWS_CONFIG_FILE`
    /// name, else `credentials` and `config` in the folder `.aws` of the home directory. A file that is not
    /// there counts as empty.
    ///
    /// # Errors
    ///
    /// [`LocalIo`](crate::ErrorKind::LocalIo) where a file cannot be read;
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) where it has a line that is none.
    ///
    /// ```no_run
    /// println!("{:?}", plain_s3::Profiles::load()?);
    /// # Ok::<(), plain_s3::Error>(())
    /// ```
    pub fn load() -> Result<Self> {
        Self::load_by(&|name| env::var(name).ok())
    }

    /// Reads these files, in place of the usual ones; a file that is not there counts as empty.
    ///
    /// # Errors
    ///
    /// As [`load`](Self::load).
    ///
    /// ```no_run
    /// let profiles = plain_s3::Profiles::from_files(None, Some("/etc/backup/config".as_ref()))?;
    /// # Ok::<(), plain_s3::Error>(())
    /// ```
    pub fn from_files(credentials: Option<&Path>, config: Option<&Path>) -> Result<Self> {
        Self::read(credentials, config, env::var("AWS_PROFILE").ok())
    }

    /// Returns the credentials of a profile; without a name, of the one that `AWS_PROFILE` names, else of
    /// `default`.
    ///
    /// # Errors
    ///
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) where there is no such profile, or it has no keys; the text
    /// names the files.
    ///
    /// ```no_run
    /// let credentials = plain_s3::Profiles::load()?.credentials(Some("backup"))?;
    /// # Ok::<(), plain_s3::Error>(())
    /// ```
    pub fn credentials(&self, name: Option<&str>) -> Result<Credentials> {
        self.keys(name.unwrap_or(&self.chosen), "")
    }

    /// The keys of a profile; `before` begins the text of an error.
    fn keys(&self, name: &str, before: &str) -> Result<Credentials> {
        let profile = self.profile(name, before)?;
        let get = |key: &str| profile.get(key).filter(|value| !value.is_empty()).cloned();
        let required = |key: &str| {
            get(key).ok_or_else(|| {
                let text = format!("{before}the profile {name:?} has no {key} ({})", self.places());
                let error = Error::invalid(text);
                match FOREIGN.iter().find(|way| profile.contains_key(**way)) {
                    Some(way) => error.with_hint(format!(
                        "It has {way}, which is not followed here: give what it leads to by \
                         Config::credentials_provider."
                    )),
                    None => error,
                }
            })
        };
        let keys = Credentials::new(required("aws_access_key_id")?, required("aws_secret_access_key")?);
        Ok(match get("aws_session_token") {
            Some(token) => keys.session_token(token),
            None => keys,
        })
    }

    /// Returns the settings of a profile, credentials included; the name is as with
    /// [`credentials`](Self::credentials).
    ///
    /// # Errors
    ///
    /// As [`credentials`](Self::credentials); also where the profile has no endpoint.
    ///
    /// ```no_run
    /// let config = plain_s3::Profiles::load()?.config(Some("backup"))?;
    /// # Ok::<(), plain_s3::Error>(())
    /// ```
    pub fn config(&self, name: Option<&str>) -> Result<Config> {
        let name = name.unwrap_or(&self.chosen);
        let profile = self.profile(name, "")?;
        if self.variable(profile, ENDPOINT).is_none() {
            return Err(Error::invalid(format!("the profile {name:?} has no endpoint_url ({})", self.places()))
                .with_hint(
                    "Add it there, or give the endpoint by Config::new and the keys by Credentials::from_profile.",
                ));
        }
        let config = Config::from_variables(&|variable| self.variable(profile, variable))?;
        self.with_signature(profile, config.credentials(self.credentials(Some(name))?))
    }

    /// The environment, and what it leaves open from the chosen profile.
    pub(crate) fn config_below(&self, variable: &dyn Fn(&str) -> Option<String>) -> Result<Config> {
        let empty = Properties::new();
        let profile = self.profiles.get(&self.chosen).unwrap_or(&empty);
        let get = |name: &str| {
            variable(name).filter(|value| !value.is_empty()).or_else(|| self.variable(profile, name))
        };
        // found out before an endpoint that is missing, as it is the commoner of the two
        let credentials = self.credentials_below(variable)?;
        let config = Config::from_variables(&get).map_err(|error| {
            let places = self.places();
            error.with_hint(format!("The profile {:?} has no endpoint_url either ({places}).", self.chosen))
        })?;
        self.with_signature(profile, config.credentials(credentials))
    }

    /// The credentials of the environment, else of the chosen profile.
    pub(crate) fn credentials_below(&self, variable: &dyn Fn(&str) -> Option<String>) -> Result<Credentials> {
        let is_set = |name| variable(name).is_some_and(|value| !value.is_empty());
        if is_set("AWS_ACCESS_KEY_ID") || is_set("AWS_SECRET_ACCESS_KEY") {
            return Credentials::from_variables(variable);
        }
        self.keys(&self.chosen, "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY are not set, and ")
    }

    pub(crate) fn load_by(variable: &dyn Fn(&str) -> Option<String>) -> Result<Self> {
        let get = |name: &str| variable(name).filter(|value| !value.is_empty());
        let home = get("HOME").or_else(|| get("USERPROFILE")).map(PathBuf::from);
        let path = |name: &str, usual: &str| match (get(name), &home) {
            (Some(path), Some(home)) if path.starts_with("~/") => Some(home.join(&path[2..])),
            (Some(path), _) => Some(PathBuf::from(path)),
            (None, home) => home.as_ref().map(|home| home.join(".aws").join(usual)),
        };
        let credentials = path("AWS_SHARED_CREDENTIALS_FILE", "credentials");
        let config = path("AWS_CONFIG_FILE", "config");
        Self::read(credentials.as_deref(), config.as_deref(), get("AWS_PROFILE"))
    }

    fn read(credentials: Option<&Path>, config: Option<&Path>, chosen: Option<String>) -> Result<Self> {
        let chosen = chosen.filter(|name| !name.is_empty()).unwrap_or_else(|| DEFAULT.to_owned());
        let mut all =
            Self { profiles: BTreeMap::new(), services: BTreeMap::new(), places: Vec::new(), chosen };
        if credentials.is_none() && config.is_none() {
            all.places.push("no file, as HOME is not set".to_owned());
        }
        let of_credentials = all.sections(credentials)?;
        let sections = all.sections(config)?;
        let has_long_default = sections.iter().any(|section| section.name == "profile default");
        for section in sections {
            let (kind, name) = section.name.split_once(' ').unwrap_or(("", &section.name));
            let map = match (kind, name) {
                ("profile", _) => &mut all.profiles,
                ("services", _) => &mut all.services,
                ("", DEFAULT) if !has_long_default => &mut all.profiles,
                _ => continue,
            };
            map.entry(name.to_owned()).or_default().extend(section.properties);
        }
        // what comes later counts
        for section in of_credentials {
            all.profiles.entry(section.name).or_default().extend(section.properties);
        }
        Ok(all)
    }

    fn sections(&mut self, path: Option<&Path>) -> Result<Vec<ini::Section>> {
        let Some(path) = path else { return Ok(Vec::new()) };
        match fs::read_to_string(path) {
            Ok(text) => {
                self.places.push(path.display().to_string());
                ini::parse(&text).map_err(|line| {
                    Error::invalid(format!(
                        "line {line} of {} is neither a [section], a name = value nor a # comment",
                        path.display()
                    ))
                })
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                self.places.push(format!("{}, which is not there", path.display()));
                Ok(Vec::new())
            }
            Err(error) => Err(Error::local(format!("cannot read {}", path.display()), error)),
        }
    }

    fn profile(&self, name: &str, before: &str) -> Result<&Properties> {
        self.profiles.get(name).ok_or_else(|| {
            Error::invalid(format!("{before}there is no profile {name:?} ({})", self.places()))
        })
    }

    fn places(&self) -> String {
        format!("looked at: {}", self.places.join("; "))
    }

    /// A profile's property by the name of an environment variable that sets the same: the last of them in
    /// their order, so that any that is set goes before the profile.
    fn variable(&self, profile: &Properties, name: &str) -> Option<String> {
        let of_service = || self.services.get(profile.get("services")?)?.get("s3.endpoint_url");
        let value = match name {
            ENDPOINT => of_service().or_else(|| profile.get("endpoint_url")),
            REGION => profile.get("region"),
            ADDRESSING_STYLE => profile.get("s3.addressing_style").filter(|style| *style != "auto"),
            _ => None,
        };
        value.filter(|value| !value.is_empty()).cloned()
    }

    fn with_signature(&self, profile: &Properties, config: Config) -> Result<Config> {
        match profile.get("s3.signature_version").map(String::as_str) {
            None | Some("") => Ok(config),
            Some("s3") => Ok(config.signature_version(SignatureVersion::V2)),
            Some("s3v4") => Ok(config.signature_version(SignatureVersion::V4)),
            Some(other) => Err(Error::invalid(format!(
                "the signature_version {other:?} of a profile is neither s3 nor s3v4 ({})",
                self.places()
            ))),
        }
    }
}

impl fmt::Debug for Profiles {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Profiles")
            .field("places", &self.places)
            .field("profiles", &self.profiles.keys())
            .field("chosen", &self.chosen)
            .finish()
    }
}

#[cfg(test)]
mod tests;
