//! The options and the result of deleting everything in a bucket or under a prefix.

use std::fmt;

use super::progress::{Progress, ProgressResult};
use crate::ops::DeleteObjectsOptions;

/// Options for [`Client::force_delete_bucket_with`](crate::Client::force_delete_bucket_with),
/// [`Client::empty_bucket_with`](crate::Client::empty_bucket_with) and
/// [`Client::delete_prefix_with`](crate::Client::delete_prefix_with).
#[derive(Clone, Debug, Default)]
#[must_use]
pub struct DeleteAllOptions<'a> {
    pub(super) dry_run: bool,
    pub(super) delete: DeleteObjectsOptions,
    pub(super) progress: Progress<'a, DeletedCounts>,
}

impl<'a> DeleteAllOptions<'a> {
    /// Creates the default options: no dry run, no progress callback.
    pub fn new() -> Self {
        Self::default()
    }

    /// Counts what would be deleted, and deletes nothing.
    pub fn dry_run(mut self) -> Self {
        self.dry_run = true;
        self
    }

    /// Sets the options of the requests that delete objects, such as
    /// [`bypass_governance_retention`](DeleteObjectsOptions::bypass_governance_retention).
    ///
    /// ```
    /// # let client = include!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/documentation/client.rs"));
    /// use plain_s3::{DeleteAllOptions, DeleteObjectsOptions};
    ///
    /// let bypass = DeleteObjectsOptions::new().bypass_governance_retention();
    /// let counts = client.empty_bucket_with("my-archive", &DeleteAllOptions::new().delete_options(bypass))?;
    /// println!("deleted {counts}");
    /// # Ok::<(), plain_s3::Error>(())
    /// ```
    pub fn delete_options(mut self, options: DeleteObjectsOptions) -> Self {
        self.delete = options;
        self
    }

    /// Calls `f` with what was deleted so far, after each page of at most 1000 entries.
    ///
    /// If `f` returns [`ControlFlow::Break`](std::ops::ControlFlow::Break), the call is cancelled. What was
    /// deleted until then stays deleted.
    pub fn progress<R: ProgressResult>(mut self, f: impl Fn(&DeletedCounts) -> R + Send + Sync + 'a) -> Self {
        self.progress = Progress::new(move |counts| f(&counts));
        self
    }
}

/// How much was deleted or, in a dry run, would be.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct DeletedCounts {
    /// The number of objects. In a bucket with versioning, every version counts.
    pub objects: u64,
    /// The number of delete markers.
    pub delete_markers: u64,
    /// The number of unfinished multipart uploads.
    pub uploads: u64,
}

impl DeletedCounts {
    /// Creates counts of zero, for tests of code that handles them.
    pub fn new() -> Self {
        Self::default()
    }
}

impl fmt::Display for DeletedCounts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { objects, delete_markers, uploads } = self;
        write!(f, "{objects} objects, {delete_markers} delete markers, {uploads} unfinished uploads")
    }
}
