//! Uploads that the server cannot complete from the parts that it has: a file is uploaded again once.

use std::sync::{Arc, Mutex};

use plain_s3::{Client, ErrorKind, Event, PutObjectOptions, Result, Upload, UploadOptions};

use crate::clients::{client, client_without_retries, config};
use crate::fake_server::{End, FakeServer, Request, Response, Store};
use crate::support::{TempDir, content, fails};

const PART: usize = 5 << 20;
const SIZE: usize = PART + 7;

fn is_complete(request: &Request) -> bool {
    request.method() == "POST" && request.query_value("uploadId").is_some()
}

fn completes(request: &Request, id: &str) -> bool {
    is_complete(request) && request.query_value("uploadId") == Some(id)
}

/// Starts a server with `response` to each completion of the first upload, and the store behind it.
fn serve_failing(response: impl Fn(&Store, &Request) -> Response + Send + 'static) -> (Store, FakeServer) {
    let store = Store::default();
    let inner = store.clone();
    let server =
        store.serve(move |request| completes(request, "upload-1").then(|| response(&inner, request)));
    (store, server)
}

fn options<'a>() -> UploadOptions<'a> {
    UploadOptions::new().part_size(PART as u64)
}

fn upload(client: &Client, options: &UploadOptions<'_>) -> Result<Upload> {
    let folder = TempDir::new();
    client.upload_file_with("b", "k", folder.file("file", content(SIZE)), options)
}

fn upload_reader(client: &Client) -> Result<Upload> {
    client.upload_reader_with("b", "k", &content(SIZE)[..], &options())
}

/// The errors after which only a new upload can succeed.
fn lost_uploads() -> Vec<fn() -> Response> {
    vec![
        || Response::error(400, "InvalidPart"),
        || Response::xml("<Error><Code>InvalidPart</Code></Error>"),
        || Response::xml("<Error><Code>InternalError</Code><Message>Please try again.</Message></Error>"),
        || Response::error(404, "NoSuchUpload"),
        || Response::error(409, "ConditionalRequestConflict"),
        || Response::error(400, "BadDigest"),
    ]
}

// promise: U14
#[test]
fn file_is_uploaded_again_if_its_upload_cannot_be_completed() {
    for response in lost_uploads() {
        let (store, server) = serve_failing(move |_, _| response());
        let events = Arc::new(Mutex::new(Vec::new()));
        let seen = Arc::clone(&events);
        let config = config(&server).on_event(move |event| {
            if let Event::Restarted { .. } = event {
                seen.lock().unwrap().push(event.to_string());
            }
        });
        let progress = Mutex::new(vec![(0, None)]);
        let reporting = options().progress(|done, total| progress.lock().unwrap().push((done, total)));
        let upload = upload(&Client::new(config).unwrap(), &reporting).unwrap();
        assert_eq!((upload.bytes, upload.parts), (SIZE as u64, 2));
        assert!(store.get("/b/k").unwrap() == content(SIZE) && store.uploads().is_empty());
        let requests = server.finish_any();
        let aborts: Vec<_> = requests.iter().filter(|request| request.method() == "DELETE").collect();
        assert_eq!(aborts[0].query_value("uploadId"), Some("upload-1"));
        let sent = |id: &str| {
            let of_upload =
                |request: &&Request| request.method() == "PUT" && request.query_value("uploadId") == Some(id);
            requests.iter().filter(of_upload).map(|request| request.body.len()).sum::<usize>()
        };
        assert_eq!((sent("upload-1"), sent("upload-2"), aborts.len()), (SIZE, SIZE, 1));
        let events = events.lock().unwrap();
        assert_eq!(events.len(), 1, "{events:?}");
        assert!(
            events[0].starts_with("CompleteMultipartUpload b/k: the upload starts again after an error: "),
            "{events:?}"
        );
        let progress = progress.lock().unwrap();
        assert!(progress.is_sorted() && progress.last() == Some(&(SIZE as u64, Some(SIZE as u64))));
    }
}

/// Starts a server that loses the response to the completion of the first upload. The next attempt leaves an empty object
/// under the expected ETag.
fn serve_damaging() -> (Store, FakeServer) {
    let store = Store::default();
    let (inner, mut attempt) = (store.clone(), 0);
    let server = store.serve(move |request| {
        if completes(request, "upload-1") {
            attempt += 1;
            return (attempt == 1).then(|| Response::none(End::Rst));
        }
        let damaged = request.method() == "HEAD";
        damaged.then(|| Response::object_with(request, b"", &inner.e_tag("/b/k").unwrap()))
    });
    (store, server)
}

// promise: U14
#[test]
fn file_is_uploaded_again_if_a_repeated_completion_has_damaged_the_object() {
    let (store, server) = serve_damaging();
    upload(&client(&server), &options()).unwrap();
    assert!(store.get("/b/k").unwrap() == content(SIZE) && store.uploads().is_empty());
    let created = |server: &FakeServer| {
        server.requests().iter().filter(|request| request.target() == "/b/k?uploads").count()
    };
    assert_eq!(created(&server), 2);
    // The damaged object would not let a second upload meet this condition.
    let (_, server) = serve_damaging();
    let conditional = options().object(PutObjectOptions::new().if_none_exists());
    fails(ErrorKind::Integrity, upload(&client(&server), &conditional));
    assert_eq!(created(&server), 1);
}

// promise: U14
#[test]
fn reader_is_not_uploaded_again() {
    for response in lost_uploads() {
        let (store, server) = serve_failing(move |_, _| response());
        fails(ErrorKind::Server, upload_reader(&client(&server)));
        assert!(store.get("/b/k").is_none() && store.uploads().is_empty());
        let created = server.requests().iter().filter(|request| request.target() == "/b/k?uploads").count();
        assert_eq!(created, 1);
    }
}

// promise: U14
#[test]
fn file_is_uploaded_again_only_once_and_never_without_retries() {
    for (retries, uploads) in [(true, 2), (false, 1)] {
        let store = Store::default();
        let server = store.serve(|request| is_complete(request).then(|| Response::error(400, "InvalidPart")));
        let client = if retries { client(&server) } else { client_without_retries(&server) };
        let error = fails(ErrorKind::Server, upload(&client, &options()));
        assert_eq!(error.code(), Some("InvalidPart"));
        assert_eq!(error.to_string().contains("had already been started again once"), retries, "{error}");
        assert!(error.to_string().contains("The upload was aborted"), "{error}");
        assert!(store.uploads().is_empty());
        let completions = server.requests().iter().filter(|request| is_complete(request)).count();
        assert_eq!(completions, uploads);
    }
}

// promise: U14
#[test]
fn other_errors_start_no_second_upload() {
    for (status, code) in [(403, "AccessDenied"), (400, "EntityTooSmall"), (500, "InternalError")] {
        let (_, server) = serve_failing(move |_, _| Response::error(status, code));
        assert_eq!(fails(ErrorKind::Server, upload(&client(&server), &options())).code(), Some(code));
        assert!(server.requests().iter().all(|request| request.query_value("uploadId") != Some("upload-2")));
    }
}

// promise: U6
#[test]
fn completed_upload_with_lost_response_is_not_started_again() {
    // The ETag of the object decides, or it is unknown whether the upload was completed.
    for (e_tag, stored) in [(None, true), (Some("\"opaque\""), false)] {
        let store = Store::default();
        let inner = store.clone();
        let mut attempts = 0;
        let server = store.serve(move |request| match request.method() {
            "HEAD" => e_tag.map(|e_tag| Response::new(200).header("etag", e_tag)),
            _ if is_complete(request) => {
                attempts += 1;
                (attempts == 1).then(|| inner.handle_then(request, Response::none(End::Rst)))
            }
            _ => None,
        });
        match upload(&client(&server), &options()) {
            Ok(_) => assert!(stored),
            Err(error) => {
                assert_eq!((error.code(), stored), (Some("NoSuchUpload"), false));
                assert!(error.to_string().contains("may have stored the object itself"), "{error}");
            }
        }
        assert!(server.requests().iter().all(|request| request.query_value("uploadId") != Some("upload-2")));
    }
}

// promise: U7
#[test]
fn condition_that_fails_because_of_the_first_upload_is_verified() {
    let store = Store::default();
    let inner = store.clone();
    let mut attempts = 0;
    let server = store.serve(move |request| {
        if !is_complete(request) {
            return None;
        }
        attempts += 1;
        Some(match attempts {
            1..=4 => Response::xml("<Error><Code>InternalError</Code></Error>"),
            // The object appears only after the client has looked for it.
            _ => {
                inner.respond(request);
                Response::error(412, "PreconditionFailed")
            }
        })
    });
    let new = options().object(PutObjectOptions::new().if_none_exists());
    let upload = upload(&client(&server), &new).unwrap();
    assert!(upload.e_tag.unwrap().as_str().ends_with("-2"));
}

#[test]
fn file_that_changes_before_it_is_read_again_is_not_stored() {
    let folder = TempDir::new();
    let path = folder.file("file", content(SIZE));
    let changed = path.clone();
    let (store, server) = serve_failing(move |_, _| {
        std::fs::write(&changed, content(SIZE - 1)).unwrap();
        Response::error(400, "InvalidPart")
    });
    fails(ErrorKind::LocalIo, client(&server).upload_file_with("b", "k", &path, &options()));
    assert!(store.get("/b/k").is_none() && store.uploads().is_empty());
}
