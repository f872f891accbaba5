//! URLs to share: unsigned object URLs, and URLs presigned with V2 and V4.

use std::time::Duration;

use plain_s3::{AddressingStyle, Client, GetObjectOptions, ObjectUrlOptions, PutObjectOptions};

use crate::clients::{ACCESS_KEY, REGION, TOKEN, config_at, credentials, rejected};
use crate::signatures::{percent_decoded, sign_v2, sign_v4};

const HOUR: Duration = Duration::from_secs(3600);
const HOST: &str = "objects-us-west-1.dream.io";
const ODD_KEY: &str = "a b+c%2F/../x//y?é";
const ODD_PATH: &str = "a%20b%2Bc%252F/../x//y%3F%C3%A9";

fn dream_config() -> plain_s3::Config {
    config_at(format!("http://{HOST}"))
}

#[test]
fn object_url_has_the_path_of_a_request() {
    let path = Client::new(dream_config()).unwrap();
    assert_eq!(path.object_url("b", ODD_KEY).unwrap(), format!("http://{HOST}/b/{ODD_PATH}"));
    let options = ObjectUrlOptions::new().version_id("v/1");
    assert_eq!(
        path.object_url_with("b", "k", &options).unwrap(),
        format!("http://{HOST}/b/k?versionId=v%2F1")
    );
    let hosted = Client::new(dream_config().addressing_style(AddressingStyle::VirtualHosted)).unwrap();
    assert_eq!(hosted.object_url("b", "/k").unwrap(), format!("http://b.{HOST}//k"));
    let port = Client::new(config_at("http://127.0.0.1:8480")).unwrap();
    assert_eq!(port.object_url("b", "k").unwrap(), "http://127.0.0.1:8480/b/k");
}

#[test]
#[cfg(any(feature = "rustls", feature = "native-tls"))]
fn url_can_be_forced_to_http() {
    let client = Client::new(config_at(format!("https://{HOST}"))).unwrap();
    assert_eq!(client.object_url("b", "k").unwrap(), format!("https://{HOST}/b/k"));
    let options = ObjectUrlOptions::new().force_http();
    assert_eq!(client.object_url_with("b", "k", &options).unwrap(), format!("http://{HOST}/b/k"));
    let signed =
        client.presign_get_object("b", "k", plain_s3::PresignOptions::new(HOUR).force_http()).unwrap();
    assert!(signed.url.starts_with(&format!("http://{HOST}/b/k?Signature=")), "{signed}");
}

/// Splits a URL into its path and the decoded pairs of its query.
fn split_url(url: &str) -> (String, Vec<(String, String)>) {
    let (start, query) = url.split_once('?').unwrap();
    let path = start.strip_prefix(&format!("http://{HOST}")).unwrap();
    let pairs = query.split('&').map(|pair| {
        let (name, value) = pair.split_once('=').unwrap();
        (name.to_owned(), percent_decoded(value))
    });
    (path.to_owned(), pairs.collect())
}

fn value<'a>(pairs: &'a [(String, String)], name: &str) -> &'a str {
    &pairs.iter().find(|(n, _)| n == name).unwrap_or_else(|| panic!("{name} is not in the query")).1
}

#[test]
fn v2_presigned_url_has_a_valid_signature() {
    let client = Client::new(dream_config().credentials(credentials().session_token(TOKEN))).unwrap();
    let options = GetObjectOptions::new()
        .version_id("v/1+")
        .response_content_type("text/plain")
        .response_content_disposition("attachment; filename=\"a b.txt\"");
    let signed = client.presign_get_object_with("b", ODD_KEY, HOUR, &options).unwrap();
    assert_eq!((signed.method, signed.headers.len()), ("GET", 0));
    assert_eq!(signed.to_string(), signed.url);
    let (path, pairs) = split_url(&signed.url);
    assert_eq!(path, format!("/b/{ODD_PATH}"));
    assert_eq!(value(&pairs, "AWSAccessKeyId"), ACCESS_KEY);
    let expires: i64 = value(&pairs, "Expires").parse().unwrap();
    let now = time::OffsetDateTime::now_utc().unix_timestamp();
    assert!((now + 3500..=now + 3600).contains(&expires));
    let text = format!(
        "GET\n\n\n{expires}\nx-amz-security-token:{TOKEN}\n{path}?response-content-disposition=attachment; \
         filename=\"a b.txt\"&response-content-type=text/plain&versionId=v/1+"
    );
    assert_eq!(value(&pairs, "Signature"), sign_v2(&text));
    assert_eq!(value(&pairs, "x-amz-security-token"), TOKEN);
}

#[test]
fn presigned_put_url_signs_its_headers() {
    let options =
        PutObjectOptions::new().header("Content-Type", "application/pdf").header("x-amz-acl", "private");
    let v2 = Client::new(dream_config()).unwrap().presign_put_object_with("b", "k", HOUR, &options).unwrap();
    let expected = [("content-type", "application/pdf"), ("x-amz-acl", "private")]
        .map(|(name, value)| (name.to_owned(), value.to_owned()));
    assert_eq!((v2.method, v2.headers.as_slice()), ("PUT", expected.as_slice()));
    let (path, pairs) = split_url(&v2.url);
    let text = format!("PUT\n\napplication/pdf\n{}\nx-amz-acl:private\n{path}", value(&pairs, "Expires"));
    assert_eq!(value(&pairs, "Signature"), sign_v2(&text));

    let v4 = Client::new(dream_config().region(REGION)).unwrap();
    let v4 = v4.presign_put_object_with("b", "k", HOUR, &options).unwrap();
    assert_eq!(v4.headers, expected);
    let (_, pairs) = split_url(&v4.url);
    assert_eq!(value(&pairs, "X-Amz-SignedHeaders"), "content-type;host;x-amz-acl");
}

#[test]
fn v4_presigned_url_has_a_valid_signature() {
    let config = dream_config().region(REGION).credentials(credentials().session_token(TOKEN));
    let options = GetObjectOptions::new().response_content_disposition("attachment; filename=\"a b.txt\"");
    let signed = Client::new(config).unwrap().presign_get_object_with("b", ODD_KEY, HOUR, &options).unwrap();
    let (path, pairs) = split_url(&signed.url);
    let query = signed.url.split_once('?').unwrap().1;
    let (signed_query, signature) = query.rsplit_once("&X-Amz-Signature=").unwrap();
    let mut sorted: Vec<&str> = signed_query.split('&').collect();
    sorted.sort_unstable();
    let canonical = format!("GET\n{path}\n{}\nhost:{HOST}\n\nhost\nUNSIGNED-PAYLOAD", sorted.join("&"));
    let date = value(&pairs, "X-Amz-Date");
    assert_eq!(signature, sign_v4(&canonical, date));
    assert_eq!(value(&pairs, "X-Amz-Expires"), "3600");
    assert_eq!(value(&pairs, "X-Amz-Security-Token"), TOKEN);
    let scope = format!("{}/{}/{REGION}/s3/aws4_request", ACCESS_KEY, &date[..8]);
    assert_eq!(value(&pairs, "X-Amz-Credential"), scope);
}

#[test]
fn presigned_url_expires_after_one_second_to_seven_days_in_v4_and_longer_in_v2() {
    let (v2, v4) =
        (Client::new(dream_config()).unwrap(), Client::new(dream_config().region(REGION)).unwrap());
    let week = Duration::from_secs(604_800);
    for client in [&v2, &v4] {
        client.presign_get_object("b", "k", Duration::from_secs(1)).unwrap();
        client.presign_put_object("b", "k", week).unwrap();
        rejected(client.presign_get_object("b", "k", Duration::ZERO), "an expiry of 0");
        rejected(client.presign_get_object("b", "k", Duration::from_millis(999)), "an expiry of 999ms");
        rejected(client.presign_put_object("b", "k", Duration::MAX), "an expiry of");
    }
    v2.presign_get_object("b", "k", week * 100).unwrap();
    rejected(v4.presign_get_object("b", "k", week + Duration::from_secs(1)), "604801");
}
