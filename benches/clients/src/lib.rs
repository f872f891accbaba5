//! The constants and functions that the measured programs share.

use std::env;
use std::error::Error;
use std::fs;

use plain_s3::{ChecksumAlgorithm, Client, Config};

/// The bucket of the servers.
pub const BUCKET: &str = "bucket";
/// The key of the large object.
pub const LARGE: &str = "large";
/// The key of the small object.
pub const SMALL: &str = "small";
/// The size of the small object in bytes.
pub const SMALL_SIZE: usize = 1024;
/// The number of keys that the server lists.
pub const KEYS: usize = 100_000;
pub const KEYS_PER_PAGE: usize = 1000;
/// A bucket with more keys, whose pages are created when they are requested.
pub const LONG_BUCKET: &str = "long";
/// The number of keys in it.
pub const LONG_KEYS: usize = 1_000_000;

/// Creates a client. `Config::from_env` reads endpoint, credentials and region from the environment; `BENCH_CA` names the
/// PEM file of the certificate authority to trust. `BENCH_CHECK` replaces the default check: `none`, or the algorithm of
/// the checksum in uploads, such as `CRC64NVME`.
pub fn client(checked: bool) -> Result<Client, Box<dyn Error>> {
    let mut config = Config::from_env()?;
    let check = env::var("BENCH_CHECK").unwrap_or_default();
    if !checked || check == "none" {
        config = config.skip_checksums();
    } else if !check.is_empty() {
        config = config.checksum(check.parse::<ChecksumAlgorithm>()?);
    }
    if let Ok(ca) = env::var("BENCH_CA") {
        config = config.ca_pem(fs::read(ca)?);
    }
    Ok(Client::new(config)?)
}

/// Returns a value of `/proc/self/status` in KiB: `VmRSS` for the resident memory, `VmHWM` for its peak. Returns 0 if
/// the file does not exist.
pub fn memory(line: &str) -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let value = status.lines().find_map(|l| l.strip_prefix(line)?.strip_prefix(':'));
    value.and_then(|v| v.trim().trim_end_matches("kB").trim().parse().ok()).unwrap_or_default()
}

/// Prints the peak memory, which is the last line of output of every measured program.
pub fn report() {
    println!("{}", memory("VmHWM"));
}
