//! Adds a line to an object that other programs change, too, without losing a change of theirs:
//!
//!     cargo run --example update_an_object -- "the backup is complete"
//!
//! The object is stored only if it is still the one that was read; otherwise it is read again. That works if the
//! server honours `If-Match` and `If-None-Match: *` for uploads, which not all do. S3_ENDPOINT, AWS_ACCESS_KEY_ID and
//! AWS_SECRET_ACCESS_KEY set the server and the credentials.

use std::error::Error;
use std::time::Duration;
use std::{env, thread};

use plain_s3::{Client, PutObjectOptions};

const BUCKET: &str = "my-new-bucket";
const KEY: &str = "journal.txt";

fn main() -> Result<(), Box<dyn Error>> {
    let line = env::args().nth(1).ok_or("usage: update_an_object LINE")?;
    let client = Client::from_env()?;

    // bounded, because some servers reject every condition
    for attempt in 1..=20 {
        let (mut text, unchanged) = match client.get_object(BUCKET, KEY) {
            Ok(object) => {
                let e_tag = object.metadata.e_tag.clone().ok_or("the server returned no ETag")?;
                (object.text()?, PutObjectOptions::new().if_match(e_tag))
            }
            Err(error) if error.is_not_found() => (String::new(), PutObjectOptions::new().if_none_exists()),
            Err(error) => return Err(error.into()),
        };
        text += &format!("{line}\n");
        match client.put_object_with(BUCKET, KEY, text, &unchanged) {
            Err(error) if error.is_precondition_failed() => {}
            stored => {
                stored?;
                println!("stored at attempt {attempt}");
                return Ok(());
            }
        }
        thread::sleep(Duration::from_millis(50 * attempt));
    }
    Err("the object has changed each time".into())
}
