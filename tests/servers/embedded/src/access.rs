//! Who may do what. s3s asks here before it runs an operation.

use s3s::access::{S3Access, S3AccessContext};
use s3s::path::S3Path;
use s3s::{S3Error, S3Result, s3_error};

use crate::acl::Permission;
use crate::index::{Index, SharedIndex, no_such_key};
use crate::users::{self, Who};

pub struct AccessByAcl(pub SharedIndex);

#[async_trait::async_trait]
impl S3Access for AccessByAcl {
    async fn check(&self, cx: &mut S3AccessContext<'_>) -> S3Result<()> {
        let who = users::who(cx.credentials());
        let operation = cx.s3_op().name();
        let index = self.0.lock();
        match cx.s3_path() {
            // Bucket lists and new buckets belong to somebody.
            S3Path::Root => signed(who),
            S3Path::Bucket { .. } if operation == "CreateBucket" => signed(who),
            S3Path::Bucket { bucket } => bucket_operation(&index, who, operation, bucket),
            S3Path::Object { bucket, key } => object_operation(&index, who, operation, bucket, key),
        }
    }
}

fn bucket_operation(index: &Index, who: Who, operation: &str, bucket: &str) -> S3Result<()> {
    match operation {
        "HeadBucket" | "ListObjects" | "ListObjectsV2" | "ListMultipartUploads" | "GetBucketLocation" => {
            in_bucket(index, who, bucket, Permission::Read)
        }
        "DeleteObjects" | "PostObject" => in_bucket(index, who, bucket, Permission::Write),
        "GetBucketAcl" => in_bucket(index, who, bucket, Permission::ReadAcp),
        "PutBucketAcl" => in_bucket(index, who, bucket, Permission::WriteAcp),
        _ => allowed(who == Some(index.bucket(bucket)?.owner.as_str())),
    }
}

fn object_operation(index: &Index, who: Who, operation: &str, bucket: &str, key: &str) -> S3Result<()> {
    match operation {
        "GetObject" | "HeadObject" => may_read(index, who, bucket, key),
        "GetObjectAcl" => on_object(index, who, bucket, key, Permission::ReadAcp),
        "PutObjectAcl" => on_object(index, who, bucket, key, Permission::WriteAcp),
        "PutObject"
        | "CopyObject"
        | "DeleteObject"
        | "CreateMultipartUpload"
        | "UploadPart"
        | "UploadPartCopy"
        | "CompleteMultipartUpload"
        | "AbortMultipartUpload"
        | "ListParts" => in_bucket(index, who, bucket, Permission::Write),
        _ => allowed(who == Some(index.bucket(bucket)?.owner.as_str())),
    }
}

/// Also for the source of a copy, which the path of the request does not name.
pub fn may_read(index: &Index, who: Who, bucket: &str, key: &str) -> S3Result<()> {
    on_object(index, who, bucket, key, Permission::Read)
}

fn in_bucket(index: &Index, who: Who, bucket: &str, wanted: Permission) -> S3Result<()> {
    let bucket = index.bucket(bucket)?;
    allowed(who == Some(bucket.owner.as_str()) || bucket.acl.allows(who, wanted))
}

fn on_object(index: &Index, who: Who, bucket: &str, key: &str, wanted: Permission) -> S3Result<()> {
    match index.bucket(bucket)?.objects.get(key) {
        Some(object) => {
            // The owner can always get at the ACL, so as not to be locked out.
            let acp = matches!(wanted, Permission::ReadAcp | Permission::WriteAcp);
            let owns = acp && who == Some(object.owner.as_str());
            allowed(owns || object.acl.allows(who, wanted))
        }
        // Only who may list the bucket is told that a key is missing.
        None => match in_bucket(index, who, bucket, Permission::Read) {
            Ok(()) => Err(no_such_key()),
            Err(denied) => Err(denied),
        },
    }
}

fn signed(who: Who) -> S3Result<()> {
    allowed(who.is_some())
}

fn allowed(yes: bool) -> S3Result<()> {
    if yes { Ok(()) } else { Err(denied()) }
}

pub fn denied() -> S3Error {
    s3_error!(AccessDenied, "Access denied")
}
