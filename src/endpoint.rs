//! The endpoint, the addressing style, and the URL of a request.

use std::net::IpAddr;

use crate::encode;
use crate::error::{Error, Result};
use crate::names::impl_names;
use crate::provider_host;

/// The position of the bucket name in a URL.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum AddressingStyle {
    /// `https://host/bucket/key`, boto's "ordinary" calling format.
    ///
    /// Nearly every server supports it, and it needs no wildcard DNS entry or certificate. AWS supports it
    /// too, but recommends the virtual-hosted style.
    #[default]
    Path,
    /// `https://bucket.host/key`.
    ///
    /// A bucket whose name cannot be part of a host name is addressed in path style. This applies to names
    /// with an upper-case letter, an underscore or a colon and, over HTTPS, to names with a dot, which
    /// wildcard certificates do not cover.
    VirtualHosted,
}

impl_names! {
    AddressingStyle, "addressing style";
    /// Returns the name of the style, such as `path`.
    as_str;
    Path => "path",
    VirtualHosted => "virtual",
}

/// A server: scheme, host and port, without a path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Endpoint {
    https: bool,
    host: String,
    /// The host, and the port unless it is the default port of the scheme.
    authority: String,
}

/// The URL of a request without its query: as it is sent, and as it is signed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Address {
    pub(crate) https: bool,
    /// The `Host` header, which includes the port unless it is the default port of the scheme.
    pub(crate) host: String,
    /// The path that Signature V2 signs: percent-encoded once, and always with the bucket.
    pub(crate) resource: String,
    /// The start of the sent path in `resource`: after the bucket if the host contains the bucket.
    pub(crate) path_start: usize,
}

impl Address {
    /// Returns the path as it is sent.
    pub(crate) fn path(&self) -> &str {
        &self.resource[self.path_start..]
    }

    /// Returns the URL with this query string, which must already be encoded.
    pub(crate) fn url(&self, query: &str) -> String {
        let scheme = if self.https { "https" } else { "http" };
        let mark = if query.is_empty() { "" } else { "?" };
        [scheme, "://", &self.host, self.path(), mark, query].concat()
    }
}

impl Endpoint {
    /// Parses `http[s]://host[:port]`, with or without a trailing slash.
    pub(crate) fn parse(text: &str) -> Result<Self> {
        let invalid = |problem: &str| {
            Err(Error::invalid(format!("the endpoint {:?} {problem}", hide_userinfo(text)))
                .with_hint("Examples of endpoints are https://s3.example.com and http://127.0.0.1:8080."))
        };
        let Some((scheme, rest)) = text.split_once("://") else {
            return invalid("has no scheme; it must start with https:// or http://");
        };
        let https = match scheme.to_ascii_lowercase().as_str() {
            "https" => true,
            "http" => false,
            _ => return invalid("has a scheme other than http and https"),
        };
        if https && !cfg!(any(feature = "rustls", feature = "native-tls")) {
            return invalid("requires TLS; enable the feature rustls or native-tls of plain-s3");
        }
        let rest = rest.strip_suffix('/').unwrap_or(rest);
        if rest.contains('@') {
            return invalid("has a user or a password; set credentials with Config::credentials");
        }
        if rest.contains(['/', '?', '#']) {
            return invalid("has a path, a query or a fragment; pass the bucket to each call instead");
        }
        let (host, port) = match rest.rsplit_once(':') {
            Some((host, port)) if !port.ends_with(']') => match port.parse::<u16>() {
                Ok(port) if port > 0 => (host, Some(port)),
                _ => return invalid("has a port that is not a number from 1 to 65535"),
            },
            _ => (rest, None),
        };
        if !is_host(host) {
            return invalid("has no valid host name");
        }
        let default_port = if https { 443 } else { 80 };
        let host = host.to_ascii_lowercase();
        if let Some((bucket, provider)) = provider_host::split_bucket(&host) {
            return Err(Error::invalid(format!("the endpoint {text:?} contains the bucket name {bucket:?}"))
                .with_hint(format!(
                    "Use {}://{provider} and pass the bucket to each call.",
                    scheme.to_ascii_lowercase()
                )));
        }
        let authority = match port.filter(|&port| port != default_port) {
            Some(port) => format!("{host}:{port}"),
            None => host.clone(),
        };
        Ok(Self { https, host, authority })
    }

    /// Returns the same host over plain HTTP on the default port. An endpoint that is already plain HTTP
    /// keeps its port.
    pub(crate) fn plain_http(&self) -> Self {
        if !self.https {
            return self.clone();
        }
        Self { https: false, host: self.host.clone(), authority: self.host.clone() }
    }

    pub(crate) fn is_https(&self) -> bool {
        self.https
    }

    /// Returns `true` if this provider rejects requests with `x-amz-checksum-*` headers.
    pub(crate) fn rejects_checksums(&self) -> bool {
        provider_host::rejects_checksums(&self.host)
    }

    /// Returns `true` if this provider is known to verify `x-amz-checksum-*` headers.
    pub(crate) fn verifies_checksums(&self) -> bool {
        provider_host::verifies_checksums(&self.host)
    }

    pub(crate) fn has_ip_address(&self) -> bool {
        self.host.trim_matches(['[', ']']).parse::<IpAddr>().is_ok()
    }

    /// Returns `true` if the first of several labels of the host is this bucket name. Then the host may
    /// contain the bucket, as `my-space` in `my-space.nyc3.example.com`, or the bucket may just be called
    /// `s3`.
    pub(crate) fn may_contain(&self, bucket: &str) -> bool {
        !self.has_ip_address()
            && self.host.strip_prefix(bucket).is_some_and(|rest| rest.starts_with('.') && rest.len() > 1)
    }

    /// Returns the host in lower case, with the brackets of an IPv6 address.
    #[cfg(feature = "credentials-chain")]
    pub(crate) fn host(&self) -> &str {
        &self.host
    }

    /// Returns the host, and the port unless it is the default port of the scheme.
    pub(crate) fn authority(&self) -> &str {
        &self.authority
    }

    /// Returns the address of an object, of a bucket, or of the service itself. The names must have been
    /// validated.
    pub(crate) fn address(&self, style: AddressingStyle, bucket: Option<&str>, key: Option<&str>) -> Address {
        let mut resource = String::from("/");
        let (mut host, mut path_start) = (String::new(), 0);
        if let Some(bucket) = bucket {
            encode::push_path(&mut resource, bucket);
            if style == AddressingStyle::VirtualHosted && self.can_host(bucket) {
                host = format!("{bucket}.");
                path_start = resource.len();
            }
            // The path of a bucket ends in a slash. Without it, Ceph computes a different V2 signature.
            resource.push('/');
            encode::push_path(&mut resource, key.unwrap_or_default());
        }
        host.push_str(&self.authority);
        Address { https: self.https, host, resource, path_start }
    }

    /// Returns `true` if the bucket name can be part of the host name.
    fn can_host(&self, bucket: &str) -> bool {
        let label = |s: &str| !s.is_empty() && s.len() <= 63 && !s.starts_with('-') && !s.ends_with('-');
        bucket.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-' || b == b'.')
            && bucket.split('.').all(label)
            && !(self.https && bucket.contains('.'))
    }
}

fn is_host(host: &str) -> bool {
    if let Some(v6) = host.strip_prefix('[').and_then(|h| h.strip_suffix(']')) {
        return v6.parse::<std::net::Ipv6Addr>().is_ok();
    }
    !host.is_empty() && host.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.' | b'_'))
}

/// Returns the URL for error texts and logs: without the user and the password that it may have.
pub(crate) fn hide_userinfo(text: &str) -> String {
    match text.rsplit_once('@') {
        Some((before, host)) => {
            let scheme = before.split_once("://").map_or("", |(scheme, _)| scheme);
            format!("{scheme}://…@{host}")
        }
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    fn address(endpoint: &str, style: AddressingStyle, bucket: &str, key: &str) -> Address {
        Endpoint::parse(endpoint).unwrap().address(style, Some(bucket), Some(key))
    }

    #[test]
    fn endpoint_is_parsed_and_normalised() {
        for (text, https, authority) in [
            ("http://127.0.0.1:8480", false, "127.0.0.1:8480"),
            ("http://[::1]:80/", false, "[::1]"),
            ("HTTP://S3.Example.com:443", false, "s3.example.com:443"),
        ] {
            let endpoint = Endpoint::parse(text).unwrap();
            assert_eq!((endpoint.is_https(), endpoint.authority()), (https, authority));
        }
    }

    #[test]
    #[cfg(any(feature = "rustls", feature = "native-tls"))]
    fn default_port_of_https_is_omitted() {
        let endpoint = Endpoint::parse("https://objects-us-west-1.dream.io:443").unwrap();
        assert!(endpoint.is_https());
        assert_eq!(endpoint.authority(), "objects-us-west-1.dream.io");
        let tls = Endpoint::parse("https://h:8443").unwrap();
        assert_eq!(tls.plain_http(), Endpoint::parse("http://h").unwrap());
    }

    #[test]
    fn invalid_endpoints_are_rejected() {
        for (text, problem) in [
            ("s3.example.com", "has no scheme; it must start with https:// or http://"),
            ("ftp://h", "has a scheme other than http and https"),
            ("http://", "has no valid host name"),
            ("http://a b", "has no valid host name"),
            ("http://h:0", "has a port that is not a number from 1 to 65535"),
            ("http://h:99999", "has a port that is not a number from 1 to 65535"),
            ("http://h/bucket", "has a path, a query or a fragment; pass the bucket to each call instead"),
            ("http://h?x", "has a path, a query or a fragment; pass the bucket to each call instead"),
        ] {
            assert_eq!(
                Endpoint::parse(text).unwrap_err().to_string(),
                format!(
                    "the endpoint {text:?} {problem}. Examples of endpoints are https://s3.example.com and \
                     http://127.0.0.1:8080."
                )
            );
        }
        assert_eq!(
            Endpoint::parse("http://user:hunter2@h").unwrap_err().to_string(),
            "the endpoint \"http://…@h\" has a user or a password; set credentials with Config::credentials. \
             Examples of endpoints are https://s3.example.com and http://127.0.0.1:8080."
        );
    }

    #[test]
    fn bucket_in_the_host_of_a_provider_is_rejected_and_elsewhere_noticed() {
        assert_eq!(
            Endpoint::parse("HTTP://My-Space.nyc3.digitaloceanspaces.com").unwrap_err().to_string(),
            "the endpoint \"HTTP://My-Space.nyc3.digitaloceanspaces.com\" contains the bucket name \"my-space\". Use \
             http://nyc3.digitaloceanspaces.com and pass the bucket to each call."
        );
        let endpoint = Endpoint::parse("http://my-space.nyc3.example.com:8080").unwrap();
        for (bucket, may) in [("my-space", true), ("my", false), ("my-space.nyc3", true), ("nyc3", false)] {
            assert_eq!(endpoint.may_contain(bucket), may, "{bucket}");
        }
        assert!(!Endpoint::parse("http://localhost").unwrap().may_contain("localhost"));
        assert!(!Endpoint::parse("http://127.0.0.1").unwrap().may_contain("127"));
    }

    #[test]
    fn path_style_signs_the_path_that_it_sends() {
        let a = address("http://h:1", AddressingStyle::Path, "b", "x/../y z");
        assert_eq!(a.url("acl"), "http://h:1/b/x/../y%20z?acl");
        assert_eq!(a.resource, "/b/x/../y%20z");
        let endpoint = Endpoint::parse("http://h").unwrap();
        let bucket = endpoint.address(AddressingStyle::Path, Some("b"), None);
        assert_eq!((bucket.path(), bucket.resource.as_str()), ("/b/", "/b/"));
        let service = endpoint.address(AddressingStyle::Path, None, None);
        assert_eq!((service.path(), service.resource.as_str()), ("/", "/"));
    }

    #[test]
    fn virtual_hosted_style_signs_the_bucket_in_the_host() {
        let a = address("http://h:1", AddressingStyle::VirtualHosted, "my.b", "/lead");
        assert_eq!((a.host.as_str(), a.path(), a.resource.as_str()), ("my.b.h:1", "//lead", "/my.b//lead"));
    }

    #[test]
    fn bucket_that_cannot_be_a_host_name_is_addressed_in_path_style() {
        for bucket in ["Upper", "under_score", "tenant:b", "-b", "a..b"] {
            let a = address("http://h", AddressingStyle::VirtualHosted, bucket, "k");
            assert_eq!(a.host, "h", "{bucket}");
        }
    }
}
