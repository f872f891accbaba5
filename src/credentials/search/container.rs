//! Credentials from the endpoint of a container, on ECS and EKS.

use std::net::IpAddr;
use std::path::PathBuf;
use std::time::Duration;

use super::context::Context;
use super::service::{Caller, Network, ServiceRequest, ServiceUrl, credentials};
use super::text_file;
use crate::credentials::Credentials;
use crate::error::{Error, Result};
use crate::headers::Headers;
use crate::json::Json;
use crate::request::Method;

pub(super) const RELATIVE_URI: &str = "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI";
pub(super) const FULL_URI: &str = "AWS_CONTAINER_CREDENTIALS_FULL_URI";
/// The address of the container agent of ECS.
const ECS: &str = "http://169.254.170.2";
/// The hosts besides loopback that may be called over plain HTTP: ECS and EKS.
const HOSTS: [&str; 4] = ["169.254.170.2", "169.254.170.23", "fd00:ec2::23", "localhost"];

/// The credentials endpoint of a container. Its path identifies the task, so no error shows it.
pub(super) struct Container {
    pub(super) url: ServiceUrl,
    /// The environment variable that sets the URL.
    set_by: &'static str,
    token: Token,
}

/// How the request is authorised.
pub(super) enum Token {
    None,
    Value(String),
    /// The file is read for each request, because the token in it is renewed.
    File(PathBuf),
}

impl Container {
    /// Returns the endpoint that the environment configures, if any.
    pub(super) fn configured(context: &Context<'_>) -> Result<Option<Self>> {
        let env = context.env;
        let (url, set_by) = match (env.get(RELATIVE_URI), env.get(FULL_URI)) {
            (Some(path), _) if path.starts_with('/') => (format!("{ECS}{path}"), RELATIVE_URI),
            (Some(_), _) => {
                return Err(Error::invalid(format!("{RELATIVE_URI} does not start with a slash"))
                    .with_hint(format!("Use {FULL_URI} for a whole URL.")));
            }
            (None, Some(url)) => (url, FULL_URI),
            (None, None) => return Ok(None),
        };
        let file = env.path("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE").map(Token::File);
        let value = || env.get("AWS_CONTAINER_AUTHORIZATION_TOKEN").map(Token::Value);
        Self::new(&url, set_by, file.or_else(value).unwrap_or(Token::None)).map(Some)
    }

    /// Checks that the URL may be called. Plain HTTP is allowed only to the hosts that AWS documents: anywhere else,
    /// others could read the token and the credentials, or supply their own.
    fn new(url: &str, set_by: &'static str, token: Token) -> Result<Self> {
        let url = ServiceUrl::parse(url, set_by)?;
        let endpoint = url.endpoint();
        let host = endpoint.host().trim_matches(['[', ']']);
        let is_loopback = host.parse().is_ok_and(|address: IpAddr| address.is_loopback());
        if endpoint.is_https() || is_loopback || HOSTS.contains(&host) {
            return Ok(Self { url, set_by, token });
        }
        let hosts = HOSTS.join(", ");
        Err(Error::invalid(format!("{set_by} names the host {host:?} over plain HTTP"))
            .with_hint(format!("Plain HTTP is allowed only to loopback addresses and {hosts}.")))
    }

    pub(super) fn fetch(&self) -> Result<Credentials> {
        let authorization = self.authorization()?;
        let request = || {
            let mut headers = Headers::default();
            headers.set("accept", "application/json");
            if let Some(token) = &authorization {
                headers.set_str("authorization", token);
            }
            Ok(ServiceRequest {
                action: "container credentials",
                method: Method::Get,
                url: self.url.clone(),
                headers,
                body: String::new(),
                secrets: authorization.iter().cloned().collect(),
            })
        };
        // whoever answers chooses the identity, so the request never goes through a proxy
        let caller = Caller { timeout: Duration::from_secs(2), attempts: 3, network: Network::default() };
        caller.call(request, |response| {
            if response.status != 200 {
                let json = response.json().unwrap_or(Json::Null);
                return Err(response
                    .error(json.text("code"), None)
                    .with_hint(format!("{} and the authorization token must be current.", self.set_by)));
            }
            credentials(&response.json()?, "Token", "Expiration")
        })
    }

    fn authorization(&self) -> Result<Option<String>> {
        let (text, place) = match &self.token {
            Token::None => return Ok(None),
            Token::Value(text) => (text.clone(), "AWS_CONTAINER_AUTHORIZATION_TOKEN".to_owned()),
            Token::File(path) => {
                let text = text_file::read(path).map_err(|error| {
                    Error::local(format!("cannot read the token {}", path.display()), error)
                        .with_hint("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE sets this path.")
                })?;
                (text, format!("the token {}", path.display()))
            }
        };
        // an editor may have added a line break
        let text = text.trim_end_matches(['\r', '\n']);
        if text.is_empty() || text.chars().any(char::is_control) {
            return Err(Error::invalid(format!("{place} is empty or contains a line break"))
                .with_hint("It is the value of the header Authorization of the request for credentials."));
        }
        Ok(Some(text.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_http_is_allowed_only_to_documented_hosts() {
        for url in [
            "http://127.0.0.1:51679/x",
            "http://127.1.2.3/x",
            "http://[::1]:80/x?y",
            "http://localhost/x",
            "http://169.254.170.2/x",
            "http://169.254.170.23/v1/credentials",
            "http://[fd00:ec2::23]/v1/credentials",
            #[cfg(any(feature = "rustls", feature = "native-tls"))]
            "https://anywhere.example.com/x",
        ] {
            let result = Container::new(url, FULL_URI, Token::None).map(drop);
            assert!(result.is_ok(), "{url}: {result:?}");
        }
        for (url, problem) in [
            ("http://192.168.1.1/s3cr3t", "names the host \"192.168.1.1\" over plain HTTP"),
            ("http://169.254.169.254/x", "names the host \"169.254.169.254\" over plain HTTP"),
            ("http://127.0.0.1.example.com/x", "names the host \"127.0.0.1.example.com\" over plain HTTP"),
            ("http://localhost.example.com/x", "names the host \"localhost.example.com\" over plain HTTP"),
            ("http://0.0.0.0/x", "names the host \"0.0.0.0\" over plain HTTP"),
            ("http://127.0.0.1@example.com/x", "is not valid: "),
            ("http://example.com\\@127.0.0.1/x", "is not valid: "),
            ("http://127.0.0.1/a\r\nb: c", "contains a space or a control character"),
            ("ftp://127.0.0.1/x", "is not valid: "),
            ("127.0.0.1/x", "is not a URL"),
        ] {
            let text = Container::new(url, FULL_URI, Token::None).map(drop).unwrap_err().to_string();
            assert!(
                text.starts_with(&format!("AWS_CONTAINER_CREDENTIALS_FULL_URI {problem}")),
                "{url}: {text}"
            );
            assert_eq!(
                text.contains("Plain HTTP is allowed only to loopback addresses and 169.254.170.2, "),
                problem.starts_with("names"),
                "{text}"
            );
            assert!(!text.contains("s3cr3t"), "{text}");
        }
    }

    #[test]
    fn token_must_be_one_line() {
        let with =
            |token: Token| Container::new("http://localhost/", FULL_URI, token).unwrap().authorization();
        assert_eq!(with(Token::None).unwrap(), None);
        assert_eq!(with(Token::Value("t0k3n\r\n".to_owned())).unwrap().as_deref(), Some("t0k3n"));
        for token in ["", "\n", "t0k3n\nX-Evil: 1"] {
            let error = with(Token::Value(token.to_owned())).unwrap_err();
            assert_eq!(
                error.summary(),
                "AWS_CONTAINER_AUTHORIZATION_TOKEN is empty or contains a line break"
            );
        }
        let text = with(Token::File("/nonexistent/token".into())).unwrap_err().to_string();
        assert!(text.starts_with("cannot read the token /nonexistent/token: "), "{text}");
        assert!(text.ends_with("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE sets this path."), "{text}");
    }
}
