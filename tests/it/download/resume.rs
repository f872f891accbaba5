//! Downloads that continue where an earlier run stopped, and downloads only if the object has changed.

use std::fs;
use std::sync::Mutex;
use std::time::{Duration, SystemTime};

use plain_s3::{
    Client, Download, DownloadOptions, ErrorKind, GetObjectOptions, Result, RetryPolicy, Verification,
};

use crate::clients::{client, config};
use crate::fake_server::{End, FakeServer, Request, Response, Store};
use crate::signatures::md5_hex;
use crate::support::{TempDir, content, fails};

const SIZE: usize = 50_000;

/// Creates a directory with the partial file that a stopped run has left of an object with this ETag.
fn partial_download(partial: &[u8], e_tag: &str) -> TempDir {
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

/// Starts a server of one object.
fn serve_object(body: &[u8]) -> FakeServer {
    let store = Store::default();
    store.put("/b/k", body);
    store.serve(|_| None)
}

#[track_caller]
fn assert_whole(folder: &TempDir, body: &[u8]) {
    assert_eq!(folder.names(), ["target"]);
    assert!(fs::read(folder.join("target")).unwrap() == body);
}

fn ranges(requests: &[Request]) -> Vec<Option<&str>> {
    requests.iter().map(|request| request.header("range")).collect()
}

// promise: D10
#[test]
fn partial_file_of_a_failed_run_is_resumed() {
    let body = content(SIZE);
    let folder = TempDir::new();
    folder.file("target", "old");
    let server = FakeServer::start([Response::content(&body).cut(20_000, End::Fin)]);
    fails(ErrorKind::Network, resume(&server, &folder));
    let partial = partial_name(&md5_hex(&body));
    assert_eq!(folder.names(), [partial.as_str(), "target"]);
    assert!(fs::read(folder.join(&partial)).unwrap() == body[..20_000]);
    assert_eq!(fs::read(folder.join("target")).unwrap(), b"old");

    let server = serve_object(&body);
    let download = resume(&server, &folder).unwrap();
    assert_whole(&folder, &body);
    assert_eq!((download.bytes, download.resumed_from), (SIZE as u64, 19_999));
    assert_eq!((download.verification, download.changed), (Verification::Md5, true));
    let [request] = server.finish();
    assert_eq!(request.header("range"), Some("bytes=19999-"));
    assert_eq!(request.header("if-match").unwrap(), format!("\"{}\"", md5_hex(&body)));
}

#[test]
fn download_without_resume_leaves_no_partial_file() {
    let body = content(SIZE);
    let folder = TempDir::new();
    let server = FakeServer::start([Response::content(&body).cut(20_000, End::Fin)]);
    let client = Client::new(config(&server).retry(RetryPolicy::none())).unwrap();
    fails(ErrorKind::Network, client.download_file("b", "k", folder.join("target")));
    assert_eq!(folder.names(), [""; 0]);
}

// promise: D10
#[test]
fn partial_file_of_another_object_is_ignored() {
    let body = content(SIZE);
    let folder = partial_download(&[7; 20_000], &md5_hex(&[7; SIZE]));
    let server = serve_object(&body);
    assert_eq!(resume(&server, &folder).unwrap().resumed_from, 0);
    assert_whole(&folder, &body);
    assert_eq!(ranges(&server.requests()), [Some("bytes=19999-"), None]);
}

// promise: D10
#[test]
fn complete_partial_file_is_renamed() {
    let body = content(SIZE);
    let folder = partial_download(&body, &md5_hex(&body));
    let server = serve_object(&body);
    assert_eq!(resume(&server, &folder).unwrap().resumed_from, SIZE as u64 - 1);
    assert_whole(&folder, &body);
    assert_eq!(ranges(&server.requests()), [Some("bytes=49999-")]);
}

#[test]
fn empty_partial_file_is_ignored() {
    for body in [content(SIZE), Vec::new()] {
        let folder = partial_download(b"", &md5_hex(&body));
        assert_eq!(resume(&serve_object(&body), &folder).unwrap().resumed_from, 0);
        assert_whole(&folder, &body);
    }
}

#[test]
fn oversized_partial_file_is_ignored() {
    let body = content(SIZE);
    let folder = partial_download(&[7; SIZE + 10], &md5_hex(&body));
    assert_eq!(resume(&serve_object(&body), &folder).unwrap().resumed_from, 0);
    assert_whole(&folder, &body);
}

// promise: D10
#[test]
fn corrupt_partial_file_is_detected_and_deleted() {
    let body = content(SIZE);
    let mut partial = body[..20_000].to_vec();
    partial[10_000] ^= 1;
    let folder = partial_download(&partial, &md5_hex(&body));
    folder.file("target", "old");
    let server = serve_object(&body);
    fails(ErrorKind::Integrity, resume(&server, &folder));
    assert_eq!(folder.names(), ["target"]);
    assert_eq!(fs::read(folder.join("target")).unwrap(), b"old");
    // So that the next run starts over.
    resume(&server, &folder).unwrap();
    assert_whole(&folder, &body);
}

#[test]
fn object_replaced_while_resuming_deletes_the_partial_file() {
    let body = content(SIZE);
    let folder = partial_download(&body[..20_000], &md5_hex(&body));
    let first = body.clone();
    let server = FakeServer::start([
        Response::from_fn(move |request| Response::object(request, &first).cut(10_000, End::Fin)),
        Response::error(412, "PreconditionFailed"),
    ]);
    let options = DownloadOptions::new().resume();
    let result = client(&server).download_file_with("b", "k", folder.join("target"), &options);
    fails(ErrorKind::Integrity, result);
    assert_eq!(folder.names(), [""; 0]);
}

#[test]
fn server_errors_keep_the_partial_file() {
    let body = content(SIZE);
    let e_tag = md5_hex(&body);
    for response in [
        Response::error(503, "SlowDown"),
        Response::error(403, "AccessDenied"),
        Response::none(End::Rst),
        Response::content(&body), // The whole object although a range was requested.
    ] {
        let folder = partial_download(&body[..20_000], &e_tag);
        resume(&FakeServer::start([response]), &folder).unwrap_err();
        assert_eq!(folder.names(), [partial_name(&e_tag)]);
    }
}

#[test]
fn partial_file_name_holds_any_strong_etag() {
    let body = content(SIZE);
    for e_tag in ["0123abc-12", "we/ird: é%2F", "..", "x", ".part", "a.etag-b"] {
        let whole = body.clone();
        let folder = TempDir::new();
        let mut first = true;
        let server = FakeServer::serve(move |request| {
            let response = Response::object_with(request, &whole, e_tag);
            if std::mem::take(&mut first) { response.cut(20_000, End::Fin) } else { response }
        });
        resume(&server, &folder).unwrap_err();
        assert_eq!(folder.names().len(), 1, "{e_tag}");
        assert_eq!(resume(&server, &folder).unwrap().resumed_from, 19_999, "{e_tag}");
        assert_whole(&folder, &body);
    }
}

// promise: D10
#[test]
fn no_partial_file_is_kept_without_a_strong_etag_or_if_its_name_is_too_long() {
    let too_long = format!("\"{}\"", "e".repeat(300));
    for e_tag in ["\"\"", "W/\"a\"", "*", &too_long] {
        let body = content(SIZE);
        let folder = TempDir::new();
        let respond = || Response::new(200).header("etag", e_tag).body(&body);
        let server = FakeServer::start([respond().cut(20_000, End::Fin), respond()]);
        resume(&server, &folder).unwrap_err();
        assert_eq!(folder.names(), [""; 0], "{e_tag}");
        assert_eq!(resume(&server, &folder).unwrap().resumed_from, 0, "{e_tag}");
        assert_whole(&folder, &body);
    }
}

// promise: D15
#[test]
fn partial_file_of_another_target_is_not_touched() {
    let body = content(SIZE);
    let e_tag = md5_hex(&body);
    let folder = TempDir::new();
    // The first is that of the target `target.etag-y`, the others are no files of this client.
    let others = [
        format!(".target.etag-y.etag-{e_tag}.part"),
        format!(".target.etag-{e_tag}.part.part"),
        format!(".target.x.etag-{e_tag}.part"),
        ".target.etag-.part".to_owned(),
        ".target.etag-%zz.part".to_owned(),
        ".target.etag-%61.part".to_owned(),
    ];
    for name in &others {
        folder.file(name, &body[..20_000]);
    }
    assert_eq!(resume(&serve_object(&body), &folder).unwrap().resumed_from, 0);
    for name in &others {
        assert!(fs::read(folder.join(name)).unwrap() == body[..20_000], "{name}");
    }
    assert_eq!(folder.names().len(), others.len() + 1);
}

// promise: D17
#[test]
fn stale_partial_files_of_the_target_are_removed_after_a_success() {
    let body = content(SIZE);
    let e_tag = md5_hex(&body);
    let with_stale_files = || {
        let folder = TempDir::new();
        for e_tag in ["0123", "4567-2", "a%2Eb"] {
            folder.file(&partial_name(e_tag), [7; 20_000]);
        }
        folder
    };
    let folder = with_stale_files();
    resume(&serve_object(&body), &folder).unwrap();
    assert_whole(&folder, &body);
    // The one that is resumed is the newest.
    let folder = with_stale_files();
    let partial = folder.file(&partial_name(&e_tag), &body[..20_000]);
    let newer = SystemTime::now() + Duration::from_secs(60);
    fs::File::options().write(true).open(partial).unwrap().set_modified(newer).unwrap();
    assert_eq!(resume(&serve_object(&body), &folder).unwrap().resumed_from, 19_999);
    assert_whole(&folder, &body);
    // Nothing is removed after an error, or by a download that does not resume.
    let folder = with_stale_files();
    let before = folder.names();
    fails(ErrorKind::Server, resume(&FakeServer::start([Response::error(403, "AccessDenied")]), &folder));
    assert_eq!(folder.names(), before);
    client(&serve_object(&body)).download_file("b", "k", folder.join("target")).unwrap();
    assert_eq!(folder.names().len(), before.len() + 1);
}

// promise: D17
#[test]
#[cfg(unix)]
fn partial_files_that_are_in_use_or_may_be_of_others_are_not_removed() {
    use std::os::unix::fs::{PermissionsExt as _, symlink};

    let body = content(SIZE);
    let folder = TempDir::new();
    let other = folder.file("other", [7; 20_000]);
    fs::hard_link(&other, folder.join(&partial_name("hard-link"))).unwrap();
    symlink(folder.file("linked", "x"), folder.join(&partial_name("symbolic-link"))).unwrap();
    let writable = folder.file(&partial_name("writable"), [7; 20_000]);
    fs::set_permissions(writable, fs::Permissions::from_mode(0o666)).unwrap();
    fs::create_dir(folder.join(&partial_name("folder"))).unwrap();
    // Another program has just created it and not locked it yet.
    folder.file(&partial_name("empty"), "");
    folder.file(".target.etag-y.etag-0123.part", [7; 20_000]); // of the target `target.etag-y`
    let locked = fs::File::open(folder.file(&partial_name("locked"), [7; 20_000])).unwrap();
    locked.lock().unwrap();
    let old = SystemTime::now() - Duration::from_secs(3600);
    fs::File::open(folder.join(&partial_name("locked"))).unwrap().set_modified(old).unwrap();
    let before = folder.names();
    let removed = folder.file(&partial_name("stale"), [7; 20_000]);
    resume(&serve_object(&body), &folder).unwrap();
    let mut names = folder.names();
    names.retain(|name| name != "target");
    assert_eq!(names, before);
    assert!(!removed.exists() && fs::read(other).unwrap() == [7; 20_000]);
}

/// Whoever can write to a partial file could choose the content of the target.
// promise: D15
#[test]
#[cfg(unix)]
fn partial_file_that_others_may_have_written_is_not_resumed() {
    use std::os::unix::fs::{PermissionsExt as _, symlink};

    let body = content(SIZE);
    let e_tag = "0123-2"; // The MD5 cannot detect other content.
    let name = partial_name(e_tag);
    type Prepare = fn(&TempDir, &str);
    let cases: [(&str, Prepare); 5] = [
        ("hard link", |folder, name| {
            fs::hard_link(folder.file("other", [7; 20_000]), folder.join(name)).unwrap();
        }),
        ("symbolic link", |folder, name| {
            symlink(folder.file("other", [7; 20_000]), folder.join(name)).unwrap();
        }),
        ("writable", |folder, name| {
            let file = folder.file(name, [7; 20_000]);
            fs::set_permissions(file, fs::Permissions::from_mode(0o666)).unwrap();
        }),
        ("directory", |folder, name| fs::create_dir(folder.join(name)).unwrap()),
        ("pipe", |folder, name| {
            let made = std::process::Command::new("mkfifo").arg(folder.join(name)).status();
            assert!(made.unwrap().success());
        }),
    ];
    for (case, prepare) in cases {
        let folder = TempDir::new();
        prepare(&folder, &name);
        let whole = body.clone();
        let server = FakeServer::serve(move |request| Response::object_with(request, &whole, e_tag));
        assert_eq!(resume(&server, &folder).unwrap().resumed_from, 0, "{case}");
        assert!(fs::read(folder.join("target")).unwrap() == body, "{case}");
        assert_eq!(ranges(&server.requests()), [None], "{case}");
        if folder.names().contains(&"other".to_owned()) {
            assert!(fs::read(folder.join("other")).unwrap() == [7; 20_000], "{case}");
        }
    }
}

// promise: D15
#[test]
fn second_resumed_download_of_a_target_fails() {
    let body = content(SIZE);
    let folder = TempDir::new();
    let server = serve_object(&body);
    let client = client(&server);
    let second = |_, _| {
        let options = DownloadOptions::new().resume();
        let result = client.download_file_with("b", "k", folder.join("target"), &options);
        let error = fails(ErrorKind::LocalIo, result);
        assert!(error.to_string().contains("another download is writing to it"), "{error}");
    };
    let first = DownloadOptions::new().resume().progress(second);
    client.download_file_with("b", "k", folder.join("target"), &first).unwrap();
    assert_whole(&folder, &body);
    assert_eq!(server.requests().len(), 1);
}

/// Both downloads have already sent their requests when the first creates its partial file.
// promise: D15
#[test]
fn partial_file_created_meanwhile_is_used_only_if_it_is_free() {
    let body = content(SIZE);
    for locked in [true, false] {
        let folder = TempDir::new();
        let path = folder.join(&partial_name(&md5_hex(&body)));
        let (whole, file) = (body.clone(), std::sync::Arc::new(Mutex::new(None)));
        let held = file.clone();
        let server = FakeServer::start([Response::from_fn(move |request| {
            fs::write(&path, [7; 20_000]).unwrap();
            let file = fs::File::open(&path).unwrap();
            if locked {
                file.lock().unwrap();
            }
            *held.lock().unwrap() = Some(file);
            Response::object(request, &whole)
        })]);
        let result = resume(&server, &folder);
        if locked {
            fails(ErrorKind::LocalIo, result);
            assert_eq!(folder.names(), [partial_name(&md5_hex(&body))]);
        } else {
            assert_eq!(result.unwrap().resumed_from, 0);
            assert_whole(&folder, &body);
        }
        assert!(file.lock().unwrap().is_some());
    }
}

/// Threads resume one target at the same time over breaking connections. Each success must be true.
// promise: D15
#[test]
fn concurrent_resumed_downloads_never_succeed_with_a_wrong_file() {
    let body = content(SIZE);
    for _ in 0..20 {
        let folder = TempDir::new();
        let store = Store::with_object(&body);
        let (inner, mut count) = (store.clone(), 0);
        let server = store.serve(move |request| {
            count += 1;
            (count % 3 != 0).then(|| inner.respond(request).cut(count * 3_001 % SIZE, End::Fin))
        });
        let run = || {
            // A download that finds another one running fails at once.
            let until_success = || (0..10_000).find(|_| resume(&server, &folder).is_ok()).unwrap();
            for _ in 0..2 {
                until_success();
                // No download can have replaced it by anything else.
                assert!(fs::read(folder.join("target")).unwrap() == body);
            }
        };
        std::thread::scope(|scope| {
            for _ in 0..3 {
                scope.spawn(run);
            }
        });
        assert_eq!(folder.names(), ["target"]);
        assert!(fs::read(folder.join("target")).unwrap() == body);
    }
}

#[test]
fn resume_with_a_range_is_rejected() {
    let server = FakeServer::start([]);
    let options = DownloadOptions::new().resume().object(GetObjectOptions::new().range(5..));
    let folder = TempDir::new();
    let result = client(&server).download_file_with("b", "k", folder.join("target"), &options);
    fails(ErrorKind::InvalidInput, result);
    assert_eq!(folder.names(), [""; 0]);
}

/// Creates a file with an old modification time, so that a write changes it. Returns that time.
fn old_file(folder: &TempDir, content: &[u8]) -> SystemTime {
    let path = folder.file("target", content);
    let file = fs::File::options().write(true).open(path).unwrap();
    let modified = SystemTime::UNIX_EPOCH + Duration::from_secs(1_000_000_000);
    file.set_modified(modified).unwrap();
    modified
}

/// Starts a server that supports If-Match and If-None-Match.
fn serve_conditionally(body: &[u8]) -> FakeServer {
    let body = body.to_vec();
    FakeServer::serve(move |request| {
        let response = Response::object(request, &body);
        let same = request.header("if-none-match") == Some(&format!("\"{}\"", md5_hex(&body)));
        if same { Response::new(304) } else { response }
    })
}

// promise: D9
#[test]
fn if_changed_keeps_an_equal_file_and_its_modification_time() {
    let body = content(SIZE);
    let options = DownloadOptions::new().if_changed();
    let server = serve_conditionally(&body);
    let folder = TempDir::new();
    let modified = old_file(&folder, &body);
    let download = client(&server).download_file_with("b", "k", folder.join("target"), &options).unwrap();
    assert!(!download.changed && download.metadata.is_none());
    assert_whole(&folder, &body);
    assert_eq!(fs::metadata(folder.join("target")).unwrap().modified().unwrap(), modified);

    // First with a file of other content, then without a file.
    let modified = old_file(&folder, b"changed");
    for _ in 0..2 {
        let download = client(&server).download_file_with("b", "k", folder.join("target"), &options).unwrap();
        assert!(download.changed);
        assert_whole(&folder, &body);
        assert!(fs::metadata(folder.join("target")).unwrap().modified().unwrap() > modified);
        fs::remove_file(folder.join("target")).unwrap();
    }
}

#[test]
fn if_changed_combines_with_resume() {
    let body = content(SIZE);
    let options = DownloadOptions::new().if_changed().resume();
    let server = serve_conditionally(&body);
    // The complete file exists, so the partial file is no longer needed.
    let folder = partial_download(&body[..20_000], &md5_hex(&body));
    let modified = old_file(&folder, &body);
    let download = client(&server).download_file_with("b", "k", folder.join("target"), &options).unwrap();
    assert!(!download.changed);
    assert_whole(&folder, &body);
    assert_eq!(fs::metadata(folder.join("target")).unwrap().modified().unwrap(), modified);
    // The file differs, so the partial file is resumed.
    let folder = partial_download(&body[..20_000], &md5_hex(&body));
    old_file(&folder, b"changed");
    let download = client(&server).download_file_with("b", "k", folder.join("target"), &options).unwrap();
    assert_eq!((download.changed, download.resumed_from), (true, 19_999));
    assert_whole(&folder, &body);
}

#[test]
fn progress_is_reported_every_256_kib_and_at_the_end() {
    for size in [0, 1, 3 << 20] {
        let body = content(size);
        let folder = TempDir::new();
        let server = serve_object(&body);
        let progress = Mutex::new(Vec::new());
        let options = DownloadOptions::new().progress(|done, _| progress.lock().unwrap().push(done));
        client(&server).download_file_with("b", "k", folder.join("target"), &options).unwrap();
        let progress = progress.lock().unwrap();
        assert_eq!(progress.last(), Some(&(size as u64)));
        let steps = [0].iter().chain(progress.iter()).zip(progress.iter());
        assert!(steps.into_iter().all(|(from, to)| to - from <= 256 << 10), "{progress:?}");
    }
}

#[test]
fn progress_continues_across_breaks_to_the_end() {
    let body = content(SIZE);
    let progress = Mutex::new(Vec::new());
    let options = DownloadOptions::new().progress(|done, all| progress.lock().unwrap().push((done, all)));
    let mut first = Some(Response::content(&body).cut(20_000, End::Rst));
    let store = Store::default();
    store.put("/b/k", &body);
    let server = store.serve(move |_| first.take());
    let folder = TempDir::new();
    client(&server).download_file_with("b", "k", folder.join("target"), &options).unwrap();
    let progress = progress.lock().unwrap();
    assert!(progress.is_sorted() && progress.iter().all(|(_, all)| *all == SIZE as u64), "{progress:?}");
    assert_eq!(progress.last(), Some(&(SIZE as u64, SIZE as u64)));
}

#[test]
fn partial_file_is_ignored_if_if_match_names_another_etag() {
    let body = content(1000);
    let folder = partial_download(&body[..500], "y");
    let server = FakeServer::serve({
        let body = body.clone();
        move |request| Response::object_with(request, &body, "y")
    });
    let options = DownloadOptions::new().resume().object(GetObjectOptions::new().if_match("x"));
    let error = client(&server).download_file_with("b", "k", folder.join("target"), &options).unwrap_err();
    assert!(error.is_precondition_failed(), "{error}");
}

#[test]
fn not_modified_by_the_callers_condition_is_an_error() {
    let folder = TempDir::new();
    let server = FakeServer::start([Response::new(304)]);
    let options = DownloadOptions::new().if_changed().object(GetObjectOptions::new().if_none_match("x"));
    let error = client(&server).download_file_with("b", "k", folder.join("target"), &options).unwrap_err();
    assert!(error.is_not_modified() && folder.names().is_empty(), "{error}");
}
