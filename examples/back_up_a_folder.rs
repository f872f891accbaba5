//! Backs up a folder, or restores it:
//!
//!     cargo run --example back_up_a_folder -- backup /home/larry/documents
//!     cargo run --example back_up_a_folder -- restore /home/larry/documents
//!
//! Both transfer only what differs, so they can be repeated after an interruption. S3_ENDPOINT,
//! AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY set the server and the credentials.

use std::env;
use std::error::Error;

use plain_s3::{Client, FolderOptions};

fn main() -> Result<(), Box<dyn Error>> {
    let args: Vec<String> = env::args().skip(1).collect();
    let client = Client::from_env()?;
    let options = FolderOptions::new().exclude(".cache/").exclude("*.tmp");

    let summary = match args.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["backup", folder] => client.upload_folder_with("my-new-bucket", "backup/", folder, &options)?,
        ["restore", folder] => client.download_prefix_with("my-new-bucket", "backup/", folder, &options)?,
        _ => return Err("usage: back_up_a_folder backup|restore FOLDER".into()),
    };
    println!("{summary}");
    Ok(())
}
