//! All of a bucket, or of a prefix, deleted: objects, versions, delete markers, unfinished uploads.

use std::fmt;

use super::deleter::Deleter;
use crate::client::Client;
use crate::error::{Error, Result};

type Progress<'a> = Box<dyn Fn(&DeletedCounts) + 'a>;

/// How everything is deleted.
#[derive(Default)]
pub struct DeleteAllOptions<'a> {
    pub(super) dry_run: bool,
    pub(super) progress: Option<Progress<'a>>,
}

impl<'a> DeleteAllOptions<'a> {
    /// Without a word, and for good.
    pub fn new() -> Self {
        Self::default()
    }

    /// Only counts what would be deleted, and deletes nothing.
    pub fn dry_run(mut self) -> Self {
        self.dry_run = true;
        self
    }

    /// Has a function told of what is gone by now, after each page of at most 1000 entries.
    pub fn progress(mut self, tell: impl Fn(&DeletedCounts) + 'a) -> Self {
        self.progress = Some(Box::new(tell));
        self
    }
}

impl fmt::Debug for DeleteAllOptions<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DeleteAllOptions").field("dry_run", &self.dry_run).finish_non_exhaustive()
    }
}

/// How much was deleted or, in a dry run, would be.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct DeletedCounts {
    /// Objects; in a bucket with versions, every version of them.
    pub objects: u64,
    /// Delete markers.
    pub delete_markers: u64,
    /// Unfinished multipart uploads.
    pub uploads: u64,
}

impl fmt::Display for DeletedCounts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { objects, delete_markers, uploads } = self;
        write!(f, "{objects} objects, {delete_markers} delete markers, {uploads} unfinished uploads")
    }
}

impl Client {
    /// Deletes a bucket with all that is in it: objects, their versions, delete markers, unfinished
    /// uploads. What boto 2 did not have.
    ///
    /// Everything is listed and deleted a thousand at a time, then the bucket. There is no way back.
    ///
    /// # Errors
    ///
    /// [`PartialFailure`](crate::ErrorKind::PartialFailure) where something could not be deleted:
    /// [`Error::failures`] lists what, all else is gone, and the bucket stays. After 10,000 failures the
    /// rest is not tried. [`is_bucket_not_empty`](Error::is_bucket_not_empty) where something was stored
    /// meanwhile.
    ///
    /// ```no_run
    /// # let client = plain_s3::Client::new(plain_s3::Config::from_env()?)?;
    /// let deleted = client.force_delete_bucket("my-new-bucket")?;
    /// println!("gone with the bucket: {deleted}");
    /// # Ok::<(), plain_s3::Error>(())
    /// ```
    pub fn force_delete_bucket(&self, bucket: &str) -> Result<DeletedCounts> {
        self.force_delete_bucket_with(bucket, &DeleteAllOptions::new())
    }

    /// Deletes a bucket with all that is in it, or shows what that would be; see
    /// [`force_delete_bucket`](Self::force_delete_bucket).
    ///
    /// # Errors
    ///
    /// As [`force_delete_bucket`](Self::force_delete_bucket).
    ///
    /// ```no_run
    /// # let client = plain_s3::Client::new(plain_s3::Config::from_env()?)?;
    /// use plain_s3::DeleteAllOptions;
    ///
    /// let would = client.force_delete_bucket_with("my-new-bucket", &DeleteAllOptions::new().dry_run())?;
    /// println!("this would delete {would}");
    /// let options = DeleteAllOptions::new().progress(|counts| eprint!("\r{counts}"));
    /// client.force_delete_bucket_with("my-new-bucket", &options)?;
    /// # Ok::<(), plain_s3::Error>(())
    /// ```
    pub fn force_delete_bucket_with(
        &self,
        bucket: &str,
        options: &DeleteAllOptions<'_>,
    ) -> Result<DeletedCounts> {
        let call = || format!("force_delete_bucket {bucket}");
        let counts = Deleter::run(self, bucket, "", options).map_err(|error| error.with_context(call))?;
        if options.dry_run {
            return Ok(counts);
        }
        match self.delete_bucket(bucket) {
            Ok(()) => Ok(counts),
            Err(error) if error.is_bucket_not_empty() => {
                Err(error.with_hint("Something was stored in it meanwhile: call again once nobody writes."))
            }
            Err(error) => Err(error),
        }
    }

    /// Deletes all that is in a bucket, and keeps the bucket; see
    /// [`force_delete_bucket`](Self::force_delete_bucket).
    ///
    /// # Errors
    ///
    /// [`PartialFailure`](crate::ErrorKind::PartialFailure) as with
    /// [`force_delete_bucket`](Self::force_delete_bucket).
    ///
    /// ```no_run
    /// # let client = plain_s3::Client::new(plain_s3::Config::from_env()?)?;
    /// println!("{} are gone", client.empty_bucket("my-new-bucket")?);
    /// # Ok::<(), plain_s3::Error>(())
    /// ```
    pub fn empty_bucket(&self, bucket: &str) -> Result<DeletedCounts> {
        self.empty_bucket_with(bucket, &DeleteAllOptions::new())
    }

    /// Deletes all that is in a bucket, or shows what that would be; see
    /// [`empty_bucket`](Self::empty_bucket).
    ///
    /// # Errors
    ///
    /// As [`empty_bucket`](Self::empty_bucket).
    ///
    /// ```no_run
    /// # let client = plain_s3::Client::new(plain_s3::Config::from_env()?)?;
    /// use plain_s3::DeleteAllOptions;
    ///
    /// let would = client.empty_bucket_with("my-new-bucket", &DeleteAllOptions::new().dry_run())?;
    /// println!("this would delete {would}");
    /// # Ok::<(), plain_s3::Error>(())
    /// ```
    pub fn empty_bucket_with(&self, bucket: &str, options: &DeleteAllOptions<'_>) -> Result<DeletedCounts> {
        let call = || format!("empty_bucket {bucket}");
        Deleter::run(self, bucket, "", options).map_err(|error| error.with_context(call))
    }

    /// Deletes everything whose key begins like this, versions and unfinished uploads included; see
    /// [`force_delete_bucket`](Self::force_delete_bucket).
    ///
    /// `photos` also deletes `photos-of-2011/a.jpg`; with `photos/` only the "folder" goes.
    ///
    /// # Errors
    ///
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) where the prefix is empty, which would mean everything;
    /// [`PartialFailure`](crate::ErrorKind::PartialFailure) as with
    /// [`force_delete_bucket`](Self::force_delete_bucket).
    ///
    /// ```no_run
    /// # let client = plain_s3::Client::new(plain_s3::Config::from_env()?)?;
    /// println!("{} are gone", client.delete_prefix("my-new-bucket", "photos/2011/")?);
    /// # Ok::<(), plain_s3::Error>(())
    /// ```
    pub fn delete_prefix(&self, bucket: &str, prefix: &str) -> Result<DeletedCounts> {
        self.delete_prefix_with(bucket, prefix, &DeleteAllOptions::new())
    }

    /// Deletes everything whose key begins like this, or shows what that would be; see
    /// [`delete_prefix`](Self::delete_prefix).
    ///
    /// # Errors
    ///
    /// As [`delete_prefix`](Self::delete_prefix).
    ///
    /// ```no_run
    /// # let client = plain_s3::Client::new(plain_s3::Config::from_env()?)?;
    /// use plain_s3::DeleteAllOptions;
    ///
    /// let dry = DeleteAllOptions::new().dry_run();
    /// println!("this would delete {}", client.delete_prefix_with("my-new-bucket", "photos/2011/", &dry)?);
    /// # Ok::<(), plain_s3::Error>(())
    /// ```
    pub fn delete_prefix_with(
        &self,
        bucket: &str,
        prefix: &str,
        options: &DeleteAllOptions<'_>,
    ) -> Result<DeletedCounts> {
        let result = if prefix.is_empty() {
            Err(Error::invalid("the prefix is empty, which would mean every object")
                .with_hint("empty_bucket deletes all that is in a bucket."))
        } else {
            Deleter::run(self, bucket, prefix, options)
        };
        result.map_err(|error| error.with_context(|| format!("delete_prefix {bucket}/{prefix}")))
    }
}
