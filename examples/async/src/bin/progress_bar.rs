//! Downloads an object with a progress bar of indicatif:
//!
//!     cargo run -p plain-s3-async-examples --bin progress_bar -- perl_poetry.pdf
//!
//! S3_ENDPOINT, AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY set the server and the credentials.

use std::env;
use std::error::Error;

use indicatif::{ProgressBar, ProgressStyle};
use plain_s3::{Client, DownloadOptions};

fn main() -> Result<(), Box<dyn Error>> {
    let key = env::args().nth(1).ok_or("usage: progress_bar KEY")?;
    let path = env::args().nth(2).unwrap_or(key.clone());
    let client = Client::from_env()?;

    let style = ProgressStyle::with_template("{wide_bar} {bytes}/{total_bytes} {bytes_per_sec} {eta}")?;
    let bar = ProgressBar::no_length().with_style(style);
    let options = DownloadOptions::new().progress(|written, total| {
        bar.set_length(total);
        bar.set_position(written);
    });
    let download = client.download_file_with("my-new-bucket", &key, path, &options)?;
    bar.finish_and_clear();
    println!("{} bytes", download.bytes);
    Ok(())
}
