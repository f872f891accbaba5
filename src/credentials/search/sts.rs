//! Roles: AssumeRole and AssumeRoleWithWebIdentity of the Security Token Service.

use std::path::Path;
use std::time::Duration;

use time::OffsetDateTime;

use super::context::Context;
use super::service::{
    Caller, Network, ServiceRequest, ServiceResponse, ServiceUrl, aws_endpoint, require_expiry, unexpected,
};
use super::text_file;
use crate::checksum::Sha256Digest;
use crate::credentials::Credentials;
use crate::encode;
use crate::endpoint::AddressingStyle;
use crate::error::{Error, Result};
use crate::headers::Headers;
use crate::request::{Method, Request};
use crate::sign::{SignatureVersion, Signer};
use crate::xml;

/// Where roles are assumed.
#[derive(Clone)]
pub(super) struct Sts {
    endpoint: ServiceUrl,
    region: String,
    network: Network,
}

pub(super) struct Role {
    pub(super) arn: String,
    pub(super) session_name: Option<String>,
    pub(super) external_id: Option<String>,
    pub(super) duration_seconds: Option<u32>,
    pub(super) sts: Sts,
}

impl Sts {
    pub(super) fn configured(context: &Context<'_>) -> Result<Self> {
        let region = context.region();
        Ok(Self {
            endpoint: context.endpoint("STS", || match &region {
                Some(region) => aws_endpoint("sts", region),
                None => Ok("https://sts.amazonaws.com".to_owned()),
            })?,
            region: region.unwrap_or_else(|| "us-east-1".to_owned()),
            network: context.network.clone(),
        })
    }

    fn caller(&self) -> Caller {
        Caller { timeout: Duration::from_secs(5), attempts: 3, network: self.network.clone() }
    }
}

impl Role {
    /// Assumes the role with other credentials, which sign the request.
    pub(super) fn assume(&self, base: &Credentials) -> Result<Credentials> {
        let form = self.form("AssumeRole", None);
        let secrets = [Some(base.secret_key()), base.token()];
        self.sts.caller().call(
            || {
                let mut request = self.request("AssumeRole", &form);
                request.headers = self.sign(base, &form)?;
                request.secrets = secrets.into_iter().flatten().map(str::to_owned).collect();
                Ok(request)
            },
            |response| parse(&response, "AssumeRole"),
        )
    }

    /// Assumes the role with the token in a file, which is read each time because it is renewed. The request is not
    /// signed.
    pub(super) fn assume_with_web_identity(&self, token_file: &Path) -> Result<Credentials> {
        const ACTION: &str = "AssumeRoleWithWebIdentity";
        let token = text_file::read(token_file).map_err(|error| {
            Error::local(format!("cannot read the web identity token {}", token_file.display()), error)
                .with_hint(TOKEN_FILE)
        })?;
        let token = token.trim();
        if token.is_empty() {
            let text = format!("the web identity token {} is empty", token_file.display());
            return Err(Error::invalid(text).with_hint(TOKEN_FILE));
        }
        let form = self.form(ACTION, Some(token));
        self.sts.caller().call(
            || Ok(ServiceRequest { secrets: vec![token.to_owned()], ..self.request(ACTION, &form) }),
            |response| parse(&response, ACTION),
        )
    }

    fn form(&self, action: &str, web_identity: Option<&str>) -> String {
        let default_name = || format!("plain-s3-{}", OffsetDateTime::now_utc().unix_timestamp());
        let duration = self.duration_seconds.map(|seconds| seconds.to_string());
        let fields = [
            ("Action", Some(action.to_owned())),
            ("Version", Some("2011-06-15".to_owned())),
            ("RoleArn", Some(self.arn.clone())),
            ("RoleSessionName", Some(self.session_name.clone().unwrap_or_else(default_name))),
            ("ExternalId", self.external_id.clone()),
            ("DurationSeconds", duration),
            ("WebIdentityToken", web_identity.map(str::to_owned)),
        ];
        let fields = fields.into_iter().filter_map(|(name, value)| Some((name, value?)));
        let pairs: Vec<String> =
            fields.map(|(name, value)| format!("{name}={}", encode::query(&value))).collect();
        pairs.join("&")
    }

    fn request(&self, action: &'static str, form: &str) -> ServiceRequest {
        let mut headers = Headers::default();
        headers.set("content-type", FORM);
        ServiceRequest {
            action,
            method: Method::Post,
            url: self.sts.endpoint.clone(),
            headers,
            body: form.to_owned(),
            secrets: Vec::new(),
        }
    }

    fn sign(&self, base: &Credentials, form: &str) -> Result<Headers> {
        base.validate()?;
        let mut request = Request::service("AssumeRole", Method::Post).header("content-type", FORM);
        request.payload_sha256 = Sha256Digest::of(form).to_hex().into();
        let mut address = self.sts.endpoint.endpoint().address(AddressingStyle::Path, None, None);
        self.sts.endpoint.path.clone_into(&mut address.path);
        let signer = Signer::new(base.clone(), SignatureVersion::V4, &self.sts.region).for_service("sts");
        Ok(signer.sign(&request, &address, OffsetDateTime::now_utc()).headers)
    }
}

const TOKEN_FILE: &str =
    "AWS_WEB_IDENTITY_TOKEN_FILE, or web_identity_token_file in the profile, sets this path.";
const FORM: &str = "application/x-www-form-urlencoded; charset=utf-8";

fn parse(response: &ServiceResponse, action: &str) -> Result<Credentials> {
    let not_xml = || {
        let hint = "Check the endpoint: AWS_ENDPOINT_URL_STS, AWS_ENDPOINT_URL and endpoint_url in the profile set it.";
        let text = format!("{} and a response that is not XML", response.status);
        unexpected(response.status, text).with_hint(hint)
    };
    let text = xml::escape_invalid_chars(&response.text).map_err(|_| not_xml())?;
    let document = xml::parse(&text).map_err(|_| not_xml())?;
    let root = document.root_element();
    if response.status != 200 {
        let error = xml::child(root, "Error").unwrap_or(root);
        let message = xml::child_text(error, "Message");
        let code = xml::child_text(error, "Code");
        let hint = match code.as_deref() {
            Some("AccessDenied") => Some("Check that the trust policy of the role allows this identity."),
            Some("InvalidClientTokenId" | "SignatureDoesNotMatch") => {
                Some("Check the access key that the role is assumed with.")
            }
            Some("ExpiredToken" | "ExpiredTokenException") => {
                Some("Renew the credentials or the token that the role is assumed with.")
            }
            _ => None,
        };
        let error = response.error(code.as_deref(), message.as_deref());
        return Err(match hint {
            Some(hint) => error.with_hint(hint),
            None => error,
        });
    }
    let result = xml::child(root, &format!("{action}Result"));
    let fields = result.and_then(|result| xml::child(result, "Credentials"));
    let field = |name: &str| {
        fields
            .and_then(|fields| xml::child_text(fields, name))
            .ok_or_else(|| unexpected(response.status, format!("the response of {action} has no {name}")))
    };
    let expiry = require_expiry(&field("Expiration")?)?;
    let credentials = Credentials::new(field("AccessKeyId")?, field("SecretAccessKey")?);
    Ok(credentials.session_token(field("SessionToken")?).expires_at(expiry))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn credentials_are_parsed() {
        let text = "<AssumeRoleResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><AssumeRoleResult>\
            <Credentials><AccessKeyId>a</AccessKeyId><SecretAccessKey>s</SecretAccessKey>\
            <SessionToken>t</SessionToken><Expiration>1970-01-01T00:00:01Z</Expiration></Credentials>\
            </AssumeRoleResult></AssumeRoleResponse>";
        let expected = Credentials::new("a", "s")
            .session_token("t")
            .expires_at(OffsetDateTime::UNIX_EPOCH + Duration::from_secs(1));
        assert_eq!(parse(&ServiceResponse::new(200, text), "AssumeRole").unwrap(), expected);
        let error = parse(&ServiceResponse::new(200, &text.replace("SessionToken", "Token")), "AssumeRole")
            .unwrap_err();
        assert_eq!(error.to_string(), "the response of AssumeRole has no SessionToken");
    }

    #[test]
    fn errors_show_code_and_message() {
        let text = "<ErrorResponse><Error><Code>AccessDenied</Code><Message>not\nallowed</Message></Error>\
            </ErrorResponse>";
        let error = parse(&ServiceResponse::new(403, text), "AssumeRole").unwrap_err();
        assert_eq!(
            error.to_string(),
            "403 AccessDenied: not allowed. Check that the trust policy of the role allows this identity."
        );
        let error = parse(&ServiceResponse::new(502, "t0k3n"), "AssumeRole").unwrap_err();
        assert!(
            error.to_string().starts_with("502 and a response that is not XML. Check the endpoint"),
            "{error}"
        );
    }
}
