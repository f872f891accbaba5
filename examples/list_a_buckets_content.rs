//! Lists the content of a bucket: key, size in bytes and modification time of each object.
//!
//!     cargo run --example list_a_buckets_content
//!
//! S3_ENDPOINT, AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY set the server and the credentials.

use plain_s3::{Client, Config};

fn main() -> plain_s3::Result<()> {
    let client = Client::new(Config::from_env()?)?;

    for object in client.list_objects("my-new-bucket") {
        let object = object?;
        println!("{}\t{}\t{}", object.key, object.size, object.last_modified);
    }
    Ok(())
}
