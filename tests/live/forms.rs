//! POST forms, sent as a browser sends them.

use std::time::Duration;

use plain_s3::{CannedAcl, PostForm, PostPolicy};

use super::compatibility;
use super::fixture::TestBucket;
use super::gaps;
use super::http::{self, Answer};
use super::server::Variant;

const HOUR: Duration = Duration::from_secs(3600);
const BOUNDARY: &str = "----plain-s3-form-boundary";

pub(crate) fn allowed(variant: &Variant<'_>) {
    let client = variant.client();
    let bucket = TestBucket::create(&client);
    let policy = PostPolicy::new("inbox/é \"quoted\" \\ +&<.txt")
        .content_type("text/plain")
        .acl(CannedAcl::PublicRead)
        .metadata("colour", "light \"blue\"")
        .content_length_range(1..=100)
        .success_action_status(201);
    let form = client.presign_post_object(&bucket, &policy, HOUR).unwrap();
    let answer = submit(variant, &form, &[], "a.txt", b"content");
    let key = "inbox/é \"quoted\" \\ +&<.txt";
    assert_eq!(answer.status, 201, "{}", answer.text());
    assert_eq!(client.get_object(&bucket, key).unwrap().text().unwrap(), "content");
    compatibility::works(&variant.server.name, "PostObject", variant.signature);
    let head = client.head_object(&bucket, key).unwrap();
    assert_eq!(head.content_type.as_deref(), Some("text/plain"));
    assert_eq!(head.metadata["colour"], "light \"blue\"");
    let acl = client.get_object_acl(&bucket, key).unwrap();
    gaps::FORM_ACL.check(variant.server, if acl.is_public_read() { Ok(()) } else { Err(format!("{acl:?}")) });

    // the page fills in what the policy leaves open; the name of the file completes the key
    let policy = PostPolicy::key_starts_with("user/eric/").content_type_starts_with("image/");
    let form = client.presign_post_object(&bucket, &policy, HOUR).unwrap();
    let answer = submit(variant, &form, &[("Content-Type", "image/png")], "photo one.png", b"png");
    assert_eq!(answer.status, 204, "{}", answer.text());
    let mut keys = client.list_objects(&bucket).map(|object| object.unwrap().key);
    let key = keys.find(|key| key.starts_with("user/eric/")).unwrap();
    assert_eq!(client.head_object(&bucket, &key).unwrap().content_type.as_deref(), Some("image/png"));
    gaps::FORM_FILE_NAME.check(
        variant.server,
        match key.as_str() {
            "user/eric/photo one.png" => Ok(()),
            other => Err(other.to_owned()),
        },
    );

    let target = "http://127.0.0.1:9/done?a=b";
    let policy = PostPolicy::new("redirected").success_action_redirect(target);
    let form = client.presign_post_object(&bucket, &policy, HOUR).unwrap();
    let answer = submit(variant, &form, &[], "x", b"x");
    gaps::FORM_REDIRECT.check(
        variant.server,
        match answer.header("location") {
            Some(location) if matches!(answer.status, 302 | 303) && location.starts_with(target) => Ok(()),
            other => Err(format!("status {}, Location {other:?}", answer.status)),
        },
    );
}

pub(crate) fn refused(variant: &Variant<'_>) {
    let client = variant.client();
    let bucket = TestBucket::create(&client);
    let policy = PostPolicy::key_starts_with("inbox/")
        .content_length_range(2..=10)
        .field_starts_with("x-amz-meta-a", "b");
    let form = client.presign_post_object(&bucket, &policy, HOUR).unwrap();
    let good = [("key", "inbox/a"), ("x-amz-meta-a", "bc")];
    let status = |form: &PostForm, more: &[(&str, &str)], content: &[u8]| {
        submit(variant, form, more, "file", content).status
    };
    for (what, more, content) in [
        ("another key", [("key", "outbox/a"), good[1]], &b"123"[..]),
        ("another value", [good[0], ("x-amz-meta-a", "c")], b"123"),
        ("too short", good, b"1"),
        ("too long", good, b"12345678901"),
    ] {
        assert!(matches!(status(&form, &more, content), 400 | 403), "{what} is refused");
    }
    let more = [good[0], good[1], ("x-amz-meta-other", "x")];
    gaps::FORM_EXTRA_FIELD.check(
        variant.server,
        match status(&form, &more, b"123") {
            400 | 403 => Ok(()),
            other => Err(format!("status {other}")),
        },
    );
    let mut changed = form.clone();
    let policy = &mut changed.fields.iter_mut().find(|(name, _)| name == "policy").unwrap().1;
    policy.replace_range(..4, "eyIi");
    assert!(matches!(status(&changed, &good, b"123"), 400 | 403), "a changed policy is refused");
    for object in client.list_objects(&bucket) {
        let key = object.unwrap().key;
        assert!(key.starts_with("inbox/"), "{key}");
    }
    assert_eq!(status(&form, &good, b"123"), 204);
    assert_eq!(client.get_object(&bucket, "inbox/a").unwrap().text().unwrap(), "123");
}

/// Sends the form as multipart/form-data: its fields, those of the page in place of its own, then the file.
fn submit(
    variant: &Variant<'_>,
    form: &PostForm,
    page: &[(&str, &str)],
    file: &str,
    content: &[u8],
) -> Answer {
    let own = form.fields.iter().map(|(name, value)| (name.as_str(), value.as_str()));
    let kept = own.filter(|(name, _)| page.iter().all(|(other, _)| other != name));
    let mut body = Vec::new();
    for (name, value) in kept.chain(page.iter().copied()) {
        let head = format!("--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n");
        body.extend([head.as_bytes(), value.as_bytes(), b"\r\n"].concat());
    }
    let head = format!(
        "--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"file\"; filename=\"{file}\"\r\n\
         Content-Type: application/octet-stream\r\n\r\n"
    );
    body.extend([head.as_bytes(), content, format!("\r\n--{BOUNDARY}--\r\n").as_bytes()].concat());
    let kind = ("content-type".to_owned(), format!("multipart/form-data; boundary={BOUNDARY}"));
    http::send(variant, "POST", &form.url, &[kind], &body)
}
