//! The access key of a profile.

use super::Profile;
use super::file::{ProfileFile, Properties, Property};
use crate::credentials::Credentials;
use crate::error::{Error, ErrorKind, Result};

/// Properties that make aws-cli get credentials from elsewhere before it looks for an access key in either file.
const BEFORE_FILES: [&str; 4] = ["role_arn", "web_identity_token_file", "sso_account_id", "sso_role_name"];
/// The same, before it looks in the config file.
const BEFORE_CONFIG: [&str; 2] = ["login_session", "credential_process"];

impl Profile<'_> {
    /// Returns the access key in the files, in the order of aws-cli. Rejects a profile that gets its credentials
    /// from elsewhere.
    pub(super) fn credentials(&self) -> Result<Credentials> {
        // silently using the access key of a profile with a role would be the wrong identity
        let elsewhere = |names: &[&str]| {
            for name in names {
                if let Some(property) = self.selecting(name)? {
                    let problem = format!("has {name}, which needs Config::load");
                    return Err(self.error(property, problem).with_hint(NEEDS_CHAIN));
                }
            }
            Ok(())
        };
        elsewhere(&BEFORE_FILES)?;
        if let Some(credentials) = self.credentials_file()? {
            return Ok(credentials);
        }
        elsewhere(&BEFORE_CONFIG)?;
        match self.config_file()? {
            Some(credentials) => Ok(credentials),
            None => {
                let text = format!("the profile {:?} has no aws_access_key_id", self.name);
                Err(Error::new(ErrorKind::Credentials, format!("{text} ({})", self.all.searched())).with_hint(
                    "Add aws_access_key_id and aws_secret_access_key to the profile, or use another profile.",
                ))
            }
        }
    }

    /// Returns the access key in the credentials file.
    pub(crate) fn credentials_file(&self) -> Result<Option<Credentials>> {
        self.static_credentials(self.in_credentials.as_ref(), &self.all.credentials)
    }

    /// Returns the access key in the config file.
    pub(crate) fn config_file(&self) -> Result<Option<Credentials>> {
        self.static_credentials(self.in_config.as_ref(), &self.all.config)
    }

    fn static_credentials(
        &self,
        properties: Option<&Properties>,
        file: &ProfileFile,
    ) -> Result<Option<Credentials>> {
        let get = |name: &str| properties?.get(name);
        for name in ["aws_access_key_id", "aws_secret_access_key"] {
            if let Some(property) = get(name).filter(|property| property.value.is_empty()) {
                return Err(self.empty(name, property));
            }
        }
        let lacks = |present: &Property, has: &str, missing: &str| {
            let hint = format!("Add {missing} to the same section, or remove {has}.");
            self.error(present, format_args!("has {has} but no {missing}")).with_hint(hint)
        };
        let (access, secret) = match (get("aws_access_key_id"), get("aws_secret_access_key")) {
            (Some(access), Some(secret)) => (access, secret),
            (Some(access), None) => return Err(lacks(access, "aws_access_key_id", "aws_secret_access_key")),
            (None, Some(secret)) => return Err(lacks(secret, "aws_secret_access_key", "aws_access_key_id")),
            (None, None) => return Ok(None),
        };
        let mut tokens = ["aws_security_token", "aws_session_token"].into_iter().filter_map(get);
        let token = tokens.find(|token| !token.value.is_empty());
        for property in [Some(access), Some(secret), token].into_iter().flatten() {
            if property.value.contains(" #") || property.value.contains(" ;") {
                return Err(self
                    .error(property, "has a comment after a value, which is part of the value")
                    .with_hint("Move the comment to a line of its own."));
            }
        }
        let source = format!("the profile {:?} in {}", self.name, file.path());
        let mut credentials = Credentials::new(&access.value, &secret.value).found_in(source);
        if let Some(token) = token {
            credentials = credentials.session_token(&token.value);
        }
        credentials.validate().map_err(|error| {
            let message = format!("{}: {}", access.place, error.summary());
            Error::invalid(message).with_hint("Correct the value in the file.")
        })?;
        Ok(Some(credentials))
    }
}

/// How to use a profile that has more than an access key.
pub(super) const NEEDS_CHAIN: &str = if cfg!(feature = "credentials-chain") {
    "Config::load and Config::load_with support such profiles."
} else {
    "Enable the feature credentials-chain of plain-s3, or fetch the credentials in a closure passed to \
     Config::credentials_provider."
};
