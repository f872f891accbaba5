//! What is stored: buckets, objects, and uploads under way.
//!
//! s3s-fs keeps bodies and headers, as files. It would use the object's key as a path, so that
//! `a` beside `a/b`, `..`, `a//b` or a long key fail. Here every body gets a file name of its own
//! (`stored`), and this index maps the keys to it. That also makes replacing an object atomic.
//! The index is in memory only: the storage does not outlive the process.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use s3s::dto::{ETag, Timestamp};
use s3s::{S3Result, s3_error};

use crate::acl::Acl;

#[derive(Clone)]
pub struct Object {
    pub stored: String,
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
    pub stored: String,
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
    /// A `String` is ordered by its UTF-8 bytes, as a listing must be.
    pub objects: BTreeMap<String, Object>,
    /// By key and upload id.
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

/// Shared by the operations and the access check.
#[derive(Clone, Default)]
pub struct SharedIndex(Arc<Mutex<Index>>);

impl SharedIndex {
    pub fn lock(&self) -> MutexGuard<'_, Index> {
        // No change to the index can panic halfway, so a poisoned lock is still good.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Now, in whole seconds as S3 has them. `Last-Modified` carries no more, and a client sends it
/// back in `If-Modified-Since`.
pub fn now() -> Timestamp {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Timestamp::from(UNIX_EPOCH + Duration::from_secs(since.as_secs()))
}
