//! Deleting an object. One that is not there is no error.
//!
//!     cargo run --example delete_an_object
//!
//! The server and the keys come from S3_ENDPOINT, AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY.

use plain_s3::{Client, Config};

fn main() -> plain_s3::Result<()> {
    let client = Client::new(Config::from_env()?)?;

    client.delete_object("my-new-bucket", "goodbye.txt")?;
    Ok(())
}
