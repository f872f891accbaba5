//! Signature Version 2, compatible with boto 2.
//! <https://docs.aws.amazon.com/AmazonS3/latest/userguide/RESTAuthentication.html>

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha1::Sha1;
use time::OffsetDateTime;

use super::signed::Signed;
use crate::credentials::Credentials;
use crate::encode;
use crate::endpoint::Address;
use crate::error::{Error, Result, SignedTexts};
use crate::headers::Headers;
use crate::request::Request;
use crate::timestamp;

/// The query parameters that are signed. The list is fixed: servers sign no others, and every server signs
/// these, except publicAccessBlock, which only Ceph is known to sign.
const SUBRESOURCES: [&str; 25] = [
    "acl",
    "cors",
    "delete",
    "lifecycle",
    "location",
    "logging",
    "notification",
    "partNumber",
    "policy",
    "publicAccessBlock",
    "requestPayment",
    "response-cache-control",
    "response-content-disposition",
    "response-content-encoding",
    "response-content-language",
    "response-content-type",
    "response-expires",
    "tagging",
    "torrent",
    "uploadId",
    "uploads",
    "versionId",
    "versioning",
    "versions",
    "website",
];

const TOKEN: &str = "x-amz-security-token";

pub(super) fn sign(
    request: &Request<'_>,
    address: &Address,
    credentials: &Credentials,
    now: OffsetDateTime,
) -> Signed {
    let mut headers = request.headers.clone_for_signing();
    headers.set("x-amz-date", timestamp::http_date(now));
    if let Some(token) = credentials.token() {
        headers.set(TOKEN, token);
    }
    let text = string_to_sign(request, address, &headers, None);
    let signature = signature(credentials.secret_key(), &text);
    headers.set("authorization", format!("AWS {}:{signature}", credentials.access_key()));
    Signed { headers, texts: Some(SignedTexts { string_to_sign: text, canonical_request: None }) }
}

pub(super) fn presign(
    request: &Request<'_>,
    address: &Address,
    credentials: &Credentials,
    now: OffsetDateTime,
    seconds: u64,
) -> Result<String> {
    let expires =
        i64::try_from(seconds).ok().and_then(|s| now.unix_timestamp().checked_add(s)).ok_or_else(|| {
            Error::invalid(format!(
                "an expiry of {seconds} seconds is too long: the expiration time does not fit in 64 bits"
            ))
        })?;
    // the token is sent in the query, but signed as if it were a header
    let mut headers = request.headers.clone();
    let mut query = request.query_string();
    if let Some(token) = credentials.token() {
        headers.set(TOKEN, token);
        query = join(query, &format!("{TOKEN}={}", encode::query(token)));
    }
    let text = string_to_sign(request, address, &headers, Some(expires));
    let signature = signature(credentials.secret_key(), &text);
    Ok(join(
        query,
        &format!(
            "Signature={}&Expires={expires}&AWSAccessKeyId={}",
            encode::query(&signature),
            encode::query(credentials.access_key())
        ),
    ))
}

fn join(mut query: String, more: &str) -> String {
    if !query.is_empty() {
        query.push('&');
    }
    query + more
}

/// Returns the string to sign. `headers` are those of the request and those that the signature adds.
fn string_to_sign(
    request: &Request<'_>,
    address: &Address,
    headers: &Headers,
    expires: Option<i64>,
) -> String {
    let mut amz: Vec<_> = headers.iter().filter(|(name, _)| name.starts_with("x-amz-")).collect();
    amz.sort_by_key(|(name, _)| *name);
    // the date line has the expiration of a presigned URL, and is empty if `x-amz-date` is signed instead
    let date = match expires {
        Some(seconds) => seconds.to_string(),
        None if headers.get("x-amz-date").is_some() => String::new(),
        None => headers.get("date").unwrap_or_default().to_owned(),
    };

    let mut text = format!(
        "{}\n{}\n{}\n{date}\n",
        request.method.as_str(),
        headers.get("content-md5").unwrap_or_default(),
        headers.get("content-type").unwrap_or_default()
    );
    for (name, value) in amz {
        text.push_str(name);
        text.push(':');
        text.push_str(value.trim());
        text.push('\n');
    }
    text.push_str(&address.resource);

    let mut signed: Vec<_> =
        request.query.iter().filter(|(name, _)| SUBRESOURCES.contains(&name.as_ref())).collect();
    signed.sort();
    for (i, (name, value)) in signed.iter().enumerate() {
        text.push(if i == 0 { '?' } else { '&' });
        text.push_str(name);
        // values are signed decoded, and an empty value as the name alone
        if let Some(value) = value.as_deref().filter(|v| !v.is_empty()) {
            text.push('=');
            text.push_str(value);
        }
    }
    text
}

/// Returns the base64 HMAC-SHA1 of `text`.
pub(super) fn signature(secret: &str, text: &str) -> String {
    let mut mac = Hmac::<Sha1>::new_from_slice(secret.as_bytes()).expect("HMAC takes a key of any length");
    mac.update(text.as_bytes());
    BASE64.encode(mac.finalize().into_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::endpoint::{AddressingStyle, Endpoint};
    use crate::request::Method;

    // The credentials of the published examples.
    fn example_credentials() -> Credentials {
        Credentials::new("AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY")
    }

    fn check(request: &Request<'_>, text: &str, expected: &str) {
        let endpoint = Endpoint::parse("http://s3.us-west-1.amazonaws.com").unwrap();
        for style in [AddressingStyle::Path, AddressingStyle::VirtualHosted] {
            let address = endpoint.address(style, request.bucket, request.key);
            let got = string_to_sign(request, &address, &request.headers, None);
            assert_eq!(got, text);
            assert_eq!(signature(example_credentials().secret_key(), &got), expected);
        }
    }

    // The correct examples of the developer guide; its Delete and Upload examples are wrong.
    #[test]
    fn published_object_examples_are_reproduced() {
        let bucket = "awsexamplebucket1";
        check(
            &Request::object("GetObject", Method::Get, bucket, "photos/puppy.jpg")
                .header("date", "Tue, 27 Mar 2007 19:36:42 +0000"),
            "GET\n\n\nTue, 27 Mar 2007 19:36:42 +0000\n/awsexamplebucket1/photos/puppy.jpg",
            "qgk2+6Sv9/oM7G3qLEjTH1a1l1g=",
        );
        check(
            &Request::object("PutObject", Method::Put, bucket, "photos/puppy.jpg")
                .header("content-type", "image/jpeg")
                .header("date", "Tue, 27 Mar 2007 21:15:45 +0000"),
            "PUT\n\nimage/jpeg\nTue, 27 Mar 2007 21:15:45 +0000\n/awsexamplebucket1/photos/puppy.jpg",
            "iqRzw+ileNPu1fhspnRs8nOjjIA=",
        );
    }

    #[test]
    fn published_bucket_examples_are_reproduced() {
        let bucket = "awsexamplebucket1";
        check(
            &Request::bucket("ListObjects", Method::Get, bucket)
                .query("prefix", "photos")
                .query("max-keys", "50")
                .query("marker", "puppy")
                .header("date", "Tue, 27 Mar 2007 19:42:41 +0000"),
            "GET\n\n\nTue, 27 Mar 2007 19:42:41 +0000\n/awsexamplebucket1/",
            "m0WP8eCtspQl5Ahe6L1SozdX9YA=",
        );
        check(
            &Request::bucket("GetBucketAcl", Method::Get, bucket)
                .subresource("acl")
                .header("date", "Tue, 27 Mar 2007 19:44:46 +0000"),
            "GET\n\n\nTue, 27 Mar 2007 19:44:46 +0000\n/awsexamplebucket1/?acl",
            "82ZHiFIjc+WbcwFKGUVEQspPn+0=",
        );
    }

    // The example's encoding has lower-case digits, which this crate never sends.
    #[test]
    fn published_unicode_example_is_reproduced() {
        let request =
            Request::service("GetObject", Method::Get).header("date", "Wed, 28 Mar 2007 01:49:49 +0000");
        let path = "/dictionary/fran%C3%A7ais/pr%c3%a9f%c3%a8re".to_owned();
        let address =
            Address { https: false, host: "h".into(), path: path.clone(), resource: path, region: None };
        let text = string_to_sign(&request, &address, &request.headers, None);
        assert_eq!(signature(example_credentials().secret_key(), &text), "DNEZGsoieTZ92F3bUfSPQcbGmlM=");
    }

    #[test]
    fn amz_headers_are_sorted_and_amz_date_replaces_the_date() {
        let request = Request::object("PutObject", Method::Put, "b", "k")
            .header("x-amz-meta-b", "2")
            .header("x-amz-meta-a-b", "1")
            .header("x-amz-acl", "private")
            .header("content-md5", "sum==");
        let address =
            Endpoint::parse("http://h").unwrap().address(AddressingStyle::Path, request.bucket, request.key);
        let credentials = Credentials::new("a", "s").session_token("t");
        let signed = sign(&request, &address, &credentials, OffsetDateTime::UNIX_EPOCH);
        assert_eq!(
            signed.texts.unwrap().string_to_sign,
            "PUT\nsum==\n\n\nx-amz-acl:private\nx-amz-date:Thu, 01 Jan 1970 00:00:00 GMT\nx-amz-meta-a-b:1\n\
             x-amz-meta-b:2\nx-amz-security-token:t\n/b/k"
        );
        assert!(signed.headers.get("authorization").unwrap().starts_with("AWS a:"));
    }

    #[test]
    fn only_subresources_are_signed_decoded_and_in_byte_order() {
        let request = Request::object("UploadPart", Method::Put, "b", "k")
            .query("versions", "")
            .query("versionId", "a/b+c")
            .subresource("versioning")
            .query("prefix", "p")
            .query("response-content-type", "text/plain; x=\"y\"");
        let address =
            Endpoint::parse("http://h").unwrap().address(AddressingStyle::Path, request.bucket, request.key);
        let text = string_to_sign(&request, &address, &request.headers, Some(7));
        assert_eq!(
            text,
            "PUT\n\n\n7\n/b/k?response-content-type=text/plain; x=\"y\"&versionId=a/b+c&versioning&versions"
        );
    }

    #[test]
    fn presigned_query_has_the_documented_order_and_an_encoded_signature() {
        let request = Request::object("GetObject", Method::Get, "my-bucket-name", "secret_plans.txt");
        let address = Endpoint::parse("http://objects-us-west-1.dream.io").unwrap().address(
            AddressingStyle::Path,
            request.bucket,
            request.key,
        );
        let now = OffsetDateTime::from_unix_timestamp(1316023475).unwrap();
        let query = presign(&request, &address, &example_credentials(), now, 3600).unwrap();
        let (signature, rest) = query.split_once('&').unwrap();
        assert_eq!(rest, "Expires=1316027075&AWSAccessKeyId=AKIAIOSFODNN7EXAMPLE");
        assert!(signature.starts_with("Signature=") && signature.ends_with("%3D"), "{signature}");

        let credentials = Credentials::new("account:user", "s").session_token("t/t=");
        let query = presign(&request, &address, &credentials, now, 1).unwrap();
        assert!(query.starts_with("x-amz-security-token=t%2Ft%3D&Signature="), "{query}");
        assert!(query.ends_with("&AWSAccessKeyId=account%3Auser"), "{query}");
        assert!(presign(&request, &address, &credentials, now, u64::MAX).is_err());
    }
}
