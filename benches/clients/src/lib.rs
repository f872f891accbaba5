//! What the measured programs share.

use std::fs;

/// The bucket, and what the servers have in it.
pub const BUCKET: &str = "bucket";
pub const LARGE: &str = "large";
pub const SMALL: &str = "small";
/// The length of [`SMALL`].
pub const SMALL_SIZE: usize = 1024;
/// The keys of the listing server.
pub const KEYS: usize = 100_000;
pub const KEYS_A_PAGE: usize = 1000;

/// A line of `/proc/self/status` in KiB: `VmRSS`, or `VmHWM` for the largest it ever was. 0 where there is
/// no such file.
pub fn memory(line: &str) -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let value = status.lines().find_map(|l| l.strip_prefix(line)?.strip_prefix(':'));
    value.and_then(|v| v.trim().trim_end_matches("kB").trim().parse().ok()).unwrap_or_default()
}

/// Ends a measured program: its peak memory is its last line.
pub fn report() {
    println!("{}", memory("VmHWM"));
}
