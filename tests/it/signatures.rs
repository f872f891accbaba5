//! Signatures computed independently from the bytes on the wire, as a server verifies them.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use md5::{Digest as _, Md5};
use sha1::Sha1;
use sha2::Sha256;

use crate::clients::{ACCESS_KEY, REGION, SECRET_KEY};
use crate::fake_server::Request;

/// The subresources that this crate sends and that a server includes in the string to sign of V2.
const SUBRESOURCES: [&str; 20] = [
    "acl",
    "cors",
    "delete",
    "lifecycle",
    "location",
    "partNumber",
    "policy",
    "publicAccessBlock",
    "requestPayment",
    "response-cache-control",
    "response-content-disposition",
    "response-content-type",
    "response-expires",
    "tagging",
    "uploadId",
    "uploads",
    "versionId",
    "versioning",
    "versions",
    "website",
];

pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

pub(crate) fn md5_hex(bytes: &[u8]) -> String {
    hex(&Md5::digest(bytes))
}

/// Returns the ETag of an object that was uploaded in parts of this size.
pub(crate) fn multipart_e_tag(content: &[u8], part_size: usize) -> String {
    let parts = content.chunks(part_size);
    let count = parts.len();
    let digests: Vec<u8> = parts.flat_map(|part| Md5::digest(part).to_vec()).collect();
    format!("{}-{count}", md5_hex(&digests))
}

pub(crate) fn md5_base64(bytes: &[u8]) -> String {
    STANDARD.encode(Md5::digest(bytes))
}

/// Asserts that the Authorization header is the V2 signature of this request. `bucket` is the bucket of a
/// virtual-hosted request, which is in its Host and not in its path.
#[track_caller]
pub(crate) fn assert_signed_v2(request: &Request, bucket: Option<&str>) {
    let get = |name| request.header(name).unwrap_or_default();
    // Sorted by name: sorted lines would put x-amz-copy-source after x-amz-copy-source-if-match.
    let mut amz = request.headers();
    amz.retain(|(name, _)| name.starts_with("x-amz-"));
    amz.sort();
    let amz: Vec<String> = amz.iter().map(|(name, value)| format!("{name}:{value}\n")).collect();
    let mut resources: Vec<String> = request
        .query()
        .iter()
        .filter(|(name, _)| SUBRESOURCES.contains(name))
        .map(|(name, value)| match *value {
            "" => (*name).to_owned(),
            value => format!("{name}={}", percent_decoded(value)),
        })
        .collect();
    resources.sort();
    let text = format!(
        "{}\n{}\n{}\n\n{}{}{}{}{}",
        request.method(),
        get("content-md5"),
        get("content-type"),
        amz.concat(),
        bucket.map(|bucket| format!("/{bucket}")).unwrap_or_default(),
        request.path(),
        if resources.is_empty() { "" } else { "?" },
        resources.join("&")
    );
    assert!(request.header("x-amz-date").is_some(), "no x-amz-date:\n{}", request.head);
    assert_eq!(get("authorization"), format!("AWS {ACCESS_KEY}:{}", sign_v2(&text)), "{text}");
}

/// Returns the V2 signature of a text.
pub(crate) fn sign_v2(text: &str) -> String {
    let mut mac = Hmac::<Sha1>::new_from_slice(SECRET_KEY.as_bytes()).unwrap();
    mac.update(text.as_bytes());
    STANDARD.encode(mac.finalize().into_bytes())
}

/// Asserts that the Authorization header is the V4 signature of this request, that it covers all relevant
/// headers, and that the hash of the body is correct if there is one.
#[track_caller]
pub(crate) fn assert_signed_v4(request: &Request) {
    assert_signed_v4_for(request, REGION);
}

/// Like [`assert_signed_v4`], for any region.
#[track_caller]
pub(crate) fn assert_signed_v4_for(request: &Request, region: &str) {
    let authorization = request.header("authorization").unwrap();
    let date = request.header("x-amz-date").unwrap();
    let fields = authorization.strip_prefix("AWS4-HMAC-SHA256 ").unwrap();
    let field = |name| {
        let mut fields = fields.split(',').map(str::trim);
        fields.find_map(|field: &str| field.strip_prefix(name)).unwrap()
    };
    assert_eq!(field("Credential="), format!("{ACCESS_KEY}/{}/{region}/s3/aws4_request", &date[..8]));
    let names: Vec<&str> = field("SignedHeaders=").split(';').collect();
    assert!(names.is_sorted() && names.contains(&"host"), "{names:?}");
    for (name, _) in request.headers() {
        let unsigned = ["authorization", "user-agent", "content-length", "accept-encoding"];
        assert!(names.contains(&name) || unsigned.contains(&name), "{name} is not signed");
    }
    let payload = request.header("x-amz-content-sha256").unwrap();
    if payload != "UNSIGNED-PAYLOAD" {
        assert_eq!(payload, hex(&Sha256::digest(&request.body)));
    }
    let headers: Vec<String> = names
        .iter()
        .map(|name| {
            let words: Vec<&str> = request.header(name).unwrap().split_ascii_whitespace().collect();
            format!("{name}:{}\n", words.join(" "))
        })
        .collect();
    // Sorted by name first: `select` comes before `select-type`, although `=` comes after `-`.
    let mut query = request.query();
    query.sort();
    let query: Vec<String> = query.iter().map(|(name, value)| format!("{name}={value}")).collect();
    let canonical = format!(
        "{}\n{}\n{}\n{}\n{}\n{payload}",
        request.method(),
        request.path(),
        query.join("&"),
        headers.concat(),
        names.join(";")
    );
    assert_eq!(field("Signature="), sign_v4_for(&canonical, date, region), "{canonical}");
}

/// Returns the V4 signature of a canonical request. `date` has the form `20130524T000000Z`.
pub(crate) fn sign_v4(canonical: &str, date: &str) -> String {
    sign_v4_for(canonical, date, REGION)
}

/// Like [`sign_v4`], for any region.
pub(crate) fn sign_v4_for(canonical: &str, date: &str, region: &str) -> String {
    let day = &date[..8];
    let hash = hex(&Sha256::digest(canonical));
    let text = format!("AWS4-HMAC-SHA256\n{date}\n{day}/{region}/s3/aws4_request\n{hash}");
    let mut key = format!("AWS4{SECRET_KEY}").into_bytes();
    for part in [day, region, "s3", "aws4_request", &text] {
        let mut mac = Hmac::<Sha256>::new_from_slice(&key).unwrap();
        mac.update(part.as_bytes());
        key = mac.finalize().into_bytes().to_vec();
    }
    hex(&key)
}

/// Decodes a percent-encoded query value.
pub(crate) fn percent_decoded(text: &str) -> String {
    let mut out = Vec::new();
    let mut rest = text.as_bytes();
    while let [first, tail @ ..] = rest {
        rest = tail;
        match (first, tail) {
            (b'%', [high, low, tail @ ..]) => {
                let digits = [*high, *low];
                out.push(u8::from_str_radix(std::str::from_utf8(&digits).unwrap(), 16).unwrap());
                rest = tail;
            }
            _ => out.push(*first),
        }
    }
    String::from_utf8(out).unwrap()
}
