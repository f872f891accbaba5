//! Signs the policy of a POST form. The signature is sent in fields of the form.
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
    /// Validates the expiry of a form and returns its expiration time.
    pub(crate) fn form_expiry(&self, now: OffsetDateTime, expires: Duration) -> Result<OffsetDateTime> {
        self.check_expiry(expires)?;
        let end = time::Duration::try_from(expires).ok().and_then(|expires| now.checked_add(expires));
        end.ok_or_else(|| {
            Error::invalid(format!("an expiry of {expires:?} is too long: it ends after the year 9999"))
        })
    }

    /// Returns the fields that the signature adds to the policy.
    pub(crate) fn form_fields(&self, now: OffsetDateTime) -> Vec<Field> {
        let mut fields = Vec::new();
        let mut add = |name: &str, value: String| fields.push((name.to_owned(), value));
        if let Self::V4(key) = self {
            let date = timestamp::amz_date(now);
            add("x-amz-algorithm", v4::ALGORITHM.to_owned());
            add("x-amz-credential", format!("{}/{}", key.credentials.access_key(), key.scope(&date)));
            add("x-amz-date", date);
        }
        if let Some(token) = self.credentials().and_then(|credentials| credentials.token()) {
            add("x-amz-security-token", token.to_owned());
        }
        fields
    }

    /// Returns the fields with the encoded policy and its signature.
    pub(crate) fn sign_form(&self, policy: &str, now: OffsetDateTime) -> Vec<Field> {
        let policy = BASE64.encode(policy);
        let signature = match self {
            Self::Anonymous => Vec::new(),
            Self::V2(credentials) => vec![
                ("AWSAccessKeyId", credentials.access_key().to_owned()),
                ("signature", v2::signature(credentials.secret_key(), &policy)),
            ],
            Self::V4(key) => {
                vec![("x-amz-signature", key.signature(&timestamp::amz_date(now), &policy))]
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

    fn credentials() -> Credentials {
        Credentials::new("AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY")
    }

    // The signature of the published example covers this exact text, including its line breaks.
    #[test]
    fn published_v4_example_is_reproduced() {
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
        let signer = Signer::new(credentials(), crate::sign::SignatureVersion::V4, "us-east-1");
        let fields = signer.sign_form(policy, day);
        assert!(fields[0].1.starts_with("eyAiZXhwaXJhdGlvbiI6ICIyMDE1LTEyLTMwVDEyOjAwOjAwLjAwMFoiLA0KICAi"));
        assert_eq!(fields[1].1, "8afdbf4008c03f22c2cd3cdb72e4afbb1f6a588f3255ac628749a66d7f09699e");
        let added = signer.form_fields(day);
        assert_eq!(added[1].1, "AKIAIOSFODNN7EXAMPLE/20151229/us-east-1/s3/aws4_request");
        assert_eq!(added[2].1, "20151229T000000Z");
    }

    #[test]
    fn v2_adds_only_the_token_to_the_policy() {
        let signer = Signer::V2(credentials().session_token("t"));
        let now = OffsetDateTime::UNIX_EPOCH;
        assert_eq!(signer.form_fields(now), [("x-amz-security-token".to_owned(), "t".to_owned())]);
        let names: Vec<String> = signer.sign_form("{}", now).into_iter().map(|(name, _)| name).collect();
        assert_eq!(names, ["policy", "AWSAccessKeyId", "signature"]);
        assert!(signer.form_expiry(now, Duration::MAX).is_err());
    }
}
