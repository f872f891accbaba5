//! CompleteMultipartUpload: the responses that a server may return, and the result of each.

use plain_s3::{Client, CompletedPart, Error, ErrorKind, PutObjectOptions, Result, Upload, UploadOptions};

use crate::clients::{client, client_without_retries, config};
use crate::fake_server::{End, FakeServer, Request, Response, Store};
use crate::support::{content, fails};

const PART: usize = 5 << 20;
const SIZE: usize = PART + 7;

fn upload(client: &Client) -> Result<Upload> {
    let options = UploadOptions::new().part_size(PART as u64);
    client.upload_reader_with("b", "k", &content(SIZE)[..], &options)
}

fn is_complete(request: &Request) -> bool {
    request.method() == "POST" && request.query_value("uploadId").is_some()
}

/// Starts a server whose response to CompleteMultipartUpload is `response(store, request, attempt)`, and the
/// store behind it.
fn serve_completing(
    response: impl Fn(&Store, &Request, u32) -> Option<Response> + Send + 'static,
) -> (Store, FakeServer) {
    let store = Store::default();
    let inner = store.clone();
    let mut attempt = 0;
    let server = store.serve(move |request| {
        if !is_complete(request) {
            return None;
        }
        attempt += 1;
        response(&inner, request, attempt)
    });
    (store, server)
}

/// Responses to CompleteMultipartUpload that are not a success, although the status may be 200.
fn malformed_responses() -> Vec<(ErrorKind, fn() -> Response)> {
    vec![
        (ErrorKind::Server, || Response::xml("<Error><Code>InternalError</Code></Error>")),
        (ErrorKind::UnexpectedResponse, || Response::xml("")),
        (ErrorKind::UnexpectedResponse, || Response::xml("   \n  \n")),
        (ErrorKind::UnexpectedResponse, || Response::new(200).body("<html><title>Hello</title></html>")),
        (ErrorKind::UnexpectedResponse, || Response::new(200).body("<html><p>unclosed<br>")),
        (ErrorKind::UnexpectedResponse, || Response::xml("<CompleteMultipartUploadResult><ETag>cut of")),
        (ErrorKind::UnexpectedResponse, || Response::xml("<Tagging/>")),
        (ErrorKind::Network, || {
            Response::xml("<CompleteMultipartUploadResult>").content_length(999).then(End::Fin)
        }),
        (ErrorKind::Network, || Response::none(End::Rst)),
    ]
}

// promise: U5
#[test]
fn malformed_response_is_retried() {
    for (_, response) in malformed_responses() {
        let (store, server) = serve_completing(move |_, _, attempt| (attempt == 1).then(response));
        upload(&client(&server)).unwrap();
        assert!(store.get("/b/k").unwrap() == content(SIZE) && store.uploads().is_empty());
    }
}

// promise: U5
#[test]
fn persistent_malformed_response_aborts_the_upload() {
    for (kind, response) in malformed_responses() {
        let (store, server) = serve_completing(move |_, _, _| Some(response()));
        let error = fails(kind, upload(&client_without_retries(&server)));
        assert!(error.to_string().starts_with("upload_reader b/k (CompleteMultipartUpload): "), "{error}");
        assert!(error.to_string().contains("The upload was aborted"), "{error}");
        assert!(store.get("/b/k").is_none() && store.uploads().is_empty());
    }
}

// promise: U6
#[test]
fn success_with_lost_response_is_verified_by_etag() {
    for check in [true, false] {
        for (_, response) in malformed_responses() {
            // The upload no longer exists at the second attempt.
            let (store, server) = serve_completing(move |store, request, attempt| {
                (attempt == 1).then(|| store.handle_then(request, response()))
            });
            let config = config(&server);
            let config = if check { config } else { config.skip_checksums() };
            let client = Client::new(config).unwrap();
            let upload = upload(&client).unwrap();
            assert!(upload.e_tag.unwrap().as_str().ends_with("-2"));
            assert!(store.get("/b/k").unwrap() == content(SIZE));
            assert_eq!(server.requests().last().unwrap().method(), "HEAD");
        }
    }
    // The same without a retry.
    let (store, server) =
        serve_completing(|store, request, _| Some(store.handle_then(request, Response::none(End::Rst))));
    upload(&client_without_retries(&server)).unwrap();
    assert!(store.get("/b/k").is_some());
}

// promise: U7
#[test]
fn failed_precondition_after_lost_response_is_verified() {
    for stored in [true, false] {
        let (store, server) = serve_completing(move |store, request, attempt| match attempt {
            1 if stored => Some(store.handle_then(request, Response::none(End::Rst))),
            1 => Some(Response::none(End::Rst)),
            _ => Some(Response::error(412, "PreconditionFailed")),
        });
        let object = PutObjectOptions::new().if_none_exists();
        let options = UploadOptions::new().part_size(PART as u64).object(object);
        let result = client(&server).upload_reader_with("b", "k", &content(SIZE)[..], &options);
        match stored {
            true => assert!(result.unwrap().e_tag.unwrap().as_str().ends_with("-2")),
            false => assert!(fails(ErrorKind::Server, result).is_precondition_failed()),
        }
        assert_eq!(store.get("/b/k").is_some(), stored);
    }
}

// promise: U6
#[test]
fn missing_upload_and_other_object_fail() {
    for old in [None, Some("old")] {
        let (store, server) = serve_completing(|_, _, _| Some(Response::error(404, "NoSuchUpload")));
        if let Some(old) = old {
            store.put("/b/k", old);
        }
        let error = fails(ErrorKind::Server, upload(&client(&server)));
        assert_eq!(error.code(), Some("NoSuchUpload"));
        assert_eq!(store.get("/b/k"), old.map(Vec::from));
    }
}

/// The server executes two attempts at once, as LocalStack does: it confirms both, but the object is empty.
// promise: U15
#[test]
fn object_that_a_repeated_completion_has_damaged_is_an_integrity_error() {
    // The second attempt is confirmed, or finds no upload any more.
    for confirmed in [true, false] {
        for repeated in [true, false] {
            let store = Store::default();
            let (inner, mut attempt) = (store.clone(), 0);
            let server = store.serve(move |request| {
                if is_complete(request) {
                    attempt += 1;
                    let lost = Response::none(End::Rst);
                    return match attempt {
                        1 if !repeated => None,
                        1 if confirmed => Some(lost),
                        1 => Some(inner.handle_then(request, lost)),
                        _ => None,
                    };
                }
                // The ETag is the expected one.
                let head = (request.method() == "HEAD").then(|| inner.e_tag("/b/k").unwrap());
                head.map(|e_tag| Response::object_with(request, b"", &e_tag))
            });
            match upload(&client(&server)) {
                Err(error) if repeated => {
                    assert_eq!(error.kind(), ErrorKind::Integrity, "{error}");
                    let text = error.to_string();
                    assert!(text.contains("has 0 bytes instead of 5242887"), "{text}");
                }
                // No request of its own is needed if there was only one attempt.
                result => assert!(!repeated && result.is_ok()),
            }
            let heads = server.finish_any().iter().filter(|request| request.method() == "HEAD").count();
            assert_eq!(heads, usize::from(repeated));
        }
    }
}

// promise: U15
#[test]
fn repeated_completion_succeeds_if_the_object_is_complete_or_cannot_be_read() {
    for head in [None, Some(403), Some(404)] {
        let store = Store::default();
        let mut attempt = 0;
        let server = store.serve(move |request| match request.method() {
            "HEAD" => head.map(Response::new),
            _ if is_complete(request) => {
                attempt += 1;
                (attempt == 1).then(|| Response::none(End::Rst))
            }
            _ => None,
        });
        upload(&client(&server)).unwrap();
        assert!(store.get("/b/k").unwrap() == content(SIZE));
        assert_eq!(server.requests().last().unwrap().method(), "HEAD");
    }
    // Another program has already replaced the object.
    let (inner, server) = serve_completing(|store, request, attempt| match attempt {
        1 => Some(Response::none(End::Rst)),
        _ => {
            let response = store.respond(request);
            store.put("/b/k", "other");
            Some(response)
        }
    });
    assert!(upload(&client(&server)).unwrap().e_tag.unwrap().as_str().ends_with("-2"));
    assert_eq!(inner.get("/b/k").unwrap(), b"other");
}

#[test]
fn permanent_error_in_a_200_is_returned() {
    let (store, server) = serve_completing(|_, _, _| {
        Some(Response::xml("<Error><Code>InvalidPart</Code><Message>no</Message></Error>"))
    });
    let error = fails(ErrorKind::Server, upload(&client(&server)));
    assert_eq!((error.code(), error.message()), (Some("InvalidPart"), Some("no")));
    assert!(store.uploads().is_empty());
}

#[test]
fn failed_precondition_is_returned() {
    let (store, server) = serve_completing(|_, _, _| Some(Response::error(412, "PreconditionFailed")));
    assert!(fails(ErrorKind::Server, upload(&client(&server))).is_precondition_failed());
    assert!(store.uploads().is_empty());
}

#[test]
fn whitespace_before_the_xml_is_skipped() {
    let (_, server) = serve_completing(|store, request, _| {
        store.respond(request);
        Some(Response::xml("      \n<?xml version=\"1.0\"?>\n<CompleteMultipartUploadResult><ETag>\"e\"</ETag></CompleteMultipartUploadResult>").chunked(1))
    });
    assert_eq!(upload(&client(&server)).unwrap().e_tag.unwrap().as_str(), "e");
}

#[test]
fn empty_etag_is_fetched_by_head() {
    for response in [
        "<CompleteMultipartUploadResult><ETag></ETag></CompleteMultipartUploadResult>",
        "<CompleteMultipartUploadResult/>",
    ] {
        let (_, server) =
            serve_completing(|store, request, _| Some(store.handle_then(request, Response::xml(response))));
        assert!(upload(&client(&server)).unwrap().e_tag.unwrap().as_str().ends_with("-2"));
    }
}

// promise: U4
#[test]
fn wrong_etag_of_the_object_is_an_integrity_error() {
    // The wrong ETag is in the response, or in the object.
    for response in [
        "<CompleteMultipartUploadResult><ETag>\"00000000000000000000000000000000-2\"</ETag></CompleteMultipartUploadResult>",
        "<CompleteMultipartUploadResult/>",
    ] {
        let store = Store::default();
        let server = store.serve(|request| match request.method() {
            "HEAD" => Some(Response::new(200).header("etag", "\"00000000000000000000000000000000-2\"")),
            _ => is_complete(request).then(|| Response::xml(response)),
        });
        fails(ErrorKind::Integrity, upload(&client(&server)));
        let unchecked = Client::new(config(&server).skip_checksums()).unwrap();
        upload(&unchecked).unwrap();
    }
}

#[test]
fn opaque_etag_is_not_compared() {
    let response = "<CompleteMultipartUploadResult><ETag>\"opaque\"</ETag></CompleteMultipartUploadResult>";
    let (_, server) = serve_completing(|_, _, _| Some(Response::xml(response)));
    assert_eq!(upload(&client(&server)).unwrap().e_tag.unwrap().as_str(), "opaque");
}

// promise: U4
#[test]
fn etags_of_encrypted_objects_are_not_compared() {
    let other = "00000000000000000000000000000000";
    let store = Store::default();
    let server = store.serve(move |request| match request.method() {
        "PUT" => Some(
            Response::new(200)
                .header("etag", &format!("\"{other}\""))
                .header("x-amz-server-side-encryption", "aws:kms"),
        ),
        _ => is_complete(request).then(|| {
            Response::xml(&format!(
                "<CompleteMultipartUploadResult><ETag>\"{other}-2\"</ETag></CompleteMultipartUploadResult>"
            ))
        }),
    });
    upload(&client(&server)).unwrap();
}

#[test]
fn complete_multipart_upload_returns_the_same_errors() -> Result<(), Error> {
    let complete = |server: &FakeServer| {
        client_without_retries(server).complete_multipart_upload(
            "b",
            "k",
            "id",
            &[CompletedPart::new(1, "e")],
        )
    };
    for (kind, response) in malformed_responses() {
        fails(kind, complete(&FakeServer::start([response()])));
    }
    let server = FakeServer::start([Response::xml("<CompleteMultipartUploadResult/>")]);
    assert_eq!(complete(&server)?.e_tag, None);
    Ok(())
}

#[test]
fn integrity_error_does_not_mention_an_abort() {
    let response = "<CompleteMultipartUploadResult><ETag>900150983cd24fb0d6963f7d28e17f72-2</ETag>\
                  </CompleteMultipartUploadResult>";
    let (_, server) = serve_completing(move |_, _, _| Some(Response::xml(response)));
    let error = fails(ErrorKind::Integrity, upload(&client(&server)));
    assert!(!error.to_string().contains("abort"), "{error}");
    assert!(server.finish_any().iter().all(|request| request.method() != "DELETE"));
}
