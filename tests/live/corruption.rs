//! Transfers through a proxy that changes single bits.
//!
//!     tests/servers/ceph-rgw cargo test --test live corruption::
//!
//! A transfer that succeeds has the exact content, because the server offers a checksum for every object.
//! `S3_TEST_TRANSFERS` sets the number of transfers (100 by default), `S3_TEST_SEED` the seed.

use std::collections::BTreeMap;
use std::fs;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use plain_s3::{
    ChecksumAlgorithm, Client, ErrorKind, Event, ObjectReader, PutObjectOptions, RetryPolicy, UploadOptions,
};

use crate::faulty_proxy::{Fault, Proxy, Spoilt};
use crate::gaps;
use crate::support::{Random, TempDir, variable};
use crate::transfer_server::Live;

const PART: u64 = 5 << 20;
const LARGEST: u64 = 40 << 20;
const CHECKSUMS: [Option<ChecksumAlgorithm>; 4] = [
    None,
    Some(ChecksumAlgorithm::Crc64Nvme),
    Some(ChecksumAlgorithm::Crc32c),
    Some(ChecksumAlgorithm::Sha256),
];

// promise: U4
#[test]
fn damaged_object_that_met_its_condition_is_replaced() {
    let Some(live) = Live::from_env("conditional uploads that are damaged on the way") else { return };
    let proxy = Proxy::before(&live.endpoint);
    let content = Random::printed().bytes(100_000);
    let bucket = live.bucket.as_str();
    let retries = Arc::new(AtomicU32::new(0));
    let counted = Arc::clone(&retries);
    let config = live.config_at(proxy.endpoint()).on_event(move |event| {
        counted.fetch_add(matches!(event, Event::Retry { .. }).into(), Ordering::Relaxed);
    });
    let client = Client::new(config).unwrap();
    proxy.spoil(&[Spoilt { fault: Fault::Corrupt, upwards: true, after: 50_000 }]);
    let new = PutObjectOptions::new().if_none_exists();
    let stored = client.put_object_with(bucket, "conditional", content.as_slice(), &new);
    if gaps::PUT_IF_MATCH.is_gap() {
        // The client does not replace an object that another program may have written in the meantime.
        let error = stored.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Integrity, "{error}");
        assert!(error.hint().unwrap().contains("The server has stored the object as it arrived."), "{error}");
        return;
    }
    stored.unwrap();
    assert_eq!(retries.load(Ordering::Relaxed), 1);
    assert!(live.client().get_object(bucket, "conditional").unwrap().bytes().unwrap() == content);
    // a server without conditional writes stores the other content
    let other = client.put_object_with(bucket, "conditional", "other", &new);
    match other {
        Ok(_) => assert!(gaps::CONDITIONAL_WRITES.is_gap(), "the condition was ignored"),
        Err(error) => assert!(error.is_precondition_failed(), "{error}"),
    }
}

// promise: D1
// promise: U4
#[test]
fn corrupted_transfers_are_detected() {
    let Some(live) = Live::from_env("transfers that are damaged on the way") else { return };
    let transfers: u32 = variable("S3_TEST_TRANSFERS").map_or(100, |number| number.parse().unwrap());
    let mut random = Random::printed();
    let bytes = random.bytes(LARGEST as usize);
    let proxy = Proxy::before(&live.endpoint);
    let folder = TempDir::new();
    let direct = live.client();
    let bucket = live.bucket.as_str();
    let mut outcomes: BTreeMap<String, u32> = BTreeMap::new();
    for number in 0..transfers {
        let size = match random.below(8) {
            0 => random.below(2),
            1..=3 => random.below(100_000),
            4..=5 => random.below(3 << 20),
            6 => PART + random.below(10 << 20),
            _ => random.below(LARGEST),
        };
        let content = &bytes[..size as usize];
        let mut object = PutObjectOptions::new();
        if let Some(algorithm) = CHECKSUMS[random.below(4) as usize] {
            object = object.checksum(algorithm);
        }
        let options = UploadOptions::new().part_size(PART).object(object);
        // The head is damaged as well.
        let faults: Vec<Spoilt> = (0..1 + random.below(2))
            .map(|_| Spoilt {
                fault: Fault::Corrupt,
                upwards: random.below(4) == 0,
                after: random.below(size + 1500),
            })
            .collect();
        println!("{number}: {size} bytes, {faults:?}");
        let config = live.config_at(proxy.endpoint()).idle_timeout(Duration::from_millis(800));
        let client = Client::new(config.retry(RetryPolicy::new().base_delay(Duration::ZERO))).unwrap();
        let target = folder.join("target");
        let method = random.below(3);
        if method < 2 {
            direct.upload_reader_with(bucket, "source", content, &options).unwrap();
        }
        proxy.spoil(&faults);
        let (what, now) = match method {
            0 => ("get_object", client.get_object(bucket, "source").and_then(ObjectReader::bytes)),
            1 => {
                let result = client.download_file(bucket, "source", &target);
                ("download_file", result.map(|_| fs::read(&target).unwrap()))
            }
            _ => {
                let result = client.upload_reader_with(bucket, "target", content, &options);
                let stored = || direct.get_object(bucket, "target")?.bytes();
                ("upload_reader", result.and_then(|_| stored()))
            }
        };
        let outcome = match now {
            Ok(now) => {
                assert!(now == content, "{what} succeeded with damaged content");
                "Ok".to_owned()
            }
            Err(error) => format!("{:?}", error.kind()),
        };
        *outcomes.entry(format!("{what} {outcome}")).or_default() += 1;
    }
    live.report(&format!("{transfers} damaged transfers: {outcomes:?}"));
    let complete: u32 =
        outcomes.iter().filter(|(what, _)| what.ends_with("Ok")).map(|(_, count)| count).sum();
    assert!(complete > transfers / 2, "too few transfers succeeded for a meaningful test");
}
