//! Generates download URLs: an unsigned one for a public object, and a presigned one for a private object, which is
//! valid for one hour.
//!
//!     cargo run --example generate_download_urls
//!
//! S3_ENDPOINT, AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY set the server and the credentials.

use std::time::Duration;

use plain_s3::{Client, Config, ObjectUrlOptions, PresignOptions};

fn main() -> plain_s3::Result<()> {
    let client = Client::new(Config::from_env()?)?;

    let plain_http = ObjectUrlOptions::new().force_http();
    let hello_url = client.object_url_with("my-new-bucket", "hello.txt", &plain_http)?;
    println!("{hello_url}");

    let one_hour = PresignOptions::new(Duration::from_secs(3600)).force_http();
    let plans_url = client.presign_get_object("my-new-bucket", "secret_plans.txt", one_hour)?;
    println!("{plans_url}");
    Ok(())
}
