//! What a path can refer to: links, devices, pipes, other names of a file, and unusual names.

#![cfg(unix)]

use std::ffi::OsStr;
use std::fs::{self, File, Permissions};
use std::io::Read as _;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::{FileTypeExt as _, MetadataExt as _, PermissionsExt as _, symlink};
use std::os::unix::net::UnixListener;
use std::path::Path;
use std::process::Command;

use plain_s3::{DownloadOptions, ErrorKind};

use crate::clients::{client, client_without_retries};
use crate::fake_server::{End, FakeServer, Response, Store};
use crate::support::{TempDir, fails};

const HELLO: &str = "Hello World!";

fn download(target: impl AsRef<Path>) {
    let server = FakeServer::start([Response::content(HELLO)]);
    client(&server).download_file("b", "k", target).unwrap();
    let [_] = server.finish();
}

/// Asserts that the target is refused with this text before anything is requested.
#[track_caller]
fn assert_refused(target: impl AsRef<Path>, words: &str) {
    for options in [DownloadOptions::new(), DownloadOptions::new().resume()] {
        let server = FakeServer::start([]);
        let result = client(&server).download_file_with("b", "k", target.as_ref(), &options);
        let error = fails(ErrorKind::LocalIo, result);
        assert!(error.to_string().contains(words), "{words:?} is not in: {error}");
        assert_eq!(server.connections(), 0);
    }
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().mode() & 0o7777
}

// promise: D12
#[test]
fn links_are_followed_even_if_they_dangle() {
    let folder = TempDir::new();
    fs::create_dir(folder.join("sub")).unwrap();
    symlink("sub/target", folder.join("relative")).unwrap();
    symlink(folder.join("sub/target"), folder.join("absolute")).unwrap();
    symlink("relative", folder.join("link to a link")).unwrap();
    symlink("../sub/./target", folder.join("sub/up")).unwrap();
    symlink("sub", folder.join("folder link")).unwrap();
    let target = folder.join("sub/target");
    for name in ["relative", "absolute", "link to a link", "sub/up", "folder link/target"] {
        for exists in [false, true] {
            let _ = fs::remove_file(&target);
            if exists {
                fs::write(&target, "old").unwrap();
            }
            download(folder.join(name));
            assert_eq!(fs::read_to_string(&target).unwrap(), HELLO, "{name}");
            assert!(fs::symlink_metadata(&target).unwrap().is_file());
        }
    }
    assert_eq!(folder.names(), ["absolute", "folder link", "link to a link", "relative", "sub"]);
    assert_eq!(fs::read_link(folder.join("relative")).unwrap(), Path::new("sub/target"));
    assert_eq!(fs::read_dir(folder.join("sub")).unwrap().count(), 2);
}

// promise: D8
#[test]
fn links_without_an_end_are_refused() {
    let folder = TempDir::new();
    symlink("loop", folder.join("loop")).unwrap();
    symlink("missing/target", folder.join("into nowhere")).unwrap();
    symlink("missing/", folder.join("to a folder")).unwrap();
    symlink(".", folder.join("here")).unwrap();
    assert_refused(folder.join("loop"), "loop");
    assert_refused(folder.join("into nowhere"), ". Create its folder first.");
    assert_refused(folder.join("to a folder"), "it is a directory");
    assert_refused(folder.join("here"), "it is a directory");
    assert_eq!(folder.names().len(), 4);
}

// promise: D12
#[test]
fn pipe_socket_and_open_file_are_refused_and_stay() {
    let folder = TempDir::new();
    let pipe = folder.join("pipe");
    make_pipe(&pipe);
    let _listener = UnixListener::bind(folder.join("socket")).unwrap();
    symlink("pipe", folder.join("link")).unwrap();
    assert_refused(&pipe, "it is a pipe. To write into it instead, use DownloadOptions::in_place.");
    assert_refused(folder.join("link"), "it is a pipe");
    assert_refused(folder.join("socket"), "it is a socket");
    assert!(fs::symlink_metadata(&pipe).unwrap().file_type().is_fifo());
    assert!(fs::symlink_metadata(folder.join("link")).unwrap().is_symlink());
    assert!(fs::symlink_metadata(folder.join("socket")).unwrap().file_type().is_socket());

    // As /dev/stdout does after `>> log`: the name of the file must not be replaced.
    if cfg!(target_os = "linux") {
        use std::os::fd::AsRawFd as _;

        let log = File::create_new(folder.join("log")).unwrap();
        symlink(format!("/proc/self/fd/{}", log.as_raw_fd()), folder.join("stdout")).unwrap();
        assert_refused(folder.join("stdout"), "it is an open file");
        assert_eq!(fs::read(folder.join("log")).unwrap(), b"");
    }
}

fn make_pipe(path: &Path) {
    assert!(Command::new("mkfifo").arg(path).status().unwrap().success());
}

// promise: D13
#[test]
fn pipe_is_written_in_place() {
    let folder = TempDir::new();
    let pipe = folder.join("pipe");
    make_pipe(&pipe);
    symlink("pipe", folder.join("stdout")).unwrap();
    let body = crate::support::content(300_000);
    let server = Store::with_object(&body).serve(|_| None);
    let options = DownloadOptions::new().in_place();
    let received = std::thread::scope(|scope| {
        let reader = scope.spawn(|| fs::read(&pipe).unwrap());
        let target = folder.join("stdout");
        let download = client(&server).download_file_with("b", "k", target, &options).unwrap();
        assert_eq!(download.bytes, 300_000);
        reader.join().unwrap()
    });
    assert!(received == body);
    assert_eq!(folder.names(), ["pipe", "stdout"]);
}

// promise: D13
#[test]
fn damaged_content_is_not_written_to_a_pipe_a_second_time() {
    let folder = TempDir::new();
    let pipe = folder.join("pipe");
    make_pipe(&pipe);
    let mut body = crate::support::content(300_000);
    let e_tag = crate::signatures::md5_hex(&body);
    *body.last_mut().unwrap() ^= 1;
    let damaged = || Response::new(200).header("etag", &e_tag).body(&body);
    let server = FakeServer::start([damaged(), Response::error(500, "InternalError")]);
    let options = DownloadOptions::new().in_place();
    std::thread::scope(|scope| {
        let reader = scope.spawn(|| fs::read(&pipe).unwrap());
        let result = client(&server).download_file_with("b", "k", &pipe, &options);
        fails(ErrorKind::Integrity, result);
        let received = reader.join().unwrap();
        // The last bytes are withheld, because they were not verified.
        assert!(received.len() < body.len() && body.starts_with(&received));
    });
    assert_eq!(server.connections(), 1);
}

// promise: D13
#[test]
fn file_is_written_in_place_once_the_response_has_arrived() {
    let folder = TempDir::new();
    let target = folder.file("target", "something longer than the new content");
    fs::hard_link(&target, folder.join("other name")).unwrap();
    let options = DownloadOptions::new().in_place();
    let server = FakeServer::start([
        Response::error(404, "NoSuchKey"),
        Response::content(HELLO),
        Response::content(HELLO).cut(5, End::Fin),
        Response::content(HELLO),
    ]);
    let client = client_without_retries(&server);
    let get = |name: &str| client.download_file_with("b", "k", folder.join(name), &options);
    assert!(get("target").unwrap_err().is_not_found());
    assert!(fs::read_to_string(&target).unwrap().starts_with("something"));
    get("target").unwrap();
    assert_eq!(fs::read_to_string(folder.join("other name")).unwrap(), HELLO);
    let error = get("target").unwrap_err();
    assert!(error.to_string().contains("target is incomplete, because it was written in place"), "{error}");
    assert_eq!(fs::read_to_string(&target).unwrap(), "Hello");
    // What does not exist yet is created complete.
    get("new").unwrap();
    assert_eq!(folder.names(), ["new", "other name", "target"]);
    let _: [_; 4] = server.finish();

    let server = FakeServer::start([]);
    let both = options.clone().resume();
    fails(
        ErrorKind::InvalidInput,
        crate::clients::client(&server).download_file_with("b", "k", &target, &both),
    );
}

// promise: D13
#[test]
fn second_download_in_place_fails() {
    let folder = TempDir::new();
    let target = folder.file("target", "old");
    let server = Store::with_object(HELLO.as_bytes()).serve(|_| None);
    let client = client(&server);
    let second = |_, _| {
        let result = client.download_file_with("b", "k", &target, &DownloadOptions::new().in_place());
        let error = fails(ErrorKind::LocalIo, result);
        assert!(error.to_string().contains("another program has locked it"), "{error}");
    };
    let first = DownloadOptions::new().in_place().progress(second);
    client.download_file_with("b", "k", &target, &first).unwrap();
    assert_eq!(fs::read_to_string(&target).unwrap(), HELLO);
    assert_eq!(server.requests().len(), 1);
}

// promise: D11
#[test]
fn content_is_private_until_it_is_complete_and_special_bits_are_dropped() {
    for (before, after) in [(0o644, 0o644), (0o600, 0o600), (0o6755, 0o755), (0o1777, 0o777), (0o444, 0o444)]
    {
        for resume in [false, true] {
            let folder = TempDir::new();
            let target = folder.file("target", "old");
            fs::set_permissions(&target, Permissions::from_mode(before)).unwrap();
            let inspect = |_, _| {
                let names = folder.names();
                let partial = names.iter().find(|name| name.ends_with(".part")).unwrap();
                assert_eq!(mode(&folder.join(partial)), 0o600);
            };
            let options = DownloadOptions::new().progress(inspect);
            let options = if resume { options.resume() } else { options };
            let server = FakeServer::start([Response::content(HELLO)]);
            client(&server).download_file_with("b", "k", &target, &options).unwrap();
            assert_eq!(mode(&target), after);
        }
    }
}

#[test]
fn other_hard_links_keep_the_old_content() {
    let folder = TempDir::new();
    let target = folder.file("target", "old");
    fs::hard_link(&target, folder.join("other name")).unwrap();
    download(&target);
    assert_eq!(fs::read_to_string(&target).unwrap(), HELLO);
    assert_eq!(fs::read_to_string(folder.join("other name")).unwrap(), "old");
}

// promise: D8
#[test]
fn paths_that_end_like_a_folder_are_refused() {
    let folder = TempDir::new();
    folder.file("file", "old");
    for name in ["file/", "file/.", "file/./", "missing/.", "missing//"] {
        assert_refused(folder.join(name), "it is a directory");
    }
    for name in ["", "..", "missing/.."] {
        let path = folder.join(name);
        assert_refused(
            if name.is_empty() { Path::new(name) } else { &path },
            "the path does not name a file",
        );
    }
    assert_refused(folder.join("file\0"), "cannot write ");
    assert_refused(folder.join(".x.etag-y.part"), "the name is that of a partial file");
    assert_eq!(fs::read_to_string(folder.join("file")).unwrap(), "old");
    assert_eq!(folder.names(), ["file"]);
}

// promise: D8
#[test]
fn names_of_any_length_are_written_or_refused() {
    let folder = TempDir::new();
    for length in [89, 90, 91, 200, 255] {
        let name = "n".repeat(length);
        let body = crate::support::content(50_000);
        let store = Store::with_object(&body);
        let (inner, mut cut) = (store.clone(), true);
        let server = store.serve(move |request| {
            std::mem::take(&mut cut).then(|| inner.respond(request).cut(20_000, End::Fin))
        });
        let client = client_without_retries(&server);
        let options = DownloadOptions::new().resume();
        client.download_file_with("b", "k", folder.join(&name), &options).unwrap_err();
        let resumed = client.download_file_with("b", "k", folder.join(&name), &options).unwrap();
        assert_eq!(resumed.resumed_from, 19_999, "{length}");
        assert_eq!(folder.names(), [name.as_str()]);
        fs::remove_file(folder.join(&name)).unwrap();
    }
    assert_refused(folder.join(&"n".repeat(256)), "cannot write ");
    assert_eq!(folder.names(), [""; 0]);
}

#[test]
#[cfg(target_os = "linux")]
fn names_that_are_not_unicode_are_written_and_resumed() {
    let folder = TempDir::new();
    let target = folder.path().join(OsStr::from_bytes(b"n\xff\xc3"));
    let body = crate::support::content(50_000);
    let store = Store::with_object(&body);
    let (inner, mut cut) = (store.clone(), true);
    let server = store
        .serve(move |request| std::mem::take(&mut cut).then(|| inner.respond(request).cut(20_000, End::Fin)));
    let client = client_without_retries(&server);
    let options = DownloadOptions::new().resume();
    client.download_file_with("b", "k", &target, &options).unwrap_err();
    assert_eq!(client.download_file_with("b", "k", &target, &options).unwrap().resumed_from, 19_999);
    assert!(fs::read(&target).unwrap() == body);
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
}

// promise: D14
#[test]
fn complete_file_is_kept_if_the_rename_fails() {
    for resume in [false, true] {
        let folder = TempDir::new();
        let target = folder.join("target");
        let server = FakeServer::start([Response::content(HELLO)]);
        let options = DownloadOptions::new().progress(|_, _| fs::create_dir(folder.join("target")).unwrap());
        let options = if resume { options.resume() } else { options };
        let result = client(&server).download_file_with("b", "k", &target, &options);
        let error = fails(ErrorKind::LocalIo, result);
        let partial = folder.names().into_iter().find(|name| name.ends_with(".part")).unwrap();
        let hint = format!("The complete content is in {}", folder.join(&partial).display());
        assert!(error.to_string().contains(&hint), "{error}");
        assert_eq!(fs::read_to_string(folder.join(&partial)).unwrap(), HELLO);
    }
}

// promise: D15
#[test]
fn replaced_partial_file_never_becomes_the_target() {
    let folder = TempDir::new();
    let target = folder.file("target", "old");
    let replace = |_, _| {
        let names = folder.names();
        let partial = folder.join(names.iter().find(|name| name.ends_with(".part")).unwrap());
        fs::remove_file(&partial).unwrap();
        fs::write(&partial, "something else").unwrap();
    };
    let server = FakeServer::start([Response::content(HELLO)]);
    let options = DownloadOptions::new().progress(replace);
    let error = client(&server).download_file_with("b", "k", &target, &options).unwrap_err();
    assert!(error.to_string().contains("removed or replaced the partial file"), "{error}");
    assert_eq!(fs::read_to_string(&target).unwrap(), "old");
}

#[test]
fn names_that_differ_by_case_are_two_targets() {
    let folder = TempDir::new();
    let server = Store::with_object(HELLO.as_bytes()).serve(|_| None);
    let client = client(&server);
    let upper = |_, _| {
        let resume = DownloadOptions::new().resume();
        let _ = client.download_file_with("b", "k", folder.join("TARGET"), &resume);
    };
    let lower = DownloadOptions::new().resume().progress(upper);
    client.download_file_with("b", "k", folder.join("target"), &lower).unwrap();
    assert_eq!(fs::read_to_string(folder.join("target")).unwrap(), HELLO);
    if cfg!(target_os = "linux") {
        assert_eq!(folder.names(), ["TARGET", "target"]);
    }
}

// promise: D12
#[test]
fn pipe_and_folder_are_refused_as_sources_without_waiting() {
    let folder = TempDir::new();
    make_pipe(&folder.join("pipe"));
    let _listener = UnixListener::bind(folder.join("socket")).unwrap();
    let server = FakeServer::start([]);
    for name in ["pipe", "socket", "."] {
        let result = client(&server).upload_file("b", "k", folder.join(name));
        let error = fails(ErrorKind::InvalidInput, result);
        assert!(error.to_string().contains("is not a regular file. upload_reader accepts"), "{error}");
    }
    let mut null = File::open("/dev/null").unwrap();
    null.read_exact(&mut []).unwrap();
    fails(ErrorKind::InvalidInput, client(&server).put_object("b", "k", &null));
    fails(ErrorKind::InvalidInput, client(&server).upload_file("b", "k", "/dev/null"));
    assert_eq!(server.connections(), 0);
}
