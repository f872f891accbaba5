//! Who signs: access key, secret key and, for temporary credentials, a session token.

pub(crate) mod provider;

use std::env;
use std::fmt;

use time::OffsetDateTime;

use crate::error::{Error, Result};
use crate::profile::Profiles;

/// An access key with its secret, and a session token for temporary credentials.
///
/// `{:?}` shows the access key and hides the rest.
///
/// ```
/// use plain_s3::Credentials;
///
/// let credentials = Credentials::new("put your access key here!", "put your secret key here!");
/// assert!(!format!("{credentials:?}").contains("secret key"));
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct Credentials {
    access_key: String,
    secret_key: String,
    session_token: Option<String>,
    expiry: Option<OffsetDateTime>,
}

impl Credentials {
    /// Takes the access key and the secret key as the provider shows them.
    pub fn new(access_key: impl Into<String>, secret_key: impl Into<String>) -> Self {
        Self {
            access_key: access_key.into(),
            secret_key: secret_key.into(),
            session_token: None,
            expiry: None,
        }
    }

    /// Adds the session token that comes with temporary credentials.
    pub fn session_token(mut self, token: impl Into<String>) -> Self {
        self.session_token = Some(token.into());
        self
    }

    /// Says when temporary credentials end, so that
    /// [`Config::credentials_provider`](crate::Config::credentials_provider) keeps them until then.
    pub fn expires_at(mut self, moment: impl Into<OffsetDateTime>) -> Self {
        self.expiry = Some(moment.into());
        self
    }

    /// Reads `AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY` and, where set, `AWS_SESSION_TOKEN`.
    ///
    /// # Errors
    ///
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) where one of the first two is missing or empty;
    /// the text names it.
    pub fn from_env() -> Result<Self> {
        Self::from_variables(&|name| env::var(name).ok())
    }

    /// Reads the credentials of a profile in `~/.aws/credentials` and `~/.aws/config`; see [`Profiles`]. No name
    /// means the profile that `AWS_PROFILE` names, else `default`.
    ///
    /// # Errors
    ///
    /// As [`Profiles::load`] and [`Profiles::credentials`].
    ///
    /// ```no_run
    /// let credentials = plain_s3::Credentials::from_profile(Some("backup"))?;
    /// # Ok::<(), plain_s3::Error>(())
    /// ```
    pub fn from_profile(name: Option<&str>) -> Result<Self> {
        Profiles::load()?.credentials(name)
    }

    /// Reads the environment as [`from_env`](Self::from_env) does and, where neither key is set there, the
    /// profile as [`from_profile`](Self::from_profile) does.
    ///
    /// # Errors
    ///
    /// As both; where nothing is found, the text names every place that was looked at.
    ///
    /// ```no_run
    /// let credentials = plain_s3::Credentials::from_env_or_profile()?;
    /// # Ok::<(), plain_s3::Error>(())
    /// ```
    pub fn from_env_or_profile() -> Result<Self> {
        Profiles::load()?.credentials_below(&|name| env::var(name).ok())
    }

    pub(crate) fn from_variables(variable: &dyn Fn(&str) -> Option<String>) -> Result<Self> {
        let get = |name: &str| variable(name).filter(|value| !value.is_empty());
        let required = |name: &str| {
            get(name).ok_or_else(|| {
                Error::invalid(format!("the environment variable {name} is not set"))
                    .with_hint("Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or give Credentials::new(…)")
            })
        };
        let credentials = Self::new(required("AWS_ACCESS_KEY_ID")?, required("AWS_SECRET_ACCESS_KEY")?);
        Ok(match get("AWS_SESSION_TOKEN") {
            Some(token) => credentials.session_token(token),
            None => credentials,
        })
    }

    /// Refuses what would break the header they go into, and the copying slips that end in
    /// `SignatureDoesNotMatch`. The secret itself is never quoted.
    pub(crate) fn validate(&self) -> Result<()> {
        let parts = [
            ("access key", Some(&self.access_key)),
            ("secret key", Some(&self.secret_key)),
            ("session token", self.session_token.as_ref()),
        ];
        for (name, value) in parts {
            let Some(value) = value else { continue };
            if value.is_empty() {
                return Err(Error::invalid(format!("the {name} is empty")));
            }
            if value.trim() != value || value.chars().any(char::is_control) {
                return Err(Error::invalid(format!(
                    "the {name} has a line break, a control character, or a space at an end"
                ))
                .with_hint("It may have come along when it was copied; trim() it."));
            }
        }
        Ok(())
    }

    pub(crate) fn access_key(&self) -> &str {
        &self.access_key
    }

    pub(crate) fn secret_key(&self) -> &str {
        &self.secret_key
    }

    pub(crate) fn token(&self) -> Option<&str> {
        self.session_token.as_deref()
    }

    pub(crate) fn expiry(&self) -> Option<OffsetDateTime> {
        self.expiry
    }
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Credentials").field("access_key", &self.access_key).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_hides_the_secrets() {
        let text = format!("{:?}", Credentials::new("AKID", "s3cr3t").session_token("t0k3n"));
        assert!(text.contains("AKID") && !text.contains("s3cr3t") && !text.contains("t0k3n"), "{text}");
    }

    #[test]
    fn the_environment_gives_all_three_and_an_error_names_what_is_missing() {
        let full = |name: &str| Some(format!("value of {name}"));
        let credentials = Credentials::from_variables(&full).unwrap();
        assert_eq!(credentials.access_key(), "value of AWS_ACCESS_KEY_ID");
        assert_eq!(credentials.token(), Some("value of AWS_SESSION_TOKEN"));

        let no_secret = |name: &str| (name == "AWS_ACCESS_KEY_ID").then(|| "a".to_owned());
        let text = Credentials::from_variables(&no_secret).unwrap_err().to_string();
        assert!(text.contains("AWS_SECRET_ACCESS_KEY is not set"), "{text}");

        let empty_token = |name: &str| Some(if name == "AWS_SESSION_TOKEN" { "" } else { "x" }.to_owned());
        assert_eq!(Credentials::from_variables(&empty_token).unwrap().token(), None);
    }

    #[test]
    fn slips_of_copying_are_named_without_the_secret() {
        let text = Credentials::new("a", "s3cr3t\n").validate().unwrap_err().to_string();
        assert!(text.contains("secret key") && !text.contains("s3cr3t"), "{text}");
        assert!(Credentials::new("", "s").validate().is_err());
        assert!(Credentials::new("a", "s").session_token("").validate().is_err());
        Credentials::new("account:user", "a+b/c=").validate().unwrap();
    }
}
