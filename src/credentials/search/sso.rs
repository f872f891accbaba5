//! Credentials of a role in IAM Identity Center, with the token that `aws sso login` has cached.

use std::path::PathBuf;
use std::time::Duration;

use sha1::{Digest as _, Sha1};
use time::OffsetDateTime;

use super::cached_token::{self, login_command};
use super::context::Context;
use super::service::{Caller, Network, ServiceRequest, ServiceUrl, aws_endpoint};
use crate::credentials::Credentials;
use crate::encode;
use crate::error::{Error, ErrorKind, Result};
use crate::headers::Headers;
use crate::json::Json;
use crate::profile::Profile;
use crate::request::Method;

/// What a profile must have, or its `sso-session` for it.
const KEYS: [&str; 4] = ["sso_role_name", "sso_account_id", "sso_start_url", "sso_region"];

/// Credentials of a role in IAM Identity Center.
pub(super) struct Sso {
    /// The name of the `sso-session`, or the start URL of a profile in the older form. Its hash names the token
    /// file.
    session: String,
    pub(super) account: String,
    pub(super) role: String,
    endpoint: ServiceUrl,
    cache_folder: PathBuf,
    /// What to run to log in.
    command: String,
    network: Network,
}

impl Sso {
    /// Returns the role that a profile selects, if any.
    pub(super) fn configured(profile: &Profile<'_>, context: &Context<'_>) -> Result<Option<Self>> {
        let role = profile.selecting("sso_role_name")?;
        if profile.selecting("sso_account_id")?.or(role).is_none() {
            return Ok(None);
        }
        let session = match profile.get("sso_session") {
            None => None,
            Some(property) => {
                let missing = || {
                    let name = &property.value;
                    let problem = format!("has sso_session = {name}, but there is no [sso-session {name}]");
                    profile.error(property, problem).with_hint("Run aws configure sso, or correct the name.")
                };
                let section = profile.sso_session(&property.value)?.ok_or_else(missing)?;
                for (name, value) in &section {
                    if let Some(own) = profile.get(name).filter(|own| own.value != value.value) {
                        let problem = format!("has another {name} than its sso-session ({})", value.place);
                        return Err(profile.error(own, problem).with_hint("Remove one of the two lines."));
                    }
                }
                Some((property.value.clone(), section))
            }
        };
        let section = session.as_ref().map(|(_, section)| section);
        let find = |name: &str| section.and_then(|section| section.get(name)).or_else(|| profile.get(name));
        let missing: Vec<&str> = KEYS.into_iter().filter(|name| find(name).is_none()).collect();
        if !missing.is_empty() {
            let (_, present) = profile.first(&KEYS).expect("it has one of the first two");
            let problem = format!("uses SSO, but has no {}", missing.join(" and no "));
            return Err(profile.error(present, problem).with_hint("Run aws configure sso."));
        }
        let text = |name: &str| find(name).map(|property| property.value.clone()).unwrap_or_default();
        Ok(Some(Self {
            session: session.as_ref().map_or_else(|| text("sso_start_url"), |(name, _)| name.clone()),
            account: text("sso_account_id"),
            role: text("sso_role_name"),
            endpoint: context.endpoint("SSO", || aws_endpoint("portal.sso", &text("sso_region")))?,
            cache_folder: context.cache_folder("sso")?,
            command: login_command("aws sso login", profile),
            network: context.network.clone(),
        }))
    }

    pub(super) fn fetch(&self) -> Result<Credentials> {
        let file = self.cache_folder.join(format!("{}.json", encode::hex(&Sha1::digest(&self.session))));
        let cached = cached_token::read(&file, "SSO token", &self.command)?;
        let token = cached
            .text("accessToken")
            .ok_or_else(|| cached_token::lacks(&file, "accessToken", &self.command))?;
        let expiry =
            cached.text("expiresAt").ok_or_else(|| cached_token::lacks(&file, "expiresAt", &self.command))?;
        cached_token::unexpired(expiry, &file, "SSO token", &self.command)?;

        let caller = Caller { timeout: Duration::from_secs(5), attempts: 3, network: self.network.clone() };
        let request = || {
            let mut headers = Headers::default();
            headers.set("x-amz-sso_bearer_token", token);
            let (role, account) = (encode::query(&self.role), encode::query(&self.account));
            Ok(ServiceRequest {
                action: "GetRoleCredentials",
                method: Method::Get,
                url: self
                    .endpoint
                    .join(&format!("/federation/credentials?role_name={role}&account_id={account}")),
                headers,
                body: String::new(),
                secrets: vec![token.to_owned()],
            })
        };
        caller.call(request, |response| {
            if response.status != 200 {
                let json = response.json().unwrap_or(Json::Null);
                let error = response.error(json.text("__type"), json.text("message"));
                return Err(match response.status {
                    401 => {
                        error.with_hint(format!("The SSO token is no longer valid. Run: {}", self.command))
                    }
                    403 => error.with_hint(format!(
                        "Check that the account {} and the role {} are assigned to you.",
                        self.account, self.role
                    )),
                    _ => error,
                });
            }
            role_credentials(&response.json()?)
        })
    }
}

/// Reads the response of GetRoleCredentials, whose expiry is in milliseconds.
fn role_credentials(json: &Json) -> Result<Credentials> {
    let inner = json.get("roleCredentials").unwrap_or(&Json::Null);
    let text = |name: &str| {
        inner.text(name).ok_or_else(|| {
            Error::new(ErrorKind::UnexpectedResponse, format!("the credentials have no {name}"))
        })
    };
    let credentials =
        Credentials::new(text("accessKeyId")?, text("secretAccessKey")?).session_token(text("sessionToken")?);
    let expiry = inner
        .integer("expiration")
        .and_then(|milliseconds| OffsetDateTime::from_unix_timestamp(milliseconds / 1000).ok());
    let missing = || Error::new(ErrorKind::UnexpectedResponse, "the credentials have no valid expiration");
    Ok(credentials.expires_at(expiry.ok_or_else(missing)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn role_credentials_are_parsed() {
        let text = "{\"roleCredentials\": {\"accessKeyId\": \"a\", \"secretAccessKey\": \"s\", \"sessionToken\": \
            \"t\", \"expiration\": 1893456000123}}";
        let expiry = OffsetDateTime::from_unix_timestamp(1_893_456_000).unwrap();
        let expected = Credentials::new("a", "s").session_token("t").expires_at(expiry);
        assert_eq!(role_credentials(&Json::parse(text).unwrap()).unwrap(), expected);
        for (from, to, error) in [
            ("1893456000123", "\"soon\"", "the credentials have no valid expiration"),
            ("1893456000123", "99999999999999999", "the credentials have no valid expiration"),
            ("sessionToken", "token", "the credentials have no sessionToken"),
        ] {
            let json = Json::parse(&text.replace(from, to)).unwrap();
            assert_eq!(role_credentials(&json).unwrap_err().to_string(), error);
        }
    }
}
