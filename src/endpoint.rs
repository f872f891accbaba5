//! Where a request goes: the endpoint, the addressing style, and the URL they make of a request.

use std::net::IpAddr;

use crate::encode;
use crate::error::{Error, Result};
use crate::names::impl_names;
use crate::request::Request;

/// Where the bucket's name stands in a URL.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum AddressingStyle {
    /// `https://host/bucket/key`, boto's "ordinary" calling format. Nearly every server takes it, and it
    /// needs no wildcard name or certificate. AWS takes it too, but advises the other.
    #[default]
    Path,
    /// `https://bucket.host/key`.
    ///
    /// A bucket whose name cannot stand in a host name is addressed in path style: one with an upper-case
    /// letter, an underscore or a colon, or, over HTTPS, one with a dot, which no wildcard certificate covers.
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
    /// The host, and the port unless it is the scheme's own.
    authority: String,
}

/// A request's place on a server: what is sent, and what is signed of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Address {
    pub(crate) https: bool,
    /// The `Host` header: the port stands in it unless it is the scheme's own.
    pub(crate) host: String,
    /// The path as Signature V2 signs it, always with the bucket: percent-encoded once.
    pub(crate) resource: String,
    /// Where in it the path begins that is sent: behind the bucket, where that is in the host.
    pub(crate) path_start: usize,
}

impl Address {
    /// The path as sent.
    pub(crate) fn path(&self) -> &str {
        &self.resource[self.path_start..]
    }

    /// The whole URL, with a query string that is encoded already.
    pub(crate) fn url(&self, query: &str) -> String {
        let scheme = if self.https { "https" } else { "http" };
        let mark = if query.is_empty() { "" } else { "?" };
        [scheme, "://", &self.host, self.path(), mark, query].concat()
    }
}

impl Endpoint {
    /// Reads `http[s]://host[:port]`; one final slash is let pass.
    pub(crate) fn parse(text: &str) -> Result<Self> {
        let refuse = |why: &str| {
            Err(Error::invalid(format!("the endpoint {:?} {why}", hide_userinfo(text)))
                .with_hint("An endpoint looks like https://s3.example.com or http://127.0.0.1:8080."))
        };
        let Some((scheme, rest)) = text.split_once("://") else {
            return refuse("has no scheme; put https:// or http:// before it");
        };
        let https = match scheme.to_ascii_lowercase().as_str() {
            "https" => true,
            "http" => false,
            _ => return refuse("has a scheme other than http and https"),
        };
        if https && !cfg!(any(feature = "rustls", feature = "native-tls")) {
            return refuse(
                "needs TLS, which this build leaves out; turn on the feature rustls or native-tls",
            );
        }
        let rest = rest.strip_suffix('/').unwrap_or(rest);
        if rest.contains('@') {
            return refuse("has a user or a password; give keys by Config::credentials");
        }
        if rest.contains(['/', '?', '#']) {
            return refuse("has a path; it names a server only, and the bucket is an argument of each call");
        }
        let (host, port) = match rest.rsplit_once(':') {
            Some((host, port)) if !port.ends_with(']') => match port.parse::<u16>() {
                Ok(port) if port > 0 => (host, Some(port)),
                _ => return refuse("has a port that is not a number from 1 to 65535"),
            },
            _ => (rest, None),
        };
        if !is_host(host) {
            return refuse("has no valid host name");
        }
        let default_port = if https { 443 } else { 80 };
        let host = host.to_ascii_lowercase();
        let authority = match port.filter(|&port| port != default_port) {
            Some(port) => format!("{host}:{port}"),
            None => host.clone(),
        };
        Ok(Self { https, host, authority })
    }

    /// The same host over plain HTTP, on its own port; an endpoint that is plain already stays as it is.
    pub(crate) fn plain_http(&self) -> Self {
        if !self.https {
            return self.clone();
        }
        Self { https: false, host: self.host.clone(), authority: self.host.clone() }
    }

    pub(crate) fn is_https(&self) -> bool {
        self.https
    }

    pub(crate) fn has_ip_address(&self) -> bool {
        self.host.trim_matches(['[', ']']).parse::<IpAddr>().is_ok()
    }

    /// The host, and the port unless it is the scheme's own.
    pub(crate) fn authority(&self) -> &str {
        &self.authority
    }

    /// Gives a request its host and path. The bucket and the key must have been validated.
    pub(crate) fn address(&self, style: AddressingStyle, request: &Request<'_>) -> Address {
        let mut resource = String::from("/");
        let (mut host, mut path_start) = (String::new(), 0);
        if let Some(bucket) = request.bucket {
            encode::push_path(&mut resource, bucket);
            if style == AddressingStyle::VirtualHosted && self.can_host(bucket) {
                host = format!("{bucket}.");
                path_start = resource.len();
            }
            // a bucket's own path ends in a slash, or Ceph's V2 signature would not match
            resource.push('/');
            encode::push_path(&mut resource, request.key.unwrap_or_default());
        }
        host.push_str(&self.authority);
        Address { https: self.https, host, resource, path_start }
    }

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

/// A URL for people to read: without the user and the password it may have.
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
    use crate::request::Method;

    fn address(endpoint: &str, style: AddressingStyle, bucket: &str, key: &str) -> Address {
        let request = Request::object("GetObject", Method::Get, bucket, key);
        Endpoint::parse(endpoint).unwrap().address(style, &request)
    }

    #[test]
    fn an_endpoint_is_a_scheme_a_host_and_a_port() {
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
    fn the_default_port_of_https_is_not_sent() {
        let endpoint = Endpoint::parse("https://objects-us-west-1.dream.io:443").unwrap();
        assert!(endpoint.is_https());
        assert_eq!(endpoint.authority(), "objects-us-west-1.dream.io");
        let tls = Endpoint::parse("https://h:8443").unwrap();
        assert_eq!(tls.plain_http(), Endpoint::parse("http://h").unwrap());
    }

    #[test]
    fn everything_else_is_refused_with_the_reason() {
        for (text, why) in [
            ("s3.example.com", "no scheme"),
            ("ftp://h", "scheme other"),
            ("http://", "host name"),
            ("http://h:0", "port"),
            ("http://h:99999", "port"),
            ("http://h/bucket", "path"),
            ("http://h?x", "path"),
            ("http://a b", "host name"),
            ("http://user:hunter2@h", "user or a password"),
        ] {
            let error = Endpoint::parse(text).unwrap_err().to_string();
            assert!(error.contains(why) && !error.contains("hunter2"), "{error}");
        }
    }

    #[test]
    fn path_style_sends_what_it_signs() {
        let a = address("http://h:1", AddressingStyle::Path, "b", "x/../y z");
        assert_eq!(a.url("acl"), "http://h:1/b/x/../y%20z?acl");
        assert_eq!(a.resource, "/b/x/../y%20z");
        let bucket = Request::bucket("ListObjects", Method::Get, "b");
        let a = Endpoint::parse("http://h").unwrap().address(AddressingStyle::Path, &bucket);
        assert_eq!((a.path(), a.resource.as_str()), ("/b/", "/b/"));
    }

    #[test]
    fn virtual_hosted_style_signs_the_bucket_it_sends_in_the_host() {
        let a = address("http://h:1", AddressingStyle::VirtualHosted, "my.b", "/lead");
        assert_eq!((a.host.as_str(), a.path(), a.resource.as_str()), ("my.b.h:1", "//lead", "/my.b//lead"));
    }

    #[test]
    fn a_bucket_that_no_host_name_can_carry_is_addressed_by_path() {
        for bucket in ["Upper", "under_score", "tenant:b", "-b", "a..b"] {
            let a = address("http://h", AddressingStyle::VirtualHosted, bucket, "k");
            assert_eq!(a.host, "h", "{bucket}");
        }
    }
}
