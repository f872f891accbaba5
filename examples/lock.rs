//! Runs a program while it holds a lock that all machines with access to the bucket share:
//!
//!     cargo run --example lock -- nightly-report ./report.sh
//!
//! The lock is an object that is stored only if it does not exist yet. That works if the server honours
//! `If-None-Match: *`, which not all do. After a crash, the object remains; delete it to release the lock.
//! S3_ENDPOINT, AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY set the server and the credentials.

use std::error::Error;
use std::process::{Command, ExitCode};
use std::{env, process};

use plain_s3::{Client, PutObjectOptions};

const BUCKET: &str = "my-new-bucket";

fn main() -> Result<ExitCode, Box<dyn Error>> {
    let args: Vec<String> = env::args().skip(1).collect();
    let [name, program, args @ ..] = &args[..] else {
        return Err("usage: lock NAME PROGRAM [ARGS...]".into());
    };
    let client = Client::from_env()?;

    let key = format!("locks/{name}");
    let owner = format!("process {} on {}", process::id(), env::var("HOSTNAME").unwrap_or_default());
    match client.put_object_with(BUCKET, &key, owner.as_str(), &PutObjectOptions::new().if_none_exists()) {
        Err(error) if error.is_precondition_failed() => {
            let holder = client.get_object(BUCKET, &key)?.text()?;
            eprintln!("{name} is locked by {holder}");
            return Ok(ExitCode::FAILURE);
        }
        stored => stored?,
    };
    let status = Command::new(program).args(args).status();
    client.delete_object(BUCKET, &key)?;
    Ok(if status?.success() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
