//! The hosts of known providers, to notice an endpoint that already contains a bucket name.
//!
//! Dashboards show such hosts, and requests to them succeed: `put_object("space", "logo.png")` to
//! `https://space.nyc3.digitaloceanspaces.com` stores the key `space/logo.png`.

use crate::validate;

/// What the host of an endpoint has before the domain of its provider.
enum Service {
    /// Nothing, as in `storage.googleapis.com`.
    Domain,
    /// One label, the region, as in `nyc3.digitaloceanspaces.com`.
    OneLabel,
    /// The first label starts with this, as in `s3.eu-west-1.amazonaws.com` and
    /// `s3-us-west-2.amazonaws.com`.
    FirstLabel(&'static str),
    /// Like `FirstLabel`, but the label `s3` may precede it, as in `s3.oss-cn-hangzhou.aliyuncs.com`.
    AfterS3(&'static str),
    /// The first label is an account ID of 32 hexadecimal digits, as in
    /// `0123456789abcdef0123456789abcdef.eu.r2.cloudflarestorage.com`.
    AccountId,
}

/// The first entry that matches counts.
const PROVIDERS: [(&str, Service); 28] = [
    ("amazonaws.com", Service::FirstLabel("s3")),
    ("amazonaws.com.cn", Service::FirstLabel("s3")),
    ("amazonaws.eu", Service::FirstLabel("s3")),
    ("aliyuncs.com", Service::AfterS3("oss-")),
    ("backblazeb2.com", Service::FirstLabel("s3")),
    ("cloud-object-storage.appdomain.cloud", Service::FirstLabel("s3")),
    ("digitaloceanspaces.com", Service::OneLabel),
    ("us-east-005.dream.io", Service::FirstLabel("s3")),
    ("dream.io", Service::FirstLabel("objects")),
    ("exo.io", Service::FirstLabel("sos-")),
    ("filebase.com", Service::FirstLabel("s3")),
    ("fly.storage.tigris.dev", Service::Domain),
    ("io.cloud.ovh.net", Service::FirstLabel("s3")),
    ("io.cloud.ovh.us", Service::FirstLabel("s3")),
    ("linodeobjects.com", Service::OneLabel),
    ("myqcloud.com", Service::FirstLabel("cos")),
    ("perf.cloud.ovh.net", Service::FirstLabel("s3")),
    ("r2.cloudflarestorage.com", Service::AccountId),
    ("scw.cloud", Service::FirstLabel("s3")),
    ("storage.cloud.ovh.net", Service::FirstLabel("s3")),
    ("storage.googleapis.com", Service::Domain),
    ("storage.selcloud.ru", Service::FirstLabel("s3")),
    ("storage.yandexcloud.net", Service::Domain),
    ("t3.storage.dev", Service::Domain),
    ("vultrobjects.com", Service::OneLabel),
    ("wasabisys.com", Service::FirstLabel("s3")),
    ("ionoscloud.com", Service::FirstLabel("s3")),
    ("your-objectstorage.com", Service::OneLabel),
];

/// Providers that reject requests with `x-amz-checksum-*` headers.
const REJECT_CHECKSUMS: [&str; 2] = ["backblazeb2.com", "us-east-005.dream.io"];
const AWS: [&str; 3] = ["amazonaws.com", "amazonaws.com.cn", "amazonaws.eu"];
/// Providers that verify and store every kind of checksum.
const VERIFY_CHECKSUMS: [&str; 3] = AWS;
/// Providers that accept fewer parts of an upload than others.
// https://www.scaleway.com/en/docs/object-storage/api-cli/multipart-uploads/
const MAX_PARTS: [(&str, u32); 1] = [("scw.cloud", FEWEST_PARTS)];
/// The lowest limit of any known provider.
pub(crate) const FEWEST_PARTS: u32 = 1000;
/// Providers whose ETags of objects in parts are not the MD5 of the MD5s of the parts.
// https://github.com/rclone/rclone/tree/master/backend/s3/provider: use_multipart_etag
const OPAQUE_MULTIPART_E_TAGS: [&str; 4] =
    ["aliyuncs.com", "cloud-object-storage.appdomain.cloud", "myqcloud.com", "object.fastlystorage.app"];

/// Returns `true` if the provider with this lower-case host rejects requests with `x-amz-checksum-*` headers.
pub(crate) fn rejects_checksums(host: &str) -> bool {
    is_in(host, &REJECT_CHECKSUMS)
}

/// Returns `true` if this lower-case host belongs to AWS.
pub(crate) fn is_aws(host: &str) -> bool {
    is_in(host, &AWS)
}

/// Returns `true` if this lower-case host belongs to Google Cloud Storage.
pub(crate) fn is_google(host: &str) -> bool {
    is_in(host, &["storage.googleapis.com"])
}

/// Returns `true` if the provider with this lower-case host verifies `x-amz-checksum-*` headers.
pub(crate) fn verifies_checksums(host: &str) -> bool {
    is_in(host, &VERIFY_CHECKSUMS)
}

/// Returns how many parts an upload to this lower-case host can have.
pub(crate) fn max_parts(host: &str) -> u32 {
    let limit = MAX_PARTS.iter().find(|(domain, _)| is_in(host, &[domain]));
    limit.map_or(validate::MAX_PARTS, |(_, parts)| *parts)
}

/// Returns `true` if the ETag of an object in parts on this lower-case host is not the MD5 of the MD5s of the parts.
pub(crate) fn has_opaque_multipart_e_tags(host: &str) -> bool {
    is_in(host, &OPAQUE_MULTIPART_E_TAGS)
}

fn is_in(host: &str, domains: &[&str]) -> bool {
    domains.iter().any(|domain| {
        host.strip_suffix(domain).is_some_and(|before| before.is_empty() || before.ends_with('.'))
    })
}

/// Returns `true` if this lower-case host belongs to a known provider.
pub(crate) fn is_known(host: &str) -> bool {
    PROVIDERS.iter().any(|(domain, _)| is_in(host, &[domain]))
}

/// Splits the lower-case host of a known provider that contains a bucket name: returns the name and the host
/// without it. Returns `None` for any other host, such as those of private endpoints.
pub(crate) fn split_bucket(host: &str) -> Option<(&str, &str)> {
    let (domain, service) = PROVIDERS.iter().find(|(domain, _)| {
        host.strip_suffix(domain).is_some_and(|before| before.is_empty() || before.ends_with('.'))
    })?;
    let before = host[..host.len() - domain.len()].trim_end_matches('.');
    let labels: Vec<&str> = if before.is_empty() { Vec::new() } else { before.split('.').collect() };
    // the labels from this one on belong to the provider
    let first = match service {
        Service::Domain => labels.len(),
        Service::OneLabel => labels.len().checked_sub(1)?,
        Service::FirstLabel(start) => {
            // interface endpoints of AWS have the label `bucket` instead of a bucket name
            if labels.contains(&"vpce") {
                return None;
            }
            labels.iter().rposition(|label| is_service(label, start))?
        }
        Service::AfterS3(start) => {
            let first = labels.iter().rposition(|label| is_service(label, start))?;
            if first > 0 && labels[first - 1] == "s3" { first - 1 } else { first }
        }
        Service::AccountId => labels.iter().rposition(|label| is_account_id(label))?,
    };
    if first == 0 {
        return None;
    }
    let bucket = &host[..labels[..first].iter().map(|label| label.len() + 1).sum::<usize>() - 1];
    Some((bucket, &host[bucket.len() + 1..]))
}

/// Returns `true` if a label is `s3`, or starts with `s3-`, for the start `s3`. A start that ends with `-` is
/// only that.
fn is_service(label: &str, start: &str) -> bool {
    label.strip_prefix(start).is_some_and(|rest| {
        start.ends_with('-') || rest.is_empty() || rest.starts_with('-') || rest.starts_with("express-")
    })
}

pub(crate) fn is_account_id(label: &str) -> bool {
    label.len() == 32 && label.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// Returns the domain of the partition that a region of AWS belongs to.
// https://docs.aws.amazon.com/whitepapers/latest/aws-fault-isolation-boundaries/partitions.html
pub(crate) fn aws_domain(region: &str) -> &'static str {
    match region.split('-').next() {
        Some("cn") => "amazonaws.com.cn",
        Some("eusc") => "amazonaws.eu",
        _ => "amazonaws.com",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bucket_is_split_off_the_hosts_of_providers() {
        for (host, bucket, endpoint) in [
            ("my-space.nyc3.digitaloceanspaces.com", "my-space", "nyc3.digitaloceanspaces.com"),
            ("b.s3.amazonaws.com", "b", "s3.amazonaws.com"),
            ("a.b.s3.eu-west-1.amazonaws.com", "a.b", "s3.eu-west-1.amazonaws.com"),
            ("s3.s3.eu-west-1.amazonaws.com", "s3", "s3.eu-west-1.amazonaws.com"),
            ("b.s3.dualstack.us-east-1.amazonaws.com", "b", "s3.dualstack.us-east-1.amazonaws.com"),
            ("b.s3-us-west-2.amazonaws.com", "b", "s3-us-west-2.amazonaws.com"),
            ("b.s3.cn-north-1.amazonaws.com.cn", "b", "s3.cn-north-1.amazonaws.com.cn"),
            (
                "b--use1-az4--x-s3.s3express-use1-az4.us-east-1.amazonaws.com",
                "b--use1-az4--x-s3",
                "s3express-use1-az4.us-east-1.amazonaws.com",
            ),
            ("b.s3.us-west-004.backblazeb2.com", "b", "s3.us-west-004.backblazeb2.com"),
            ("b.objects-us-east-1.dream.io", "b", "objects-us-east-1.dream.io"),
            ("b.s3.us-east-005.dream.io", "b", "s3.us-east-005.dream.io"),
            (
                "b.0123456789abcdef0123456789abcdef.r2.cloudflarestorage.com",
                "b",
                "0123456789abcdef0123456789abcdef.r2.cloudflarestorage.com",
            ),
            ("b.storage.googleapis.com", "b", "storage.googleapis.com"),
            ("b.fsn1.your-objectstorage.com", "b", "fsn1.your-objectstorage.com"),
            ("b.oss-cn-hangzhou.aliyuncs.com", "b", "oss-cn-hangzhou.aliyuncs.com"),
            ("b.s3.oss-cn-hangzhou.aliyuncs.com", "b", "s3.oss-cn-hangzhou.aliyuncs.com"),
            ("b.s3.gra.io.cloud.ovh.net", "b", "s3.gra.io.cloud.ovh.net"),
            ("b.cos.ap-guangzhou.myqcloud.com", "b", "cos.ap-guangzhou.myqcloud.com"),
        ] {
            assert_eq!(split_bucket(host), Some((bucket, endpoint)), "{host}");
            assert_eq!(split_bucket(endpoint), None, "{endpoint}");
        }
    }

    #[test]
    fn support_for_checksums_is_known_by_the_domain() {
        assert!(verifies_checksums("s3.eu-west-1.amazonaws.com") && !rejects_checksums("s3.amazonaws.com"));
        assert!(
            rejects_checksums("s3.us-west-004.backblazeb2.com")
                && rejects_checksums("s3.us-east-005.dream.io")
        );
        for host in
            ["objects-us-east-1.dream.io", "notbackblazeb2.com", "amazonaws.com.example.com", "127.0.0.1"]
        {
            assert!(!verifies_checksums(host) && !rejects_checksums(host), "{host}");
        }
    }

    #[test]
    fn limits_of_uploads_are_known_by_the_domain() {
        for (host, parts, other_e_tags) in [
            ("s3.fr-par.scw.cloud", 1000, false),
            ("notscw.cloud", 10_000, false),
            ("s3.oss-eu-central-1.aliyuncs.com", 10_000, true),
            ("cos.ap-guangzhou.myqcloud.com", 10_000, true),
            ("s3.eu-west-1.amazonaws.com", 10_000, false),
            ("127.0.0.1", 10_000, false),
        ] {
            assert_eq!((max_parts(host), has_opaque_multipart_e_tags(host)), (parts, other_e_tags), "{host}");
        }
    }

    #[test]
    fn other_hosts_are_not_split() {
        for host in [
            "localhost",
            "127.0.0.1",
            "my-space.nyc3.example.com",
            "bucket.vpce-1a2b3c4d-5e6f.s3.us-east-1.vpce.amazonaws.com",
            "0123456789abcdef0123456789abcdef.eu.r2.cloudflarestorage.com",
            "digitaloceanspaces.com",
            "notdigitaloceanspaces.com",
            "a.b.notdigitaloceanspaces.com",
            "s3-fips.us-east-1.amazonaws.com",
            "s3-accelerate.amazonaws.com",
            "objects-us-west-1.dream.io",
            "ec2.eu-west-1.amazonaws.com",
        ] {
            assert_eq!(split_bucket(host), None, "{host}");
        }
    }
}
