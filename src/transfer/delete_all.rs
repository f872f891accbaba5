//! Deleting everything in a bucket or under a prefix: objects, versions, delete markers and unfinished
//! uploads.

use super::delete_all_options::{DeleteAllOptions, DeletedCounts};
use super::deleter::Deleter;
use crate::client::Client;
use crate::error::{Error, Result};
use crate::operation::Operation;

/// # Deleting many objects
///
/// These methods also delete versions, delete markers and unfinished uploads.
impl Client {
    /// Deletes a bucket with all its contents: objects, their versions, delete markers and unfinished
    /// uploads.
    ///
    /// Everything is listed and deleted, up to 1000 entries per request, then the bucket itself. **This
    /// cannot be undone.**
    ///
    /// # Errors
    ///
    /// - [`PartialFailure`](crate::ErrorKind::PartialFailure) if something could not be deleted.
    ///   [`Error::failures`] lists it; everything else is deleted, and the bucket stays. After 10,000
    ///   failures, the rest is not tried.
    /// - [`is_bucket_not_empty`](Error::is_bucket_not_empty) if something was stored meanwhile.
    ///
    /// ```
    /// # let client = include!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/documentation/client.rs"));
    /// let deleted = client.force_delete_bucket("my-new-bucket")?;
    /// println!("deleted with the bucket: {deleted}");
    /// # Ok::<(), plain_s3::Error>(())
    /// ```
    pub fn force_delete_bucket(&self, bucket: &str) -> Result<DeletedCounts> {
        self.force_delete_bucket_with(bucket, &DeleteAllOptions::new())
    }

    /// Deletes a bucket with all its contents, as a dry run or with progress; see
    /// [`force_delete_bucket`](Self::force_delete_bucket).
    ///
    /// # Errors
    ///
    /// Returns the same errors as [`force_delete_bucket`](Self::force_delete_bucket).
    ///
    /// ```
    /// # let client = include!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/documentation/client.rs"));
    /// use plain_s3::DeleteAllOptions;
    ///
    /// let counts = client.force_delete_bucket_with("my-new-bucket", &DeleteAllOptions::new().dry_run())?;
    /// println!("this would delete {counts}");
    /// let options = DeleteAllOptions::new().progress(|counts| eprint!("\r{counts}"));
    /// client.force_delete_bucket_with("my-new-bucket", &options)?;
    /// # Ok::<(), plain_s3::Error>(())
    /// ```
    pub fn force_delete_bucket_with(
        &self,
        bucket: &str,
        options: &DeleteAllOptions<'_>,
    ) -> Result<DeletedCounts> {
        self.force_delete(bucket, options)
            .map_err(|error| error.with_context(|| Operation::on_bucket("force_delete_bucket", bucket)))
    }

    fn force_delete(&self, bucket: &str, options: &DeleteAllOptions<'_>) -> Result<DeletedCounts> {
        let counts = Deleter::run(self, bucket, "", options)?;
        if options.dry_run {
            return Ok(counts);
        }
        match self.delete_bucket(bucket) {
            Ok(()) => Ok(counts),
            Err(error) if error.is_bucket_not_empty() => Err(error.with_hint(
                "The bucket contains something that was not listed. If another program writes to the bucket, try again \
                 when that program has ended. A server that stores objects as files, such as rclone, may keep an empty \
                 folder: remove the folder on the server.",
            )),
            Err(error) => Err(error),
        }
    }

    /// Deletes everything in a bucket, but not the bucket; see
    /// [`force_delete_bucket`](Self::force_delete_bucket).
    ///
    /// # Errors
    ///
    /// Fails with [`PartialFailure`](crate::ErrorKind::PartialFailure) like
    /// [`force_delete_bucket`](Self::force_delete_bucket).
    ///
    /// ```
    /// # let client = include!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/documentation/client.rs"));
    /// println!("deleted {}", client.empty_bucket("my-new-bucket")?);
    /// # Ok::<(), plain_s3::Error>(())
    /// ```
    pub fn empty_bucket(&self, bucket: &str) -> Result<DeletedCounts> {
        self.empty_bucket_with(bucket, &DeleteAllOptions::new())
    }

    /// Deletes everything in a bucket, as a dry run or with progress; see
    /// [`empty_bucket`](Self::empty_bucket).
    ///
    /// # Errors
    ///
    /// Returns the same errors as [`empty_bucket`](Self::empty_bucket).
    ///
    /// ```
    /// # let client = include!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/documentation/client.rs"));
    /// use plain_s3::DeleteAllOptions;
    ///
    /// let counts = client.empty_bucket_with("my-new-bucket", &DeleteAllOptions::new().dry_run())?;
    /// println!("this would delete {counts}");
    /// # Ok::<(), plain_s3::Error>(())
    /// ```
    pub fn empty_bucket_with(&self, bucket: &str, options: &DeleteAllOptions<'_>) -> Result<DeletedCounts> {
        Deleter::run(self, bucket, "", options)
            .map_err(|error| error.with_context(|| Operation::on_bucket("empty_bucket", bucket)))
    }

    /// Deletes everything whose key starts with a prefix, including versions and unfinished uploads; see
    /// [`force_delete_bucket`](Self::force_delete_bucket).
    ///
    /// The prefix `photos` also deletes `photos-of-2011/a.jpg`; the prefix `photos/` deletes only that
    /// "folder".
    ///
    /// # Errors
    ///
    /// Fails with [`InvalidInput`](crate::ErrorKind::InvalidInput) if the prefix is empty, because that would
    /// delete everything, and with [`PartialFailure`](crate::ErrorKind::PartialFailure) like
    /// [`force_delete_bucket`](Self::force_delete_bucket).
    ///
    /// ```
    /// # let client = include!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/documentation/client.rs"));
    /// println!("deleted {}", client.delete_prefix("my-new-bucket", "photos/2011/")?);
    /// # Ok::<(), plain_s3::Error>(())
    /// ```
    pub fn delete_prefix(&self, bucket: &str, prefix: &str) -> Result<DeletedCounts> {
        self.delete_prefix_with(bucket, prefix, &DeleteAllOptions::new())
    }

    /// Deletes everything whose key starts with a prefix, as a dry run or with progress; see
    /// [`delete_prefix`](Self::delete_prefix).
    ///
    /// # Errors
    ///
    /// Returns the same errors as [`delete_prefix`](Self::delete_prefix).
    ///
    /// ```
    /// # let client = include!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/documentation/client.rs"));
    /// use plain_s3::DeleteAllOptions;
    ///
    /// let dry_run = DeleteAllOptions::new().dry_run();
    /// println!("this would delete {}", client.delete_prefix_with("my-new-bucket", "photos/2011/", &dry_run)?);
    /// # Ok::<(), plain_s3::Error>(())
    /// ```
    pub fn delete_prefix_with(
        &self,
        bucket: &str,
        prefix: &str,
        options: &DeleteAllOptions<'_>,
    ) -> Result<DeletedCounts> {
        let result = if prefix.is_empty() {
            Err(Error::invalid("the prefix is empty, which would delete every object")
                .with_hint("Use empty_bucket to delete everything in a bucket."))
        } else {
            Deleter::run(self, bucket, prefix, options)
        };
        result.map_err(|error| error.with_context(|| Operation::on_object("delete_prefix", bucket, prefix)))
    }
}
