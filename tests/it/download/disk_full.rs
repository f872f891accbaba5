//! A disk that fills up during a download: a file system of 1 MiB in a separate mount namespace.

#![cfg(target_os = "linux")]

use std::fs;
use std::io;
use std::path::Path;

use plain_s3::{DownloadOptions, Error, ErrorKind};

use crate::clients::client;
use crate::fake_server::{FakeServer, Response};
use crate::support::{TempDir, command, content, fails, skip, task};

const MOUNT: &str = "mount -t tmpfs -o size=1m none \"$0\" && exec \"$@\"";

// promise: D7
#[test]
fn full_disk_fails_keeps_the_old_file_and_frees_the_space() {
    let folder = TempDir::new();
    let mount_point = folder.path().to_str().unwrap();
    let small_disk = ["unshare", "--user", "--map-root-user", "--mount", "sh", "-c", MOUNT, mount_point];
    let probe = std::process::Command::new(small_disk[0]).args(&small_disk[1..]).arg("true").output();
    if !probe.is_ok_and(|output| output.status.success()) {
        skip("a full disk is not tested: unshare or mount is missing or not permitted");
        return;
    }
    let output = command(&small_disk, module_path!(), mount_point).output().unwrap();
    assert!(output.status.success(), "{}{}", text(&output.stdout), text(&output.stderr));
    assert!(text(&output.stdout).contains("full disk: tested"));
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[test]
fn child_process() {
    let Some(mount_point) = task() else { return };
    let (mount_point, body) = (Path::new(&mount_point), content(3 << 20));
    let target = mount_point.join("target");
    fs::write(&target, "old").unwrap();
    let server = FakeServer::serve(move |request| Response::object(request, &body));
    let client = client(&server);

    assert_disk_full(&fails(ErrorKind::LocalIo, client.download_file("b", "k", &target)));
    assert_eq!(server.requests().len(), 1); // A retry would not help.
    assert_eq!((names(mount_point), fs::read(&target).unwrap()), (vec!["target".into()], b"old".to_vec()));
    fs::write(mount_point.join("another"), vec![0; 900 << 10]).unwrap();
    fs::remove_file(mount_point.join("another")).unwrap();

    // The partial file is kept for the next run.
    let resume = DownloadOptions::new().resume();
    assert_disk_full(&fails(ErrorKind::LocalIo, client.download_file_with("b", "k", &target, &resume)));
    assert_eq!(names(mount_point).len(), 2);
    assert_eq!(fs::read(&target).unwrap(), b"old");
    println!("full disk: tested");
}

fn assert_disk_full(error: &Error) {
    assert!(error.to_string().contains("cannot write "), "{error}");
    assert!(error.to_string().contains("No space left on device"), "{error}");
    let source = error.get_ref().unwrap().downcast_ref::<io::Error>().unwrap();
    assert_eq!(source.kind(), io::ErrorKind::StorageFull);
}

fn names(folder: &Path) -> Vec<String> {
    fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
}
