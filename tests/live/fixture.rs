//! Buckets and folders that are deleted when their scenario ends, even if it fails.

use std::fs;
use std::ops::Deref;
use std::path::{Path, PathBuf};
use std::process;
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;
use std::time::{SystemTime, UNIX_EPOCH};

use plain_s3::Client;

use super::gaps;

/// Returns a name that no other run uses. It consists of letters, digits and `-`, which every server accepts.
pub(crate) fn unique_name() -> String {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let seconds = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
    format!("plain-s3-{seconds:x}-{:x}-{}", process::id(), COUNT.fetch_add(1, Ordering::Relaxed))
}

/// A bucket with a unique name. It dereferences to the name.
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

    /// Only chooses the name; the scenario creates the bucket.
    pub(crate) fn planned(client: &Client) -> Self {
        Self { client: client.clone(), name: unique_name() }
    }
}

impl TestBucket {
    /// Returns `true` if no object can be read: rclone lists keys that it has deleted or could not store.
    fn is_empty(&self) -> bool {
        let mut keys = self.client.list_objects(&self.name).map(|object| object.unwrap().key);
        keys.all(|key| self.client.get_object(&self.name, &key).is_err_and(|error| error.is_not_found()))
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
            // the scenario that verifies this gap reports it
            Err(error) if error.is_bucket_not_empty() && gaps::EMPTY_FOLDERS.is_gap() && self.is_empty() => {}
            Err(error) if !error.is_not_found() => {
                let message = format!("could not delete the bucket {}: {error}", self.name);
                // A panic while panicking would abort the process and hide the first failure.
                assert!(thread::panicking(), "{message}");
                println!("{message}");
            }
            _ => {}
        }
    }
}

/// A new folder in the temporary folder of the system.
pub(crate) struct TempDir(PathBuf);

impl TempDir {
    pub(crate) fn create() -> Self {
        let path = std::env::temp_dir().join(unique_name());
        fs::create_dir(&path).unwrap();
        Self(path)
    }

    /// Returns the names of all files in the folder.
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
        let _ = fs::remove_dir_all(&self.0); // if this fails, the system cleans up its temporary folder
    }
}
