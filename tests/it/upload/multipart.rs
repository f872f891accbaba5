//! Multipart uploads step by step: what each step sends, with all options.

use plain_s3::{
    CompleteMultipartUploadOptions, CompletedPart, ErrorKind, UploadPartCopyOptions, UploadPartOptions,
};

use crate::clients::{client, client_v4, rejected};
use crate::fake_server::{FakeServer, Response};
use crate::signatures::{assert_signed_v4, md5_hex};
use crate::support::fails;

const ID: &str = "2~a/b";

fn copied(content: &str) -> Response {
    let e_tag = md5_hex(content.as_bytes());
    Response::xml(&format!("<CopyPartResult><ETag>&quot;{e_tag}&quot;</ETag></CopyPartResult>"))
}

#[test]
fn upload_part_sends_its_options_as_headers() {
    let server = FakeServer::serve(|request| Response::stored(&request.body));
    let client = client_v4(&server);
    let plain = client.upload_part("b", "k", ID, 1, "Hello").unwrap();
    assert_eq!(plain, CompletedPart::new(1, md5_hex(b"Hello")));
    let options = UploadPartOptions::new()
        .header("x-amz-request-payer", "requester")
        .header("x-amz-expected-bucket-owner", "1234");
    client.upload_part_with("b", "k", ID, 10_000, "World", &options).unwrap();
    let [first, last] = server.finish();
    assert_eq!(first.target(), "/b/k?partNumber=1&uploadId=2~a%2Fb");
    assert_eq!(last.target(), "/b/k?partNumber=10000&uploadId=2~a%2Fb");
    assert_eq!((first.header("x-amz-request-payer"), last.text()), (None, "World"));
    assert_eq!(last.header("x-amz-request-payer"), Some("requester"));
    assert_eq!(last.header("x-amz-expected-bucket-owner"), Some("1234"));
    assert_signed_v4(&last);
}

#[test]
fn upload_part_copy_sends_version_and_conditions() {
    let server = FakeServer::start([copied("x"), Response::error(412, "PreconditionFailed"), copied("x")]);
    let client = client(&server);
    let moment = time::OffsetDateTime::from_unix_timestamp(1_175_024_202).unwrap();
    let options = UploadPartCopyOptions::new()
        .source_version_id("v/1")
        .source_if_match("abc")
        .source_if_none_match("def")
        .source_if_modified_since(moment)
        .source_if_unmodified_since(moment)
        .header("x-amz-request-payer", "requester");
    let copy = |options| client.upload_part_copy_with("to", "k", ID, 2, ("from", "a b"), 5..10, options);
    assert_eq!(copy(&options).unwrap(), CompletedPart::new(2, md5_hex(b"x")));
    assert!(fails(ErrorKind::Server, copy(&options)).is_precondition_failed());
    client.upload_part_copy("to", "k", ID, 3, ("from", "a b"), 0..1).unwrap();
    let [request, _, plain] = server.finish();
    assert_eq!(request.line(), "PUT /to/k?partNumber=2&uploadId=2~a%2Fb HTTP/1.1");
    for (name, value) in [
        ("x-amz-copy-source", "from/a%20b?versionId=v%2F1"),
        ("x-amz-copy-source-range", "bytes=5-9"),
        ("x-amz-copy-source-if-match", "\"abc\""),
        ("x-amz-copy-source-if-none-match", "\"def\""),
        ("x-amz-copy-source-if-modified-since", "Tue, 27 Mar 2007 19:36:42 GMT"),
        ("x-amz-copy-source-if-unmodified-since", "Tue, 27 Mar 2007 19:36:42 GMT"),
        ("x-amz-request-payer", "requester"),
    ] {
        assert_eq!(request.header(name), Some(value), "{name}");
    }
    let headers = plain.headers().into_iter().filter(|(name, _)| name.starts_with("x-amz-"));
    let copies: Vec<_> = headers.map(|(name, _)| name).filter(|name| name.contains("copy")).collect();
    assert_eq!(copies, ["x-amz-copy-source", "x-amz-copy-source-range"]);
}

#[test]
fn complete_multipart_upload_sends_its_condition() {
    let done = "<CompleteMultipartUploadResult><ETag>\"e-1\"</ETag></CompleteMultipartUploadResult>";
    let server = FakeServer::start([Response::xml(done), Response::error(412, "PreconditionFailed")]);
    let client = client(&server);
    let complete =
        |options| client.complete_multipart_upload_with("b", "k", ID, &[CompletedPart::new(1, "e")], options);
    let new =
        CompleteMultipartUploadOptions::new().if_none_exists().header("x-amz-request-payer", "requester");
    let stored = complete(&new).unwrap();
    assert_eq!(stored.e_tag.unwrap().as_str(), "e-1");
    let replace = CompleteMultipartUploadOptions::new().if_match("old").header("x-amz-mp-object-size", "1");
    assert!(fails(ErrorKind::Server, complete(&replace)).is_precondition_failed());
    let [new, over] = server.finish();
    assert_eq!(
        (new.header("if-none-match"), new.header("x-amz-request-payer")),
        (Some("*"), Some("requester"))
    );
    assert_eq!((over.header("if-match"), over.header("x-amz-mp-object-size")), (Some("\"old\""), Some("1")));
}

#[test]
fn invalid_part_is_rejected_before_sending() {
    let server = FakeServer::start([]);
    let client = client(&server);
    let (put, copy) = (UploadPartOptions::new(), UploadPartCopyOptions::new());
    let copied = |id, number, from, bytes| {
        client.upload_part_copy_with("b", "k", id, number, from, bytes, &copy.clone().source_version_id("v"))
    };
    rejected(client.upload_part_with("b", "k", "", 1, "x", &put), "the upload ID is empty");
    rejected(client.upload_part_with("b", "k", ID, 0, "x", &put), "from 1 to 10000");
    rejected(client.upload_part_with("b", "k", ID, 1, "x", &put.clone().header("host", "h")), "host");
    rejected(copied("", 1, ("b", "l"), 0..1), "the upload ID is empty");
    rejected(copied(ID, 10_001, ("b", "l"), 0..1), "from 1 to 10000");
    rejected(copied(ID, 1, ("b", ""), 0..1), "the key is empty");
    rejected(copied(ID, 1, ("b", "l"), 3..3), "the range 3..3 is empty");
    let error = rejected(
        client.upload_part_copy_with("b", "k", ID, 1, ("b", "l"), 0..1, &copy.source_version_id("")),
        "version ID",
    );
    assert!(error.to_string().starts_with("UploadPartCopy b/k (part 1): "), "{error}");
    let _: [_; 0] = server.finish();
}
