//! Deleting one, many and all objects: never more than was named, and every failure told by its key.

use plain_s3::{DeleteAllOptions, ErrorKind, ObjectIdentifier};

use crate::clients::{client, client_v4, once, refused};
use crate::fake_server::{Answer, FakeServer, Received};
use crate::signatures::{assert_signed_v2, assert_signed_v4, md5_base64};
use crate::support::fails;

fn deleted(count: usize) -> Answer {
    Answer::xml(&format!("<DeleteResult>{}</DeleteResult>", "<Deleted><Key>k</Key></Deleted>".repeat(count)))
}

/// Says of every key it is sent that it is gone.
fn deletes_all(request: &Received) -> Answer {
    match request.method() {
        "POST" => deleted(request.text().matches("<Object>").count()),
        _ => Answer::new(204),
    }
}

#[test]
fn one_object_is_deleted_by_a_request_without_a_body() {
    let server = FakeServer::start([
        Answer::new(204),
        Answer::new(204).header("x-amz-version-id", "v1").header("x-amz-delete-marker", "true"),
    ]);
    let client = client(&server);
    let gone = client.delete_object("b", "goodbye.txt").unwrap();
    assert!(gone.version_id.is_none() && !gone.delete_marker);
    let marked = client.delete_object("b", "goodbye.txt").unwrap();
    assert!(marked.version_id.as_deref() == Some("v1") && marked.delete_marker);
    for request in server.finish::<2>() {
        assert_eq!((request.line(), request.body.len()), ("DELETE /b/goodbye.txt HTTP/1.1", 0));
        assert_eq!(request.header("transfer-encoding"), None);
    }
}

#[test]
fn many_keys_go_in_one_xml_body_with_its_md5() {
    let server = FakeServer::serve(deletes_all);
    let objects = [ObjectIdentifier::new("a&b<c>"), ObjectIdentifier::new(" d\r\n ").version_id("v/1")];
    client(&server).delete_objects("b", objects.clone()).unwrap();
    client_v4(&server).delete_objects("b", objects).unwrap();
    let [v2, v4] = server.finish();
    assert_signed_v2(&v2, None);
    assert_signed_v4(&v4);
    for request in [v2, v4] {
        assert_eq!(request.line(), "POST /b/?delete HTTP/1.1");
        assert_eq!(
            request.text(),
            "<Delete xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><Object><Key>a&amp;b&lt;c&gt;</Key></Object>\
             <Object><Key> d&#13;&#10; </Key><VersionId>v/1</VersionId></Object></Delete>"
        );
        assert_eq!(request.header("content-md5"), Some(md5_base64(&request.body).as_str()));
        assert_eq!(request.header("content-length"), Some(request.body.len().to_string().as_str()));
    }
}

#[test]
fn a_thousand_keys_go_in_one_request() {
    let server = FakeServer::serve(deletes_all);
    let keys: Vec<String> = (0..2001).map(|i| format!("key-{i:04}")).collect();
    client(&server).delete_objects("b", &keys).unwrap();
    let requests: [_; 3] = server.finish();
    let counts = requests.each_ref().map(|request| request.text().matches("<Object>").count());
    assert_eq!(counts, [1000, 1000, 1]);
    assert!(requests[2].text().contains("<Key>key-2000</Key>"));
    assert!(requests.iter().all(|request| request.connection == 1));
}

#[test]
fn no_keys_are_no_request() {
    let server = FakeServer::start([]);
    client(&server).delete_objects("b", Vec::<String>::new()).unwrap();
    let _: [_; 0] = server.finish();
}

#[test]
fn each_key_that_failed_is_told_and_the_others_are_gone() {
    let server = FakeServer::start([Answer::xml(
        "<DeleteResult xmlns='urn:x'><Deleted><Key>a</Key></Deleted><Error><Key>b</Key><Code>AccessDenied</Code>\
         <Message>No.</Message></Error><Error><Key> c </Key><VersionId>v</VersionId><Code>InternalError</Code>\
         </Error></DeleteResult>",
    )]);
    let error = fails(ErrorKind::PartialFailure, client(&server).delete_objects("b", ["a", "b", " c "]));
    let failures: Vec<_> = error
        .failures()
        .iter()
        .map(|f| (f.key.as_str(), f.version_id.as_deref(), f.code.as_str(), f.message.as_str()))
        .collect();
    assert_eq!(failures, [("b", None, "AccessDenied", "No."), (" c ", Some("v"), "InternalError", "")]);
    let text = error.to_string();
    assert!(
        text.starts_with(
            "DeleteObjects b: 2 of 3 keys could not be deleted, the first \"b\": AccessDenied No."
        ),
        "{text}"
    );
    let _: [_; 1] = server.finish();
}

#[test]
fn a_failure_on_one_page_does_not_keep_the_next_from_being_sent() {
    let failed = "<Error><Key>k</Key><Code>AccessDenied</Code></Error>";
    let rest = "<Deleted/>".repeat(999);
    let server =
        FakeServer::start([Answer::xml(&format!("<DeleteResult>{failed}{rest}</DeleteResult>")), deleted(1)]);
    let keys: Vec<String> = (0..1001).map(|i| i.to_string()).collect();
    let error = fails(ErrorKind::PartialFailure, client(&server).delete_objects("b", keys));
    assert_eq!(error.failures().len(), 1);
    let _: [_; 2] = server.finish();
}

#[test]
fn keys_that_xml_cannot_hold_are_deleted_by_requests_of_their_own() {
    let server = FakeServer::serve(|request| match request.path() {
        "/b/%02" => Answer::error(403, "AccessDenied"),
        _ => deletes_all(request),
    });
    let keys = ["a", "\u{1}", "b", "\u{2}", "\u{ffff}"];
    let error = fails(ErrorKind::PartialFailure, client(&server).delete_objects("b", keys));
    assert_eq!(
        (error.failures()[0].key.as_str(), error.failures()[0].code.as_str()),
        ("\u{2}", "AccessDenied")
    );
    assert_eq!(error.failures().len(), 1);
    let requests: [_; 4] = server.finish();
    let lines = requests.each_ref().map(|request| request.line());
    assert_eq!(
        lines,
        [
            "POST /b/?delete HTTP/1.1",
            "DELETE /b/%01 HTTP/1.1",
            "DELETE /b/%02 HTTP/1.1",
            "DELETE /b/%EF%BF%BF HTTP/1.1"
        ]
    );
    assert!(requests[0].text().contains("<Object><Key>a</Key></Object><Object><Key>b</Key></Object>"));
}

#[test]
fn a_200_that_is_no_result_is_no_success() {
    for (answer, kind, words) in [
        (Answer::xml("<Error><Code>InternalError</Code></Error>"), ErrorKind::Server, "InternalError"),
        (Answer::xml(""), ErrorKind::UnexpectedResponse, "empty"),
        (Answer::xml("<html><title>Login</title></html>"), ErrorKind::UnexpectedResponse, "titled \"Login\""),
        (deleted(1), ErrorKind::UnexpectedResponse, "1 keys of 2"),
        (deleted(3), ErrorKind::UnexpectedResponse, "3 keys of 2"),
        (Answer::error(400, "MalformedXML"), ErrorKind::Server, "MalformedXML"),
    ] {
        let server = FakeServer::start([answer]);
        let error = fails(kind, once(&server).delete_objects("b", ["a", "b"]));
        assert!(error.to_string().contains(words), "{error}");
        let _: [_; 1] = server.finish();
    }
}

#[test]
fn one_bad_key_among_many_keeps_all_from_being_sent() {
    let server = FakeServer::start([]);
    refused(client(&server).delete_objects("b", ["a", "", "c"]), "the key is empty");
    refused(client(&server).delete_objects("b", ["a".to_owned(), "x".repeat(1025)]), "1025 bytes");
    refused(client(&server).delete_objects("b/c", ["a"]), "\"b/c\"");
    refused(client(&server).delete_object("b", ""), "the key is empty");
    let _: [_; 0] = server.finish();
}

fn no_uploads() -> Answer {
    Answer::xml("<ListMultipartUploadsResult/>")
}

fn versions(keys: std::ops::Range<usize>, more: &str) -> Answer {
    let entries: String = keys
        .map(|i| format!("<Version><Key>key-{i:04}</Key><VersionId>v{i}</VersionId><Size>1</Size></Version>"))
        .collect();
    Answer::xml(&format!("<ListVersionsResult>{entries}{more}</ListVersionsResult>"))
}

#[test]
fn a_forced_delete_lists_and_deletes_by_thousands_and_the_bucket_last() {
    let more = "<IsTruncated>true</IsTruncated><NextKeyMarker>key-0999</NextKeyMarker>\
                <NextVersionIdMarker>v999</NextVersionIdMarker>";
    let server = FakeServer::start([
        no_uploads(),
        versions(0..1000, more),
        versions(1000..1002, ""),
        deleted(1000),
        deleted(2),
        // several pages: looked at once more, as servers skip entries while others go
        versions(0..0, ""),
        Answer::new(204),
    ]);
    let counts = client(&server).force_delete_bucket("b").unwrap();
    assert_eq!((counts.objects, counts.delete_markers, counts.uploads), (1002, 0, 0));
    let requests: [_; 7] = server.finish();
    let lines = requests.each_ref().map(|request| request.line());
    assert_eq!(
        lines,
        [
            "GET /b/?uploads&prefix= HTTP/1.1",
            "GET /b/?versions&prefix=&encoding-type=url HTTP/1.1",
            "GET /b/?versions&key-marker=key-0999&version-id-marker=v999&prefix=&encoding-type=url HTTP/1.1",
            "POST /b/?delete HTTP/1.1",
            "POST /b/?delete HTTP/1.1",
            "GET /b/?versions&prefix=&encoding-type=url HTTP/1.1",
            "DELETE /b/ HTTP/1.1"
        ]
    );
    assert!(requests[4].text().contains("<Key>key-1001</Key><VersionId>v1001</VersionId>"));
}

#[test]
fn a_forced_delete_where_there_are_no_versions_lists_objects() {
    let listing = "<ListBucketResult><Contents><Key>a</Key><Size>1</Size></Contents></ListBucketResult>";
    let server = FakeServer::start([
        no_uploads(),
        Answer::error(501, "NotImplemented"),
        Answer::xml(listing),
        deleted(1),
        Answer::new(204),
    ]);
    client(&server).force_delete_bucket("b").unwrap();
    let requests: [_; 5] = server.finish();
    assert!(requests[3].text().contains("<Object><Key>a</Key></Object>"));
}

#[test]
fn an_object_that_stays_keeps_the_bucket() {
    let failed = "<DeleteResult><Deleted/><Error><Key>key-0001</Key><VersionId>v1</VersionId>\
                  <Code>AccessDenied</Code></Error></DeleteResult>";
    let server = FakeServer::start([no_uploads(), versions(0..2, ""), Answer::xml(failed)]);
    let error = fails(ErrorKind::PartialFailure, client(&server).force_delete_bucket("b"));
    assert_eq!(error.failures()[0].key, "key-0001");
    let _: [_; 3] = server.finish();
}

#[test]
fn a_listing_that_fails_keeps_everything() {
    let server = FakeServer::start([Answer::error(403, "AccessDenied")]);
    assert!(fails(ErrorKind::Server, client(&server).force_delete_bucket("b")).is_access_denied());
    let _: [_; 1] = server.finish();
}

#[test]
fn a_dry_run_counts_and_changes_nothing() {
    let server = FakeServer::serve(|request| {
        assert_eq!(request.method(), "GET");
        match request.query_value("uploads") {
            Some(_) => Answer::xml(
                "<ListMultipartUploadsResult><Upload><Key>k-u</Key><UploadId>1</UploadId></Upload>\
                 </ListMultipartUploadsResult>",
            ),
            None => versions(0..3, "<DeleteMarker><Key>k-m</Key><VersionId>null</VersionId></DeleteMarker>"),
        }
    });
    let (client, dry) = (client(&server), DeleteAllOptions::new().dry_run());
    for counts in [
        client.force_delete_bucket_with("b", &dry),
        client.empty_bucket_with("b", &dry),
        client.delete_prefix_with("b", "k", &dry),
    ] {
        let counts = counts.unwrap();
        assert_eq!((counts.objects, counts.delete_markers, counts.uploads), (3, 1, 1));
    }
    assert_eq!(server.requests().len(), 6);
    assert_eq!(server.requests()[5].query_value("prefix"), Some("k"));
}

#[test]
fn nothing_is_deleted_by_an_empty_name_or_prefix() {
    let server = FakeServer::start([]);
    let client = client(&server);
    let error = refused(client.delete_prefix("b", ""), "the prefix is empty");
    assert!(error.hint().unwrap().contains("empty_bucket"), "{error}");
    refused(client.delete_prefix("", "k"), "the bucket name is empty");
    refused(client.empty_bucket(""), "the bucket name is empty");
    refused(client.force_delete_bucket(""), "the bucket name is empty");
    let _: [_; 0] = server.finish();
}

#[test]
fn an_upload_that_stays_is_told_and_one_that_is_gone_is_not() {
    let uploads = "<ListMultipartUploadsResult><Upload><Key>a</Key><UploadId>1</UploadId></Upload>\
                   <Upload><Key>b</Key><UploadId>2</UploadId></Upload><Upload><Key>c</Key>\
                   <UploadId>3</UploadId></Upload></ListMultipartUploadsResult>";
    let server = FakeServer::start([
        Answer::xml(uploads),
        Answer::new(204),
        Answer::error(404, "NoSuchUpload"),
        Answer::error(403, "AccessDenied"),
        versions(0..1, ""),
        deleted(1),
    ]);
    let error = fails(ErrorKind::PartialFailure, client(&server).force_delete_bucket("b"));
    let failed: Vec<_> = error.failures().iter().map(|failure| (&*failure.key, &*failure.code)).collect();
    assert_eq!(failed, [("c", "AccessDenied")]);
    assert!(error.to_string().contains("1 objects, 0 delete markers, 1 unfinished uploads"), "{error}");
    let _: [_; 6] = server.finish();
}

#[test]
fn what_a_server_lists_beside_the_prefix_is_not_deleted() {
    let uploads = "<ListMultipartUploadsResult><Upload><Key>other</Key><UploadId>u</UploadId></Upload>\
                   </ListMultipartUploadsResult>";
    let versions = "<ListVersionsResult><Version><Key>other</Key><VersionId>1</VersionId><Size>1</Size>\
                    <IsLatest>true</IsLatest></Version></ListVersionsResult>";
    for script in [vec![Answer::xml(uploads)], vec![no_uploads(), Answer::xml(versions)]] {
        let server = FakeServer::start(script);
        let error = fails(ErrorKind::UnexpectedResponse, client(&server).delete_prefix("b", "photos/"));
        assert!(error.to_string().contains("\"other\", which does not begin with"), "{error}");
        assert!(server.finish_any().iter().all(|request| request.method() == "GET"));
    }
}
