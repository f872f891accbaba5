//! Local files that cannot be read or written.

use std::fs;
use std::io;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::Path;
use std::process::Command;

use plain_s3::{Body, Client, DownloadOptions, UploadOptions};

use super::{Entry, Section, at_host, client_of, entry, text};
use crate::fake_server::{FakeServer, Response, Store};
use crate::support::{TempDir, command, content, skip, task};

const MARK: &str = "ERROR ";
const SIZE: usize = 3 << 20;
const MOUNT: &str = "mount -t tmpfs -o size=1m none \"$0\" && exec \"$@\"";

/// A reader that fails.
struct Broken;

impl io::Read for Broken {
    fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
        Err(io::Error::other("the tape is torn"))
    }
}

pub(super) fn section() -> Section {
    let folder = TempDir::new();
    let server = FakeServer::serve(|request| Response::object(request, b"content"));
    let client = client_of(&server);
    let home = folder.path().to_str().unwrap();
    let shown = |text: String| at_host(&server, &text).replace(home, "/home/you");
    let download = |path: &Path| shown(text(client.download_file("b", "k", path)));
    let upload = |path: &Path| shown(text(client.upload_file("b", "k", path)));
    let target = folder.file("backup.tar", "old");
    for (from, to) in [("nowhere/file", "dangling"), ("loop", "loop")] {
        symlink(folder.join(from), folder.join(to)).unwrap();
    }
    let resume = DownloadOptions::new().resume();
    let range = plain_s3::GetObjectOptions::new().range(1..2);
    let reader = |length| Body::from_reader(&b"content"[..], length);
    let entries = vec![
        entry("cannot read", upload(&folder.join("missing")), ""),
        entry("is not a regular file", upload(folder.path()), "`Client::upload_folder` uploads a directory."),
        entry("changed while it was uploaded", changing(&folder), ""),
        entry("cannot read the content", shown(text(client.upload_reader("b", "k", Broken))), ""),
        entry("the body ended", shown(text(client.put_object("b", "k", reader(8)))), ""),
        entry("the body is longer", shown(text(client.put_object("b", "k", reader(3)))), ""),
        entry(
            "cannot write",
            download(&folder.join("missing/backup.tar")),
            "`std::fs::create_dir_all` creates it.",
        ),
        entry("it is a directory", download(folder.path()), ""),
        entry("the path does not name a file", download(Path::new("")), ""),
        entry("a link to a folder that does not exist", download(&folder.join("dangling")), ""),
        entry("the symbolic links form a loop", download(&folder.join("loop")), ""),
        entry("it is a character device", download(Path::new("/dev/null")), ""),
        entry("the name is that of a partial file", download(&folder.join(".x.etag-1.part")), ""),
        Entry {
            title: "No space left on device",
            text: on_a_full_disk(),
            notes: "The target stays as it was.",
        },
        Entry { title: "Permission denied", text: without_permission(), notes: "" },
        entry("another download is writing to it", locked(&target, &resume, home), ""),
        entry(
            "only a whole object can be resumed",
            shown(text(client.download_file_with("b", "k", &target, &resume.clone().object(range)))),
            "",
        ),
        entry(
            "cannot write the content",
            shown(text(client.download_to("b", "k", &mut [0; 3][..]))),
            "`Error::get_ref` returns the error of the writer.",
        ),
    ];
    Section { title: "Local files", introduction: "", entries }
}

/// Returns the error of an upload whose file grows meanwhile.
fn changing(folder: &TempDir) -> String {
    let file = folder.join("backup.log");
    let server = Store::default().serve(|_| None);
    let grows = file.clone();
    let options = UploadOptions::new().part_size(5 << 20).progress(move |_, _| {
        fs::OpenOptions::new()
            .append(true)
            .open(&grows)
            .and_then(|mut file| io::Write::write_all(&mut file, b"x"))
            .unwrap();
    });
    fs::write(&file, content(6 << 20)).unwrap();
    let error = text(client_of(&server).upload_file_with("b", "k", &file, &options));
    at_host(&server, &error).replace(folder.path().to_str().unwrap(), "/home/you")
}

/// Returns the error of a download if another one to the same target is in progress.
fn locked(target: &Path, resume: &DownloadOptions<'_>, home: &str) -> String {
    let body = content(SIZE);
    let server = FakeServer::serve(move |request| Response::object(request, &body));
    let client = client_of(&server);
    let second = std::sync::Mutex::new(String::new());
    let options = resume.clone().progress(|_, _| {
        let mut second = second.lock().unwrap();
        if second.is_empty() {
            *second = text(client.download_file_with("b", "k", target, resume));
        }
    });
    client.download_file_with("b", "k", target, &options).unwrap();
    let text = second.lock().unwrap();
    // The name of the partial file contains the ETag, which depends on the content.
    let (before, rest) = text.split_once(".etag-").unwrap();
    let (_, after) = rest.split_once(".part").unwrap();
    at_host(&server, &format!("{before}.etag-1.part{after}")).replace(home, "/home/you")
}

fn on_a_full_disk() -> Option<String> {
    let folder = TempDir::new();
    let mount_point = folder.path().to_str().unwrap();
    in_namespace(
        &["unshare", "--user", "--map-root-user", "--mount", "sh", "-c", MOUNT, mount_point],
        mount_point,
    )
}

/// Returns the error of a download into a folder that is not writable. Without a mapping, even the administrator has
/// no more rights than the owner of a file.
fn without_permission() -> Option<String> {
    let folder = TempDir::new();
    fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o500)).unwrap();
    in_namespace(&["unshare", "--user"], folder.path().to_str().unwrap())
}

/// Returns the error of a download into a folder by a child process, or `None` if `before` is not possible here.
fn in_namespace(before: &[&str], folder: &str) -> Option<String> {
    let probe = Command::new(before[0]).args(&before[1..]).arg("true").output();
    if !probe.is_ok_and(|output| output.status.success()) {
        skip("some errors of files are not tested: unshare or mount is missing or not permitted");
        return None;
    }
    let output = command(before, module_path!(), folder).output().unwrap();
    let stdout = String::from_utf8(output.stdout).unwrap();
    let error = stdout.lines().find_map(|line| line.strip_prefix(MARK));
    let error = error.unwrap_or_else(|| panic!("{stdout}{}", String::from_utf8_lossy(&output.stderr)));
    Some(error.replace(folder, "/home/you"))
}

#[test]
fn child_process() {
    let Some(folder) = task() else { return };
    let body = content(SIZE);
    let server = FakeServer::serve(move |request| Response::object(request, &body));
    let client: Client = client_of(&server);
    let error = text(client.download_file("b", "k", Path::new(&folder).join("backup.tar")));
    println!("\n{MARK}{}", at_host(&server, &error));
}
