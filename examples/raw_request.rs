//! Sends a request that has no method: signed, repeated and judged like every other.
//!
//!     cargo run --example raw_request

use plain_s3::{Client, Config, Method, RawRequest};

fn main() -> plain_s3::Result<()> {
    let client = Client::new(Config::from_env()?)?;

    let request = RawRequest::new(Method::Get).bucket("my-new-bucket").subresource("notification");
    println!("{}", client.send_raw(&request, "")?.text()?);
    Ok(())
}
