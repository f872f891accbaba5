//! Multipart uploads over faulty connections and from faulty sources: each part is retried alone, and nothing
//! is left behind.

use std::fs;
use std::io::{self, Read, Write as _};
use std::sync::Mutex;
use std::time::Duration;

use plain_s3::{Client, Error, ErrorKind, PutObjectOptions, RetryPolicy, UploadOptions};

use crate::clients::{client, config};
use crate::fake_server::{End, Request, Response, Store};
use crate::signatures::md5_base64;
use crate::support::{TempDir, content, fails};

const PART: usize = 5 << 20;
/// Two full parts and 7 bytes.
const SIZE: usize = 2 * PART + 7;

fn options<'a>() -> UploadOptions<'a> {
    UploadOptions::new().part_size(PART as u64)
}

fn is_part(request: &Request, number: &str) -> bool {
    request.method() == "PUT" && request.query_value("partNumber") == Some(number)
}

/// Returns the method and the part number of each request.
fn steps(requests: &[Request]) -> Vec<String> {
    let step = |request: &Request| {
        let number = request.query_value("partNumber").unwrap_or_default();
        format!("{} {number}", request.method()).trim_end().to_owned()
    };
    requests.iter().map(step).collect()
}

/// Fails unless the progress grows by at most 256 KiB at a time, to `size`.
fn assert_steps(progress: &[u64], size: usize) {
    let mut before = 0;
    for &done in progress {
        assert!((before..=before + (256 << 10)).contains(&done), "{before}, then {done}");
        before = done;
    }
    assert_eq!(progress.last(), Some(&(size as u64)));
}

#[test]
fn progress_is_reported_every_256_kib_and_at_the_end_also_after_retries() {
    for size in [0, 1, 256 << 10, 3 << 20, SIZE] {
        let body = content(size);
        for faulty in [false, true] {
            let store = Store::default();
            let rejections = Mutex::new(if faulty { 2 } else { 0 });
            let server = store.serve(move |request| {
                let mut left = rejections.lock().unwrap();
                let reject = request.method() == "PUT" && *left > 0;
                *left -= u32::from(reject);
                reject.then(|| Response::error(503, "SlowDown"))
            });
            let progress = Mutex::new(Vec::new());
            let options = options().progress(|done, _| progress.lock().unwrap().push(done));
            client(&server).upload_reader_with("b", "k", &body[..], &options).unwrap();
            assert!(store.get("/b/k").unwrap() == body);
            assert_steps(&progress.lock().unwrap(), size);
        }
    }
}

// promise: U1
#[test]
fn file_and_reader_are_uploaded_in_parts_and_read_once() {
    let body = content(SIZE);
    let folder = TempDir::new();
    let file = folder.file("file", &body);
    for from_file in [true, false] {
        let store = Store::default();
        let server = store.serve(|_| None);
        let progress = Mutex::new(Vec::new());
        let options = options()
            .object(PutObjectOptions::new().content_type("x/y").if_none_exists())
            .progress(|done, all| progress.lock().unwrap().push((done, all)));
        let upload = if from_file {
            client(&server).upload_file_with("b", "k", &file, &options).unwrap()
        } else {
            client(&server).upload_reader_with("b", "k", &body[..], &options).unwrap()
        };
        assert_eq!((upload.bytes, upload.parts, upload.parts_reused), (SIZE as u64, 3, 0));
        assert!(upload.e_tag.unwrap().as_str().ends_with("-3"));
        assert!(store.get("/b/k").unwrap() == body);
        let all = from_file.then_some(SIZE as u64);
        let progress: Vec<u64> = progress
            .lock()
            .unwrap()
            .iter()
            .map(|(done, of)| {
                assert_eq!(*of, all);
                *done
            })
            .collect();
        assert_steps(&progress, SIZE);
        assert!([PART, 2 * PART].iter().all(|part| progress.contains(&(*part as u64))), "{progress:?}");
        let requests = server.requests();
        assert_eq!(steps(&requests), ["POST", "PUT 1", "PUT 2", "PUT 3", "POST"]);
        assert_eq!(requests[1].header("content-md5").unwrap(), md5_base64(&body[..PART]));
        // The headers of the object are sent when the upload is created, the condition when it is completed.
        assert_eq!(
            (requests[0].header("content-type"), requests[0].header("if-none-match")),
            (Some("x/y"), None)
        );
        assert_eq!(requests[4].header("if-none-match"), Some("*"));
        assert_eq!(server.connections(), 1);
    }
}

// promise: U1
#[test]
fn content_of_one_part_is_a_single_request() {
    let body = content(PART + 1);
    for (size, requests) in [(0, 1), (1, 1), (PART - 1, 1), (PART, 1), (PART + 1, 4)] {
        let store = Store::default();
        let server = store.serve(|_| None);
        let upload = client(&server).upload_reader_with("b", "k", &body[..size], &options()).unwrap();
        assert_eq!((upload.bytes, upload.parts), (size as u64, if requests == 1 { 0 } else { 2 }));
        assert_eq!(server.requests().len(), requests, "{size}");
        assert!(store.get("/b/k").unwrap() == body[..size]);
    }
}

// promise: U3
#[test]
fn failed_part_is_retried_alone() {
    let body = content(SIZE);
    for response in [
        || Response::error(503, "SlowDown"),
        || Response::error(500, "InternalError").early().then(End::Rst),
        || Response::none(End::Fin),
        || Response::none(End::Rst).early(),
        || Response::none(End::Stall),
        || Response::new(200), // Without an ETag it is unknown whether the part was stored.
        || Response::new(200).header("etag", "\"e\"").body("<Error><Code>InternalError</Code></Error>"),
        || Response::error(400, "RequestTimeout"),
    ] {
        let store = Store::default();
        let mut response = Some(response());
        let server = store.serve(move |request| if is_part(request, "2") { response.take() } else { None });
        let config = config(&server).idle_timeout(Duration::from_secs(1));
        Client::new(config).unwrap().upload_reader_with("b", "k", &body[..], &options()).unwrap();
        assert_eq!(steps(&server.requests()), ["POST", "PUT 1", "PUT 2", "PUT 2", "PUT 3", "POST"]);
        assert!(store.get("/b/k").unwrap() == body);
    }
}

// promise: U8
#[test]
fn permanent_part_failure_aborts_the_upload() {
    let store = Store::default();
    let server = store.serve(|request| is_part(request, "2").then(|| Response::error(403, "AccessDenied")));
    let result = client(&server).upload_reader_with("b", "k", &content(SIZE)[..], &options());
    let error = fails(ErrorKind::Server, result);
    assert!(error.is_access_denied() && error.upload_id().is_none());
    assert!(error.to_string().ends_with("The upload was aborted, and its parts were deleted."), "{error}");
    assert_eq!(steps(&server.requests()), ["POST", "PUT 1", "PUT 2", "DELETE"]);
    assert!(store.uploads().is_empty() && store.get("/b/k").is_none());
}

// promise: U8
#[test]
fn failed_abort_reports_the_upload_id() {
    let store = Store::default();
    let server = store.serve(|request| match request.method() {
        "DELETE" => Some(Response::error(500, "InternalError")),
        _ => is_part(request, "2").then(|| Response::error(403, "AccessDenied")),
    });
    let result = client(&server).upload_reader_with("b", "k", &content(SIZE)[..], &options());
    let error = fails(ErrorKind::Server, result);
    assert_eq!(error.upload_id(), Some("upload-1"));
    assert!(error.to_string().contains("abort_multipart_upload(\"b\", \"k\", \"upload-1\")"), "{error}");
    assert_eq!(store.uploads(), [[1]]);
}

#[test]
fn missing_upload_is_reported() {
    let store = Store::default();
    let server = store.serve(|request| {
        let gone = request.method() == "DELETE" || is_part(request, "2");
        gone.then(|| Response::error(404, "NoSuchUpload"))
    });
    let result = client(&server).upload_reader_with("b", "k", &content(SIZE)[..], &options());
    let error = fails(ErrorKind::Server, result);
    assert!(error.to_string().ends_with("The upload no longer exists."), "{error}");
}

// promise: U9
#[test]
fn existing_parts_are_reused() {
    let body = content(SIZE);
    let store = Store::default();
    let mut rejections = 1;
    let server = store.serve(move |request| {
        let rejects = is_part(request, "3") && std::mem::take(&mut rejections) == 1;
        rejects.then(|| Response::error(403, "AccessDenied"))
    });
    let client = client(&server);
    let error = client.upload_reader_with("b", "k", &body[..], &options().keep_parts()).unwrap_err();
    let id = error.upload_id().unwrap();
    assert!(error.to_string().contains("UploadOptions::resume(\"upload-1\")"), "{error}");
    assert_eq!(store.uploads(), [[1, 2]]);
    // A part with other content than this run has is sent again.
    let mut changed = body.clone();
    changed[PART] ^= 1;
    let upload = client.upload_reader_with("b", "k", &changed[..], &options().resume(id)).unwrap();
    assert_eq!((upload.parts, upload.parts_reused), (3, 1));
    assert!(store.get("/b/k").unwrap() == changed && store.uploads().is_empty());
    assert_eq!(steps(&server.requests())[4..], ["GET", "PUT 2", "PUT 3", "POST"]);
}

#[test]
fn request_payer_is_sent_on_every_request() {
    let store = Store::default();
    let server = store.serve(|request| is_part(request, "2").then(|| Response::error(403, "AccessDenied")));
    let config = config(&server).request_payer().expected_bucket_owner("111122223333");
    let (client, body) = (Client::new(config).unwrap(), content(SIZE));
    let options = || options().object(PutObjectOptions::new().if_none_exists());
    let error = client.upload_reader_with("b", "k", &body[..], &options().keep_parts()).unwrap_err();
    let resume = options().resume(error.upload_id().unwrap());
    client.upload_reader_with("b", "k", &body[..], &resume).unwrap_err();
    let requests = server.requests();
    assert_eq!(steps(&requests), ["POST", "PUT 1", "PUT 2", "GET", "PUT 2", "DELETE"]);
    for request in &requests {
        assert_eq!(request.header("x-amz-request-payer"), Some("requester"), "{}", request.line());
        assert_eq!(request.header("x-amz-expected-bucket-owner"), Some("111122223333"), "{}", request.line());
        assert_eq!(request.header("if-none-match"), None, "{}", request.line());
    }
}

#[test]
fn missing_upload_to_resume_fails_before_sending() {
    let server = Store::default().serve(|_| None);
    let result = client(&server).upload_reader_with("b", "k", "x".as_bytes(), &options().resume("none"));
    assert!(fails(ErrorKind::Server, result).is_not_found());
    assert_eq!(steps(&server.requests()), ["GET"]);
}

// promise: U4
#[test]
fn wrong_part_etag_is_an_integrity_error() {
    let store = Store::default();
    let inner = store.clone();
    let server = store.serve(move |request| {
        is_part(request, "2").then(|| inner.handle_then(request, Response::stored(b"something else")))
    });
    let result = client(&server).upload_reader_with("b", "k", &content(SIZE)[..], &options());
    let error = fails(ErrorKind::Integrity, result);
    assert!(error.to_string().ends_with("The upload was aborted, and its parts were deleted."), "{error}");
    assert!(store.uploads().is_empty() && store.get("/b/k").is_none());
}

/// Returns its bytes, then a specific error.
struct FailingReader<'a>(&'a [u8]);

#[derive(Debug)]
struct TapeError;

impl std::fmt::Display for TapeError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("tape torn")
    }
}

impl std::error::Error for TapeError {}

impl Read for FailingReader<'_> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        match self.0.read(buf)? {
            0 => Err(io::Error::other(TapeError)),
            n => Ok(n),
        }
    }
}

fn is_reader_error(error: &Error) -> bool {
    let source = error.get_ref().and_then(|source| source.downcast_ref::<io::Error>());
    source.and_then(io::Error::get_ref).is_some_and(|inner| inner.is::<TapeError>())
}

// promise: U11
#[test]
fn reader_error_is_the_cause() {
    let body = content(SIZE);
    for (size, requests) in [(10, 0), (PART, 0), (PART + 1, 3)] {
        let store = Store::default();
        let server = store.serve(|_| None);
        let result = client(&server).upload_reader_with("b", "k", FailingReader(&body[..size]), &options());
        let error = fails(ErrorKind::LocalIo, result);
        assert!(is_reader_error(&error) && error.to_string().contains("tape torn"), "{error}");
        assert!(store.uploads().is_empty() && store.get("/b/k").is_none());
        assert_eq!(server.requests().len(), requests, "{size}");
    }
}

// promise: U10
#[test]
fn file_changed_while_reading_is_not_stored() {
    let folder = TempDir::new();
    let body = content(SIZE);
    let file = folder.join("file");
    let appends = |_, _| fs::File::options().append(true).open(&file).unwrap().write_all(b"more").unwrap();
    let truncates = |done, _| {
        if done == PART as u64 {
            fs::File::options().write(true).open(&file).unwrap().set_len(PART as u64 + 3).unwrap();
        }
    };
    // Same length, but another modification time.
    let rewrites = |_, _| {
        let opened = fs::File::options().write(true).open(&file).unwrap();
        opened.set_modified(std::time::SystemTime::UNIX_EPOCH).unwrap();
    };
    // Other content, but the same length and modification time.
    let hides = |_, _| {
        let opened = fs::File::options().write(true).open(&file).unwrap();
        let modified = opened.metadata().unwrap().modified().unwrap();
        (&opened).write_all(b"other").unwrap();
        opened.set_modified(modified).unwrap();
    };
    // A download to the same file: it has another inode then, and the uploaded one has lost its name.
    let replaces = |_, _| {
        fs::write(folder.join("new"), &body).unwrap();
        fs::rename(folder.join("new"), &file).unwrap();
    };
    let mut changes: Vec<&(dyn Fn(u64, Option<u64>) + Send + Sync)> = vec![&appends, &truncates, &rewrites];
    if cfg!(unix) {
        changes.extend([&hides as &(dyn Fn(u64, Option<u64>) + Send + Sync), &replaces]);
    }
    for change in changes {
        fs::write(&file, &body).unwrap();
        let store = Store::default();
        let server = store.serve(|_| None);
        let options = options().progress(change);
        let result = client(&server).upload_file_with("b", "k", &file, &options);
        let error = fails(ErrorKind::LocalIo, result);
        assert!(
            error
                .to_string()
                .contains("file changed while it was uploaded. Upload it again when no other program"),
            "{error}"
        );
        assert!(store.uploads().is_empty() && store.get("/b/k").is_none());
    }
}

// promise: U10
#[test]
fn file_changed_between_the_attempts_of_a_request_is_not_stored() {
    let folder = TempDir::new();
    let file = folder.file("file", "content");
    let (store, path) = (Store::default(), file.clone());
    let mut first = true;
    let server = store.serve(move |_| {
        std::mem::take(&mut first).then(|| {
            fs::write(&path, "another").unwrap();
            Response::error(503, "SlowDown")
        })
    });
    let result = client(&server).put_object("b", "k", fs::File::open(&file).unwrap());
    let error = fails(ErrorKind::LocalIo, result);
    assert!(
        error.to_string().contains("the file changed while it was sent. Nothing was stored: "),
        "{error}"
    );
    assert_eq!(store.get("/b/k"), None);
}

// promise: U3
#[test]
fn lost_connection_is_retried_at_every_step() {
    let body = content(SIZE);
    let store = Store::default();
    let mut count = 0;
    let server = store.serve(move |_| {
        count += 1;
        (count % 2 == 1).then(|| Response::none(if count % 4 == 1 { End::Rst } else { End::Fin }))
    });
    let retry = RetryPolicy::new().base_delay(Duration::ZERO).max_attempts(2);
    let client = Client::new(config(&server).retry(retry)).unwrap();
    client.upload_reader_with("b", "k", &body[..], &options()).unwrap();
    assert!(store.get("/b/k").unwrap() == body && store.uploads().is_empty());
    // five requests of the upload, and a HEAD, because the completion was repeated; each of them twice
    assert_eq!(server.requests().len(), 12);
}
