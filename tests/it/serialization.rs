//! The feature `serde`: what the client returns, as JSON.

use plain_s3::time::OffsetDateTime;
use plain_s3::{
    CannedAcl, CompletedPart, ETag, KeyFailure, Object, ObjectMetadata, Page, Permission, RetentionMode,
    RetentionPeriod, StoredObject, Timestamp, Verification, Versioning,
};
use serde::Serialize;
use serde_json::json;

#[track_caller]
fn check(value: impl Serialize, expected: serde_json::Value) {
    assert_eq!(serde_json::to_value(value).unwrap(), expected);
}

#[test]
fn entry_of_a_listing_has_its_fields() {
    let mut object = Object::new("a/b", 7);
    object.e_tag = Some(ETag::new("\"abc\""));
    object.last_modified = Timestamp::from(OffsetDateTime::UNIX_EPOCH);
    let expected = json!({
        "key": "a/b", "size": 7, "last_modified": "1970-01-01T00:00:00.000Z", "e_tag": "abc",
        "storage_class": null, "owner": null,
    });
    check(&object, expected.clone());
    let mut page = Page::new(vec![object]);
    page.common_prefixes.push("c/".to_owned());
    check(page, json!({ "entries": [expected], "common_prefixes": ["c/"] }));
    check(Timestamp::UNKNOWN, json!(null));
}

#[test]
fn metadata_has_no_raw_headers() {
    let metadata = ObjectMetadata::from_headers(3, [("content-type", "text/plain"), ("x-amz-meta-a", "b")]);
    let expected = json!({
        "content_length": 3, "content_type": "text/plain", "e_tag": null, "last_modified": null,
        "metadata": { "a": "b" }, "version_id": null,
    });
    check(metadata, expected);
}

#[test]
fn names_are_those_of_s3() {
    check(Versioning::Enabled, json!("Enabled"));
    check(CannedAcl::PublicRead, json!("public-read"));
    check([Permission::FullControl, Permission::Other("FLY".into())], json!(["FULL_CONTROL", "FLY"]));
    check(RetentionMode::Governance, json!("GOVERNANCE"));
    check(RetentionPeriod::Days(3), json!({ "Days": 3 }));
    check(Verification::Length, json!("Length"));
    check(Verification::MultipartMd5 { parts: 2 }, json!({ "MultipartMd5": { "parts": 2 } }));
}

#[test]
fn results_and_failures_have_their_fields() {
    check(StoredObject::new(), json!({ "e_tag": null, "version_id": null, "checksum": null }));
    check(CompletedPart::new(1, "abc"), json!({ "part_number": 1, "e_tag": "abc", "checksum": null }));
    let failure = KeyFailure::new("k", "AccessDenied");
    check(failure, json!({ "key": "k", "version_id": null, "code": "AccessDenied", "message": "" }));
}
