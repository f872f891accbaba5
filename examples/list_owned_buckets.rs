//! Lists the buckets that you own, with their creation dates.
//!
//!     cargo run --example list_owned_buckets
//!
//! S3_ENDPOINT, AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY set the server and the credentials.

use plain_s3::{Client, Config};

fn main() -> plain_s3::Result<()> {
    let client = Client::new(Config::from_env()?)?;

    for bucket in client.list_buckets()? {
        println!("{}\t{}", bucket.name, bucket.creation_date);
    }
    Ok(())
}
