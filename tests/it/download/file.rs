//! Downloads to files: the target is complete and verified, or unchanged.

use std::fs;
use std::path::Path;
use std::time::Duration;

use plain_s3::{Client, DownloadOptions, ErrorKind, GetObjectOptions, RetryPolicy};

use crate::clients::{client, config};
use crate::fake_server::{End, FakeServer, Response};
use crate::signatures::md5_hex;
use crate::support::{TempDir, fails};

const HELLO: &str = "Hello World!";

#[test]
fn download_writes_the_content_and_returns_the_metadata() {
    let content: Vec<u8> = (0..3_000_000_u32).map(|i| (i.wrapping_mul(i) >> 7) as u8).collect();
    let e_tag = md5_hex(&content);
    let folder = TempDir::new();
    let server = FakeServer::start([Response::content(&content).header("x-amz-meta-colour", "blue")]);
    let download = client(&server).download_file("b", "a b", folder.join("target")).unwrap();
    assert_eq!(download.bytes, content.len() as u64);
    let metadata = download.metadata.unwrap();
    assert_eq!(metadata.e_tag.unwrap().as_str(), e_tag);
    assert_eq!(metadata.metadata["colour"], "blue");
    assert!(fs::read(folder.join("target")).unwrap() == content);
    assert_eq!(folder.names(), ["target"]);
    let [request] = server.finish();
    assert_eq!(request.line(), "GET /b/a%20b HTTP/1.1");
}

#[test]
fn empty_object_replaces_an_existing_file() {
    let folder = TempDir::new();
    let target = folder.file("target", "something longer than the new content");
    let server = FakeServer::start([Response::content(HELLO), Response::content("")]);
    let client = client(&server);
    client.download_file("b", "k", &target).unwrap();
    assert_eq!(fs::read_to_string(&target).unwrap(), HELLO);
    client.download_file("b", "k", &target).unwrap();
    assert_eq!(fs::read(&target).unwrap(), b"");
    assert_eq!(folder.names(), ["target"]);
}

#[test]
fn range_of_a_version_is_downloaded() {
    let folder = TempDir::new();
    let server = FakeServer::serve(|request| Response::object(request, HELLO.as_bytes()));
    let options = GetObjectOptions::new().range(6..).version_id("v1");
    let download = client(&server)
        .download_file_with("b", "k", folder.join("target"), &DownloadOptions::new().object(options))
        .unwrap();
    assert_eq!(download.bytes, 6);
    assert_eq!(fs::read_to_string(folder.join("target")).unwrap(), "World!");
    let [request] = server.finish();
    assert_eq!((request.target(), request.header("range")), ("/b/k?versionId=v1", Some("bytes=6-")));
}

/// The failures that a download can meet once its request has been sent.
fn failures() -> Vec<(ErrorKind, fn() -> Response)> {
    vec![
        (ErrorKind::Server, || Response::error(404, "NoSuchKey")),
        (ErrorKind::Server, || Response::error(403, "AccessDenied")),
        (ErrorKind::Server, || Response::error(503, "SlowDown")),
        (ErrorKind::Server, || Response::new(304)),
        (ErrorKind::Server, || Response::error(412, "PreconditionFailed")),
        (ErrorKind::UnexpectedResponse, || {
            Response::new(502).body("<html><title>Bad Gateway</title></html>")
        }),
        (ErrorKind::UnexpectedResponse, || Response::new(200).body(HELLO).until_close()),
        (ErrorKind::UnexpectedResponse, || Response::new(204)),
        (ErrorKind::Network, || Response::on_accept(End::Fin)),
        (ErrorKind::Network, || Response::none(End::Fin)),
        (ErrorKind::Network, || Response::none(End::Rst)),
        (ErrorKind::Network, || Response::content(HELLO).cut(0, End::Fin)),
        (ErrorKind::Network, || Response::content(HELLO).cut(11, End::Fin)),
        (ErrorKind::Network, || Response::content(HELLO).cut(5, End::Rst)),
        (ErrorKind::Network, || Response::content(vec![7; 1_000_000]).cut(999_999, End::Fin)),
        (ErrorKind::Network, || Response::new(200).body(HELLO).content_length(u64::MAX).then(End::Fin)),
        (ErrorKind::Timeout, || Response::none(End::Stall)),
        (ErrorKind::Timeout, || Response::content(HELLO).cut(5, End::Stall)),
        (ErrorKind::Integrity, || Response::stored(b"something else").body(HELLO)),
    ]
}

// promise: D7
#[test]
fn failed_download_keeps_the_old_file_and_leaves_no_other() {
    for (kind, response) in failures() {
        let folder = TempDir::new();
        let target = folder.file("target", "old");
        let server = FakeServer::start([response()]);
        let client = client_for(kind, &server);
        let error = fails(kind, client.download_file("b", "k", &target));
        assert!(error.to_string().starts_with("download_file b/k"), "{error}");
        assert_eq!(
            (folder.names(), fs::read_to_string(&target).unwrap()),
            (vec!["target".into()], "old".into())
        );
    }
}

#[test]
fn failed_download_creates_no_file() {
    for (kind, response) in failures() {
        let folder = TempDir::new();
        let server = FakeServer::start([response()]);
        fails(kind, client_for(kind, &server).download_file("b", "k", folder.join("target")));
        assert_eq!(folder.names(), [""; 0]);
    }
}

/// Returns a client with a single attempt, and a short idle timeout if a timeout is expected.
fn client_for(kind: ErrorKind, server: &FakeServer) -> Client {
    let config = config(server).retry(RetryPolicy::none());
    Client::new(match kind {
        ErrorKind::Timeout => config.idle_timeout(Duration::from_millis(100)),
        _ => config,
    })
    .unwrap()
}

/// Asserts that an unwritable target is reported before any request is sent.
#[track_caller]
fn assert_unwritable(target: &Path, words: &str) {
    let server = FakeServer::start([]);
    let error = fails(ErrorKind::LocalIo, client(&server).download_file("b", "k", target));
    assert!(error.to_string().contains(words), "{words:?} is not in: {error}");
    assert_eq!((server.connections(), server.requests().len()), (0, 0));
}

// promise: D8
#[test]
fn directory_as_target_is_rejected_before_the_request() {
    let folder = TempDir::new();
    fs::create_dir(folder.join("target")).unwrap();
    assert_unwritable(&folder.join("target"), "it is a directory");
    assert_unwritable(folder.path(), "it is a directory. Add the name of a file in it.");
    assert_unwritable(&folder.join("missing/"), "it is a directory. Add the name of a file in it.");
    assert_eq!(folder.names(), ["target"]);
}

// promise: D8
#[test]
fn missing_parent_directory_is_rejected_before_the_request() {
    let folder = TempDir::new();
    let file = folder.file("file", "");
    assert_unwritable(&folder.join("missing").join("target"), "missing/target: No such file");
    assert_unwritable(&file.join("target"), "file/target");
    assert_unwritable(Path::new(""), "cannot write \"\": the path does not name a file");
    assert_unwritable(&folder.join(".."), "the path does not name a file");
    assert_eq!(folder.names(), ["file"]);
}

// promise: D8
#[test]
#[cfg(unix)]
fn read_only_directory_is_rejected_before_the_request() {
    use std::os::unix::fs::PermissionsExt as _;

    let folder = TempDir::new();
    let closed = folder.join("closed");
    fs::create_dir(&closed).unwrap();
    fs::set_permissions(&closed, fs::Permissions::from_mode(0o555)).unwrap();
    if fs::write(closed.join("probe"), "").is_ok() {
        eprintln!("not tested: this user can write everywhere");
        return;
    }
    assert_unwritable(&closed.join("target"), "Permission denied");
    fs::set_permissions(&closed, fs::Permissions::from_mode(0o755)).unwrap();
}

// promise: D11
#[test]
#[cfg(unix)]
fn new_file_has_default_permissions() {
    use std::os::unix::fs::PermissionsExt as _;

    let folder = TempDir::new();
    let any = folder.file("any", "");
    let server = FakeServer::start([Response::content(HELLO)]);
    client(&server).download_file("b", "k", folder.join("target")).unwrap();
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode();
    assert_eq!(mode(&folder.join("target")), mode(&any));
}

#[test]
fn invalid_call_creates_no_file() {
    let folder = TempDir::new();
    let server = FakeServer::start([]);
    fails(ErrorKind::InvalidInput, client(&server).download_file("b", "", folder.join("target")));
    assert_eq!(folder.names(), [""; 0]);
    let _: [_; 0] = server.finish();
}

#[test]
fn concurrent_downloads_to_one_file_do_not_mix() {
    let folder = TempDir::new();
    let target = folder.join("target");
    let servers = [b'a', b'b'].map(|byte| FakeServer::serve(move |_| Response::content(vec![byte; 500_000])));
    std::thread::scope(|scope| {
        for server in &servers {
            scope.spawn(|| client(server).download_file("b", "k", &target).unwrap());
        }
    });
    let content = fs::read(&target).unwrap();
    assert!(content.len() == 500_000 && content.iter().all(|byte| *byte == content[0]));
    assert_eq!(folder.names(), ["target"]);
}

/// The temporary file is not readable by more users than the file that it replaces.
// promise: D11
#[test]
#[cfg(unix)]
fn temporary_file_has_the_permissions_of_the_target() {
    use std::os::unix::fs::PermissionsExt as _;
    use std::sync::atomic::{AtomicU32, Ordering};

    let folder = TempDir::new();
    let target = folder.file("target", "old");
    fs::set_permissions(&target, fs::Permissions::from_mode(0o600)).unwrap();
    let server = FakeServer::start([Response::content(HELLO.as_bytes())]);
    let seen = AtomicU32::new(0);
    let inspect = |_, _| {
        let names = folder.names();
        let temporary = names.iter().find(|name| name.ends_with(".part")).unwrap();
        let mode = fs::metadata(folder.join(temporary)).unwrap().permissions().mode();
        seen.store(mode & 0o777, Ordering::Relaxed);
    };
    let options = DownloadOptions::new().progress(inspect);
    client(&server).download_file_with("b", "k", &target, &options).unwrap();
    assert_eq!(seen.load(Ordering::Relaxed), 0o600);
    assert_eq!(fs::metadata(&target).unwrap().permissions().mode() & 0o777, 0o600);
}
