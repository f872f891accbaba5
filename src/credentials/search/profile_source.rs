//! The sources within one profile, in the order of botocore.

use super::context::Context;
use super::login_session::LoginSession;
use super::process::Process;
use super::source::{File, FileSource, Source};
use super::sso::Sso;
use super::sts::{Role, Sts};
use crate::error::{Error, Result};
use crate::profile::Profile;

/// Finds the source of one profile, apart from a role that is assumed with another source.
pub(super) fn profile_source(
    profile: &Profile<'_>,
    context: &Context<'_>,
    with_environment: bool,
) -> Result<Option<Source>> {
    if let Some(source) = web_identity(profile, context, with_environment)? {
        return Ok(Some(source));
    }
    if let Some(sso) = Sso::configured(profile, context)? {
        return Ok(Some(Source::Sso(sso)));
    }
    if let Some(credentials) = profile.credentials_file()? {
        return Ok(Some(Source::File(FileSource::new(profile, credentials, File::Credentials))));
    }
    if let Some(login) = LoginSession::configured(profile, context)? {
        return Ok(Some(Source::LoginSession(login)));
    }
    if let Some(process) = Process::configured(profile)? {
        return Ok(Some(Source::Process(process)));
    }
    let credentials = profile.config_file()?;
    Ok(credentials.map(|credentials| Source::File(FileSource::new(profile, credentials, File::Config))))
}

/// Returns the role that is assumed with a web identity, if the environment or the profile configures one.
fn web_identity(
    profile: &Profile<'_>,
    context: &Context<'_>,
    with_environment: bool,
) -> Result<Option<Source>> {
    let setting = |variable: &str, property: &str| {
        let variable = if with_environment { context.env.get(variable) } else { None };
        variable.or_else(|| profile.get(property).map(|property| property.value.clone()))
    };
    let Some(token_file) = setting("AWS_WEB_IDENTITY_TOKEN_FILE", "web_identity_token_file") else {
        return profile.selecting("web_identity_token_file").map(|_| None);
    };
    let arn = setting("AWS_ROLE_ARN", "role_arn").ok_or_else(|| {
        let hint = "Set AWS_ROLE_ARN, or role_arn in the profile.";
        match profile.get("web_identity_token_file") {
            Some(property) => profile.error(property, "has web_identity_token_file, but no role_arn"),
            None => Error::invalid("AWS_WEB_IDENTITY_TOKEN_FILE is set, but AWS_ROLE_ARN is not"),
        }
        .with_hint(hint)
    })?;
    // botocore sends neither an external ID nor a duration with a web identity
    let role = Role {
        arn,
        session_name: setting("AWS_ROLE_SESSION_NAME", "role_session_name"),
        external_id: None,
        duration_seconds: None,
        sts: Sts::configured(context)?,
    };
    Ok(Some(Source::WebIdentity { role, token_file: context.env.expand(&token_file) }))
}
