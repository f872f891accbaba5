//! Content and properties of objects: what goes in comes out.

use std::fs::{self, File};
use std::io::{Read as _, Seek as _, SeekFrom};

use plain_s3::{Body, DownloadOptions, ErrorKind, GetObjectOptions, PutObjectOptions};
use time::OffsetDateTime;

use super::fixture::{TempDir, TestBucket};
use super::gaps;
use super::server::Variant;

/// Of nothing.
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
    assert_eq!(read("k"), all_bytes, "stored over what was there");

    // larger than every buffer on the way, and no multiple of any
    let large: Vec<u8> = (0..3_000_001_u32).flat_map(|n| n.to_le_bytes()).collect();
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

    for length in [4, 6] {
        let wrong =
            client.put_object(&bucket, "wrong", Body::from_reader(&b"five!"[..], length)).unwrap_err();
        assert_eq!(wrong.kind(), ErrorKind::LocalIo, "{wrong}");
    }
    assert!(client.head_object(&bucket, "wrong").unwrap_err().is_not_found(), "nothing was stored");
    // the connection that broke off is not used again
    assert_eq!(read("rest").len(), 4);

    let mut start = [0; 8];
    let mut reader = client.get_object(&bucket, "reader").unwrap();
    reader.read_exact(&mut start).unwrap();
    drop(reader); // midway
    assert_eq!(start, large[..8]);
    assert!(read("reader") == large);
}

pub(crate) fn stored_headers(variant: &Variant<'_>) {
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
    let got = client.get_object(&bucket, "k").unwrap().metadata;
    for metadata in [head, got] {
        assert_eq!(metadata.content_type.as_deref(), Some("text/html; charset=utf-8"));
        assert_eq!(metadata.header("Cache-Control"), Some("max-age=60, public"));
        assert_eq!(metadata.header("content-disposition"), Some("attachment; filename=\"a b.html\""));
        assert_eq!(metadata.header("content-encoding"), Some("x-own"));
        assert_eq!(metadata.header("content-language"), Some("de-CH"));
        assert_eq!(metadata.header("expires"), Some("Thu, 01 Jan 1970 00:00:00 GMT"));
    }
}

pub(crate) fn metadata(variant: &Variant<'_>) {
    let client = variant.client();
    let bucket = TestBucket::create(&client);
    let back = |value: &str| {
        let options = PutObjectOptions::new().metadata("value", value);
        client.put_object_with(&bucket, "k", "x", &options).unwrap();
        let found = client.head_object(&bucket, "k").unwrap().metadata.remove("value");
        if found.as_deref() == Some(value) {
            Ok(())
        } else {
            Err(format!("{value:?} came back as {found:?}"))
        }
    };
    back("blue").unwrap();
    back("a, b; c=\"d\" %41 + \\ <&>").unwrap();
    back("two  and   three").unwrap();
    back("").unwrap();
    gaps::UTF8_METADATA.check(variant.server, back("Grüße, 世界 🦀"));
    gaps::UTF8_METADATA.check(variant.server, back("é")); // one byte in Latin-1, two in UTF-8

    let several = PutObjectOptions::new().metadata("Colour", "blue").metadata("shape-2", "round");
    client.put_object_with(&bucket, "k", "x", &several).unwrap();
    let metadata = client.get_object(&bucket, "k").unwrap().metadata.metadata;
    let pairs: Vec<_> = metadata.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    assert_eq!(
        pairs,
        [("colour", "blue"), ("shape-2", "round")],
        "no entry of the object it replaced is left"
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
    let past = read(range().range(10..)).unwrap_err();
    assert!(past.is_invalid_range(), "{past}");
}

pub(crate) fn downloads(variant: &Variant<'_>) {
    let client = variant.client();
    let bucket = TestBucket::create(&client);
    let folder = TempDir::create();
    let target = folder.join("target");
    fs::write(&target, "what was there").unwrap();

    let missing = client.download_file(&bucket, "missing", &target).unwrap_err();
    assert!(missing.is_not_found(), "{missing}");
    assert_eq!(fs::read(&target).unwrap(), b"what was there");
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
