//! The measured client on plain-s3. Endpoint, keys and region come from the environment, as
//! `Config::from_env` reads them; `BENCH_CA` is the file of the authority to trust.

use std::env;
use std::error::Error;
use std::fs::{self, File};

use plain_s3::{Client, Config, ListApi, ListOptions};
use plain_s3_benches::{BUCKET, KEYS, LARGE, SMALL, SMALL_SIZE, memory, report};

const USAGE: &str = "usage: plain COMMAND [ARGUMENT]
  download FILE             the large object to a file, checked by its MD5
  download-unchecked FILE   the same, only its length checked
  put FILE                  one PUT, without MD5
  upload FILE               in parts, each with its MD5
  get COUNT                 the small object, so many times
  put-small COUNT           the same the other way
  list [v1]                 all keys
  idle                      what a client holds in memory after each of several calls";

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
        ["idle"] => return idle(),
        _ => return Err(USAGE.into()),
    }
    report();
    Ok(())
}

fn client(check_md5: bool) -> Result<Client, Box<dyn Error>> {
    let mut config = Config::from_env()?;
    if !check_md5 {
        config = config.skip_md5_check();
    }
    if let Ok(ca) = env::var("BENCH_CA") {
        config = config.ca_pem(fs::read(ca)?);
    }
    Ok(Client::new(config)?)
}

fn list(version: ListApi) -> Result<(), Box<dyn Error>> {
    let options = ListOptions::new().api(version);
    let mut seen = 0;
    for object in client(true)?.list_objects_with(BUCKET, &options) {
        let object = object?;
        assert!(object.size > 0 && object.e_tag.is_some());
        seen += 1;
    }
    assert_eq!(seen, KEYS);
    Ok(())
}

/// Prints the resident memory in KiB at each step. The clients stay, with their connections idle.
fn idle() -> Result<(), Box<dyn Error>> {
    let tell = |what: &str| println!("{what}: {} KiB", memory("VmRSS"));
    tell("the program, before it has a client");
    let first = client(false)?;
    tell("with a client");
    first.get_object(BUCKET, SMALL)?.bytes()?;
    tell("after a 1 KiB GET, its connection idle");
    let file = env::temp_dir().join(format!("plain-s3-bench-{}", std::process::id()));
    let downloaded = first.download_file(BUCKET, LARGE, &file);
    fs::remove_file(&file)?;
    downloaded?;
    tell("after the large download, its connection idle");
    println!("at the most until now: {} KiB", memory("VmHWM"));
    let mut more = Vec::new();
    for _ in 0..100 {
        let client = client(false)?;
        client.get_object(BUCKET, SMALL)?.bytes()?;
        more.push(client);
    }
    tell("with 100 more clients, each with an idle connection after a 1 KiB GET");
    Ok(())
}
