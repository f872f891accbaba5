//! aws-sdk-s3 on a runtime with one thread.

use std::fs::File;
use std::io::Write as _;

use aws_sdk_s3::Client;
use aws_sdk_s3::config::{BehaviorVersion, Config, Credentials, Region};
use aws_sdk_s3::primitives::ByteStream;
use peer_common::{BUCKET, Command, KEYS, LARGE, Result, SMALL, SMALL_SIZE, Settings};

fn main() -> Result<()> {
    tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(run())
}

async fn run() -> Result<()> {
    let settings = Settings::from_env()?;
    let credentials = Credentials::new(settings.access_key, settings.secret_key, None, None, "environment");
    let config = Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .endpoint_url(settings.endpoint)
        .force_path_style(true)
        .region(Region::new(settings.region))
        .credentials_provider(credentials)
        .build();
    let client = Client::from_conf(config);
    match Command::from_args()? {
        Command::Download(file) => {
            let mut file = File::create(file)?;
            let mut content = client.get_object().bucket(BUCKET).key(LARGE).send().await?.body;
            while let Some(bytes) = content.try_next().await? {
                file.write_all(&bytes)?;
            }
        }
        Command::Upload(file) => {
            let content = ByteStream::from_path(file).await?;
            client.put_object().bucket(BUCKET).key(LARGE).body(content).send().await?;
        }
        Command::Get(count) => {
            for _ in 0..count {
                let object = client.get_object().bucket(BUCKET).key(SMALL).send().await?;
                assert_eq!(object.body.collect().await?.into_bytes().len(), SMALL_SIZE);
            }
        }
        Command::PutSmall(count) => {
            for _ in 0..count {
                let content = ByteStream::from(vec![7; SMALL_SIZE]);
                client.put_object().bucket(BUCKET).key(SMALL).body(content).send().await?;
            }
        }
        Command::List => {
            let mut keys = 0;
            let mut pages = client.list_objects_v2().bucket(BUCKET).into_paginator().send();
            while let Some(page) = pages.next().await {
                let page = page?;
                assert!(page.contents().iter().all(|o| o.size() > Some(0) && o.e_tag().is_some()));
                keys += page.contents().len();
            }
            assert_eq!(keys, KEYS);
        }
    }
    Ok(())
}
