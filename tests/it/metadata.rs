//! User metadata: values that are not ASCII, and names that some servers change.

use std::time::Duration;

use plain_s3::{
    Client, CopyObjectOptions, CopyOptions, ErrorKind, MetadataEncoding, Method, PostPolicy,
    PutObjectOptions, RawRequest, UploadOptions,
};

use crate::clients::{REGION, client, client_v4, client_without_retries, config};
use crate::fake_server::{FakeServer, Request, Response};
use crate::signatures::{assert_signed_v2, assert_signed_v4};
use crate::support::fails;

const NAME: &str = "x-amz-meta-name";
const WORD: &str = "=?UTF-8?B?TWluacO2?=";

fn minio() -> PutObjectOptions {
    PutObjectOptions::new().metadata("name", "Miniö").metadata("plain", "a=b")
}

#[track_caller]
fn assert_encoded(request: &Request) {
    assert_eq!((request.header(NAME), request.header("x-amz-meta-plain")), (Some(WORD), Some("a=b")));
}

// promise: S8
#[test]
fn every_request_encodes_metadata() {
    let server = FakeServer::serve(|request| match request.query().first() {
        Some(("uploads", _)) => Response::xml(
            "<InitiateMultipartUploadResult><UploadId>u</UploadId></InitiateMultipartUploadResult>",
        ),
        _ if request.header("x-amz-copy-source").is_some() => {
            Response::xml("<CopyObjectResult><ETag>\"e\"</ETag></CopyObjectResult>")
        }
        _ => Response::stored(b"x"),
    });
    let copy = CopyObjectOptions::new().replace_metadata(&minio());
    for client in [client(&server), client_v4(&server)] {
        client.put_object_with("b", "k", "x", &minio()).unwrap();
        client.create_multipart_upload_with("b", "k", &minio()).unwrap();
        client.copy_object_with(("b", "k"), ("b", "c"), &copy).unwrap();
        client.upload_reader_with("b", "k", &b"x"[..], &UploadOptions::new().object(minio())).unwrap();
    }
    let requests: [_; 8] = server.finish();
    requests.iter().for_each(assert_encoded);
    assert_signed_v2(&requests[0], None);
    assert_signed_v4(&requests[4]);
}

// promise: S8
#[test]
fn presigned_urls_and_forms_encode_metadata() {
    let hour = Duration::from_secs(3600);
    let server = FakeServer::start([]);
    for client in [client(&server), client_v4(&server)] {
        let url = client.presign_put_object_with("b", "k", hour, &minio()).unwrap();
        assert!(url.headers.contains(&(NAME.to_owned(), WORD.to_owned())), "{url:?}");
        let form =
            client.presign_post_object("b", &PostPolicy::new("k").metadata("name", "Miniö"), hour).unwrap();
        assert!(form.fields.contains(&(NAME.to_owned(), WORD.to_owned())), "{form:?}");
    }
}

#[test]
fn utf8_is_sent_if_configured_and_raw_requests_are_sent_as_given() {
    let server = FakeServer::serve(|_| Response::stored(b"x"));
    let utf8 = Client::new(config(&server).metadata_encoding(MetadataEncoding::Utf8)).unwrap();
    utf8.put_object_with("b", "k", "x", &minio()).unwrap();
    let raw = RawRequest::new(Method::Put).bucket("b").key("k").header(NAME, "Miniö");
    client(&server).send_raw(&raw, "x").unwrap();
    for request in server.finish::<2>() {
        assert_eq!(request.header(NAME), Some("Miniö"));
        assert_signed_v2(&request, None);
    }
}

#[test]
fn metadata_is_read_in_both_encodings() {
    let value = "日本語のとても長い名前".repeat(20);
    let long = value.clone();
    let server = FakeServer::serve(move |request| match request.method() {
        "PUT" => Response::stored(b"x"),
        _ => Response::new(200).header(NAME, WORD).header("x-amz-meta-raw", &long),
    });
    let client = client(&server);
    client.put_object_with("b", "k", "x", &PutObjectOptions::new().metadata("name", &value)).unwrap();
    let object = client.head_object("b", "k").unwrap();
    assert_eq!(
        (object.metadata["name"].as_str(), object.metadata["raw"].as_str()),
        ("Miniö", value.as_str())
    );
    assert_eq!(object.header(NAME), Some(WORD));
    let [put, _] = server.finish();
    let words = put.header(NAME).unwrap();
    assert!(words.is_ascii() && words.split(' ').all(|word| word.len() <= 75), "{words}");
}

/// A copy in parts has to send the metadata of the source, which another client may have stored as UTF-8.
#[test]
fn copy_in_parts_keeps_metadata_as_it_is_stored() {
    const SIZE: u64 = 6 << 20;
    let server = FakeServer::serve(|request| match (request.method(), request.query_value("uploads")) {
        ("GET", _) => Response::error(501, "NotImplemented"),
        ("HEAD", _) => Response::new(200).header(NAME, "Miniö").header("etag", "\"e\"").content_length(SIZE),
        ("POST", Some(_)) => Response::xml(
            "<InitiateMultipartUploadResult><UploadId>u</UploadId></InitiateMultipartUploadResult>",
        ),
        ("POST", _) => Response::xml(
            "<CompleteMultipartUploadResult><ETag>\"e-2\"</ETag></CompleteMultipartUploadResult>",
        ),
        _ => Response::xml("<CopyPartResult><ETag>\"p\"</ETag></CopyPartResult>"),
    });
    client(&server).copy_with(("b", "k"), ("b", "c"), &CopyOptions::new().part_size(5 << 20)).unwrap();
    let requests = server.finish_any();
    let created = requests.iter().find(|request| request.target().ends_with("?uploads")).unwrap();
    assert_eq!(created.header(NAME), Some("Miniö"));
}

#[test]
fn control_characters_are_rejected_even_if_the_value_would_be_encoded() {
    let server = FakeServer::start([]);
    let options = PutObjectOptions::new().metadata("name", "é\r\nx-amz-acl: public-read");
    let error = fails(ErrorKind::InvalidInput, client(&server).put_object_with("b", "k", "x", &options));
    assert!(error.to_string().contains("control character"), "{error}");
}

// promise: S8
#[test]
fn rejected_signature_names_metadata_with_an_underscore() {
    let server = FakeServer::serve(|_| Response::error(403, "SignatureDoesNotMatch"));
    let options = PutObjectOptions::new().metadata("a_b", "1");
    for client in [client_without_retries(&server), Client::new(config(&server).region(REGION)).unwrap()] {
        let error = fails(ErrorKind::Server, client.put_object_with("b", "k", "x", &options));
        assert!(error.hint().unwrap().contains("The metadata name \"a_b\" contains _"), "{error}");
        let error = fails(ErrorKind::Server, client.put_object("b", "k", "x"));
        assert!(!error.hint().unwrap().contains("metadata"), "{error}");
    }
}
