//! The eleven steps of the tutorial, with a check of the effect of each.

use std::fs;
use std::time::{Duration, SystemTime};

use plain_s3::{CannedAcl, Client, Timestamp};

use super::compatibility;
use super::fixture::{TempDir, TestBucket};
use super::gaps;
use super::http;
use super::server::Variant;

const HOUR: Duration = Duration::from_secs(3600);
/// The MD5 of `Hello World!`.
const HELLO_MD5: &str = "ed076287532e86365e841e92bfc50d8c";

pub(crate) fn steps(variant: &Variant<'_>) {
    let succeeded = |step| compatibility::step_succeeded(step, variant.signature);

    // 1: creating a connection
    let client = variant.client();
    succeeded(1);

    // 2: listing owned buckets
    let mah_bucket = TestBucket::create(&client);
    let owned = client.list_buckets().unwrap();
    let mine = owned.iter().find(|owned| owned.name == *mah_bucket).expect("the new bucket is listed");
    let dated = gaps::BUCKET_DATES.attempt(|| assert_just_now(mine.creation_date));
    if dated.is_some() {
        succeeded(2);
    }

    // 3: creating a bucket
    let bucket = TestBucket::planned(&client);
    assert!(client.head_bucket(&bucket).unwrap_err().is_not_found());
    client.create_bucket(&bucket).unwrap();
    client.head_bucket(&bucket).unwrap();
    assert!(bucket_names(&client).contains(&bucket.to_owned()));
    succeeded(3);

    // 4: listing a bucket's content
    client.put_object(&bucket, "myphoto1.jpg", vec![1; 251_262]).unwrap();
    client.put_object(&bucket, "myphoto2.jpg", vec![2; 262_518]).unwrap();
    let objects: Vec<_> = client.list_objects(&bucket).map(Result::unwrap).collect();
    let lines: Vec<_> = objects.iter().map(|object| (object.key.as_str(), object.size)).collect();
    assert_eq!(lines, [("myphoto1.jpg", 251_262), ("myphoto2.jpg", 262_518)]);
    objects.iter().for_each(|object| assert_just_now(object.last_modified));
    succeeded(4);

    // 5: deleting a bucket, which must be empty
    let rejected = client.delete_bucket(&bucket).unwrap_err();
    assert!(rejected.is_bucket_not_empty(), "{rejected}");
    assert_eq!(rejected.status(), Some(409));
    assert!(rejected.hint().unwrap().contains("force_delete_bucket"), "{rejected}");
    assert_eq!(client.list_objects(&bucket).count(), 2);
    client.delete_bucket(&mah_bucket).unwrap();
    assert!(client.head_bucket(&mah_bucket).unwrap_err().is_not_found());
    succeeded(5);

    // 6: forced delete
    client.force_delete_bucket(&bucket).unwrap();
    assert!(client.head_bucket(&bucket).unwrap_err().is_not_found());
    assert!(!bucket_names(&client).contains(&bucket.to_owned()));
    succeeded(6);

    // 7: creating an object
    client.create_bucket(&bucket).unwrap();
    let stored = client.put_object(&bucket, "hello.txt", "Hello World!").unwrap();
    assert_eq!(stored.e_tag.unwrap().as_str(), HELLO_MD5);
    let head = client.head_object(&bucket, "hello.txt").unwrap();
    assert_eq!((head.content_length, head.e_tag.unwrap().as_str()), (12, HELLO_MD5));
    assert_eq!(client.get_object(&bucket, "hello.txt").unwrap().text().unwrap(), "Hello World!");
    succeeded(7);

    // 8: changing ACLs
    client.put_object(&bucket, "secret_plans.txt", "Dominate the world").unwrap();
    let changed = gaps::ACLS.attempt(|| {
        client.put_object_acl(&bucket, "hello.txt", CannedAcl::PublicRead).unwrap();
        client.put_object_acl(&bucket, "secret_plans.txt", CannedAcl::Private).unwrap();
        assert!(client.get_object_acl(&bucket, "hello.txt").unwrap().is_public_read());
        assert!(!client.get_object_acl(&bucket, "secret_plans.txt").unwrap().is_public_read());
    });
    if changed.is_some() {
        succeeded(8);
    }

    // 9: downloading an object to a file
    let folder = TempDir::create();
    let poetry = b"BEFOREHAND: close door, each window & exit".repeat(10_000);
    client.put_object(&bucket, "perl_poetry.pdf", &poetry).unwrap();
    let download = client.download_file(&bucket, "perl_poetry.pdf", folder.join("poetry.pdf")).unwrap();
    assert_eq!(download.bytes, poetry.len() as u64);
    assert!(fs::read(folder.join("poetry.pdf")).unwrap() == poetry);
    assert_eq!(folder.files(), ["poetry.pdf"]);
    succeeded(9);

    // 10: deleting an object
    client.put_object(&bucket, "goodbye.txt", "Goodbye World!").unwrap();
    client.delete_object(&bucket, "goodbye.txt").unwrap();
    assert!(client.get_object(&bucket, "goodbye.txt").unwrap_err().is_not_found());
    assert!(client.list_objects(&bucket).all(|object| object.unwrap().key != "goodbye.txt"));
    succeeded(10);

    // 11: generating URLs, unsigned and presigned for one hour
    let unsigned = |key| http::get(variant, &client.object_url(&bucket, key).unwrap());
    let public = gaps::PUBLIC_OBJECTS.attempt(|| {
        let hello = unsigned("hello.txt");
        assert_eq!((hello.status, hello.text().as_str()), (200, "Hello World!"));
    });
    let private = gaps::PRIVATE_OBJECTS.attempt(|| {
        let plans = unsigned("secret_plans.txt");
        assert!(
            matches!(plans.status, 400 | 403 | 412) && plans.body != b"Dominate the world",
            "{}",
            plans.status
        );
    });
    let signed = client.presign_get_object(&bucket, "secret_plans.txt", HOUR).unwrap();
    let plans = http::get(variant, &signed.url);
    assert_eq!((plans.status, plans.text().as_str()), (200, "Dominate the world"));
    if public.is_some() && private.is_some() {
        succeeded(11);
    }
}

fn bucket_names(client: &Client) -> Vec<String> {
    client.list_buckets().unwrap().into_iter().map(|bucket| bucket.name).collect()
}

/// Asserts that the time is within 15 minutes of now, which is the clock difference that servers tolerate.
fn assert_just_now(moment: Timestamp) {
    let then = moment.system_time().unwrap_or_else(|| panic!("not a date: {moment}"));
    let now = SystemTime::now();
    let difference = now.duration_since(then).or_else(|_| then.duration_since(now)).unwrap();
    assert!(difference < Duration::from_secs(900), "{moment} differs from now by {difference:?}");
    let text = moment.to_string();
    assert!(text.len() == "2011-04-21T18:05:39.000Z".len() && text.ends_with('Z'), "{text}");
}
