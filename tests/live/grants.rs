//! ACLs with grants: reading them, changing them, writing them back, and their effect.

use std::process::Command;

use plain_s3::{Acl, AclOptions, CannedAcl, Client, ErrorKind, Grantee, Method, Permission, RawRequest};

use super::fixture::TestBucket;
use super::gaps;
use super::server::Variant;
use super::support::variable;

/// Reads ACLs with grants and writes them back, whether the server enforces them or not.
pub(crate) fn stored_grants(variant: &Variant<'_>) {
    if gaps::ACLS.is_gap() {
        return; // covered by access::stored_acls
    }
    let client = variant.client();
    let bucket = TestBucket::create(&client);
    client.put_object(&bucket, "k", "mine").unwrap();
    let first = client.get_object_acl(&bucket, "k").unwrap();
    client.put_object_acl(&bucket, "k", &first).unwrap();
    assert_eq!(client.get_object_acl(&bucket, "k").unwrap(), first, "an unmodified ACL can be written back");

    let (everybody, users) = (Grantee::all_users(), Grantee::authenticated_users());
    let acl =
        first.clone().grant(everybody.clone(), Permission::Read).grant(users.clone(), Permission::ReadAcp);
    client.put_object_acl(&bucket, "k", &acl).unwrap();
    let read = client.get_object_acl(&bucket, "k").unwrap();
    gaps::GRANTS.attempt(|| {
        assert_eq!(read.owner, first.owner);
        assert_eq!(read.grants.len(), acl.grants.len(), "{read:?}");
        assert!(acl.grants.iter().all(|grant| read.grants.contains(grant)), "{read:?}");
    });
    client.put_object_acl(&bucket, "k", read.revoke(&everybody).revoke(&users)).unwrap();
    assert_eq!(client.get_object_acl(&bucket, "k").unwrap(), first);
    // A canned ACL replaces all grants.
    client.put_object_acl(&bucket, "k", &acl).unwrap();
    client.put_object_acl(&bucket, "k", CannedAcl::Private).unwrap();
    assert_eq!(client.get_object_acl(&bucket, "k").unwrap(), first);
}

pub(crate) fn object_grants(variant: &Variant<'_>) {
    if !are_enforced() {
        return;
    }
    let Some(other) = variant.other() else { return };
    let client = variant.client();
    let bucket = TestBucket::create(&client);
    client.put_object(&bucket, "k", "mine").unwrap();
    let first = client.get_object_acl(&bucket, "k").unwrap();
    let bob = Grantee::user(canonical_id(&other));
    assert!(other.get_object(&bucket, "k").unwrap_err().is_access_denied());
    let acl = first.clone().grant(bob.clone(), Permission::Read).grant(bob.clone(), Permission::ReadAcp);
    client.put_object_acl(&bucket, "k", &acl).unwrap();
    assert_eq!(other.get_object(&bucket, "k").unwrap().text().unwrap(), "mine");
    let read = client.get_object_acl(&bucket, "k").unwrap();
    assert_eq!((read.owner.clone(), read.grants.len()), (first.owner.clone(), 3), "{read:?}");
    assert_eq!(other.get_object_acl(&bucket, "k").unwrap(), read);
    assert!(other.put_object_acl(&bucket, "k", &read).unwrap_err().is_access_denied());

    client.put_object_acl(&bucket, "k", read.revoke(&bob)).unwrap();
    assert_eq!(client.get_object_acl(&bucket, "k").unwrap(), first);
    assert!(other.get_object(&bucket, "k").unwrap_err().is_access_denied());
}

pub(crate) fn bucket_grants(variant: &Variant<'_>) {
    if !are_enforced() {
        return;
    }
    let Some(other) = variant.other() else { return };
    let client = variant.client();
    let bucket = TestBucket::create(&client);
    let first = client.get_bucket_acl(&bucket).unwrap();
    let bob = Grantee::user(canonical_id(&other));

    client.put_bucket_acl(&bucket, first.clone().grant(bob.clone(), Permission::Write)).unwrap();
    other.put_object(&bucket, "from bob", "x").unwrap();
    assert!(other.list_objects(&bucket).next().unwrap().unwrap_err().is_access_denied());
    let acl = client.get_bucket_acl(&bucket).unwrap().grant(bob.clone(), Permission::Read);
    client.put_bucket_acl(&bucket, &acl).unwrap();
    assert_eq!(other.list_objects(&bucket).next().unwrap().unwrap().key, "from bob");
    client.put_bucket_acl(&bucket, acl.revoke(&bob)).unwrap();
    assert!(other.put_object(&bucket, "again", "x").unwrap_err().is_access_denied());
    assert_eq!(client.get_bucket_acl(&bucket).unwrap(), first);
}

pub(crate) fn group_grants(variant: &Variant<'_>) {
    if !are_enforced() {
        return;
    }
    let client = variant.client();
    let bucket = TestBucket::create(&client);
    client.put_object(&bucket, "k", "x").unwrap();
    let mine = client.get_object_acl(&bucket, "k").unwrap();

    let signed = mine.clone().grant(Grantee::authenticated_users(), Permission::Read);
    client.put_object_acl(&bucket, "k", signed).unwrap();
    if let Some(other) = variant.other() {
        assert_eq!(other.get_object(&bucket, "k").unwrap().text().unwrap(), "x");
    }
    if gaps::PUBLIC_OBJECTS.is_gap() {
        return; // covered by access::unsigned
    }
    assert!(variant.anonymous().get_object(&bucket, "k").unwrap_err().is_access_denied());
    let everybody = mine.clone().grant(Grantee::all_users(), Permission::Read);
    client.put_object_acl(&bucket, "k", everybody).unwrap();
    assert_eq!(variant.anonymous().get_object(&bucket, "k").unwrap().text().unwrap(), "x");
    client.put_object_acl(&bucket, "k", mine).unwrap();
    assert!(variant.anonymous().get_object(&bucket, "k").unwrap_err().is_access_denied());
}

pub(crate) fn email_grants(variant: &Variant<'_>) {
    if gaps::ACLS.is_gap() {
        return; // covered by access::stored_acls
    }
    let client = variant.client();
    let bucket = TestBucket::create(&client);
    client.put_object(&bucket, "k", "x").unwrap();
    let mine = client.get_object_acl(&bucket, "k").unwrap();

    let nobody = mine.clone().grant(Grantee::email("nobody@example.com"), Permission::Read);
    let result = client.put_object_acl(&bucket, "k", nobody);
    gaps::UNKNOWN_GRANTEE.check(match result {
        Err(error) if error.kind() == ErrorKind::Server => Ok(()),
        other => Err(format!("{other:?}")),
    });

    // A grant by email needs a user with that address, and only Ceph lets the test set one.
    let (Some(other), Some(admin)) = (variant.other(), variable("S3_TEST_RADOSGW_ADMIN")) else { return };
    let id = canonical_id(&other);
    let mut admin = admin.split_whitespace();
    let set = Command::new(admin.next().unwrap())
        .args(admin)
        .args(["user", "modify", "--uid", &id, "--email", "bob@example.com"])
        .output()
        .unwrap();
    assert!(set.status.success(), "{}", String::from_utf8_lossy(&set.stderr));
    let acl = mine.grant(Grantee::email("bob@example.com"), Permission::Read);
    client.put_object_acl(&bucket, "k", acl).unwrap();
    assert_eq!(other.get_object(&bucket, "k").unwrap().text().unwrap(), "x");
    let read = client.get_object_acl(&bucket, "k").unwrap();
    let by_id =
        |grant: &plain_s3::Grant| matches!(&grant.grantee, Grantee::User { id: user, .. } if *user == id);
    assert!(read.grants.iter().any(by_id), "the server returns the user who has the address: {read:?}");
}

pub(crate) fn version_acls(variant: &Variant<'_>) {
    if gaps::ACLS.is_gap() {
        return; // covered by access::stored_acls
    }
    let client = variant.client();
    let bucket = TestBucket::create(&client);
    let request = RawRequest::new(Method::Put).bucket(&*bucket).subresource("versioning");
    let outcome = client.send_raw(
        &request,
        "<VersioningConfiguration xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><Status>Enabled</Status>\
         </VersioningConfiguration>",
    );
    let versioned = outcome.map(drop).map_err(|error| error.to_string());
    gaps::VERSIONS.check(versioned.clone());
    if versioned.is_err() {
        return;
    }
    let old = client.put_object(&bucket, "k", "old").unwrap().version_id.unwrap();
    client.put_object(&bucket, "k", "new").unwrap();
    let old_version = AclOptions::new().version_id(&old);
    gaps::VERSION_ACLS.attempt(|| {
        client.put_object_acl_with(&bucket, "k", CannedAcl::PublicRead, &old_version).unwrap();
        assert!(client.get_object_acl_with(&bucket, "k", &old_version).unwrap().is_public_read());
        let newest: Acl = client.get_object_acl(&bucket, "k").unwrap();
        assert!(!newest.is_public_read());
        client.put_object_acl_with(&bucket, "k", newest, &old_version).unwrap();
        assert!(!client.get_object_acl_with(&bucket, "k", &old_version).unwrap().is_public_read());
    });
    delete_versions(&client, &bucket);
}

/// Returns `true` if the server is not declared to ignore grants; `access` verifies the declaration.
fn are_enforced() -> bool {
    !gaps::ACLS.is_gap() && !gaps::ACLS_ENFORCED.is_gap()
}

/// Deletes all versions of the object.
fn delete_versions(client: &Client, bucket: &str) {
    let request = RawRequest::new(Method::Get).bucket(bucket).subresource("versions");
    let listing = client.send_raw(&request, "").unwrap().text().unwrap();
    for id in listing.split("<VersionId>").skip(1).filter_map(|rest| rest.split('<').next()) {
        let object = plain_s3::ObjectIdentifier::new("k").version_id(id);
        client.delete_objects(bucket, [object]).unwrap();
    }
}

/// Returns the canonical ID of the user of a client.
fn canonical_id(client: &Client) -> String {
    let bucket = TestBucket::create(client);
    client.get_bucket_acl(&bucket).unwrap().owner.unwrap().id
}
