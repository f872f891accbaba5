//! Names of AWS that stand for a bucket: access points, and the names that need another protocol.
//! <https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-points-naming.html>

use crate::error::{Error, Result};

/// A regional access point: `arn:aws:s3:eu-west-1:123456789012:accesspoint/name`.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct AccessPoint<'a> {
    partition: &'a str,
    pub(crate) region: &'a str,
    account: &'a str,
    name: &'a str,
}

impl<'a> AccessPoint<'a> {
    /// Parses a bucket argument. Returns `None` if it is a bucket name, and an error for the ARN of anything but a
    /// regional access point.
    pub(crate) fn parse(bucket: &'a str) -> Result<Option<Self>> {
        if !is_arn(bucket) {
            return Ok(None);
        }
        let unsupported = |what: &str| {
            Err(Error::invalid(format!("the ARN {bucket:?} is that of {what}"))
                .with_hint("Pass the name of a bucket, or the ARN or the alias of a regional access point."))
        };
        let mut fields = bucket.splitn(6, ':').skip(1);
        let mut field = || fields.next().unwrap_or_default();
        let (partition, service, region, account, resource) = (field(), field(), field(), field(), field());
        let (kind, name) = resource.split_once(['/', ':']).unwrap_or((resource, ""));
        match (service, kind) {
            ("s3", "accesspoint") if region.is_empty() => {
                unsupported("a multi-region access point, which requires Signature V4A")
            }
            ("s3", "accesspoint") if is_label(region) && is_label(account) && is_label(name) => {
                Ok(Some(Self { partition, region, account, name }))
            }
            ("s3", "accesspoint") => unsupported("no access point: its region, account or name is invalid"),
            ("s3-outposts", _) => unsupported("an S3 Outpost, which plain-s3 does not support"),
            ("s3-object-lambda", _) => {
                unsupported("an Object Lambda access point, which plain-s3 does not support")
            }
            ("s3express", _) => unsupported("a directory bucket, which requires session credentials"),
            _ => unsupported("neither a bucket nor an access point"),
        }
    }

    /// Returns the host of the access point. `endpoint` is the host of an endpoint of AWS, and determines whether
    /// the host is dual-stack and FIPS.
    pub(crate) fn host(&self, endpoint: &str) -> String {
        let fips = if endpoint.starts_with("s3-fips.") { "-fips" } else { "" };
        let dual_stack = if endpoint.contains(".dualstack.") { ".dualstack" } else { "" };
        let Self { partition, region, account, name } = self;
        let suffix = if *partition == "aws-cn" { "amazonaws.com.cn" } else { "amazonaws.com" };
        format!("{name}-{account}.s3-accesspoint{fips}{dual_stack}.{region}.{suffix}")
    }
}

/// Returns `true` if a bucket argument is an ARN. On Ceph, `arn:b` is the bucket `b` of the tenant `arn`.
pub(crate) fn is_arn(bucket: &str) -> bool {
    bucket.starts_with("arn:aws")
}

/// Returns `true` if AWS serves this name only in virtual-hosted style: the alias of an access point.
pub(crate) fn is_alias(bucket: &str) -> bool {
    bucket.ends_with("-s3alias")
}

/// Rejects names that AWS serves only by another protocol.
pub(crate) fn reject_other_protocols(bucket: &str) -> Result<()> {
    let what = if bucket.ends_with("--x-s3") || bucket.ends_with("--xa-s3") {
        "a directory bucket, which requires session credentials"
    } else if bucket.ends_with(".mrap") {
        "a multi-region access point, which requires Signature V4A"
    } else {
        return Ok(());
    };
    Err(Error::invalid(format!("{bucket:?} is the name of {what}"))
        .with_hint("Pass the name of a bucket, or the ARN or the alias of a regional access point."))
}

/// Returns `true` if a text can be one label of a host name, in lower case.
pub(crate) fn is_label(text: &str) -> bool {
    (1..=63).contains(&text.len())
        && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
        && !text.starts_with('-')
        && !text.ends_with('-')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn regional_access_point_has_its_own_host() {
        for (arn, endpoint, host) in [
            (
                "arn:aws:s3:eu-west-1:123456789012:accesspoint/data",
                "s3.us-east-1.amazonaws.com",
                "data-123456789012.s3-accesspoint.eu-west-1.amazonaws.com",
            ),
            (
                "arn:aws-cn:s3:cn-north-1:123456789012:accesspoint:data",
                "s3.cn-north-1.amazonaws.com.cn",
                "data-123456789012.s3-accesspoint.cn-north-1.amazonaws.com.cn",
            ),
            (
                "arn:aws-us-gov:s3:us-gov-west-1:123456789012:accesspoint/data",
                "s3.dualstack.us-gov-west-1.amazonaws.com",
                "data-123456789012.s3-accesspoint.dualstack.us-gov-west-1.amazonaws.com",
            ),
            (
                "arn:aws:s3:us-east-1:123456789012:accesspoint/data",
                "s3-fips.us-east-1.amazonaws.com",
                "data-123456789012.s3-accesspoint-fips.us-east-1.amazonaws.com",
            ),
        ] {
            assert_eq!(AccessPoint::parse(arn).unwrap().unwrap().host(endpoint), host);
        }
        assert_eq!(AccessPoint::parse("my-bucket").unwrap(), None);
        assert_eq!(AccessPoint::parse("arn:b").unwrap(), None);
    }

    #[test]
    fn other_names_are_rejected_with_their_kind() {
        for (arn, words) in [
            ("arn:aws:s3::123456789012:accesspoint/m.mrap", "multi-region access point"),
            ("arn:aws:s3-outposts:us-west-2:123456789012:outpost/op-1/accesspoint/a", "Outpost"),
            ("arn:aws:s3-object-lambda:us-west-2:123456789012:accesspoint/a", "Object Lambda"),
            ("arn:aws:s3express:us-west-2:123456789012:bucket/b--usw2-az1--x-s3", "directory bucket"),
            ("arn:aws:s3:::my-bucket", "neither a bucket nor an access point"),
            ("arn:aws:s3:us-west-2:123456789012:accesspoint/a/b", "invalid"),
            ("arn:aws:s3:us-west-2/x:123456789012:accesspoint/a", "invalid"),
            ("arn:aws", "neither"),
        ] {
            let text = AccessPoint::parse(arn).unwrap_err().to_string();
            assert!(text.contains(words), "{text}");
        }
        assert!(reject_other_protocols("b--use1-az4--x-s3").is_err());
        assert!(reject_other_protocols("mfzwi23gnjvgw.mrap").is_err());
        reject_other_protocols("b-s3alias").unwrap();
    }
}
