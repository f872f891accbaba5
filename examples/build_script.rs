//! A `build.rs` that fetches an asset whose SHA-256 is pinned in the source:
//!
//!     cargo run --example build_script
//!
//! If the asset is already there, nothing is requested, so the package can be built offline. S3_ENDPOINT,
//! AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY set the server and the credentials. The build dependencies are
//! plain-s3 and sha2.

use std::error::Error;
use std::path::{Path, PathBuf};
use std::{env, fs, io};

use plain_s3::Client;
use sha2::{Digest as _, Sha256};

const BUCKET: &str = "my-new-bucket";
const KEY: &str = "models/words.bin";
const SHA256: &str = "7f83b1657ff1fc53b92dc18148a1d65dfc2d4b1fa3d677284addd200126d9069";

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed=build.rs");
    let folder = PathBuf::from(env::var_os("OUT_DIR").unwrap_or(".".into()));
    let asset = folder.join("words.bin");
    if !asset.exists() || sha256(&asset)? != SHA256 {
        // under another name until it is verified
        let download = folder.join("words.bin.download");
        Client::from_env()?.download_file(BUCKET, KEY, &download)?;
        let found = sha256(&download)?;
        if found != SHA256 {
            fs::remove_file(&download)?;
            return Err(format!("{BUCKET}/{KEY} has the SHA-256 {found} instead of {SHA256}").into());
        }
        fs::rename(download, &asset)?;
    }
    println!("cargo::rustc-env=WORDS={}", asset.display());
    Ok(())
}

/// Returns the SHA-256 of a file in hexadecimal digits.
fn sha256(path: &Path) -> io::Result<String> {
    let mut file = fs::File::open(path)?;
    let mut hasher = Sha256::new();
    let mut buffer = vec![0; 64 << 10];
    loop {
        match io::Read::read(&mut file, &mut buffer)? {
            0 => return Ok(hasher.finalize().iter().map(|byte| format!("{byte:02x}")).collect()),
            n => hasher.update(&buffer[..n]),
        }
    }
}
