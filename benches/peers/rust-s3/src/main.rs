//! rust-s3 with its feature `sync`.

use std::fs::File;

use peer_common::{BUCKET, Command, KEYS, LARGE, Result, SMALL, SMALL_SIZE, Settings};
use s3::creds::Credentials;
use s3::{Bucket, Region};

fn main() -> Result<()> {
    let settings = Settings::from_env()?;
    let region = Region::Custom { region: settings.region, endpoint: settings.endpoint };
    let credentials =
        Credentials::new(Some(&settings.access_key), Some(&settings.secret_key), None, None, None)?;
    let bucket = Bucket::new(BUCKET, region, credentials)?.with_path_style();
    match Command::from_args()? {
        Command::Download(file) => {
            assert_eq!(bucket.get_object_to_writer(LARGE, &mut File::create(file)?)?, 200);
        }
        Command::Upload(file) => {
            assert_eq!(bucket.put_object_stream(&mut File::open(file)?, LARGE)?, 200);
        }
        Command::Get(count) => {
            for _ in 0..count {
                assert_eq!(bucket.get_object(SMALL)?.bytes().len(), SMALL_SIZE);
            }
        }
        Command::PutSmall(count) => {
            for _ in 0..count {
                assert_eq!(bucket.put_object(SMALL, &[7; SMALL_SIZE])?.status_code(), 200);
            }
        }
        Command::List => {
            let pages = bucket.list(String::new(), None)?;
            let objects = || pages.iter().flat_map(|page| &page.contents);
            assert!(objects().all(|object| object.size > 0 && object.e_tag.is_some()));
            assert_eq!(objects().count(), KEYS);
        }
    }
    Ok(())
}
