//! Buckets: creating, checking and deleting them.

use std::thread;

use plain_s3::{CreateBucketOptions, ErrorKind};

use super::fixture::TestBucket;
use super::gaps;
use super::server::{Server, Variant};

const THREADS: usize = 4;

pub(crate) fn create_and_delete(variant: &Variant<'_>) {
    let client = variant.client();
    let bucket = TestBucket::planned(&client);
    assert!(client.head_bucket(&bucket).unwrap_err().is_not_found());
    client.create_bucket(&bucket).unwrap();
    client.head_bucket(&bucket).unwrap();
    client.put_object(&bucket, "k", "x").unwrap();
    // S3 rejects the second request in most regions; Ceph and us-east-1 accept it.
    let outcome = match client.create_bucket(&bucket) {
        Err(error) if error.code() != Some("BucketAlreadyOwnedByYou") => Err(error.to_string()),
        _ => Ok(()),
    };
    gaps::CALLERS_OWN_BUCKET.check(outcome);
    assert_eq!(client.list_objects(&bucket).count(), 1, "the objects of the bucket are kept");
    assert!(client.delete_bucket(&bucket).unwrap_err().is_bucket_not_empty());
    client.delete_object(&bucket, "k").unwrap();
    client.delete_bucket(&bucket).unwrap();
    assert!(client.delete_bucket(&bucket).unwrap_err().is_no_such_bucket());

    let elsewhere = CreateBucketOptions::new().location_constraint("no-such-location");
    let outcome = match client.create_bucket_with(&bucket, &elsewhere) {
        Err(error)
            if error.kind() == ErrorKind::Server
                && error.hint().is_some_and(|hint| hint.contains("location constraint")) =>
        {
            Ok(())
        }
        other => Err(format!("{other:?}")),
    };
    gaps::UNKNOWN_LOCATION.check(outcome);
}

pub(crate) fn force_delete(server: &Server) {
    let variants = server.variants();
    let client = variants.last().expect("a variant").client();
    let bucket = TestBucket::create(&client);
    // covered by versions::pages
    let end = if gaps::CONTROL_CHARACTER_PAGES.is_gap() { "" } else { "\u{1}" };
    thread::scope(|scope| {
        for part in 0..THREADS {
            let (client, bucket) = (client.clone(), &bucket);
            scope.spawn(move || {
                for n in 0..260 {
                    client.put_object(bucket, &format!("{part}/ {n}&{end}"), "").unwrap();
                }
            });
        }
    });
    client.force_delete_bucket(&bucket).unwrap();
    assert!(client.head_bucket(&bucket).unwrap_err().is_not_found());
    assert!(client.force_delete_bucket(&bucket).unwrap_err().is_no_such_bucket());
}
