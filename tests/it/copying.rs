//! Copies and renames: how the source is named, and that nothing is deleted before its copy exists.

use plain_s3::{Client, CopyObjectOptions, ErrorKind, PutObjectOptions};

use crate::clients::{client, client_without_retries, config, rejected};
use crate::fake_server::{End, FakeServer, Request, Response};
use crate::signatures::{assert_signed_v2, md5_hex};
use crate::support::fails;

fn copied(content: &str) -> Response {
    // Without quotes, as Ceph sends it.
    Response::xml(&format!(
        "<CopyObjectResult><LastModified>2011-04-21T18:05:39.000Z</LastModified><ETag>{}</ETag></CopyObjectResult>",
        md5_hex(content.as_bytes())
    ))
}

/// Starts a server for a rename whose copy succeeds. `rest` are the responses to the comparison of the source and all
/// requests after it.
fn serve_copied(rest: impl IntoIterator<Item = Response>) -> FakeServer {
    FakeServer::start([head("Hello"), copied("Hello"), head("Hello")].into_iter().chain(rest))
}

fn head(content: &'static str) -> Response {
    Response::stored(content.as_bytes()).content_length(content.len() as u64)
}

#[test]
fn copy_object_sends_source_and_options_as_headers() {
    let server = FakeServer::start([copied("x")
        .header("x-amz-version-id", "n")
        .header("x-amz-copy-source-version-id", "v/1")]);
    let html = PutObjectOptions::new().content_type("text/html").metadata("a", "1");
    let options = CopyObjectOptions::new()
        .source_version_id("v/1")
        .source_if_match("abc")
        .replace_metadata(&html)
        .storage_class("COLD");
    let copy = client(&server).copy_object_with(("from", "a b+é/c?"), ("to", "k"), &options).unwrap();
    assert_eq!(copy.e_tag.unwrap().as_str(), md5_hex(b"x"));
    assert_eq!((copy.version_id.as_deref(), copy.source_version_id.as_deref()), (Some("n"), Some("v/1")));
    assert_eq!(copy.last_modified.to_string(), "2011-04-21T18:05:39.000Z");
    let [request] = server.finish();
    assert_signed_v2(&request, None);
    assert_eq!((request.line(), request.body.len()), ("PUT /to/k HTTP/1.1", 0));
    for (name, value) in [
        ("x-amz-copy-source", "from/a%20b%2B%C3%A9/c%3F?versionId=v%2F1"),
        ("x-amz-copy-source-if-match", "\"abc\""),
        ("x-amz-metadata-directive", "REPLACE"),
        ("content-type", "text/html"),
        ("x-amz-meta-a", "1"),
        ("x-amz-storage-class", "COLD"),
    ] {
        assert_eq!(request.header(name), Some(value));
    }
}

// promise: C2
#[test]
fn error_in_a_200_fails() {
    let error_in_200 = "<?xml version=\"1.0\"?>\n  <Error><Code>InternalError</Code></Error>";
    let server = FakeServer::start([
        Response::xml(error_in_200),
        copied("x"),
        Response::xml("<Error><Code>NoSuchKey</Code></Error>"),
        Response::xml(""),
    ]);
    client(&server).copy_object(("b", "k"), ("b", "l")).expect("the error is transient and must be retried");
    let error = fails(ErrorKind::Server, client(&server).copy_object(("b", "k"), ("b", "l")));
    assert!(error.hint().unwrap().contains("The bucket \"b\" has no source object \"k\"."), "{error}");
    fails(ErrorKind::UnexpectedResponse, client_without_retries(&server).copy_object(("b", "k"), ("b", "l")));

    let server = FakeServer::start([]);
    rejected(client(&server).copy_object(("b", ""), ("b", "l")), "the key is empty");
    rejected(client(&server).copy_object(("b", "k"), ("b", "")), "the key is empty");
    rejected(client(&server).copy_object(("a/b", "k"), ("b", "l")), "\"a/b\"");
    let _: [_; 0] = server.finish();
}

// promise: C3
#[test]
fn rename_object_verifies_the_copy_before_deleting() {
    let server = serve_copied([head("Hello"), Response::new(204)]);
    client(&server).rename_object("b", "a b", "c").unwrap();
    let requests: [_; 5] = server.finish();
    assert_eq!(
        requests.each_ref().map(|request| request.line()),
        [
            "HEAD /b/a%20b HTTP/1.1",
            "PUT /b/c HTTP/1.1",
            "HEAD /b/c HTTP/1.1",
            "HEAD /b/a%20b HTTP/1.1",
            "DELETE /b/a%20b HTTP/1.1"
        ]
    );
    let e_tag = format!("\"{}\"", md5_hex(b"Hello"));
    assert_eq!(requests[1].header("x-amz-copy-source-if-match"), Some(e_tag.as_str()));
    assert_eq!(requests[4].header("if-match"), Some(e_tag.as_str()));
}

// promise: C4
#[test]
fn copy_may_have_more_metadata_than_its_source() {
    let with = |name: &str| head("Hello").header(name, "1");
    let mtime = with("x-amz-meta-a").header("x-amz-meta-mtime", "1795710257.05");
    for (copy, succeeds) in [(mtime, true), (with("x-amz-meta-b"), false)] {
        let mut script = vec![with("x-amz-meta-a"), copied("Hello"), copy, with("x-amz-meta-a")].into_iter();
        let server = FakeServer::serve(move |_| script.next().unwrap_or_else(|| Response::new(204)));
        assert_eq!(client(&server).rename_object("b", "a", "c").is_ok(), succeeds);
        assert_eq!(server.finish_any().last().unwrap().method() == "DELETE", succeeds);
    }
}

// promise: C3
#[test]
fn source_that_was_replaced_is_not_deleted() {
    let time = |time: &str| head("Hello").header("last-modified", time);
    let (before, after) = ("Thu, 21 Apr 2011 18:05:39 GMT", "Thu, 21 Apr 2011 18:05:40 GMT");
    // Found before the deletion: other content, the same content stored again, or a new version.
    for now in [
        head("Hallo").header("last-modified", before),
        time(after),
        time(before).header("x-amz-version-id", "2"),
    ] {
        let server = FakeServer::start([time(before), copied("Hello"), head("Hello"), now]);
        let error = fails(ErrorKind::Integrity, client(&server).rename_object("b", "a", "c"));
        assert!(error.to_string().contains("\"a\" was replaced while it was renamed"), "{error}");
        assert_eq!(error.hint(), Some("\"c\" is the old object. \"a\" is a new one, and was not deleted."));
        let _: [_; 4] = server.finish();
    }
    // Found by the server, between the check and the deletion.
    let server = serve_copied([head("Hello"), Response::error(412, "PreconditionFailed"), head("other")]);
    fails(ErrorKind::Integrity, client(&server).rename_object("b", "a", "c"));
    let _: [_; 6] = server.finish();
}

// promise: C3
#[test]
fn source_is_deleted_without_a_condition_if_the_server_rejects_it() {
    for (status, code) in [(501, "NotImplemented"), (400, "InvalidRequest"), (412, "PreconditionFailed")] {
        let server =
            serve_copied([head("Hello"), Response::error(status, code), head("Hello"), Response::new(204)]);
        client(&server).rename_object("b", "a", "c").unwrap();
        let requests: [_; 7] = server.finish();
        assert_eq!((requests[6].line(), requests[6].header("if-match")), ("DELETE /b/a HTTP/1.1", None));
    }
}

// promise: C3
#[test]
fn source_that_is_gone_is_deleted() {
    let gone = || Response::error(404, "NoSuchKey");
    // By another program; or by an attempt with a lost response.
    let server = serve_copied([gone()]);
    client(&server).rename_object("b", "a", "c").unwrap();
    let _: [_; 4] = server.finish();
    let server = serve_copied([
        head("Hello"),
        Response::none(End::Rst),
        Response::error(412, "PreconditionFailed"),
        gone(),
    ]);
    client(&server).rename_object("b", "a", "c").unwrap();
    let _: [_; 7] = server.finish();
}

// promise: C3
#[test]
fn failed_rename_keeps_the_source_and_reports_what_exists() {
    let denied = || Response::error(403, "AccessDenied");
    let server = FakeServer::start([head("Hello"), denied()]);
    let error = fails(ErrorKind::Server, client(&server).rename_object("b", "a", "c"));
    assert!(
        error.hint().unwrap().ends_with("\"a\" was not changed; \"c\" was probably not stored."),
        "{error}"
    );

    for other in ["Hallo", "Hello!"] {
        let server = FakeServer::start([
            head("Hello"),
            copied("Hello"),
            Response::stored(other.as_bytes()).content_length(other.len() as u64),
        ]);
        let error = fails(ErrorKind::Integrity, client(&server).rename_object("b", "a", "c"));
        assert!(error.hint().unwrap().starts_with("Both \"a\" and \"c\" exist now. "), "{error}");
        let _: [_; 3] = server.finish();
    }

    let server = serve_copied([head("Hello"), denied()]);
    let error = fails(ErrorKind::Server, client(&server).rename_object("b", "a", "c"));
    assert!(
        error.hint().unwrap().ends_with("\"c\" exists now, and \"a\" probably still exists as well."),
        "{error}"
    );

    let server = FakeServer::start([]);
    rejected(client(&server).rename_object("b", "a", "a"), "both keys are \"a\"");
    let _: [_; 0] = server.finish();
}

// promise: C1
#[test]
fn copy_respects_the_limit_on_parts() {
    let server = FakeServer::serve(|request| match request.method() {
        "GET" => Response::xml("<Tagging><TagSet/></Tagging>"),
        "HEAD" => Response::new(200).header("etag", "\"e-9\"").content_length(100 << 30),
        "POST" => Response::xml(
            "<InitiateMultipartUploadResult><UploadId>u</UploadId></InitiateMultipartUploadResult>",
        ),
        "PUT" => Response::error(403, "AccessDenied"),
        _ => Response::new(204),
    });
    let options = plain_s3::CopyOptions::new().part_size(5 << 20);
    client(&server).copy_with(("b", "k"), ("b", "l"), &options).unwrap_err();
    let requests = server.finish_any();
    assert_eq!(requests[3].header("x-amz-copy-source-range"), Some("bytes=0-11534335")); // 11 MiB
}

#[test]
fn payer_and_owners_are_sent_on_every_request_of_a_multipart_copy() {
    let server = FakeServer::serve(|request| match request.method() {
        "GET" => Response::xml("<Tagging><TagSet/></Tagging>"),
        "HEAD" => Response::new(200).header("etag", "\"e-9\"").content_length(10 << 20),
        "POST" => Response::xml(
            "<InitiateMultipartUploadResult><UploadId>u</UploadId></InitiateMultipartUploadResult>",
        ),
        "PUT" => Response::error(403, "AccessDenied"),
        _ => Response::new(204),
    });
    let object = CopyObjectOptions::new().header("x-amz-source-expected-bucket-owner", "111");
    let options = plain_s3::CopyOptions::new().part_size(5 << 20).object(object);
    let client = Client::new(config(&server).request_payer().expected_bucket_owner("222")).unwrap();
    client.copy_with(("b", "k"), ("c", "k"), &options).unwrap_err();
    let [head, tags, create, part, abort] = server.finish();
    for (request, line, owner, source_owner) in [
        (&head, "HEAD /b/k", Some("111"), None),
        (&tags, "GET /b/k?tagging", Some("111"), None),
        (&create, "POST /c/k", Some("222"), None),
        (&part, "PUT /c/k", Some("222"), Some("111")),
        (&abort, "DELETE /c/k", Some("222"), None),
    ] {
        assert!(request.line().starts_with(line), "{}", request.line());
        assert_eq!(request.header("x-amz-request-payer"), Some("requester"), "{line}");
        assert_eq!(request.header("x-amz-expected-bucket-owner"), owner, "{line}");
        assert_eq!(request.header("x-amz-source-expected-bucket-owner"), source_owner, "{line}");
    }
}

/// Starts a server with an object of 6 GiB, which has metadata and tags. Its copies have the same metadata.
/// `intercept` can replace any response.
fn serve_large_object(
    mut intercept: impl FnMut(&Request) -> Option<Response> + Send + 'static,
) -> FakeServer {
    FakeServer::serve(move |request| {
        intercept(request).unwrap_or_else(|| match (request.method(), request.target()) {
            ("GET", target) if target.ends_with("tagging") => Response::xml(TAGS),
            ("HEAD", "/b/old") => large("\"e\""),
            ("HEAD", "/b/new") => large("\"e-2\""),
            ("POST", "/b/new?uploads") => Response::xml(
                "<InitiateMultipartUploadResult><UploadId>u</UploadId></InitiateMultipartUploadResult>",
            ),
            ("POST", _) => Response::xml(
                "<CompleteMultipartUploadResult><ETag>\"e-2\"</ETag></CompleteMultipartUploadResult>",
            ),
            ("PUT", "/b/new?tagging") => Response::new(200),
            ("PUT", _) => Response::xml("<CopyPartResult><ETag>\"p\"</ETag></CopyPartResult>"),
            _ => Response::new(204),
        })
    })
}

const TAGS: &str = "<Tagging><TagSet><Tag><Key>a &amp; b</Key><Value>é</Value></Tag>\
                    <Tag><Key>empty</Key><Value/></Tag></TagSet></Tagging>";

fn large(e_tag: &str) -> Response {
    let colour = ("x-amz-meta-colour", "blue");
    Response::new(200).header("etag", e_tag).header(colour.0, colour.1).content_length(6 << 30)
}

fn lines(server: &FakeServer) -> Vec<String> {
    server.requests().iter().map(|request| format!("{} {}", request.method(), request.target())).collect()
}

// promise: C4
#[test]
fn rename_in_parts_keeps_tags_and_metadata() {
    let server = serve_large_object(|_| None);
    client(&server).rename_object("b", "old", "new").unwrap();
    let requests = server.requests();
    let find = |line| requests.iter().find(|request| request.line().starts_with(line)).unwrap();
    assert_eq!(find("POST /b/new?uploads").header("x-amz-meta-colour"), Some("blue"));
    let tags = String::from_utf8_lossy(&find("PUT /b/new?tagging").body).into_owned();
    assert!(tags.contains("<Key>a &amp; b</Key><Value>é</Value>") && tags.contains("empty"), "{tags}");
    assert_eq!(requests.last().unwrap().line(), "DELETE /b/old HTTP/1.1");
}

// promise: C4
#[test]
fn rename_in_parts_deletes_nothing_if_tags_or_metadata_cannot_be_kept() {
    type Failure = (&'static str, fn() -> Response);
    let failures: [Failure; 4] = [
        ("GET /b/old?tagging", || Response::error(403, "AccessDenied")),
        ("PUT /b/new?tagging", || Response::error(403, "AccessDenied")),
        // The metadata is lost.
        ("HEAD /b/new", || Response::new(200).header("etag", "\"e-2\"").content_length(6 << 30)),
        // The object was replaced by one with other tags.
        ("HEAD /b/new", || large("\"e-2\"").header("x-amz-tagging-count", "1")),
    ];
    for (line, response) in failures {
        let server = serve_large_object(move |request| request.line().starts_with(line).then(response));
        let error = client(&server).rename_object("b", "old", "new").unwrap_err();
        let lines = lines(&server);
        assert!(!lines.contains(&"DELETE /b/old".to_owned()), "{lines:?}");
        let copied = lines.iter().any(|line| line.starts_with("POST"));
        assert_eq!(copied, !line.contains("old"), "{error}");
    }
}

#[test]
fn source_without_tag_support_is_copied_in_parts_without_tags() {
    let server = serve_large_object(|request| {
        request.line().contains("/b/old?tagging").then(|| Response::error(501, "NotImplemented"))
    });
    client(&server).copy(("b", "old"), ("b", "new")).unwrap();
    assert!(!lines(&server).contains(&"PUT /b/new?tagging".to_owned()));
}

// promise: C4
#[test]
fn given_tags_replace_those_of_the_source() {
    let server = serve_large_object(|_| None);
    let object = CopyObjectOptions::new().header("x-amz-tagging", "c=1");
    let object = object.header("x-amz-tagging-directive", "REPLACE");
    client(&server)
        .copy_with(("b", "old"), ("b", "new"), &plain_s3::CopyOptions::new().object(object))
        .unwrap();
    let requests = server.requests();
    assert!(requests.iter().all(|request| !request.target().ends_with("?tagging")));
    let created = requests.iter().find(|request| request.target().ends_with("?uploads")).unwrap();
    assert_eq!(created.header("x-amz-tagging"), Some("c=1"));
}

/// Without a pin, the parts could be of two objects.
// promise: C1
#[test]
fn copy_in_parts_requires_a_strong_etag_or_a_version() {
    for (e_tag, version) in [("\"\"", None), ("W/\"e\"", None), ("*", None), ("\"\"", Some("v"))] {
        let server = serve_large_object(move |request| {
            let head = large(e_tag);
            let head = match version {
                Some(version) => head.header("x-amz-version-id", version),
                None => head,
            };
            request.line().starts_with("HEAD /b/old").then_some(head)
        });
        let result = client(&server).copy(("b", "old"), ("b", "new"));
        match version {
            None => {
                let error = fails(ErrorKind::UnexpectedResponse, result);
                assert!(error.to_string().contains("neither a strong ETag nor a version ID"), "{error}");
                assert_eq!(lines(&server), ["HEAD /b/old"]);
            }
            Some(_) => {
                result.unwrap();
                let requests = server.requests();
                let part = requests.iter().find(|request| request.method() == "PUT").unwrap();
                assert_eq!(part.header("x-amz-copy-source"), Some("b/old?versionId=v"));
            }
        }
    }
}
