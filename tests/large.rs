//! Transfers larger than memory: how much of it they take, and how an upload is cut into parts.
//!
//! By default with some hundred MiB. With `S3_TEST_LARGE=1` with 4 GiB, and 60 GB into parts: minutes, and
//! to be run as `cargo test --release --test large -- --nocapture --test-threads=1`.

#![cfg(target_os = "linux")]

mod support;

use std::fs;
use std::io::{self, Read};

use plain_s3::{Client, Config, ContentCheck, Credentials, ErrorKind, UploadOptions};
use support::{Sink, TempDir, command, fails, say, task, variable};

const MIB: u64 = 1 << 20;

fn is_large() -> bool {
    variable("S3_TEST_LARGE").as_deref() == Some("1")
}

fn client(endpoint: &str, check_md5: bool) -> Client {
    let config = Config::new(endpoint).credentials(Credentials::new("access", "secret"));
    Client::new(config.check_md5(check_md5)).unwrap()
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
    if what == "download" {
        let download = client.download_file("b", "k", file).unwrap();
        assert_eq!((download.bytes, download.check), (length, ContentCheck::Md5));
    } else {
        let upload = client.upload_reader("b", "k", io::repeat(7).take(length)).unwrap();
        assert_eq!((upload.bytes, u64::from(upload.parts)), (length, length.div_ceil(16 * MIB)));
    }
    println!("\npeak {} of them before: {}", peak(), before);
}

fn peak_of(what: &str, length: u64) -> u64 {
    let folder = TempDir::new();
    let sink = Sink::start(if what == "download" { length } else { 0 });
    let task = format!("{what} {} {length} {}", sink.endpoint(), folder.join("target").display());
    let output = command(&[], &task).output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{text}{}", String::from_utf8_lossy(&output.stderr));
    let peak: u64 = text.split("peak ").nth(1).unwrap().split(' ').next().unwrap().parse().unwrap();
    let before = text.split("before: ").nth(1).unwrap().lines().next().unwrap();
    say(&format!(
        "{what} of {} MiB: {} KiB at the most, {} KiB before it",
        length / MIB,
        peak >> 10,
        before.parse::<u64>().unwrap() >> 10
    ));
    peak
}

#[test]
fn a_download_takes_less_than_16_mib() {
    let length = if is_large() { 4096 * MIB } else { 192 * MIB } + 1;
    assert!(peak_of("download", length) < 16 * MIB);
}

#[test]
fn an_upload_by_reader_takes_a_part_and_less_than_16_mib() {
    let length = if is_large() { 4096 * MIB } else { 192 * MIB } + 1;
    assert!(peak_of("upload", length) < (16 + 16) * MIB);
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
