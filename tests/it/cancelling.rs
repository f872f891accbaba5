//! Progress callbacks that cancel their call: what stays, and what is cleaned up.

use std::fs;
use std::ops::ControlFlow;
use std::sync::atomic::{AtomicU64, Ordering};

use plain_s3::{Client, DeleteAllOptions, DeletedCounts, DownloadOptions, ErrorKind, Result, UploadOptions};

use crate::clients::{client, rejected};
use crate::fake_server::{FakeServer, Request, Response, Store, get_small};
use crate::signatures::md5_hex;
use crate::support::{TempDir, content, fails};

const SIZE: usize = 4 << 20;
const PART: usize = 5 << 20;

fn break_if(condition: bool) -> ControlFlow<()> {
    if condition { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
}

/// Checks the error of a cancelled call, which must not look like any other error.
#[track_caller]
fn assert_cancelled<T>(result: Result<T>, call: &str) -> plain_s3::Error {
    let error = fails(ErrorKind::Cancelled, result);
    assert!(error.is_cancelled() && !error.is_retryable() && error.status().is_none(), "{error}");
    let text = error.to_string();
    assert!(text.starts_with(&format!("{call}: the progress callback cancelled the call")), "{text}");
    error
}

// promise: D7, R10
#[test]
fn cancelled_download_keeps_the_target_and_leaves_no_partial_file() {
    let body = content(SIZE);
    for old in [None, Some("old")] {
        let folder = TempDir::new();
        let target = folder.join("target");
        if let Some(old) = old {
            folder.file("target", old);
        }
        let server = Store::with_object(&body).serve(|_| None);
        let client = client(&server);
        let calls = AtomicU64::new(0);
        let options = DownloadOptions::new().progress(|written, total| {
            calls.fetch_add(1, Ordering::Relaxed);
            assert_eq!(total, SIZE as u64);
            break_if(written >= SIZE as u64 / 4)
        });
        assert_cancelled(client.download_file_with("b", "k", &target, &options), "download_file b/k");
        let after_break = calls.load(Ordering::Relaxed);
        assert_eq!(folder.names(), old.map(|_| "target").as_slice());
        assert_eq!(fs::read_to_string(&target).ok().as_deref(), old);

        // The connection with the rest of the object is not used for the next request.
        get_small(&client);
        assert_eq!(calls.load(Ordering::Relaxed), after_break, "the callback was called after Break");
        let [get, _small] = server.finish();
        assert_eq!((get.line(), get.header("range")), ("GET /b/k HTTP/1.1", None));
    }
}

// promise: D10, R10
#[test]
fn cancelled_download_can_be_resumed() {
    let body = content(SIZE);
    let folder = TempDir::new();
    let target = folder.file("target", "old");
    let server = Store::with_object(&body).serve(|_| None);
    let client = client(&server);
    let written_at_break = AtomicU64::new(0);
    let options = DownloadOptions::new().resume().progress(|written, _| {
        written_at_break.store(written, Ordering::Relaxed);
        break_if(written >= SIZE as u64 / 4)
    });
    assert_cancelled(client.download_file_with("b", "k", &target, &options), "download_file b/k");
    let written = written_at_break.load(Ordering::Relaxed);
    assert!(written < SIZE as u64, "the download was complete before it was cancelled");
    let partial = format!(".target.etag-{}.part", md5_hex(&body));
    assert_eq!(folder.names(), [partial.as_str(), "target"]);
    assert!(fs::read(folder.join(&partial)).unwrap() == body[..written as usize]);
    assert_eq!(fs::read(&target).unwrap(), b"old");

    let download = client.download_file_with("b", "k", &target, &DownloadOptions::new().resume()).unwrap();
    assert_eq!((download.bytes, download.resumed_from), (SIZE as u64, written - 1));
    assert!(fs::read(&target).unwrap() == body);
    assert_eq!(folder.names(), ["target"]);
    let [_, rest] = server.finish();
    assert_eq!(rest.header("range"), Some(format!("bytes={}-", written - 1).as_str()));
}

/// Returns the method and the part number of each request.
fn steps(requests: &[Request]) -> Vec<String> {
    let step = |request: &Request| {
        let number = request.query_value("partNumber").unwrap_or_default();
        format!("{} {number}", request.method()).trim_end().to_owned()
    };
    requests.iter().map(step).collect()
}

fn in_parts<'a>() -> UploadOptions<'a> {
    UploadOptions::new().part_size(PART as u64)
}

// promise: U8, R10
#[test]
fn cancelled_upload_is_aborted() {
    let body = content(2 * PART + 7);
    let folder = TempDir::new();
    let file = folder.file("file", &body);
    // After the last part there still is something to cancel: the completion.
    for (parts, requests) in [
        (1, &["POST", "PUT 1", "DELETE"][..]),
        (2, &["POST", "PUT 1", "PUT 2", "DELETE"]),
        (3, &["POST", "PUT 1", "PUT 2", "PUT 3", "DELETE"]),
    ] {
        for from_file in [true, false] {
            let store = Store::default();
            store.put("/b/k", "old");
            let server = store.serve(|_| None);
            let end = body.len().min(parts * PART) as u64;
            let options = in_parts().progress(|uploaded, _| break_if(uploaded == end));
            let (client, call) =
                (client(&server), if from_file { "upload_file b/k" } else { "upload_reader b/k" });
            let error = if from_file {
                assert_cancelled(client.upload_file_with("b", "k", &file, &options), call)
            } else {
                assert_cancelled(client.upload_reader_with("b", "k", &body[..], &options), call)
            };
            assert_eq!(error.upload_id(), None);
            assert_eq!(error.hint(), Some("The upload was aborted, and its parts were deleted."));
            assert_eq!(steps(&server.requests()), requests);
            assert!(store.uploads().is_empty() && store.get("/b/k").unwrap() == b"old");
        }
    }
}

// promise: U9, R10
#[test]
fn cancelled_upload_with_kept_parts_can_be_resumed() {
    let body = content(2 * PART + 7);
    let store = Store::default();
    let server = store.serve(|_| None);
    let client = client(&server);
    let options = in_parts().keep_parts().progress(|uploaded, _| break_if(uploaded == 2 * PART as u64));
    let error =
        assert_cancelled(client.upload_reader_with("b", "k", &body[..], &options), "upload_reader b/k");
    let id = error.upload_id().expect("the ID of the kept upload").to_owned();
    assert!(error.hint().unwrap().contains(&id), "{error}");
    assert_eq!(store.uploads(), [[1, 2]]);

    let upload = client.upload_reader_with("b", "k", &body[..], &in_parts().resume(id)).unwrap();
    assert_eq!((upload.parts, upload.parts_reused), (3, 2));
    assert!(store.get("/b/k").unwrap() == body && store.uploads().is_empty());
    assert_eq!(steps(&server.requests()), ["POST", "PUT 1", "PUT 2", "GET", "PUT 3", "POST"]);
}

#[test]
fn upload_in_one_request_is_stored_before_it_can_be_cancelled() {
    let store = Store::default();
    let server = store.serve(|_| None);
    let options = UploadOptions::new().progress(|_, _| ControlFlow::Break(()));
    let upload = client(&server).upload_reader_with("b", "k", "small".as_bytes(), &options).unwrap();
    assert_eq!((upload.bytes, upload.parts), (5, 0));
    assert_eq!(store.get("/b/k").unwrap(), b"small");
}

// promise: R10
#[test]
fn cancelled_upload_in_one_request_stores_nothing() {
    let store = Store::default();
    store.put("/b/k", "old");
    let server = store.serve(|_| None);
    let options = UploadOptions::new().progress(|_, _| ControlFlow::Break(()));
    let body = content(3 << 20);
    assert_cancelled(
        client(&server).upload_reader_with("b", "k", &body[..], &options),
        "upload_reader b/k (PutObject)",
    );
    assert_eq!(store.get("/b/k").unwrap(), b"old");
}

/// Two pages of one version each; the first one refers to the second.
fn version_page(key: &str, more: &str) -> Response {
    Response::xml(&format!(
        "<ListVersionsResult>{more}<Version><Key>{key}</Key><VersionId>1</VersionId><Size>1</Size>\
         <IsLatest>true</IsLatest></Version></ListVersionsResult>"
    ))
}

// promise: R10
#[test]
fn cancelled_deletion_leaves_the_later_pages_and_the_bucket() {
    type Call = fn(&Client, &DeleteAllOptions<'_>) -> Result<DeletedCounts>;
    let calls: [(&str, Call); 3] = [
        ("force_delete_bucket b", |client, options| client.force_delete_bucket_with("b", options)),
        ("empty_bucket b", |client, options| client.empty_bucket_with("b", options)),
        ("delete_prefix b/photos/", |client, options| client.delete_prefix_with("b", "photos/", options)),
    ];
    for (name, call) in calls {
        for dry_run in [false, true] {
            let more = "<IsTruncated>true</IsTruncated><NextKeyMarker>photos/1</NextKeyMarker>\
                        <NextVersionIdMarker>1</NextVersionIdMarker>";
            let script = [
                Response::xml("<ListMultipartUploadsResult/>"),
                version_page("photos/1", more),
                version_page("photos/2", ""),
            ];
            let deleted = (!dry_run).then(|| Response::from_fn(|request| Response::deleted(request, &[])));
            let server = FakeServer::start(script.into_iter().chain(deleted));
            let options = DeleteAllOptions::new().progress(|counts| break_if(counts.objects == 1));
            let options = if dry_run { options.dry_run() } else { options };
            assert_cancelled(call(&client(&server), &options), name);
            // The second page was listed before the deletion of the first one, and is left alone.
            let requests = server.finish_any();
            let (changes, reads): (Vec<_>, Vec<_>) =
                requests.iter().partition(|request| request.method() != "GET");
            assert_eq!(reads.len(), 3, "{name}");
            assert_eq!(changes.len(), usize::from(!dry_run), "{name}");
            if let Some(delete) = changes.first() {
                assert_eq!(delete.line(), "POST /b/?delete HTTP/1.1");
                assert!(delete.text().contains("photos/1") && !delete.text().contains("photos/2"), "{name}");
            }
        }
    }
}

#[test]
fn callback_is_not_called_if_nothing_is_sent() {
    let server = FakeServer::start([]);
    let options = DeleteAllOptions::new().progress(|_| -> ControlFlow<()> { panic!("called") });
    rejected(client(&server).empty_bucket_with("", &options), "the bucket name is empty");
    let _: [_; 0] = server.finish();
}
