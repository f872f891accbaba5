//! Credentials from the metadata service of an EC2 instance.

use std::time::Duration;

use super::context::Context;
use super::service::{Caller, Network, ServiceRequest, ServiceResponse, ServiceUrl, credentials};
use crate::credentials::Credentials;
use crate::encode;
use crate::error::{Error, ErrorKind, Result};
use crate::headers::Headers;
use crate::request::Method;

/// The addresses of the service over IPv4 and IPv6.
const IPV4: &str = "http://169.254.169.254";
const IPV6: &str = "http://[fd00:ec2::254]";
const ROLES: &str = "/latest/meta-data/iam/security-credentials/";

/// The metadata service, in its version 2.
pub(super) struct Instance {
    pub(super) url: ServiceUrl,
    /// For connecting, and for each wait for data.
    timeout: Duration,
    attempts: u32,
}

impl Instance {
    /// Returns the service, unless it is disabled. Only a request can tell whether it exists.
    pub(super) fn configured(context: &Context<'_>) -> Result<Option<Self>> {
        if context.env.flag("AWS_EC2_METADATA_DISABLED") {
            return Ok(None);
        }
        let number = |variable: &str, property: &str| {
            context.setting(variable, property)?.trim().parse::<u32>().ok().filter(|number| *number > 0)
        };
        let mode =
            context.setting("AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE", "ec2_metadata_service_endpoint_mode");
        let is_ipv6 = mode.is_some_and(|mode| mode.eq_ignore_ascii_case("ipv6"));
        let endpoint = context.setting("AWS_EC2_METADATA_SERVICE_ENDPOINT", "ec2_metadata_service_endpoint");
        let url = ServiceUrl::parse(
            endpoint.as_deref().unwrap_or(if is_ipv6 { IPV6 } else { IPV4 }),
            "AWS_EC2_METADATA_SERVICE_ENDPOINT, or ec2_metadata_service_endpoint in the profile,",
        )?;
        let seconds = number("AWS_METADATA_SERVICE_TIMEOUT", "metadata_service_timeout").unwrap_or(1);
        let attempts = number("AWS_METADATA_SERVICE_NUM_ATTEMPTS", "metadata_service_num_attempts");
        Ok(Some(Self {
            url,
            timeout: Duration::from_secs(seconds.min(60).into()),
            attempts: attempts.unwrap_or(1).min(10),
        }))
    }

    pub(super) fn fetch(&self) -> Result<Credentials> {
        // whoever answers chooses the identity, so the requests never go through a proxy
        let caller = Caller { timeout: self.timeout, attempts: self.attempts, network: Network::default() };
        let call = |method, path: &str, header: (&str, &str), hint: &str| {
            let request = || {
                let mut headers = Headers::default();
                headers.set_str(header.0, header.1);
                Ok(ServiceRequest {
                    action: "instance metadata",
                    method,
                    url: self.url.join(path),
                    headers,
                    body: String::new(),
                    secrets: Vec::new(),
                })
            };
            caller.call(request, |response| {
                if response.status == 200 {
                    Ok(response)
                } else {
                    Err(response.error(None, None).with_hint(hint))
                }
            })
        };
        let ttl = ("x-aws-ec2-metadata-token-ttl-seconds", "21600");
        let hint = "The service must support version 2 of the protocol (IMDSv2), with a hop limit that reaches this \
                    process: 2 in containers.";
        let token = call(Method::Put, "/latest/api/token", ttl, hint)?.text;
        let token = ("x-aws-ec2-metadata-token", token.trim());
        let roles = call(Method::Get, ROLES, token, "The instance has no role.")?.text;
        let role = role(&roles)?;
        let path = format!("{ROLES}{}", encode::query(role));
        let response = call(Method::Get, &path, token, "The role may have been detached.")?;
        parse(&response, role)
    }
}

/// Returns the first role of the list, which has one role on each line.
fn role(list: &str) -> Result<&str> {
    let role = list.lines().next().unwrap_or_default().trim();
    if role.is_empty() || role.len() > 128 || !role.bytes().all(|byte| byte.is_ascii_graphic()) {
        let text = "the list of roles of the instance metadata is empty or malformed";
        return Err(Error::new(ErrorKind::UnexpectedResponse, text)
            .with_hint("Attach a role to the instance, or set credentials in another way."));
    }
    Ok(role)
}

fn parse(response: &ServiceResponse, role: &str) -> Result<Credentials> {
    let json = response.json()?;
    match json.text("Code") {
        None | Some("Success") => credentials(&json, "Token", "Expiration"),
        Some(code) => Err(response.error(Some(code), None).with_hint(format!(
            "The instance cannot assume its role {role}: check the trust policy of the role."
        ))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn first_role_of_the_list_is_used() {
        assert_eq!(role("backup\nother\n").unwrap(), "backup");
        for list in ["", "\n", "<html> x", "a\u{1b}[31m", &"a".repeat(129)] {
            assert!(role(list).is_err(), "{list:?}");
        }
    }

    #[test]
    fn failure_code_of_instance_metadata_is_an_error() {
        let parse = |text: &str| parse(&ServiceResponse::new(200, text), "backup");
        let text = parse("{\"Code\": \"AssumeRoleUnauthorizedAccess\"}").unwrap_err().to_string();
        assert_eq!(
            text,
            "200 AssumeRoleUnauthorizedAccess. The instance cannot assume its role backup: check the trust policy of \
             the role."
        );
    }
}
