//! Uploads and downloads of folders.

use std::fs;
use std::ops::ControlFlow;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;

use plain_s3::{Client, ErrorKind, FolderAction, FolderOptions, FolderProgress, GetObjectOptions};
use plain_s3::{DownloadOptions, UploadOptions};

use crate::clients::{client, rejected};
use crate::fake_server::{End, FakeServer, Request, Response, Store};
use crate::support::{TempDir, content, fails};

/// A server with these keys in the bucket `b`; the content of each is its key.
fn server_with(keys: &[&str]) -> (Store, FakeServer, Client) {
    let store = Store::default();
    for key in keys {
        put(&store, key);
    }
    let server = store.serve(|_| None);
    let client = client(&server);
    (store, server, client)
}

fn put(store: &Store, key: &str) {
    let encoded: String = key
        .bytes()
        .map(|byte| match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'/' => {
                char::from(byte).to_string()
            }
            _ => format!("%{byte:02X}"),
        })
        .collect();
    store.put(&format!("/b/{encoded}"), key);
}

/// Returns the paths of all files below a folder, sorted.
fn files(folder: &Path) -> Vec<String> {
    fn walk(folder: &Path, prefix: &str, found: &mut Vec<String>) {
        for entry in fs::read_dir(folder).unwrap() {
            let entry = entry.unwrap();
            let name = format!("{prefix}{}", entry.file_name().to_str().unwrap());
            match entry.file_type().unwrap().is_dir() {
                true => walk(&entry.path(), &format!("{name}/"), found),
                false => found.push(name),
            }
        }
    }
    let mut found = Vec::new();
    walk(folder, "", &mut found);
    found.sort();
    found
}

fn write(folder: &TempDir, name: &str, content: impl AsRef<[u8]>) {
    let path = folder.join(name);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, content).unwrap();
}

/// Returns the requests that transfer or delete something.
fn changes(server: &FakeServer) -> usize {
    let changes = |request: &&Request| !request.target().contains("list-type=2");
    server.requests().iter().filter(changes).count()
}

// promise: F1
#[test]
fn keys_that_would_leave_the_folder_are_reported_before_anything_is_written() {
    let (store, server, client) = server_with(&["docs/good.txt", "docs/sub/good.txt"]);
    let bad = [
        "docs/../../evil.txt",
        "docs/..",
        "docs/./a",
        "docs//etc/passwd",
        "docs/a//b",
        "docs/a/../b",
        "docs/nul\0",
        "docs/full/",
        &format!("docs/{}", "k".repeat(256)),
    ];
    bad.iter().for_each(|key| put(&store, key));
    store.put("/b/docs/", ""); // folders of graphical clients are ignored
    store.put("/b/docs/sub/", "");
    let folder = TempDir::new();
    let target = folder.join("x/target");
    let error = fails(ErrorKind::LocalIo, client.download_prefix("b", "docs/", &target));
    let mut reported: Vec<&str> = error.failures().iter().map(|failure| failure.key.as_str()).collect();
    let mut expected = bad.to_vec();
    reported.sort_unstable();
    expected.sort_unstable();
    assert_eq!(reported, expected, "{error}");
    assert!(error.to_string().contains("9 names cannot be downloaded, so nothing was changed."), "{error}");
    assert!(error.failures().iter().all(|failure| !failure.message.is_empty()));
    assert!(folder.names().is_empty());
    assert_eq!(changes(&server), 0);

    let skip = FolderOptions::new().skip_invalid();
    let summary = client.download_prefix_with("b", "docs/", &target, &skip).unwrap();
    assert_eq!((summary.transferred, summary.skipped.len()), (2, 9));
    assert_eq!(files(folder.path()), ["x/target/good.txt", "x/target/sub/good.txt"]);
}

// promise: F1
#[test]
fn keys_that_are_also_folders_and_case_clashes_are_reported() {
    let (_store, _server, client) =
        server_with(&["p/a", "p/a/b", "p/Read", "p/read", "p/X/1", "p/x/2", "p/ok"]);
    let folder = TempDir::new();
    let strict = FolderOptions::new().portable_names();
    let error = fails(ErrorKind::LocalIo, client.download_prefix_with("b", "p", folder.path(), &strict));
    let reported: Vec<_> = error.failures().iter().map(|f| (f.key.as_str(), f.message.as_str())).collect();
    assert_eq!(
        reported,
        [
            ("p/a", "\"a/b\" needs a folder of this name"),
            ("p/read", "it differs from \"Read\" only in case"),
            ("p/x/2", "it differs from \"X\" only in case"),
        ]
    );
    assert!(folder.names().is_empty());
    // without `portable_names`, the file system of the folder decides
    fs::write(folder.join("probe"), "").unwrap();
    let distinguishes = fs::metadata(folder.join("PROBE")).is_err();
    fs::remove_file(folder.join("probe")).unwrap();
    let error = fails(ErrorKind::LocalIo, client.download_prefix("b", "p", folder.path()));
    assert_eq!(error.failures().len(), if distinguishes { 1 } else { 3 });
    assert!(folder.names().is_empty());
}

// promise: F1
#[cfg(unix)]
#[test]
fn nothing_is_written_or_deleted_through_symbolic_links() {
    use std::os::unix::fs::symlink;

    let (_store, _server, client) = server_with(&["dir/new", "file", "ok"]);
    let (folder, outside) = (TempDir::new(), TempDir::new());
    write(&outside, "precious", "1");
    symlink(outside.path(), folder.join("dir")).unwrap();
    symlink(outside.join("precious"), folder.join("file")).unwrap();
    symlink(outside.path(), folder.join("extra")).unwrap();
    let mirror = FolderOptions::new().delete();
    let error = fails(ErrorKind::LocalIo, client.download_prefix_with("b", "", folder.path(), &mirror));
    let reported: Vec<&str> = error.failures().iter().map(|failure| failure.key.as_str()).collect();
    assert_eq!(reported, ["dir/new", "file"], "{error}");
    assert_eq!(folder.names(), ["dir", "extra", "file"]);

    let skip = mirror.skip_invalid();
    let summary = client.download_prefix_with("b", "", folder.path(), &skip).unwrap();
    assert_eq!((summary.transferred, summary.deleted), (1, 0));
    assert_eq!(files(outside.path()), ["precious"]);
    assert_eq!(fs::read_to_string(outside.join("precious")).unwrap(), "1");

    // a link that appears after the plan was made
    let folder = TempDir::new();
    let step = client.plan_download_prefix("b", "", folder.path(), &FolderOptions::new().include("dir/*"));
    let step = step.unwrap().next().unwrap();
    symlink(outside.path(), folder.join("dir")).unwrap();
    let error = fails(ErrorKind::LocalIo, step.run()).to_string();
    assert!(error.contains("is a symbolic link"), "{error}");
    assert_eq!(outside.names(), ["precious"]);
}

#[test]
fn obstacles_in_the_target_are_reported() {
    let (_store, server, client) = server_with(&["file/key", "folder", "excluded/key"]);
    let folder = TempDir::new();
    write(&folder, "file", "1");
    write(&folder, "folder/1", "1");
    write(&folder, "excluded", "1");
    let options = FolderOptions::new().exclude("/excluded").delete();
    let error = fails(ErrorKind::LocalIo, client.download_prefix_with("b", "", folder.path(), &options));
    let reported: Vec<_> = error.failures().iter().map(|f| (f.key.as_str(), f.message.as_str())).collect();
    assert_eq!(
        reported,
        [
            ("excluded/key", "\"excluded\" is a file that the patterns exclude in the target folder"),
            ("file/key", "\"file\" is a file in the target folder"),
            ("folder", "it is a folder in the target folder"),
        ]
    );
    assert_eq!(files(folder.path()), ["excluded", "file", "folder/1"]);
    assert_eq!(changes(&server), 0);
}

// promise: F2
#[test]
fn second_run_transfers_only_what_differs_in_content() {
    let (store, server, client) = server_with(&[]);
    let source = TempDir::new();
    for name in ["a", "b/c", "b/d e+é", "empty"] {
        write(&source, name, if name == "empty" { "" } else { name });
    }
    let summary = client.upload_folder("b", "p", source.path()).unwrap();
    assert_eq!((summary.transferred, summary.bytes, summary.unchanged), (4, 12, 0));
    assert_eq!(store.paths(), ["/b/p/a", "/b/p/b/c", "/b/p/b/d e+é", "/b/p/empty"]);

    // the same size, and a time that is older than the object
    write(&source, "a", "A");
    let file = fs::File::options().write(true).open(source.join("a")).unwrap();
    file.set_modified(std::time::SystemTime::UNIX_EPOCH).unwrap();
    // a newer time, but the same content
    write(&source, "b/c", "b/c");
    let before = changes(&server);
    let summary = client.upload_folder("b", "p/", source.path()).unwrap();
    assert_eq!((summary.transferred, summary.unchanged), (1, 3));
    assert_eq!(changes(&server) - before, 1);
    assert_eq!(store.get("/b/p/a").unwrap(), b"A");

    let target = TempDir::new();
    assert_eq!(client.download_prefix("b", "p", target.path()).unwrap().transferred, 4);
    write(&target, "b/c", "xyz");
    let summary = client.download_prefix("b", "p", target.path()).unwrap();
    assert_eq!((summary.transferred, summary.unchanged), (1, 3));
    assert_eq!(fs::read_to_string(target.join("b/c")).unwrap(), "b/c");
    let size_only = FolderOptions::new().size_only();
    write(&target, "b/c", "xyz");
    assert_eq!(client.download_prefix_with("b", "p", target.path(), &size_only).unwrap().transferred, 0);
}

// promise: F2
#[test]
fn object_in_parts_is_compared_by_its_parts() {
    let (_store, _server, client) = server_with(&[]);
    let source = TempDir::new();
    write(&source, "large", content(13 << 20));
    let parts = FolderOptions::new().upload_options(UploadOptions::new().part_size(6 << 20));
    assert_eq!(client.upload_folder_with("b", "", source.path(), &parts).unwrap().transferred, 1);
    assert_eq!(client.upload_folder_with("b", "", source.path(), &parts).unwrap().unchanged, 1);
    // 6 MiB is not a usual part size, so nothing proves that the content is equal
    assert_eq!(client.upload_folder("b", "", source.path()).unwrap().transferred, 1);
    assert_eq!(client.upload_folder("b", "", source.path()).unwrap().unchanged, 1);
}

#[test]
fn delete_mirrors_and_spares_what_is_excluded_or_outside() {
    let (store, _server, client) =
        server_with(&["p/keep", "p/old", "p/x/old", "p/skip.tmp", "p/cache/1", "p-other/1"]);
    store.put("/b/p/empty-folder/", "");
    let source = TempDir::new();
    write(&source, "keep", "new");
    write(&source, "new", "");
    let mirror = FolderOptions::new().delete().exclude("*.tmp").exclude("cache/");

    let dry = client.upload_folder_with("b", "p", source.path(), &mirror.clone().dry_run()).unwrap();
    assert_eq!(store.paths().len(), 7);
    let summary = client.upload_folder_with("b", "p", source.path(), &mirror).unwrap();
    assert_eq!(summary, dry);
    assert_eq!(summary.to_string(), "2 files transferred (3 bytes), 0 unchanged, 2 deleted");
    let left =
        ["/b/p-other/1", "/b/p/cache/1", "/b/p/empty-folder/", "/b/p/keep", "/b/p/new", "/b/p/skip.tmp"];
    assert_eq!(store.paths(), left);

    let target = TempDir::new();
    for name in ["keep", "old", "sub/old", "a.tmp", "cache/2", ".big.etag-%22x%22.part"] {
        write(&target, name, "1");
    }
    let dry = client.download_prefix_with("b", "p", target.path(), &mirror.clone().dry_run()).unwrap();
    assert_eq!(files(target.path()).len(), 6);
    let summary = client.download_prefix_with("b", "p", target.path(), &mirror).unwrap();
    assert_eq!(summary, dry);
    assert_eq!((summary.transferred, summary.deleted), (2, 2));
    assert_eq!(files(target.path()), [".big.etag-%22x%22.part", "a.tmp", "cache/2", "keep", "new"]);
}

// promise: F3
#[test]
fn empty_source_does_not_delete_the_target() {
    let (store, _server, client) = server_with(&["p/a"]);
    let empty = TempDir::new();
    let mirror = FolderOptions::new().delete();
    rejected(client.upload_folder_with("b", "p", empty.path(), &mirror), "has no files");
    let missing = client.upload_folder_with("b", "p", empty.join("missing"), &mirror);
    fails(ErrorKind::LocalIo, missing);
    assert_eq!(store.paths(), ["/b/p/a"]);
    write(&empty, "b", "");
    rejected(client.download_prefix_with("b", "wrong", empty.path(), &mirror), "has no files");
    assert_eq!(files(empty.path()), ["b"]);
}

// promise: F3
#[test]
fn nothing_is_deleted_after_a_failed_transfer_and_all_others_continue() {
    let store = Store::default();
    put(&store, "old");
    let server = store.serve(|request| {
        (request.method() == "PUT" && request.path().ends_with("/b"))
            .then(|| Response::error(403, "AccessDenied"))
    });
    let client = client(&server);
    let source = TempDir::new();
    ["a", "b", "c"].iter().for_each(|name| write(&source, name, name));
    let mirror = FolderOptions::new().delete();
    let result = client.upload_folder_with("b", "", source.path(), &mirror);
    let error = fails(ErrorKind::PartialFailure, result);
    let failures: Vec<_> = error.failures().iter().map(|f| (f.key.as_str(), f.code.as_str())).collect();
    assert_eq!(failures, [("b", "AccessDenied")]);
    assert!(error.to_string().contains("1 deletions were not tried"), "{error}");
    assert_eq!(store.paths(), ["/b/a", "/b/c", "/b/old"]);
}

#[test]
fn error_that_concerns_all_steps_ends_the_call() {
    let (store, source) = (Store::default(), TempDir::new());
    ["a", "b", "c"].iter().for_each(|name| write(&source, name, name));
    let server =
        store.serve(|request| (request.method() == "PUT").then(|| Response::error(404, "NoSuchBucket")));
    let error = client(&server).upload_folder("b", "", source.path()).unwrap_err();
    assert!(error.is_no_such_bucket(), "{error}");
    assert_eq!(changes(&server), 1);
}

// promise: F4
#[test]
fn interrupted_download_is_continued_by_the_next_call() {
    let store = Store::default();
    let large = content(20 << 20);
    store.put("/b/large", &large);
    store.put("/b/small", "small");
    let broken = Arc::new(AtomicU64::new(1));
    let (state, object) = (Arc::clone(&broken), large.clone());
    let server = store.serve(move |request| {
        (request.path() == "/b/large" && state.load(Ordering::Relaxed) == 1)
            .then(|| Response::object(request, &object).cut(9 << 20, End::Rst))
    });
    let client = crate::clients::client_without_retries(&server);
    let folder = TempDir::new();
    let error = fails(ErrorKind::PartialFailure, client.download_prefix("b", "", folder.path()));
    assert_eq!(error.failures()[0].key, "large");
    assert!(!folder.join("large").exists() && folder.join("small").exists());

    broken.store(0, Ordering::Relaxed);
    let summary = client.download_prefix("b", "", folder.path()).unwrap();
    assert_eq!((summary.transferred, summary.unchanged), (1, 1));
    assert_eq!(fs::read(folder.join("large")).unwrap(), large);
    assert_eq!(folder.names(), ["large", "small"]);
    let ranges: Vec<_> =
        server.requests().iter().filter_map(|r| r.header("range").map(str::to_owned)).collect();
    assert!(!ranges.is_empty() && !ranges.contains(&"bytes=0-".to_owned()), "{ranges:?}");
}

#[test]
fn steps_run_on_the_threads_of_the_caller() {
    let keys: Vec<String> = (0..50).map(|i| format!("p/{}/{i}", i % 5)).collect();
    let (_store, server, client) = server_with(&keys.iter().map(String::as_str).collect::<Vec<_>>());
    let folder = TempDir::new();
    let last = Mutex::new(FolderProgress::new());
    let options = FolderOptions::new().progress(|now: &FolderProgress| *last.lock().unwrap() = *now);
    let plan = client.plan_download_prefix("b", "p", folder.path(), &options).unwrap();
    let total = keys.iter().map(|key| key.len() as u64).sum::<u64>();
    assert_eq!((plan.len(), plan.bytes()), (50, total));
    let steps = Mutex::new(plan);
    let next = || steps.lock().unwrap().next();
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                while let Some(step) = next() {
                    assert_eq!(step.action(), FolderAction::Download);
                    step.run().unwrap();
                }
            });
        }
    });
    assert_eq!(files(folder.path()).len(), 50);
    assert_eq!(changes(&server), 50);
    let last = *last.lock().unwrap();
    assert_eq!((last.steps, last.total_steps, last.bytes), (50, 50, total));
}

#[test]
fn progress_callback_cancels_the_call() {
    let (store, _server, client) = server_with(&[]);
    let source = TempDir::new();
    ["a", "b", "c"].iter().for_each(|name| write(&source, name, name));
    let stop = FolderOptions::new().progress(|now: &FolderProgress| {
        if now.steps < 2 { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
    });
    let error = fails(ErrorKind::Cancelled, client.upload_folder_with("b", "", source.path(), &stop));
    assert!(error.to_string().contains("Another run transfers only what is missing."), "{error}");
    assert_eq!(store.paths(), ["/b/a", "/b/b"]);
    assert_eq!(client.upload_folder("b", "", source.path()).unwrap().transferred, 1);
}

#[test]
fn thousands_of_objects_are_listed_and_deleted_in_pages() {
    let store = Store::default();
    (0..2500).for_each(|i| store.put(&format!("/b/p/{i}"), "x"));
    let server = store.serve(|_| None);
    let source = TempDir::new();
    write(&source, "0", "x");
    let mirror = FolderOptions::new().delete();
    let summary = client(&server).upload_folder_with("b", "p", source.path(), &mirror).unwrap();
    assert_eq!((summary.unchanged, summary.deleted), (1, 2499));
    assert_eq!(changes(&server), 3);
    assert_eq!(store.paths(), ["/b/p/0"]);
}

#[test]
fn invalid_options_are_rejected_before_anything_is_sent() {
    let (_store, server, client) = server_with(&[]);
    let folder = TempDir::new();
    let empty = FolderOptions::new().exclude("");
    rejected(client.upload_folder_with("b", "", folder.path(), &empty), "matches no file");
    rejected(client.upload_folder("a/b", "", folder.path()), "bucket name");
    rejected(client.download_prefix("b", "", ""), "path of the folder is empty");
    let range = DownloadOptions::new().object(GetObjectOptions::new().range(1..));
    let range = FolderOptions::new().download_options(range);
    rejected(client.download_prefix_with("b", "", folder.path(), &range), "whole objects");
    assert_eq!(server.requests().len(), 0);
}
