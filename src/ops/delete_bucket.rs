//! DeleteBucket.

use crate::client::Client;
use crate::error::Result;
use crate::request::{Method, Request};

fn delete_bucket_request(bucket: &str) -> Request<'_> {
    Request::bucket("DeleteBucket", Method::Delete, bucket)
}

impl Client {
    /// Deletes a bucket, which must be empty.
    /// ([DeleteBucket](https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteBucket.html))
    ///
    /// [`force_delete_bucket`](Self::force_delete_bucket) deletes a bucket with all its contents.
    ///
    /// # Errors
    ///
    /// Fails with [`Server`](crate::ErrorKind::Server) if the bucket contains anything
    /// ([`is_bucket_not_empty`](crate::Error::is_bucket_not_empty)) or does not exist
    /// ([`is_not_found`](crate::Error::is_not_found)). If it does not exist after the response to an earlier
    /// attempt was lost, the call succeeds.
    ///
    /// ```
    /// # let client = include!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/documentation/client.rs"));
    /// # client.empty_bucket("my-new-bucket")?;
    /// client.delete_bucket("my-new-bucket")?;
    /// assert!(!client.bucket_exists("my-new-bucket")?);
    /// # Ok::<(), plain_s3::Error>(())
    /// ```
    pub fn delete_bucket(&self, bucket: &str) -> Result<()> {
        self.call_idempotent(self.deadline(), &delete_bucket_request(bucket), "NoSuchBucket")
    }
}
