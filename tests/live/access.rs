//! Access control: unsigned requests, ACLs and a second user.

use plain_s3::{
    Acl, CannedAcl, Client, CreateBucketOptions, Error, ErrorKind, Grantee, Permission, PutObjectOptions,
};

use super::fixture::TestBucket;
use super::gaps;
use super::http;
use super::server::Variant;

/// Requests without a signature read public objects, and nothing else.
pub(crate) fn unsigned(variant: &Variant<'_>) {
    let client = variant.client();
    let anonymous = variant.anonymous();
    let bucket = TestBucket::create(&client);
    let public = PutObjectOptions::new().acl(CannedAcl::PublicRead);
    // Unsigned URLs must encode every character, too.
    let unusual = if gaps::DOT_SEGMENTS.is_gap() { "a b+c%2F/é?#" } else { "a b+c%2F/../é?#" };
    for key in ["hello.txt", unusual] {
        client.put_object_with(&bucket, key, "public", &public).unwrap();
        let url = client.object_url(&bucket, key).unwrap();
        gaps::PUBLIC_OBJECTS.attempt(|| {
            assert_eq!(anonymous.get_object(&bucket, key).unwrap().text().unwrap(), "public");
            anonymous.head_object(&bucket, key).unwrap();
            let response = http::get(variant, &url);
            assert_eq!((response.status, response.text().as_str()), (200, "public"), "{url}");
        });
    }

    client.put_object(&bucket, "secret", "private").unwrap();
    let url = client.object_url(&bucket, "secret").unwrap();
    gaps::PRIVATE_OBJECTS.attempt(|| {
        let denied = anonymous.get_object(&bucket, "secret").unwrap_err();
        assert!(denied.hint().unwrap().contains("not signed"), "{denied}");
        assert_rejected(&denied);
        assert_rejected(&anonymous.head_object(&bucket, "secret").unwrap_err());
        let response = http::get(variant, &url);
        assert!(matches!(response.status, 400 | 403 | 412), "{}", response.status);
        assert!(!response.text().contains("private"), "{}", response.text());
    });
    gaps::UNSIGNED_WRITES.attempt(|| {
        assert_rejected(&anonymous.put_object(&bucket, "new", "x").unwrap_err());
        assert_rejected(&anonymous.delete_object(&bucket, "hello.txt").unwrap_err());
        assert_rejected(&anonymous.list_objects(&bucket).next().unwrap().unwrap_err());
        assert_rejected(&anonymous.delete_bucket(&bucket).unwrap_err());
    });
}

/// Asserts that the server rejected an unsigned request.
pub(crate) fn assert_rejected(error: &Error) {
    assert!(matches!(error.status(), Some(400 | 403 | 404 | 412)), "{error}");
    gaps::UNSIGNED_STATUS.check(match error.status() {
        Some(403) if error.is_access_denied() && error.kind() == ErrorKind::Server => Ok(()),
        _ => Err(error.to_string()),
    });
}

/// A client without credentials cannot presign.
pub(crate) fn anonymous_urls(variant: &Variant<'_>) {
    let unsigned =
        variant.anonymous().presign_get_object("bucket", "key", std::time::Duration::from_secs(60));
    assert_eq!(unsigned.unwrap_err().kind(), ErrorKind::InvalidInput);
}

/// Reads and replaces ACLs, whether the server enforces them or not.
pub(crate) fn stored_acls(variant: &Variant<'_>) {
    let client = variant.client();
    let bucket = TestBucket::create(&client);
    client.put_object(&bucket, "k", "x").unwrap();
    gaps::ACLS.attempt(|| {
        let acl = client.get_object_acl(&bucket, "k").unwrap();
        let owner = acl.owner.as_ref().expect("an owner");
        assert_eq!(acl.grants.len(), 1, "{acl:?}");
        assert_eq!(acl.grants[0].permission, Permission::FullControl);
        assert!(matches!(&acl.grants[0].grantee, Grantee::User { id, .. } if *id == owner.id), "{acl:?}");

        for (canned, public, _) in CANNED_ACLS {
            client.put_object_acl(&bucket, "k", canned).unwrap();
            assert_eq!(client.get_object_acl(&bucket, "k").unwrap().is_public_read(), public, "{canned:?}");
        }
        for (canned, public) in [(CannedAcl::PublicRead, true), (CannedAcl::Private, false)] {
            client.put_bucket_acl(&bucket, canned).unwrap();
            assert_eq!(client.get_bucket_acl(&bucket).unwrap().is_public_read(), public, "{canned:?}");
        }
    });
    assert_eq!(client.get_object(&bucket, "k").unwrap().text().unwrap(), "x");
}

/// A server without ACLs changes nothing else, and one with ACLs nothing but the ACL.
pub(crate) fn acls_change_nothing_else(variant: &Variant<'_>) {
    let client = variant.client();
    let bucket = TestBucket::create(&client);
    client.put_object(&bucket, "k", "precious").unwrap();
    let grants = Acl::new("alice").grant(Grantee::all_users(), Permission::Read);
    // Whether they succeed depends on the server.
    let _ = client.put_object_acl(&bucket, "k", CannedAcl::PublicRead);
    let _ = client.put_object_acl(&bucket, "k", grants.clone());
    let _ = client.put_object_acl(&bucket, "missing", CannedAcl::PublicRead);
    let _ = client.put_bucket_acl(&bucket, grants);
    // Another client, because the grants may have removed the permission of the owner to read.
    let _ = variant.client().put_object_acl(&bucket, "k", CannedAcl::PublicRead);
    assert_eq!(client.get_object(&bucket, "k").unwrap().text().unwrap(), "precious");
    assert!(!client.object_exists(&bucket, "missing").unwrap());
    let planned = TestBucket::planned(&client);
    client.put_bucket_acl(&planned, CannedAcl::PublicRead).unwrap_err();
    assert!(!client.bucket_exists(&planned).unwrap());
}

/// The canned ACLs of an object, whether everybody may read it, and whether every user may read it.
const CANNED_ACLS: [(CannedAcl, bool, bool); 6] = [
    (CannedAcl::PublicRead, true, true),
    (CannedAcl::PublicReadWrite, true, true),
    (CannedAcl::AuthenticatedRead, false, true),
    (CannedAcl::BucketOwnerRead, false, false),
    (CannedAcl::BucketOwnerFullControl, false, false),
    (CannedAcl::Private, false, false),
];

/// The effect of canned ACLs on the requests of others.
pub(crate) fn canned_acls(variant: &Variant<'_>) {
    let client = variant.client();
    let anonymous = variant.anonymous();
    let bucket = TestBucket::create(&client);
    client.put_object(&bucket, "k", "x").unwrap();
    let public = TestBucket::planned(&client);
    let options = CreateBucketOptions::new().acl(CannedAcl::PublicRead);
    client.create_bucket_with(&public, &options).unwrap();

    gaps::ACLS_ENFORCED.attempt(|| {
        client.put_object_acl(&bucket, "k", CannedAcl::Private).unwrap();
        if let Some(other) = variant.other() {
            assert_canned_acls_apply(&client, &bucket, &other, |(_, _, any_user)| any_user);
            assert_eq!(other.list_objects(&public).count(), 0);
        }
        if !gaps::PUBLIC_OBJECTS.is_gap() {
            assert_canned_acls_apply(&client, &bucket, &anonymous, |(_, everybody, _)| everybody);
            assert_eq!(anonymous.list_objects(&public).count(), 0);
        }
    });
    assert_eq!(client.get_object(&bucket, "k").unwrap().text().unwrap(), "x");
}

/// Asserts that each canned ACL of the bucket and its object `k` gives `user` the permissions that are expected.
fn assert_canned_acls_apply(
    client: &Client,
    bucket: &str,
    user: &Client,
    may_read: impl Fn((CannedAcl, bool, bool)) -> bool,
) {
    for canned in CANNED_ACLS {
        client.put_object_acl(bucket, "k", canned.0).unwrap();
        assert_eq!(user.get_object(bucket, "k").is_ok(), may_read(canned), "{canned:?}");
    }
    assert_denied(user.list_objects(bucket).next().unwrap());
    for canned in [CannedAcl::PublicRead, CannedAcl::PublicReadWrite] {
        client.put_bucket_acl(bucket, canned).unwrap();
        assert_eq!(user.list_objects(bucket).next().unwrap().unwrap().key, "k");
        assert_denied(user.get_object(bucket, "k")); // the ACL of the bucket does not apply to its objects
    }
    user.put_object(bucket, "from another user", "x").unwrap();
    client.put_bucket_acl(bucket, CannedAcl::Private).unwrap();
    assert_denied(user.put_object(bucket, "k2", "x"));
    client.delete_object(bucket, "from another user").unwrap();
}

pub(crate) fn second_user(variant: &Variant<'_>) {
    let Some(other) = variant.other() else { return };
    let client = variant.client();
    let bucket = TestBucket::create(&client);
    client.put_object(&bucket, "k", "mine").unwrap();

    assert_denied(other.head_bucket(&bucket));
    assert_denied(other.list_objects(&bucket).next().unwrap());
    let denied = assert_denied(other.get_object(&bucket, "k"));
    assert!(
        denied.hint().unwrap().starts_with("The access key needs the permission s3:GetObject: "),
        "{denied}"
    );
    assert_denied(other.head_object(&bucket, "k"));
    assert_denied(other.put_object(&bucket, "k", "theirs"));
    assert_denied(other.delete_object(&bucket, "k"));
    let denied = other.delete_objects(&bucket, ["k"]).unwrap_err(); // Ceph 20 rejects each key, others the request
    assert!(denied.is_access_denied(), "{denied}");
    assert_denied(other.get_object_acl(&bucket, "k"));
    assert_denied(other.put_object_acl(&bucket, "k", CannedAcl::PublicRead));
    assert_denied(other.get_bucket_acl(&bucket));
    assert_denied(other.put_bucket_acl(&bucket, CannedAcl::PublicReadWrite));
    assert_denied(other.delete_bucket(&bucket));
    assert_denied(other.force_delete_bucket(&bucket));
    let taken = other.create_bucket(&bucket).unwrap_err();
    assert!(taken.is_bucket_already_exists(), "{taken}");
    assert!(!owns(&other, &bucket) && owns(&client, &bucket));
    assert_eq!(client.get_object(&bucket, "k").unwrap().text().unwrap(), "mine");

    let theirs = format!("{}-other", &*bucket);
    other.create_bucket(&theirs).unwrap();
    gaps::BUCKET_OWNERS.check_eq(client.head_bucket(&theirs).is_err(), true);
    other.delete_bucket(&theirs).unwrap();
}

fn owns(client: &Client, bucket: &str) -> bool {
    client.list_buckets().unwrap().iter().any(|owned| owned.name == bucket)
}

fn assert_denied<T>(result: plain_s3::Result<T>) -> Error {
    let Err(error) = result else { panic!("the request was not denied") };
    assert!(error.is_access_denied() && error.status() == Some(403), "{error}");
    error
}
