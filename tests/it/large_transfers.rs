//! Transfers larger than memory: how much of it they take, and how an upload is cut into parts. Listings, too.
//!
//! By default with some hundred MiB. With `S3_TEST_LARGE=1` with 4 GiB, and 60 GB into parts: minutes, and
//! to be run as `cargo test --release --test it large_transfers -- --nocapture --test-threads=1`.

#![cfg(target_os = "linux")]

use std::fmt;
use std::fs;
use std::io::{self, Read};

use plain_s3::{Client, Config, Credentials, ErrorKind, UploadOptions, Verification};

use crate::fake_server::{Answer, FakeServer, Sink};
use crate::support::{TempDir, command, fails, say, task, variable};

const MIB: u64 = 1 << 20;

fn is_large() -> bool {
    variable("S3_TEST_LARGE").as_deref() == Some("1")
}

fn client(endpoint: &str, check_md5: bool) -> Client {
    let config = Config::new(endpoint).credentials(Credentials::new("access", "secret"));
    Client::new(if check_md5 { config } else { config.skip_md5_check() }).unwrap()
}

/// The most memory that this process has had, in bytes.
fn peak() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    line.trim().strip_suffix(" kB").unwrap().parse::<u64>().unwrap() << 10
}

/// What is measured: the call and nothing else, in a process for it alone.
#[test]
fn in_a_process_of_its_own() {
    let Some(task) = task() else { return };
    let [what, endpoint, length, file] = task.splitn(4, ' ').collect::<Vec<_>>()[..] else {
        panic!("{task}")
    };
    let length: u64 = length.parse().unwrap();
    let client = client(endpoint, true);
    let before = peak();
    match what {
        "download" => {
            let download = client.download_file("b", "k", file).unwrap();
            assert_eq!((download.bytes, download.check), (length, Verification::Md5));
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
    println!("\npeak {} of them before: {}", peak(), before);
}

fn peak_of_transfer(what: &str, length: u64) -> u64 {
    let sink = Sink::start(if what == "download" { length } else { 0 });
    let peak = peak_of(what, &sink.endpoint(), length);
    say(&format!("{what} of {} MiB: {peak}", length / MIB));
    peak.bytes
}

/// What a process of its own took at the most, and before it did anything.
struct Peak {
    bytes: u64,
    before: u64,
}

impl fmt::Display for Peak {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} KiB at the most, {} KiB before it", self.bytes >> 10, self.before >> 10)
    }
}

fn peak_of(what: &str, endpoint: &str, length: u64) -> Peak {
    let folder = TempDir::new();
    let task = format!("{what} {endpoint} {length} {}", folder.join("target").display());
    let output = command(&[], module_path!(), &task).output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{text}{}", String::from_utf8_lossy(&output.stderr));
    let number = |after: &str| {
        let (_, rest) = text.split_once(after).unwrap();
        rest.split_whitespace().next().unwrap().parse().unwrap()
    };
    Peak { bytes: number("peak "), before: number("before: ") }
}

#[test]
fn a_download_takes_less_than_16_mib() {
    let length = if is_large() { 4096 * MIB } else { 192 * MIB } + 1;
    assert!(peak_of_transfer("download", length) < 16 * MIB);
}

#[test]
fn an_upload_by_reader_takes_a_part_and_less_than_16_mib() {
    let length = if is_large() { 4096 * MIB } else { 192 * MIB } + 1;
    assert!(peak_of_transfer("upload", length) < (16 + 16) * MIB);
}

/// The key of this place in the listing, of some 64 bytes.
fn key(place: u64) -> String {
    format!("a/folder/of/some/depth/{place:08}-with-a-name-as-long-as-many-are")
}

#[test]
fn a_listing_takes_the_same_memory_whatever_its_length() {
    let keys = if is_large() { 1_000_000 } else { 20_000 };
    let server = FakeServer::serve(move |request| {
        let first: u64 = request.query_value("continuation-token").map_or(0, |token| token.parse().unwrap());
        let mut page = String::from("<ListBucketResult>");
        for place in first..(first + 1000).min(keys) {
            page += &format!("<Contents><Key>{}</Key><Size>1</Size></Contents>", key(place));
        }
        if first + 1000 < keys {
            page += "<IsTruncated>true</IsTruncated>";
            page += &format!("<NextContinuationToken>{}</NextContinuationToken>", first + 1000);
        }
        Answer::xml(&(page + "</ListBucketResult>"))
    });
    let peak = peak_of("list", &server.endpoint(), keys);
    say(&format!("{keys} keys: {peak}"));
    assert!(peak.bytes < 16 * MIB);
}

/// So many zeros, and how many of them were read.
struct Zeros {
    left: u64,
    read: u64,
}

impl Read for Zeros {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let n = usize::try_from(self.left).unwrap_or(usize::MAX).min(buf.len());
        // what is in the buffer will do
        self.left -= n as u64;
        self.read += n as u64;
        Ok(n)
    }
}

#[test]
fn sixty_gigabytes_by_reader_are_3577_parts() {
    if !is_large() {
        return;
    }
    let sink = Sink::start(0);
    let mut zeros = Zeros { left: 60_000_000_000, read: 0 };
    let upload = client(&sink.endpoint(), false).upload_reader("b", "k", &mut zeros).unwrap();
    assert_eq!((upload.bytes, upload.parts, zeros.read), (60_000_000_000, 3577, 60_000_000_000));
    let seen = sink.seen();
    let (last, others) = seen.parts.split_last().unwrap();
    assert!(seen.completed && others.iter().all(|len| *len == 16 * MIB));
    assert_eq!((others.len(), *last), (3576, 60_000_000_000 - 3576 * 16 * MIB));
    say("60 GB by reader: 3577 parts");
}

#[test]
fn a_reader_that_goes_on_after_ten_thousand_parts_is_refused_with_the_size_to_choose() {
    if !is_large() {
        return;
    }
    let sink = Sink::start(0);
    let mut zeros = Zeros { left: u64::MAX, read: 0 };
    let options = UploadOptions::new().part_size(5 * MIB);
    let result = client(&sink.endpoint(), false).upload_reader_with("b", "k", &mut zeros, &options);
    let error = fails(ErrorKind::InvalidInput, result);
    assert!(error.to_string().contains("after 10000 parts of 5 MiB"), "{error}");
    assert!(error.to_string().contains("such as 50 MiB. The upload was aborted"), "{error}");
    // nothing is read beyond the byte that says so
    assert_eq!(zeros.read, 10_000 * 5 * MIB + 1);
    let seen = sink.seen();
    assert!(seen.aborted && !seen.completed && seen.parts.len() == 10_000);
    say(&format!("10,000 parts: {error}"));
}
