//! Transfers larger than memory: their memory use, and how an upload is split into parts. Also the memory use
//! of listings.
//!
//! By default they transfer 192 MiB. With `S3_TEST_LARGE=1` they transfer 4 GiB, and 60 GB in parts. This
//! takes minutes: run it as `cargo test --release --test it large_transfers -- --nocapture --test-threads=1`.

#![cfg(target_os = "linux")]

use std::fmt;
use std::fs;
use std::io::{self, Read};

use plain_s3::{Client, Config, Credentials, ErrorKind, UploadOptions, Verification};

use crate::fake_server::{BulkServer, FakeServer, Response};
use crate::support::{TempDir, command, fails, say, task, variable};

const MIB: u64 = 1 << 20;

fn is_large() -> bool {
    variable("S3_TEST_LARGE").as_deref() == Some("1")
}

fn client(endpoint: &str, checked: bool) -> Client {
    let config = Config::new(endpoint).credentials(Credentials::new("access", "secret"));
    Client::new(if checked { config } else { config.skip_checksums() }).unwrap()
}

/// Returns the peak memory use of this process in bytes.
fn peak() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    line.trim().strip_suffix(" kB").unwrap().parse::<u64>().unwrap() << 10
}

/// Makes the measured call in a process that does nothing else.
#[test]
fn child_process() {
    let Some(task) = task() else { return };
    let [operation, endpoint, length, file] = task.splitn(4, ' ').collect::<Vec<_>>()[..] else {
        panic!("{task}")
    };
    let length: u64 = length.parse().unwrap();
    let client = client(endpoint, true);
    let before = peak();
    match operation {
        "download" => {
            let download = client.download_file("b", "k", file).unwrap();
            assert_eq!((download.bytes, download.verification), (length, Verification::Md5));
        }
        "upload" => {
            let upload = client.upload_reader("b", "k", io::repeat(7).take(length)).unwrap();
            assert_eq!((upload.bytes, u64::from(upload.parts)), (length, length.div_ceil(16 * MIB)));
        }
        _ => {
            let mut keys = 0;
            for object in client.list_objects("b") {
                assert_eq!(object.unwrap().key, key(keys));
                keys += 1;
            }
            assert_eq!(keys, length);
        }
    }
    println!("\npeak: {} before: {}", peak(), before);
}

fn peak_of_transfer(operation: &str, length: u64) -> u64 {
    let server = BulkServer::start(if operation == "download" { length } else { 0 });
    let peak = peak_of(operation, &server.endpoint(), length);
    say(&format!("{operation} of {} MiB: {peak}", length / MIB));
    peak.bytes
}

/// The memory use of a child process: its peak, and its peak before the call.
struct Peak {
    bytes: u64,
    before: u64,
}

impl fmt::Display for Peak {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "peak {} KiB, of which {} KiB before the call", self.bytes >> 10, self.before >> 10)
    }
}

fn peak_of(operation: &str, endpoint: &str, length: u64) -> Peak {
    let folder = TempDir::new();
    let task = format!("{operation} {endpoint} {length} {}", folder.join("target").display());
    let output = command(&[], module_path!(), &task).output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{text}{}", String::from_utf8_lossy(&output.stderr));
    let number = |after: &str| {
        let (_, rest) = text.split_once(after).unwrap();
        rest.split_whitespace().next().unwrap().parse().unwrap()
    };
    Peak { bytes: number("peak: "), before: number("before: ") }
}

// promise: M1
#[test]
fn download_uses_less_than_16_mib() {
    let length = if is_large() { 4096 * MIB } else { 192 * MIB } + 1;
    assert!(peak_of_transfer("download", length) < 16 * MIB);
}

// promise: M2
#[test]
fn upload_from_reader_uses_a_part_and_less_than_16_mib() {
    let length = if is_large() { 4096 * MIB } else { 192 * MIB } + 1;
    assert!(peak_of_transfer("upload", length) < (16 + 16) * MIB);
}

/// Returns the key at this index of the listing, about 64 bytes long.
fn key(index: u64) -> String {
    format!("a/folder/of/some/depth/{index:08}-with-a-name-as-long-as-many-are")
}

// promise: M3
#[test]
fn listing_uses_the_same_memory_for_any_length() {
    let keys = if is_large() { 1_000_000 } else { 20_000 };
    let server = FakeServer::serve(move |request| {
        let first: u64 = request.query_value("continuation-token").map_or(0, |token| token.parse().unwrap());
        let mut page = String::from("<ListBucketResult>");
        for index in first..(first + 1000).min(keys) {
            page += &format!("<Contents><Key>{}</Key><Size>1</Size></Contents>", key(index));
        }
        if first + 1000 < keys {
            page += "<IsTruncated>true</IsTruncated>";
            page += &format!("<NextContinuationToken>{}</NextContinuationToken>", first + 1000);
        }
        Response::xml(&(page + "</ListBucketResult>"))
    });
    let peak = peak_of("list", &server.endpoint(), keys);
    say(&format!("{keys} keys: {peak}"));
    assert!(peak.bytes < 16 * MIB);
}

/// A reader of `left` bytes that counts the bytes read.
struct Zeros {
    left: u64,
    read: u64,
}

impl Read for Zeros {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let n = usize::try_from(self.left).unwrap_or(usize::MAX).min(buf.len());
        // The content does not matter, so the buffer is left as it is.
        self.left -= n as u64;
        self.read += n as u64;
        Ok(n)
    }
}

// promise: U2
#[test]
fn sixty_gigabytes_from_a_reader_are_3577_parts() {
    if !is_large() {
        return;
    }
    let server = BulkServer::start(0);
    let mut zeros = Zeros { left: 60_000_000_000, read: 0 };
    let upload = client(&server.endpoint(), false).upload_reader("b", "k", &mut zeros).unwrap();
    assert_eq!((upload.bytes, upload.parts, zeros.read), (60_000_000_000, 3577, 60_000_000_000));
    let uploaded = server.uploaded();
    let (last, others) = uploaded.parts.split_last().unwrap();
    assert!(uploaded.completed && others.iter().all(|len| *len == 16 * MIB));
    assert_eq!((others.len(), *last), (3576, 60_000_000_000 - 3576 * 16 * MIB));
    say("60 GB from a reader: 3577 parts");
}

// promise: U2
#[test]
fn reader_longer_than_ten_thousand_parts_fails_with_a_suggested_part_size() {
    if !is_large() {
        return;
    }
    let server = BulkServer::start(0);
    let mut zeros = Zeros { left: u64::MAX, read: 0 };
    let options = UploadOptions::new().part_size(5 * MIB);
    let result = client(&server.endpoint(), false).upload_reader_with("b", "k", &mut zeros, &options);
    let error = fails(ErrorKind::InvalidInput, result);
    assert!(error.to_string().contains("after 10000 parts of 5 MiB"), "{error}");
    assert!(error.to_string().contains("such as 50 MiB. The upload was aborted"), "{error}");
    // Nothing is read beyond the byte that shows that the reader continues.
    assert_eq!(zeros.read, 10_000 * 5 * MIB + 1);
    let uploaded = server.uploaded();
    assert!(uploaded.aborted && !uploaded.completed && uploaded.parts.len() == 10_000);
    say(&format!("10,000 parts: {error}"));
}
