//! Downloads that go on where an earlier run stopped, and those that only happen where something changed.

use std::cell::RefCell;
use std::fs;
use std::time::{Duration, SystemTime};

use plain_s3::{
    Client, Download, DownloadOptions, ErrorKind, GetObjectOptions, Result, RetryPolicy, Verification,
};

use crate::clients::{client, config};
use crate::fake_server::{Answer, End, FakeServer, Received, Store};
use crate::signatures::md5_hex;
use crate::support::{TempDir, content, fails};

const SIZE: usize = 50_000;

/// A folder in which a run has stopped: a partial file with this content, of an object with this ETag.
fn stopped(partial: &[u8], e_tag: &str) -> TempDir {
    let folder = TempDir::new();
    folder.file(&partial_name(e_tag), partial);
    folder
}

fn partial_name(e_tag: &str) -> String {
    format!(".target.etag-{e_tag}.part")
}

fn resume(server: &FakeServer, folder: &TempDir) -> Result<Download> {
    let client = Client::new(config(server).retry(RetryPolicy::none())).unwrap();
    client.download_file_with("b", "k", folder.join("target"), &DownloadOptions::new().resume())
}

/// A server of one object, and the requests for it.
fn server_of(body: &[u8]) -> FakeServer {
    let store = Store::default();
    store.put("/b/k", body);
    store.serve(|_| None)
}

#[track_caller]
fn assert_whole(folder: &TempDir, body: &[u8]) {
    assert_eq!(folder.names(), ["target"]);
    assert!(fs::read(folder.join("target")).unwrap() == body);
}

fn ranges(requests: &[Received]) -> Vec<Option<&str>> {
    requests.iter().map(|request| request.header("range")).collect()
}

#[test]
fn a_failed_run_leaves_what_it_has_and_the_next_goes_on_from_there() {
    let body = content(SIZE);
    let folder = TempDir::new();
    folder.file("target", "old");
    let server = FakeServer::start([Answer::content(&body).cut(20_000, End::Fin)]);
    fails(ErrorKind::Network, resume(&server, &folder));
    let partial = partial_name(&md5_hex(&body));
    assert_eq!(folder.names(), [partial.as_str(), "target"]);
    assert!(fs::read(folder.join(&partial)).unwrap() == body[..20_000]);
    assert_eq!(fs::read(folder.join("target")).unwrap(), b"old");

    let server = server_of(&body);
    let download = resume(&server, &folder).unwrap();
    assert_whole(&folder, &body);
    assert_eq!((download.bytes, download.resumed_from), (SIZE as u64, 19_999));
    assert_eq!((download.check, download.changed), (Verification::Md5, true));
    let [request] = server.finish();
    assert_eq!(request.header("range"), Some("bytes=19999-"));
    assert_eq!(request.header("if-match").unwrap(), format!("\"{}\"", md5_hex(&body)));
}

#[test]
fn without_resume_nothing_is_left_and_nothing_found() {
    let body = content(SIZE);
    let folder = TempDir::new();
    let server = FakeServer::start([Answer::content(&body).cut(20_000, End::Fin)]);
    let once = Client::new(config(&server).retry(RetryPolicy::none())).unwrap();
    fails(ErrorKind::Network, once.download_file("b", "k", folder.join("target")));
    assert_eq!(folder.names(), [""; 0]);
}

#[test]
fn what_was_left_of_another_object_is_not_used() {
    let body = content(SIZE);
    let folder = stopped(&[7; 20_000], &md5_hex(&[7; SIZE]));
    let server = server_of(&body);
    assert_eq!(resume(&server, &folder).unwrap().resumed_from, 0);
    assert_whole(&folder, &body);
    assert_eq!(ranges(&server.requests()), [Some("bytes=19999-"), None]);
}

#[test]
fn a_partial_file_that_lacks_only_its_name_gets_it() {
    let body = content(SIZE);
    let folder = stopped(&body, &md5_hex(&body));
    let server = server_of(&body);
    assert_eq!(resume(&server, &folder).unwrap().resumed_from, SIZE as u64 - 1);
    assert_whole(&folder, &body);
    assert_eq!(ranges(&server.requests()), [Some("bytes=49999-")]);
}

#[test]
fn an_empty_partial_file_is_no_hindrance() {
    for body in [content(SIZE), Vec::new()] {
        let folder = stopped(b"", &md5_hex(&body));
        assert_eq!(resume(&server_of(&body), &folder).unwrap().resumed_from, 0);
        assert_whole(&folder, &body);
    }
}

#[test]
fn a_partial_file_longer_than_the_object_is_not_used() {
    let body = content(SIZE);
    let folder = stopped(&[7; SIZE + 10], &md5_hex(&body));
    assert_eq!(resume(&server_of(&body), &folder).unwrap().resumed_from, 0);
    assert_whole(&folder, &body);
}

#[test]
fn garbage_in_a_partial_file_is_found_and_the_file_goes() {
    let body = content(SIZE);
    let mut partial = body[..20_000].to_vec();
    partial[10_000] ^= 1;
    let folder = stopped(&partial, &md5_hex(&body));
    folder.file("target", "old");
    let server = server_of(&body);
    fails(ErrorKind::Integrity, resume(&server, &folder));
    assert_eq!(folder.names(), ["target"]);
    assert_eq!(fs::read(folder.join("target")).unwrap(), b"old");
    // so that the next run begins anew
    resume(&server, &folder).unwrap();
    assert_whole(&folder, &body);
}

#[test]
fn an_object_replaced_while_it_is_resumed_is_an_error_and_the_partial_file_goes() {
    let body = content(SIZE);
    let folder = stopped(&body[..20_000], &md5_hex(&body));
    let first = body.clone();
    let server = FakeServer::start([
        Answer::by(move |request| Answer::object(request, &first).cut(10_000, End::Fin)),
        Answer::error(412, "PreconditionFailed"),
    ]);
    let options = DownloadOptions::new().resume();
    let result = client(&server).download_file_with("b", "k", folder.join("target"), &options);
    fails(ErrorKind::Integrity, result);
    assert_eq!(folder.names(), [""; 0]);
}

#[test]
fn a_server_that_fails_or_refuses_leaves_the_partial_file_for_another_day() {
    let body = content(SIZE);
    let e_tag = md5_hex(&body);
    for answer in [
        Answer::error(503, "SlowDown"),
        Answer::error(403, "AccessDenied"),
        Answer::nothing(End::Rst),
        Answer::content(&body), // the whole, though a range was asked for
    ] {
        let folder = stopped(&body[..20_000], &e_tag);
        resume(&FakeServer::start([answer]), &folder).unwrap_err();
        assert_eq!(folder.names(), [partial_name(&e_tag)]);
    }
}

#[test]
fn an_etag_of_any_form_is_kept_in_the_name() {
    let body = content(SIZE);
    for e_tag in ["0123abc-12", "we/ird: \"é\"%2F", "..", "x"] {
        let whole = body.clone();
        let folder = TempDir::new();
        let mut first = true;
        let server = FakeServer::serve(move |request| {
            // a weak or odd ETag is sent back as it came
            let answer = Answer::object_with(request, &whole, e_tag);
            if std::mem::take(&mut first) { answer.cut(20_000, End::Fin) } else { answer }
        });
        resume(&server, &folder).unwrap_err();
        assert_eq!(folder.names().len(), 1, "{e_tag}");
        let result = resume(&server, &folder);
        if !e_tag.contains('"') {
            assert_eq!(result.unwrap().resumed_from, 19_999, "{e_tag}");
            assert_whole(&folder, &body);
        }
    }
}

#[test]
fn resume_does_not_go_with_a_range() {
    let server = FakeServer::start([]);
    let options = DownloadOptions::new().resume().object(GetObjectOptions::new().range(5..));
    let folder = TempDir::new();
    let result = client(&server).download_file_with("b", "k", folder.join("target"), &options);
    fails(ErrorKind::InvalidInput, result);
    assert_eq!(folder.names(), [""; 0]);
}

/// A file of the past, so that a write would be seen in its time.
fn old_file(folder: &TempDir, content: &[u8]) -> SystemTime {
    let path = folder.file("target", content);
    let file = fs::File::options().write(true).open(path).unwrap();
    let then = SystemTime::UNIX_EPOCH + Duration::from_secs(1_000_000_000);
    file.set_modified(then).unwrap();
    then
}

/// A server that knows the two conditions on ETags.
fn conditional(body: &[u8]) -> FakeServer {
    let body = body.to_vec();
    FakeServer::serve(move |request| {
        let answer = Answer::object(request, &body);
        let same = request.header("if-none-match") == Some(&format!("\"{}\"", md5_hex(&body)));
        if same { Answer::new(304) } else { answer }
    })
}

#[test]
fn if_changed_leaves_an_equal_file_and_its_time_alone() {
    let body = content(SIZE);
    let options = DownloadOptions::new().if_changed();
    let server = conditional(&body);
    let folder = TempDir::new();
    let then = old_file(&folder, &body);
    let download = client(&server).download_file_with("b", "k", folder.join("target"), &options).unwrap();
    assert!(!download.changed && download.metadata.is_none());
    assert_whole(&folder, &body);
    assert_eq!(fs::metadata(folder.join("target")).unwrap().modified().unwrap(), then);

    // another content, and no file at all
    let then = old_file(&folder, b"changed");
    for _ in 0..2 {
        let download = client(&server).download_file_with("b", "k", folder.join("target"), &options).unwrap();
        assert!(download.changed);
        assert_whole(&folder, &body);
        assert!(fs::metadata(folder.join("target")).unwrap().modified().unwrap() > then);
        fs::remove_file(folder.join("target")).unwrap();
    }
}

#[test]
fn if_changed_and_resume_go_together() {
    let body = content(SIZE);
    let options = DownloadOptions::new().if_changed().resume();
    let server = conditional(&body);
    // the file came whole in another way, and the partial one is of no more use
    let folder = stopped(&body[..20_000], &md5_hex(&body));
    let then = old_file(&folder, &body);
    let download = client(&server).download_file_with("b", "k", folder.join("target"), &options).unwrap();
    assert!(!download.changed);
    assert_whole(&folder, &body);
    assert_eq!(fs::metadata(folder.join("target")).unwrap().modified().unwrap(), then);
    // the file is another one, and the partial file is continued
    let folder = stopped(&body[..20_000], &md5_hex(&body));
    old_file(&folder, b"changed");
    let download = client(&server).download_file_with("b", "k", folder.join("target"), &options).unwrap();
    assert_eq!((download.changed, download.resumed_from), (true, 19_999));
    assert_whole(&folder, &body);
}

#[test]
fn progress_is_told_up_to_the_end_and_over_breaks() {
    let body = content(SIZE);
    let told = RefCell::new(Vec::new());
    let options = DownloadOptions::new().progress(|done, all| told.borrow_mut().push((done, all)));
    let mut first = Some(Answer::content(&body).cut(20_000, End::Rst));
    let store = Store::default();
    store.put("/b/k", &body);
    let server = store.serve(move |_| first.take());
    let folder = TempDir::new();
    client(&server).download_file_with("b", "k", folder.join("target"), &options).unwrap();
    let told = told.borrow();
    assert!(told.is_sorted() && told.iter().all(|(_, all)| *all == SIZE as u64), "{told:?}");
    assert_eq!(told.last(), Some(&(SIZE as u64, SIZE as u64)));
}

#[test]
fn what_was_left_is_not_used_where_another_state_is_asked_for() {
    let body = content(1000);
    let folder = stopped(&body[..500], "y");
    let server = FakeServer::serve({
        let body = body.clone();
        move |request| Answer::object_with(request, &body, "y")
    });
    let options = DownloadOptions::new().resume().object(GetObjectOptions::new().if_match("x"));
    let error = client(&server).download_file_with("b", "k", folder.join("target"), &options).unwrap_err();
    assert!(error.is_precondition_failed(), "{error}");
}

#[test]
fn a_304_to_a_condition_of_the_callers_is_no_file_that_is_there() {
    let folder = TempDir::new();
    let server = FakeServer::start([Answer::new(304)]);
    let options = DownloadOptions::new().if_changed().object(GetObjectOptions::new().if_none_match("x"));
    let error = client(&server).download_file_with("b", "k", folder.join("target"), &options).unwrap_err();
    assert!(error.is_not_modified() && folder.names().is_empty(), "{error}");
}
