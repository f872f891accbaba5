//! Listing owned buckets: their names and creation dates.
//!
//!     cargo run --example list_owned_buckets
//!
//! The server and the keys come from S3_ENDPOINT, AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY.

use plain_s3::{Client, Config};

fn main() -> plain_s3::Result<()> {
    let client = Client::new(Config::from_env()?)?;

    for bucket in client.list_buckets()? {
        println!("{}\t{}", bucket.name, bucket.creation_date);
    }
    Ok(())
}
