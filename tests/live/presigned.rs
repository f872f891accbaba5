//! Presigned URLs of every operation, sent by a plain HTTP client.

use std::time::Duration;

use plain_s3::{Client, Method, PresignedUrl, PutObjectOptions, RawRequest};

use super::fixture::TestBucket;
use super::gaps;
use super::http::{self, Response};
use super::server::Variant;

const HOUR: Duration = Duration::from_secs(3600);
const KEY: &str = "a b+c%2F/é?#";

pub(crate) fn object_operations(variant: &Variant<'_>) {
    let client = variant.client();
    let bucket = TestBucket::create(&client);

    let put = client.presign_put_object(&bucket, KEY, HOUR).unwrap();
    assert_eq!(send(variant, &put, b"content").status, 200);
    assert_eq!(send(variant, &client.presign_get_object(&bucket, KEY, HOUR).unwrap(), b"").body, b"content");

    let head = send(variant, &client.presign_head_object(&bucket, KEY, HOUR).unwrap(), b"");
    assert_eq!((head.status, head.header("content-length"), head.body.len()), (200, Some("7"), 0));
    let mut as_get = client.presign_head_object(&bucket, KEY, HOUR).unwrap();
    as_get.method = "GET";
    gaps::URL_SIGNATURES.check_eq(send(variant, &as_get, b"").status, 403);

    let listing =
        RawRequest::new(Method::Get).bucket(&*bucket).query("prefix", "a b+").query("max-keys", "5");
    let listing = send(variant, &client.presign(&listing, HOUR).unwrap(), b"");
    assert!(listing.status == 200 && listing.text().contains("<Prefix>a b+</Prefix>"), "{}", listing.text());

    let delete = client.presign_delete_object(&bucket, KEY, HOUR).unwrap();
    assert_eq!(send(variant, &delete, b"").status, 204);
    assert!(client.head_object(&bucket, KEY).unwrap_err().is_not_found());
    let deleted = send(variant, &client.presign_head_object(&bucket, KEY, HOUR).unwrap(), b"");
    assert_eq!(deleted.status, 404);
}

pub(crate) fn multipart_upload(variant: &Variant<'_>) {
    let client = variant.client();
    let bucket = TestBucket::create(&client);
    gaps::URL_UPLOADS.attempt(|| upload_in_parts(variant, &client, &bucket));
}

/// Completes one multipart upload, and aborts another one.
fn upload_in_parts(variant: &Variant<'_>, client: &Client, bucket: &str) {
    let options = PutObjectOptions::new().content_type("application/x-tar").metadata("a", "b");
    let create = client.presign_create_multipart_upload_with(bucket, KEY, HOUR, &options).unwrap();
    assert_eq!(create.headers.len(), 2);
    let started = send(variant, &create, b"");
    assert_eq!(started.status, 200, "{}", started.text());
    let id = between(&started.text(), "<UploadId>", "<");

    let parts = [vec![1; 5 << 20], vec![2; 100]];
    let mut complete = String::from("<CompleteMultipartUpload>");
    for (number, content) in (1..).zip(&parts) {
        let url = client.presign_upload_part(bucket, KEY, &id, number, HOUR).unwrap();
        let response = send(variant, &url, content);
        assert_eq!(response.status, 200, "{}", response.text());
        let e_tag = response.header("etag").expect("an ETag").trim_matches('"').to_owned();
        complete += &format!("<Part><PartNumber>{number}</PartNumber><ETag>\"{e_tag}\"</ETag></Part>");
    }
    complete += "</CompleteMultipartUpload>";
    let url = client.presign_complete_multipart_upload(bucket, KEY, &id, HOUR).unwrap();
    let response = send(variant, &url, complete.as_bytes());
    assert!(response.status == 200 && !response.text().contains("<Error>"), "{}", response.text());

    let mut object = client.get_object(bucket, KEY).unwrap();
    assert_eq!(object.metadata.content_type.as_deref(), Some("application/x-tar"));
    assert_eq!(object.metadata.metadata["a"], "b");
    let mut content = Vec::new();
    std::io::Read::read_to_end(&mut object, &mut content).unwrap();
    assert!(content == parts.concat());

    let started =
        send(variant, &client.presign_create_multipart_upload(bucket, "aborted", HOUR).unwrap(), b"");
    let id = between(&started.text(), "<UploadId>", "<");
    let abort = client.presign_abort_multipart_upload(bucket, "aborted", &id, HOUR).unwrap();
    assert_eq!(send(variant, &abort, b"").status, 204);
    let part = client.presign_upload_part(bucket, "aborted", &id, 1, HOUR).unwrap();
    gaps::ABORTED_UPLOADS.check_eq(send(variant, &part, b"x").status, 404);
}

fn send(variant: &Variant<'_>, url: &PresignedUrl, body: &[u8]) -> Response {
    http::send(variant, url.method, &url.url, &url.headers, body)
}

fn between(text: &str, start: &str, end: &str) -> String {
    let rest = text.split_once(start).unwrap_or_else(|| panic!("no {start} in {text}")).1;
    rest.split(end).next().unwrap().to_owned()
}
