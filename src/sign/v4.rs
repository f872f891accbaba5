//! Signature Version 4 for S3: the payload in a single chunk, the path encoded once and never normalised.
//! <https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-authenticating-requests.html>

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;
use time::OffsetDateTime;

use super::signed::Signed;
use crate::checksum::Sha256Digest;
use crate::credentials::Credentials;
use crate::encode::{self, hex};
use crate::endpoint::Address;
use crate::error::SignedTexts;
use crate::headers::{self, Headers};
use crate::request::{PAYLOAD_SHA256, Request};
use crate::timestamp;

pub(super) const ALGORITHM: &str = "AWS4-HMAC-SHA256";
/// The longest validity of a presigned URL in seconds: 7 days.
pub(super) const MAX_EXPIRES: u64 = 604_800;

/// The credentials and the region that requests are signed with.
#[derive(Clone, Debug)]
pub(crate) struct SigningKey {
    pub(crate) credentials: Credentials,
    pub(crate) region: String,
    /// The service that verifies the signature: `s3`, or `sts` for credentials.
    service: &'static str,
    derived: DerivedKey,
}

/// Caches the key that was derived for the last day: deriving it costs four HMACs. Clones share the cache.
#[derive(Clone, Default)]
struct DerivedKey(Arc<Mutex<Option<DayAndHmac>>>);

type DayAndHmac = (String, Hmac<Sha256>);

impl SigningKey {
    pub(super) fn new(credentials: Credentials, region: &str) -> Self {
        Self { credentials, region: region.to_owned(), service: "s3", derived: DerivedKey::default() }
    }

    #[cfg(feature = "credentials-chain")]
    pub(super) fn for_service(self, service: &'static str) -> Self {
        Self { service, derived: DerivedKey::default(), ..self }
    }

    /// Returns the credential scope; `date` is in the form of [`timestamp::amz_date`].
    pub(super) fn scope(&self, date: &str) -> String {
        [&date[..8], "/", &self.region, "/", self.service, "/aws4_request"].concat()
    }

    /// Returns the signature of `text` in hexadecimal digits; only the day of `date` is used.
    pub(super) fn signature(&self, date: &str, text: &str) -> String {
        let day = &date[..8];
        let mut cached = self.derived.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mut mac = match &*cached {
            Some((cached_day, key)) if cached_day == day => key.clone(),
            _ => {
                let mut key = hmac_sha256(format!("AWS4{}", self.credentials.secret_key()).as_bytes());
                for part in [day, &self.region, self.service, "aws4_request"] {
                    key.update(part.as_bytes());
                    key = hmac_sha256(&key.finalize().into_bytes());
                }
                cached.insert((day.to_owned(), key)).1.clone()
            }
        };
        drop(cached); // the text may be long, and other threads sign too
        mac.update(text.as_bytes());
        hex(&mac.finalize().into_bytes())
    }
}

impl fmt::Debug for DerivedKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("(hidden)")
    }
}

fn hmac_sha256(key: &[u8]) -> Hmac<Sha256> {
    Hmac::new_from_slice(key).expect("HMAC takes a key of any length")
}

pub(super) fn sign(
    request: &Request<'_>,
    address: &Address,
    key: &SigningKey,
    now: OffsetDateTime,
) -> Signed {
    let date = timestamp::amz_date(now);
    let mut headers = request.headers.clone_for_signing();
    headers.set_str("x-amz-date", &date);
    // the caller's own value is kept
    let payload_sha256 = headers.get(PAYLOAD_SHA256).unwrap_or(&request.payload_sha256).to_owned();
    headers.set_str(PAYLOAD_SHA256, &payload_sha256);
    if let Some(token) = key.credentials.token() {
        headers.set_str("x-amz-security-token", token);
    }
    let scope = key.scope(&date);
    let (canonical_headers, signed_headers) = canonical_headers(&address.host, &headers);
    let canonical_request = [
        request.method.as_str(),
        &address.path,
        &canonical_query(query_pairs(request)),
        &canonical_headers,
        &signed_headers,
        &payload_sha256,
    ]
    .join("\n");
    let text = string_to_sign(&date, &scope, &canonical_request);
    let signature = key.signature(&date, &text);
    headers.set(
        "authorization",
        [
            ALGORITHM,
            " Credential=",
            key.credentials.access_key(),
            "/",
            &scope,
            ",SignedHeaders=",
            &signed_headers,
            ",Signature=",
            &signature,
        ]
        .concat(),
    );
    Signed {
        headers,
        texts: Some(SignedTexts { string_to_sign: text, canonical_request: Some(canonical_request) }),
    }
}

pub(super) fn presign(
    request: &Request<'_>,
    address: &Address,
    key: &SigningKey,
    now: OffsetDateTime,
    seconds: u64,
) -> String {
    let date = timestamp::amz_date(now);
    let scope = key.scope(&date);
    let (canonical_headers, signed_headers) = canonical_headers(&address.host, &request.headers);
    let mut pairs = query_pairs(request);
    pairs.extend([
        ("X-Amz-Algorithm".into(), ALGORITHM.into()),
        ("X-Amz-Credential".into(), encode::query(&format!("{}/{scope}", key.credentials.access_key()))),
        ("X-Amz-Date".into(), date.clone()),
        ("X-Amz-Expires".into(), seconds.to_string()),
        ("X-Amz-SignedHeaders".into(), encode::query(&signed_headers)),
    ]);
    if let Some(token) = key.credentials.token() {
        pairs.push(("X-Amz-Security-Token".into(), encode::query(token)));
    }
    let query = canonical_query(pairs);
    let canonical_request = [
        request.method.as_str(),
        &address.path,
        &query,
        &canonical_headers,
        &signed_headers,
        "UNSIGNED-PAYLOAD",
    ]
    .join("\n");
    let text = string_to_sign(&date, &scope, &canonical_request);
    let signature = key.signature(&date, &text);
    format!("{query}&X-Amz-Signature={signature}")
}

/// Returns the encoded names and values of the query. A sub-resource has an empty value in V4.
fn query_pairs(request: &Request<'_>) -> Vec<(String, String)> {
    let pairs = request.query.iter();
    pairs
        .map(|(name, value)| (encode::query(name), value.as_deref().map_or_else(String::new, encode::query)))
        .collect()
}

fn canonical_query(mut pairs: Vec<(String, String)>) -> String {
    // sorted after encoding, as the server does
    pairs.sort();
    let joined: Vec<String> = pairs.iter().map(|(name, value)| format!("{name}={value}")).collect();
    joined.join("&")
}

/// Returns the canonical headers, including `host`, and the list of their names. Leaves out those that may arrive with
/// another value.
fn canonical_headers(host: &str, headers: &Headers) -> (String, String) {
    let mut all: Vec<(&str, &str)> = Vec::with_capacity(16);
    all.push(("host", host));
    all.extend(headers.iter().filter(|(name, _)| !headers::may_be_rewritten(name)));
    all.sort_unstable();
    let mut names = String::with_capacity(128);
    let mut lines = String::with_capacity(512);
    for (name, value) in &all {
        if !names.is_empty() {
            names.push(';');
        }
        names.push_str(name);
        lines.push_str(name);
        lines.push(':');
        // consecutive spaces are signed as one
        for (i, word) in value.split(' ').filter(|word| !word.is_empty()).enumerate() {
            if i > 0 {
                lines.push(' ');
            }
            lines.push_str(word);
        }
        lines.push('\n');
    }
    (lines, names)
}

fn string_to_sign(date: &str, scope: &str, canonical_request: &str) -> String {
    [ALGORITHM, date, scope, &Sha256Digest::of(canonical_request).to_hex()].join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::endpoint::{AddressingStyle, Endpoint};
    use crate::request::Method;

    // The credentials, the day and the bucket of the published examples.
    fn example_credentials() -> Credentials {
        Credentials::new("AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY")
    }

    fn example_key() -> SigningKey {
        SigningKey::new(example_credentials(), "us-east-1")
    }
    const BUCKET: &str = "examplebucket";

    fn day() -> OffsetDateTime {
        OffsetDateTime::from_unix_timestamp(1_369_353_600).unwrap() // 2013-05-24
    }

    fn address(request: &Request<'_>) -> Address {
        Endpoint::parse("http://s3.amazonaws.com").unwrap().address(
            AddressingStyle::VirtualHosted,
            request.bucket,
            request.key,
        )
    }

    fn check(request: &Request<'_>, expected: &str) {
        let signed = sign(request, &address(request), &example_key(), day());
        let authorization = signed.headers.get("authorization").unwrap();
        assert_eq!(
            authorization.rsplit_once("Signature=").unwrap().1,
            expected,
            "{}",
            signed.texts.unwrap().canonical_request.unwrap()
        );
    }

    #[test]
    fn published_header_examples_are_reproduced() {
        check(
            &Request::object("GetObject", Method::Get, BUCKET, "test.txt").header("range", "bytes=0-9"),
            "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41",
        );
        let mut put = Request::object("PutObject", Method::Put, BUCKET, "test$file.text")
            .header("date", "Fri, 24 May 2013 00:00:00 GMT")
            .header("x-amz-storage-class", "REDUCED_REDUNDANCY");
        put.payload_sha256 = Sha256Digest::of("Welcome to Amazon S3.").to_hex().into();
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
    fn published_query_example_is_reproduced() {
        let request = Request::object("GetObject", Method::Get, BUCKET, "test.txt");
        let query = presign(&request, &address(&request), &example_key(), day(), 86_400);
        assert_eq!(
            query,
            "X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKIAIOSFODNN7EXAMPLE%2F20130524%2Fus-east-1%2Fs3%2F\
             aws4_request&X-Amz-Date=20130524T000000Z&X-Amz-Expires=86400&X-Amz-SignedHeaders=host&X-Amz-Signature=\
             aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404"
        );
    }

    #[test]
    fn query_is_sorted_after_encoding_and_includes_the_token() {
        let request =
            Request::bucket("ListObjects", Method::Get, BUCKET).query("prefix", "é").query("marker", "z");
        let key = SigningKey::new(example_credentials().session_token("t/"), "us-east-1");
        let query = presign(&request, &address(&request), &key, day(), 1);
        let names: Vec<&str> = query.split('&').map(|pair| pair.split('=').next().unwrap()).collect();
        let mut sorted = names[..names.len() - 1].to_vec();
        sorted.sort_unstable();
        assert_eq!(names[..names.len() - 1], sorted);
        assert!(query.contains("X-Amz-Security-Token=t%2F&"), "{query}");
        let signed = sign(&request, &address(&request), &key, day());
        assert!(signed.headers.get("authorization").unwrap().contains("x-amz-date;x-amz-security-token,"));
    }

    #[test]
    fn derived_key_is_cached_per_day() {
        let key = example_key();
        let signatures: Vec<String> =
            ["20130524", "20130525", "20130524"].iter().map(|day| key.signature(day, "text")).collect();
        assert_eq!(signatures[0], signatures[2]);
        assert_ne!(signatures[0], signatures[1]);
        assert_eq!(signatures[1], example_key().signature("20130525", "text"));
        assert!(format!("{key:?}").contains("derived: (hidden)"));
    }

    #[test]
    fn headers_that_proxies_change_are_not_signed() {
        let mut headers = Headers::default();
        for name in ["Accept-Encoding", "User-Agent", "Via", "X-Forwarded-For", "x-amz-meta-a"] {
            headers.set(name, "b");
        }
        let (lines, names) = canonical_headers("h", &headers);
        assert_eq!((lines.as_str(), names.as_str()), ("host:h\nx-amz-meta-a:b\n", "host;x-amz-meta-a"));
        let request = Request::object("GetObject", Method::Get, BUCKET, "k").headers(&headers);
        let query = presign(&request, &address(&request), &example_key(), day(), 1);
        assert!(query.contains("X-Amz-SignedHeaders=host%3Bx-amz-meta-a&"), "{query}");
    }

    #[test]
    fn consecutive_spaces_are_signed_as_one() {
        let mut headers = Headers::default();
        headers.set("x-amz-meta-a", "b  c   d");
        assert_eq!(canonical_headers("h", &headers).0, "host:h\nx-amz-meta-a:b c d\n");
    }
}
