//! The measured client, which uses plain-s3; see `plain_s3_benches::client` for the environment.

use std::env;
use std::error::Error;
use std::fs::{self, File};
use std::time::Duration;

use plain_s3::{ListApi, ListOptions};
use plain_s3_benches::{BUCKET, KEYS, KEYS_PER_PAGE, LARGE, SMALL, SMALL_SIZE, client, memory, report};

const USAGE: &str = "usage: plain COMMAND [ARGUMENT]
  download FILE             downloads the large object to a file and checks its MD5
  download-unchecked FILE   the same, but checks only the length
  put FILE                  uploads a file with one PUT, without MD5
  upload FILE               uploads a file in parts, each with its MD5
  get COUNT                 gets the small object COUNT times
  put-small COUNT           puts the small object COUNT times
  list [v1]                 lists all keys
  pages COUNT               lists the first COUNT pages
  sign COUNT                presigns COUNT URLs, without a request
  idle                      prints the memory of a client after each of several calls";

fn main() -> Result<(), Box<dyn Error>> {
    let args: Vec<String> = env::args().skip(1).collect();
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    match args[..] {
        ["download", file] => {
            client(true)?.download_file(BUCKET, LARGE, file)?;
        }
        ["download-unchecked", file] => {
            client(false)?.download_file(BUCKET, LARGE, file)?;
        }
        ["put", file] => {
            client(false)?.put_object(BUCKET, LARGE, File::open(file)?)?;
        }
        ["upload", file] => {
            client(true)?.upload_file(BUCKET, LARGE, file)?;
        }
        ["get", count] => {
            let client = client(true)?;
            for _ in 0..count.parse()? {
                assert_eq!(client.get_object(BUCKET, SMALL)?.bytes()?.len(), SMALL_SIZE);
            }
        }
        ["put-small", count] => {
            let client = client(true)?;
            let content = [7; SMALL_SIZE];
            for _ in 0..count.parse()? {
                client.put_object(BUCKET, SMALL, &content)?;
            }
        }
        ["list"] => list(ListApi::V2)?,
        ["list", "v1"] => list(ListApi::V1)?,
        ["pages", count] => {
            let keys = count.parse::<usize>()? * KEYS_PER_PAGE;
            for object in client(true)?.list_objects(BUCKET).take(keys) {
                assert!(object?.size > 0);
            }
        }
        ["sign", count] => {
            let client = client(true)?;
            for _ in 0..count.parse()? {
                client.presign_get_object(BUCKET, SMALL, Duration::from_secs(3600))?;
            }
        }
        ["idle"] => return idle(),
        _ => return Err(USAGE.into()),
    }
    report();
    Ok(())
}

fn list(api: ListApi) -> Result<(), Box<dyn Error>> {
    let options = ListOptions::new().api(api);
    let mut count = 0;
    for object in client(true)?.list_objects_with(BUCKET, &options) {
        let object = object?;
        assert!(object.size > 0 && object.e_tag.is_some());
        count += 1;
    }
    assert_eq!(count, KEYS);
    Ok(())
}

/// Prints the resident memory in KiB after each step. The clients are kept, with idle connections.
fn idle() -> Result<(), Box<dyn Error>> {
    let report = |step: &str| println!("{step}: {} KiB", memory("VmRSS"));
    report("before the first client");
    let first = client(false)?;
    report("with a client");
    first.get_object(BUCKET, SMALL)?.bytes()?;
    report("after a 1 KiB GET, with an idle connection");
    let file = env::temp_dir().join(format!("plain-s3-bench-{}", std::process::id()));
    let downloaded = first.download_file(BUCKET, LARGE, &file);
    fs::remove_file(&file)?;
    downloaded?;
    report("after the large download, with an idle connection");
    println!("peak so far: {} KiB", memory("VmHWM"));
    let mut others = Vec::new();
    for _ in 0..100 {
        let client = client(false)?;
        client.get_object(BUCKET, SMALL)?.bytes()?;
        others.push(client);
    }
    report("with 100 more clients, each with an idle connection after a 1 KiB GET");
    Ok(())
}
