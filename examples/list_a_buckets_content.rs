//! Listing a bucket's content: key, size in bytes and date of each object.
//!
//!     cargo run --example list_a_buckets_content
//!
//! The server and the keys come from S3_ENDPOINT, AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY.

use plain_s3::{Client, Config};

fn main() -> plain_s3::Result<()> {
    let client = Client::new(Config::from_env()?)?;

    for object in client.list_objects("my-new-bucket") {
        let object = object?;
        println!("{}\t{}\t{}", object.key, object.size, object.last_modified);
    }
    Ok(())
}
