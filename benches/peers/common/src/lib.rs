//! The command line, the environment and the objects that all programs share. They are those of benches/clients.

use std::env;
use std::error::Error;

pub const BUCKET: &str = "bucket";
pub const LARGE: &str = "large";
pub const SMALL: &str = "small";
pub const SMALL_SIZE: usize = 1024;
pub const KEYS: usize = 100_000;

const USAGE: &str = "usage: PEER COMMAND [ARGUMENT]
  download FILE     downloads the large object to a file
  upload FILE       uploads a file
  get COUNT         gets the small object COUNT times
  put-small COUNT   puts the small object COUNT times
  list              lists all keys";

pub type Result<T> = std::result::Result<T, Box<dyn Error>>;

pub enum Command {
    Download(String),
    Upload(String),
    Get(usize),
    PutSmall(usize),
    List,
}

pub struct Settings {
    pub endpoint: String,
    pub region: String,
    pub access_key: String,
    pub secret_key: String,
    /// The PEM file of the certificate authority to trust, for clients that do not read `SSL_CERT_FILE`.
    pub ca: Option<String>,
}

impl Settings {
    pub fn from_env() -> Result<Self> {
        Ok(Self {
            endpoint: env::var("S3_ENDPOINT")?,
            region: env::var("AWS_REGION")?,
            access_key: env::var("AWS_ACCESS_KEY_ID")?,
            secret_key: env::var("AWS_SECRET_ACCESS_KEY")?,
            ca: env::var("BENCH_CA").ok(),
        })
    }
}

impl Command {
    pub fn from_args() -> Result<Self> {
        let args: Vec<String> = env::args().skip(1).collect();
        let args: Vec<&str> = args.iter().map(String::as_str).collect();
        Ok(match args[..] {
            ["download", file] => Self::Download(file.to_owned()),
            ["upload", file] => Self::Upload(file.to_owned()),
            ["get", count] => Self::Get(count.parse()?),
            ["put-small", count] => Self::PutSmall(count.parse()?),
            ["list"] => Self::List,
            _ => return Err(USAGE.into()),
        })
    }
}
