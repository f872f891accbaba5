//! Stores an object that the server encrypts with your own key, and reads it again:
//!
//!     head -c 32 /dev/urandom > secret.key
//!     cargo run --example customer_key -- secret.key
//!
//! The server does not store the key: without it, the object is lost. The endpoint must use HTTPS, because each
//! request contains the key. S3_ENDPOINT, AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY set the server and the
//! credentials, and CA_PEM may name a file with the certificate of a private authority.

use std::error::Error;
use std::{env, fs};

use plain_s3::{Client, Config, GetObjectOptions, PutObjectOptions};

fn main() -> Result<(), Box<dyn Error>> {
    let path = env::args().nth(1).ok_or("usage: customer_key FILE")?;
    let key: [u8; 32] = fs::read(path)?.try_into().map_err(|_| "the key must have 32 bytes")?;
    let mut config = Config::from_env()?;
    if let Some(path) = env::var_os("CA_PEM") {
        config = config.ca_pem(fs::read(path)?);
    }
    let client = Client::new(config)?;

    let encrypted = PutObjectOptions::new().sse_customer_key(key);
    client.put_object_with("my-new-bucket", "diary.txt", "Dear diary", &encrypted)?;

    let decrypted = GetObjectOptions::new().sse_customer_key(key);
    println!("{}", client.get_object_with("my-new-bucket", "diary.txt", &decrypted)?.text()?);
    Ok(())
}
