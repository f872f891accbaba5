//! Transfers to and from a real server through a proxy that injects faults.
//!
//!     tests/servers/ceph-rgw cargo test --test live chaos::
//!
//! Faults and sizes are derived from a seed, which is printed. Each transfer must either complete with the exact
//! content or fail with an error. After an error, a file is unchanged, and an object is absent or complete. The
//! outcomes are counted and printed. `S3_TEST_TRANSFERS` sets the number of transfers (150 by default),
//! `S3_TEST_SEED` the seed.

use std::collections::BTreeMap;
use std::fs;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use plain_s3::{Client, Error, ErrorKind, Event, Result, RetryPolicy, UploadOptions};

use crate::faulty_proxy::{Fault, Proxy, Spoilt};
use crate::gaps;
use crate::support::{Random, TempDir, variable};
use crate::transfer_server::Live;

const PART: u64 = 5 << 20;
/// The ranges of sizes, each equally likely, so that small sizes are more frequent.
const SIZES: [(u64, u64); 8] = [
    (0, 2),
    (2, 5_000),
    (2, 5_000),
    (5_000, 200_000),
    (5_000, 200_000),
    (200_000, 2 << 20),
    (2 << 20, 12 << 20),
    (12 << 20, (64 << 20) + 1),
];
const LARGEST: usize = 64 << 20;

#[derive(Default)]
struct Counts {
    first_attempt: u32,
    after_retries: u32,
    errors: BTreeMap<String, u32>,
    /// The failed uploads whose error has the ID of the multipart upload that is left.
    with_upload_id: u32,
    /// The objects that the server has damaged, as declared in its gaps.
    damaged: u32,
    bytes: u64,
}

/// Returns `true` if the server may damage an object by a request that the client has already given up.
fn damages_late() -> bool {
    gaps::LATE_PUTS.is_gap() || gaps::LATE_COMPLETIONS.is_gap()
}

struct Chaos<'a> {
    live: &'a Live,
    proxy: Proxy,
    random: Random,
    /// Each content is a prefix of these bytes.
    bytes: Vec<u8>,
    folder: TempDir,
    /// The retries and resumes of the current transfer.
    retries: Arc<AtomicU32>,
}

// promise: A1
#[test]
fn faulty_transfers_complete_or_leave_the_target_intact() {
    let Some(live) = Live::from_env("transfers through a faulty network") else { return };
    let transfers: u32 = variable("S3_TEST_TRANSFERS").map_or(150, |number| number.parse().unwrap());
    let mut random = Random::printed();
    let bytes = random.bytes(LARGEST);
    let mut chaos = Chaos {
        live: &live,
        proxy: Proxy::before(&live.endpoint),
        random,
        bytes,
        folder: TempDir::new(),
        retries: Arc::default(),
    };
    let mut counts = [Counts::default(), Counts::default()];
    for i in 0..transfers {
        let upload = i % 2 == 1;
        let count = &mut counts[usize::from(upload)];
        if upload { chaos.upload(i, count) } else { chaos.download(i, count) }
    }
    for (what, count) in ["downloads", "uploads"].iter().zip(&counts) {
        let errors: u32 = count.errors.values().sum();
        live.report(&format!(
            "{} {what}, {} MiB: {} complete at the first attempt, {} after retries or resumes, {errors} errors {:?}",
            count.first_attempt + count.after_retries + errors,
            count.bytes >> 20,
            count.first_attempt,
            count.after_retries,
            count.errors,
        ));
        if count.damaged > 0 {
            live.report(&format!("{} objects were damaged by the server, see its gaps", count.damaged));
        }
    }
    let left = live.client().list_multipart_uploads(&live.bucket).collect::<Result<Vec<_>>>().unwrap();
    live.report(&format!(
        "{} multipart uploads left, {} of their IDs reported by an error",
        left.len(),
        counts[1].with_upload_id
    ));
    let complete = counts.iter().map(|count| count.first_attempt + count.after_retries).sum::<u32>();
    assert!(complete > transfers / 2, "too few transfers succeeded for a meaningful test");
}

impl Chaos<'_> {
    /// Returns a client with its own connections, and injects faults into the first of them.
    fn client(&mut self, size: u64) -> Client {
        let faults: Vec<Spoilt> = (0..self.faults()).map(|_| self.fault(size)).collect();
        println!("  {size} bytes, {faults:?}");
        self.proxy.spoil(&faults);
        self.retries.store(0, Ordering::Relaxed);
        let retries = Arc::clone(&self.retries);
        let config = self.live.config_at(self.proxy.endpoint());
        let config = config
            .idle_timeout(Duration::from_millis(400))
            .retry(RetryPolicy::new().base_delay(Duration::ZERO))
            .on_event(move |event| {
                if matches!(event, Event::Retry { .. } | Event::Resumed { .. }) {
                    retries.fetch_add(1, Ordering::Relaxed);
                }
            });
        Client::new(config).unwrap()
    }

    /// Returns the number of faults: mostly none or one, sometimes more than the client retries.
    fn faults(&mut self) -> u64 {
        match self.random.below(10) {
            0..=2 => 0,
            3..=6 => 1,
            7..=8 => 2,
            _ => 3 + self.random.below(6),
        }
    }

    fn fault(&mut self, size: u64) -> Spoilt {
        let fault = match self.random.below(12) {
            0..=3 => Fault::Cut,
            4..=7 => Fault::Reset,
            8..=9 => Fault::Stall,
            10 => Fault::Delay,
            _ => Fault::Garbage,
        };
        // The offset includes the heads. A quarter of the faults happen early, mostly in a head; some offsets are
        // past the end, so that the fault never happens.
        let after = if self.random.below(4) == 0 { 900 } else { size + 1500 };
        let after = self.random.below(after);
        match fault {
            // Garbage replaces the whole response. Within a body, only a checksum could detect it.
            Fault::Garbage => Spoilt { fault, upwards: false, after: 0 },
            _ => Spoilt { fault, upwards: self.random.below(2) == 0, after },
        }
    }

    fn size(&mut self) -> u64 {
        let (from, to) = SIZES[self.random.below(SIZES.len() as u64) as usize];
        from + self.random.below(to - from)
    }

    fn download(&mut self, number: u32, counts: &mut Counts) {
        let size = self.size();
        let by_file = self.random.below(2) == 0;
        println!("{number}: download by {}", if by_file { "download_file" } else { "get_object" });
        let (bucket, key) = (self.live.bucket.as_str(), "source");
        let content = &self.bytes[..size as usize];
        let direct = self.live.client();
        // Larger objects are uploaded in parts, so that their ETag is not an MD5.
        direct.upload_reader_with(bucket, key, content, &UploadOptions::new().part_size(PART)).unwrap();
        let client = self.client(size);
        let content = &self.bytes[..size as usize];
        let result = if by_file {
            let target = self.folder.file("target", "old");
            let result = client.download_file(bucket, key, &target).map(drop);
            let now = fs::read(&target).unwrap();
            assert!(if result.is_ok() { now == content } else { now == b"old" }, "{result:?}");
            assert_eq!(self.folder.names(), ["target"]);
            result
        } else {
            let result = client.get_object(bucket, key).and_then(plain_s3::ObjectReader::bytes);
            result.map(|now| assert!(now == content, "the content differs"))
        };
        self.count(result, size, counts);
    }

    fn upload(&mut self, number: u32, counts: &mut Counts) {
        let size = self.size();
        let method = self.random.below(4);
        println!("{number}: upload by method {method}");
        let client = self.client(size);
        let (bucket, key) = (self.live.bucket.as_str(), &format!("{number}"));
        let content = &self.bytes[..size as usize];
        let options = UploadOptions::new().part_size(PART);
        let file = || self.folder.file("target", content);
        let result = match method {
            0 => client.put_object(bucket, key, content).map(drop),
            1 => client.put_object(bucket, key, fs::File::open(file()).unwrap()).map(drop),
            2 => client.upload_file_with(bucket, key, file(), &options).map(drop),
            _ => client.upload_reader_with(bucket, key, content, &options).map(drop),
        };
        counts.with_upload_id += u32::from(result.as_ref().is_err_and(|error| error.upload_id().is_some()));
        let config = self.live.config().idle_timeout(Duration::from_secs(5));
        let direct = Client::new(config.retry(RetryPolicy::new().max_attempts(2))).unwrap();
        let retried = self.retries.load(Ordering::Relaxed) > 0 || result.is_err();
        match direct.get_object(bucket, key).and_then(plain_s3::ObjectReader::bytes) {
            Ok(now) if now == content => {}
            Err(error) if error.is_not_found() && result.is_err() => {}
            _ if retried && damages_late() => counts.damaged += 1,
            Ok(_) => panic!("the content differs: {result:?}"),
            Err(error) => panic!("{error}, {result:?}"),
        }
        direct.delete_object(bucket, key).unwrap();
        self.count(result, size, counts);
    }

    fn count(&self, result: Result<()>, size: u64, counts: &mut Counts) {
        counts.bytes += size;
        match result {
            Ok(()) if self.retries.load(Ordering::Relaxed) == 0 => counts.first_attempt += 1,
            Ok(()) => counts.after_retries += 1,
            Err(error) => *counts.errors.entry(kind(&error)).or_default() += 1,
        }
    }
}

/// Returns the kind or the code of the error. Panics if a fault cannot cause such an error.
fn kind(error: &Error) -> String {
    println!("  {error}");
    let network = [ErrorKind::Network, ErrorKind::Timeout, ErrorKind::Connect, ErrorKind::UnexpectedResponse];
    // A server may respond to an incomplete request. NoSuchUpload can follow if the response to the completion of
    // an upload was lost.
    let expected = ["RequestTimeout", "IncompleteBody", "NoSuchUpload"];
    let code = error.code().filter(|code| expected.contains(code));
    let damaged = error.kind() == ErrorKind::Integrity && damages_late();
    assert!(network.contains(&error.kind()) || code.is_some() || damaged, "{error}");
    code.map_or_else(|| format!("{:?}", error.kind()), str::to_owned)
}
