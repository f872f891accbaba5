//! Bucket settings and object tags: what is sent, and that a server which does not know a setting never
//! receives a change that it would take for another action.

use plain_s3::{
    Client, CorsRule, ErrorKind, LifecycleRule, ObjectIdentifier, Payer, PublicAccessBlock, Result,
    Versioning, WebsiteConfiguration,
};

use crate::clients::{client, client_v4, client_without_retries, rejected};
use crate::fake_server::{FakeServer, Request, Response};
use crate::signatures::{assert_signed_v2, assert_signed_v4, md5_base64};
use crate::support::fails;

type Change = fn(&Client) -> Result<()>;

const CHANGES: [(&str, Change); 16] = [
    ("versioning", |client| client.put_bucket_versioning("b", Versioning::Enabled)),
    ("tagging", |client| client.put_bucket_tagging("b", [("a", "b")])),
    ("tagging", |client| client.delete_bucket_tagging("b")),
    ("tagging", |client| client.put_object_tagging("b", "k", [("a", "b")])),
    ("tagging", |client| client.delete_object_tagging("b", "k")),
    ("policy", |client| client.put_bucket_policy("b", "{}")),
    ("policy", |client| client.delete_bucket_policy("b")),
    ("cors", |client| client.put_bucket_cors("b", &[CorsRule::new("*", "GET")])),
    ("cors", |client| client.delete_bucket_cors("b")),
    ("lifecycle", |client| {
        client.put_bucket_lifecycle_configuration("b", &[LifecycleRule::new("").expire_after_days(1)])
    }),
    ("lifecycle", |client| client.delete_bucket_lifecycle("b")),
    ("website", |client| client.put_bucket_website("b", &WebsiteConfiguration::new("i"))),
    ("website", |client| client.delete_bucket_website("b")),
    ("publicAccessBlock", |client| client.put_public_access_block("b", PublicAccessBlock::all())),
    ("publicAccessBlock", |client| client.delete_public_access_block("b")),
    ("requestPayment", |client| client.put_bucket_request_payment("b", Payer::Requester)),
];

/// Ignores the subresource, as Ceph does with `?encryption`: lists the bucket or returns the object, without
/// an error.
fn ignores_subresources(request: &Request) -> Response {
    match (request.method(), request.path()) {
        ("GET", "/b/") => Response::xml("<ListBucketResult><Name>b</Name></ListBucketResult>"),
        ("GET", _) => Response::content("the content of the object"),
        (method, path) => panic!("{method} {path} would do something else"),
    }
}

#[test]
fn unknown_setting_is_never_changed() {
    let server = FakeServer::serve(ignores_subresources);
    let client = client_without_retries(&server);
    for (name, change) in CHANGES {
        let error = change(&client).unwrap_err();
        // The content of an object can only be recognised as something other than tags.
        let unknown = error.is_not_implemented() || error.kind() == ErrorKind::UnexpectedResponse;
        assert!(unknown && error.status() == Some(200), "{name}: {error}");
    }
    for (request, (name, _)) in server.finish_any().iter().zip(CHANGES) {
        assert_eq!(request.method(), "GET");
        assert_eq!(request.query(), [(name, "")]);
    }
}

#[test]
fn unreadable_setting_is_not_changed() {
    for code in ["AccessDenied", "NoSuchBucket", "NotImplemented"] {
        let status = if code == "NoSuchBucket" { 404 } else { 403 };
        let server = FakeServer::start(CHANGES.map(|_| Response::error(status, code)));
        for (name, change) in CHANGES {
            let error = fails(ErrorKind::Server, change(&client(&server)));
            assert_eq!(error.code(), Some(code), "{name}");
        }
        assert!(server.finish_any().iter().all(|request| request.method() == "GET"));
    }
}

#[test]
fn missing_setting_reads_as_none_and_is_not_deleted() {
    let missing = |code: &'static str| [Response::error(404, code), Response::error(404, code)];
    let server = FakeServer::start(
        ["NoSuchTagSet", "NoSuchBucketPolicy", "NoSuchCORSConfiguration", "NoSuchWebsiteConfiguration"]
            .into_iter()
            .flat_map(missing),
    );
    let client = client(&server);
    assert!(client.get_bucket_tagging("b").unwrap().is_empty());
    client.delete_bucket_tagging("b").unwrap();
    assert_eq!(client.get_bucket_policy("b").unwrap(), None);
    client.delete_bucket_policy("b").unwrap();
    assert!(client.get_bucket_cors("b").unwrap().is_empty());
    client.delete_bucket_cors("b").unwrap();
    assert_eq!(client.get_bucket_website("b").unwrap(), None);
    client.delete_bucket_website("b").unwrap();
    assert!(server.finish_any().iter().all(|request| request.method() == "GET"));
}

#[test]
fn change_is_sent_with_checksums_and_signed() {
    let responses = || {
        [
            Response::xml("<Tagging><TagSet/></Tagging>"),
            Response::new(200),
            Response::xml("<Tagging><TagSet/></Tagging>"),
            Response::new(204),
        ]
    };
    for v4 in [false, true] {
        let server = FakeServer::start(responses());
        let client = if v4 { client_v4(&server) } else { client(&server) };
        let old = ObjectIdentifier::new("a b").version_id("v/1");
        client.put_object_tagging("b", old.clone(), [("a & b", "<é>")]).unwrap();
        client.delete_object_tagging("b", old).unwrap();
        let requests: [_; 4] = server.finish();
        for request in &requests {
            assert_eq!(request.target(), "/b/a%20b?versionId=v%2F1&tagging");
            if v4 { assert_signed_v4(request) } else { assert_signed_v2(request, None) }
        }
        assert_eq!(requests.each_ref().map(|request| request.method()), ["GET", "PUT", "GET", "DELETE"]);
        let put = &requests[1];
        assert_eq!(
            put.text(),
            "<Tagging xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><TagSet><Tag><Key>a &amp; b</Key>\
             <Value>&lt;é&gt;</Value></Tag></TagSet></Tagging>"
        );
        assert_eq!(put.header("content-md5"), Some(md5_base64(&put.body).as_str()));
    }
}

#[test]
fn policy_is_sent_as_given() {
    let server = FakeServer::start([Response::error(404, "NoSuchBucketPolicy"), Response::new(204)]);
    client(&server).put_bucket_policy("b", " {\"Version\": \"é\"} ").unwrap();
    let [_, put] = server.finish();
    assert_eq!(put.text(), " {\"Version\": \"é\"} ");
    assert_eq!(put.header("content-type"), Some("application/json"));

    let server = FakeServer::start([]);
    rejected(client(&server).put_bucket_policy("b", "allow all"), "not a JSON object");
    rejected(client(&server).put_bucket_tagging("b", [("a\u{1}", "")]), "control character");
    rejected(client(&server).put_bucket_lifecycle_configuration("b", &[]), "the list of rules is empty");
    rejected(client(&server).get_bucket_cors(""), "the bucket name is empty");
    let _: [_; 0] = server.finish();
}

#[test]
fn partially_stored_rules_are_rolled_back() {
    let old = "<LifecycleConfiguration><Rule><ID>old</ID><Filter><Prefix>x</Prefix></Filter>\
               <Status>Enabled</Status><Expiration><Days>9</Days></Expiration></Rule></LifecycleConfiguration>";
    let kept = "<LifecycleConfiguration><Rule><ID>new</ID><Prefix></Prefix><Status>Enabled</Status>\
                <Expiration><Days>1</Days></Expiration></Rule></LifecycleConfiguration>";
    let rules = [LifecycleRule::new("").id("new").object_size_greater_than(5).expire_after_days(1)];
    let server =
        FakeServer::start([Response::xml(old), Response::new(200), Response::xml(kept), Response::new(200)]);
    let error = fails(ErrorKind::Integrity, client(&server).put_bucket_lifecycle_configuration("b", &rules));
    assert!(error.hint().unwrap().contains("the bucket has its previous rules again"), "{error}");
    let [_, put, _, undo] = server.finish();
    assert!(put.text().contains("<ObjectSizeGreaterThan>5<"));
    assert!(
        undo.method() == "PUT" && undo.text().contains("<ID>old</ID><Filter><Prefix>x<"),
        "{}",
        undo.text()
    );

    // There were no rules before, so there are none afterwards.
    let none = || Response::error(404, "NoSuchLifecycleConfiguration");
    let server = FakeServer::start([
        none(),
        Response::new(200),
        Response::xml(kept),
        Response::xml(kept),
        Response::new(204),
    ]);
    let error = fails(ErrorKind::Integrity, client(&server).put_bucket_lifecycle_configuration("b", &rules));
    assert!(error.hint().unwrap().contains("the bucket has no rules now"), "{error}");
    let requests: [_; 5] = server.finish();
    assert_eq!(requests[4].line(), "DELETE /b/?lifecycle HTTP/1.1");

    // A response from before the change, as from an eventually consistent server.
    let server = FakeServer::start([Response::xml(old), Response::new(200), Response::xml(old)]);
    client(&server).put_bucket_lifecycle_configuration("b", &rules).unwrap();
}
