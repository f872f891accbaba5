//! Deletes an object. This succeeds even if the object does not exist.
//!
//!     cargo run --example delete_an_object
//!
//! S3_ENDPOINT, AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY set the server and the credentials.

use plain_s3::{Client, Config};

fn main() -> plain_s3::Result<()> {
    let client = Client::new(Config::from_env()?)?;

    client.delete_object("my-new-bucket", "goodbye.txt")?;
    Ok(())
}
