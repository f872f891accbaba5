//! Objects into files: the target is whole and checked, or as it was before.

use std::fs;
use std::path::Path;
use std::time::Duration;

use plain_s3::{Client, DownloadOptions, ErrorKind, GetObjectOptions, RetryPolicy};

use crate::clients::{client, config};
use crate::fake_server::{Answer, End, FakeServer};
use crate::signatures::md5_hex;
use crate::support::{TempDir, fails};

const HELLO: &str = "Hello World!";

#[test]
fn a_download_brings_the_content_and_the_metadata() {
    let content: Vec<u8> = (0..3_000_000_u32).map(|i| (i.wrapping_mul(i) >> 7) as u8).collect();
    let e_tag = md5_hex(&content);
    let folder = TempDir::new();
    let server = FakeServer::start([Answer::content(&content).header("x-amz-meta-colour", "blue")]);
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
fn an_empty_object_makes_an_empty_file_and_an_old_file_is_replaced_whole() {
    let folder = TempDir::new();
    let target = folder.file("target", "something longer than the new content");
    let server = FakeServer::start([Answer::content(HELLO), Answer::content("")]);
    let client = client(&server);
    client.download_file("b", "k", &target).unwrap();
    assert_eq!(fs::read_to_string(&target).unwrap(), HELLO);
    client.download_file("b", "k", &target).unwrap();
    assert_eq!(fs::read(&target).unwrap(), b"");
    assert_eq!(folder.names(), ["target"]);
}

#[test]
fn a_range_and_a_version_can_be_downloaded() {
    let folder = TempDir::new();
    let server = FakeServer::serve(|request| Answer::object(request, HELLO.as_bytes()));
    let options = GetObjectOptions::new().range(6..).version_id("v1");
    let download = client(&server)
        .download_file_with("b", "k", folder.join("target"), &DownloadOptions::new().object(options))
        .unwrap();
    assert_eq!(download.bytes, 6);
    assert_eq!(fs::read_to_string(folder.join("target")).unwrap(), "World!");
    let [request] = server.finish();
    assert_eq!((request.target(), request.header("range")), ("/b/k?versionId=v1", Some("bytes=6-")));
}

/// Every way a download can fail once a request is out.
fn failures() -> Vec<(ErrorKind, fn() -> Answer)> {
    vec![
        (ErrorKind::Server, || Answer::error(404, "NoSuchKey")),
        (ErrorKind::Server, || Answer::error(403, "AccessDenied")),
        (ErrorKind::Server, || Answer::error(503, "SlowDown")),
        (ErrorKind::Server, || Answer::new(304)),
        (ErrorKind::Server, || Answer::error(412, "PreconditionFailed")),
        (ErrorKind::UnexpectedResponse, || Answer::new(502).body("<html><title>Bad Gateway</title></html>")),
        (ErrorKind::UnexpectedResponse, || Answer::new(200).body(HELLO).until_close()),
        (ErrorKind::UnexpectedResponse, || Answer::new(204)),
        (ErrorKind::Network, || Answer::on_accept(End::Fin)),
        (ErrorKind::Network, || Answer::nothing(End::Fin)),
        (ErrorKind::Network, || Answer::nothing(End::Rst)),
        (ErrorKind::Network, || Answer::content(HELLO).cut(0, End::Fin)),
        (ErrorKind::Network, || Answer::content(HELLO).cut(11, End::Fin)),
        (ErrorKind::Network, || Answer::content(HELLO).cut(5, End::Rst)),
        (ErrorKind::Network, || Answer::content(vec![7; 1_000_000]).cut(999_999, End::Fin)),
        (ErrorKind::Network, || Answer::new(200).body(HELLO).content_length(u64::MAX).then(End::Fin)),
        (ErrorKind::Timeout, || Answer::nothing(End::Stall)),
        (ErrorKind::Timeout, || Answer::content(HELLO).cut(5, End::Stall)),
        (ErrorKind::Integrity, || Answer::stored(b"something else").body(HELLO)),
    ]
}

#[test]
fn whatever_fails_an_old_target_is_as_it_was_and_no_other_file_is_left() {
    for (kind, answer) in failures() {
        let folder = TempDir::new();
        let target = folder.file("target", "old");
        let server = FakeServer::start([answer()]);
        let client = client_for(kind, &server);
        let error = fails(kind, client.download_file("b", "k", &target));
        assert!(error.to_string().contains("b/k: "), "{error}");
        assert_eq!(
            (folder.names(), fs::read_to_string(&target).unwrap()),
            (vec!["target".into()], "old".into())
        );
    }
}

#[test]
fn whatever_fails_a_new_target_does_not_appear() {
    for (kind, answer) in failures() {
        let folder = TempDir::new();
        let server = FakeServer::start([answer()]);
        fails(kind, client_for(kind, &server).download_file("b", "k", folder.join("target")));
        assert_eq!(folder.names(), [""; 0]);
    }
}

/// One attempt, and a short patience where the server is to fall silent.
fn client_for(kind: ErrorKind, server: &FakeServer) -> Client {
    let config = config(server).retry(RetryPolicy::none());
    Client::new(match kind {
        ErrorKind::Timeout => config.idle_timeout(Duration::from_millis(100)),
        _ => config,
    })
    .unwrap()
}

/// What cannot be written is told before anything is asked of the server.
#[track_caller]
fn unwritable(target: &Path, words: &str) {
    let server = FakeServer::start([]);
    let error = fails(ErrorKind::LocalIo, client(&server).download_file("b", "k", target));
    assert!(error.to_string().contains(words), "{words:?} is not in: {error}");
    assert_eq!((server.connections(), server.requests().len()), (0, 0));
}

#[test]
fn a_target_that_is_a_folder_is_refused_before_the_request() {
    let folder = TempDir::new();
    fs::create_dir(folder.join("target")).unwrap();
    unwritable(&folder.join("target"), "it is a directory");
    unwritable(folder.path(), "Name the file in it");
    unwritable(&folder.join("missing/"), "Name the file in it");
    assert_eq!(folder.names(), ["target"]);
}

#[test]
fn a_target_in_a_folder_that_is_missing_or_is_none_is_refused_before_the_request() {
    let folder = TempDir::new();
    let file = folder.file("file", "");
    unwritable(&folder.join("missing").join("target"), "missing/target: No such file");
    unwritable(&file.join("target"), "file/target");
    unwritable(Path::new(""), "the path names no file");
    unwritable(&folder.join(".."), "the path names no file");
    assert_eq!(folder.names(), ["file"]);
}

#[test]
#[cfg(unix)]
fn a_target_in_a_folder_that_may_not_be_written_is_refused_before_the_request() {
    use std::os::unix::fs::PermissionsExt as _;

    let folder = TempDir::new();
    let closed = folder.join("closed");
    fs::create_dir(&closed).unwrap();
    fs::set_permissions(&closed, fs::Permissions::from_mode(0o555)).unwrap();
    if fs::write(closed.join("probe"), "").is_ok() {
        eprintln!("not tested: this user may write everywhere");
        return;
    }
    unwritable(&closed.join("target"), "Permission denied");
    fs::set_permissions(&closed, fs::Permissions::from_mode(0o755)).unwrap();
}

#[test]
#[cfg(unix)]
fn a_new_file_has_the_permissions_that_any_new_file_has() {
    use std::os::unix::fs::PermissionsExt as _;

    let folder = TempDir::new();
    let any = folder.file("any", "");
    let server = FakeServer::start([Answer::content(HELLO)]);
    client(&server).download_file("b", "k", folder.join("target")).unwrap();
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode();
    assert_eq!(mode(&folder.join("target")), mode(&any));
}

#[test]
fn a_call_that_is_refused_here_leaves_no_file() {
    let folder = TempDir::new();
    let server = FakeServer::start([]);
    fails(ErrorKind::InvalidInput, client(&server).download_file("b", "", folder.join("target")));
    assert_eq!(folder.names(), [""; 0]);
    let _: [_; 0] = server.finish();
}

#[test]
fn two_downloads_to_one_target_do_not_mix() {
    let folder = TempDir::new();
    let target = folder.join("target");
    let servers = [b'a', b'b'].map(|byte| FakeServer::serve(move |_| Answer::content(vec![byte; 500_000])));
    std::thread::scope(|scope| {
        for server in &servers {
            scope.spawn(|| client(server).download_file("b", "k", &target).unwrap());
        }
    });
    let content = fs::read(&target).unwrap();
    assert!(content.len() == 500_000 && content.iter().all(|byte| *byte == content[0]));
    assert_eq!(folder.names(), ["target"]);
}

/// The temporary file is no more open to others than the file that it is to replace.
#[test]
#[cfg(unix)]
fn what_is_on_its_way_into_a_private_file_is_private() {
    use std::cell::Cell;
    use std::os::unix::fs::PermissionsExt as _;

    let folder = TempDir::new();
    let target = folder.file("target", "old");
    fs::set_permissions(&target, fs::Permissions::from_mode(0o600)).unwrap();
    let server = FakeServer::start([Answer::content(HELLO.as_bytes())]);
    let seen = Cell::new(0);
    let look = |_, _| {
        let names = folder.names();
        let temporary = names.iter().find(|name| name.ends_with(".part")).unwrap();
        seen.set(fs::metadata(folder.join(temporary)).unwrap().permissions().mode() & 0o777);
    };
    let options = DownloadOptions::new().progress(look);
    client(&server).download_file_with("b", "k", &target, &options).unwrap();
    assert_eq!(seen.get(), 0o600);
    assert_eq!(fs::metadata(&target).unwrap().permissions().mode() & 0o777, 0o600);
}
