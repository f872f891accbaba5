//! A `build.rs` that fetches an asset whose SHA-256 is pinned in the source:
//!
//!     cargo run --example build_script
//!
//! If the asset is already there, nothing is requested, so the package can be built offline. S3_ENDPOINT,
//! AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY set the server and the credentials; `Config::anonymous` reads public
//! objects without credentials.

use std::env;
use std::path::PathBuf;

use plain_s3::{Client, DownloadOptions, GetObjectOptions};

const SHA256: &str = "7f83b1657ff1fc53b92dc18148a1d65dfc2d4b1fa3d677284addd200126d9069";

fn main() -> plain_s3::Result<()> {
    println!("cargo::rerun-if-changed=build.rs");
    let asset = PathBuf::from(env::var_os("OUT_DIR").unwrap_or(".".into())).join("words.bin");

    // other content is an error, and leaves the file as it was
    let object = GetObjectOptions::new().sha256(SHA256);
    let options = DownloadOptions::new().object(object).if_changed();
    Client::from_env()?.download_file_with("my-new-bucket", "models/words.bin", &asset, &options)?;
    println!("cargo::rustc-env=WORDS={}", asset.display());
    Ok(())
}
