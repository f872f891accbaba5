//! Deleting everything under a prefix, everything in a bucket, and the bucket itself.

use std::sync::Mutex;
use std::thread;

use plain_s3::{DeleteAllOptions, DeletedCounts, ErrorKind, ListOptions, Versioning};

use super::fixture::TestBucket;
use super::gaps;
use super::server::{Server, Variant};

const THREADS: usize = 4;

pub(crate) fn multipart_uploads(variant: &Variant<'_>) {
    let client = variant.client();
    let bucket = TestBucket::create(&client);
    let mut started: Vec<(String, String)> = ["a b+c%2F", "dir/é", "dir/é", "dir/x&"]
        .map(|key| (key.to_owned(), client.create_multipart_upload(&bucket, key).unwrap()))
        .into();
    started.sort();
    let listed = |size| {
        let options = ListOptions::new().page_size(size);
        let listed = client.list_multipart_uploads_with(&bucket, &options).map(Result::unwrap);
        let mut listed: Vec<_> = listed.map(|upload| (upload.key, upload.upload_id)).collect();
        listed.sort();
        listed
    };
    let all = gaps::LIST_UPLOADS.attempt(|| assert_eq!(listed(1000), started));
    if all.is_none() {
        return;
    }
    gaps::UPLOAD_PAGES.attempt(|| {
        for size in [1, 2] {
            assert_eq!(listed(size), started, "pages of {size}");
        }
    });
    let delimited = ListOptions::new().delimiter("/");
    let pages: Result<Vec<_>, _> = client.list_multipart_uploads_with(&bucket, &delimited).pages().collect();
    let pages = pages.unwrap();
    let prefixes: Vec<_> = pages.iter().flat_map(|page| &page.common_prefixes).collect();
    let count: usize = pages.iter().map(|page| page.entries.len()).sum();
    let outcome =
        if count == 1 && prefixes == ["dir/"] { Ok(()) } else { Err(format!("{count} and {prefixes:?}")) };
    gaps::UPLOAD_PREFIXES.check(outcome);

    let (key, id) = &started[0];
    client.abort_multipart_upload(&bucket, key, id).unwrap();
    let dir = ListOptions::new().prefix("dir/");
    assert_eq!(client.list_multipart_uploads(&bucket).count(), 3);
    assert_eq!(client.list_multipart_uploads_with(&bucket, &dir).count(), 3);
    let deleted = client.force_delete_bucket(&bucket);
    if let Err(error) = &deleted {
        assert!(error.is_bucket_not_empty(), "{error}");
        assert_eq!(client.list_objects(&bucket).count(), 0);
        assert_eq!(client.list_multipart_uploads(&bucket).count(), 0);
    }
    gaps::EMPTY_FOLDERS.supported(deleted);
}

pub(crate) fn prefixes_and_buckets(variant: &Variant<'_>) {
    let client = variant.client();
    let bucket = TestBucket::create(&client);
    for key in ["dir/a", "dir/b\u{1}", "directory", "z"] {
        client.put_object(&bucket, key, key).unwrap();
    }
    client.create_multipart_upload(&bucket, "dir/u").unwrap();
    let enabled = client.put_bucket_versioning(&bucket, Versioning::Enabled);
    let versioned = gaps::VERSIONS.supported(enabled).is_some();
    let suspended = versioned && !gaps::SUSPENDED_VERSIONS.is_gap();
    if versioned {
        client.put_object(&bucket, "dir/a", "newer").unwrap();
        client.delete_object(&bucket, "dir/a").unwrap();
        client.delete_object(&bucket, "only a marker").unwrap();
        let markers = ListOptions::new().prefix("only a marker");
        gaps::DELETE_MARKERS.check_eq(client.list_object_versions_with(&bucket, &markers).count(), 1);
        if suspended {
            client.put_bucket_versioning(&bucket, Versioning::Suspended).unwrap();
        }
        client.delete_object(&bucket, "z").unwrap();
    }
    let counts = |counts: DeletedCounts| (counts.objects, counts.delete_markers, counts.uploads);

    // An empty prefix may be rejected, but must never delete anything.
    for prefix in ["", "no such prefix"] {
        match client.delete_prefix(&bucket, prefix) {
            Ok(deleted) => assert_eq!(counts(deleted), (0, 0, 0)),
            Err(error) => assert!(prefix.is_empty() && error.kind() == ErrorKind::InvalidInput, "{error}"),
        }
    }
    let expected = if versioned { (3, 1, 1) } else { (2, 0, 1) };
    let dry = DeleteAllOptions::new().dry_run();
    assert_eq!(counts(client.delete_prefix_with(&bucket, "dir/", &dry).unwrap()), expected);
    assert_eq!(counts(client.delete_prefix(&bucket, "dir/").unwrap()), expected);
    assert_eq!(counts(client.delete_prefix(&bucket, "dir/").unwrap()), (0, 0, 0));

    // While versioning is suspended, deleting "z" replaces its only version with a delete marker.
    let marked = versioned && !(suspended && gaps::SUSPENDED_MARKERS.is_gap());
    let markers = u64::from(marked) + u64::from(versioned && !gaps::DELETE_MARKERS.is_gap());
    let expected = (if suspended { 1 } else { 2 }, markers, 0);
    assert_eq!(counts(client.force_delete_bucket_with(&bucket, &dry).unwrap()), expected);
    assert_eq!(counts(client.empty_bucket(&bucket).unwrap()), expected);
    assert_eq!(client.list_objects(&bucket).count(), 0);
    client.put_object(&bucket, "again", "").unwrap();
    let deleted = client.force_delete_bucket(&bucket).unwrap();
    assert_eq!(deleted.objects, 1);
    gaps::NULL_MARKERS.check_eq(deleted.delete_markers, 0);
    assert!(client.force_delete_bucket(&bucket).unwrap_err().is_no_such_bucket());
}

/// Uses a bucket policy that denies the deletion of some keys to everyone, including the owner.
pub(crate) fn denied(variant: &Variant<'_>) {
    let client = variant.client();
    let bucket = TestBucket::create(&client);
    for key in ["keep/1", "keep/2", "other"] {
        client.put_object(&bucket, key, "").unwrap();
    }
    let policy = format!(
        r#"{{"Version": "2012-10-17", "Statement": [{{"Effect": "Deny", "Principal": "*",
            "Action": ["s3:DeleteObject", "s3:DeleteObjectVersion"], "Resource": "arn:aws:s3:::{}/keep/*"}}]}}"#,
        &*bucket
    );
    let Some(()) = gaps::POLICY.supported(client.put_bucket_policy(&bucket, &policy)) else {
        return;
    };
    let deleted = client.force_delete_bucket(&bucket);
    gaps::POLICY_ENFORCED.check_eq(deleted.is_err(), true);
    let Err(error) = deleted else { return };
    assert_eq!(error.kind(), ErrorKind::PartialFailure, "{error}");
    let keys: Vec<_> = error.failures().iter().map(|failure| failure.key.as_str()).collect();
    assert_eq!(keys, ["keep/1", "keep/2"], "{error:?}");
    assert!(error.failures().iter().all(|failure| failure.code == "AccessDenied"), "{error:?}");
    assert!(error.to_string().contains(": 2 entries could not be deleted (deleted: 1 objects, "), "{error}");
    let left: Vec<_> = client.list_objects(&bucket).map(|object| object.unwrap().key).collect();
    assert_eq!(left, ["keep/1", "keep/2"], "the bucket is kept and all other objects are deleted");
    client.delete_bucket_policy(&bucket).unwrap();
}

pub(crate) fn thousands(server: &Server) {
    let client = server.variants()[0].client();
    let bucket = TestBucket::create(&client);
    let enabled = client.put_bucket_versioning(&bucket, Versioning::Enabled);
    let versioned = gaps::VERSIONS.supported(enabled).is_some();
    let each = 550;
    let keys =
        |n: usize| if n.is_multiple_of(2) { format!("many versions/{}", n / each) } else { format!("k/{n}") };
    in_parallel(each, |n| client.put_object(&bucket, &keys(n), "").map(drop));
    let create_uploads =
        || in_parallel(260, |n| client.create_multipart_upload(&bucket, &format!("u/{n}")).map(drop));
    let created = gaps::MANY_UPLOADS.attempt(create_uploads).is_some();

    let progress = Mutex::new(Vec::new());
    let options = DeleteAllOptions::new().progress(|counts| progress.lock().unwrap().push(*counts));
    let is_deletable = !gaps::EMPTY_FOLDERS.is_gap();
    let deleted = if is_deletable {
        client.force_delete_bucket_with(&bucket, &options)
    } else {
        client.empty_bucket_with(&bucket, &options)
    };
    let deleted = deleted.unwrap();
    let objects = if versioned { 2200 } else { 1104 };
    // a server that lists a version twice, or only after a deletion, does not affect what is left
    if !gaps::VERSION_PAGES.is_gap() {
        assert_eq!((deleted.objects, deleted.delete_markers), (objects, 0));
    }
    if created {
        gaps::MANY_UPLOADS.check_eq(deleted.uploads, 1040);
    }
    if is_deletable {
        assert!(client.head_bucket(&bucket).unwrap_err().is_not_found());
    }
    let progress = progress.lock().unwrap().clone();
    assert!(progress.len() >= 4 && progress.last() == Some(&deleted), "{progress:?}");
    assert!(progress.is_sorted_by_key(|counts| counts.objects + counts.uploads), "{progress:?}");
}

/// Calls `call` with the numbers from 0, `each` of them on every thread.
fn in_parallel(each: usize, call: impl Fn(usize) -> plain_s3::Result<()> + Sync) {
    thread::scope(|scope| {
        for part in 0..THREADS {
            let call = &call;
            scope.spawn(move || (0..each).for_each(|n| call(part * each + n).unwrap()));
        }
    });
}
