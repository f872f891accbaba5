//! Signature Version 4 for S3: one chunk, path encoded once and never normalised.
//! <https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-authenticating-requests.html>

use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::{Digest, Sha256};
use time::OffsetDateTime;

use super::{Signed, SignedTexts};
use crate::credentials::Credentials;
use crate::encode::{self, hex};
use crate::endpoint::Address;
use crate::headers::Headers;
use crate::request::Request;
use crate::timestamp;

pub(super) const ALGORITHM: &str = "AWS4-HMAC-SHA256";
/// Seven days in seconds, the longest a presigned URL may live.
pub(super) const MAX_EXPIRES: u64 = 604_800;

pub(super) fn sign(
    request: &Request<'_>,
    address: &Address,
    credentials: &Credentials,
    region: &str,
    now: OffsetDateTime,
) -> Signed {
    let date = timestamp::amz_date(now);
    let mut headers = request.headers.clone();
    headers.set("x-amz-date", date.as_str());
    headers.set("x-amz-content-sha256", request.payload_sha256.as_ref());
    if let Some(token) = credentials.token() {
        headers.set("x-amz-security-token", token);
    }
    let scope = scope(&date, region);
    let (canonical_headers, signed_headers) = canonical_headers(&address.host, &headers);
    let canonical = [
        request.method.as_str(),
        &address.path,
        &canonical_query(query_pairs(request)),
        &canonical_headers,
        &signed_headers,
        &request.payload_sha256,
    ]
    .join("\n");
    let text = string_to_sign(&date, &scope, &canonical);
    let signature = signature(credentials.secret_key(), &date, region, &text);
    headers.set(
        "authorization",
        format!(
            "{ALGORITHM} Credential={}/{scope},SignedHeaders={signed_headers},Signature={signature}",
            credentials.access_key()
        ),
    );
    Signed { headers, texts: Some(SignedTexts { string_to_sign: text, canonical_request: Some(canonical) }) }
}

pub(super) fn presign(
    request: &Request<'_>,
    address: &Address,
    credentials: &Credentials,
    region: &str,
    now: OffsetDateTime,
    seconds: u64,
) -> String {
    let date = timestamp::amz_date(now);
    let scope = scope(&date, region);
    let (canonical_headers, signed_headers) = canonical_headers(&address.host, &request.headers);
    let mut pairs = query_pairs(request);
    pairs.extend([
        ("X-Amz-Algorithm".into(), ALGORITHM.into()),
        ("X-Amz-Credential".into(), encode::query(&format!("{}/{scope}", credentials.access_key()))),
        ("X-Amz-Date".into(), date.clone()),
        ("X-Amz-Expires".into(), seconds.to_string()),
        ("X-Amz-SignedHeaders".into(), encode::query(&signed_headers)),
    ]);
    if let Some(token) = credentials.token() {
        pairs.push(("X-Amz-Security-Token".into(), encode::query(token)));
    }
    let query = canonical_query(pairs);
    let canonical = [
        request.method.as_str(),
        &address.path,
        &query,
        &canonical_headers,
        &signed_headers,
        "UNSIGNED-PAYLOAD",
    ]
    .join("\n");
    let text = string_to_sign(&date, &scope, &canonical);
    let signature = signature(credentials.secret_key(), &date, region, &text);
    format!("{query}&X-Amz-Signature={signature}")
}

/// Encoded names and values; a sub-resource has an empty value here.
fn query_pairs(request: &Request<'_>) -> Vec<(String, String)> {
    let encoded = |(name, value): &(_, Option<_>)| {
        let name: &std::borrow::Cow<'_, str> = name;
        let value: Option<&std::borrow::Cow<'_, str>> = value.as_ref();
        (encode::query(name), value.map(|v| encode::query(v)).unwrap_or_default())
    };
    request.query.iter().map(encoded).collect()
}

fn canonical_query(mut pairs: Vec<(String, String)>) -> String {
    pairs.sort();
    let joined: Vec<String> = pairs.iter().map(|(name, value)| format!("{name}={value}")).collect();
    joined.join("&")
}

/// The lines of all headers with the host, and their names.
fn canonical_headers(host: &str, headers: &Headers) -> (String, String) {
    let mut all: Vec<(&str, &str)> = headers.iter().collect();
    all.push(("host", host));
    all.sort_unstable();
    let names: Vec<&str> = all.iter().map(|(name, _)| *name).collect();
    let mut lines = String::new();
    for (name, value) in &all {
        lines.push_str(name);
        lines.push(':');
        // inner runs of spaces count as one
        for (i, word) in value.split(' ').filter(|word| !word.is_empty()).enumerate() {
            if i > 0 {
                lines.push(' ');
            }
            lines.push_str(word);
        }
        lines.push('\n');
    }
    (lines, names.join(";"))
}

pub(super) fn scope(date: &str, region: &str) -> String {
    format!("{}/{region}/s3/aws4_request", &date[..8])
}

fn string_to_sign(date: &str, scope: &str, canonical: &str) -> String {
    [ALGORITHM, date, scope, &hex(&Sha256::digest(canonical))].join("\n")
}

pub(super) fn signature(secret: &str, date: &str, region: &str, text: &str) -> String {
    let mut key = hmac(format!("AWS4{secret}").as_bytes(), &date[..8]);
    for part in [region, "s3", "aws4_request"] {
        key = hmac(&key, part);
    }
    hex(&hmac(&key, text))
}

fn hmac(key: &[u8], text: &str) -> [u8; 32] {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("HMAC takes a key of any length");
    mac.update(text.as_bytes());
    mac.finalize().into_bytes().into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::endpoint::{AddressingStyle, Endpoint};
    use crate::request::Method;

    // The keys, the day and the bucket of the published examples.
    fn example_keys() -> Credentials {
        Credentials::new("AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY")
    }
    const BUCKET: &str = "examplebucket";

    fn day() -> OffsetDateTime {
        OffsetDateTime::from_unix_timestamp(1_369_353_600).unwrap() // 2013-05-24
    }

    fn address(request: &Request<'_>) -> Address {
        Endpoint::parse("http://s3.amazonaws.com").unwrap().address(AddressingStyle::VirtualHosted, request)
    }

    fn check(request: &Request<'_>, expected: &str) {
        let signed = sign(request, &address(request), &example_keys(), "us-east-1", day());
        let authorization = signed.headers.get("authorization").unwrap();
        assert_eq!(
            authorization.rsplit_once("Signature=").unwrap().1,
            expected,
            "{}",
            signed.texts.unwrap().canonical_request.unwrap()
        );
    }

    #[test]
    fn the_published_header_examples() {
        check(
            &Request::object("GetObject", Method::Get, BUCKET, "test.txt").header("range", "bytes=0-9"),
            "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41",
        );
        let mut put = Request::object("PutObject", Method::Put, BUCKET, "test$file.text")
            .header("date", "Fri, 24 May 2013 00:00:00 GMT")
            .header("x-amz-storage-class", "REDUCED_REDUNDANCY");
        put.payload_sha256 = hex(&Sha256::digest("Welcome to Amazon S3.")).into();
        check(&put, "98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd");
        check(
            &Request::bucket("GetBucketLifecycle", Method::Get, BUCKET).subresource("lifecycle"),
            "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543",
        );
        check(
            &Request::bucket("ListObjects", Method::Get, BUCKET).query("max-keys", "2").query("prefix", "J"),
            "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7",
        );
    }

    #[test]
    fn the_published_query_example() {
        let request = Request::object("GetObject", Method::Get, BUCKET, "test.txt");
        let query = presign(&request, &address(&request), &example_keys(), "us-east-1", day(), 86_400);
        assert_eq!(
            query,
            "X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKIAIOSFODNN7EXAMPLE%2F20130524%2Fus-east-1%2Fs3%2F\
             aws4_request&X-Amz-Date=20130524T000000Z&X-Amz-Expires=86400&X-Amz-SignedHeaders=host&X-Amz-Signature=\
             aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404"
        );
    }

    #[test]
    fn the_query_is_sorted_after_encoding_and_the_token_signed() {
        let request =
            Request::bucket("ListObjects", Method::Get, BUCKET).query("prefix", "é").query("marker", "z");
        let keys = example_keys().session_token("t/");
        let query = presign(&request, &address(&request), &keys, "us-east-1", day(), 1);
        let names: Vec<&str> = query.split('&').map(|pair| pair.split('=').next().unwrap()).collect();
        let mut sorted = names[..names.len() - 1].to_vec();
        sorted.sort_unstable();
        assert_eq!(names[..names.len() - 1], sorted);
        assert!(query.contains("X-Amz-Security-Token=t%2F&"), "{query}");
        let signed = sign(&request, &address(&request), &keys, "us-east-1", day());
        assert!(signed.headers.get("authorization").unwrap().contains("x-amz-date;x-amz-security-token,"));
    }

    #[test]
    fn inner_spaces_are_signed_as_one() {
        let mut headers = Headers::default();
        headers.set("x-amz-meta-a", "b  c   d");
        assert_eq!(canonical_headers("h", &headers).0, "host:h\nx-amz-meta-a:b c d\n");
    }
}
