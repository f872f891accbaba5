//! The index of all buckets, objects and multipart uploads.
//!
//! s3s-fs stores bodies and headers as files. It would use the key of an object as its path, so that
//! `a` next to `a/b`, `..`, `a//b` and long keys would fail. Therefore each body gets a unique file
//! name, and this index maps the keys to the file names. This also makes replacing an object atomic.
//! The index is only in memory: the storage does not outlive the process.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use s3s::dto::{ETag, Timestamp};
use s3s::{S3Result, s3_error};

use crate::acl::Acl;

#[derive(Clone)]
pub struct Object {
    /// The file name of the body in s3s-fs.
    pub file_name: String,
    pub size: u64,
    pub etag: ETag,
    pub modified: Timestamp,
    pub owner: String,
    pub acl: Acl,
}

#[derive(Clone)]
pub struct Part {
    pub size: u64,
    pub etag: ETag,
    pub modified: Timestamp,
}

#[derive(Clone)]
pub struct Upload {
    /// The file name that the body of the completed object will have in s3s-fs.
    pub file_name: String,
    pub initiated: Timestamp,
    pub owner: String,
    pub acl: Acl,
    pub parts: BTreeMap<i32, Part>,
}

pub struct Bucket {
    pub owner: String,
    pub acl: Acl,
    pub created: Timestamp,
    pub region: Option<String>,
    /// The objects by key. `String` is ordered by its UTF-8 bytes, which is the order of a listing.
    pub objects: BTreeMap<String, Object>,
    /// The multipart uploads by key and upload ID.
    pub uploads: BTreeMap<(String, String), Upload>,
}

#[derive(Default)]
pub struct Index {
    pub buckets: BTreeMap<String, Bucket>,
}

impl Index {
    pub fn bucket(&self, name: &str) -> S3Result<&Bucket> {
        self.buckets.get(name).ok_or_else(no_such_bucket)
    }

    pub fn bucket_mut(&mut self, name: &str) -> S3Result<&mut Bucket> {
        self.buckets.get_mut(name).ok_or_else(no_such_bucket)
    }

    pub fn object(&self, bucket: &str, key: &str) -> S3Result<&Object> {
        self.bucket(bucket)?.objects.get(key).ok_or_else(no_such_key)
    }

    pub fn upload(&self, bucket: &str, key: &str, id: &str) -> S3Result<&Upload> {
        let uploads = &self.bucket(bucket)?.uploads;
        uploads.get(&(key.to_owned(), id.to_owned())).ok_or_else(no_such_upload)
    }

    pub fn upload_mut(&mut self, bucket: &str, key: &str, id: &str) -> S3Result<&mut Upload> {
        let uploads = &mut self.bucket_mut(bucket)?.uploads;
        uploads.get_mut(&(key.to_owned(), id.to_owned())).ok_or_else(no_such_upload)
    }

    /// Removes an upload from the index and returns it.
    pub fn take_upload(&mut self, bucket: &str, key: &str, id: &str) -> S3Result<Upload> {
        let uploads = &mut self.bucket_mut(bucket)?.uploads;
        uploads.remove(&(key.to_owned(), id.to_owned())).ok_or_else(no_such_upload)
    }
}

fn no_such_bucket() -> s3s::S3Error {
    s3_error!(NoSuchBucket, "The bucket does not exist")
}

pub fn no_such_key() -> s3s::S3Error {
    s3_error!(NoSuchKey, "The key does not exist")
}

fn no_such_upload() -> s3s::S3Error {
    s3_error!(NoSuchUpload, "The upload does not exist; it may have been completed or aborted")
}

/// The index, shared by the operations and the access check.
#[derive(Clone, Default)]
pub struct SharedIndex(Arc<Mutex<Index>>);

impl SharedIndex {
    pub fn lock(&self) -> MutexGuard<'_, Index> {
        // No change to the index can panic halfway, so a poisoned lock is still consistent.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Returns the current time in whole seconds. `Last-Modified` is not more precise, and clients send
/// it back in `If-Modified-Since`.
pub fn now() -> Timestamp {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Timestamp::from(UNIX_EPOCH + Duration::from_secs(since.as_secs()))
}
