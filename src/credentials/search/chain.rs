//! The search for credentials, in the order of botocore.
//!
//! The first source that is configured decides. If it is broken, the search ends with an error: another identity
//! could read and write what the intended one may not.

use super::container::{Container, FULL_URI, RELATIVE_URI};
use super::context::Context;
use super::instance::Instance;
use super::profile_source::profile_source;
use super::roles::assumed_role;
use super::service::Network;
use super::source::Source;
use crate::config::Environment;
use crate::error::{Error, ErrorKind, Result};
use crate::profile::Profiles;

pub(super) struct Chain<'a> {
    context: Context<'a>,
    /// The caller named the profile, so that it takes precedence over the environment.
    is_named: bool,
}

impl<'a> Chain<'a> {
    pub(super) fn new(
        env: &'a Environment<'a>,
        profiles: &'a Profiles,
        name: Option<&'a str>,
        network: Network,
    ) -> Result<Self> {
        let context = Context { env, profile: profiles.completing(name, env)?, network };
        Ok(Self { context, is_named: name.is_some() })
    }

    /// Finds the source that is configured. The last resort is instance metadata, which may turn out not to exist.
    ///
    /// Sends nothing and starts nothing.
    pub(super) fn resolve(&self) -> Result<Source> {
        if !self.is_named && self.context.env.has_credentials() {
            return Ok(Source::Environment(self.context.env.credentials()?));
        }
        let profile = &self.context.profile;
        if let Some(source) = assumed_role(profile, &self.context)? {
            return Ok(source);
        }
        if let Some(source) = profile_source(profile, &self.context, !self.is_named)? {
            return Ok(source);
        }
        self.reject_incomplete()?;
        if let Some(container) = Container::configured(&self.context)? {
            return Ok(Source::Container(container));
        }
        match Instance::configured(&self.context)? {
            Some(instance) => Ok(Source::Instance(instance)),
            None => Err(self.not_found("instance metadata, which AWS_EC2_METADATA_DISABLED disables")),
        }
    }

    /// Creates the error of a search that found nothing.
    pub(super) fn not_found(&self, instance_metadata: &str) -> Error {
        let environment = if self.is_named { "" } else { "AWS_ACCESS_KEY_ID; AWS_WEB_IDENTITY_TOKEN_FILE; " };
        let files = self.context.profile.profiles().searched();
        let text = format!(
            "no credentials found (searched: {environment}the profile {:?} in {}; {RELATIVE_URI} and {FULL_URI}; \
             {instance_metadata})",
            self.context.profile.name,
            files.trim_start_matches("searched: ")
        );
        Error::new(ErrorKind::Credentials, text).with_hint(
            "Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or select a profile with AWS_PROFILE. For anonymous \
             requests, use LoadOptions::anonymous.",
        )
    }

    /// Rejects what only looks like a source: it was surely meant to decide.
    fn reject_incomplete(&self) -> Result<()> {
        if let Some((name, property)) = self.context.profile.first(&["sso_session", "sso_start_url"]) {
            let problem = format!("has {name}, but neither sso_account_id nor sso_role_name");
            let hint = "Add sso_account_id and sso_role_name to the profile, or remove the line.";
            return Err(self.context.profile.error(property, problem).with_hint(hint));
        }
        if let Some((name, property)) = self.context.profile.first(&["source_profile", "credential_source"]) {
            let problem = format!("has {name}, but no role_arn");
            let hint = "Add role_arn to the profile, or remove the line.";
            return Err(self.context.profile.error(property, problem).with_hint(hint));
        }
        if self.context.env.get("AWS_CREDENTIAL_FILE").is_some() {
            return Err(Error::invalid("AWS_CREDENTIAL_FILE is set, which is not supported")
                .with_hint("Move the access key to ~/.aws/credentials, or unset the variable."));
        }
        Ok(())
    }
}
