//! Server-side encryption, with a key from the customer or with a key of the server.

use std::time::Duration;

use plain_s3::{
    CompleteMultipartUploadOptions, CompletedPart, ErrorKind, GetObjectOptions, PutObjectOptions,
    UploadOptions, UploadPartCopyOptions, UploadPartOptions,
};

use super::fixture::TestBucket;
use super::gaps;
use super::http;
use super::server::Variant;

const KEY: [u8; 32] = [0x5a; 32];

pub(crate) fn customer_key(variant: &Variant<'_>) {
    let client = variant.client();
    let put = PutObjectOptions::new().sse_customer_key(KEY);
    let get = GetObjectOptions::new().sse_customer_key(KEY);
    // The client never sends a customer key over plain HTTP.
    if !variant.endpoint.starts_with("https:") {
        let error = client.put_object_with("some-bucket", "k", "secret", &put).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidInput);
        return;
    }
    let bucket = TestBucket::create(&client);
    client.put_object_with(&bucket, "k", "secret", &put).unwrap();
    assert_eq!(client.get_object_with(&bucket, "k", &get).unwrap().text().unwrap(), "secret");
    let head = client.head_object_with(&bucket, "k", &get).unwrap();
    assert_eq!(head.content_length, 6);
    gaps::CUSTOMER_KEYS_CONFIRMED
        .check_eq(head.header("x-amz-server-side-encryption-customer-algorithm"), Some("AES256"));
    let range = GetObjectOptions::new().sse_customer_key(KEY).range(2..4);
    assert_eq!(client.get_object_with(&bucket, "k", &range).unwrap().text().unwrap(), "cr");

    gaps::CUSTOMER_KEYS_REQUIRED.attempt(|| {
        let without_key = client.get_object(&bucket, "k").unwrap_err();
        assert_eq!(without_key.status(), Some(400), "{without_key}");
        let wrong = GetObjectOptions::new().sse_customer_key([0; 32]);
        let error = client.get_object_with(&bucket, "k", &wrong).unwrap_err();
        assert!(matches!(error.status(), Some(400 | 403)), "{error}");
    });

    // Each part of a multipart upload needs the key.
    let part = 5 << 20;
    let content = vec![7; part + 3];
    let options = UploadOptions::new().object(put).part_size(part as u64);
    assert_eq!(client.upload_reader_with(&bucket, "parts", &content[..], &options).unwrap().parts, 2);
    assert!(client.get_object_with(&bucket, "parts", &get).unwrap().bytes().unwrap() == content);

    let hour = Duration::from_secs(3600);
    let url = client
        .presign_get_object_with(&bucket, "k", hour, &GetObjectOptions::new().sse_customer_key(KEY))
        .unwrap();
    assert_eq!(url.headers.len(), 3);
    let response = http::send(variant, "GET", &url.url, &url.headers, b"");
    assert_eq!((response.status, response.text().as_str()), (200, "secret"));
    // the headers with the key are signed, so they must be sent
    gaps::URL_SIGNATURES.check_eq(http::get(variant, &url.url).status, 403);
}

/// Uploads a part, copies parts, and uploads a part through a presigned URL, each with the key.
pub(crate) fn customer_key_in_parts(variant: &Variant<'_>) {
    if !variant.endpoint.starts_with("https:") {
        return; // customer_key tests that the client fails
    }
    let client = variant.client();
    let bucket = TestBucket::create(&client);
    let first = vec![b'1'; 5 << 20];
    let put = PutObjectOptions::new().sse_customer_key(KEY);
    let get = GetObjectOptions::new().sse_customer_key(KEY);
    let id = client.create_multipart_upload_with(&bucket, "k", &put).unwrap();
    let part = UploadPartOptions::new().sse_customer_key(KEY);
    let sent = client.upload_part_with(&bucket, "k", &id, 1, &first, &part).unwrap();
    let copy = |key: [u8; 32]| {
        let source = PutObjectOptions::new().sse_customer_key(key);
        client.put_object_with(&bucket, "source", &first, &source).unwrap();
        let copy = UploadPartCopyOptions::new().sse_customer_key(KEY).source_sse_customer_key(key);
        let (from, all) = ((&*bucket, "source"), 0..first.len() as u64);
        client.upload_part_copy_with(&bucket, "k", &id, 2, from, all, &copy)
    };
    if gaps::COPY_CUSTOMER_KEY_PARTS.supported(copy(KEY)).is_some() {
        gaps::COPY_BETWEEN_CUSTOMER_KEYS.supported(copy([0x33; 32]));
    } else {
        client.upload_part_with(&bucket, "k", &id, 2, &first, &part).unwrap();
    }
    let hour = Duration::from_secs(3600);
    let url = client.presign_upload_part_with(&bucket, "k", &id, 3, hour, &part).unwrap();
    let response = http::send(variant, "PUT", &url.url, &url.headers, b"the rest");
    assert_eq!(response.status, 200, "{}", response.text());
    let without = client.upload_part(&bucket, "k", &id, 4, "x");
    gaps::CUSTOMER_KEY_OF_PARTS.check_eq(without.is_err(), true);

    let mut listed: Vec<_> = client.list_parts(&bucket, "k", &id).map(Result::unwrap).collect();
    if without.is_ok() {
        listed.pop();
    }
    let parts: Vec<_> = listed.iter().map(|part| CompletedPart::new(part.part_number, &part.e_tag)).collect();
    assert_eq!((&parts[0].e_tag, parts.len()), (&sent.e_tag, 3));
    // Ceph 20 requires the key here, too
    let complete = CompleteMultipartUploadOptions::new().sse_customer_key(KEY);
    client.complete_multipart_upload_with(&bucket, "k", &id, &parts, &complete).unwrap();
    let object = client.get_object_with(&bucket, "k", &get).unwrap().bytes().unwrap();
    assert!(object == [&first[..], &first, b"the rest"].concat());

    let whole = [&first[..], b"the rest"].concat();
    let options = UploadOptions::new().part_size(5 << 20).object(put);
    client.upload_reader_with(&bucket, "whole", &whole[..], &options).unwrap();
    assert!(client.get_object_with(&bucket, "whole", &get).unwrap().bytes().unwrap() == whole);
}

pub(crate) fn server_key(variant: &Variant<'_>) {
    let client = variant.client();
    let bucket = TestBucket::create(&client);
    let options = PutObjectOptions::new().server_side_encryption("AES256");
    let outcome = client.put_object_with(&bucket, "k", "secret", &options).and_then(|_| {
        assert_eq!(client.get_object(&bucket, "k")?.text()?, "secret");
        client.head_object(&bucket, "k")
    });
    gaps::SERVER_KEY.check(match outcome {
        Ok(head) if head.header("x-amz-server-side-encryption") == Some("AES256") => Ok(()),
        Ok(_) => Err("the response has no x-amz-server-side-encryption header".to_owned()),
        Err(error) => Err(error.to_string()),
    });
    // A server that only stores the header stores every value.
    let unknown = PutObjectOptions::new().server_side_encryption("no-such-algorithm");
    let stored = client.put_object_with(&bucket, "unknown", "x", &unknown);
    let header = stored.as_ref().ok().and_then(|_| {
        let head = client.head_object(&bucket, "unknown").unwrap();
        head.header("x-amz-server-side-encryption").map(str::to_owned)
    });
    gaps::SERVER_KEY.check_eq(header, None);
    if !gaps::SERVER_KEY.is_gap() {
        gaps::UNKNOWN_ALGORITHM.check(match stored {
            Err(error) if error.kind() == ErrorKind::Server => Ok(()),
            other => Err(format!("{other:?}")),
        });
    }
}
