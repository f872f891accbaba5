//! Deleting a bucket, which must be empty.
//!
//!     cargo run --example delete_a_bucket
//!
//! The server and the keys come from S3_ENDPOINT, AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY.

use plain_s3::{Client, Config};

fn main() -> plain_s3::Result<()> {
    let client = Client::new(Config::from_env()?)?;

    client.delete_bucket("my-new-bucket")?;
    Ok(())
}
