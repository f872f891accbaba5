//! ACLs with grants: read, changed, written back, and what they then allow.

use std::process::Command;

use plain_s3::{Acl, AclOptions, CannedAcl, Client, ErrorKind, Grantee, Method, Permission, RawRequest};

use super::fixture::TestBucket;
use super::gaps;
use super::server::{Variant, variable};

pub(crate) fn of_objects(variant: &Variant<'_>) {
    let Some(other) = variant.other() else { return };
    let client = variant.client();
    let bucket = TestBucket::create(&client);
    client.put_object(&bucket, "k", "mine").unwrap();
    let first = client.get_object_acl(&bucket, "k").unwrap();
    assert!(first.owner.is_some() && first.grants.len() == 1, "{first:?}");

    client.put_object_acl(&bucket, "k", &first).unwrap();
    assert_eq!(
        client.get_object_acl(&bucket, "k").unwrap(),
        first,
        "what was read is written back as it was"
    );

    let bob = Grantee::user(id_of(&other));
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

pub(crate) fn of_buckets(variant: &Variant<'_>) {
    let Some(other) = variant.other() else { return };
    let client = variant.client();
    let bucket = TestBucket::create(&client);
    let first = client.get_bucket_acl(&bucket).unwrap();
    let bob = Grantee::user(id_of(&other));

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

pub(crate) fn to_groups(variant: &Variant<'_>) {
    let client = variant.client();
    let bucket = TestBucket::create(&client);
    client.put_object(&bucket, "k", "x").unwrap();
    let mine = client.get_object_acl(&bucket, "k").unwrap();

    let signed = mine.clone().grant(Grantee::authenticated_users(), Permission::Read);
    client.put_object_acl(&bucket, "k", signed).unwrap();
    assert!(variant.anonymous().get_object(&bucket, "k").unwrap_err().is_access_denied());
    if let Some(other) = variant.other() {
        assert_eq!(other.get_object(&bucket, "k").unwrap().text().unwrap(), "x");
    }
    let everybody = mine.clone().grant(Grantee::all_users(), Permission::Read);
    client.put_object_acl(&bucket, "k", everybody).unwrap();
    assert!(client.get_object_acl(&bucket, "k").unwrap().is_public_read());
    assert_eq!(variant.anonymous().get_object(&bucket, "k").unwrap().text().unwrap(), "x");

    // a canned one takes the place of all grants
    client.put_object_acl(&bucket, "k", CannedAcl::Private).unwrap();
    assert_eq!(client.get_object_acl(&bucket, "k").unwrap(), mine);
}

pub(crate) fn by_email(variant: &Variant<'_>) {
    let Some(other) = variant.other() else { return };
    let client = variant.client();
    let bucket = TestBucket::create(&client);
    client.put_object(&bucket, "k", "x").unwrap();
    let mine = client.get_object_acl(&bucket, "k").unwrap();

    let nobody = mine.clone().grant(Grantee::email("nobody@example.com"), Permission::Read);
    let refused = client.put_object_acl(&bucket, "k", nobody);
    gaps::UNKNOWN_GRANTEE.check(
        variant.server,
        match refused {
            Err(error) if error.kind() == ErrorKind::Server => Ok(()),
            other => Err(format!("{other:?}")),
        },
    );

    // the server must know an address, and only this one can be told
    let Some(admin) = variable("S3_TEST_RADOSGW_ADMIN") else { return };
    let id = id_of(&other);
    let mut words = admin.split_whitespace();
    let set = Command::new(words.next().unwrap())
        .args(words)
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
    assert!(read.grants.iter().any(by_id), "the server answers the user whom the address means: {read:?}");
}

pub(crate) fn of_versions(variant: &Variant<'_>) {
    let client = variant.client();
    let bucket = TestBucket::create(&client);
    let request = RawRequest::new(Method::Put).bucket(&*bucket).subresource("versioning");
    let outcome = client.send_raw(
        &request,
        "<VersioningConfiguration xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><Status>Enabled</Status>\
         </VersioningConfiguration>",
    );
    let has_versions = outcome.map(drop).map_err(|error| error.to_string());
    gaps::VERSIONS.check(variant.server, has_versions.clone());
    if has_versions.is_err() {
        return;
    }
    let old = client.put_object(&bucket, "k", "old").unwrap().version_id.unwrap();
    client.put_object(&bucket, "k", "new").unwrap();
    let of_old = AclOptions::new().version_id(&old);
    client.put_object_acl_with(&bucket, "k", CannedAcl::PublicRead, &of_old).unwrap();
    assert!(client.get_object_acl_with(&bucket, "k", &of_old).unwrap().is_public_read());
    let newest: Acl = client.get_object_acl(&bucket, "k").unwrap();
    assert!(!newest.is_public_read());
    client.put_object_acl_with(&bucket, "k", newest, &of_old).unwrap();
    assert!(!client.get_object_acl_with(&bucket, "k", &of_old).unwrap().is_public_read());
    remove_versions(&client, &bucket);
}

/// A version is only removed by its id.
fn remove_versions(client: &Client, bucket: &str) {
    let request = RawRequest::new(Method::Get).bucket(bucket).subresource("versions");
    let listing = client.send_raw(&request, "").unwrap().text().unwrap();
    for id in listing.split("<VersionId>").skip(1).filter_map(|rest| rest.split('<').next()) {
        let object = plain_s3::ObjectIdentifier::new("k").version_id(id);
        client.delete_objects(bucket, [object]).unwrap();
    }
}

/// The canonical id of the user behind a client.
fn id_of(client: &Client) -> String {
    let bucket = TestBucket::create(client);
    client.get_bucket_acl(&bucket).unwrap().owner.unwrap().id
}
