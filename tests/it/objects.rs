//! Objects: what PUT, GET and HEAD send, and what their responses become.

use std::borrow::Cow;
use std::fs::File;
use std::io::{Read as _, Seek as _, SeekFrom};

use plain_s3::{Body, CannedAcl, ErrorKind, GetObjectOptions, PutObjectOptions, Timestamp, UploadOptions};

use crate::clients::{client, client_without_retries};
use crate::fake_server::{FakeServer, Response};
use crate::signatures::md5_hex;
use crate::support::{TempDir, fails};

const HELLO: &str = "Hello World!";

#[test]
fn every_kind_of_body_is_sent_with_its_exact_length() {
    let folder = TempDir::new();
    let path = folder.file("hello", format!("skipped{HELLO}"));
    let file = || {
        let mut file = File::open(&path).unwrap();
        file.seek(SeekFrom::Start(7)).unwrap();
        file
    };
    let borrowed = file();
    let whole = folder.file("whole", HELLO);
    let bodies: [Body<'_>; 15] = [
        HELLO.into(),
        HELLO.as_bytes().into(),
        b"Hello World!".into(),
        HELLO.to_owned().into(),
        HELLO.as_bytes().to_vec().into(),
        file().into(),
        (&borrowed).into(),
        whole.as_path().into(),
        (&whole).into(),
        whole.clone().into(),
        Cow::Borrowed(HELLO).into(),
        Cow::<[u8]>::Owned(HELLO.into()).into(),
        Box::<str>::from(HELLO).into(),
        Box::<[u8]>::from(HELLO.as_bytes()).into(),
        Body::from_reader(file(), 12),
    ];
    let server = FakeServer::serve(|request| Response::stored(&request.body));
    let client = client(&server);
    for body in bodies {
        let stored = client.put_object("b", "k", body).unwrap();
        assert_eq!(stored.e_tag.unwrap().as_str(), md5_hex(HELLO.as_bytes()));
    }
    for request in server.finish::<15>() {
        assert_eq!((request.line(), request.text()), ("PUT /b/k HTTP/1.1", HELLO));
        assert_eq!(request.header("content-length"), Some("12"));
        assert_eq!(request.header("transfer-encoding"), None);
        assert_eq!(request.connection, 1);
    }
}

#[test]
fn empty_object_is_sent_with_length_zero_and_read_back() {
    let folder = TempDir::new();
    let path = folder.file("empty", "");
    let server = FakeServer::serve(|request| match request.method() {
        "PUT" => Response::stored(b""),
        _ => Response::content(""),
    });
    let client = client(&server);
    client.put_object("b", "k", "").unwrap();
    client.put_object("b", "k", File::open(path).unwrap()).unwrap();
    client.put_object("b", "k", Body::from_reader(std::io::empty(), 0)).unwrap();
    assert_eq!(client.get_object("b", "k").unwrap().bytes().unwrap(), b"");
    let [puts @ .., _] = server.finish::<4>();
    for put in puts {
        assert_eq!(put.header("content-length"), Some("0"));
        assert_eq!(put.header("transfer-encoding"), None);
    }
}

#[test]
fn each_put_option_is_one_header() {
    let server = FakeServer::start([Response::stored(b"").header("x-amz-version-id", "v1")]);
    let moment = time::OffsetDateTime::from_unix_timestamp(1_175_024_202).unwrap();
    let options = PutObjectOptions::new()
        .content_type("text/html")
        .cache_control("max-age=60")
        .content_disposition("attachment; filename=\"a.pdf\"")
        .content_encoding("gzip")
        .content_language("de")
        .expires(moment)
        .acl(CannedAcl::PublicRead)
        .metadata("Colour", "blue")
        .storage_class("STANDARD_IA")
        .if_match("\"abc\"")
        .if_none_exists()
        .header("x-amz-website-redirect-location", "/index.html");
    let stored = client(&server).put_object_with("b", "k", "", &options).unwrap();
    assert_eq!(stored.version_id.as_deref(), Some("v1"));
    let [request] = server.finish();
    for (name, value) in [
        ("content-type", "text/html"),
        ("cache-control", "max-age=60"),
        ("content-disposition", "attachment; filename=\"a.pdf\""),
        ("content-encoding", "gzip"),
        ("content-language", "de"),
        ("expires", "Tue, 27 Mar 2007 19:36:42 GMT"),
        ("x-amz-acl", "public-read"),
        ("x-amz-meta-colour", "blue"),
        ("x-amz-storage-class", "STANDARD_IA"),
        ("if-match", "\"abc\""),
        ("if-none-match", "*"),
        ("x-amz-website-redirect-location", "/index.html"),
    ] {
        assert_eq!(request.header(name), Some(value), "{name}");
    }
}

// promise: U12
#[test]
fn reader_of_another_length_never_completes_the_request() {
    for (len, words) in [
        (4, "after 3 of its 4 bytes"),
        (2, "longer than its declared length of 2 bytes. Nothing was stored: "),
        (0, "longer than its declared length of 0 bytes"),
    ] {
        let server = FakeServer::serve(|request| Response::stored(&request.body));
        let body = Body::from_reader(&b"abc"[..], len);
        let error = fails(ErrorKind::LocalIo, client(&server).put_object("b", "k", body));
        assert!(error.to_string().contains(words), "{error}");
        assert!(error.to_string().starts_with("PutObject b/k: "), "{error}");
        assert!(server.requests().iter().all(|request| !request.complete), "{:?}", server.requests());
    }
}

// promise: U12
#[test]
fn long_reader_that_ends_early_never_completes_the_request() {
    let server = FakeServer::serve(|request| Response::stored(&request.body));
    let body = Body::from_reader(std::io::repeat(b'x').take(300_000), 300_001);
    let error = fails(ErrorKind::LocalIo, client(&server).put_object("b", "k", body));
    assert!(error.to_string().contains("after 300000 of its 300001 bytes"), "{error}");
    assert!(server.requests().iter().all(|request| !request.complete));
}

#[test]
fn get_object_and_head_object_return_metadata() {
    let server = FakeServer::serve(|_| {
        Response::content(HELLO)
            .header("Content-Type", "text/plain")
            .header("Last-Modified", "Fri, 27 May 2011 06:23:07 GMT")
            .header("x-amz-meta-colour", "grün")
            .header("x-amz-version-id", "v1")
            .header("Cache-Control", "no-store")
    });
    let client = client(&server);
    let object = client.get_object("b", "k").unwrap();
    for metadata in [object.metadata.clone(), client.head_object("b", "k").unwrap()] {
        assert_eq!(metadata.content_length, 12);
        assert_eq!(metadata.content_type.as_deref(), Some("text/plain"));
        assert_eq!(metadata.e_tag.as_ref().unwrap().as_str(), md5_hex(HELLO.as_bytes()));
        assert_eq!(metadata.last_modified.to_string(), "2011-05-27T06:23:07.000Z");
        assert_eq!(metadata.metadata["colour"], "grün");
        assert_eq!(metadata.version_id.as_deref(), Some("v1"));
        assert_eq!(metadata.header("cache-control"), Some("no-store"));
    }
    assert_eq!(object.text().unwrap(), HELLO);
    let [get, head] = server.finish();
    assert_eq!((get.line(), head.line()), ("GET /b/k HTTP/1.1", "HEAD /b/k HTTP/1.1"));
}

#[test]
fn object_without_optional_headers_is_read() {
    let server = FakeServer::serve(|_| Response::new(200).body(HELLO));
    let object = client(&server).get_object("b", "k").unwrap();
    assert_eq!(object.metadata.e_tag, None);
    assert_eq!(object.metadata.last_modified, Timestamp::UNKNOWN);
    assert_eq!(object.text().unwrap(), HELLO);
}

#[test]
fn ranges_are_sent_and_read() {
    let server = FakeServer::serve(|request| Response::object(request, b"0123456789"));
    let client = client(&server);
    let read =
        |options: GetObjectOptions| client.get_object_with("b", "k", &options).unwrap().text().unwrap();
    let options = GetObjectOptions::new;
    assert_eq!(read(options().range(0..4)), "0123");
    assert_eq!(read(options().range(5..=6)), "56");
    assert_eq!(read(options().range(7..)), "789");
    assert_eq!(read(options().range(..2)), "01");
    assert_eq!(read(options().range(8..100)), "89");
    let requests: [_; 5] = server.finish();
    let ranges = requests.each_ref().map(|request| request.header("range").unwrap());
    assert_eq!(ranges, ["bytes=0-3", "bytes=5-6", "bytes=7-", "bytes=0-1", "bytes=8-99"]);
}

#[test]
fn unsatisfiable_and_ignored_ranges_fail() {
    let server = FakeServer::start([
        Response::from_fn(|request| Response::object(request, b"abc")),
        Response::content("abc"),
    ]);
    let client = client_without_retries(&server);
    let options = GetObjectOptions::new().range(3..);
    let error = fails(ErrorKind::Server, client.get_object_with("b", "k", &options));
    assert!(error.is_invalid_range() && !error.is_retryable(), "{error}");
    let error = fails(ErrorKind::UnexpectedResponse, client.get_object_with("b", "k", &options));
    assert!(error.to_string().contains("the whole object"), "{error}");
    let _: [_; 2] = server.finish();
}

#[test]
fn conditions_are_sent_and_their_errors_differ() {
    let server = FakeServer::start([
        Response::new(304),
        Response::error(412, "PreconditionFailed"),
        Response::new(412),
    ]);
    let client = client(&server);
    let moment = time::OffsetDateTime::from_unix_timestamp(1_175_024_202).unwrap();
    let options = GetObjectOptions::new().if_none_match("abc").if_modified_since(moment).version_id("v/1");
    let error = fails(ErrorKind::Server, client.get_object_with("b", "k", &options));
    assert!(error.is_not_modified() && !error.is_precondition_failed(), "{error}");
    let options = GetObjectOptions::new().if_match("abc").if_unmodified_since(moment);
    for _ in 0..2 {
        let error = fails(ErrorKind::Server, client.get_object_with("b", "k", &options));
        assert!(error.is_precondition_failed(), "{error}");
    }
    let [get, ..] = server.finish::<3>();
    assert_eq!(get.line(), "GET /b/k?versionId=v%2F1 HTTP/1.1");
    assert_eq!(get.header("if-none-match"), Some("\"abc\""));
    assert_eq!(get.header("if-modified-since"), Some("Tue, 27 Mar 2007 19:36:42 GMT"));
}

#[test]
fn content_encoding_is_kept_and_none_is_requested() {
    let gzip = b"\x1f\x8b\x08\0not really gzip";
    let server = FakeServer::start([Response::content(gzip).header("content-encoding", "gzip")]);
    let object = client(&server).get_object("b", "k").unwrap();
    assert_eq!(object.metadata.header("content-encoding"), Some("gzip"));
    assert_eq!(object.bytes().unwrap(), gzip);
    let [request] = server.finish();
    assert_eq!(request.header("accept-encoding"), None);
}

#[test]
fn text_that_is_not_utf8_fails_and_bytes_succeed() {
    let server = FakeServer::serve(|_| Response::content(b"\xff\xfe"));
    let client = client(&server);
    let error = fails(ErrorKind::UnexpectedResponse, client.get_object("b", "k").unwrap().text());
    assert!(error.to_string().contains("bytes()"), "{error}");
    assert_eq!(client.get_object("b", "k").unwrap().bytes().unwrap(), b"\xff\xfe");
}

#[test]
fn whole_object_instead_of_attributes_or_part_fails_without_retry() {
    let server = FakeServer::start([Response::content(vec![7; 1 << 20])]);
    let error = fails(ErrorKind::UnexpectedResponse, client(&server).get_object_attributes("b", "k"));
    assert!(error.hint().unwrap().contains("head_object"), "{error}");
    let [received] = server.finish();
    assert_eq!(received.line(), "GET /b/k?attributes HTTP/1.1");
    assert!(received.header("x-amz-object-attributes").unwrap().contains("ObjectSize"));

    let part = GetObjectOptions::new().part_number(2);
    let server = FakeServer::start([Response::content("whole"), Response::content("whole")]);
    let client = client(&server);
    let error = fails(ErrorKind::UnexpectedResponse, client.get_object_with("b", "k", &part));
    assert!(error.to_string().contains("whole object"), "{error}");
    fails(ErrorKind::UnexpectedResponse, client.head_object_with("b", "k", &part));
    let [get, head] = server.finish();
    assert_eq!((get.target(), head.method()), ("/b/k?partNumber=2", "HEAD"));
}

#[test]
fn upload_file_derives_the_media_type_unless_it_is_set() {
    let folder = TempDir::new();
    let page = folder.file("index.HTML", "<p>");
    let other = folder.file("README", "text");
    let server = FakeServer::serve(|request| Response::stored(&request.body));
    let client = client(&server);
    client.upload_file("b", "page", &page).unwrap();
    client.upload_file("b", "readme.html", &other).unwrap();
    let object = PutObjectOptions::new().content_type("text/plain");
    client.upload_file_with("b", "page", &page, &UploadOptions::new().object(object)).unwrap();
    client.put_object("b", "index.html", page.as_path()).unwrap();
    let types = server.finish::<4>().map(|request| request.header("content-type").map(str::to_owned));
    assert_eq!(types, [Some("text/html".into()), None, Some("text/plain".into()), None]);
}

#[test]
fn body_from_a_path_is_opened_when_it_is_sent_and_only_if_it_is_a_file() {
    let folder = TempDir::new();
    let server = FakeServer::serve(|request| Response::stored(&request.body));
    let client = client(&server);
    let missing = folder.join("missing");
    let body = Body::from(missing.as_path());
    let error = fails(ErrorKind::LocalIo, client.put_object("b", "k", Body::from(&missing)));
    assert!(error.to_string().contains(&format!("cannot read {}", missing.display())), "{error}");
    folder.file("missing", "found");
    client.put_object("b", "k", body).unwrap();
    let error = fails(ErrorKind::InvalidInput, client.put_object("b", "k", missing.parent().unwrap()));
    assert!(error.to_string().contains("is not a regular file"), "{error}");
    let [request] = server.finish();
    assert_eq!(request.text(), "found");
}
