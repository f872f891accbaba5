//! Downloads an object to a file in the given folder, by default the current folder.
//!
//!     cargo run --example download_an_object -- /home/larry/documents
//!
//! S3_ENDPOINT, AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY set the server and the credentials.

use std::path::PathBuf;

use plain_s3::{Client, Config};

fn main() -> plain_s3::Result<()> {
    let client = Client::new(Config::from_env()?)?;

    let folder = PathBuf::from(std::env::args_os().nth(1).unwrap_or(".".into()));
    client.download_file("my-new-bucket", "perl_poetry.pdf", folder.join("perl_poetry.pdf"))?;
    Ok(())
}
