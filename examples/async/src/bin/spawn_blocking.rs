//! Calls the client from async code: uploads several objects at once in the thread pool of tokio.
//!
//!     cargo run -p plain-s3-async-examples --bin spawn_blocking
//!
//! A call blocks its thread until it is done, so it must not run on a thread of the runtime itself. S3_ENDPOINT,
//! AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY set the server and the credentials.

use std::error::Error;

use plain_s3::Client;
use tokio::task::{self, JoinSet};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    // creating a client may read files; clones share its connections
    let client = task::spawn_blocking(Client::from_env).await??;

    let mut uploads = JoinSet::new();
    for number in 1..=5 {
        let client = client.clone();
        uploads.spawn_blocking(move || {
            let key = format!("async/{number}.txt");
            client.put_object("my-new-bucket", &key, format!("number {number}")).map(|_| key)
        });
    }
    let mut keys = Vec::new();
    while let Some(stored) = uploads.join_next().await {
        keys.push(stored??);
    }
    keys.sort();
    println!("{}", keys.join("\n"));
    Ok(())
}
