//! Errors: their kinds, codes and hints.

use std::time::Duration;

use plain_s3::{Client, Config, Credentials, Error, ErrorKind, RetryPolicy};

use super::fixture::{TestBucket, unique_name};
use super::gaps::{self, Feature};
use super::server::Variant;

pub(crate) fn rejected_credentials(variant: &Variant<'_>) {
    let access_key = variant.access_key();
    let wrong_secret = variant.client_of(Credentials::new(&access_key, "not+the/secret"));
    let Some(error) = gaps::SIGNATURES.attempt(|| wrong_secret.list_buckets().unwrap_err()) else { return };
    assert_server_error(&error, "SignatureDoesNotMatch", 403, &gaps::REJECTED_REQUEST_IDS);
    assert!(error.hint().unwrap().contains(&format!(
        "The secret key probably does not belong to the access key {access_key:?}: check both."
    )));
    assert!(error.string_to_sign().unwrap().contains('\n'));
    for text in [error.to_string(), format!("{error:?}")] {
        assert!(!text.contains("not+the/secret"), "{text}");
    }

    let unknown = variant.client_of(Credentials::new("NOBODYSACCESSKEY0000", "x"));
    for error in [
        unknown.list_buckets().unwrap_err(),
        unknown.put_object("any-bucket", "k", "x").unwrap_err(),
        unknown.list_objects("any-bucket").next().unwrap().unwrap_err(),
    ] {
        gaps::UNKNOWN_ACCESS_KEYS.check_eq(error.code(), Some("InvalidAccessKeyId"));
        let code = if gaps::UNKNOWN_ACCESS_KEYS.is_gap() { error.code() } else { Some("InvalidAccessKeyId") };
        assert_server_error(&error, code.expect("an error code"), 403, &gaps::REJECTED_REQUEST_IDS);
        assert!(error.hint().unwrap().contains("\"NOBODYSACCESSKEY0000\""), "{error}");
    }
}

pub(crate) fn not_found(variant: &Variant<'_>) {
    let client = variant.client();
    let name = &unique_name();
    for error in [
        client.list_objects(name).next().unwrap().unwrap_err(),
        client.get_object(name, "k").unwrap_err(),
        client.delete_object(name, "k").unwrap_err(),
        client.delete_objects(name, ["k"]).unwrap_err(),
        client.delete_bucket(name).unwrap_err(),
    ] {
        assert_server_error(&error, "NoSuchBucket", 404, &gaps::REQUEST_IDS);
        assert!(error.is_not_found() && error.is_no_such_bucket(), "{error}");
        assert!(error.hint().unwrap().contains(&format!("no bucket {name:?}")), "{error}");
    }
    let error = client.head_bucket(name).unwrap_err();
    assert!(error.is_not_found() && error.status() == Some(404), "{error}");
    gaps::MISSING_BUCKETS.attempt(|| {
        let created = TestBucket::planned(&client); // some servers create it
        let error = client.put_object(&created, "k", "x").unwrap_err();
        assert_server_error(&error, "NoSuchBucket", 404, &gaps::REQUEST_IDS);
    });

    let bucket = TestBucket::create(&client);
    let mut errors = vec![client.get_object(&bucket, "no such key").unwrap_err()];
    if !gaps::ACLS.is_gap() {
        errors.push(client.get_object_acl(&bucket, "no such key").unwrap_err());
    }
    for error in errors {
        assert_server_error(&error, "NoSuchKey", 404, &gaps::REQUEST_IDS);
        assert!(error.is_not_found() && !error.is_no_such_bucket(), "{error}");
        assert!(error.to_string().contains("no such key"), "{error}");
    }
    let error = client.head_object(&bucket, "no such key").unwrap_err();
    assert!(error.is_not_found() && error.status() == Some(404), "{error}");
    client.delete_object(&bucket, "no such key").unwrap();
}

/// Sends a plain HTTP request to a TLS port.
pub(crate) fn wrong_scheme(variant: &Variant<'_>) {
    let Some(rest) = variant.endpoint.strip_prefix("https://") else { return };
    if variant.server.is_plain(rest) {
        return; // the server accepts both on the same port
    }
    let config = Config::new(format!("http://{rest}")).retry(RetryPolicy::new().base_delay(Duration::ZERO));
    let error = Client::new(config).unwrap().list_buckets().unwrap_err();
    assert!(error.hint().unwrap().contains("https://"), "{error}");
}

fn assert_server_error(error: &Error, code: &str, status: u16, request_ids: &Feature) {
    assert_eq!(error.kind(), ErrorKind::Server, "{error}");
    assert_eq!((error.code(), error.status()), (Some(code), Some(status)), "{error}");
    request_ids.check(error.request_id().map(drop).ok_or_else(|| error.to_string()));
}
