//! Reads the objects of a bucket with plain-s3 and with ureq, in a program that enables the features of ureq.
//!
//!     plain-s3-ureq-features ENDPOINT FOLDER KEY...
//!
//! Leaves what was read of each object in the folder: with `get_object` in KEY.get, with `download_file` in
//! KEY.file, and with ureq in KEY.ureq. Prints the headers that plain-s3 returned.

use std::error::Error;
use std::fs;
use std::path::Path;

use plain_s3::{Client, Config, Credentials, Method, RawRequest};

fn main() -> Result<(), Box<dyn Error>> {
    let mut args = std::env::args().skip(1);
    let endpoint = args.next().ok_or("no endpoint")?;
    let folder = args.next().ok_or("no folder")?;
    let folder = Path::new(&folder);
    let config = Config::new(&endpoint).credentials(Credentials::new("access", "secret"));
    let client = Client::new(config)?;
    for key in args {
        fs::write(folder.join(format!("{key}.get")), client.get_object("b", &key)?.bytes()?)?;
        client.download_file("b", &key, folder.join(format!("{key}.file")))?;
        let mut response = ureq::get(format!("{endpoint}/b/{key}")).call()?;
        fs::write(folder.join(format!("{key}.ureq")), response.body_mut().read_to_vec()?)?;
        let raw = client.send_raw(&RawRequest::new(Method::Get).bucket("b").key(&key), "")?;
        for name in ["content-encoding", "content-type", "content-length"] {
            println!("{key} {name}: {}", raw.header(name).unwrap_or("-"));
        }
    }
    Ok(())
}
