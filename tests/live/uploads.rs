//! Multipart uploads, step by step and of whole files.

use std::fs;

use plain_s3::{CopyObjectOptions, CopyOptions, SignatureVersion, UploadOptions, Verification};

use super::fixture::{TempDir, TestBucket};
use super::gaps;
use super::server::Variant;

/// The minimum size of a part, except for the last one.
const PART: usize = 5 << 20;

pub(crate) fn step_by_step(variant: &Variant<'_>) {
    let client = variant.client();
    let bucket = TestBucket::create(&client);
    let first = vec![b'1'; PART];
    client.put_object(&bucket, "source", &first).unwrap();

    let mut id = client.create_multipart_upload(&bucket, "k").unwrap();
    let copy = client.upload_part_copy(&bucket, "k", &id, 1, (&bucket, "source"), 0..PART as u64);
    let one = match gaps::COPY_PARTS.supported(copy) {
        Some(part) => part,
        None => {
            // a server that ignores the source has stored an empty part, which not every server can replace
            client.abort_multipart_upload(&bucket, "k", &id).unwrap();
            id = client.create_multipart_upload(&bucket, "k").unwrap();
            client.upload_part(&bucket, "k", &id, 1, &first).unwrap()
        }
    };
    let two = client.upload_part(&bucket, "k", &id, 2, "the rest").unwrap();
    let parts: Vec<_> = client.list_parts(&bucket, "k", &id).map(Result::unwrap).collect();
    let sizes: Vec<_> = parts.iter().map(|part| (part.part_number, part.size)).collect();
    assert_eq!(sizes, [(1, PART as u64), (2, 8)]);
    client.complete_multipart_upload(&bucket, "k", &id, &[one, two]).unwrap();
    let object = client.get_object(&bucket, "k").unwrap();
    assert!(object.bytes().unwrap() == [&first, &b"the rest"[..]].concat());

    let id = client.create_multipart_upload(&bucket, "aborted").unwrap();
    client.upload_part(&bucket, "aborted", &id, 1, "x").unwrap();
    client.abort_multipart_upload(&bucket, "aborted", &id).unwrap();
    gaps::ABORTED_UPLOADS.attempt(|| {
        assert!(client.upload_part(&bucket, "aborted", &id, 2, "x").unwrap_err().is_not_found());
    });
    gaps::LIST_UPLOADS.check_eq(client.list_multipart_uploads(&bucket).count(), 0);
}

pub(crate) fn files(variant: &Variant<'_>) {
    let client = variant.client();
    let bucket = TestBucket::create(&client);
    let folder = TempDir::create();
    let content: Vec<u8> = (0..PART + 1000).map(|i| (i / 7) as u8).collect();
    fs::write(folder.join("file"), &content).unwrap();
    let options = UploadOptions::new().part_size(PART as u64);
    let upload = client.upload_file_with(&bucket, "in parts", folder.join("file"), &options).unwrap();
    assert_eq!((upload.bytes, upload.parts), (content.len() as u64, 2));
    assert_eq!(client.upload_file(&bucket, "in one", folder.join("file")).unwrap().parts, 0);
    assert_eq!(client.upload_reader(&bucket, "empty", &b""[..]).unwrap().bytes, 0);
    let mut copy = CopyOptions::new().part_size(PART as u64);
    if variant.signature == SignatureVersion::V2 && gaps::V2_SUBRESOURCES.is_gap() {
        // the tags of the source cannot be read
        copy = copy.object(CopyObjectOptions::new().header("x-amz-tagging", "a=b"));
    }
    let copied = client.copy_with((&bucket, "in parts"), (&bucket, "copy"), &copy);
    let copied = gaps::COPY_PARTS.supported(copied).map(|_| "copy");
    for key in ["in parts", "in one"].into_iter().chain(copied) {
        let download = client.download_file(&bucket, key, folder.join("back")).unwrap();
        assert_eq!(download.bytes, content.len() as u64, "{key}");
        // which checksum it is depends on the server
        let has_checksum = download.verification != Verification::Length;
        if key == "copy" {
            gaps::COPIED_PART_ETAGS.check_eq(has_checksum, true);
        } else {
            assert!(has_checksum, "{key}");
        }
        assert!(fs::read(folder.join("back")).unwrap() == content, "{key}");
    }
}
