//! ACLs of buckets and objects: canned ACLs and lists of grants.

use plain_s3::{Acl, CannedAcl, Grantee, Permission};

use crate::clients::{client, client_v4};
use crate::fake_server::{FakeServer, Response};
use crate::signatures::{assert_signed_v2, assert_signed_v4, md5_base64};

#[test]
fn canned_acl_is_sent_as_a_header() {
    let server = FakeServer::serve(|_| Response::new(200));
    let acls = [
        (CannedAcl::Private, "private"),
        (CannedAcl::PublicRead, "public-read"),
        (CannedAcl::PublicReadWrite, "public-read-write"),
        (CannedAcl::AuthenticatedRead, "authenticated-read"),
        (CannedAcl::BucketOwnerRead, "bucket-owner-read"),
        (CannedAcl::BucketOwnerFullControl, "bucket-owner-full-control"),
    ];
    for (acl, _) in acls {
        client(&server).put_object_acl("b", "k", acl).unwrap();
        client_v4(&server).put_bucket_acl("b", acl).unwrap();
    }
    let requests: [_; 12] = server.finish();
    for (pair, (_, name)) in requests.chunks(2).zip(acls) {
        assert_eq!(pair[0].line(), "PUT /b/k?acl HTTP/1.1");
        assert_eq!(pair[1].line(), "PUT /b/?acl HTTP/1.1");
        assert_signed_v2(&pair[0], None);
        assert_signed_v4(&pair[1]);
        for request in pair {
            assert_eq!(request.header("x-amz-acl"), Some(name));
            assert_eq!((request.header("content-length"), request.body.len()), (Some("0"), 0));
        }
    }
}

#[test]
fn acl_is_read_with_owner_and_grants() {
    let server = FakeServer::serve(|_| {
        Response::xml(
            "<AccessControlPolicy xmlns='urn:x'><Owner><ID>alice</ID></Owner><AccessControlList><Grant><Grantee \
             xmlns:xsi='http://www.w3.org/2001/XMLSchema-instance' xsi:type='Group'>\
             <URI>http://acs.amazonaws.com/groups/global/AllUsers</URI></Grantee><Permission>READ</Permission>\
             </Grant><Grant><Grantee><ID>alice</ID></Grantee><Permission>FULL_CONTROL</Permission></Grant>\
             </AccessControlList></AccessControlPolicy>",
        )
    });
    let client = client(&server);
    for acl in [client.get_object_acl("b", "k").unwrap(), client.get_bucket_acl("b").unwrap()] {
        assert!(acl.is_public_read());
        assert_eq!(acl.owner.unwrap().id, "alice");
        assert_eq!(
            (&acl.grants[0].grantee, &acl.grants[0].permission),
            (&Grantee::all_users(), &Permission::Read)
        );
        assert_eq!(acl.grants[1].permission, Permission::FullControl);
    }
    let [object, bucket] = server.finish();
    assert_eq!((object.line(), bucket.line()), ("GET /b/k?acl HTTP/1.1", "GET /b/?acl HTTP/1.1"));
}

#[test]
fn acl_with_grants_is_sent_as_xml_and_canned_acl_as_a_header() {
    let server = FakeServer::start([Response::new(200), Response::new(200)]);
    let client = client_v4(&server);
    let acl = Acl::new("alice").grant(Grantee::user("b&b"), Permission::Read);
    client.put_object_acl("b", "k", &acl).unwrap();
    client.put_bucket_acl("b", CannedAcl::LogDeliveryWrite).unwrap();
    let [grants, canned] = server.finish();
    assert_eq!(grants.line(), "PUT /b/k?acl HTTP/1.1");
    assert!(grants.text().contains("<Owner><ID>alice</ID></Owner>"), "{}", grants.text());
    assert!(grants.text().contains("<ID>b&amp;b</ID></Grantee><Permission>READ</Permission>"));
    assert_eq!(grants.header("content-md5"), Some(md5_base64(grants.text().as_bytes()).as_str()));
    assert_eq!(grants.header("x-amz-acl"), None);
    assert_signed_v4(&grants);
    assert_eq!((canned.text(), canned.header("x-amz-acl")), ("", Some("log-delivery-write")));
}
