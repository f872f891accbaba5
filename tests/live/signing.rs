//! Signing requests for another HTTP client, and the sources of credentials.

use std::fs;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, SystemTime};

use plain_s3::{Client, Credentials, Method, RawRequest, RequestSigner, SignatureVersion};

use super::fixture::{TempDir, TestBucket};
use super::gaps;
use super::http;
use super::server::Variant;
use super::support::variable;

pub(crate) fn other_http_client(variant: &Variant<'_>) {
    let client = variant.client();
    let bucket = TestBucket::create(&client);
    let config = variant.config().credentials(variant.server.user.clone());
    let signer = RequestSigner::new(&config).unwrap();
    let object = |method| RawRequest::new(method).bucket(&*bucket).key("a b/é+.txt");

    let put = signer.sign(&object(Method::Put).header("x-amz-meta-a", "b  c")).unwrap();
    let response = http::send(variant, put.method, &put.url, &put.headers, b"content");
    assert_eq!(response.status, 200, "{}", response.text());
    let get = signer.sign(&object(Method::Get).header("range", "bytes=0-2")).unwrap();
    let response = http::send(variant, get.method, &get.url, &get.headers, b"");
    assert_eq!(response.text(), "con");
    gaps::RANGE_STATUS.check_eq(response.status, 206);

    let hour_ago = SystemTime::now() - Duration::from_secs(3600);
    let stale = signer.sign_at(&object(Method::Get), hour_ago.into()).unwrap();
    let response = http::send(variant, stale.method, &stale.url, &stale.headers, b"");
    if variant.signature == SignatureVersion::V2 {
        let status = format!("status {}", response.status);
        gaps::STALE_V2.check(if response.status == 403 { Ok(()) } else { Err(status) });
    } else {
        gaps::STALE_V4.check_eq(response.status, 403);
    }

    let uploads =
        signer.sign(&RawRequest::new(Method::Get).bucket(&*bucket).subresource("location")).unwrap();
    let response = http::send(variant, uploads.method, &uploads.url, &uploads.headers, b"");
    assert!(response.status == 200 && response.text().contains("LocationConstraint"), "{}", response.text());
    let url = signer.presign(&object(Method::Delete), Duration::from_secs(60)).unwrap();
    assert_eq!(http::send(variant, url.method, &url.url, &url.headers, b"").status, 204);
}

pub(crate) fn credentials_provider(variant: &Variant<'_>) {
    let calls = Arc::new(AtomicU32::new(0));
    let (count, user) = (calls.clone(), variant.server.user.clone());
    let config = variant.config().credentials_provider(move || {
        count.fetch_add(1, Ordering::Relaxed);
        Ok::<_, std::io::Error>(user.clone().expires_at(SystemTime::now() + Duration::from_secs(3600)))
    });
    let client = Client::new(config).unwrap();
    // Credentials are fetched when they are needed, and cached until shortly before they expire.
    assert_eq!(calls.load(Ordering::Relaxed), 0, "the provider is called only when a request is signed");
    let bucket = TestBucket::create(&client);
    client.put_object(&bucket, "k", "x").unwrap();
    assert_eq!(client.list_objects(&bucket).count(), 1);
    assert_eq!(calls.load(Ordering::Relaxed), 1);
}

pub(crate) fn credentials_from_profile(variant: &Variant<'_>) {
    let (Some(access_key), Some(secret_key)) =
        (variable("AWS_ACCESS_KEY_ID"), variable("AWS_SECRET_ACCESS_KEY"))
    else {
        return;
    };
    let folder = TempDir::create();
    let path = folder.join("credentials");
    let region = match variant.signature {
        SignatureVersion::V2 => "",
        _ => "region = us-east-1\n",
    };
    fs::write(
        &path,
        format!(
            "[default]\naws_access_key_id = wrong\naws_secret_access_key = wrong\n\n[live] ; a comment\n\
             # another comment\naws_access_key_id={access_key}\naws_secret_access_key = {secret_key}\n\
             {region}endpoint_url = {}\n",
            variant.endpoint
        ),
    )
    .unwrap();
    let profiles = plain_s3::Profiles::from_files(Some(&path), None).unwrap();
    let credentials: Credentials = profiles.credentials(Some("live")).unwrap();
    assert_eq!(credentials, Credentials::new(access_key, secret_key));
    let config = profiles.config(Some("live")).unwrap().addressing_style(variant.style);
    let config = match variant.ca_pem {
        Some(pem) => config.ca_pem(pem),
        None => config,
    };
    Client::new(config).unwrap().list_buckets().unwrap();
    let config = variant.config().credentials(profiles.credentials(None).unwrap());
    gaps::SIGNATURES.attempt(|| {
        assert!(Client::new(config).unwrap().list_buckets().unwrap_err().is_access_denied());
    });
}
