//! Uploads what another program prints, whatever its length:
//!
//!     pg_dump shop | gzip | cargo run --example upload_from_stdin -- dumps/shop.sql.gz
//!
//! One part of 16 MiB is held in memory. S3_ENDPOINT, AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY set the server
//! and the credentials.

use std::env;
use std::error::Error;
use std::io;

use plain_s3::{Client, PutObjectOptions, UploadOptions};

fn main() -> Result<(), Box<dyn Error>> {
    let key = env::args().nth(1).ok_or("usage: upload_from_stdin KEY")?;
    let client = Client::from_env()?;

    let object = PutObjectOptions::new().content_type("application/gzip");
    let options = UploadOptions::new().object(object);
    let upload = client.upload_reader_with("my-new-bucket", &key, io::stdin(), &options)?;
    println!("{} bytes in {} parts", upload.bytes, upload.parts);
    Ok(())
}
