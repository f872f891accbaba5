//! Measures the cost of syncing downloaded files:
//!
//!     cargo run --release -p embedded-s3 -- cargo bench --bench sync
//!
//! The result depends on the disk of the folder for temporary files; TMPDIR selects another one.

use std::error::Error;
use std::fs;
use std::process;
use std::time::Instant;

use plain_s3::{Client, Config, DownloadOptions};

const ROUNDS: usize = 5;

fn main() -> Result<(), Box<dyn Error>> {
    let client = Client::new(Config::from_env()?)?;
    let bucket = &format!("plain-s3-sync-{}", process::id());
    let folder = std::env::temp_dir().join(bucket);
    fs::create_dir(&folder)?;
    client.create_bucket(bucket)?;
    for (bytes, files) in [(4 << 10, 200), (1 << 20, 50), (64 << 20, 3)] {
        client.put_object(bucket, "k", vec![7; bytes])?;
        let measure = |options: DownloadOptions<'_>| -> Result<f64, Box<dyn Error>> {
            let mut rounds = Vec::new();
            for _ in 0..ROUNDS {
                let start = Instant::now();
                for file in 0..files {
                    client.download_file_with(bucket, "k", folder.join(file.to_string()), &options)?;
                }
                rounds.push(start.elapsed().as_secs_f64() * 1000.0 / f64::from(files));
            }
            rounds.sort_by(f64::total_cmp);
            Ok(rounds[ROUNDS / 2])
        };
        let synced = measure(DownloadOptions::new())?;
        let skipped = measure(DownloadOptions::new().skip_sync())?;
        println!("{bytes} bytes: {synced:.2} ms with sync, {skipped:.2} ms without");
    }
    client.force_delete_bucket(bucket)?;
    fs::remove_dir_all(&folder)?;
    Ok(())
}
