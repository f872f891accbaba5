//! ACLs of buckets and objects: canned ACLs and lists of grants.

use plain_s3::{Acl, AclOptions, CannedAcl, Client, ErrorKind, Grantee, Permission, Result};

use crate::clients::{REGION, client, client_v4, client_without_retries, config_at, rejected};
use crate::fake_server::{FakeServer, Request, Response};
use crate::signatures::{assert_signed_v2, assert_signed_v4, md5_base64};
use crate::support::fails;

/// The responses of a server that supports ACLs.
fn with_acls(request: &Request) -> Response {
    match request.method() {
        "GET" => Response::xml("<AccessControlPolicy/>"),
        _ => Response::new(200),
    }
}

/// Writes canned ACLs and grants, to an object and to its bucket. Returns the results.
fn write_all(client: &Client, bucket: &str) -> [Result<()>; 4] {
    let grants = || Acl::new("alice").grant(Grantee::user("bob"), Permission::Read);
    [
        client.put_object_acl(bucket, "k", CannedAcl::PublicRead),
        client.put_object_acl(bucket, "k", grants()),
        client.put_bucket_acl(bucket, CannedAcl::PublicRead),
        client.put_bucket_acl(bucket, grants()),
    ]
}

// promise: S10
#[test]
fn server_without_acls_never_receives_one() {
    // The object, a listing of the bucket, an object that is XML with the child of an ACL, and an object that another
    // client has replaced with an ACL.
    for object in [
        "precious content",
        "",
        "<note><AccessControlList/><Owner><ID>alice</ID></Owner></note>",
        "<AccessControlPolicy><Owner><ID>alice</ID></Owner><AccessControlList/></AccessControlPolicy>",
    ] {
        let server = FakeServer::serve(move |request| match (request.method(), request.path()) {
            ("GET", "/b/k") => Response::content(object),
            ("GET", "/b/") => Response::xml("<ListBucketResult><Name>b</Name></ListBucketResult>"),
            (method, path) => panic!("{method} {path} would change something else"),
        });
        for result in write_all(&client_without_retries(&server), "b") {
            let error = result.unwrap_err();
            assert!(error.is_not_implemented() || error.kind() == ErrorKind::UnexpectedResponse, "{error}");
            assert!(error.hint().unwrap().contains("Nothing was changed"), "{error}");
            assert!(error.to_string().starts_with("Put"), "{error}");
        }
        assert!(server.finish_any().iter().all(|request| request.query() == [("acl", "")]));
    }
    // Of a bucket and an object that do not exist, it would create both.
    let server = FakeServer::serve(|request| match (request.method(), request.path()) {
        ("GET", "/b/k") => Response::error(404, "NoSuchKey"),
        ("GET", "/b/") => Response::error(404, "NoSuchBucket"),
        (method, path) => panic!("{method} {path} would create something"),
    });
    for result in write_all(&client(&server), "b") {
        assert!(result.unwrap_err().is_not_found());
    }
}

// promise: S10
#[test]
fn acl_is_read_once_for_each_bucket_and_for_the_objects_in_it() {
    let server = FakeServer::serve(with_acls);
    let client = client(&server);
    let methods = |from: usize| {
        let requests = server.requests();
        requests[from..].iter().map(|request| request.method().to_owned()).collect::<Vec<_>>()
    };
    write_all(&client, "b").into_iter().for_each(Result::unwrap);
    assert_eq!(methods(0), ["GET", "PUT", "PUT", "GET", "PUT", "PUT"]);
    client.put_object_acl("b", "another", CannedAcl::Private).unwrap();
    assert_eq!(methods(6), ["PUT"]);
    write_all(&client, "c").into_iter().for_each(Result::unwrap);
    assert_eq!(methods(7), ["GET", "PUT", "PUT", "GET", "PUT", "PUT"]);
    // An ACL that the caller has read is as good.
    client.get_object_acl("d", "k").unwrap();
    client.put_object_acl("d", "k", CannedAcl::Private).unwrap();
    assert_eq!(methods(13), ["GET", "PUT"]);
    let version = AclOptions::new().version_id("v").header("x-amz-request-payer", "requester");
    client.put_object_acl_with("e", "k", CannedAcl::Private, &version).unwrap();
    let requests = server.finish_any();
    let [get, put] = &requests[15..] else { panic!("not two requests") };
    for request in [get, put] {
        assert_eq!(request.target(), "/e/k?versionId=v&acl");
        assert_eq!(request.header("x-amz-request-payer"), Some("requester"));
    }
}

// promise: S10
#[test]
fn acl_with_another_root_is_read_but_proves_nothing() {
    let server = FakeServer::serve(|request| match request.method() {
        "GET" => Response::xml("<GetObjectAclOutput><AccessControlList/></GetObjectAclOutput>"),
        method => panic!("{method} may change something else"),
    });
    let client = client(&server);
    client.get_object_acl("b", "k").unwrap();
    let error = fails(ErrorKind::UnexpectedResponse, client.put_object_acl("b", "k", CannedAcl::Private));
    assert!(error.hint().unwrap().contains("Nothing was changed"), "{error}");
}

/// Their servers support ACLs, or reject requests for them.
#[test]
fn acl_is_written_to_known_providers_without_reading_it_first() {
    // A proxy gets the requests for these hosts.
    for host in ["s3.eu-west-1.amazonaws.com", "s3.us-west-004.backblazeb2.com", "s3.us-east-005.dream.io"] {
        let server = FakeServer::serve(|_| Response::new(200));
        let config = config_at(format!("http://{host}")).region(REGION).proxy(server.endpoint());
        write_all(&Client::new(config).unwrap(), "b").into_iter().for_each(Result::unwrap);
        let requests: [_; 4] = server.finish();
        assert!(requests.iter().all(|request| request.method() == "PUT"), "{host}");
    }
}

/// It would store the request as the object, or delete the object, although it knows `GET ?tagging`.
#[test]
fn supabase_receives_no_change_of_an_object_setting() {
    let server = FakeServer::serve(|_| panic!("nothing must be sent"));
    let client =
        Client::new(config_at(format!("{}/storage/v1/s3", server.endpoint())).region(REGION)).unwrap();
    for (result, text) in [
        (client.put_object_acl("b", "k", CannedAcl::Private), "PutObjectAcl: it would replace the object"),
        (client.put_object_tagging("b", "k", [("a", "b")]), "PutObjectTagging: it would replace the object"),
        (client.delete_object_tagging("b", "k"), "DeleteObjectTagging: it would delete the object"),
    ] {
        rejected(result, &format!("Supabase does not support {text}"));
    }
    server.finish::<0>();
}

#[test]
fn canned_acl_is_sent_as_a_header() {
    let server = FakeServer::serve(with_acls);
    let acls = [
        (CannedAcl::Private, "private"),
        (CannedAcl::PublicRead, "public-read"),
        (CannedAcl::PublicReadWrite, "public-read-write"),
        (CannedAcl::AuthenticatedRead, "authenticated-read"),
        (CannedAcl::BucketOwnerRead, "bucket-owner-read"),
        (CannedAcl::BucketOwnerFullControl, "bucket-owner-full-control"),
    ];
    let (v2, v4) = (client(&server), client_v4(&server));
    for (acl, _) in acls {
        v2.put_object_acl("b", "k", acl).unwrap();
        v4.put_bucket_acl("b", acl).unwrap();
    }
    let mut requests = server.finish_any();
    requests.retain(|request| request.method() == "PUT");
    assert_eq!(requests.len(), 12);
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
    let server = FakeServer::serve(with_acls);
    let client = client_v4(&server);
    let acl = Acl::new("alice").grant(Grantee::user("b&b"), Permission::Read);
    client.put_object_acl("b", "k", &acl).unwrap();
    client.put_bucket_acl("b", CannedAcl::LogDeliveryWrite).unwrap();
    let [_, grants, _, canned] = server.finish();
    assert_eq!(grants.line(), "PUT /b/k?acl HTTP/1.1");
    assert!(grants.text().contains("<Owner><ID>alice</ID></Owner>"), "{}", grants.text());
    assert!(grants.text().contains("<ID>b&amp;b</ID></Grantee><Permission>READ</Permission>"));
    assert_eq!(grants.header("content-md5"), Some(md5_base64(grants.text().as_bytes()).as_str()));
    assert_eq!(grants.header("x-amz-acl"), None);
    assert_signed_v4(&grants);
    assert_eq!((canned.text(), canned.header("x-amz-acl")), ("", Some("log-delivery-write")));
}
