//! Lists the objects of a bucket as JSON, one per line, for tools such as jq:
//!
//!     cargo run --example list_as_json -- my-new-bucket photos/ | jq .key
//!
//! S3_ENDPOINT, AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY set the server and the credentials.

use std::env;
use std::error::Error;
use std::io::{self, Write as _};

use plain_s3::{Client, ListOptions};

fn main() -> Result<(), Box<dyn Error>> {
    let bucket = env::args().nth(1).ok_or("usage: list_as_json BUCKET [PREFIX]")?;
    let options = ListOptions::new().prefix(env::args().nth(2).unwrap_or_default());
    let client = Client::from_env()?;

    let mut out = io::BufWriter::new(io::stdout().lock());
    for object in client.list_objects_with(&bucket, &options) {
        let object = object?;
        let (key, modified) = (json(&object.key), json(&object.last_modified.to_string()));
        writeln!(out, "{{\"key\":{key},\"size\":{},\"lastModified\":{modified}}}", object.size)?;
    }
    out.flush()?;
    Ok(())
}

/// Returns a text as a JSON string.
fn json(text: &str) -> String {
    let mut out = String::from("\"");
    for c in text.chars() {
        match c {
            '"' | '\\' => out.extend(['\\', c]),
            c if c < ' ' => out.push_str(&format!("\\u{:04x}", u32::from(c))),
            c => out.push(c),
        }
    }
    out + "\""
}
