//! The signature of a POST form: over its policy, in fields of the form.
//! <https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-UsingHTTPPOST.html>

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use time::OffsetDateTime;

use super::{Signer, v2, v4};
use crate::error::{Error, Result};
use crate::timestamp;

type Field = (String, String);

impl Signer {
    /// The moment until which a form is good, once its lifetime has been checked.
    pub(crate) fn form_expiry(&self, now: OffsetDateTime, expires: Duration) -> Result<OffsetDateTime> {
        self.check_expiry(expires)?;
        let end = time::Duration::try_from(expires).ok().and_then(|expires| now.checked_add(expires));
        end.ok_or_else(|| Error::invalid(format!("an expiry of {expires:?} is past the end of time")))
    }

    /// The fields that the policy names beside the caller's.
    pub(crate) fn form_fields(&self, now: OffsetDateTime) -> Vec<Field> {
        let mut fields = Vec::new();
        let mut add = |name: &str, value: String| fields.push((name.to_owned(), value));
        if let Self::V4(keys) = self {
            let date = timestamp::amz_date(now);
            add("x-amz-algorithm", v4::ALGORITHM.to_owned());
            add("x-amz-credential", format!("{}/{}", keys.credentials.access_key(), keys.scope(&date)));
            add("x-amz-date", date);
        }
        if let Some(token) = self.credentials().and_then(|credentials| credentials.token()) {
            add("x-amz-security-token", token.to_owned());
        }
        fields
    }

    /// The policy and its signature, as fields.
    pub(crate) fn sign_form(&self, policy: &str, now: OffsetDateTime) -> Vec<Field> {
        let policy = BASE64.encode(policy);
        let signature = match self {
            Self::Anonymous => Vec::new(),
            Self::V2(credentials) => vec![
                ("AWSAccessKeyId", credentials.access_key().to_owned()),
                ("signature", v2::signature(credentials.secret_key(), &policy)),
            ],
            Self::V4(keys) => {
                vec![("x-amz-signature", keys.signature(&timestamp::amz_date(now), &policy))]
            }
        };
        let fields = [("policy", policy)].into_iter().chain(signature);
        fields.map(|(name, value)| (name.to_owned(), value)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::credentials::Credentials;

    fn keys() -> Credentials {
        Credentials::new("AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY")
    }

    // The published example, whose signature is over this policy with these line breaks.
    #[test]
    fn the_published_v4_example() {
        let policy = "{ \"expiration\": \"2015-12-30T12:00:00.000Z\",\r\n  \"conditions\": [\r\n    {\"bucket\": \
            \"sigv4examplebucket\"},\r\n    [\"starts-with\", \"$key\", \"user/user1/\"],\r\n    {\"acl\": \
            \"public-read\"},\r\n    {\"success_action_redirect\": \
            \"http://sigv4examplebucket.s3.amazonaws.com/successful_upload.html\"},\r\n    [\"starts-with\", \
            \"$Content-Type\", \"image/\"],\r\n    {\"x-amz-meta-uuid\": \"14365123651274\"},\r\n    \
            {\"x-amz-server-side-encryption\": \"AES256\"},\r\n    [\"starts-with\", \"$x-amz-meta-tag\", \
            \"\"],\r\n\r\n    {\"x-amz-credential\": \
            \"AKIAIOSFODNN7EXAMPLE/20151229/us-east-1/s3/aws4_request\"},\r\n    {\"x-amz-algorithm\": \
            \"AWS4-HMAC-SHA256\"},\r\n    {\"x-amz-date\": \"20151229T000000Z\" }\r\n  ]\r\n}";
        let day = OffsetDateTime::from_unix_timestamp(1_451_347_200).unwrap(); // 2015-12-29
        let signer = Signer::new(keys(), crate::sign::SignatureVersion::V4, "us-east-1");
        let fields = signer.sign_form(policy, day);
        assert!(fields[0].1.starts_with("eyAiZXhwaXJhdGlvbiI6ICIyMDE1LTEyLTMwVDEyOjAwOjAwLjAwMFoiLA0KICAi"));
        assert_eq!(fields[1].1, "8afdbf4008c03f22c2cd3cdb72e4afbb1f6a588f3255ac628749a66d7f09699e");
        let named = signer.form_fields(day);
        assert_eq!(named[1].1, "AKIAIOSFODNN7EXAMPLE/20151229/us-east-1/s3/aws4_request");
        assert_eq!(named[2].1, "20151229T000000Z");
    }

    #[test]
    fn under_v2_only_the_token_is_in_the_policy() {
        let signer = Signer::V2(keys().session_token("t"));
        let now = OffsetDateTime::UNIX_EPOCH;
        assert_eq!(signer.form_fields(now), [("x-amz-security-token".to_owned(), "t".to_owned())]);
        let names: Vec<String> = signer.sign_form("{}", now).into_iter().map(|(name, _)| name).collect();
        assert_eq!(names, ["policy", "AWSAccessKeyId", "signature"]);
        assert!(signer.form_expiry(now, Duration::MAX).is_err());
    }
}
