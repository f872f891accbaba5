//! Processes that are killed during a transfer: what is left on the disk and on the server, and how another
//! process resumes the transfer.
//!
//!     tests/servers/ceph-rgw cargo test --test live kill::
//!
//! The moments are derived from a seed, which is printed. `S3_TEST_KILLS` sets the number of downloads and of
//! uploads (20 by default).

#![cfg(unix)]

use std::fs;
use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Child, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use plain_s3::{Client, DownloadOptions, Result, UploadOptions};

use crate::support::{Random, TempDir, command, content, task, variable};
use crate::transfer_server::Live;

const SIZE: usize = (24 << 20) + 5;
const PART: u64 = 5 << 20;
const KEY: &str = "key";

/// Runs in the killed processes. The task consists of `download`, `resume` or `upload`, the bucket, and the file.
#[test]
fn child_process() {
    let Some(task) = task() else { return };
    let [command, bucket, file] = task.splitn(3, ' ').collect::<Vec<_>>()[..] else { panic!("{task}") };
    let client = Live::client_from_env();
    client.head_bucket(bucket).unwrap(); // opens a connection, so that the transfer starts at once
    begin();
    match command {
        "upload" => drop(client.upload_file_with(bucket, KEY, file, &upload_options()).unwrap()),
        _ => drop(client.download_file_with(bucket, KEY, file, &download_options(command)).unwrap()),
    }
}

fn download_options<'a>(command: &str) -> DownloadOptions<'a> {
    let options = DownloadOptions::new();
    if command == "resume" { options.resume() } else { options }
}

fn upload_options<'a>() -> UploadOptions<'a> {
    UploadOptions::new().part_size(PART)
}

/// Starts the task in its own process and waits until it calls [`begin`].
fn start(task: &str) -> Child {
    let mut command = command(&[], module_path!(), task);
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let lines = BufReader::new(child.stdout.as_mut().unwrap()).lines();
    let begun = lines.map_while(Result::ok).any(|line| line.ends_with("begins"));
    assert!(begun, "the process has not begun: {:?}", child.wait());
    child.stdin.take().unwrap().write_all(b"\n").unwrap();
    child
}

/// Reports to the test that everything is ready, and waits for its signal.
fn begin() {
    println!("\nbegins");
    std::io::stdin().read_line(&mut String::new()).unwrap();
}

/// Starts a task and kills it at a random moment.
struct Killer {
    random: Random,
    /// How long the task takes if it is not killed.
    duration: Duration,
}

impl Killer {
    /// Runs the task to its end once, to measure how long it takes.
    fn new(task: &str) -> Self {
        let mut child = start(task);
        let started = Instant::now();
        assert!(child.wait().unwrap().success());
        Self { random: Random::printed(), duration: started.elapsed() }
    }

    /// Returns `true` if the task was killed before its end.
    fn run(&mut self, task: &str) -> bool {
        let mut child = start(task);
        thread::sleep(self.duration * self.random.below(100) as u32 / 100);
        child.kill().unwrap();
        !child.wait().unwrap().success()
    }
}

fn kills() -> u32 {
    variable("S3_TEST_KILLS").map_or(20, |number| number.parse().unwrap())
}

// promise: D7
#[test]
fn killed_download_leaves_the_old_or_complete_file_and_can_be_resumed() {
    let Some(live) = Live::from_env("killed downloads") else { return };
    let client = live.client();
    let body = content(SIZE);
    client.put_object(&live.bucket, KEY, &body).unwrap();
    let folder = TempDir::new();
    let target = folder.join("target");
    let task = |command| format!("{command} {} {}", live.bucket, target.display());
    let mut killer = Killer::new(&task("download"));
    let (mut killed, mut old, mut left, mut resumed) = (0, 0, 0, 0);
    for i in 0..kills() {
        fs::write(&target, "old").unwrap();
        let command = if i % 2 == 0 { "resume" } else { "download" };
        killed += u32::from(killer.run(&task(command)));
        let now = fs::read(&target).unwrap();
        assert!(now == b"old" || now == body);
        old += u32::from(now == b"old");
        let others = folder.names().into_iter().filter(|name| name != "target").collect::<Vec<_>>();
        assert!(others.len() <= 1, "{others:?}");
        left += others.len();
        let resume = download_options("resume");
        let download = client.download_file_with(&live.bucket, KEY, &target, &resume).unwrap();
        resumed += u32::from(download.resumed_from > 0);
        assert!(fs::read(&target).unwrap() == body);
        for name in folder.names().iter().filter(|name| *name != "target") {
            // Two kinds of partial files are kept. The first is that of a download without `resume`, as its process
            // may still be running. The second is the empty file of a download with `resume` that was killed before
            // it received the ETag.
            let path = folder.join(name);
            let is_empty = fs::metadata(&path).unwrap().len() == 0;
            assert!(!name.contains(".etag-") && (command == "download" || is_empty), "{name} of a {command}");
            fs::remove_file(path).unwrap();
        }
    }
    live.report(&format!(
        "{} downloads, {killed} killed before their end: {old} old files, the others complete; {left} partial \
         files, {resumed} resumed",
        kills()
    ));
    assert!(killed > 0 && resumed > 0);
}

/// Returns the content of the object. The server may still complete the upload of a killed process, so the object may
/// be replaced while it is read.
fn read(client: &Client, bucket: &str) -> Vec<u8> {
    let read = || client.get_object(bucket, KEY).and_then(plain_s3::ObjectReader::bytes);
    read().or_else(|_| read()).unwrap()
}

// promise: U9
#[test]
fn killed_upload_leaves_the_old_or_complete_object_and_can_be_resumed() {
    let Some(live) = Live::from_env("killed uploads") else { return };
    let client = live.client();
    let bucket = live.bucket.as_str();
    let body = content(SIZE);
    let folder = TempDir::new();
    let file = folder.file("source", &body);
    let task = format!("upload {bucket} {}", file.display());
    let mut killer = Killer::new(&task);
    let (mut killed, mut old, mut pending, mut reused, mut completed) = (0, 0, 0, 0, 0);
    for _ in 0..kills() {
        client.put_object(bucket, KEY, "old").unwrap();
        killed += u32::from(killer.run(&task));
        let now = read(&client, bucket);
        assert!(now == b"old" || now == body);
        old += u32::from(now == b"old");
        let uploads: Vec<_> = client.list_multipart_uploads(bucket).collect::<Result<_>>().unwrap();
        assert!(uploads.len() <= 1, "{uploads:?}");
        if let [upload] = &uploads[..] {
            pending += 1;
            let resume = upload_options().resume(&upload.upload_id);
            match client.upload_file_with(bucket, KEY, &file, &resume) {
                Ok(upload) => reused += upload.parts_reused,
                // If the process was killed while it completed the upload, the server may complete it only now.
                Err(error) if error.is_not_found() => completed += 1,
                Err(error) => panic!("{error}"),
            }
            assert!(client.get_object(bucket, KEY).unwrap().bytes().unwrap() == body);
        }
        assert_eq!(client.list_multipart_uploads(bucket).count(), 0);
    }
    live.report(&format!(
        "{} uploads, {killed} killed before their end: {old} old objects, the others complete; {pending} pending \
         uploads, {completed} of them completed by the server in the meantime, the others resumed; {reused} parts \
         reused",
        kills()
    ));
    assert!(killed > 0 && reused > 0);
}
