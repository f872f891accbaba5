//! Large uploads that a real server rejects: each of 20 runs returns the error of the server, over HTTP and HTTPS.
//!
//!     tests/servers/ceph-rgw cargo test --test live refusals::

use std::process::Command;

use plain_s3::{Body, Client, Config, Error, ErrorKind, Result, UploadOptions};

use crate::gaps;
use crate::support::{fails, say, variable};
use crate::transfer_server::Live;

const SIZE: usize = 64 << 20;
/// Smaller, because encryption is slow in test builds, but still larger than all buffers in between.
const SIZE_OVER_TLS: usize = 16 << 20;
const RUNS: usize = 20;

/// Uploads `size` bytes: in even runs from memory, in odd runs from a reader that can be read only once.
fn put(client: &Client, run: usize, bucket: &str, size: usize) -> Result<()> {
    if run.is_multiple_of(2) {
        return client.put_object(bucket, "key", vec![7; size]).map(drop);
    }
    let reader = std::io::Read::take(std::io::repeat(7), size as u64);
    client.put_object(bucket, "key", Body::from_reader(reader, size as u64)).map(drop)
}

/// Uploads 20 times each over HTTP and HTTPS, and asserts that each upload fails with an expected error.
fn assert_rejected(live: &Live, bucket: &str, expected: impl Fn(&Error) -> bool) {
    let test = |client: &Client, size: usize, scheme: &str| {
        let mut code = String::new();
        for run in 0..RUNS {
            let error = fails(ErrorKind::Server, put(client, run, bucket, size));
            assert!(expected(&error), "{error}");
            code = error.code().unwrap().to_owned();
        }
        live.report(&format!("{RUNS} of {RUNS} PUTs of {} MiB rejected over {scheme}: {code}", size >> 20));
    };
    test(&live.client(), SIZE, "HTTP");
    match live.https() {
        Some(config) => test(&Client::new(config).unwrap(), SIZE_OVER_TLS, "HTTPS"),
        None => say(&format!(
            "{}: HTTPS is not tested: S3_TEST_TLS_ENDPOINT is not set, or this build has no TLS",
            live.name
        )),
    }
}

// promise: U13
#[test]
fn upload_to_a_missing_bucket_returns_the_error() {
    let Some(live) = Live::from_env("rejected uploads") else { return };
    if gaps::MISSING_BUCKETS.is_gap() {
        return; // covered by errors::not_found
    }
    assert_rejected(&live, "there-is-no-such-bucket", Error::is_no_such_bucket);
}

// promise: U13
#[test]
fn upload_to_the_bucket_of_another_user_returns_the_error() {
    let Some(live) = Live::from_env("rejected uploads") else { return };
    let Some(other) = live.other() else {
        return; // all_variants_are_tested reports that there is no second user
    };
    if gaps::BUCKET_OWNERS.is_gap() {
        return; // covered by access::second_user
    }
    let bucket = format!("{}-other", live.bucket);
    other.create_bucket(&bucket).unwrap();
    assert_rejected(&live, &bucket, Error::is_access_denied);
    other.delete_bucket(&bucket).unwrap();
}

/// Limits the storage of the second user until it is dropped.
struct Quota {
    admin: Vec<String>,
}

impl Quota {
    fn ten_mib(admin: &str) -> Self {
        let quota = Self { admin: admin.split(' ').map(str::to_owned).collect() };
        quota.run(&["set", "--max-size=10485760"]);
        quota.run(&["enable"]);
        quota
    }

    fn run(&self, args: &[&str]) {
        let mut command = Command::new(&self.admin[0]);
        command.args(&self.admin[1..]).args(["quota", args[0], "--quota-scope=user", "--uid=bob"]);
        let output = command.args(&args[1..]).output().unwrap();
        assert!(output.status.success(), "{output:?}");
    }
}

impl Drop for Quota {
    fn drop(&mut self) {
        self.run(&["disable"]);
    }
}

// promise: U13
#[test]
fn upload_beyond_a_quota_returns_the_error() {
    let Some(live) = Live::from_env("uploads beyond a quota") else { return };
    let (Some(other), Some(admin)) = (live.other(), variable("S3_TEST_RADOSGW_ADMIN")) else {
        say(&format!("{}: quotas are not tested: S3_TEST_RADOSGW_ADMIN is not set", live.name));
        return;
    };
    let bucket = format!("{}-quota", live.bucket);
    other.create_bucket(&bucket).unwrap();
    let quota = Quota::ten_mib(&admin);
    let exceeded = |error: Error| {
        assert_eq!((error.status(), error.code()), (Some(403), Some("QuotaExceeded")), "{error}");
        assert!(
            error.hint().unwrap().contains("is exhausted: delete something, or ask for a higher quota."),
            "{error}"
        );
        live.report(&format!("beyond the quota: {error}"));
    };
    exceeded(fails(ErrorKind::Server, put(&other, 0, &bucket, SIZE)));
    exceeded(fails(ErrorKind::Server, put(&other, 1, &bucket, SIZE)));
    let options = UploadOptions::new().part_size(5 << 20);
    let result = other.upload_reader_with(&bucket, "key", &vec![7; SIZE][..], &options);
    let error = fails(ErrorKind::Server, result);
    assert!(error.to_string().ends_with("The upload was aborted, and its parts were deleted."), "{error}");
    exceeded(error);
    // The failed uploads leave nothing behind.
    assert_eq!(other.list_objects(&bucket).count(), 0);
    assert_eq!(other.list_multipart_uploads(&bucket).count(), 0);
    drop(quota);
    put(&other, 0, &bucket, SIZE).unwrap();
    other.force_delete_bucket(&bucket).unwrap();
}

#[test]
fn https_config_uses_https() {
    // Otherwise assert_rejected would test HTTP twice without anyone noticing.
    let Some(live) = Live::from_env("HTTPS") else { return };
    let is_https = |config: Config| format!("{:?}", Client::new(config).unwrap()).contains("https://");
    assert!(!is_https(live.config()) && live.https().is_none_or(is_https));
}
