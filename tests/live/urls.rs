//! Presigned URLs: response headers, signed headers and expiry.

use std::thread;
use std::time::Duration;

use plain_s3::{CannedAcl, GetObjectOptions, PutObjectOptions};

use super::fixture::TestBucket;
use super::gaps;
use super::http;
use super::server::{Server, Variant};

const HOUR: Duration = Duration::from_secs(3600);

pub(crate) fn response_overrides(variant: &Variant<'_>) {
    let client = variant.client();
    let bucket = TestBucket::create(&client);
    client.put_object(&bucket, "k", "content").unwrap();
    let options = GetObjectOptions::new()
        .response_content_type("text/plain; charset=utf-8")
        .response_content_disposition("attachment; filename=\"a b+c.txt\"")
        .response_content_encoding("x-own")
        .response_content_language("de")
        .response_cache_control("no-store")
        .response_expires(std::time::SystemTime::UNIX_EPOCH);
    let url = client.presign_get_object_with(&bucket, "k", HOUR, &options).unwrap();
    let response = http::get(variant, &url.url);
    gaps::RESPONSE_OVERRIDES.attempt(|| {
        assert_eq!((response.status, response.text().as_str()), (200, "content"), "{url}");
        for (name, value) in [
            ("content-type", "text/plain; charset=utf-8"),
            ("content-disposition", "attachment; filename=\"a b+c.txt\""),
            ("content-encoding", "x-own"),
            ("content-language", "de"),
            ("cache-control", "no-store"),
            ("expires", "Thu, 01 Jan 1970 00:00:00 GMT"),
        ] {
            assert_eq!(response.header(name), Some(value), "{name}");
        }
    });
}

pub(crate) fn signed_headers(variant: &Variant<'_>) {
    let client = variant.client();
    let bucket = TestBucket::create(&client);
    let options = PutObjectOptions::new()
        .content_type("application/pdf")
        .metadata("colour", "blue")
        .acl(CannedAcl::PublicRead);
    let url = client.presign_put_object_with(&bucket, "a b.pdf", HOUR, &options).unwrap();
    let without = http::put(variant, &url.url, &[], b"x");
    gaps::URL_SIGNATURES.check_eq(without.status, 403);
    let response = http::put(variant, &url.url, &url.headers, b"content");
    assert_eq!(response.status, 200, "{}", response.text());
    let head = client.head_object(&bucket, "a b.pdf").unwrap();
    assert_eq!((head.content_length, head.content_type.as_deref()), (7, Some("application/pdf")));
    assert_eq!(head.metadata["colour"], "blue");
    gaps::ACL_HEADERS.attempt(|| {
        assert!(client.get_object_acl(&bucket, "a b.pdf").unwrap().is_public_read());
    });
}

pub(crate) fn expiry(server: &Server) {
    let variants = server.variants();
    let owner = variants[0].client();
    let bucket = TestBucket::create(&owner);
    owner.put_object(&bucket, "k", "content").unwrap();
    owner.put_object(&bucket, "other", "other").unwrap();

    let mut short_lived = Vec::new();
    for variant in &variants {
        println!("-- {variant}");
        let client = variant.client();
        let url = client.presign_get_object(&bucket, "k", HOUR).unwrap().url;
        assert_eq!(http::get(variant, &url).status, 200, "{url}");
        let other_key = url.replacen("/k?", "/other?", 1);
        assert_ne!(url, other_key);
        gaps::URL_SIGNATURES.check_eq(http::get(variant, &other_key).status, 403);
        gaps::URL_SIGNATURES.check_eq(http::put(variant, &url, &[], b"x").status, 403);
        let extended =
            url.replace("X-Amz-Expires=3600", "X-Amz-Expires=7200").replace("Expires=1", "Expires=2");
        assert_ne!(url, extended);
        gaps::URL_SIGNATURES.check_eq(http::get(variant, &extended).status, 403);
        short_lived.push((variant, client.presign_get_object(&bucket, "k", Duration::from_secs(1)).unwrap()));
    }
    // Wait once until the URLs of all variants have expired.
    thread::sleep(Duration::from_secs(2));
    for (variant, url) in short_lived {
        let response = http::get(variant, &url.url);
        println!("{variant}: {url}: {}", response.text());
        // rclone reports it with the status 400.
        let rejected = matches!(response.status, 400 | 403);
        gaps::URL_EXPIRY.check_eq(rejected, true);
    }
    if !gaps::URL_SIGNATURES.is_gap() {
        assert_eq!(owner.get_object(&bucket, "k").unwrap().text().unwrap(), "content");
    }
}
