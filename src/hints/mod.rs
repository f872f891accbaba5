//! What to change: the sentence that an error ends with where its cause is known.

mod signature;

use time::OffsetDateTime;

use crate::endpoint::Endpoint;
use crate::error::{Answer, Error, SignedTexts};
use crate::request::Request;
use crate::sign::Signer;
use crate::timestamp::Timestamp;
use signature::redacted;

/// What a hint may speak of.
pub(crate) struct ErrorContext<'a> {
    pub(crate) request: &'a Request<'a>,
    pub(crate) endpoint: &'a Endpoint,
    pub(crate) signer: &'a Signer,
    pub(crate) signed: Option<&'a SignedTexts>,
    pub(crate) now: OffsetDateTime,
}

/// Completes an error with the call, the hint and, for a refused signature, the texts that were signed.
pub(crate) fn explain(mut error: Error, situation: &ErrorContext<'_>) -> Error {
    if let Some(hint) = error.answer().and_then(|answer| hint(answer, situation)) {
        error = error.with_hint(hint);
    }
    if let (Some(texts), Some("SignatureDoesNotMatch")) = (situation.signed, error.code()) {
        error = error.with_signed(redacted(texts, situation));
    }
    if let Some(answer) = error.answer_mut() {
        answer.expected = answer.expected.take().map(|texts| redacted(&texts, situation));
    }
    error.with_context(|| situation.request.describe())
}

fn hint(answer: &Answer, situation: &ErrorContext<'_>) -> Option<String> {
    let host = situation.endpoint.authority();
    let bucket = situation.request.bucket.unwrap_or_default();
    let code = answer.code.as_deref()?;
    let words = answer.message.as_deref().unwrap_or_default();
    if matches!(situation.signer, Signer::V2(_)) && words.contains("AWS4-HMAC-SHA256") {
        return Some(format!(
            "{host} takes Signature V4 only: set the region by Config::region or AWS_REGION{}.",
            answer.region.as_ref().map(|region| format!(", here {region:?}")).unwrap_or_default()
        ));
    }
    Some(match code {
        "SignatureDoesNotMatch" => signature::hint(answer, situation),
        "InvalidAccessKeyId" => match situation.signer.credentials() {
            Some(credentials) => format!(
                "{host} does not know the access key {:?}; check it, and that it belongs to this endpoint.",
                credentials.access_key()
            ),
            None => return None,
        },
        "RequestTimeTooSkewed" => skew_hint(answer, situation.now),
        "AccessDenied" if situation.signer.credentials().is_none() => {
            "The request was not signed, as no credentials are set: give them by Config::credentials, or \
             AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY for Config::from_env."
                .to_owned()
        }
        "AccessDenied" => "The keys are known, but may not do this: look at the bucket's owner, its policy and its \
                           ACL (a server may also say this of a missing object that may not be listed)."
            .to_owned(),
        "NoSuchBucket" if situation.request.bucket.is_none() => format!(
            "The server took {host} for the name of a bucket: use the host name that it is set up with, or its IP \
             address."
        ),
        "NoSuchBucket" => format!(
            "{host} has no bucket {bucket:?}: check the name and the endpoint, or make it with create_bucket."
        ),
        "NoSuchKey" | "NotFound" if situation.request.key.is_some() => format!(
            "The bucket {bucket:?} has no object of this key{}; keys are compared byte for byte, list_objects shows them.",
            if code == "NotFound" { ", or is missing itself" } else { "" }
        ),
        "NotFound" if situation.request.bucket.is_none() => {
            format!("{host} does not answer as an S3 server: check the endpoint.")
        }
        "NotFound" => format!("{host} has no bucket {bucket:?}: check the name and the endpoint."),
        "BucketNotEmpty" => {
            "Delete its objects first (older versions and pending uploads count), or use force_delete_bucket."
                .to_owned()
        }
        "BucketAlreadyExists" => format!(
            "Bucket names are shared by all users of {host}, and another one owns this name: choose another."
        ),
        "InvalidBucketName" => {
            "Most servers want 3 to 63 characters: a-z, 0-9 and -, with a letter or digit at both ends.".to_owned()
        }
        "InvalidLocationConstraint" | "IllegalLocationConstraintException" => {
            "Leave the location constraint out, or name one that this server has.".to_owned()
        }
        "NotImplemented" => format!("{host} does not have this function."),
        "QuotaExceeded" => {
            "The store takes no more of this user or in this bucket: delete something, or have the quota raised."
                .to_owned()
        }
        "SlowDown" | "ServiceUnavailable" | "TooManyRequests" => {
            "The server is busy and was asked several times; wait, or allow more attempts by Config::retry."
                .to_owned()
        }
        "AuthorizationHeaderMalformed" | "PermanentRedirect" | "TemporaryRedirect" | "Redirect" => {
            return region_hint(answer, bucket);
        }
        _ => return None,
    })
}

/// Where the bucket is, as the server says.
fn region_hint(answer: &Answer, bucket: &str) -> Option<String> {
    match (&answer.region, &answer.location) {
        (Some(region), _) => {
            Some(format!("Sign for the region {region:?}: Config::region({region:?}) or AWS_REGION."))
        }
        (None, Some(location)) => {
            Some(format!("The bucket {bucket:?} is served by {location}: use its host as the endpoint."))
        }
        (None, None) => {
            Some("The bucket is served by another region or host: ask its owner which.".to_owned())
        }
    }
}

fn skew_hint(answer: &Answer, now: OffsetDateTime) -> String {
    let server = answer.date.as_deref().and_then(|date| Timestamp::from_http(date).date_time());
    match server.map(|server| (now - server).whole_seconds()) {
        Some(seconds) if seconds != 0 => format!(
            "This machine's clock is {} {} the server's: set it right.",
            duration_in_words(seconds.unsigned_abs()),
            if seconds > 0 { "ahead of" } else { "behind" }
        ),
        _ => "This machine's clock differs from the server's: set it right.".to_owned(),
    }
}

fn duration_in_words(seconds: u64) -> String {
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
    use crate::error::ErrorKind;
    use crate::request::Method;

    fn explained(answer: Answer, signer: &Signer, signed: Option<&SignedTexts>) -> Error {
        let request = Request::object("GetObject", Method::Get, "b", "k");
        let endpoint = Endpoint::parse("http://h").unwrap();
        let now = Timestamp::from_http("Fri, 27 May 2011 06:23:07 GMT").date_time().unwrap();
        let situation = ErrorContext { request: &request, endpoint: &endpoint, signer, signed, now };
        explain(Error::server(ErrorKind::Server, answer, ""), &situation)
    }

    fn coded(code: &str) -> Answer {
        Answer { status: 403, code: Some(code.into()), ..Answer::default() }
    }

    fn v2() -> Signer {
        Signer::V2(Credentials::new("AKID", "s3cr3t").session_token("t0k3n"))
    }

    #[test]
    fn the_first_line_that_differs_is_shown_and_the_token_is_not() {
        let ours = SignedTexts {
            string_to_sign: "GET\n\nx-amz-security-token:t0k3n\n/b/k".into(),
            canonical_request: None,
        };
        let theirs = SignedTexts {
            string_to_sign: "GET\n\nx-amz-security-token:t0k3n\n/b/K".into(),
            canonical_request: None,
        };
        let answer = Answer { expected: Some(theirs), ..coded("SignatureDoesNotMatch") };
        let error = explained(answer, &v2(), Some(&ours));
        assert!(error.hint().unwrap().contains("Line 4"), "{error}");
        assert!(error.hint().unwrap().contains("\"/b/k\" was signed, \"/b/K\" was expected"), "{error}");
        for text in [format!("{error:?}"), format!("{error:#?}"), error.to_string()] {
            assert!(!text.contains("t0k3n") && !text.contains("s3cr3t"), "{text}");
        }
        assert_eq!(error.string_to_sign(), Some("GET\n\nx-amz-security-token:(hidden)\n/b/k"));
    }

    #[test]
    fn an_encryption_key_is_in_no_text_of_a_refused_signature() {
        let name = "x-amz-server-side-encryption-customer-key";
        let request = Request::object("GetObject", Method::Get, "b", "k").header(name, "s3cr3t");
        let texts = |tail: &str| SignedTexts {
            string_to_sign: format!("GET\n{name}:s3cr3t\n{tail}"),
            canonical_request: Some(format!("GET\n{name}:s3cr3t {tail}")),
        };
        let endpoint = Endpoint::parse("http://h").unwrap();
        let (ours, signer) = (texts("ours"), v2());
        let situation = ErrorContext {
            request: &request,
            endpoint: &endpoint,
            signer: &signer,
            signed: Some(&ours),
            now: OffsetDateTime::UNIX_EPOCH,
        };
        let answer = Answer { expected: Some(texts("theirs")), ..coded("SignatureDoesNotMatch") };
        let error = explain(Error::server(ErrorKind::Server, answer, ""), &situation);
        let shown = format!("{error} {error:?} {error:#?}");
        assert!(shown.contains("(hidden)") && !shown.contains("s3cr3t"), "{shown}");
    }

    #[test]
    fn under_v4_the_canonical_requests_are_compared() {
        let texts = |canonical: &str, hash: &str| SignedTexts {
            string_to_sign: format!("AWS4\n{hash}"),
            canonical_request: Some(canonical.into()),
        };
        let ours = texts("GET\n/b/k", "1");
        let answer = Answer { expected: Some(texts("GET\n/b/%6B", "2")), ..coded("SignatureDoesNotMatch") };
        let signer = Signer::new(Credentials::new("AKID", "s"), crate::sign::SignatureVersion::V4, "r");
        assert!(explained(answer, &signer, Some(&ours)).hint().unwrap().contains("\"/b/k\" was signed"));
        let same = Answer { expected: Some(ours.clone()), ..coded("SignatureDoesNotMatch") };
        assert!(explained(same, &signer, Some(&ours)).hint().unwrap().contains("secret key is not the one"));
    }

    #[test]
    fn a_skewed_clock_is_told_with_its_direction() {
        for (date, words) in [
            ("Fri, 27 May 2011 06:06:07 GMT", "17 min ahead of"),
            ("Fri, 27 May 2011 06:23:57 GMT", "50 s behind"),
            ("Sat, 28 May 2011 06:23:07 GMT", "24 h behind"),
        ] {
            let answer = Answer { date: Some(date.into()), ..coded("RequestTimeTooSkewed") };
            assert!(explained(answer, &v2(), None).hint().unwrap().contains(words), "{date}");
        }
    }

    #[test]
    fn a_host_that_is_the_wrong_one_is_told_as_such() {
        let request = Request::service("ListBuckets", Method::Get);
        let endpoint = Endpoint::parse("http://localhost:8480").unwrap();
        for (code, words) in [
            ("NoSuchBucket", "took localhost:8480 for the name of a bucket"),
            ("NotFound", "as an S3 server"),
        ] {
            let situation = ErrorContext {
                request: &request,
                endpoint: &endpoint,
                signer: &v2(),
                signed: None,
                now: OffsetDateTime::UNIX_EPOCH,
            };
            let error = explain(Error::server(ErrorKind::Server, coded(code), ""), &situation);
            assert!(error.hint().unwrap().contains(words), "{error}");
        }
    }

    #[test]
    fn each_common_refusal_says_what_to_change() {
        let v4_only = Answer {
            message: Some("Please use AWS4-HMAC-SHA256.".into()),
            region: Some("us-east-005".into()),
            ..coded("InvalidRequest")
        };
        let region = Answer { region: Some("eu-west-1".into()), ..coded("AuthorizationHeaderMalformed") };
        for (answer, signer, words) in [
            (v4_only, v2(), "Config::region or AWS_REGION, here \"us-east-005\""),
            (region, v2(), "Config::region(\"eu-west-1\")"),
            (coded("AccessDenied"), Signer::Anonymous, "Config::credentials"),
            (coded("InvalidAccessKeyId"), v2(), "\"AKID\""),
            (coded("NoSuchBucket"), v2(), "create_bucket"),
            (coded("NoSuchKey"), v2(), "list_objects"),
            (coded("BucketNotEmpty"), v2(), "force_delete_bucket"),
        ] {
            let error = explained(answer, &signer, None);
            assert!(error.hint().unwrap().contains(words), "{error}");
        }
    }
}
