//! Large uploads that a real server refuses: the server's words, in each of 20 runs, over HTTP and HTTPS.
//!
//!     tests/servers/ceph-rgw cargo test --test live refusals::

use std::process::Command;

use plain_s3::{Body, Client, Config, Error, ErrorKind, Result, UploadOptions};

use crate::support::{fails, say, skip, variable};
use crate::transfer_server::Live;

const SIZE: usize = 64 << 20;
/// Encryption takes its time in a build for tests; this is still more than the buffers in between.
const SIZE_OVER_TLS: usize = 16 << 20;
const RUNS: usize = 20;

/// Sends so much, from memory and from a reader that cannot be read again, in turn.
fn put(client: &Client, run: usize, bucket: &str, size: usize) -> Result<()> {
    if run % 2 == 0 {
        return client.put_object(bucket, "key", vec![7; size]).map(drop);
    }
    let reader = std::io::Read::take(std::io::repeat(7), size as u64);
    client.put_object(bucket, "key", Body::from_reader(reader, size as u64)).map(drop)
}

/// Over HTTP and HTTPS, 20 times each.
fn each_run(live: &Live, bucket: &str, refused: impl Fn(&Error) -> bool) {
    let test = |client: &Client, size: usize, way: &str| {
        let mut code = String::new();
        for run in 0..RUNS {
            let error = fails(ErrorKind::Server, put(client, run, bucket, size));
            assert!(refused(&error), "{error}");
            code = error.code().unwrap().to_owned();
        }
        live.report(&format!("{RUNS} of {RUNS} PUTs of {} MiB refused over {way}: {code}", size >> 20));
    };
    test(&live.client(), SIZE, "HTTP");
    match live.https() {
        Some(config) => test(&Client::new(config).unwrap(), SIZE_OVER_TLS, "HTTPS"),
        None => say(&format!("{}: not over HTTPS, as S3_TEST_TLS_ENDPOINT or TLS is missing", live.name)),
    }
}

#[test]
fn by_a_bucket_that_is_not_there() {
    let Some(live) = Live::from_env("refused uploads") else { return };
    each_run(&live, "there-is-no-such-bucket", Error::is_no_such_bucket);
}

#[test]
fn by_a_bucket_of_somebody_else() {
    let Some(live) = Live::from_env("refused uploads") else { return };
    let Some(other) = live.other() else {
        skip("an upload to somebody else's bucket is not tested: S3_TEST_OTHER_ACCESS_KEY_ID is not set");
        return;
    };
    let bucket = format!("{}-other", live.bucket);
    other.create_bucket(&bucket).unwrap();
    each_run(&live, &bucket, Error::is_access_denied);
    other.delete_bucket(&bucket).unwrap();
}

/// Limits what the second user may store, as long as this lives.
struct Quota {
    admin: Vec<String>,
}

impl Quota {
    fn of_ten_mib(admin: &str) -> Self {
        let quota = Self { admin: admin.split(' ').map(str::to_owned).collect() };
        quota.run(&["set", "--max-size=10485760"]);
        quota.run(&["enable"]);
        quota
    }

    fn run(&self, words: &[&str]) {
        let mut command = Command::new(&self.admin[0]);
        command.args(&self.admin[1..]).args(["quota", words[0], "--quota-scope=user", "--uid=bob"]);
        let output = command.args(&words[1..]).output().unwrap();
        assert!(output.status.success(), "{output:?}");
    }
}

impl Drop for Quota {
    fn drop(&mut self) {
        self.run(&["disable"]);
    }
}

#[test]
fn by_a_quota() {
    let Some(live) = Live::from_env("uploads beyond a quota") else { return };
    let (Some(other), Some(admin)) = (live.other(), variable("S3_TEST_RADOSGW_ADMIN")) else {
        say(&format!("{}: no quota is tested, as S3_TEST_RADOSGW_ADMIN is not set", live.name));
        return;
    };
    let bucket = format!("{}-quota", live.bucket);
    other.create_bucket(&bucket).unwrap();
    let quota = Quota::of_ten_mib(&admin);
    let exceeded = |error: Error| {
        assert_eq!((error.status(), error.code()), (Some(403), Some("QuotaExceeded")), "{error}");
        assert!(error.hint().unwrap().contains("have the quota raised"), "{error}");
        live.report(&format!("beyond the quota: {error}"));
    };
    exceeded(fails(ErrorKind::Server, put(&other, 0, &bucket, SIZE)));
    exceeded(fails(ErrorKind::Server, put(&other, 1, &bucket, SIZE)));
    let options = UploadOptions::new().part_size(5 << 20);
    let result = other.upload_reader_with(&bucket, "key", &vec![7; SIZE][..], &options);
    let error = fails(ErrorKind::Server, result);
    assert!(error.to_string().contains("nothing of it is left"), "{error}");
    exceeded(error);
    // what is left is nothing
    assert_eq!(other.list_objects(&bucket).count(), 0);
    assert_eq!(other.list_multipart_uploads(&bucket).count(), 0);
    drop(quota);
    put(&other, 0, &bucket, SIZE).unwrap();
    other.force_delete_bucket(&bucket).unwrap();
}

#[test]
fn a_config_of_https_is_one() {
    // so that each_run cannot test HTTP twice
    let Some(live) = Live::from_env("HTTPS") else { return };
    let is_https = |config: Config| format!("{:?}", Client::new(config).unwrap()).contains("https://");
    assert!(!is_https(live.config()) && live.https().is_none_or(is_https));
}
