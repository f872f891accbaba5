//! The end of an upload in parts: what a server may say to Complete, and what is made of it.

use plain_s3::{Client, CompletedPart, Error, ErrorKind, PutObjectOptions, Result, Upload, UploadOptions};

use crate::clients::{client, config, once};
use crate::fake_server::{Answer, End, FakeServer, Received, Store};
use crate::support::{content, fails};

const PART: usize = 5 << 20;
const SIZE: usize = PART + 7;

fn upload(client: &Client) -> Result<Upload> {
    let options = UploadOptions::new().part_size(PART as u64);
    client.upload_reader_with("b", "k", &content(SIZE)[..], &options)
}

fn is_complete(request: &Received) -> bool {
    request.method() == "POST" && request.query_value("uploadId").is_some()
}

/// A store whose server answers Complete by this function of the store, the request and the number of the
/// attempt.
fn completing(
    answer: impl Fn(&Store, &Received, u32) -> Option<Answer> + Send + 'static,
) -> (Store, FakeServer) {
    let store = Store::default();
    let inner = store.clone();
    let mut attempt = 0;
    let server = store.serve(move |request| {
        if !is_complete(request) {
            return None;
        }
        attempt += 1;
        answer(&inner, request, attempt)
    });
    (store, server)
}

/// What is no success in a 200.
fn non_answers() -> Vec<(ErrorKind, fn() -> Answer)> {
    vec![
        (ErrorKind::Server, || Answer::xml("<Error><Code>InternalError</Code></Error>")),
        (ErrorKind::UnexpectedResponse, || Answer::xml("")),
        (ErrorKind::UnexpectedResponse, || Answer::xml("   \n  \n")),
        (ErrorKind::UnexpectedResponse, || Answer::new(200).body("<html><title>Hello</title></html>")),
        (ErrorKind::UnexpectedResponse, || Answer::new(200).body("<html><p>unclosed<br>")),
        (ErrorKind::UnexpectedResponse, || Answer::xml("<CompleteMultipartUploadResult><ETag>cut of")),
        (ErrorKind::UnexpectedResponse, || Answer::xml("<Tagging/>")),
        (ErrorKind::Network, || {
            Answer::xml("<CompleteMultipartUploadResult>").content_length(999).then(End::Fin)
        }),
        (ErrorKind::Network, || Answer::nothing(End::Rst)),
    ]
}

#[test]
fn a_non_answer_that_was_a_failure_is_repeated() {
    for (_, answer) in non_answers() {
        let (store, server) = completing(move |_, _, attempt| (attempt == 1).then(answer));
        upload(&client(&server)).unwrap();
        assert!(store.get("/b/k").unwrap() == content(SIZE) && store.uploads().is_empty());
    }
}

#[test]
fn a_non_answer_that_stays_is_an_error_and_the_upload_aborted() {
    for (kind, answer) in non_answers() {
        let (store, server) = completing(move |_, _, _| Some(answer()));
        let error = fails(kind, upload(&once(&server)));
        assert!(error.to_string().contains("CompleteMultipartUpload b/k: "), "{error}");
        assert!(error.to_string().contains("The upload was aborted"), "{error}");
        assert!(store.get("/b/k").is_none() && store.uploads().is_empty());
    }
}

#[test]
fn a_success_whose_answer_is_lost_is_found_by_the_etag_of_the_object() {
    for check in [true, false] {
        for (_, answer) in non_answers() {
            // the second attempt finds no such upload
            let (store, server) = completing(move |store, request, attempt| {
                (attempt == 1).then(|| store.after(request, answer()))
            });
            let config = config(&server);
            let config = if check { config } else { config.skip_md5_check() };
            let client = Client::new(config).unwrap();
            let upload = upload(&client).unwrap();
            assert!(upload.e_tag.unwrap().as_str().ends_with("-2"));
            assert!(store.get("/b/k").unwrap() == content(SIZE));
            assert_eq!(server.requests().last().unwrap().method(), "HEAD");
        }
    }
    // nor does it help to ask again
    let (store, server) =
        completing(|store, request, _| Some(store.after(request, Answer::nothing(End::Rst))));
    upload(&once(&server)).unwrap();
    assert!(store.get("/b/k").is_some());
}

#[test]
fn a_condition_that_fails_after_a_lost_answer_is_looked_into() {
    for stored in [true, false] {
        let (store, server) = completing(move |store, request, attempt| match attempt {
            1 if stored => Some(store.after(request, Answer::nothing(End::Rst))),
            1 => Some(Answer::nothing(End::Rst)),
            _ => Some(Answer::error(412, "PreconditionFailed")),
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

#[test]
fn no_upload_and_another_object_is_no_success() {
    for old in [None, Some("old")] {
        let (store, server) = completing(|_, _, _| Some(Answer::error(404, "NoSuchUpload")));
        if let Some(old) = old {
            store.put("/b/k", old);
        }
        let error = fails(ErrorKind::Server, upload(&client(&server)));
        assert_eq!(error.code(), Some("NoSuchUpload"));
        assert_eq!(store.get("/b/k"), old.map(Vec::from));
    }
}

#[test]
fn a_final_error_in_a_200_is_that_error() {
    let (store, server) = completing(|_, _, _| {
        Some(Answer::xml("<Error><Code>InvalidPart</Code><Message>no</Message></Error>"))
    });
    let error = fails(ErrorKind::Server, upload(&client(&server)));
    assert_eq!((error.code(), error.message()), (Some("InvalidPart"), Some("no")));
    assert!(store.uploads().is_empty());
}

#[test]
fn a_condition_that_does_not_hold_at_the_end_is_told_as_such() {
    let (store, server) = completing(|_, _, _| Some(Answer::error(412, "PreconditionFailed")));
    assert!(fails(ErrorKind::Server, upload(&client(&server))).is_precondition_failed());
    assert!(store.uploads().is_empty());
}

#[test]
fn spaces_before_the_answer_are_waited_through() {
    let (_, server) = completing(|store, request, _| {
        store.answer(request);
        Some(Answer::xml("      \n<?xml version=\"1.0\"?>\n<CompleteMultipartUploadResult><ETag>\"e\"</ETag></CompleteMultipartUploadResult>").chunked(1))
    });
    assert_eq!(upload(&client(&server)).unwrap().e_tag.unwrap().as_str(), "e");
}

#[test]
fn cephs_empty_etag_is_looked_up() {
    for answer in [
        "<CompleteMultipartUploadResult><ETag></ETag></CompleteMultipartUploadResult>",
        "<CompleteMultipartUploadResult/>",
    ] {
        let (_, server) = completing(|store, request, _| Some(store.after(request, Answer::xml(answer))));
        assert!(upload(&client(&server)).unwrap().e_tag.unwrap().as_str().ends_with("-2"));
    }
}

#[test]
fn an_object_that_is_not_made_of_what_was_sent_is_an_integrity_error() {
    // the server says so itself, or the object does
    for answer in [
        "<CompleteMultipartUploadResult><ETag>\"00000000000000000000000000000000-2\"</ETag></CompleteMultipartUploadResult>",
        "<CompleteMultipartUploadResult/>",
    ] {
        let store = Store::default();
        let server = store.serve(|request| match request.method() {
            "HEAD" => Some(Answer::new(200).header("etag", "\"00000000000000000000000000000000-2\"")),
            _ => is_complete(request).then(|| Answer::xml(answer)),
        });
        fails(ErrorKind::Integrity, upload(&client(&server)));
        let unchecked = Client::new(config(&server).skip_md5_check()).unwrap();
        upload(&unchecked).unwrap();
    }
}

#[test]
fn an_etag_of_another_form_says_nothing() {
    let answer = "<CompleteMultipartUploadResult><ETag>\"opaque\"</ETag></CompleteMultipartUploadResult>";
    let (_, server) = completing(|_, _, _| Some(Answer::xml(answer)));
    assert_eq!(upload(&client(&server)).unwrap().e_tag.unwrap().as_str(), "opaque");
}

#[test]
fn etags_of_an_encrypted_store_are_not_compared() {
    let other = "00000000000000000000000000000000";
    let store = Store::default();
    let server = store.serve(move |request| match request.method() {
        "PUT" => Some(
            Answer::new(200)
                .header("etag", &format!("\"{other}\""))
                .header("x-amz-server-side-encryption", "aws:kms"),
        ),
        _ => is_complete(request).then(|| {
            Answer::xml(&format!(
                "<CompleteMultipartUploadResult><ETag>\"{other}-2\"</ETag></CompleteMultipartUploadResult>"
            ))
        }),
    });
    upload(&client(&server)).unwrap();
}

#[test]
fn complete_by_itself_has_the_same_errors() -> Result<(), Error> {
    let complete = |server: &FakeServer| {
        once(server).complete_multipart_upload("b", "k", "id", &[CompletedPart::new(1, "e")])
    };
    for (kind, answer) in non_answers() {
        fails(kind, complete(&FakeServer::start([answer()])));
    }
    let server = FakeServer::start([Answer::xml("<CompleteMultipartUploadResult/>")]);
    assert_eq!(complete(&server)?.e_tag, None);
    Ok(())
}

#[test]
fn a_whole_that_is_wrong_is_an_error_that_speaks_of_no_abort() {
    let answer = "<CompleteMultipartUploadResult><ETag>900150983cd24fb0d6963f7d28e17f72-2</ETag>\
                  </CompleteMultipartUploadResult>";
    let (_, server) = completing(move |_, _, _| Some(Answer::xml(answer)));
    let error = fails(ErrorKind::Integrity, upload(&client(&server)));
    assert!(!error.to_string().contains("abort"), "{error}");
    assert!(server.finish_any().iter().all(|request| request.method() != "DELETE"));
}
