//! Downloads to real file systems and as another user. Requires root on Linux: each test runs a part of itself in
//! a separate mount namespace, or as the user with the ID 65534.

#![cfg(target_os = "linux")]

use std::fs::{self, Permissions};
use std::io;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, chown};
use std::path::Path;
use std::process::Command;

use plain_s3::{DownloadOptions, Error, ErrorKind};

use crate::clients::{client, client_without_retries};
use crate::fake_server::{End, FakeServer, Response, Store};
use crate::support::{TempDir, command, content, fails, skip, task};

const HELLO: &str = "Hello World!";
const NOBODY: u32 = 65534;
const AS_NOBODY: [&str; 4] = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"];
const IN_NAMESPACE: [&str; 2] = ["unshare", "--mount"];

/// Returns `false` if these tests cannot run here.
fn can_run(words: &[&str]) -> bool {
    let probe = Command::new(words[0]).args(&words[1..]).arg("true").output();
    let works = probe.is_ok_and(|output| output.status.success());
    if !works {
        skip(&format!("{} is missing or not permitted: its file systems are not tested", words[0]));
    }
    works
}

/// Runs `child_process` with a task and a folder in a namespace with its own mounts.
fn in_namespace(name: &str) {
    if can_run(&IN_NAMESPACE) {
        let folder = TempDir::new();
        finish(&mut command(&IN_NAMESPACE, module_path!(), &task_of(name, &folder)));
    }
}

/// Runs `child_process` as a user without privileges, in a folder that `prepare` has made.
fn as_nobody(name: &str, prepare: impl FnOnce(&TempDir)) {
    if can_run(&AS_NOBODY) {
        let folder = TempDir::new();
        prepare(&folder);
        // That user may not be able to access the build folder, so a copy of this program is run.
        let programs = TempDir::new();
        let program = programs.join("it");
        // By another program: a process that another test is just starting would inherit the descriptor, and a
        // program that is open for writing cannot be run.
        let current = std::env::current_exe().unwrap();
        assert!(Command::new("cp").args([&current, &program]).status().unwrap().success());
        let run_copy = ["sh", "-c", "shift && exec \"$0\" \"$@\"", program.to_str().unwrap()];
        let before = [AS_NOBODY.as_slice(), &run_copy].concat();
        finish(&mut command(&before, module_path!(), &task_of(name, &folder)));
    }
}

fn task_of(name: &str, folder: &TempDir) -> String {
    format!("{name} {}", folder.path().display())
}

fn finish(command: &mut Command) {
    let output = command.output().unwrap();
    let text = format!("{}{}", text(&output.stdout), text(&output.stderr));
    assert!(output.status.success() && text.contains("in the child: tested"), "{text}");
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[test]
fn child_process() {
    let Some(task) = task() else { return };
    let (name, folder) = task.split_once(' ').unwrap();
    let folder = Path::new(folder);
    match name {
        "bind" => mounted_file(folder),
        "read-only" => read_only(folder),
        "sync" => failing_sync(folder),
        "attributes" => attributes(folder),
        "sticky" => drop(assert_refused(&folder.join("target"), "Operation not permitted")),
        "closed" => {
            for name in ["target", "new"] {
                assert_refused(&folder.join(name), "Permission denied");
            }
            let server = FakeServer::start([Response::content(HELLO)]);
            let in_place = DownloadOptions::new().in_place();
            client(&server).download_file_with("b", "k", folder.join("target"), &in_place).unwrap();
        }
        "owner" => {
            let server = FakeServer::start([Response::content(HELLO)]);
            client(&server).download_file("b", "k", folder.join("target")).unwrap();
            let after = fs::metadata(folder.join("target")).unwrap();
            assert_eq!((after.uid(), after.gid(), after.mode() & 0o7777), (NOBODY, NOBODY, 0o644));
        }
        other => panic!("unknown task {other}"),
    }
    println!("in the child: tested");
}

fn run(program: &str, arguments: &[&str]) {
    let output = Command::new(program).args(arguments).output().unwrap();
    assert!(output.status.success(), "{program} {arguments:?}: {}", text(&output.stderr));
}

/// Asserts that the target is refused before anything is requested.
#[track_caller]
fn assert_refused(target: &Path, words: &str) -> Error {
    let server = FakeServer::start([]);
    let resume = DownloadOptions::new().resume();
    fails(ErrorKind::LocalIo, client(&server).download_file_with("b", "k", target, &resume));
    let error = fails(ErrorKind::LocalIo, client(&server).download_file("b", "k", target));
    assert!(error.to_string().contains(words), "{words:?} is not in: {error}");
    assert_eq!(server.connections(), 0);
    error
}

fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<_> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

// promise: D8, D13
#[test]
fn mounted_file_is_refused_or_written_in_place() {
    in_namespace("bind");
}

fn mounted_file(folder: &Path) {
    let (outside, target) = (folder.join("outside"), folder.join("tar get\\1"));
    for file in [&outside, &target] {
        fs::write(file, "old").unwrap();
    }
    run("mount", &["--bind", outside.to_str().unwrap(), target.to_str().unwrap()]);
    std::os::unix::fs::symlink("tar get\\1", folder.join("link")).unwrap();
    for name in ["tar get\\1", "link"] {
        let error = assert_refused(&folder.join(name), "it is a mount point");
        assert!(error.hint().unwrap().contains("DownloadOptions::in_place"), "{error}");
    }
    let server = FakeServer::start([Response::content(HELLO)]);
    let in_place = DownloadOptions::new().in_place();
    client(&server).download_file_with("b", "k", folder.join("link"), &in_place).unwrap();
    assert_eq!(fs::read_to_string(&outside).unwrap(), HELLO);
    assert_eq!(names(folder), ["link", "outside", "tar get\\1"]);
}

// promise: D8
#[test]
fn read_only_file_system_is_refused() {
    in_namespace("read-only");
}

fn read_only(folder: &Path) {
    let mount_point = folder.to_str().unwrap();
    run("mount", &["-t", "tmpfs", "none", mount_point]);
    fs::write(folder.join("target"), "old").unwrap();
    run("mount", &["-o", "remount,ro", mount_point]);
    for name in ["target", "new"] {
        assert_refused(&folder.join(name), "Read-only file system");
    }
}

/// A file system whose disk is full accepts the data and reports the error only when it is synced.
// promise: D16
#[test]
fn disk_that_is_full_only_when_synced_is_an_error() {
    in_namespace("sync");
}

fn failing_sync(folder: &Path) {
    let (image, disk) = (folder.join("image"), folder.join("disk"));
    run("mount", &["-t", "tmpfs", "-o", "size=5m", "none", folder.to_str().unwrap()]);
    fs::File::create_new(&image).unwrap().set_len(32 << 20).unwrap();
    fs::create_dir(&disk).unwrap();
    run("mkfs.ext4", &["-q", "-O", "^has_journal", image.to_str().unwrap()]);
    run("mount", &["-o", "loop", image.to_str().unwrap(), disk.to_str().unwrap()]);
    let target = disk.join("target");
    fs::write(&target, "old").unwrap();

    let body = content(12 << 20);
    let server = Store::with_object(&body).serve(|_| None);
    for options in [DownloadOptions::new(), DownloadOptions::new().resume()] {
        let result = client(&server).download_file_with("b", "k", &target, &options);
        let error = fails(ErrorKind::LocalIo, result);
        let source = error.get_ref().and_then(|source| source.downcast_ref::<io::Error>());
        let code = source.and_then(io::Error::raw_os_error);
        assert!(matches!(code, Some(28 | 5)), "neither ENOSPC nor EIO: {error:#?}");
        assert_eq!(fs::read(&target).unwrap(), b"old");
        assert!(!names(&disk).iter().any(|name| name.ends_with(".part")), "{:?}", names(&disk));
    }
    // The option means what it says.
    let skip = DownloadOptions::new().skip_sync();
    client(&server).download_file_with("b", "k", &target, &skip).unwrap();
    run("umount", &["--lazy", disk.to_str().unwrap()]);
}

// promise: D8
#[test]
fn immutable_file_and_append_only_folder_are_refused() {
    in_namespace("attributes");
}

fn attributes(folder: &Path) {
    let (target, closed) = (folder.join("target"), folder.join("closed"));
    fs::write(&target, "old").unwrap();
    fs::create_dir(&closed).unwrap();
    let set = |change: &str, path: &Path| {
        Command::new("chattr").args([change, path.to_str().unwrap()]).output().unwrap().status.success()
    };
    if !set("+i", &target) {
        skip("this file system has no attributes, so they are not tested");
        return;
    }
    assert_refused(&target, "Operation not permitted");
    assert!(set("-i", &target) && set("+a", &target));
    assert_refused(&target, "Operation not permitted");
    assert!(set("-a", &target) && set("+a", &closed));
    // Files can be created in this folder, but neither be renamed nor deleted.
    let server = FakeServer::start([]);
    fails(ErrorKind::LocalIo, client(&server).download_file("b", "k", closed.join("new")));
    assert_eq!(server.connections(), 0);
    assert!(set("-a", &closed));
    assert_eq!(fs::read(&target).unwrap(), b"old");
}

// promise: D8
#[test]
fn file_of_another_user_in_a_sticky_folder_is_refused() {
    as_nobody("sticky", |folder| {
        fs::write(folder.join("target"), "old").unwrap();
        fs::set_permissions(folder.join("target"), Permissions::from_mode(0o666)).unwrap();
        fs::set_permissions(folder.path(), Permissions::from_mode(0o1777)).unwrap();
    });
}

// promise: D8, D13
#[test]
fn closed_folder_is_refused_or_its_file_is_written_in_place() {
    as_nobody("closed", |folder| {
        fs::write(folder.join("target"), "old").unwrap();
        fs::set_permissions(folder.join("target"), Permissions::from_mode(0o666)).unwrap();
    });
}

// promise: D11
#[test]
fn owner_is_kept_if_permitted() {
    if !can_run(&AS_NOBODY) {
        return;
    }
    let folder = TempDir::new();
    let target = folder.file("target", "old");
    chown(&target, Some(NOBODY), Some(NOBODY)).unwrap();
    fs::set_permissions(&target, Permissions::from_mode(0o6755)).unwrap();
    let server = FakeServer::start([Response::content(HELLO)]);
    client(&server).download_file("b", "k", &target).unwrap();
    let after = fs::metadata(&target).unwrap();
    assert_eq!((after.uid(), after.gid(), after.mode() & 0o7777), (NOBODY, NOBODY, 0o755));

    // A user cannot give a file away. Then its new group gets no more permissions than everyone.
    as_nobody("owner", |folder| {
        fs::write(folder.join("target"), "old").unwrap();
        fs::set_permissions(folder.join("target"), Permissions::from_mode(0o664)).unwrap();
        chown(folder.path(), Some(NOBODY), None).unwrap();
    });
}

// promise: D15
#[test]
fn partial_file_of_another_user_is_not_resumed() {
    if !can_run(&AS_NOBODY) {
        return;
    }
    let (body, e_tag) = (content(50_000), "0123-2");
    let folder = TempDir::new();
    let partial = folder.file(&format!(".target.etag-{e_tag}.part"), [7; 20_000]);
    chown(&partial, Some(NOBODY), None).unwrap();
    let whole = body.clone();
    let mut first = true;
    let server = FakeServer::serve(move |request| {
        let response = Response::object_with(request, &whole, e_tag);
        if std::mem::take(&mut first) { response.cut(20_000, End::Fin) } else { response }
    });
    let client = client_without_retries(&server);
    let options = DownloadOptions::new().resume();
    // Its name is taken, so that an interrupted download cannot be continued either.
    client.download_file_with("b", "k", folder.join("target"), &options).unwrap_err();
    let download = client.download_file_with("b", "k", folder.join("target"), &options).unwrap();
    assert_eq!(download.resumed_from, 0);
    assert!(fs::read(folder.join("target")).unwrap() == body);
    let untouched = fs::metadata(&partial).unwrap();
    assert_eq!((untouched.uid(), untouched.len()), (NOBODY, 20_000));
}
