//! The commands of `benches/run growth`, which measures how the cost of plain-s3 grows.

use std::env;
use std::error::Error;
use std::thread;

use plain_s3_benches::{BUCKET, LONG_BUCKET, SMALL, SMALL_SIZE, client, report};

const USAGE: &str = "usage: growth COMMAND ARGUMENTS
  download KEY FILE COUNT   downloads an object COUNT times
  upload FILE COUNT         uploads a file COUNT times
  list COUNT                lists the first COUNT keys of the long bucket
  threads N COUNT           gets the small object COUNT times in each of N threads, with one client";

fn main() -> Result<(), Box<dyn Error>> {
    let args: Vec<String> = env::args().skip(1).collect();
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    let client = client(true)?;
    match args[..] {
        ["download", key, file, count] => {
            for _ in 0..count.parse()? {
                client.download_file(BUCKET, key, file)?;
            }
        }
        ["upload", file, count] => {
            for _ in 0..count.parse()? {
                client.upload_file(BUCKET, "uploaded", file)?;
            }
        }
        ["list", count] => {
            let count = count.parse()?;
            let mut listed = 0;
            for object in client.list_objects(LONG_BUCKET).take(count) {
                listed += usize::from(object?.size > 0);
            }
            assert_eq!(listed, count);
        }
        ["threads", threads, count] => {
            let (threads, count) = (threads.parse::<usize>()?, count.parse::<usize>()?);
            let get = || {
                (0..count).try_for_each(|_| {
                    let object = client.get_object(BUCKET, SMALL)?.bytes()?;
                    assert_eq!(object.len(), SMALL_SIZE);
                    Ok::<_, plain_s3::Error>(())
                })
            };
            thread::scope(|scope| {
                let running: Vec<_> = (0..threads).map(|_| scope.spawn(get)).collect();
                running.into_iter().try_for_each(|thread| thread.join().expect("no thread panics"))
            })?;
        }
        _ => return Err(USAGE.into()),
    }
    report();
    Ok(())
}
