//! Uses credentials that expire, and fetches new ones in time by running a program:
//!
//!     cargo run --example temporary_credentials -- ./print-credentials
//!
//! The program prints four lines: access key, secret key, session token (may be empty) and lifetime in seconds.
//! S3_ENDPOINT sets the server.

use std::env;
use std::error::Error;
use std::process::Command;
use std::time::{Duration, SystemTime};

use plain_s3::{Client, Config, Credentials};

fn main() -> Result<(), Box<dyn Error>> {
    let program = env::args().nth(1).ok_or("usage: temporary_credentials PROGRAM")?;
    let mut config = Config::new(env::var("S3_ENDPOINT")?);
    if let Ok(region) = env::var("AWS_REGION") {
        config = config.region(region);
    }
    // called before the first request, and again five minutes before the credentials expire
    let client = Client::new(config.credentials_provider(move || fetch(&program)))?;
    for object in client.list_objects("my-new-bucket") {
        println!("{}", object?.key);
    }
    Ok(())
}

fn fetch(program: &str) -> Result<Credentials, Box<dyn Error + Send + Sync>> {
    let output = Command::new(program).output()?;
    if !output.status.success() {
        return Err(format!("{program} failed: {}", output.status).into());
    }
    let text = String::from_utf8(output.stdout)?;
    let [access_key, secret_key, token, lifetime] = text.lines().collect::<Vec<_>>()[..] else {
        return Err(format!("{program} did not print four lines").into());
    };
    let credentials = Credentials::new(access_key, secret_key);
    let credentials = if token.is_empty() { credentials } else { credentials.session_token(token) };
    Ok(credentials.expires_at(SystemTime::now() + Duration::from_secs(lifetime.parse()?)))
}
