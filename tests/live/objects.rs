//! Content, headers and metadata of objects: they are read back as they were stored.

use std::fs::{self, File};
use std::io::{Read as _, Seek as _, SeekFrom};

use plain_s3::{Body, DownloadOptions, ErrorKind, GetObjectOptions, PutObjectOptions};
use time::OffsetDateTime;

use super::fixture::{TempDir, TestBucket};
use super::gaps;
use super::server::Variant;

/// The MD5 of an empty body.
const EMPTY_MD5: &str = "d41d8cd98f00b204e9800998ecf8427e";

pub(crate) fn bodies(variant: &Variant<'_>) {
    let client = variant.client();
    let bucket = TestBucket::create(&client);
    let read = |key: &str| client.get_object(&bucket, key).unwrap().bytes().unwrap();

    let stored = client.put_object(&bucket, "k", "").unwrap();
    assert_eq!(stored.e_tag.unwrap().as_str(), EMPTY_MD5);
    assert_eq!(read("k"), b"");
    assert_eq!(client.head_object(&bucket, "k").unwrap().content_length, 0);

    let all_bytes: Vec<u8> = (0..=255).collect();
    client.put_object(&bucket, "k", &all_bytes).unwrap();
    assert_eq!(read("k"), all_bytes, "the old object was replaced");

    // Larger than every buffer involved, and not a multiple of any of them.
    let large: Vec<u8> = (0..3_000_001_u32).flat_map(u32::to_le_bytes).collect();
    let folder = TempDir::create();
    fs::write(folder.join("large"), &large).unwrap();
    client.put_object(&bucket, "file", File::open(folder.join("large")).unwrap()).unwrap();
    assert!(read("file") == large);
    let mut file = File::open(folder.join("large")).unwrap();
    file.seek(SeekFrom::Start(12_000_000)).unwrap();
    client.put_object(&bucket, "rest", &file).unwrap();
    assert_eq!(read("rest"), large[12_000_000..]);
    let reader = Body::from_reader(&large[..], large.len() as u64);
    client.put_object(&bucket, "reader", reader).unwrap();
    assert!(read("reader") == large);

    // A reader with more or fewer bytes than announced must not store anything.
    for length in [4, 6] {
        let wrong =
            client.put_object(&bucket, "wrong", Body::from_reader(&b"five!"[..], length)).unwrap_err();
        assert_eq!(wrong.kind(), ErrorKind::LocalIo, "{wrong}");
    }
    let found = client.head_object(&bucket, "wrong").map(|head| head.content_length);
    gaps::UNSTARTED_BODIES.check_eq(found.map_err(|error| error.is_not_found()), Err(true));
    // The client does not reuse the connection of the incomplete request.
    assert_eq!(read("rest").len(), 4);

    let mut start = [0; 8];
    let mut reader = client.get_object(&bucket, "reader").unwrap();
    reader.read_exact(&mut start).unwrap();
    drop(reader); // before the end of the body
    assert_eq!(start, large[..8]);
    assert!(read("reader") == large);
}

pub(crate) fn headers(variant: &Variant<'_>) {
    let client = variant.client();
    let bucket = TestBucket::create(&client);
    client.put_object(&bucket, "plain", "x").unwrap();
    let options = PutObjectOptions::new()
        .content_type("text/html; charset=utf-8")
        .cache_control("max-age=60, public")
        .content_disposition("attachment; filename=\"a b.html\"")
        .content_encoding("x-own")
        .content_language("de-CH")
        .expires(OffsetDateTime::UNIX_EPOCH)
        .header("x-amz-storage-class", "STANDARD");
    client.put_object_with(&bucket, "k", "x", &options).unwrap();
    let head = client.head_object(&bucket, "k").unwrap();
    let get = client.get_object(&bucket, "k").unwrap().metadata;
    gaps::EXPIRES_HEADER.attempt(|| {
        for metadata in [head, get] {
            assert_eq!(metadata.content_type.as_deref(), Some("text/html; charset=utf-8"));
            assert_eq!(metadata.header("Cache-Control"), Some("max-age=60, public"));
            assert_eq!(metadata.header("content-disposition"), Some("attachment; filename=\"a b.html\""));
            assert_eq!(metadata.header("content-encoding"), Some("x-own"));
            assert_eq!(metadata.header("content-language"), Some("de-CH"));
            assert_eq!(metadata.header("expires"), Some("Thu, 01 Jan 1970 00:00:00 GMT"));
        }
    });
}

pub(crate) fn metadata(variant: &Variant<'_>) {
    let client = variant.client();
    let bucket = TestBucket::create(&client);
    let round_trip = |value: &str| {
        let options = PutObjectOptions::new().metadata("value", value);
        client.put_object_with(&bucket, "k", "x", &options).unwrap();
        let found = client.head_object(&bucket, "k").unwrap().metadata.remove("value");
        if found.as_deref() == Some(value) {
            Ok(())
        } else {
            Err(format!("{value:?} came back as {found:?}"))
        }
    };
    round_trip("blue").unwrap();
    round_trip("a, b; c=\"d\" %41 + \\ <&>").unwrap();
    round_trip("two  and   three").unwrap();
    gaps::EMPTY_METADATA.check(round_trip(""));
    gaps::UTF8_METADATA.check(round_trip("Grüße, 世界 🦀"));
    gaps::UTF8_METADATA.check(round_trip("é")); // one byte in Latin-1, two in UTF-8

    let several = PutObjectOptions::new().metadata("Colour", "blue").metadata("shape-2", "round");
    client.put_object_with(&bucket, "k", "x", &several).unwrap();
    let metadata = client.get_object(&bucket, "k").unwrap().metadata.metadata;
    let pairs: Vec<_> = metadata.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    assert_eq!(
        pairs,
        [("colour", "blue"), ("shape-2", "round")],
        "the metadata of the replaced object is gone"
    );
}

pub(crate) fn ranges(variant: &Variant<'_>) {
    let client = variant.client();
    let bucket = TestBucket::create(&client);
    client.put_object(&bucket, "k", "0123456789").unwrap();
    let read = |options: GetObjectOptions| {
        let reader = client.get_object_with(&bucket, "k", &options)?;
        let length = reader.metadata.content_length;
        let text = reader.text()?;
        assert_eq!(length, text.len() as u64);
        Ok::<_, plain_s3::Error>(text)
    };
    let range = GetObjectOptions::new;
    assert_eq!(read(range().range(0..1)).unwrap(), "0");
    assert_eq!(read(range().range(2..=5)).unwrap(), "2345");
    assert_eq!(read(range().range(9..)).unwrap(), "9");
    assert_eq!(read(range().range(..3)).unwrap(), "012");
    assert_eq!(read(range().range(8..1000)).unwrap(), "89");
    assert_eq!(read(range().range(..)).unwrap(), "0123456789");
    let past_end = read(range().range(10..)).unwrap_err();
    assert!(past_end.is_invalid_range(), "{past_end}");
}

pub(crate) fn downloads(variant: &Variant<'_>) {
    let client = variant.client();
    let bucket = TestBucket::create(&client);
    let folder = TempDir::create();
    let target = folder.join("target");
    fs::write(&target, "old content").unwrap();

    let missing = client.download_file(&bucket, "missing", &target).unwrap_err();
    assert!(missing.is_not_found(), "{missing}");
    assert_eq!(fs::read(&target).unwrap(), b"old content");
    assert_eq!(folder.files(), ["target"]);

    let content = b"0123456789abcdef".repeat(200_000);
    client.put_object(&bucket, "k", &content).unwrap();
    client.download_file(&bucket, "k", &target).unwrap();
    assert!(fs::read(&target).unwrap() == content);
    let part = DownloadOptions::new().object(GetObjectOptions::new().range(16..32));
    client.download_file_with(&bucket, "k", &target, &part).unwrap();
    assert_eq!(fs::read(&target).unwrap(), b"0123456789abcdef");
    client.put_object(&bucket, "empty", "").unwrap();
    client.download_file(&bucket, "empty", &target).unwrap();
    assert_eq!(fs::read(&target).unwrap(), b"");
    assert_eq!(folder.files(), ["target"]);
}
