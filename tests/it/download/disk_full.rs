//! A disk that is full before a download is: a file system of one MiB, in a name space of its own.

#![cfg(target_os = "linux")]

use std::fs;
use std::io;
use std::path::Path;

use plain_s3::{DownloadOptions, Error, ErrorKind};

use crate::clients::client;
use crate::fake_server::{Answer, FakeServer};
use crate::support::{TempDir, command, content, fails, skip, task};

const MOUNT: &str = "mount -t tmpfs -o size=1m none \"$0\" && exec \"$@\"";

#[test]
fn a_full_disk_is_an_error_that_leaves_the_old_file_and_frees_the_space() {
    let folder = TempDir::new();
    let place = folder.path().to_str().unwrap();
    let small_disk = ["unshare", "--user", "--map-root-user", "--mount", "sh", "-c", MOUNT, place];
    let there = std::process::Command::new(small_disk[0]).args(&small_disk[1..]).arg("true").output();
    if !there.is_ok_and(|output| output.status.success()) {
        skip("a full disk is not tested: unshare and mount are not there, or not allowed");
        return;
    }
    let output = command(&small_disk, module_path!(), place).output().unwrap();
    assert!(output.status.success(), "{}{}", text(&output.stdout), text(&output.stderr));
    assert!(text(&output.stdout).contains("full disk: tested"));
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[test]
fn in_a_process_of_its_own() {
    let Some(place) = task() else { return };
    let (place, body) = (Path::new(&place), content(3 << 20));
    let target = place.join("target");
    fs::write(&target, "old").unwrap();
    let server = FakeServer::serve(move |request| Answer::object(request, &body));
    let client = client(&server);

    disk_is_full(&fails(ErrorKind::LocalIo, client.download_file("b", "k", &target)));
    assert_eq!(server.requests().len(), 1); // to ask again would not help
    assert_eq!((names(place), fs::read(&target).unwrap()), (vec!["target".into()], b"old".to_vec()));
    fs::write(place.join("another"), vec![0; 900 << 10]).unwrap();
    fs::remove_file(place.join("another")).unwrap();

    // what is to be resumed is kept, as asked for
    let resume = DownloadOptions::new().resume();
    disk_is_full(&fails(ErrorKind::LocalIo, client.download_file_with("b", "k", &target, &resume)));
    assert_eq!(names(place).len(), 2);
    assert_eq!(fs::read(&target).unwrap(), b"old");
    println!("full disk: tested");
}

fn disk_is_full(error: &Error) {
    assert!(error.to_string().contains("cannot write "), "{error}");
    assert!(error.to_string().contains("No space left on device"), "{error}");
    let source = std::error::Error::source(error).unwrap().downcast_ref::<io::Error>().unwrap();
    assert_eq!(source.kind(), io::ErrorKind::StorageFull);
}

fn names(folder: &Path) -> Vec<String> {
    fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
}
