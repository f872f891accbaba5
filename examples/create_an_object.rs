//! Creating an object of a few words.
//!
//!     cargo run --example create_an_object
//!
//! The server and the keys come from S3_ENDPOINT, AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY.

use plain_s3::{Client, Config};

fn main() -> plain_s3::Result<()> {
    let client = Client::new(Config::from_env()?)?;

    client.put_object("my-new-bucket", "hello.txt", "Hello World!")?;
    Ok(())
}
