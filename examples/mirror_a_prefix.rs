//! Makes a folder a mirror of a prefix: downloads what differs, and deletes what the bucket does not have.
//!
//!     cargo run --example mirror_a_prefix -- mirror --dry-run
//!     cargo run --example mirror_a_prefix -- mirror
//!
//! S3_ENDPOINT, AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY set the server and the credentials.

use std::env;

use plain_s3::{Client, FolderOptions};

fn main() -> plain_s3::Result<()> {
    let folder = env::args().nth(1).unwrap_or("mirror".into());
    let client = Client::from_env()?;
    let mirror = FolderOptions::new().delete();

    if env::args().nth(2).is_some_and(|option| option == "--dry-run") {
        for step in client.plan_download_prefix("my-new-bucket", "releases/", &folder, &mirror.dry_run())? {
            println!("{step}");
        }
        return Ok(());
    }
    match client.download_prefix_with("my-new-bucket", "releases/", &folder, &mirror) {
        Ok(summary) => println!("{summary}"),
        Err(error) => {
            for failure in error.failures() {
                eprintln!("{}: {} {}", failure.key, failure.code, failure.message);
            }
            return Err(error);
        }
    }
    Ok(())
}
