//! DeleteBucket.

use crate::body::BodyReader;
use crate::client::Client;
use crate::error::Result;
use crate::request::{Method, Request};

impl Client {
    /// Deletes a bucket, which must be empty.
    /// ([DeleteBucket](https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteBucket.html))
    ///
    /// # Errors
    ///
    /// [`Server`](crate::ErrorKind::Server): [`is_bucket_not_empty`](crate::Error::is_bucket_not_empty) where
    /// objects are left, [`is_not_found`](crate::Error::is_not_found) where there is no such bucket, unless
    /// the answer to an earlier attempt was lost: then it counts as deleted.
    ///
    /// ```no_run
    /// # let client = plain_s3::Client::new(plain_s3::Config::from_env()?)?;
    /// client.delete_bucket("my-new-bucket")?;
    /// # Ok::<(), plain_s3::Error>(())
    /// ```
    pub fn delete_bucket(&self, bucket: &str) -> Result<()> {
        let request = Request::bucket("DeleteBucket", Method::Delete, bucket);
        self.execute_idempotent(&request, &mut BodyReader::empty(), "NoSuchBucket")
    }
}
