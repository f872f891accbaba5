//! POST forms, submitted in the way a browser does it.

use std::time::Duration;

use plain_s3::{CannedAcl, PostForm, PostPolicy};

use super::compatibility;
use super::fixture::TestBucket;
use super::gaps;
use super::http::{self, Response};
use super::server::Variant;

const HOUR: Duration = Duration::from_secs(3600);
const BOUNDARY: &str = "----plain-s3-form-boundary";

pub(crate) fn accepted(variant: &Variant<'_>) {
    let client = variant.client();
    let bucket = TestBucket::create(&client);
    let policy = PostPolicy::new("inbox/é \"quoted\" \\ +&<.txt")
        .content_type("text/plain")
        .acl(CannedAcl::PublicRead)
        .metadata("colour", "light \"blue\"")
        .content_length_range(1..=100)
        .success_action_status(201);
    let form = client.presign_post_object(&bucket, &policy, HOUR).unwrap();
    let response = submit(variant, &form, &[], "a.txt", b"content");
    let key = "inbox/é \"quoted\" \\ +&<.txt";
    let outcome = if response.status == 201 { Ok(()) } else { Err(response.text()) };
    gaps::FORMS.check(outcome.clone());
    if outcome.is_err() {
        return;
    }
    assert_eq!(client.get_object(&bucket, key).unwrap().text().unwrap(), "content");
    compatibility::action_succeeded("PostObject", variant.signature);
    let head = client.head_object(&bucket, key).unwrap();
    assert_eq!(head.content_type.as_deref(), Some("text/plain"));
    assert_eq!(head.metadata["colour"], "light \"blue\"");
    gaps::FORM_ACL.attempt(|| {
        assert!(client.get_object_acl(&bucket, key).unwrap().is_public_read());
    });

    // The page fills in the fields that the policy leaves open. The server completes the key with the file name.
    let policy = PostPolicy::key_starts_with("user/eric/").content_type_starts_with("image/");
    let form = client.presign_post_object(&bucket, &policy, HOUR).unwrap();
    assert_eq!(form.open_fields, [("Content-Type".to_owned(), "image/".to_owned())]);
    let response = submit(variant, &form, &[("Content-Type", "image/png")], "photo one.png", b"png");
    assert_eq!(response.status, 204, "{}", response.text());
    let mut keys = client.list_objects(&bucket).map(|object| object.unwrap().key);
    let key = keys.find(|key| key.starts_with("user/eric/")).unwrap();
    assert_eq!(client.head_object(&bucket, &key).unwrap().content_type.as_deref(), Some("image/png"));
    gaps::FORM_FILE_NAME.check(match key.as_str() {
        "user/eric/photo one.png" => Ok(()),
        other => Err(other.to_owned()),
    });

    let target = "http://127.0.0.1:9/done?a=b";
    let policy = PostPolicy::new("redirected").success_action_redirect(target);
    let form = client.presign_post_object(&bucket, &policy, HOUR).unwrap();
    let response = submit(variant, &form, &[], "x", b"x");
    gaps::FORM_REDIRECT.check(match response.header("location") {
        Some(location) if matches!(response.status, 302 | 303) && location.starts_with(target) => Ok(()),
        other => Err(format!("status {}, Location {other:?}", response.status)),
    });
}

pub(crate) fn rejected(variant: &Variant<'_>) {
    if gaps::FORMS.is_gap() {
        return; // covered by `accepted`
    }
    let client = variant.client();
    let bucket = TestBucket::create(&client);
    let policy = PostPolicy::key_starts_with("inbox/")
        .content_length_range(2..=10)
        .field_starts_with("x-amz-meta-a", "b");
    let form = client.presign_post_object(&bucket, &policy, HOUR).unwrap();
    let valid = [("key", "inbox/a"), ("x-amz-meta-a", "bc")];
    let status = |form: &PostForm, more: &[(&str, &str)], content: &[u8]| {
        submit(variant, form, more, "file", content).status
    };
    for (case, more, content) in [
        ("another key", [("key", "outbox/a"), valid[1]], &b"123"[..]),
        ("another value", [valid[0], ("x-amz-meta-a", "c")], b"123"),
        ("too short", valid, b"1"),
        ("too long", valid, b"12345678901"),
    ] {
        let outcome = is_rejected(status(&form, &more, content));
        gaps::FORM_POLICY.check(outcome.map_err(|found| format!("{case}: {found}")));
    }
    let more = [valid[0], valid[1], ("x-amz-meta-other", "x")];
    gaps::FORM_EXTRA_FIELD.check(is_rejected(status(&form, &more, b"123")));
    let mut altered = form.clone();
    let policy = &mut altered.fields.iter_mut().find(|(name, _)| name == "policy").unwrap().1;
    policy.replace_range(..4, "eyIi");
    gaps::FORM_POLICY.check(is_rejected(status(&altered, &valid, b"123")));
    if !gaps::FORM_POLICY.is_gap() {
        for object in client.list_objects(&bucket) {
            let key = object.unwrap().key;
            assert!(key.starts_with("inbox/"), "{key}");
        }
    }
    assert_eq!(status(&form, &valid, b"123"), 204);
    assert_eq!(client.get_object(&bucket, "inbox/a").unwrap().text().unwrap(), "123");
}

/// Returns `Ok` if this is the status of a form that violates its policy.
pub(crate) fn is_rejected(status: u16) -> Result<(), String> {
    if matches!(status, 400 | 403) { Ok(()) } else { Err(format!("status {status}")) }
}

/// Submits the form as multipart/form-data: its fields, then the fields of the page, then the file. A field of the
/// page replaces a field of the form with the same name.
fn submit(
    variant: &Variant<'_>,
    form: &PostForm,
    page: &[(&str, &str)],
    file: &str,
    content: &[u8],
) -> Response {
    let fields = form.fields.iter().map(|(name, value)| (name.as_str(), value.as_str()));
    let fields = fields.filter(|(name, _)| page.iter().all(|(other, _)| other != name));
    let mut body = Vec::new();
    for (name, value) in fields.chain(page.iter().copied()) {
        let head = format!("--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n");
        body.extend([head.as_bytes(), value.as_bytes(), b"\r\n"].concat());
    }
    let head = format!(
        "--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"file\"; filename=\"{file}\"\r\n\
         Content-Type: application/octet-stream\r\n\r\n"
    );
    body.extend([head.as_bytes(), content, format!("\r\n--{BOUNDARY}--\r\n").as_bytes()].concat());
    let content_type = ("content-type".to_owned(), format!("multipart/form-data; boundary={BOUNDARY}"));
    http::send(variant, "POST", &form.url, &[content_type], &body)
}
