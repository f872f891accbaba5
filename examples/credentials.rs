//! Prints the access key that `Config::load` finds, where it was found, and the endpoint and the region; or the error.
//!
//! Sends only the requests that are needed to get the credentials.

use plain_s3::{Client, Config, Method, RawRequest, RequestSigner};

fn main() {
    if let Err(error) = run() {
        eprintln!("error: {error}");
        std::process::exit(1);
    }
}

fn run() -> plain_s3::Result<()> {
    let config = Config::load()?;
    let client = Client::new(config.clone())?;
    let signed = RequestSigner::new(&config)?.sign(&RawRequest::new(Method::Get))?;
    let header = |name: &str| signed.headers.iter().find(|(n, _)| n == name).map(|(_, value)| value.as_str());
    let authorization = header("authorization").unwrap_or_default();
    let key = match authorization.split_once("Credential=") {
        Some((_, scope)) => scope.split('/').next().unwrap_or_default(),
        None => authorization.trim_start_matches("AWS ").split(':').next().unwrap_or_default(),
    };
    println!("access key: {key}");
    println!("session token: {}", if header("x-amz-security-token").is_some() { "yes" } else { "no" });
    println!("{client:?}");
    Ok(())
}
