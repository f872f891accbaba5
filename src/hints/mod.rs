//! Hints: the advice at the end of an error text on what to do, if the cause is known.

mod context;
mod signature;

use time::OffsetDateTime;

use crate::endpoint::Endpoint;
use crate::error::{Error, ErrorKind, ErrorResponse, names_object_lock};
use crate::printable;
use crate::request::Method;
use crate::sign::Signer;
use crate::timestamp::Timestamp;
pub(crate) use context::Context;

/// What to do if Object Lock prevents a deletion.
pub(crate) const OBJECT_LOCK: &str = "Object Lock protects this version: in governance mode, delete it with \
     bypass_governance_retention, which requires the s3:BypassGovernanceRetention permission; otherwise, release the legal \
     hold or wait until the retention ends.";

/// How much is shown of the location that the server reports, in bytes.
const MAX_LOCATION: usize = 256;

/// Adds the hint to an error and, if the server rejected the signature, the signed texts.
pub(crate) fn explain(mut error: Error, context: &Context<'_>) -> Error {
    if let Some(hint) = error.response().and_then(|response| hint(response, context)) {
        error = error.with_hint(hint);
    }
    let rejected = error.status().is_some_and(|status| (300..500).contains(&status) && status != 304);
    if (rejected || error.kind() == ErrorKind::Connect)
        && let Some(warning) = bucket_in_host(context.endpoint, context.request.bucket)
    {
        error = error.append_hint(&warning);
    }
    if let (Some(texts), Some("SignatureDoesNotMatch")) = (context.signed, error.code()) {
        error = error.with_signed(signature::redacted(texts, context));
    }
    if let Some(response) = error.response_mut() {
        response.expected = response.expected.take().map(|texts| signature::redacted(&texts, context));
    }
    error
}

/// Warns if the endpoint may already contain the bucket name. It is a warning only, because a bucket may be called
/// like the first label of the host or like the path.
pub(crate) fn bucket_in_host(endpoint: &Endpoint, bucket: Option<&str>) -> Option<String> {
    let bucket = bucket.filter(|bucket| endpoint.may_contain(bucket))?;
    let endpoint = endpoint.location();
    Some(format!(
        "The endpoint {endpoint} may already contain the bucket {bucket:?}: if so, remove the bucket from the endpoint, or objects \
         are stored as {bucket}/KEY."
    ))
}

fn hint(response: &ErrorResponse, context: &Context<'_>) -> Option<String> {
    let host = context.endpoint.authority();
    let bucket = context.request.bucket.unwrap_or_default();
    let code = response.code.as_deref()?;
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
    let query = |name| context.request.query.iter().any(|(n, _)| n == name);
    let sets_acl = context.request.headers.get("x-amz-acl").is_some();
    let if_none_exists = context.request.headers.get("if-none-match") == Some("*");
    Some(match code {
        "NoSuchUpload" | "NoSuchKey" | "NotFound" if query("uploadId") => format!(
            "The bucket {bucket:?} has no unfinished upload with this upload ID and key: it may have been completed, aborted or \
             removed by a lifecycle rule. list_multipart_uploads shows the unfinished ones."
        ),
        "PreconditionFailed" if if_none_exists => "An object with this key exists already.".to_owned(),
        "PreconditionFailed" if context.request.headers.get("if-match").is_some() => {
            "The object does not have the expected ETag: another program may have replaced or deleted it.".to_owned()
        }
        "ExpiredToken" | "ExpiredTokenException" | "TokenRefreshRequired" => {
            "The session token has expired: get new temporary credentials. Config::credentials_provider renews them."
                .to_owned()
        }
        "InvalidToken" => "The session token is not one of this access key, or this server does not know session tokens: \
                           check all three credentials."
            .to_owned(),
        "InvalidObjectState" => {
            "The object is archived: restore it with restore_object, and read it when it is restored.".to_owned()
        }
        "EntityTooLarge" => {
            "Most servers accept at most 5 GiB in one request: use upload_file or upload_reader, which store larger content in \
             parts."
                .to_owned()
        }
        "BadRequest" if context.request.method == Method::Head => {
            "Responses to HEAD contain no reason: check the region, the credentials and, for an object that is encrypted with \
             a customer key, the key."
                .to_owned()
        }
        "SignatureDoesNotMatch" => signature::hint(response, context),
        "InvalidAccessKeyId" => format!(
            "{host} does not know the access key {:?}: check it, and check that it belongs to this endpoint.",
            context.signer.credentials()?.access_key()
        ),
        "RequestTimeTooSkewed" => clock_hint(response, context.now),
        "AccessDenied" if context.signer.credentials().is_none() => {
            "The request was not signed because no credentials are set: use Config::credentials, or set \
             AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY for Config::from_env."
                .to_owned()
        }
        "AccessDenied" => format!(
            "The access key lacks the permission for {}: check the owner, the policy and the ACL of the bucket. \
             Servers also return this for a missing object if the access key may not list the bucket.",
            context.request.action
        ),
        "AccessControlListNotSupported" => {
            "ACLs are disabled for this bucket, which is the default for new buckets on AWS: enable them with \
             put_bucket_ownership_controls and ObjectOwnership::ObjectWriter, or grant access with a bucket policy."
                .to_owned()
        }
        "NoSuchBucket" if context.request.bucket.is_none() => format!(
            "The server interpreted {host} as a bucket name: use the host name that it is configured with, or its IP \
             address."
        ),
        "NoSuchBucket" => format!(
            "{host} has no bucket {bucket:?}: check the name and the endpoint, or create it with create_bucket."
        ),
        "NoSuchKey" | "NotFound" if context.request.key.is_some() => format!(
            "The bucket {bucket:?} {} Keys are compared byte for byte; list_objects shows them.",
            if code == "NotFound" { "or the key does not exist." } else { "has no object with this key." }
        ),
        "NotFound" if context.request.bucket.is_none() => {
            format!("{host} does not respond like an S3 server: check the endpoint.")
        }
        "NotFound" => format!("{host} has no bucket {bucket:?}: check the name and the endpoint."),
        "BucketNotEmpty" => {
            "Delete its objects first, including noncurrent versions and unfinished uploads, or use \
             force_delete_bucket."
                .to_owned()
        }
        "BucketAlreadyExists" => format!(
            "Bucket names are shared by all users of {host}, and someone else owns this one: choose another name."
        ),
        "InvalidBucketName" => {
            "Most servers require 3 to 63 characters from a-z, 0-9 and -, with a letter or digit at both ends."
                .to_owned()
        }
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
        "InvalidArgument" if sets_acl && message.contains("acl") => {
            "On some servers, an object has the ACL of its bucket: omit the ACL, or set that of the bucket.".to_owned()
        }
        "NotImplemented" if sets_acl => {
            format!("{host} does not implement this ACL: omit it, and grant access with the settings of the bucket.")
        }
        "NotImplemented" => format!("{host} does not implement this operation."),
        "SecondLevelDomainForbidden" | "VirtualHostDomainRequired" => format!(
            "{host} requires the bucket in the host name: set AddressingStyle::VirtualHosted with Config::addressing_style."
        ),
        "QuotaExceeded" => {
            "The quota of the user or the bucket is exhausted: delete something, or ask for a higher quota.".to_owned()
        }
        "SlowDown" | "ServiceUnavailable" | "TooManyRequests" => {
            "The server is busy, and every attempt failed: try again later, or allow more attempts with Config::retry."
                .to_owned()
        }
        "AuthorizationHeaderMalformed" | "PermanentRedirect" | "TemporaryRedirect" | "Redirect" => {
            region_hint(response, bucket)
        }
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
        (None, None) => {
            "The bucket is served by another region or host: ask its owner which one, and set it.".to_owned()
        }
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::credentials::Credentials;
    use crate::error::SignedTexts;
    use crate::request::Request;
    use crate::sign::{SignatureVersion, Signer};

    fn v2() -> Signer {
        Signer::V2(Credentials::new("AKID", "s3cr3t").session_token("t0k3n"))
    }

    fn v4() -> Signer {
        Signer::new(Credentials::new("AKID", "s"), SignatureVersion::V4, "r")
    }

    fn coded(code: &str) -> ErrorResponse {
        ErrorResponse { status: 403, code: Some(code.into()), ..ErrorResponse::default() }
    }

    fn explain_for(
        request: &Request<'_>,
        response: ErrorResponse,
        signer: &Signer,
        signed: Option<&SignedTexts>,
    ) -> Error {
        let endpoint = Endpoint::parse("http://localhost:8480").unwrap();
        let now = Timestamp::from_http("Fri, 27 May 2011 06:23:07 GMT").date_time().unwrap();
        let context = Context { request, endpoint: &endpoint, signer, signed, now };
        explain(Error::from_response(ErrorKind::Server, response, ""), &context)
    }

    fn object_error(response: ErrorResponse, signer: &Signer, signed: Option<&SignedTexts>) -> Error {
        explain_for(&Request::object("GetObject", Method::Get, "b", "k"), response, signer, signed)
    }

    #[test]
    fn hints_are_pinned() {
        let service = Request::service("ListBuckets", Method::Get);
        let bucket = Request::bucket("DeleteBucket", Method::Delete, "b");
        let object = Request::object("GetObject", Method::Get, "b", "k");
        let v4_only = || ErrorResponse {
            message: Some("Please use AWS4-HMAC-SHA256.".into()),
            ..coded("InvalidRequest")
        };
        let in_region = |code| ErrorResponse { region: Some("eu-west-1".into()), ..coded(code) };
        let at =
            |location: &str| ErrorResponse { location: Some(location.into()), ..coded("PermanentRedirect") };
        for (request, response, signer, hint) in [
            (
                &object,
                v4_only(),
                v2(),
                "localhost:8480 accepts only Signature V4: set the region with Config::region or AWS_REGION.",
            ),
            (
                &object,
                ErrorResponse { region: Some("us-east-005".into()), ..v4_only() },
                v2(),
                "localhost:8480 accepts only Signature V4: set the region to \"us-east-005\" with Config::region or \
                 AWS_REGION.",
            ),
            (
                &object,
                coded("SignatureDoesNotMatch"),
                v4(),
                "The secret key probably does not belong to the access key \"AKID\": check both. A Ceph gateway may \
                 interpret localhost as a bucket name: use 127.0.0.1.",
            ),
            (
                &object,
                coded("InvalidAccessKeyId"),
                v2(),
                "localhost:8480 does not know the access key \"AKID\": check it, and check that it belongs to this \
                 endpoint.",
            ),
            (
                &object,
                coded("AccessDenied"),
                Signer::Anonymous,
                "The request was not signed because no credentials are set: use Config::credentials, or set \
                 AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY for Config::from_env.",
            ),
            (
                &object,
                coded("AccessDenied"),
                v2(),
                "The access key lacks the permission for GetObject: check the owner, the policy and the ACL of the bucket. \
                 Servers also return this for a missing object if the access key may not list the bucket.",
            ),
            (
                &object,
                coded("AccessControlListNotSupported"),
                v4(),
                "ACLs are disabled for this bucket, which is the default for new buckets on AWS: enable them with \
                 put_bucket_ownership_controls and ObjectOwnership::ObjectWriter, or grant access with a bucket policy.",
            ),
            (
                &service,
                coded("NoSuchBucket"),
                v2(),
                "The server interpreted localhost:8480 as a bucket name: use the host name that it is configured with, or its \
                 IP address.",
            ),
            (
                &bucket,
                coded("NoSuchBucket"),
                v2(),
                "localhost:8480 has no bucket \"b\": check the name and the endpoint, or create it with create_bucket.",
            ),
            (
                &object,
                coded("NoSuchKey"),
                v2(),
                "The bucket \"b\" has no object with this key. Keys are compared byte for byte; list_objects shows them.",
            ),
            (
                &object,
                coded("NotFound"),
                v2(),
                "The bucket \"b\" or the key does not exist. Keys are compared byte for byte; list_objects shows them.",
            ),
            (
                &service,
                coded("NotFound"),
                v2(),
                "localhost:8480 does not respond like an S3 server: check the endpoint.",
            ),
            (
                &bucket,
                coded("NotFound"),
                v2(),
                "localhost:8480 has no bucket \"b\": check the name and the endpoint.",
            ),
            (
                &bucket,
                coded("BucketNotEmpty"),
                v2(),
                "Delete its objects first, including noncurrent versions and unfinished uploads, or use \
                 force_delete_bucket.",
            ),
            (
                &bucket,
                coded("BucketAlreadyExists"),
                v2(),
                "Bucket names are shared by all users of localhost:8480, and someone else owns this one: choose another \
                 name.",
            ),
            (
                &bucket,
                coded("InvalidBucketName"),
                v2(),
                "Most servers require 3 to 63 characters from a-z, 0-9 and -, with a letter or digit at both ends.",
            ),
            (
                &bucket,
                coded("InvalidLocationConstraint"),
                v2(),
                "Omit the location constraint, or use one that this server has.",
            ),
            (&bucket, coded("NotImplemented"), v2(), "localhost:8480 does not implement this operation."),
            (
                &object,
                coded("QuotaExceeded"),
                v2(),
                "The quota of the user or the bucket is exhausted: delete something, or ask for a higher quota.",
            ),
            (
                &object,
                coded("SlowDown"),
                v2(),
                "The server is busy, and every attempt failed: try again later, or allow more attempts with \
                 Config::retry.",
            ),
            (
                &object,
                in_region("AuthorizationHeaderMalformed"),
                v4(),
                "The region is \"eu-west-1\": set it with Config::region(\"eu-west-1\") or AWS_REGION.",
            ),
            (
                &object,
                at("b.s3.example.com"),
                v4(),
                "The bucket \"b\" is served by b.s3.example.com: use that host as the endpoint.",
            ),
            (
                &object,
                coded("PermanentRedirect"),
                v4(),
                "The bucket is served by another region or host: ask its owner which one, and set it.",
            ),
        ] {
            let error = explain_for(request, response, &signer, None);
            assert_eq!(error.hint(), Some(hint));
        }
        assert_eq!(object_error(coded("EntityTooSmall"), &v2(), None).hint(), None);
    }

    #[test]
    fn metadata_name_with_underscore_is_named_if_the_signature_differs() {
        let request = Request::object("PutObject", Method::Put, "b", "k")
            .header("x-amz-meta-a_b", "1")
            .header("x-amz-acl", "");
        let error = explain_for(&request, coded("SignatureDoesNotMatch"), &v2(), None);
        assert_eq!(
            error.hint().unwrap(),
            "The metadata name \"a_b\" contains _, which Ceph changes to - before it checks the signature, and for which \
             some proxies drop the header: use - instead. Otherwise: The secret key probably does not belong to the access \
             key \"AKID\": check both. A Ceph gateway may interpret localhost as a bucket name: use 127.0.0.1."
        );
    }

    #[test]
    fn bucket_in_the_host_is_part_of_the_hint() {
        let endpoint = Endpoint::parse("http://my-space.example.com").unwrap();
        let warning = "The endpoint my-space.example.com may already contain the bucket \"my-space\": if so, remove the bucket \
                       from the endpoint, or objects are stored as my-space/KEY.";
        for (bucket, status, warned) in [
            ("my-space", 404, true),
            ("my-space", 503, false),
            ("my-space", 304, false),
            ("other", 404, false),
        ] {
            let request = Request::object("GetObject", Method::Get, bucket, "k");
            let (signer, now) = (v4(), OffsetDateTime::UNIX_EPOCH);
            let context =
                Context { request: &request, endpoint: &endpoint, signer: &signer, signed: None, now };
            let error = explain(Error::server(status, "Odd"), &context);
            assert_eq!(error.hint(), warned.then_some(warning), "{bucket} {status}");
        }
    }

    #[test]
    fn first_differing_line_is_shown_without_the_token() {
        let texts = |resource: &str| SignedTexts {
            string_to_sign: format!("GET\n\nx-amz-security-token:t0k3n\n{resource}"),
            canonical_request: None,
        };
        let response = ErrorResponse { expected: Some(texts("/b/K")), ..coded("SignatureDoesNotMatch") };
        let error = object_error(response, &v2(), Some(&texts("/b/k")));
        assert_eq!(
            error.hint().unwrap(),
            "Line 4 of the signed text differs: the client signed \"/b/k\", the server expected \"/b/K\". A proxy may \
             have changed the request."
        );
        for text in [format!("{error:?}"), format!("{error:#?}"), error.to_string()] {
            assert!(!text.contains("t0k3n") && !text.contains("s3cr3t"), "{text}");
        }
        assert_eq!(error.string_to_sign(), Some("GET\n\nx-amz-security-token:(hidden)\n/b/k"));
    }

    #[test]
    fn encryption_key_is_hidden_in_every_text_of_a_rejected_signature() {
        let name = "x-amz-server-side-encryption-customer-key";
        let request = Request::object("GetObject", Method::Get, "b", "k").header(name, "s3cr3t");
        let texts = |tail: &str| SignedTexts {
            string_to_sign: format!("GET\n{name}:s3cr3t\n{tail}"),
            canonical_request: Some(format!("GET\n{name}:s3cr3t {tail}")),
        };
        let response = ErrorResponse { expected: Some(texts("theirs")), ..coded("SignatureDoesNotMatch") };
        let error = explain_for(&request, response, &v2(), Some(&texts("ours")));
        let shown = format!("{error} {error:?} {error:#?}");
        assert!(shown.contains("(hidden)") && !shown.contains("s3cr3t"), "{shown}");
    }

    #[test]
    fn canonical_requests_are_compared_under_v4() {
        let texts = |canonical: &str, hash: &str| SignedTexts {
            string_to_sign: format!("AWS4\n{hash}"),
            canonical_request: Some(canonical.into()),
        };
        let ours = texts("GET\n/b/k", "1");
        let expecting = |theirs| ErrorResponse { expected: Some(theirs), ..coded("SignatureDoesNotMatch") };
        let differs = object_error(expecting(texts("GET\n/b/%6B", "2")), &v4(), Some(&ours));
        assert!(differs.hint().unwrap().contains("the client signed \"/b/k\""), "{differs}");
        let same = object_error(expecting(ours.clone()), &v4(), Some(&ours));
        assert!(same.hint().unwrap().ends_with("Both sides signed the same text."), "{same}");
    }

    #[test]
    fn clock_difference_is_stated_with_its_direction() {
        for (date, difference) in [
            ("Fri, 27 May 2011 06:06:07 GMT", "17 min ahead of"),
            ("Fri, 27 May 2011 06:23:57 GMT", "50 s behind"),
            ("Sat, 28 May 2011 06:23:07 GMT", "24 h behind"),
        ] {
            let response = ErrorResponse { date: Some(date.into()), ..coded("RequestTimeTooSkewed") };
            let hint = format!("The clock of this machine is {difference} the server's: correct it.");
            assert_eq!(object_error(response, &v2(), None).hint(), Some(hint.as_str()));
        }
        let unknown = object_error(coded("RequestTimeTooSkewed"), &v2(), None);
        assert_eq!(unknown.hint(), Some("The clock of this machine differs from the server's: correct it."));
    }

    #[test]
    fn hints_depend_on_the_request() {
        let object = || Request::object("PutObject", Method::Put, "b", "k");
        let bucket = || Request::bucket("CreateBucket", Method::Put, "b");
        for (request, code, words) in [
            (object().query("uploadId", "u"), "NoSuchKey", "no unfinished upload with this upload ID"),
            (object().query("uploadId", "u"), "NoSuchUpload", "no unfinished upload with this upload ID"),
            (object().header("if-none-match", "*"), "PreconditionFailed", "exists already"),
            (object().header("if-match", "\"e\""), "PreconditionFailed", "does not have the expected ETag"),
            (object(), "ExpiredToken", "get new temporary credentials"),
            (object(), "InvalidToken", "not one of this access key"),
            (object(), "InvalidObjectState", "restore_object"),
            (object(), "EntityTooLarge", "upload_file"),
            (Request::object("HeadObject", Method::Head, "b", "k"), "BadRequest", "contain no reason"),
            (bucket(), "IllegalLocationConstraintException", "location_constraint to \"r\""),
            (bucket().xml("<x/>"), "IllegalLocationConstraintException", "Omit the location constraint"),
            (object(), "SecondLevelDomainForbidden", "AddressingStyle::VirtualHosted"),
            (object(), "NotImplemented", "does not implement this operation"),
            (object().header("x-amz-acl", "private"), "NotImplemented", "does not implement this ACL"),
        ] {
            let error = explain_for(&request, coded(code), &v4(), None);
            assert!(error.hint().is_some_and(|hint| hint.contains(words)), "{code}: {error}");
        }
    }
}
