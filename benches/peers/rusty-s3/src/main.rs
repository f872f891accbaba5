//! rusty-s3 signs URLs and parses responses, and ureq sends the requests.

use std::fs::{self, File};
use std::io;
use std::time::Duration;

use peer_common::{BUCKET, Command, KEYS, LARGE, Result, SMALL, SMALL_SIZE, Settings};
use rusty_s3::actions::ListObjectsV2;
use rusty_s3::{Bucket, Credentials, S3Action as _, UrlStyle};
use ureq::Agent;
use ureq::tls::{Certificate, RootCerts, TlsConfig};

const LIFETIME: Duration = Duration::from_secs(3600);

fn main() -> Result<()> {
    let settings = Settings::from_env()?;
    let bucket = Bucket::new(settings.endpoint.parse()?, UrlStyle::Path, BUCKET, settings.region)?;
    let credentials = Credentials::new(settings.access_key, settings.secret_key);
    let agent = agent(settings.ca)?;
    match Command::from_args()? {
        Command::Download(file) => {
            let url = bucket.get_object(Some(&credentials), LARGE).sign(LIFETIME);
            let mut body = agent.get(url.as_str()).call()?.into_body().into_reader();
            io::copy(&mut body, &mut File::create(file)?)?;
        }
        Command::Upload(file) => {
            let url = bucket.put_object(Some(&credentials), LARGE).sign(LIFETIME);
            agent.put(url.as_str()).send(File::open(file)?)?;
        }
        Command::Get(count) => {
            for _ in 0..count {
                let url = bucket.get_object(Some(&credentials), SMALL).sign(LIFETIME);
                let body = agent.get(url.as_str()).call()?.body_mut().read_to_vec()?;
                assert_eq!(body.len(), SMALL_SIZE);
            }
        }
        Command::PutSmall(count) => {
            for _ in 0..count {
                let url = bucket.put_object(Some(&credentials), SMALL).sign(LIFETIME);
                agent.put(url.as_str()).send(&[7; SMALL_SIZE])?.body_mut().read_to_vec()?;
            }
        }
        Command::List => {
            let mut keys = 0;
            let mut token = None;
            loop {
                let mut action = bucket.list_objects_v2(Some(&credentials));
                if let Some(token) = token.take() {
                    action.with_continuation_token(token);
                }
                let text = agent.get(action.sign(LIFETIME).as_str()).call()?.body_mut().read_to_string()?;
                let page = ListObjectsV2::parse_response(&text)?;
                assert!(page.contents.iter().all(|object| object.size > Some(0) && object.etag.is_some()));
                keys += page.contents.len();
                token = page.next_continuation_token;
                if token.is_none() {
                    break;
                }
            }
            assert_eq!(keys, KEYS);
        }
    }
    Ok(())
}

/// Creates an agent that trusts the certificate authority in a PEM file, if there is one.
fn agent(ca: Option<String>) -> Result<Agent> {
    let Some(ca) = ca else { return Ok(Agent::new_with_defaults()) };
    let roots = RootCerts::new_with_certs(&[Certificate::from_pem(&fs::read(ca)?)?]);
    let tls = TlsConfig::builder().root_certs(roots).build();
    Ok(Agent::config_builder().tls_config(tls).build().new_agent())
}
