//! Sends the requests of credential sources: to STS, SSO, containers and instance metadata.
//!
//! Requests use the transport of the client, so they follow no redirects and read no proxy variables.

use std::io::Read as _;
use std::thread;
use std::time::{Duration, Instant};

use time::OffsetDateTime;

use crate::body::Body;
use crate::config::{CaBundle, Config};
use crate::credentials::{Credentials, parse_expiry};
use crate::endpoint::Endpoint;
use crate::error::{Error, ErrorKind, ErrorResponse, Result};
use crate::headers::Headers;
use crate::json::Json;
use crate::operation::Operation;
use crate::provider_host::aws_domain;
use crate::request::Method;
use crate::retry::RetryPolicy;
use crate::transport::{Limits, Transport};

/// The largest response that is read. Credentials have about 2 KiB.
const MAX_BODY: u64 = 256 << 10;

/// How requests to AWS's services connect. Metadata services use neither.
#[derive(Clone, Default)]
pub(super) struct Network {
    pub(super) proxy: Option<String>,
    pub(super) ca: Option<CaBundle>,
}

/// How a kind of service is called.
pub(super) struct Caller {
    /// Connecting and each wait for data may take this long.
    pub(super) timeout: Duration,
    pub(super) attempts: u32,
    pub(super) network: Network,
}

pub(super) struct ServiceRequest {
    /// What the request does, for errors: `AssumeRole`.
    pub(super) action: &'static str,
    pub(super) method: Method,
    pub(super) url: ServiceUrl,
    pub(super) headers: Headers,
    pub(super) body: String,
    /// What the request contains and no error may show, even if the response repeats it.
    pub(super) secrets: Vec<String>,
}

/// The URL of a service, whose host has been checked.
#[derive(Clone)]
pub(super) struct ServiceUrl {
    /// `scheme://host[:port]`.
    pub(super) origin: String,
    /// The encoded path and query, from the slash.
    pub(super) path: String,
}

/// The status and the text of a response.
pub(super) struct ServiceResponse {
    pub(super) status: u16,
    pub(super) text: String,
    secrets: Vec<String>,
}

impl Caller {
    /// Sends a request until `parse` accepts the response or the error is permanent. `request` is called for each
    /// attempt, because a signature has a date.
    pub(super) fn call<T>(
        &self,
        request: impl Fn() -> Result<ServiceRequest>,
        parse: impl Fn(ServiceResponse) -> Result<T>,
    ) -> Result<T> {
        let policy = RetryPolicy::new().max_attempts(self.attempts);
        let mut attempt = 1;
        loop {
            let request = request()?;
            // the path of a container's endpoint is a secret, so only the origin is named
            let context = || Operation::new(format!("{} at {}", request.action, request.url.origin));
            let error = match self.send(&request).and_then(&parse) {
                Ok(value) => return Ok(value),
                Err(error) => error.with_context(context),
            };
            let Some(delay) = policy.delay(attempt, &error) else { return Err(error) };
            thread::sleep(delay);
            attempt += 1;
        }
    }

    fn send(&self, request: &ServiceRequest) -> Result<ServiceResponse> {
        let ServiceUrl { origin, path } = &request.url;
        let endpoint = Endpoint::parse(origin)?;
        let mut config =
            Config::new(origin.as_str()).connect_timeout(self.timeout).idle_timeout(self.timeout);
        if let Some(proxy) = &self.network.proxy {
            config = config.proxy(proxy.as_str());
        }
        config.ca.clone_from(&self.network.ca);
        let transport = Transport::new(&config, &endpoint)?;
        let url = format!("{origin}{path}");
        let mut body = Body::from(request.body.as_str()).open()?;
        // a server that sends a byte now and then must not hold up the caller
        let total = self.timeout * 2;
        let limits = Limits { idle: self.timeout, deadline: Some(Instant::now() + total), total };
        let mut response = transport.send(request.method, &url, &request.headers, &mut body, limits)?;
        let mut bytes = Vec::new();
        (&mut response.body).take(MAX_BODY + 1).read_to_end(&mut bytes).map_err(Error::from_read)?;
        if bytes.len() as u64 > MAX_BODY {
            return Err(unexpected(
                response.status,
                format!("the response is longer than {} KiB", MAX_BODY >> 10),
            ));
        }
        let text = String::from_utf8(bytes);
        let text = text.map_err(|_| unexpected(response.status, "the response is not UTF-8"))?;
        Ok(ServiceResponse { status: response.status, text, secrets: request.secrets.clone() })
    }
}

impl ServiceResponse {
    #[cfg(test)]
    pub(super) fn new(status: u16, text: &str) -> Self {
        Self { status, text: text.to_owned(), secrets: Vec::new() }
    }

    /// Parses the response as a JSON object.
    pub(super) fn json(&self) -> Result<Json> {
        let json = Json::parse(&self.text).map_err(|at| {
            unexpected(self.status, format!("the response is not JSON: it is wrong at byte {at}"))
        })?;
        match json {
            Json::Object(_) => Ok(json),
            _ => Err(unexpected(self.status, "the response is not a JSON object")),
        }
    }

    /// Creates the error of a response that is not a success.
    pub(super) fn error(&self, code: Option<&str>, message: Option<&str>) -> Error {
        let redacted = |text: &str| {
            let secrets = self.secrets.iter().filter(|secret| !secret.is_empty());
            printable(&secrets.fold(text.to_owned(), |text, secret| text.replace(secret, "(hidden)")))
        };
        let code = code.map(redacted);
        let mut text = self.status.to_string();
        for (separator, part) in [(" ", code.clone()), (": ", message.map(redacted))] {
            if let Some(part) = part.filter(|part| !part.is_empty()) {
                text.extend([separator, &part]);
            }
        }
        let response = ErrorResponse { status: self.status, code, ..ErrorResponse::default() };
        Error::from_response(ErrorKind::Server, response, text)
    }
}

/// Creates the error of a response that is not what the service sends.
pub(super) fn unexpected(status: u16, message: impl Into<String>) -> Error {
    let response = ErrorResponse { status, ..ErrorResponse::default() };
    Error::from_response(ErrorKind::UnexpectedResponse, response, message)
}

/// Reads credentials from a JSON object whose members have these names, and which may have an expiry.
pub(super) fn credentials(json: &Json, token: &str, expiry: &str) -> Result<Credentials> {
    let required = |name: &str| {
        json.text(name).ok_or_else(|| {
            Error::new(ErrorKind::UnexpectedResponse, format!("the credentials have no {name}"))
        })
    };
    let mut credentials = Credentials::new(required("AccessKeyId")?, required("SecretAccessKey")?);
    if let Some(token) = optional_text(json, token)? {
        credentials = credentials.session_token(token);
    }
    if let Some(text) = optional_text(json, expiry)? {
        credentials = credentials.expires_at(require_expiry(text)?);
    }
    Ok(credentials)
}

/// Returns a member that may be absent, null or empty. Ignoring another value, such as a number as the expiry, would
/// make temporary credentials permanent.
fn optional_text<'a>(json: &'a Json, name: &str) -> Result<Option<&'a str>> {
    match json.get(name) {
        None | Some(Json::Null) => Ok(None),
        Some(Json::String(text)) => Ok(Some(text.as_str()).filter(|text| !text.is_empty())),
        Some(_) => {
            let text = format!("the {name} of the credentials is not a string");
            Err(Error::new(ErrorKind::UnexpectedResponse, text))
        }
    }
}

/// Parses the time at which credentials expire. Without it, they would never be renewed.
pub(super) fn require_expiry(text: &str) -> Result<OffsetDateTime> {
    parse_expiry(text).ok_or_else(|| {
        Error::new(
            ErrorKind::UnexpectedResponse,
            "the expiry of the credentials is not a time like 2030-01-31T12:00:00Z",
        )
    })
}

/// Shortens foreign text for an error, and replaces its control characters.
fn printable(text: &str) -> String {
    text.chars().take(300).map(|c| if c.is_control() { ' ' } else { c }).collect()
}

impl ServiceUrl {
    /// Parses a URL. `set_by` names the setting in errors, which never show more of the URL than its host.
    pub(super) fn parse(url: &str, set_by: &str) -> Result<Self> {
        let invalid = |problem: &str| Error::invalid(format!("{set_by} {problem}"));
        let Some(authority) = url.find("://").map(|at| at + 3) else {
            return Err(invalid("is not a URL").with_hint("Write https://HOST or http://HOST."));
        };
        if url.chars().any(|c| c.is_control() || c == ' ') {
            return Err(invalid("contains a space or a control character"));
        }
        let end = url[authority..].find(['/', '?', '#']).map_or(url.len(), |at| authority + at);
        let (origin, rest) = url.split_at(end);
        Endpoint::parse(origin).map_err(|error| invalid("is not valid").with_source(error))?;
        let rest = rest.split('#').next().unwrap_or_default();
        let path = if rest.starts_with('/') { rest.to_owned() } else { format!("/{rest}") };
        Ok(Self { origin: origin.to_owned(), path })
    }

    /// Returns the URL of a path below this one.
    pub(super) fn join(&self, path: &str) -> Self {
        Self { origin: self.origin.clone(), path: format!("{}{path}", self.path.trim_end_matches('/')) }
    }

    /// Returns the host and whether the scheme is https.
    pub(super) fn endpoint(&self) -> Endpoint {
        Endpoint::parse(&self.origin).expect("the origin has been parsed before")
    }
}

/// Returns the endpoint of a service of AWS, such as `sts`, in a region.
///
/// The requests carry tokens, so a region that would lead to a host outside of AWS is an error.
pub(super) fn aws_endpoint(service: &str, region: &str) -> Result<String> {
    let is_label = |c: char| c.is_ascii_alphanumeric() || c == '-';
    if region.is_empty() || region.len() > 63 || !region.chars().all(is_label) {
        return Err(Error::invalid(format!("{region:?} is not the name of a region"))
            .with_hint("A name is like eu-west-1: letters, digits and hyphens."));
    }
    Ok(format!("https://{service}.{region}.{}", aws_domain(region)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn endpoint_of_aws_depends_on_the_region_and_is_within_its_domains() {
        for (region, endpoint) in [
            ("eu-west-1", "https://sts.eu-west-1.amazonaws.com"),
            ("cn-north-1", "https://sts.cn-north-1.amazonaws.com.cn"),
            ("eusc-de-east-1", "https://sts.eusc-de-east-1.amazonaws.eu"),
        ] {
            assert_eq!(aws_endpoint("sts", region).unwrap(), endpoint);
            #[cfg(any(feature = "rustls", feature = "native-tls"))]
            ServiceUrl::parse(endpoint, "the endpoint").map(drop).unwrap();
        }
        for region in ["", "x.evil.test/", "x@evil", "evil.test#", "a b", "é"] {
            let error = aws_endpoint("portal.sso", region).unwrap_err().to_string();
            assert!(error.starts_with(&format!("{region:?} is not the name of a region")), "{error}");
        }
    }

    #[test]
    fn expiry_is_in_utc_or_has_an_offset() {
        for text in ["1970-01-01T00:00:01Z", "1970-01-01T00:00:01UTC", "1970-01-01T01:00:01+01:00"] {
            assert_eq!(require_expiry(text).unwrap().unix_timestamp(), 1, "{text}");
        }
        assert_eq!(require_expiry("1970-01-01T01:00:01+0100").unwrap().unix_timestamp(), 1);
        for text in ["", "tomorrow", "1970-01-01", "1970-01-01T01:00:01", "+0100", "1970-01-01T01:00:01+1é2"]
        {
            assert!(require_expiry(text).is_err(), "{text}");
        }
    }

    #[test]
    fn url_is_split_into_origin_and_path() {
        for (url, origin, path) in [
            ("http://h:80/a?b=c#d", "http://h:80", "/a?b=c"),
            ("http://h", "http://h", "/"),
            ("http://h?x=/", "http://h", "/?x=/"),
        ] {
            let url = ServiceUrl::parse(url, "the URL").unwrap();
            assert_eq!((url.origin.as_str(), url.path.as_str()), (origin, path));
        }
        let base = ServiceUrl::parse("http://h/base/", "the URL").unwrap();
        assert_eq!(base.join("/path").path, "/base/path");
        for (url, text) in [
            ("h/s3cr3t", "the URL is not a URL. Write https://HOST or http://HOST."),
            ("http://h/s3cr3t x", "the URL contains a space or a control character"),
        ] {
            assert_eq!(ServiceUrl::parse(url, "the URL").err().unwrap().to_string(), text);
        }
        let text = ServiceUrl::parse("http://user:s3cr3t@h/", "the URL").err().unwrap().to_string();
        assert!(text.starts_with("the URL is not valid: ") && !text.contains("s3cr3t"), "{text}");
    }

    #[test]
    fn secrets_in_a_response_are_hidden() {
        let response = ServiceResponse {
            status: 403,
            text: String::new(),
            secrets: vec!["t0k3n".to_owned(), String::new()],
        };
        let error = response.error(Some("Bad-t0k3n"), Some("no\nt0k3n"));
        assert_eq!(error.to_string(), "403 Bad-(hidden): no (hidden)");
        assert_eq!(error.code(), Some("Bad-(hidden)"));
    }

    #[test]
    fn expiry_is_parsed_in_all_forms_of_aws() {
        let expected = time::Duration::seconds(1_893_456_000);
        for text in [
            "2030-01-01T00:00:00Z",
            "2030-01-01T00:00:00UTC",
            "2030-01-01T00:00:00+00:00",
            "2030-01-01T00:00:00.000Z",
        ] {
            let parsed = require_expiry(text).unwrap();
            assert_eq!(parsed - OffsetDateTime::UNIX_EPOCH, expected, "{text}");
        }
        assert_eq!(
            require_expiry("to\nmorrow").unwrap_err().to_string(),
            "the expiry of the credentials is not a time like 2030-01-31T12:00:00Z"
        );
    }

    #[test]
    fn incomplete_credentials_are_rejected_without_quoting_them() {
        let parse = |text: &str| credentials(&Json::parse(text).unwrap(), "Token", "Expiration");
        let error = parse("{\"AccessKeyId\": \"a\", \"secretaccesskey\": \"s3cr3t\"}").unwrap_err();
        assert_eq!(error.to_string(), "the credentials have no SecretAccessKey");
        let full = parse("{\"AccessKeyId\": \"a\", \"SecretAccessKey\": \"s\", \"Token\": \"t\"}").unwrap();
        assert_eq!(full, Credentials::new("a", "s").session_token("t"));
        let with =
            |rest: &str| parse(&format!("{{\"AccessKeyId\": \"a\", \"SecretAccessKey\": \"s\", {rest}}}"));
        let absent = with("\"Token\": null, \"Expiration\": \"\"").unwrap();
        assert_eq!(absent, Credentials::new("a", "s"));
        for name in ["Token", "Expiration"] {
            let error = with(&format!("\"{name}\": 1893456000")).unwrap_err();
            assert_eq!(error.to_string(), format!("the {name} of the credentials is not a string"));
        }
    }
}
