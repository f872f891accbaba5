//! Transfers a large file over an unreliable network. If the program is interrupted, the next run continues:
//!
//!     cargo run --example resumed_transfers -- upload backup.tar
//!     cargo run --example resumed_transfers -- download backup.tar
//!
//! S3_ENDPOINT, AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY set the server and the credentials.

use std::env;
use std::error::Error;

use plain_s3::{Client, DownloadOptions, ListOptions, UploadOptions};

const BUCKET: &str = "my-new-bucket";
const KEY: &str = "backup.tar";

fn main() -> Result<(), Box<dyn Error>> {
    let args: Vec<String> = env::args().skip(1).collect();
    let client = Client::from_env()?;
    match args.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["upload", path] => upload(&client, path),
        ["download", path] => download(&client, path),
        _ => Err("usage: resumed_transfers upload|download FILE".into()),
    }
}

fn upload(client: &Client, path: &str) -> Result<(), Box<dyn Error>> {
    let mut options = UploadOptions::new().keep_parts().part_size(5 << 20);
    // an upload that an earlier run left behind; all of its parts that are still valid are used
    for unfinished in client.list_multipart_uploads_with(BUCKET, &ListOptions::new().prefix(KEY)) {
        let unfinished = unfinished?;
        if unfinished.key == KEY {
            options = options.resume(unfinished.upload_id);
        }
    }
    let upload = client.upload_file_with(BUCKET, KEY, path, &options)?;
    println!("{} parts, {} of them from an earlier run", upload.parts, upload.parts_reused);
    Ok(())
}

fn download(client: &Client, path: &str) -> Result<(), Box<dyn Error>> {
    let download = client.download_file_with(BUCKET, KEY, path, &DownloadOptions::new().resume())?;
    println!("{} bytes, {} of them from an earlier run", download.bytes, download.resumed_from);
    Ok(())
}
