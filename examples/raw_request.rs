//! Sends a request for which the client has no method. It is signed, retried and checked for errors like any other.
//!
//!     cargo run --example raw_request
//!
//! S3_ENDPOINT, AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY set the server and the credentials.

use plain_s3::{Client, Config, Method, RawRequest};

fn main() -> plain_s3::Result<()> {
    let client = Client::new(Config::from_env()?)?;

    let request = RawRequest::new(Method::Get).bucket("my-new-bucket").subresource("notification");
    println!("{}", client.send_raw(&request, "")?.text()?);
    Ok(())
}
