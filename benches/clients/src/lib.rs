//! The constants and functions that the measured programs share.

use std::fs;

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
