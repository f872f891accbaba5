//! Hints: the advice at the end of an error text on what to do, if the cause is known.

mod access;
mod advice;
mod buckets;
mod context;
mod objects;
mod service;
mod signature;

use crate::endpoint::Endpoint;
use crate::error::{Error, ErrorKind, ErrorResponse};
pub(crate) use advice::{FAILURES, OBJECT_LOCK, after_last_attempt};
pub(crate) use context::Context;

/// Adds the hint to an error and, if the server rejected the signature, the signed texts.
pub(crate) fn explain(mut error: Error, context: &Context<'_>) -> Error {
    if let Some(hint) = error.response().and_then(|response| hint(response, context)) {
        error = error.with_hint(hint);
    } else if error.kind() == ErrorKind::UnexpectedResponse && is_unsigned(error.status(), context) {
        // Another interface of the server may have responded: Swift treats only signed requests as those of S3.
        error = error.append_hint(access::NOT_SIGNED);
    }
    let rejected = error.status().is_some_and(|status| (300..500).contains(&status) && status != 304);
    if (rejected || error.kind() == ErrorKind::Connect)
        && let Some(warning) = bucket_in_host(context.endpoint, context.request.bucket)
    {
        error = error.append_hint(&warning);
    }
    let is_about_project =
        matches!(error.code(), None | Some("AccessDenied" | "InvalidArgument" | "InvalidRequest"));
    if matches!(error.status(), Some(400 | 403)) && is_about_project && requires_project(context) {
        error = error.append_hint(
            "Google Cloud Storage needs the project to list and create buckets: check Config::project_id, unless the \
             account has a default project.",
        );
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

/// Returns `true` if Google Cloud Storage needs to know the project of the request.
// https://docs.cloud.google.com/storage/docs/xml-api/get-service
fn requires_project(context: &Context<'_>) -> bool {
    context.endpoint.is_google() && matches!(context.request.action, "ListBuckets" | "CreateBucket")
}

/// Returns `true` if the server rejected a request that was not signed.
fn is_unsigned(status: Option<u16>, context: &Context<'_>) -> bool {
    context.signer.credentials().is_none() && status.is_some_and(|status| matches!(status, 400..=404 | 412))
}

fn hint(response: &ErrorResponse, context: &Context<'_>) -> Option<String> {
    let code = response.code.as_deref()?;
    let message = response.message.as_deref().unwrap_or_default();
    access::hint(code, response, context)
        .or_else(|| objects::hint(code, context))
        .or_else(|| buckets::hint(code, message, context))
        .or_else(|| service::hint(code, context))
        .or_else(|| {
            // Some servers reject unsigned requests with a code of their own; rclone returns 400 UnsupportedAlgorithm.
            let is_about_content = matches!(code, "InvalidArgument" | "InvalidRequest" | "InvalidURI");
            if is_unsigned(Some(response.status), context) && !is_about_content {
                return Some(access::NOT_SIGNED.to_owned());
            }
            let host = context.endpoint.authority();
            Some(format!("The documentation of {host} describes this code, and its operator finds the request by its ID."))
        })
}

#[cfg(test)]
mod tests {
    use time::OffsetDateTime;

    use super::*;
    use crate::credentials::Credentials;
    use crate::error::SignedTexts;
    use crate::request::{Method, Request};
    use crate::sign::{SignatureVersion, Signer};
    use crate::timestamp::Timestamp;

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
    fn unknown_code_for_an_unsigned_request_names_the_missing_credentials() {
        let hint = |status, signer: &Signer| {
            let response = ErrorResponse { status, ..coded("UnsupportedAlgorithm") };
            object_error(response, signer, None).hint().unwrap().to_owned()
        };
        assert_eq!(hint(400, &Signer::Anonymous), access::NOT_SIGNED);
        for (status, signer) in [(400, &v4()), (500, &Signer::Anonymous)] {
            assert!(hint(status, signer).starts_with("The documentation of localhost:8480 "), "{status}");
        }
    }

    #[test]
    fn page_in_response_to_an_unsigned_request_has_a_hint_on_credentials() {
        let hint = |signer: &Signer| {
            let endpoint = Endpoint::parse("http://localhost:8480").unwrap();
            let now = Timestamp::from_http("Fri, 27 May 2011 06:23:07 GMT").date_time().unwrap();
            let request = Request::object("GetObject", Method::Get, "b", "k");
            let context = Context { request: &request, endpoint: &endpoint, signer, signed: None, now };
            let page =
                "<html><h1>Bad Request</h1><p>The server could not comply with the request.</p></html>";
            let error =
                crate::response::error_response::error(400, &crate::headers::Headers::default(), page);
            explain(error, &context).hint().unwrap().to_owned()
        };
        let endpoint = "An S3 server responds with XML: check the endpoint and any proxy.";
        assert_eq!(hint(&v4()), endpoint);
        assert_eq!(hint(&Signer::Anonymous), format!("{endpoint} {}", access::NOT_SIGNED));
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
            assert_eq!(error.hint().unwrap().ends_with(warning), warned, "{bucket} {status}");
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
}
