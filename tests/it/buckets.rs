//! Bucket operations: the requests that are sent, and the results and errors that the responses become.

use plain_s3::{CannedAcl, Client, CreateBucketOptions, ErrorKind, Result};

use crate::clients::{client, client_v4, client_without_retries};
use crate::fake_server::{FakeServer, Response};
use crate::signatures::{assert_signed_v2, assert_signed_v4, md5_base64};
use crate::support::fails;

#[test]
fn list_buckets_reads_dates_in_any_namespace() {
    let body = |xmlns: &str| {
        format!(
            "\u{feff}\n<?xml version='1.0'?><ListAllMyBucketsResult{xmlns}><Owner><ID>a</ID></Owner><Buckets>\
             <Bucket><Name>mahbuckat1</Name><CreationDate>2011-04-21T18:05:39.000Z</CreationDate></Bucket>\
             <Bucket><Name>mahbuckat2</Name><CreationDate>2011-04-21T18:05:48.123456+00:00</CreationDate></Bucket>\
             <Bucket><Name>mahbuckat3</Name></Bucket></Buckets></ListAllMyBucketsResult>"
        )
    };
    for xmlns in ["", " xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"", " xmlns=\"urn:other\""] {
        let server = FakeServer::start([Response::xml(&body(xmlns))]);
        let buckets = client(&server).list_buckets().unwrap();
        let lines: Vec<String> = buckets.iter().map(|b| format!("{} {}", b.name, b.creation_date)).collect();
        assert_eq!(
            lines,
            ["mahbuckat1 2011-04-21T18:05:39.000Z", "mahbuckat2 2011-04-21T18:05:48.123Z", "mahbuckat3 -"]
        );
        let [request] = server.finish();
        assert_eq!((request.line(), request.body.len()), ("GET / HTTP/1.1", 0));
    }
}

#[test]
fn create_bucket_sends_a_body_only_for_a_location() {
    let server = FakeServer::start([Response::new(200), Response::new(200)]);
    client(&server).create_bucket("my-new-bucket").unwrap();
    let options = CreateBucketOptions::new().acl(CannedAcl::PublicRead).location_constraint("eu<1>");
    client_v4(&server).create_bucket_with("my-new-bucket", &options).unwrap();
    let [plain, located] = server.finish();
    assert_eq!(plain.line(), "PUT /my-new-bucket/ HTTP/1.1");
    assert_eq!((plain.header("content-length"), plain.header("transfer-encoding")), (Some("0"), None));
    assert_eq!((plain.header("x-amz-acl"), plain.header("content-type")), (None, None));
    assert_signed_v2(&plain, None);

    assert_eq!(
        located.text(),
        "<CreateBucketConfiguration xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">\
         <LocationConstraint>eu&lt;1&gt;</LocationConstraint></CreateBucketConfiguration>"
    );
    assert_eq!(located.header("x-amz-acl"), Some("public-read"));
    assert_eq!(located.header("content-md5"), Some(md5_base64(&located.body).as_str()));
    assert_signed_v4(&located);
}

#[test]
fn create_bucket_distinguishes_own_and_foreign_buckets() {
    for (code, own) in [("BucketAlreadyExists", false), ("BucketAlreadyOwnedByYou", true)] {
        let server = FakeServer::start([Response::error(409, code)]);
        let error = fails(ErrorKind::Server, client(&server).create_bucket("b"));
        assert!(error.is_bucket_already_exists());
        assert_eq!(
            error
                .hint()
                .is_some_and(|hint| hint.contains("someone else owns this one: choose another name.")),
            !own,
            "{error}"
        );
        let _: [_; 1] = server.finish();
    }
}

#[test]
fn head_bucket_returns_the_region_or_a_default_code() {
    let server = FakeServer::start([
        Response::new(200).header("x-amz-bucket-region", "eu-west-1"),
        Response::new(200),
        Response::new(404).header("x-amz-request-id", "tx1"),
        Response::new(403),
        Response::error(403, "InvalidAccessKeyId"),
    ]);
    let client = client(&server);
    assert_eq!(client.head_bucket("b").unwrap().region.as_deref(), Some("eu-west-1"));
    assert_eq!(client.head_bucket("b").unwrap().region, None);
    let missing = fails(ErrorKind::Server, client.head_bucket("b"));
    assert!(missing.is_not_found());
    assert_eq!((missing.code(), missing.request_id()), (Some("NotFound"), Some("tx1")));
    let denied = fails(ErrorKind::Server, client.head_bucket("b"));
    assert!(denied.is_access_denied());
    // only the response to a GET contains the cause
    assert_eq!(denied.code(), Some("InvalidAccessKeyId"));
    assert!(denied.to_string().starts_with("HeadBucket b: 403 InvalidAccessKeyId"), "{denied}");
    let [heads @ .., get] = server.finish::<5>();
    assert!(heads.iter().all(|request| request.line() == "HEAD /b/ HTTP/1.1"));
    assert_eq!(get.line(), "GET /b/?max-keys=0 HTTP/1.1");
}

#[test]
fn delete_bucket_fails_unless_empty() {
    let server = FakeServer::start([
        Response::new(204),
        Response::error(409, "BucketNotEmpty"),
        Response::error(404, "NoSuchBucket"),
    ]);
    let client = client(&server);
    client.delete_bucket("b").unwrap();
    let error = fails(ErrorKind::Server, client.delete_bucket("b"));
    assert!(error.is_bucket_not_empty() && error.to_string().contains("force_delete_bucket"), "{error}");
    assert!(fails(ErrorKind::Server, client.delete_bucket("b")).is_no_such_bucket());
    assert!(server.finish::<3>().iter().all(|request| request.line() == "DELETE /b/ HTTP/1.1"));
}

#[test]
fn empty_listing_succeeds_and_foreign_xml_fails() {
    let server = FakeServer::start([
        Response::xml("<ListAllMyBucketsResult><Owner/><Buckets/></ListAllMyBucketsResult>"),
        Response::xml("<Tagging/>"),
    ]);
    let client = client_without_retries(&server);
    assert_eq!(client.list_buckets().unwrap(), []);
    let error = fails(ErrorKind::UnexpectedResponse, client.list_buckets());
    assert!(
        error
            .to_string()
            .starts_with("ListBuckets: the response is <Tagging>; <ListAllMyBucketsResult> was expected. "),
        "{error}"
    );
}

#[test]
fn every_page_of_buckets_is_listed() {
    let page = |names: &[&str], token: &str| {
        let buckets: String =
            names.iter().map(|name| format!("<Bucket><Name>{name}</Name></Bucket>")).collect();
        Response::xml(&format!(
            "<ListAllMyBucketsResult><Buckets>{buckets}</Buckets>{token}</ListAllMyBucketsResult>"
        ))
    };
    let token = |text: &str| format!("<ContinuationToken>{text}</ContinuationToken>");
    let server =
        FakeServer::start([page(&["a", "b"], &token("t/1")), page(&["c"], &token("t2")), page(&["d"], "")]);
    let names: Vec<_> =
        client(&server).list_buckets().unwrap().into_iter().map(|bucket| bucket.name).collect();
    assert_eq!(names, ["a", "b", "c", "d"]);
    let [first, second, third] = server.finish();
    assert_eq!(first.line(), "GET / HTTP/1.1");
    assert_eq!(second.line(), "GET /?continuation-token=t%2F1 HTTP/1.1");
    assert_eq!(third.line(), "GET /?continuation-token=t2 HTTP/1.1");

    // A server that ignores the token returns the same page again and again.
    let server = FakeServer::serve(move |_| page(&["a"], &token("t")));
    let error = fails(ErrorKind::UnexpectedResponse, client(&server).list_buckets());
    assert!(error.to_string().starts_with("ListBuckets: the listing does not advance"), "{error}");
}

#[test]
fn existence_is_false_only_for_404() {
    type Exists = fn(&Client) -> Result<bool>;
    let object: Exists = |client| client.object_exists("b", "k");
    let bucket: Exists = |client| client.bucket_exists("b");
    for (exists, target) in [(object, "/b/k"), (bucket, "/b/")] {
        let head = |status| Response::new(status).content_length(0);
        let server = FakeServer::start([head(200), head(404), head(403), head(403)]);
        let client = client_without_retries(&server);
        assert!(exists(&client).unwrap());
        assert!(!exists(&client).unwrap());
        assert!(fails(ErrorKind::Server, exists(&client)).is_access_denied());
        // the last request, a GET, looks for the cause of the 403
        let [heads @ .., get] = server.finish::<4>();
        assert_eq!(get.method(), "GET");
        for request in heads {
            assert_eq!((request.method(), request.target()), ("HEAD", target));
        }
    }
}
