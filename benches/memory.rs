//! Measures the peak memory of an upload and a download of a large object:
//!
//!     CEPH_RGW_SIZE=6000000000 tests/servers/ceph-rgw cargo bench --bench memory
//!
//! `-- SIZE` sets the size of the object in MiB; the default is 1024. The benchmark fails if the process ever used
//! more than 16 MiB. It runs only on Linux, as the kernel reports the number.

use std::error::Error;
use std::fs::{self, File};
use std::process;
use std::time::Instant;

use plain_s3::{Client, Config};

const MAX_KIB: u64 = 16 << 10;

fn main() -> Result<(), Box<dyn Error>> {
    let mib: u64 = std::env::args().skip(1).find_map(|arg| arg.parse().ok()).unwrap_or(1024);
    let client = Client::new(Config::from_env()?)?;
    let bucket = &format!("plain-s3-memory-{}", process::id());
    let folder = std::env::temp_dir().join(bucket);
    fs::create_dir(&folder)?;
    client.create_bucket(bucket)?;
    let result = measure(&client, bucket, &folder, mib);
    client.force_delete_bucket(bucket)?;
    fs::remove_dir_all(&folder)?;
    result
}

fn measure(client: &Client, bucket: &str, folder: &std::path::Path, mib: u64) -> Result<(), Box<dyn Error>> {
    // A sparse file needs no disk space, so that the size is limited only by the server.
    let sparse = File::create_new(folder.join("sparse"))?;
    sparse.set_len(mib << 20)?;
    report("start", mib, Instant::now())?;
    let start = Instant::now();
    client.put_object(bucket, "large", File::open(folder.join("sparse"))?)?;
    report("put_object of a file", mib, start)?;
    let start = Instant::now();
    client.download_file(bucket, "large", folder.join("large"))?;
    let peak = report("download_file", mib, start)?;
    if peak > MAX_KIB {
        return Err(format!("the peak of {peak} KiB exceeds the limit of {MAX_KIB} KiB").into());
    }
    Ok(())
}

/// Prints the duration of a step and the peak memory, and returns the peak resident memory so far in KiB.
fn report(step: &str, mib: u64, start: Instant) -> Result<u64, Box<dyn Error>> {
    let status = fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).ok_or("no VmHWM")?;
    let peak: u64 = line.trim().trim_end_matches(" kB").parse()?;
    let seconds = start.elapsed().as_secs_f64();
    println!("{step}: {mib} MiB in {seconds:.2} s, peak memory so far {:.1} MiB", peak as f64 / 1024.0);
    Ok(peak)
}
