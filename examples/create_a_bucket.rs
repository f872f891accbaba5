//! Creates a bucket. Bucket names are unique on the whole server, so choose your own name.
//!
//!     cargo run --example create_a_bucket
//!
//! S3_ENDPOINT, AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY set the server and the credentials.

use plain_s3::{Client, Config};

fn main() -> plain_s3::Result<()> {
    let client = Client::new(Config::from_env()?)?;

    client.create_bucket("my-new-bucket")?;
    Ok(())
}
