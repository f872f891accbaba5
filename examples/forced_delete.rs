//! Deletes a bucket with all objects in it. This cannot be undone.
//!
//!     cargo run --example forced_delete
//!
//! S3_ENDPOINT, AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY set the server and the credentials.

use plain_s3::{Client, Config};

fn main() -> plain_s3::Result<()> {
    let client = Client::new(Config::from_env()?)?;

    client.force_delete_bucket("my-new-bucket")?;
    Ok(())
}
