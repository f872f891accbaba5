//! Encryption by the server, with a key of the caller's or with one of its own.

use std::time::Duration;

use plain_s3::{
    CompletedPart, ErrorKind, GetObjectOptions, PutObjectOptions, UploadOptions, UploadPartCopyOptions,
    UploadPartOptions, UrlOptions,
};

use super::fixture::TestBucket;
use super::gaps;
use super::http;
use super::server::Variant;

const KEY: [u8; 32] = [0x5a; 32];

pub(crate) fn with_a_key_of_ours(variant: &Variant<'_>) {
    let client = variant.client();
    let put = PutObjectOptions::new().sse_customer_key(KEY);
    let get = GetObjectOptions::new().sse_customer_key(KEY);
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
    assert_eq!(head.header("x-amz-server-side-encryption-customer-algorithm"), Some("AES256"));
    let range = GetObjectOptions::new().sse_customer_key(KEY).range(2..4);
    assert_eq!(client.get_object_with(&bucket, "k", &range).unwrap().text().unwrap(), "cr");

    let none = client.get_object(&bucket, "k").unwrap_err();
    assert_eq!(none.status(), Some(400), "{none}");
    let wrong = GetObjectOptions::new().sse_customer_key([0; 32]);
    let error = client.get_object_with(&bucket, "k", &wrong).unwrap_err();
    assert!(matches!(error.status(), Some(400 | 403)), "{error}");

    // in parts, each of which needs the key
    let part = 5 << 20;
    let content = vec![7; part + 3];
    let options = UploadOptions::new().object(put.clone()).part_size(part as u64);
    assert_eq!(client.upload_reader_with(&bucket, "parts", &content[..], &options).unwrap().parts, 2);
    assert!(client.get_object_with(&bucket, "parts", &get).unwrap().bytes().unwrap() == content);

    let hour = Duration::from_secs(3600);
    let url =
        client.presign_get_object_with(&bucket, "k", hour, &UrlOptions::new().sse_customer_key(KEY)).unwrap();
    assert_eq!(url.headers.len(), 3);
    let answer = http::send(variant, "GET", &url.url, &url.headers, b"");
    assert_eq!((answer.status, answer.text().as_str()), (200, "secret"));
    assert_eq!(http::get(variant, &url.url).status, 403, "the key is signed, so it must be sent");
}

/// Parts that are sent, copied and put by URL, each with the key.
pub(crate) fn in_parts_by_hand(variant: &Variant<'_>) {
    if !variant.endpoint.starts_with("https:") {
        return; // refused, as above
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
    copy(KEY).unwrap();
    gaps::COPY_OF_ANOTHER_KEY.of(variant.server, copy([0x33; 32]));
    let hour = Duration::from_secs(3600);
    let url = UrlOptions::new().sse_customer_key(KEY);
    let url = client.presign_upload_part_with(&bucket, "k", &id, 3, hour, &url).unwrap();
    let answer = http::send(variant, "PUT", &url.url, &url.headers, b"the rest");
    assert_eq!(answer.status, 200, "{}", answer.text());
    client.upload_part(&bucket, "k", &id, 4, "x").expect_err("without the key");

    let listed: Vec<_> = client.list_parts(&bucket, "k", &id).map(Result::unwrap).collect();
    let parts: Vec<_> = listed.iter().map(|part| CompletedPart::new(part.part_number, &part.e_tag)).collect();
    assert_eq!((&parts[0].e_tag, parts.len()), (&sent.e_tag, 3));
    client.complete_multipart_upload(&bucket, "k", &id, &parts).unwrap();
    let object = client.get_object_with(&bucket, "k", &get).unwrap().bytes().unwrap();
    assert!(object == [&first[..], &first, b"the rest"].concat());
}

pub(crate) fn with_a_key_of_the_servers(variant: &Variant<'_>) {
    let client = variant.client();
    let bucket = TestBucket::create(&client);
    let options = PutObjectOptions::new().server_side_encryption("AES256");
    let outcome = client.put_object_with(&bucket, "k", "secret", &options).and_then(|_| {
        assert_eq!(client.get_object(&bucket, "k")?.text()?, "secret");
        client.head_object(&bucket, "k")
    });
    gaps::SERVER_KEYS.check(
        variant.server,
        match outcome {
            Ok(head) if head.header("x-amz-server-side-encryption") == Some("AES256") => Ok(()),
            Ok(_) => Err("the answer does not speak of encryption".to_owned()),
            Err(error) => Err(error.to_string()),
        },
    );
}
