//! Downloads a prefix with eight threads:
//!
//!     cargo run --example parallel_downloads -- photos
//!
//! The crate starts no threads itself. S3_ENDPOINT, AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY set the server and
//! the credentials.

use std::env;
use std::error::Error;
use std::sync::Mutex;
use std::thread;

use plain_s3::{Client, FolderOptions};

fn main() -> Result<(), Box<dyn Error>> {
    let folder = env::args().nth(1).unwrap_or("photos".into());
    let client = Client::from_env()?;
    let plan = client.plan_download_prefix("my-new-bucket", "photos/", folder, &FolderOptions::new())?;
    println!("{} files, {} bytes", plan.len(), plan.bytes());

    let (steps, errors) = (Mutex::new(plan), Mutex::new(Vec::new()));
    let next_step = || steps.lock().unwrap().next();
    thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                while let Some(step) = next_step() {
                    if let Err(error) = step.run() {
                        errors.lock().unwrap().push(error);
                    }
                }
            });
        }
    });
    let errors = errors.into_inner()?;
    errors.iter().for_each(|error| eprintln!("{error}"));
    if errors.is_empty() { Ok(()) } else { Err("run it again to download what is missing".into()) }
}
