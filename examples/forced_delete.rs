//! Forced delete: the bucket and all objects in it. There is no way back.
//!
//!     cargo run --example forced_delete
//!
//! The server and the keys come from S3_ENDPOINT, AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY.

use plain_s3::{Client, Config};

fn main() -> plain_s3::Result<()> {
    let client = Client::new(Config::from_env()?)?;

    client.force_delete_bucket("my-new-bucket")?;
    Ok(())
}
