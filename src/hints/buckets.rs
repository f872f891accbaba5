//! Hints for errors about a bucket or one of its settings.

use super::Context;
use crate::sign::Signer;

pub(super) fn hint(code: &str, message: &str, context: &Context<'_>) -> Option<String> {
    let host = context.endpoint.authority();
    let bucket = context.request.bucket.unwrap_or_default();
    let sets_acl = context.request.headers.get("x-amz-acl").is_some();
    Some(match code {
        "NoSuchBucket" if context.request.bucket.is_none() => format!(
            "The server interpreted {host} as a bucket name: use the host name that it is configured with, or its IP \
             address."
        ),
        "NoSuchBucket" => format!(
            "{host} has no bucket {bucket:?}: check the name and the endpoint, or create it with create_bucket."
        ),
        "NotFound" if context.request.bucket.is_none() => {
            format!("{host} does not respond like an S3 server: check the endpoint.")
        }
        "NotFound" if context.request.key.is_none() => {
            format!("{host} has no bucket {bucket:?}: check the name and the endpoint.")
        }
        "NoSuchAccessPoint" => {
            "The access point does not exist in this account and region: check its ARN.".to_owned()
        }
        "BucketNotEmpty" => {
            "Delete its objects first, including noncurrent versions and unfinished uploads, or use \
             force_delete_bucket."
                .to_owned()
        }
        // SeaweedFS takes a PUT with a subresource that it does not know for CreateBucket.
        "BucketAlreadyExists" | "BucketAlreadyOwnedByYou" if !context.request.query.is_empty() => {
            format!("{host} does not support {}, and tried to create the bucket instead.", context.request.action)
        }
        "BucketAlreadyExists" => format!(
            "Bucket names are shared by all users of {host}, and someone else owns this one: choose another name."
        ),
        "BucketAlreadyOwnedByYou" => {
            "You own this bucket already: use it. bucket_exists checks that beforehand.".to_owned()
        }
        "InvalidBucketName" => {
            "Most servers require 3 to 63 characters from a-z, 0-9 and -, with a letter or digit at both ends."
                .to_owned()
        }
        "TooManyBuckets" => format!(
            "The account has as many buckets as it may have: delete one, or ask the operator of {host} for a higher limit."
        ),
        "IllegalLocationConstraintException" if context.request.document.is_empty() => {
            let region = match context.signer {
                Signer::V4(key) => format!("{:?}", key.region),
                _ => "the region of the endpoint".to_owned(),
            };
            format!("Set CreateBucketOptions::location_constraint to {region}, because this endpoint is only for its region.")
        }
        "InvalidLocationConstraint" | "IllegalLocationConstraintException" => {
            "Omit the location constraint, or use one that this server has.".to_owned()
        }
        "AccessControlListNotSupported" => {
            "ACLs are disabled for this bucket, which is the default for new buckets on AWS: enable them with \
             put_bucket_ownership_controls and ObjectOwnership::ObjectWriter, or grant access with a bucket policy."
                .to_owned()
        }
        "InvalidArgument" if sets_acl && message.contains("acl") => {
            "On some servers, an object has the ACL of its bucket: omit the ACL, or set that of the bucket.".to_owned()
        }
        "NotImplemented" if sets_acl => {
            format!("{host} does not implement this ACL: omit it, and grant access with the settings of the bucket.")
        }
        "MalformedPolicy" => format!(
            "Check the policy: its principals must exist, and each Resource must be \"arn:aws:s3:::{bucket}\" or \
             \"arn:aws:s3:::{bucket}/...\"."
        ),
        "InvalidBucketState" => {
            "Another setting of the bucket forbids this: a bucket with Object Lock, for example, keeps its versioning."
                .to_owned()
        }
        "InvalidRequest" if message.to_ascii_lowercase().contains("missing object lock") =>
        {
            "The bucket has no Object Lock: create a bucket with CreateBucketOptions::object_lock_enabled.".to_owned()
        }
        _ => return None,
    })
}
