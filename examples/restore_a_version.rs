//! Lists the versions of an object, or makes an older one the current one again:
//!
//!     cargo run --example restore_a_version -- plans.txt
//!     cargo run --example restore_a_version -- plans.txt VERSION_ID
//!
//! The old version is copied to the same key, so no version is lost. S3_ENDPOINT, AWS_ACCESS_KEY_ID and
//! AWS_SECRET_ACCESS_KEY set the server and the credentials.

use std::env;
use std::error::Error;

use plain_s3::{Client, CopyObjectOptions, CopyOptions, ListOptions};

const BUCKET: &str = "my-new-bucket";

fn main() -> Result<(), Box<dyn Error>> {
    let key = env::args().nth(1).ok_or("usage: restore_a_version KEY [VERSION_ID]")?;
    let client = Client::from_env()?;

    if let Some(id) = env::args().nth(2) {
        let version = CopyOptions::new().object(CopyObjectOptions::new().source_version_id(id));
        client.copy_with((BUCKET, &key), (BUCKET, &key), &version)?;
        return Ok(());
    }
    for version in client.list_object_versions_with(BUCKET, &ListOptions::new().prefix(&key)) {
        let version = version?;
        if version.key != key {
            break; // the prefix also lists longer keys, after this one
        }
        let size = if version.is_delete_marker { "deleted".into() } else { version.size.to_string() };
        println!("{}\t{}\t{size}", version.version_id, version.last_modified);
    }
    Ok(())
}
