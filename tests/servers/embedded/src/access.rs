//! Access control. s3s calls this check before it runs an operation.

use s3s::access::{S3Access, S3AccessContext};
use s3s::path::S3Path;
use s3s::{S3Error, S3Result, s3_error};

use crate::acl::Permission;
use crate::index::{Index, SharedIndex, no_such_key};
use crate::users::{self, Caller};

pub struct AccessByAcl(pub SharedIndex);

#[async_trait::async_trait]
impl S3Access for AccessByAcl {
    async fn check(&self, cx: &mut S3AccessContext<'_>) -> S3Result<()> {
        let caller = users::caller(cx.credentials());
        let operation = cx.s3_op().name();
        let index = self.0.lock();
        match cx.s3_path() {
            // Listing and creating buckets needs a user who owns them.
            S3Path::Root => require_signature(caller),
            S3Path::Bucket { .. } if operation == "CreateBucket" => require_signature(caller),
            S3Path::Bucket { bucket } => bucket_operation(&index, caller, operation, bucket),
            S3Path::Object { bucket, key } => object_operation(&index, caller, operation, bucket, key),
        }
    }
}

fn bucket_operation(index: &Index, caller: Caller, operation: &str, bucket: &str) -> S3Result<()> {
    match operation {
        "HeadBucket" | "ListObjects" | "ListObjectsV2" | "ListMultipartUploads" | "GetBucketLocation" => {
            require_on_bucket(index, caller, bucket, Permission::Read)
        }
        "DeleteObjects" | "PostObject" => require_on_bucket(index, caller, bucket, Permission::Write),
        "GetBucketAcl" => require_on_bucket(index, caller, bucket, Permission::ReadAcp),
        "PutBucketAcl" => require_on_bucket(index, caller, bucket, Permission::WriteAcp),
        _ => allowed(caller == Some(index.bucket(bucket)?.owner.as_str())),
    }
}

fn object_operation(index: &Index, caller: Caller, operation: &str, bucket: &str, key: &str) -> S3Result<()> {
    match operation {
        "GetObject" | "HeadObject" => may_read(index, caller, bucket, key),
        "GetObjectAcl" => require_on_object(index, caller, bucket, key, Permission::ReadAcp),
        "PutObjectAcl" => require_on_object(index, caller, bucket, key, Permission::WriteAcp),
        "PutObject"
        | "CopyObject"
        | "DeleteObject"
        | "CreateMultipartUpload"
        | "UploadPart"
        | "UploadPartCopy"
        | "CompleteMultipartUpload"
        | "AbortMultipartUpload"
        | "ListParts" => require_on_bucket(index, caller, bucket, Permission::Write),
        _ => allowed(caller == Some(index.bucket(bucket)?.owner.as_str())),
    }
}

/// Checks read access. The copy operations call this for their source, which is not in the request path.
pub fn may_read(index: &Index, caller: Caller, bucket: &str, key: &str) -> S3Result<()> {
    require_on_object(index, caller, bucket, key, Permission::Read)
}

fn require_on_bucket(index: &Index, caller: Caller, bucket: &str, required: Permission) -> S3Result<()> {
    let bucket = index.bucket(bucket)?;
    allowed(caller == Some(bucket.owner.as_str()) || bucket.acl.allows(caller, required))
}

fn require_on_object(
    index: &Index,
    caller: Caller,
    bucket: &str,
    key: &str,
    required: Permission,
) -> S3Result<()> {
    match index.bucket(bucket)?.objects.get(key) {
        Some(object) => {
            // The owner always has access to the ACL, so that nobody can lock themselves out.
            let acp = matches!(required, Permission::ReadAcp | Permission::WriteAcp);
            let owns = acp && caller == Some(object.owner.as_str());
            allowed(owns || object.acl.allows(caller, required))
        }
        // As in S3, a missing key is reported only to callers who may list the bucket.
        None => match require_on_bucket(index, caller, bucket, Permission::Read) {
            Ok(()) => Err(no_such_key()),
            Err(denied) => Err(denied),
        },
    }
}

fn require_signature(caller: Caller) -> S3Result<()> {
    allowed(caller.is_some())
}

fn allowed(is_allowed: bool) -> S3Result<()> {
    if is_allowed { Ok(()) } else { Err(denied()) }
}

pub fn denied() -> S3Error {
    s3_error!(AccessDenied, "Access denied")
}
