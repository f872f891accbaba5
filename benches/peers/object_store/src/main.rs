//! object_store on a runtime with one thread.

use std::fs::File;
use std::io::{Read as _, Write as _};

use futures_util::TryStreamExt as _;
use object_store::aws::AmazonS3Builder;
use object_store::path::Path;
use object_store::{ObjectStore as _, ObjectStoreExt as _, WriteMultipart};
use peer_common::{BUCKET, Command, KEYS, LARGE, Result, SMALL, SMALL_SIZE, Settings};

/// The parts that are sent at the same time, as many as by default in `object_store::buffered::BufWriter`.
const CONCURRENCY: usize = 8;

fn main() -> Result<()> {
    tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(run())
}

async fn run() -> Result<()> {
    let settings = Settings::from_env()?;
    let store = AmazonS3Builder::new()
        .with_endpoint(settings.endpoint)
        .with_allow_http(true)
        .with_bucket_name(BUCKET)
        .with_region(settings.region)
        .with_access_key_id(settings.access_key)
        .with_secret_access_key(settings.secret_key)
        .build()?;
    match Command::from_args()? {
        Command::Download(file) => {
            let mut file = File::create(file)?;
            let mut content = store.get(&Path::from(LARGE)).await?.into_stream();
            while let Some(bytes) = content.try_next().await? {
                file.write_all(&bytes)?;
            }
        }
        Command::Upload(file) => {
            let mut file = File::open(file)?;
            let mut upload = WriteMultipart::new(store.put_multipart(&Path::from(LARGE)).await?);
            let mut buffer = vec![0; 1 << 20];
            loop {
                upload.wait_for_capacity(CONCURRENCY).await?;
                match file.read(&mut buffer)? {
                    0 => break,
                    n => upload.write(&buffer[..n]),
                }
            }
            upload.finish().await?;
        }
        Command::Get(count) => {
            for _ in 0..count {
                assert_eq!(store.get(&Path::from(SMALL)).await?.bytes().await?.len(), SMALL_SIZE);
            }
        }
        Command::PutSmall(count) => {
            for _ in 0..count {
                store.put(&Path::from(SMALL), vec![7; SMALL_SIZE].into()).await?;
            }
        }
        Command::List => {
            let mut keys = 0;
            let mut objects = store.list(None);
            while let Some(object) = objects.try_next().await? {
                assert!(object.size > 0 && object.e_tag.is_some());
                keys += 1;
            }
            assert_eq!(keys, KEYS);
        }
    }
    Ok(())
}
