//! Creates a client from an endpoint and credentials. No request is sent yet.
//!
//!     cargo run --example create_a_connection

use plain_s3::{Client, Config, Credentials};

fn main() -> plain_s3::Result<()> {
    let access_key = "put your access key here!";
    let secret_key = "put your secret key here!";

    let config = Config::new("https://objects-us-west-1.dream.io")
        .credentials(Credentials::new(access_key, secret_key));
    let client = Client::new(config)?;

    println!("{client:?}");
    Ok(())
}
