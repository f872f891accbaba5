//! The same requests with ureq alone: without signatures, checksums and parsing.

use std::env;
use std::error::Error;
use std::fs::{self, File};
use std::io::{Read as _, Write as _};

use plain_s3_benches::{KEYS, KEYS_PER_PAGE, SMALL_SIZE, report};
use ureq::Agent;
use ureq::tls::{Certificate, RootCerts, TlsConfig};

const USAGE: &str = "usage: bare COMMAND URL [ARGUMENT]
  download URL FILE     downloads to a file, with buffers of 1 MiB
  put URL FILE          uploads a file with one PUT
  get URL COUNT         gets the small object COUNT times
  put-small URL COUNT   puts the small object COUNT times
  list URL              gets every page of the listing, without parsing it";

fn main() -> Result<(), Box<dyn Error>> {
    let args: Vec<String> = env::args().skip(1).collect();
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    match args[..] {
        ["download", url, file] => {
            let mut body = agent(1 << 20)?.get(url).call()?.into_body().into_reader();
            let mut file = File::create(file)?;
            let mut buffer = vec![0; 1 << 20];
            loop {
                match body.read(&mut buffer)? {
                    0 => break,
                    n => file.write_all(&buffer[..n])?,
                }
            }
        }
        ["put", url, file] => {
            agent(64 << 10)?.put(url).send(File::open(file)?)?;
        }
        ["get", url, count] => {
            let agent = agent(64 << 10)?;
            for _ in 0..count.parse()? {
                assert_eq!(agent.get(url).call()?.body_mut().read_to_vec()?.len(), SMALL_SIZE);
            }
        }
        ["put-small", url, count] => {
            let agent = agent(64 << 10)?;
            for _ in 0..count.parse()? {
                agent.put(url).send(&[7; SMALL_SIZE])?.body_mut().read_to_vec()?;
            }
        }
        ["list", url] => {
            let agent = agent(64 << 10)?;
            for first in (0..KEYS).step_by(KEYS_PER_PAGE) {
                let url = format!("{url}?list-type=2&continuation-token={}", first.saturating_sub(1));
                agent.get(&url).call()?.body_mut().read_to_vec()?;
            }
        }
        _ => return Err(USAGE.into()),
    }
    report();
    Ok(())
}

fn agent(input_buffer: usize) -> Result<Agent, Box<dyn Error>> {
    let mut config = Agent::config_builder().input_buffer_size(input_buffer).output_buffer_size(64 << 10);
    if let Ok(ca) = env::var("BENCH_CA") {
        let roots = RootCerts::new_with_certs(&[Certificate::from_pem(&fs::read(ca)?)?]);
        config = config.tls_config(TlsConfig::builder().root_certs(roots).build());
    }
    Ok(config.build().new_agent())
}
