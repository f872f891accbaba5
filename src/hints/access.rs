//! Hints for requests that the server did not admit: credentials, permissions, the clock, the region and keys for
//! encryption.

use time::OffsetDateTime;

use super::{Context, OBJECT_LOCK, signature};
use crate::error::{ErrorResponse, names_object_lock};
use crate::printable;
use crate::request::{Method, Request};
use crate::sign::Signer;
use crate::timestamp::Timestamp;

/// How much is shown of the location that the server reports, in bytes.
const MAX_LOCATION: usize = 256;

pub(super) fn hint(code: &str, response: &ErrorResponse, context: &Context<'_>) -> Option<String> {
    let host = context.endpoint.authority();
    let message = response.message.as_deref().unwrap_or_default();
    if matches!(context.signer, Signer::V2(_)) && message.contains("AWS4-HMAC-SHA256") {
        let region = response.region.as_ref().map(|region| format!(" to {region:?}")).unwrap_or_default();
        return Some(format!(
            "{host} accepts only Signature V4: set the region{region} with Config::region or AWS_REGION."
        ));
    }
    if context.request.method == Method::Delete && (names_object_lock(code) || names_object_lock(message)) {
        return Some(OBJECT_LOCK.to_owned());
    }
    Some(match code {
        "ExpiredToken" | "ExpiredTokenException" | "TokenRefreshRequired" => {
            "The session token has expired: get new temporary credentials. Config::credentials_provider renews them."
                .to_owned()
        }
        "InvalidToken" => "The session token is not one of this access key, or this server does not know session tokens: \
                           check all three credentials."
            .to_owned(),
        "SignatureDoesNotMatch" => signature::hint(response, context),
        "InvalidAccessKeyId" => format!(
            "{host} does not know the access key {:?}: check it, and check that it belongs to this endpoint.",
            context.signer.credentials()?.access_key()
        ),
        "RequestTimeTooSkewed" => clock_hint(response, context.now),
        "AccessDenied" => access_denied(message, context),
        "AccountProblem" | "AllAccessDisabled" | "NotSignedUp" | "UserSuspended" => {
            format!("The account of this access key is disabled or incomplete: ask the operator of {host}.")
        }
        "InvalidRequest" if is_about_customer_key(message) => {
            if context.request.headers.get("x-amz-server-side-encryption-customer-key").is_some() {
                "The object is not encrypted with this customer key: pass the one that it was stored with.".to_owned()
            } else {
                "The object is encrypted with a customer key: pass it with GetObjectOptions::sse_customer_key.".to_owned()
            }
        }
        code if code.starts_with("KMS.") => {
            "The KMS key cannot be used: check that it exists in the region of the bucket, that it is enabled, and that \
             its policy allows its use. PutObjectOptions::sse_kms_key_id or the default encryption of the bucket sets it."
                .to_owned()
        }
        "BadRequest" if message.is_empty() => {
            "The response contains no reason: check the region, the credentials and, for an object that is encrypted with a \
             customer key, the key."
                .to_owned()
        }
        "SecondLevelDomainForbidden" | "PathStyleDomainForbidden" | "VirtualHostDomainRequired" => format!(
            "{host} requires the bucket in the host name: set AddressingStyle::VirtualHosted with Config::addressing_style."
        ),
        "AuthorizationHeaderMalformed" | "PermanentRedirect" | "TemporaryRedirect" | "Redirect" => {
            region_hint(response, context.request.bucket.unwrap_or_default())
        }
        _ => return None,
    })
}

/// Returns `true` for the message of AWS and Ceph about an object with a customer key (SSE-C).
fn is_about_customer_key(message: &str) -> bool {
    message.contains("form of Server Side Encryption")
}

pub(super) const NOT_SIGNED: &str = "The request was not signed because no credentials are set: use Config::credentials, or set \
     AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY for Config::from_env.";

fn access_denied(message: &str, context: &Context<'_>) -> String {
    let request = context.request;
    if context.signer.credentials().is_none() {
        return NOT_SIGNED.to_owned();
    }
    let message = message.to_ascii_lowercase();
    if message.contains("requester pays") {
        return "You pay for requests to this bucket: confirm that with Config::request_payer.".to_owned();
    }
    if message.contains("kms:") {
        return "The access key needs permissions for the KMS key as well: kms:GenerateDataKey to write objects, and \
                kms:Decrypt to read them and to upload in parts."
            .to_owned();
    }
    if message.contains("public access") || message.contains("blockpublic") {
        return "The bucket blocks public access: get_public_access_block shows the setting, and \
                delete_public_access_block removes it."
            .to_owned();
    }
    let needed = match permission(request) {
        Some(permission) => format!("The access key needs the permission {permission}"),
        None => "The access key lacks the permission for this request".to_owned(),
    };
    let Some(bucket) = request.bucket else {
        return format!("{needed}: ask the operator of {}.", context.endpoint.authority());
    };
    let mut hint = format!("{needed}: check the owner, the policy and the ACL of the bucket {bucket:?}.");
    if request.key.is_some() && matches!(request.method, Method::Get | Method::Head) {
        hint.push_str(
            " Servers also return this for a missing object if the access key may not list the bucket.",
        );
    }
    hint
}

/// Returns the permission that AWS requires for a request, if it is known.
/// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/using-with-s3-policy-actions.html>
fn permission(request: &Request<'_>) -> Option<String> {
    let of_version = request.query.iter().any(|(name, _)| name == "versionId");
    Some(match request.action {
        "GetObject" | "HeadObject" | "GetObjectAttributes" if of_version => "s3:GetObjectVersion".to_owned(),
        "GetObject" | "HeadObject" | "GetObjectAttributes" => "s3:GetObject".to_owned(),
        "PutObject" | "CreateMultipartUpload" | "UploadPart" | "CompleteMultipartUpload" => {
            "s3:PutObject".to_owned()
        }
        "CopyObject" | "UploadPartCopy" => "s3:PutObject, and s3:GetObject for the source".to_owned(),
        "DeleteObject" if of_version => "s3:DeleteObjectVersion".to_owned(),
        "DeleteObjects" => "s3:DeleteObject".to_owned(),
        "ListObjects" | "HeadBucket" => "s3:ListBucket".to_owned(),
        "ListObjectVersions" => "s3:ListBucketVersions".to_owned(),
        "ListMultipartUploads" => "s3:ListBucketMultipartUploads".to_owned(),
        "ListParts" => "s3:ListMultipartUploadParts".to_owned(),
        "ListBuckets" => "s3:ListAllMyBuckets".to_owned(),
        // the names of the permissions for settings differ from those of the actions
        action @ ("DeleteObject"
        | "AbortMultipartUpload"
        | "CreateBucket"
        | "DeleteBucket"
        | "RestoreObject"
        | "GetBucketAcl"
        | "PutBucketAcl"
        | "GetObjectAcl"
        | "PutObjectAcl"
        | "GetBucketPolicy"
        | "PutBucketPolicy"
        | "DeleteBucketPolicy") => format!("s3:{action}"),
        _ => return None,
    })
}

/// Returns the hint for a wrong region or endpoint. It contains the right one if the server reported it.
fn region_hint(response: &ErrorResponse, bucket: &str) -> String {
    match (&response.region, &response.location) {
        (Some(region), _) => {
            format!("The region is {region:?}: set it with Config::region({region:?}) or AWS_REGION.")
        }
        (None, Some(location)) => {
            let location = printable::line(location, MAX_LOCATION);
            format!("The bucket {bucket:?} is served by {location}: use that host as the endpoint.")
        }
        (None, None) => format!(
            "The bucket {bucket:?} is served by another region or host: ask its owner which one, and set it with \
             Config::region and as the endpoint."
        ),
    }
}

fn clock_hint(response: &ErrorResponse, now: OffsetDateTime) -> String {
    let server = response.date.as_deref().and_then(|date| Timestamp::from_http(date).date_time());
    match server.map(|server| (now - server).whole_seconds()) {
        Some(seconds) if seconds != 0 => format!(
            "The clock of this machine is {} {} the server's: correct it.",
            rounded(seconds.unsigned_abs()),
            if seconds > 0 { "ahead of" } else { "behind" }
        ),
        _ => "The clock of this machine differs from the server's: correct it.".to_owned(),
    }
}

fn rounded(seconds: u64) -> String {
    match seconds {
        0..120 => format!("{seconds} s"),
        120..7200 => format!("{} min", seconds / 60),
        _ => format!("{} h", seconds / 3600),
    }
}
