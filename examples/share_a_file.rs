//! Uploads a file and prints a URL with which everyone can download it for an hour:
//!
//!     cargo run --example share_a_file -- report.pdf
//!
//! S3_ENDPOINT, AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY set the server and the credentials.

use std::env;
use std::error::Error;
use std::path::PathBuf;
use std::time::Duration;

use plain_s3::{Client, GetObjectOptions};

fn main() -> Result<(), Box<dyn Error>> {
    let path = PathBuf::from(env::args_os().nth(1).ok_or("usage: share_a_file FILE")?);
    let name = path.file_name().and_then(|name| name.to_str()).ok_or("the name is not Unicode")?;
    let client = Client::from_env()?;

    let key = format!("shared/{name}");
    client.upload_file("my-new-bucket", &key, &path)?;
    // the browser saves the file instead of showing it
    let download = GetObjectOptions::new().response_content_disposition("attachment");
    let hour = Duration::from_secs(3600);
    println!("{}", client.presign_get_object_with("my-new-bucket", &key, hour, &download)?);
    Ok(())
}
