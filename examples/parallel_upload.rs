//! Uploads a large file with four threads, each of which uploads every fourth part:
//!
//!     cargo run --example parallel_upload -- disk.img
//!
//! S3_ENDPOINT, AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY set the server and the credentials.

use std::error::Error;
use std::fs::File;
use std::io::{Read as _, Seek as _, SeekFrom};
use std::{env, thread};

use plain_s3::{Client, CompletedPart};

const BUCKET: &str = "my-new-bucket";
const KEY: &str = "disk.img";
const PART_SIZE: u64 = 16 << 20;
const THREADS: u64 = 4;

type Parts = Result<Vec<CompletedPart>, Box<dyn Error + Send + Sync>>;

fn main() -> Result<(), Box<dyn Error + Send + Sync>> {
    let path = &env::args().nth(1).ok_or("usage: parallel_upload FILE")?;
    let client = &Client::from_env()?;
    let parts = File::open(path)?.metadata()?.len().div_ceil(PART_SIZE).max(1);

    let id = &client.create_multipart_upload(BUCKET, KEY)?;
    let uploaded: Parts = thread::scope(|scope| {
        let numbers = |first| (first..parts).step_by(THREADS as usize);
        let start = |first| scope.spawn(move || upload_parts(client, id, path, numbers(first)));
        let threads: Vec<_> = (0..THREADS).map(start).collect();
        let results = threads.into_iter().map(|thread| thread.join().expect("no thread panics"));
        Ok(results.collect::<Result<Vec<_>, _>>()?.concat())
    });
    let mut parts = match uploaded {
        Ok(parts) => parts,
        Err(error) => {
            // otherwise the parts would use space, although no listing of objects shows them
            client.abort_multipart_upload(BUCKET, KEY, id)?;
            return Err(error);
        }
    };
    parts.sort_by_key(|part| part.part_number);
    client.complete_multipart_upload(BUCKET, KEY, id, &parts)?;
    println!("{} parts", parts.len());
    Ok(())
}

fn upload_parts(client: &Client, id: &str, path: &str, numbers: impl Iterator<Item = u64>) -> Parts {
    let mut file = File::open(path)?;
    let upload = |number| {
        let mut content = Vec::new();
        file.seek(SeekFrom::Start(number * PART_SIZE))?;
        (&file).take(PART_SIZE).read_to_end(&mut content)?;
        Ok(client.upload_part(BUCKET, KEY, id, number as u32 + 1, content)?)
    };
    numbers.map(upload).collect()
}
