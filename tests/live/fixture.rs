//! Buckets and folders that are removed when their scenario ends, also where it fails.

use std::fs;
use std::ops::Deref;
use std::path::{Path, PathBuf};
use std::process;
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;
use std::time::{SystemTime, UNIX_EPOCH};

use plain_s3::Client;

/// A name that no other run has: letters, digits and `-`, as every server takes them.
pub(crate) fn unique_name() -> String {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let seconds = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
    format!("plain-s3-{seconds:x}-{:x}-{}", process::id(), COUNT.fetch_add(1, Ordering::Relaxed))
}

/// A new bucket; it is used like its name.
pub(crate) struct TestBucket {
    client: Client,
    name: String,
}

impl TestBucket {
    pub(crate) fn create(client: &Client) -> Self {
        let bucket = Self::planned(client);
        client.create_bucket(&bucket).unwrap();
        bucket
    }

    /// Only the name: the scenario creates the bucket.
    pub(crate) fn planned(client: &Client) -> Self {
        Self { client: client.clone(), name: unique_name() }
    }
}

impl Deref for TestBucket {
    type Target = str;

    fn deref(&self) -> &str {
        &self.name
    }
}

impl Drop for TestBucket {
    fn drop(&mut self) {
        match self.client.force_delete_bucket(&self.name) {
            Err(error) if !error.is_not_found() => {
                let left = format!("the bucket {} is left behind: {error}", self.name);
                assert!(thread::panicking(), "{left}");
                println!("{left}");
            }
            _ => {}
        }
    }
}

/// A new folder in the system's temporary one.
pub(crate) struct TempDir(PathBuf);

impl TempDir {
    pub(crate) fn create() -> Self {
        let path = std::env::temp_dir().join(unique_name());
        fs::create_dir(&path).unwrap();
        Self(path)
    }

    /// The names of all files in it.
    pub(crate) fn files(&self) -> Vec<String> {
        let names = fs::read_dir(&self.0).unwrap();
        names.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
    }
}

impl Deref for TempDir {
    type Target = Path;

    fn deref(&self) -> &Path {
        &self.0
    }
}

impl Drop for TempDir {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0); // the system clears it otherwise
    }
}
