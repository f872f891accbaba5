//! Deleting one, many or all objects: only what was named is deleted, and every failure is reported with its
//! key.

use plain_s3::{DeleteAllOptions, DeleteObjectOptions, DeleteObjectsOptions, ErrorKind, ObjectIdentifier};

use crate::clients::{client, client_v4, client_without_retries, rejected};
use crate::fake_server::{FakeServer, Request, Response};
use crate::signatures::{assert_signed_v2, assert_signed_v4, md5_base64};
use crate::support::fails;

/// Reports every key of the request as deleted.
fn deletes_all(request: &Request) -> Response {
    match request.method() {
        "POST" => Response::deleted(request, &[]),
        _ => Response::new(204),
    }
}

/// The response to DeleteObjects that reports every key as deleted.
fn deleted() -> Response {
    Response::from_fn(deletes_all)
}

#[test]
fn delete_object_sends_no_body() {
    let server = FakeServer::start([
        Response::new(204),
        Response::new(204).header("x-amz-version-id", "v1").header("x-amz-delete-marker", "true"),
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
fn delete_objects_sends_xml_with_its_md5() {
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
fn delete_objects_sends_a_thousand_keys_per_request() {
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
fn empty_list_sends_no_request() {
    let server = FakeServer::start([]);
    client(&server).delete_objects("b", Vec::<String>::new()).unwrap();
    let _: [_; 0] = server.finish();
}

// promise: X1
#[test]
fn failed_keys_are_reported() {
    let server = FakeServer::start([Response::xml(
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
            "DeleteObjects b: 2 of 3 keys could not be deleted. The first is \"b\": AccessDenied: No. "
        ),
        "{text}"
    );
    let _: [_; 1] = server.finish();
}

// promise: X1
#[test]
fn failure_in_one_request_does_not_stop_the_next() {
    let failed = "<Error><Key>7</Key><Code>AccessDenied</Code></Error>";
    let rest: String =
        (0..1000).filter(|i| *i != 7).map(|i| format!("<Deleted><Key>{i}</Key></Deleted>")).collect();
    let server = FakeServer::start([
        Response::xml(&format!("<DeleteResult>{failed}{rest}</DeleteResult>")),
        deleted(),
    ]);
    let keys: Vec<String> = (0..1001).map(|i| i.to_string()).collect();
    let error = fails(ErrorKind::PartialFailure, client(&server).delete_objects("b", keys));
    assert_eq!(error.failures().len(), 1);
    let _: [_; 2] = server.finish();
}

#[test]
fn keys_not_representable_in_xml_are_deleted_one_by_one() {
    let server = FakeServer::serve(|request| match request.path() {
        "/b/%02" => Response::error(403, "AccessDenied"),
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

// promise: X3
#[test]
fn unexpected_200_fails() {
    for (response, kind, words) in [
        (Response::xml("<Error><Code>InternalError</Code></Error>"), ErrorKind::Server, "InternalError"),
        (Response::xml(""), ErrorKind::UnexpectedResponse, "empty"),
        (
            Response::xml("<html><title>Login</title></html>"),
            ErrorKind::UnexpectedResponse,
            "titled \"Login\"",
        ),
    ] {
        let server = FakeServer::start([response]);
        let error = fails(kind, client_without_retries(&server).delete_objects("b", ["a", "b"]));
        assert!(error.to_string().contains(words), "{error}");
        let _: [_; 1] = server.finish();
    }
}

/// An object that does not exist is deleted, whether the server reports a code or only the status.
#[test]
fn missing_object_counts_as_deleted() {
    for (code, requests) in [("NoSuchKey", 1), ("NoSuchVersion", 1)] {
        let server = FakeServer::start([Response::error(404, code)]);
        client(&server).delete_object("b", "k").unwrap();
        assert_eq!(server.requests().len(), requests);
    }
    // without a body, the bucket has to be checked
    let server = FakeServer::start([Response::new(404), Response::new(200)]);
    client(&server).delete_object("b", "k").unwrap();
    let [_, head] = server.finish();
    assert_eq!(head.line(), "HEAD /b/ HTTP/1.1");
    let server = FakeServer::start([Response::new(404), Response::new(404)]);
    assert!(fails(ErrorKind::Server, client(&server).delete_object("b", "k")).is_not_found());
    let _: [_; 2] = server.finish();

    let server = FakeServer::start([Response::error(404, "NoSuchBucket")]);
    assert!(fails(ErrorKind::Server, client(&server).delete_object("b", "k")).is_no_such_bucket());
    let server = FakeServer::start([Response::new(404).body("<html><title>Not Found</title></html>")]);
    fails(ErrorKind::UnexpectedResponse, client(&server).delete_object("b", "k"));
}

#[test]
fn missing_version_counts_as_deleted() {
    let version = DeleteObjectOptions::new().version_id("v1");
    let server =
        FakeServer::start([Response::error(404, "NoSuchVersion"), Response::error(404, "NoSuchBucket")]);
    let client = client(&server);
    let deleted = client.delete_object_with("b", "k", &version).unwrap();
    assert!(deleted.version_id.is_none() && !deleted.delete_marker);
    assert!(fails(ErrorKind::Server, client.delete_object_with("b", "k", &version)).is_no_such_bucket());
    for request in server.finish::<2>() {
        assert_eq!(request.line(), "DELETE /b/k?versionId=v1 HTTP/1.1");
    }
}

// promise: X3
#[test]
fn key_that_the_response_omits_is_looked_up() {
    let server = FakeServer::serve(|request| match (request.method(), request.path()) {
        ("POST", _) => Response::deleted(request, &["gone", "there", "secret", "marker"]),
        ("HEAD", "/b/gone") => Response::new(404),
        ("HEAD", "/b/there") => Response::new(200),
        ("HEAD", "/b/marker") => Response::new(405),
        _ => Response::new(403),
    });
    let client = client_without_retries(&server);
    let marker = ObjectIdentifier::new("marker").version_id("v1");
    let objects = ["k", "gone", "there", "secret"].map(ObjectIdentifier::new).into_iter().chain([marker]);
    let error = fails(ErrorKind::PartialFailure, client.delete_objects("b", objects));
    let failed: Vec<_> = error.failures().iter().map(|f| (f.key.as_str(), f.code.as_str())).collect();
    assert_eq!(failed, [("there", "NotDeleted"), ("secret", "NotReported"), ("marker", "NotDeleted")]);
    let texts = error.failures().iter().map(|failure| failure.message.as_str()).collect::<Vec<_>>();
    assert_eq!(texts[0], "the server did not report the result, and the object still exists");
    assert_eq!(texts[1], "the server did not report the result: 403 AccessDenied");
    let lines: Vec<_> = server.finish_any().iter().map(|request| request.line().to_owned()).collect();
    // the last one is the GET for the cause of the 403
    assert_eq!(lines.len(), 6, "{lines:?}");
}

// promise: X3
#[test]
fn response_without_any_result_is_verified() {
    let server = FakeServer::serve(|request| match request.method() {
        "POST" => Response::xml("<DeleteResult/>"),
        _ => Response::new(404),
    });
    client(&server).delete_objects("b", ["a", "b"]).unwrap();
    assert_eq!(server.requests().len(), 3);
}

#[test]
fn requests_are_limited_to_one_megabyte() {
    let server = FakeServer::serve(|request| match request.body.len() {
        ..=1_048_576 => deletes_all(request),
        _ => Response::new(416),
    });
    let keys: Vec<String> = (0..1000).map(|i| format!("{i:0>1024}")).collect();
    client(&server).delete_objects("b", &keys).unwrap();
    let requests: [_; 2] = server.finish();
    let counts = requests.each_ref().map(|request| request.text().matches("<Object>").count());
    assert_eq!(counts.iter().sum::<usize>(), 1000, "{counts:?}");
}

#[test]
fn objects_are_deleted_one_by_one_without_delete_objects() {
    for status in [501, 405, 400] {
        let server = FakeServer::serve(move |request| match (request.method(), request.path()) {
            ("POST", _) => Response::error(status, "InvalidRequest"),
            (_, "/b/c") => Response::error(404, "NoSuchKey"),
            (_, "/b/d") => Response::error(403, "AccessDenied"),
            _ => Response::new(204),
        });
        let error =
            fails(ErrorKind::PartialFailure, client(&server).delete_objects("b", ["a", "b", "c", "d"]));
        assert_eq!(error.failures().len(), 1);
        assert_eq!((error.failures()[0].key.as_str(), error.is_access_denied()), ("d", true));
        let requests: [_; 5] = server.finish();
        let lines = requests.each_ref().map(|request| request.line());
        assert_eq!(lines[1..3], ["DELETE /b/a HTTP/1.1", "DELETE /b/b HTTP/1.1"]);
    }
}

#[test]
fn rejection_of_every_request_is_not_taken_for_missing_delete_objects() {
    let server = FakeServer::serve(|_| Response::error(400, "ExpiredToken"));
    let error = fails(ErrorKind::Server, client(&server).delete_objects("b", ["a", "b", "c"]));
    assert_eq!(error.code(), Some("ExpiredToken"));
    assert_eq!(server.requests().len(), 2);
}

#[test]
fn object_lock_is_named_as_the_reason() {
    let old = || ObjectIdentifier::new("k").version_id("v1");
    let options = DeleteObjectOptions::new().version_id("v1");
    let locked = "<DeleteResult><Error><Key>k</Key><VersionId>v1</VersionId><Code>AccessDenied</Code>\
                  <Message>MESSAGE</Message></Error></DeleteResult>";
    // the server names the reason
    let message = "Access Denied because object protected by object lock.";
    let server = FakeServer::start([
        Response::xml(&locked.replace("MESSAGE", message)),
        Response::new(403)
            .body(format!("<Error><Code>AccessDenied</Code><Message>{message}</Message></Error>")),
    ]);
    let client_of_it = client(&server);
    let many = fails(ErrorKind::PartialFailure, client_of_it.delete_objects("b", [old()]));
    let one = fails(ErrorKind::Server, client_of_it.delete_object_with("b", "k", &options));
    let _: [_; 2] = server.finish();
    // only the settings of the version show it
    let server =
        FakeServer::serve(move |request| match (request.method(), request.query_value("legal-hold")) {
            ("GET", Some(_)) => Response::xml("<LegalHold><Status>ON</Status></LegalHold>"),
            ("GET", None) => Response::error(404, "NoSuchObjectLockConfiguration"),
            ("POST", _) => Response::xml(&locked.replace("MESSAGE", "")),
            _ => Response::error(403, "AccessDenied"),
        });
    let client = client(&server);
    let looked_up = fails(ErrorKind::PartialFailure, client.delete_objects("b", [old()]));
    let one_looked_up = fails(ErrorKind::Server, client.delete_object_with("b", "k", &options));
    assert!(
        one_looked_up.to_string().starts_with(
            "DeleteObject b/k (version v1): 403 AccessDenied: the version is protected by Object Lock"
        ),
        "{one_looked_up}"
    );
    for error in [many, one, looked_up, one_looked_up] {
        assert!(error.is_object_locked() && error.is_access_denied(), "{error}");
        assert!(error.hint().unwrap().contains("bypass_governance_retention"), "{error}");
    }
}

#[test]
fn everything_that_deletes_can_bypass_governance_mode() {
    let server = FakeServer::serve(|request| match request.query_value("versions") {
        Some(_) => versions(0..1, ""),
        None if request.query_value("uploads").is_some() => no_uploads(),
        None => deletes_all(request),
    });
    let client = client(&server);
    let options = DeleteObjectsOptions::new().bypass_governance_retention();
    let all = DeleteAllOptions::new().delete_options(options.clone());
    client.delete_object_with("b", "k", &DeleteObjectOptions::new().bypass_governance_retention()).unwrap();
    client.delete_objects_with("b", ["k", "\u{1}"], &options).unwrap();
    client.delete_prefix_with("b", "key-", &all).unwrap();
    client.empty_bucket_with("b", &all).unwrap();
    client.force_delete_bucket_with("b", &all).unwrap();
    for request in server.finish_any() {
        let deletes = request.method() == "POST" || request.method() == "DELETE" && request.path() != "/b/";
        let bypass = request.header("x-amz-bypass-governance-retention");
        assert_eq!(bypass, deletes.then_some("true"), "{}", request.line());
    }
}

// promise: X2
#[test]
fn invalid_key_prevents_the_whole_request() {
    let server = FakeServer::start([]);
    rejected(client(&server).delete_objects("b", ["a", "", "c"]), "the key is empty");
    rejected(client(&server).delete_objects("b", ["a".to_owned(), "x".repeat(1025)]), "1025 bytes");
    rejected(client(&server).delete_objects("b/c", ["a"]), "\"b/c\"");
    rejected(client(&server).delete_object("b", ""), "the key is empty");
    let _: [_; 0] = server.finish();
}

fn no_uploads() -> Response {
    Response::xml("<ListMultipartUploadsResult/>")
}

fn versions(keys: std::ops::Range<usize>, more: &str) -> Response {
    let entries: String = keys
        .map(|i| format!("<Version><Key>key-{i:04}</Key><VersionId>v{i}</VersionId><Size>1</Size></Version>"))
        .collect();
    Response::xml(&format!("<ListVersionsResult>{entries}{more}</ListVersionsResult>"))
}

// promise: X4
#[test]
fn force_delete_bucket_deletes_by_thousands_then_the_bucket() {
    let more = "<IsTruncated>true</IsTruncated><NextKeyMarker>key-0999</NextKeyMarker>\
                <NextVersionIdMarker>v999</NextVersionIdMarker>";
    let server = FakeServer::start([
        no_uploads(),
        versions(0..1000, more),
        versions(1000..1002, ""),
        deleted(),
        deleted(),
        // After several pages the listing is repeated: servers skip entries while others are deleted.
        versions(0..0, ""),
        Response::new(204),
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
fn force_delete_bucket_lists_objects_without_version_support() {
    let listing = "<ListBucketResult><Contents><Key>a</Key><Size>1</Size></Contents></ListBucketResult>";
    let server = FakeServer::start([
        no_uploads(),
        Response::error(501, "NotImplemented"),
        Response::xml(listing),
        deleted(),
        Response::new(204),
    ]);
    client(&server).force_delete_bucket("b").unwrap();
    let requests: [_; 5] = server.finish();
    assert!(requests[3].text().contains("<Object><Key>a</Key></Object>"));
}

#[test]
fn object_with_a_damaged_key_in_the_list_of_versions_is_deleted() {
    // SeaweedFS does not encode the keys of versions, and replaces control characters by U+FFFD
    let version = |key: &str| {
        format!(
            "<Version><Key>{key}</Key><VersionId>null</VersionId><IsLatest>true</IsLatest><Size>1</Size></Version>"
        )
    };
    let versions =
        format!("<ListVersionsResult>{}{}</ListVersionsResult>", version("a"), version("b\u{fffd}"));
    let object = |key: &str| format!("<Contents><Key>{key}</Key><Size>1</Size></Contents>");
    let objects = format!(
        "<ListBucketResult><EncodingType>url</EncodingType>{}{}</ListBucketResult>",
        object("b%01"),
        object("new"),
    );
    let server = FakeServer::start([
        no_uploads(),
        Response::xml(&versions),
        deleted(),
        Response::xml(&objects),
        Response::new(204),
        Response::xml("<ListVersionsResult/>"),
        Response::new(204),
    ]);
    assert_eq!(client(&server).force_delete_bucket("b").unwrap().objects, 2);
    let requests: [_; 7] = server.finish();
    assert!(!requests[2].text().contains('\u{fffd}'));
    assert_eq!(requests[4].target(), "/b/b%01?versionId=null");
}

// promise: X1
#[test]
fn version_with_a_damaged_key_that_is_still_listed_is_a_failure() {
    // the second one has really U+FFFD in its key, on a server that does not encode keys
    let listing = |keys: &[&str]| {
        let versions = keys.iter().map(|key| {
            format!("<Version><Key>{key}</Key><VersionId>1</VersionId><IsLatest>true</IsLatest><Size>1</Size></Version>")
        });
        format!("<ListVersionsResult>{}</ListVersionsResult>", versions.collect::<String>())
    };
    let server = FakeServer::start([
        no_uploads(),
        Response::xml(&listing(&["a\u{fffd}", "b\u{fffd}"])),
        Response::xml("<ListBucketResult/>"),
        deleted(),
        Response::xml(&listing(&["a\u{fffd}"])),
    ]);
    let error = client(&server).empty_bucket("b").unwrap_err();
    let [failure] = error.failures() else { panic!("{error}") };
    assert_eq!((failure.key.as_str(), failure.version_id.as_deref()), ("a\u{fffd}", Some("1")));
    assert!(error.to_string().contains("deleted: 1 object"), "{error}");
    let requests: [_; 5] = server.finish();
    assert!(requests[3].text().contains("<VersionId>1</VersionId>"));
}

/// The marker of a page may be damaged as well, so the next page may start too far.
#[test]
fn listing_with_damaged_keys_is_repeated_if_it_had_several_pages() {
    let version = "<Version><Key>b\u{fffd}</Key><VersionId>null</VersionId><IsLatest>true</IsLatest><Size>1</Size></Version>";
    let object = "<Contents><Key>b%01</Key><Size>1</Size></Contents>";
    let server = FakeServer::start([
        no_uploads(),
        Response::xml(&format!(
            "<ListVersionsResult><IsTruncated>true</IsTruncated><NextKeyMarker>b\u{fffd}</NextKeyMarker>\
             <NextVersionIdMarker>null</NextVersionIdMarker>{version}</ListVersionsResult>"
        )),
        Response::xml("<ListVersionsResult/>"),
        Response::xml(&format!(
            "<ListBucketResult><EncodingType>url</EncodingType>{object}</ListBucketResult>"
        )),
        Response::new(204),
        Response::xml("<ListVersionsResult/>"),
        Response::xml("<ListVersionsResult/>"),
    ]);
    assert_eq!(client(&server).empty_bucket("b").unwrap().objects, 1);
    let requests: [_; 7] = server.finish();
    assert_eq!(requests[4].target(), "/b/b%01?versionId=null");
}

// promise: X4
#[test]
fn undeletable_object_keeps_the_bucket() {
    let failed = "<DeleteResult><Deleted><Key>key-0000</Key></Deleted><Error><Key>key-0001</Key><VersionId>v1</VersionId>\
                  <Code>AccessDenied</Code></Error></DeleteResult>";
    let not_locked = || Response::error(404, "NoSuchObjectLockConfiguration");
    let server = FakeServer::start([
        no_uploads(),
        versions(0..2, ""),
        Response::xml(failed),
        not_locked(),
        not_locked(),
    ]);
    let error = fails(ErrorKind::PartialFailure, client(&server).force_delete_bucket("b"));
    assert_eq!(error.failures()[0].key, "key-0001");
    assert!(error.is_access_denied() && !error.is_object_locked(), "{error}");
    let _: [_; 5] = server.finish();
}

// promise: X4
#[test]
fn failed_listing_deletes_nothing() {
    let server = FakeServer::start([Response::error(403, "AccessDenied")]);
    assert!(fails(ErrorKind::Server, client(&server).force_delete_bucket("b")).is_access_denied());
    let _: [_; 1] = server.finish();
}

// promise: X6
#[test]
fn dry_run_counts_and_deletes_nothing() {
    let server = FakeServer::serve(|request| {
        assert_eq!(request.method(), "GET");
        match request.query_value("uploads") {
            Some(_) => Response::xml(
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

// promise: X5
#[test]
fn empty_name_or_prefix_deletes_nothing() {
    let server = FakeServer::start([]);
    let client = client(&server);
    let error = rejected(client.delete_prefix("b", ""), "the prefix is empty");
    assert!(error.hint().unwrap().contains("empty_bucket"), "{error}");
    rejected(client.delete_prefix("", "k"), "the bucket name is empty");
    rejected(client.empty_bucket(""), "the bucket name is empty");
    rejected(client.force_delete_bucket(""), "the bucket name is empty");
    let _: [_; 0] = server.finish();
}

// promise: X4
#[test]
fn failed_abort_is_reported_unless_the_upload_is_gone() {
    let uploads = "<ListMultipartUploadsResult><Upload><Key>a</Key><UploadId>1</UploadId></Upload>\
                   <Upload><Key>b</Key><UploadId>2</UploadId></Upload><Upload><Key>c</Key>\
                   <UploadId>3</UploadId></Upload></ListMultipartUploadsResult>";
    let server = FakeServer::start([
        Response::xml(uploads),
        Response::new(204),
        Response::error(404, "NoSuchUpload"),
        Response::error(403, "AccessDenied"),
        versions(0..1, ""),
        deleted(),
    ]);
    let error = fails(ErrorKind::PartialFailure, client(&server).force_delete_bucket("b"));
    let failed: Vec<_> = error.failures().iter().map(|failure| (&*failure.key, &*failure.code)).collect();
    assert_eq!(failed, [("c", "AccessDenied")]);
    assert!(error.to_string().contains("1 objects, 0 delete markers, 1 unfinished uploads"), "{error}");
    let _: [_; 6] = server.finish();
}

// promise: X5
#[test]
fn keys_outside_the_prefix_are_not_deleted() {
    let uploads = "<ListMultipartUploadsResult><Upload><Key>other</Key><UploadId>u</UploadId></Upload>\
                   </ListMultipartUploadsResult>";
    let versions = "<ListVersionsResult><Version><Key>other</Key><VersionId>1</VersionId><Size>1</Size>\
                    <IsLatest>true</IsLatest></Version></ListVersionsResult>";
    for script in [vec![Response::xml(uploads)], vec![no_uploads(), Response::xml(versions)]] {
        let server = FakeServer::start(script);
        let error = fails(ErrorKind::UnexpectedResponse, client(&server).delete_prefix("b", "photos/"));
        assert_eq!(
            error.to_string(),
            "delete_prefix b/photos/: the server listed \"other\", which does not start with the prefix \"photos/\"; \
             nothing on this page was deleted. The server returned an invalid listing: report it to the operator of the \
             server."
        );
        assert!(server.finish_any().iter().all(|request| request.method() == "GET"));
    }
}
