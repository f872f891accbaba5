//! A bucket deleted with all that is in it.

use crate::client::Client;
use crate::error::Result;

/// Keys are listed and deleted in pages of this size, so that memory stays bounded.
const PAGE: usize = 1000;

impl Client {
    /// Deletes a bucket with all objects in it: what boto 2 did not have.
    ///
    /// Objects are listed and deleted a thousand at a time, then the bucket. There is no way back.
    ///
    /// # Errors
    ///
    /// [`PartialFailure`](crate::ErrorKind::PartialFailure) where objects could not be deleted:
    /// [`Error::failures`](crate::Error::failures) lists those of the first page that had any, and the bucket
    /// stays. [`is_bucket_not_empty`](crate::Error::is_bucket_not_empty) where something is left that a
    /// listing does not show: older versions, pending multipart uploads, or objects stored meanwhile.
    ///
    /// ```no_run
    /// # let client = plain_s3::Client::new(plain_s3::Config::from_env()?)?;
    /// client.delete_bucket_forced("my-new-bucket")?;
    /// # Ok::<(), plain_s3::Error>(())
    /// ```
    pub fn delete_bucket_forced(&self, bucket: &str) -> Result<()> {
        let mut objects = self.list_objects(bucket);
        loop {
            // a listing goes on after the last key, whether that key is still there or not
            let page =
                objects.by_ref().take(PAGE).map(|object| Ok(object?.key)).collect::<Result<Vec<_>>>()?;
            if page.is_empty() {
                return self.delete_bucket(bucket);
            }
            self.delete_objects(bucket, page)?;
        }
    }
}
