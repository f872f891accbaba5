//! Copying and renaming objects on the server.

use plain_s3::{
    CannedAcl, Client, CopyObjectOptions, ErrorKind, Event, GetObjectOptions, PutObjectOptions, Versioning,
};

use super::fixture::TestBucket;
use super::gaps;
use super::server::Variant;

pub(crate) fn metadata(variant: &Variant<'_>) {
    let client = variant.client();
    let (from, to) = (TestBucket::create(&client), TestBucket::create(&client));
    let options = PutObjectOptions::new().content_type("text/plain").metadata("author", "larry");
    let mut keys = vec!["hello.txt"];
    keys.extend((!gaps::DOT_SEGMENTS.is_gap()).then_some("a b+c%2F/../é?#&="));
    keys.extend((!gaps::EMPTY_SEGMENTS.is_gap()).then_some("//x"));
    for key in keys {
        let stored = client.put_object_with(&from, key, "Hello", &options).unwrap();
        let copied = client.copy_object((&from, key), (&to, key)).unwrap();
        assert_eq!(copied.e_tag, stored.e_tag, "{key}");
        assert!(copied.last_modified.date_time().is_some());
        let object = client.get_object(&to, key).unwrap();
        assert_eq!(object.metadata.content_type.as_deref(), Some("text/plain"));
        assert_eq!(object.metadata.metadata["author"], "larry");
        assert_eq!(object.text().unwrap(), "Hello");
    }

    // S3 rejects a copy of an object onto itself unless the copy changes something.
    let page = (&*from, "hello.txt");
    gaps::COPY_ONTO_ITSELF.attempt(|| {
        let rejected = client.copy_object(page, page).unwrap_err();
        assert_eq!(rejected.code(), Some("InvalidRequest"), "{rejected}");
        assert!(rejected.hint().unwrap().contains("replace_metadata"), "{rejected}");
    });
    let html = PutObjectOptions::new().content_type("text/html").metadata("title", "b");
    let replaced = CopyObjectOptions::new().replace_metadata(&html).acl(CannedAcl::PublicRead);
    client.copy_object_with(page, page, &replaced).unwrap();
    let object = client.get_object(&from, "hello.txt").unwrap();
    assert_eq!(object.metadata.content_type.as_deref(), Some("text/html"));
    assert_eq!(object.metadata.metadata.keys().collect::<Vec<_>>(), ["title"]);
    assert_eq!(object.text().unwrap(), "Hello");
    gaps::ACL_HEADERS.attempt(|| {
        assert!(client.get_object_acl(&from, "hello.txt").unwrap().is_public_read());
    });

    let missing = client.copy_object((&from, "none"), (&to, "k")).unwrap_err();
    assert!(
        missing.is_not_found() && missing.hint().unwrap().ends_with("has no source object \"none\"."),
        "{missing}"
    );
    let missing = client.copy_object((&from, "hello.txt"), ("no-such-bucket-anywhere", "k")).unwrap_err();
    assert_eq!(missing.kind(), ErrorKind::Server, "{missing}");
    gaps::COPY_TO_MISSING_BUCKET.attempt(|| {
        assert!(missing.is_not_found() && missing.hint().unwrap().contains("target"), "{missing}");
    });
    assert!(client.head_object(&to, "k").unwrap_err().is_not_found());
}

pub(crate) fn conditions(variant: &Variant<'_>) {
    let client = variant.client();
    let bucket = TestBucket::create(&client);
    let e_tag = client.put_object(&bucket, "k", "first").unwrap().e_tag.unwrap();
    let day = std::time::Duration::from_secs(86400);
    let now = client.head_object(&bucket, "k").unwrap().last_modified.date_time().unwrap();
    let (from, new) = ((&*bucket, "k"), CopyObjectOptions::new);
    for (met, options) in [
        (true, new().source_if_match(&e_tag)),
        (true, new().source_if_none_match("another")),
        (true, new().source_if_modified_since(now - day)),
        (true, new().source_if_unmodified_since(now + day)),
        (false, new().source_if_match("another")),
        (false, new().source_if_none_match(&e_tag)),
        (false, new().source_if_unmodified_since(now - day)),
    ] {
        match client.copy_object_with(from, (&bucket, "copy"), &options) {
            Ok(_) if met => {}
            // Ceph 20 returns 304 instead of 412.
            Err(error) if !met && (error.is_precondition_failed() || error.is_not_modified()) => {
                gaps::COPY_CONDITIONS.check(Ok(()));
            }
            other if !met => {
                gaps::COPY_CONDITIONS.check(Err(format!("{options:?}: {other:?}")));
            }
            other => panic!("{options:?}: {other:?}"),
        }
    }

    let enabled = client.put_bucket_versioning(&bucket, Versioning::Enabled);
    let Some(()) = gaps::VERSIONS.supported(enabled) else { return };
    let first = client.put_object(&bucket, "k", "version 1").unwrap().version_id.unwrap();
    client.put_object(&bucket, "k", "version 2").unwrap();
    let copied = client.copy_object_with(from, from, &new().source_version_id(&first));
    let Some(copied) = gaps::COPY_TO_SELF.supported(copied) else { return };
    assert_eq!(copied.source_version_id.as_ref().unwrap_or(&first), &first);
    let newest = client.get_object(&bucket, "k").unwrap();
    if copied.version_id.is_some() {
        assert_eq!(newest.metadata.version_id, copied.version_id);
    }
    assert_eq!(newest.text().unwrap(), "version 1", "the copy of the old version is the newest one");
}

/// The source is replaced by another program after it was copied.
pub(crate) fn rename_of_a_source_that_is_replaced(variant: &Variant<'_>) {
    let other = variant.client();
    let bucket = TestBucket::create(&other);
    let (name, copied) = (bucket.to_string(), format!("CopyObject {}/new", &*bucket));
    let config = variant.config().credentials(variant.credentials()).on_event(move |event| match event {
        Event::Succeeded { call, .. } if *call == copied => {
            other.put_object(&name, "old", "replaced").unwrap();
        }
        _ => {}
    });
    let client = Client::new(config).unwrap();
    client.put_object(&bucket, "old", "Hello").unwrap();
    let error = client.rename_object(&bucket, "old", "new").unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Integrity, "{error}");
    let text = |key: &str| client.get_object(&bucket, key).unwrap().text().unwrap();
    assert_eq!((text("old").as_str(), text("new").as_str()), ("replaced", "Hello"));
}

pub(crate) fn rename(variant: &Variant<'_>) {
    let client = variant.client();
    let bucket = TestBucket::create(&client);
    let options = PutObjectOptions::new().content_type("text/plain").metadata("a", "1");
    client.put_object_with(&bucket, "helo.txt", "Hello", &options).unwrap();
    client.put_object(&bucket, "hello.txt", "to be replaced").unwrap();
    client.rename_object(&bucket, "helo.txt", "hello.txt").unwrap();
    let object = client.get_object(&bucket, "hello.txt").unwrap();
    assert_eq!(object.metadata.metadata["a"], "1");
    assert_eq!(object.text().unwrap(), "Hello");
    let keys: Vec<_> = client.list_objects(&bucket).map(|object| object.unwrap().key).collect();
    assert_eq!(keys, ["hello.txt"]);

    let same_key = client.rename_object(&bucket, "hello.txt", "hello.txt").unwrap_err();
    assert_eq!(same_key.kind(), ErrorKind::InvalidInput);
    assert!(client.rename_object(&bucket, "none", "new").unwrap_err().is_not_found());
    // The object must survive the failed rename onto its own key.
    let range = GetObjectOptions::new().range(..1);
    assert_eq!(client.get_object_with(&bucket, "hello.txt", &range).unwrap().text().unwrap(), "H");

    // The ETag of a multipart upload is not an MD5.
    let id = client.create_multipart_upload(&bucket, "parts").unwrap();
    let part = client.upload_part(&bucket, "parts", &id, 1, "one part").unwrap();
    client.complete_multipart_upload(&bucket, "parts", &id, &[part]).unwrap();
    client.rename_object(&bucket, "parts", "whole").unwrap();
    assert_eq!(client.get_object(&bucket, "whole").unwrap().text().unwrap(), "one part");
    assert!(client.head_object(&bucket, "parts").unwrap_err().is_not_found());
}
