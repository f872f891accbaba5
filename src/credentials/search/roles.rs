//! Roles that a profile assumes with the credentials of another profile, or of a source that it names.

use super::container::{Container, FULL_URI, RELATIVE_URI};
use super::context::Context;
use super::instance::Instance;
use super::profile_source::profile_source;
use super::source::Source;
use super::sts::{Role, Sts};
use crate::error::Result;
use crate::profile::{Profile, Property};

/// Returns the role that a profile assumes with the credentials of another source, if it does.
pub(super) fn assumed_role(profile: &Profile<'_>, context: &Context<'_>) -> Result<Option<Source>> {
    role(profile, context, &mut vec![profile.name.to_owned()])
}

/// As `assumed_role`. `visited` are the profiles that led to this one, and itself.
fn role(profile: &Profile<'_>, context: &Context<'_>, visited: &mut Vec<String>) -> Result<Option<Source>> {
    if !has_role(profile)? {
        return Ok(None);
    }
    let Some(arn) = profile.selecting("role_arn")? else { return Ok(None) };
    if let Some(mfa) = profile.get("mfa_serial") {
        return Err(profile.error(mfa, "has mfa_serial, which needs a code that cannot be asked for").with_hint(
            "Use a credential_process that asks for it, or store the credentials of aws sts get-session-token.",
        ));
    }
    let base = match (profile.selecting("source_profile")?, profile.selecting("credential_source")?) {
        (Some(_), Some(source)) => {
            return Err(profile
                .error(source, "has both source_profile and credential_source")
                .with_hint("Remove one of them."));
        }
        (None, None) => {
            return Err(profile
                .error(arn, "has role_arn, but neither source_profile nor credential_source")
                .with_hint(
                    "Add source_profile with the name of another profile, or credential_source with \
                     Environment, Ec2InstanceMetadata or EcsContainer.",
                ));
        }
        (None, Some(source)) => credential_source(profile, source, context)?,
        (Some(source), None) => source_profile(profile, source, context, visited)?,
    };
    Ok(Some(Source::Role { role: role_of(profile, &arn.value, context)?, base: Box::new(base) }))
}

fn role_of(profile: &Profile<'_>, arn: &str, context: &Context<'_>) -> Result<Role> {
    let text = |name: &str| profile.get(name).map(|property| property.value.clone());
    let duration_seconds = match profile.get("duration_seconds") {
        None => None,
        Some(property) => Some(property.value.parse().map_err(|_| {
            profile
                .error(property, "has a duration_seconds that is not a number")
                .with_hint("Write a number of seconds from 900 to 43200.")
        })?),
    };
    Ok(Role {
        arn: arn.to_owned(),
        session_name: text("role_session_name"),
        external_id: text("external_id"),
        duration_seconds,
        sts: Sts::configured(context)?,
    })
}

fn credential_source(profile: &Profile<'_>, property: &Property, context: &Context<'_>) -> Result<Source> {
    let missing = |what: &str| {
        let problem = format!("has credential_source = {}, but {what}", property.value);
        profile.error(property, problem).with_hint("Set it, or use another credential_source.")
    };
    match property.value.as_str() {
        "Environment" if !context.env.has_credentials() => Err(missing("AWS_ACCESS_KEY_ID is not set")),
        "Environment" => Ok(Source::Environment(context.env.credentials()?)),
        "EcsContainer" => {
            let neither = || missing(&format!("neither {RELATIVE_URI} nor {FULL_URI} is set"));
            Container::configured(context)?.map(Source::Container).ok_or_else(neither)
        }
        "Ec2InstanceMetadata" => {
            let disabled = || missing("AWS_EC2_METADATA_DISABLED is true");
            Instance::configured(context)?.map(Source::Instance).ok_or_else(disabled)
        }
        other => Err(profile
            .error(property, format_args!("has an unknown credential_source {other:?}"))
            .with_hint("Write Environment, Ec2InstanceMetadata or EcsContainer.")),
    }
}

fn source_profile(
    profile: &Profile<'_>,
    property: &Property,
    context: &Context<'_>,
    visited: &mut Vec<String>,
) -> Result<Source> {
    let name = property.value.as_str();
    let source = profile.profiles().existing(name)?.ok_or_else(|| {
        let problem = format!("has source_profile = {name}, but there is no such profile");
        let hint = "Add the profile, or correct the name.";
        profile.error(property, format!("{problem} ({})", profile.profiles().searched())).with_hint(hint)
    })?;
    let has_access_key = source.first(&["aws_access_key_id", "aws_secret_access_key"]).is_some();
    // a profile may name itself, so that it holds both the access key and the role
    if visited.iter().any(|visited| visited == name) && !(name == profile.name && has_access_key) {
        let problem = format!("has source_profile = {name}, which leads back to itself");
        let hint = "Name a profile that has credentials of its own.";
        return Err(profile.error(property, problem).with_hint(hint));
    }
    visited.push(name.to_owned());
    if !has_access_key && let Some(source) = role(&source, context, visited)? {
        return Ok(source);
    }
    profile_source(&source, context, false)?.ok_or_else(|| {
        let problem = format!("has source_profile = {name}, which has no credentials");
        let hint = format!("Add aws_access_key_id and aws_secret_access_key to the profile {name:?}.");
        profile.error(property, problem).with_hint(hint)
    })
}

/// Returns `true` if the profile assumes a role with the credentials of another source.
fn has_role(profile: &Profile<'_>) -> Result<bool> {
    let has_role = profile.selecting("role_arn")?.is_some();
    Ok(has_role && profile.selecting("web_identity_token_file")?.is_none())
}
