//! The endpoint, the addressing style, and the URL of a request.

use std::net::IpAddr;

use crate::access_point::{self, AccessPoint};
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
    /// `https://bucket/key`, boto's `VHostCallingFormat`: the bucket is named like a host that resolves to the
    /// server, such as `cdn.example.com`.
    ///
    /// The endpoint determines the scheme and the port, and serves requests without a bucket. A bucket whose name
    /// cannot be a host name is addressed in path style.
    BucketAsHost,
}

impl_names! {
    AddressingStyle, "addressing style";
    /// Returns the name of the style, such as `path`.
    as_str;
    Path => "path",
    VirtualHosted => "virtual",
    BucketAsHost => "bucket-as-host",
}

/// A server: scheme, host and port, and the path below which it serves buckets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Endpoint {
    https: bool,
    host: String,
    /// The host, and the port unless it is the default port of the scheme.
    authority: String,
    /// The port, unless it is the default port of the scheme: `:8080`.
    port: String,
    /// The start of every path, percent-encoded and without a slash at its end: empty for most servers.
    path: String,
}

/// The URL of a request without its query: as it is sent, and as it is signed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Address {
    pub(crate) https: bool,
    /// The `Host` header, which includes the port unless it is the default port of the scheme.
    pub(crate) host: String,
    /// The path as it is sent and as V4 signs it: percent-encoded once.
    pub(crate) path: String,
    /// The path that Signature V2 signs: the sent path, but always with the bucket.
    pub(crate) resource: String,
    /// The region that V4 signs, if it is not that of the client.
    pub(crate) region: Option<String>,
}

impl Address {
    /// Returns the URL with this query string, which must already be encoded.
    pub(crate) fn url(&self, query: &str) -> String {
        let scheme = if self.https { "https" } else { "http" };
        let mark = if query.is_empty() { "" } else { "?" };
        [scheme, "://", &self.host, &self.path, mark, query].concat()
    }
}

impl Endpoint {
    /// Parses `http[s]://host[:port][/path]`, with or without a trailing slash.
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
        if rest.contains('@') {
            return invalid("has a user or a password; set credentials with Config::credentials");
        }
        let (rest, path) = match rest.split_once('/') {
            Some((rest, path)) => (rest, path.strip_suffix('/').unwrap_or(path)),
            None => (rest, ""),
        };
        if rest.contains(['?', '#']) || path.contains(['?', '#']) {
            return invalid("has a query or a fragment");
        }
        let Some(path) = normal_path(path) else {
            return invalid(
                "has a path with an empty segment, with . or .., or with a wrong percent-encoding",
            );
        };
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
        if !path.is_empty() && provider_host::is_known(&host) {
            return invalid("has a path, but its provider has none; pass the bucket to each call instead");
        }
        let port = port.filter(|&port| port != default_port);
        let port = port.map(|port| format!(":{port}")).unwrap_or_default();
        Ok(Self { https, authority: format!("{host}{port}"), host, port, path })
    }

    /// Returns the same host over plain HTTP on the default port. An endpoint that is already plain HTTP
    /// keeps its port.
    pub(crate) fn plain_http(&self) -> Self {
        if !self.https {
            return self.clone();
        }
        Self { https: false, authority: self.host.clone(), port: String::new(), ..self.clone() }
    }

    pub(crate) fn is_https(&self) -> bool {
        self.https
    }

    pub(crate) fn is_aws(&self) -> bool {
        provider_host::is_aws(&self.host)
    }

    pub(crate) fn is_google(&self) -> bool {
        provider_host::is_google(&self.host)
    }

    /// Returns `true` if the endpoint belongs to one of the providers that are known by their hosts.
    pub(crate) fn is_of_known_provider(&self) -> bool {
        provider_host::is_known(&self.host)
    }

    /// Returns `true` if the endpoint is the S3 interface of Supabase, hosted or not.
    ///
    /// In PUT and DELETE requests for an object, it ignores the sub-resource, even one that it knows in GET requests. So
    /// PutObjectTagging would replace the object by the tags, and DeleteObjectTagging would delete it.
    // https://github.com/supabase/storage/tree/master/src/http/routes/s3
    pub(crate) fn is_supabase(&self) -> bool {
        self.path.ends_with("/storage/v1/s3")
    }

    /// Returns `true` if this provider rejects requests with `x-amz-checksum-*` headers.
    pub(crate) fn rejects_checksums(&self) -> bool {
        provider_host::rejects_checksums(&self.host)
    }

    /// Returns `true` if this provider is known to verify `x-amz-checksum-*` headers.
    pub(crate) fn verifies_checksums(&self) -> bool {
        provider_host::verifies_checksums(&self.host)
    }

    /// Returns how many parts an upload to this provider can have.
    pub(crate) fn max_parts(&self) -> u32 {
        provider_host::max_parts(&self.host)
    }

    /// Returns `true` if this provider's ETag of an object in parts is not the MD5 of the MD5s of the parts.
    pub(crate) fn has_opaque_multipart_e_tags(&self) -> bool {
        provider_host::has_opaque_multipart_e_tags(&self.host)
    }

    pub(crate) fn has_ip_address(&self) -> bool {
        self.host.trim_matches(['[', ']']).parse::<IpAddr>().is_ok()
    }

    /// Returns `true` if the first of several labels of the host, or the path, is this bucket name. Then the
    /// endpoint may contain the bucket, as `my-space` in `my-space.nyc3.example.com`, or the bucket may just be
    /// called `s3`.
    pub(crate) fn may_contain(&self, bucket: &str) -> bool {
        let in_host = !self.has_ip_address()
            && self.host.strip_prefix(bucket).is_some_and(|rest| rest.starts_with('.') && rest.len() > 1);
        in_host || self.path.strip_prefix('/') == Some(bucket)
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

    /// Returns the host, the port and the path.
    pub(crate) fn location(&self) -> String {
        [self.authority.as_str(), &self.path].concat()
    }

    /// Returns the address of an object, of a bucket, or of the service itself. The names must have been
    /// validated.
    ///
    /// # Errors
    ///
    /// Fails if this endpoint cannot serve the bucket: an access point of AWS at another server, or a bucket of AWS
    /// that requires another protocol.
    pub(crate) fn find(
        &self,
        style: AddressingStyle,
        bucket: Option<&str>,
        key: Option<&str>,
    ) -> Result<Address> {
        let Some(bucket) = bucket else { return Ok(self.address(style, None, None)) };
        if let Some(access_point) = AccessPoint::parse(bucket)? {
            if !self.is_aws() {
                return Err(Error::invalid(format!(
                    "only AWS serves {bucket:?}, but the endpoint is {}",
                    self.location()
                ))
                .with_hint("Use Config::aws for access points."));
            }
            let path = format!("/{}", encode::path(key.unwrap_or_default()));
            return Ok(Address {
                https: self.https,
                host: access_point.host(&self.host) + &self.port,
                resource: path.clone(),
                path,
                region: Some(access_point.region.to_owned()),
            });
        }
        if self.is_aws() {
            access_point::reject_other_protocols(bucket)?;
            if access_point::is_alias(bucket) {
                return Ok(self.address(AddressingStyle::VirtualHosted, Some(bucket), key));
            }
        }
        Ok(self.address(style, Some(bucket), key))
    }

    pub(crate) fn address(&self, style: AddressingStyle, bucket: Option<&str>, key: Option<&str>) -> Address {
        let (mut host, mut path) = (self.authority.clone(), self.path.clone());
        let mut resource = self.path.clone();
        for text in [&mut path, &mut resource] {
            text.push('/');
        }
        if let Some(bucket) = bucket {
            // The path of a bucket ends in a slash. Without it, Ceph computes a different V2 signature.
            encode::push_path(&mut resource, bucket);
            resource.push('/');
            encode::push_path(&mut resource, key.unwrap_or_default());
            match style {
                AddressingStyle::VirtualHosted if self.can_host(bucket) => {
                    host = format!("{bucket}.{host}");
                    encode::push_path(&mut path, key.unwrap_or_default());
                }
                AddressingStyle::BucketAsHost if is_host_name(bucket) => {
                    host = format!("{bucket}{}", self.port);
                    encode::push_path(&mut path, key.unwrap_or_default());
                }
                _ => path.clone_from(&resource),
            }
        }
        Address { https: self.https, host, path, resource, region: None }
    }

    /// Returns `true` if the bucket name can be part of the host name.
    fn can_host(&self, bucket: &str) -> bool {
        is_host_name(bucket) && !(self.https && bucket.contains('.'))
    }
}

/// Returns `true` if a bucket name consists of valid labels of a host name.
fn is_host_name(bucket: &str) -> bool {
    bucket.split('.').all(access_point::is_label)
}

/// Returns the path of an endpoint in its only form: `/` before each segment, and encoded like keys, as servers
/// encode it before they verify a signature. Returns `None` if the path is not valid.
fn normal_path(path: &str) -> Option<String> {
    let mut out = String::new();
    for segment in path.split('/').filter(|_| !path.is_empty()) {
        // in a path, a plus sign is not a space
        let decoded = encode::decode(&segment.replace('+', "%2B"))?;
        if matches!(decoded.as_str(), "" | "." | "..") || decoded.contains('/') {
            return None;
        }
        out.push('/');
        encode::push_path(&mut out, &decoded);
    }
    Some(out)
}

fn is_host(host: &str) -> bool {
    if let Some(v6) = host.strip_prefix('[').and_then(|h| h.strip_suffix(']')) {
        return v6.parse::<std::net::Ipv6Addr>().is_ok();
    }
    !host.starts_with('.')
        && !host.contains("..")
        && !host.is_empty()
        && host.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.' | b'_'))
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
            ("http://h?x", "has a query or a fragment"),
            ("http://h/a#b", "has a query or a fragment"),
            (
                "http://h/a//b",
                "has a path with an empty segment, with . or .., or with a wrong percent-encoding",
            ),
            (
                "http://h/a/%2e%2E",
                "has a path with an empty segment, with . or .., or with a wrong percent-encoding",
            ),
            (
                "http://s3.amazonaws.com/my-bucket",
                "has a path, but its provider has none; pass the bucket to each call instead",
            ),
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
        assert_eq!((bucket.path.as_str(), bucket.resource.as_str()), ("/b/", "/b/"));
        let service = endpoint.address(AddressingStyle::Path, None, None);
        assert_eq!((service.path.as_str(), service.resource.as_str()), ("/", "/"));
    }

    #[test]
    fn virtual_hosted_style_signs_the_bucket_in_the_host() {
        let a = address("http://h:1", AddressingStyle::VirtualHosted, "my.b", "/lead");
        assert_eq!(
            (a.host.as_str(), a.path.as_str(), a.resource.as_str()),
            ("my.b.h:1", "//lead", "/my.b//lead")
        );
    }

    #[test]
    fn bucket_that_cannot_be_a_host_name_is_addressed_in_path_style() {
        for bucket in ["Upper", "under_score", "tenant:b", "-b", "a..b"] {
            let a = address("http://h", AddressingStyle::VirtualHosted, bucket, "k");
            assert_eq!(a.host, "h", "{bucket}");
        }
    }

    #[test]
    fn path_of_the_endpoint_starts_every_path() {
        let at = |style, bucket, key| {
            Endpoint::parse("http://h:1/storage/v1/s%33/").unwrap().address(style, bucket, key)
        };
        for (style, bucket, host, path, resource) in [
            (AddressingStyle::Path, Some("b"), "h:1", "/storage/v1/s3/b/k%20", "/storage/v1/s3/b/k%20"),
            (
                AddressingStyle::VirtualHosted,
                Some("b"),
                "b.h:1",
                "/storage/v1/s3/k%20",
                "/storage/v1/s3/b/k%20",
            ),
        ] {
            let a = at(style, bucket, Some("k "));
            assert_eq!((a.host.as_str(), a.path.as_str(), a.resource.as_str()), (host, path, resource));
        }
        assert_eq!(at(AddressingStyle::Path, None, None).path, "/storage/v1/s3/");
        assert!(Endpoint::parse("http://h/my-bucket").unwrap().may_contain("my-bucket"));
        assert!(!Endpoint::parse("http://h/storage/my-bucket").unwrap().may_contain("storage"));
    }

    #[test]
    fn bucket_as_host_replaces_the_host_but_not_the_port() {
        let a = address("http://h:1", AddressingStyle::BucketAsHost, "cdn.example.com", "k");
        assert_eq!(a.url(""), "http://cdn.example.com:1/k");
        assert_eq!(a.resource, "/cdn.example.com/k");
        assert_eq!(
            address("http://h:1", AddressingStyle::BucketAsHost, "Upper", "k").url(""),
            "http://h:1/Upper/k"
        );
    }
}
