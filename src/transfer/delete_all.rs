//! All of a bucket, or of a prefix, deleted: objects, versions, delete markers, unfinished uploads.

use std::fmt;

use crate::client::Client;
use crate::error::{Error, ErrorKind, KeyFailure, Result};
use crate::ops::{
    ListMultipartUploadsOptions, ListObjectVersionsOptions, ListObjectsOptions, MultipartUpload,
    ObjectIdentifier,
};
use crate::validate;

/// After so many failures the rest is not tried: memory stays bounded, and the cause is likely one.
const MAX_FAILURES: usize = 10_000;

/// A listing is begun anew at most so often, as others may be storing all the time.
const MAX_PASSES: usize = 10;

/// How everything is deleted.
#[derive(Clone, Copy, Default)]
pub struct DeleteAllOptions<'a> {
    dry_run: bool,
    progress: Option<&'a dyn Fn(&DeletedCounts)>,
}

impl<'a> DeleteAllOptions<'a> {
    /// Without a word, and for good.
    pub fn new() -> Self {
        Self::default()
    }

    /// Only counts what would be deleted, and deletes nothing.
    pub fn dry_run(mut self, dry_run: bool) -> Self {
        self.dry_run = dry_run;
        self
    }

    /// Is told after each page of at most 1000 entries how much is gone by now.
    pub fn progress(mut self, report: &'a dyn Fn(&DeletedCounts)) -> Self {
        self.progress = Some(report);
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
    /// [`PartialFailure`](ErrorKind::PartialFailure) where something could not be deleted:
    /// [`Error::failures`] lists what, all else is gone, and the bucket stays. After 10,000 failures the
    /// rest is not tried. [`is_bucket_not_empty`](Error::is_bucket_not_empty) where something was stored
    /// meanwhile.
    ///
    /// ```no_run
    /// # let client = plain_s3::Client::new(plain_s3::Config::from_env()?)?;
    /// let deleted = client.delete_bucket_forced("my-new-bucket")?;
    /// println!("gone with the bucket: {deleted}");
    /// # Ok::<(), plain_s3::Error>(())
    /// ```
    pub fn delete_bucket_forced(&self, bucket: &str) -> Result<DeletedCounts> {
        self.delete_bucket_forced_with(bucket, &DeleteAllOptions::new())
    }

    /// Deletes a bucket with all that is in it, or shows what that would be; see
    /// [`delete_bucket_forced`](Self::delete_bucket_forced).
    ///
    /// # Errors
    ///
    /// As [`delete_bucket_forced`](Self::delete_bucket_forced).
    ///
    /// ```no_run
    /// # let client = plain_s3::Client::new(plain_s3::Config::from_env()?)?;
    /// use plain_s3::DeleteAllOptions;
    ///
    /// let would = client.delete_bucket_forced_with("my-new-bucket", &DeleteAllOptions::new().dry_run(true))?;
    /// println!("this would delete {would}");
    /// let options = DeleteAllOptions::new().progress(&|counts| eprint!("\r{counts}"));
    /// client.delete_bucket_forced_with("my-new-bucket", &options)?;
    /// # Ok::<(), plain_s3::Error>(())
    /// ```
    pub fn delete_bucket_forced_with(
        &self,
        bucket: &str,
        options: &DeleteAllOptions<'_>,
    ) -> Result<DeletedCounts> {
        let call = || format!("delete_bucket_forced {bucket}");
        let counts = self.delete_all(bucket, "", options).map_err(|error| error.in_call(call))?;
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
    /// [`delete_bucket_forced`](Self::delete_bucket_forced).
    ///
    /// # Errors
    ///
    /// [`PartialFailure`](ErrorKind::PartialFailure) as with
    /// [`delete_bucket_forced`](Self::delete_bucket_forced).
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
    /// let would = client.empty_bucket_with("my-new-bucket", &DeleteAllOptions::new().dry_run(true))?;
    /// println!("this would delete {would}");
    /// # Ok::<(), plain_s3::Error>(())
    /// ```
    pub fn empty_bucket_with(&self, bucket: &str, options: &DeleteAllOptions<'_>) -> Result<DeletedCounts> {
        let call = || format!("empty_bucket {bucket}");
        self.delete_all(bucket, "", options).map_err(|error| error.in_call(call))
    }

    /// Deletes everything whose key begins like this, versions and unfinished uploads included; see
    /// [`delete_bucket_forced`](Self::delete_bucket_forced).
    ///
    /// `photos` also deletes `photos-of-2011/a.jpg`; with `photos/` only the "folder" goes.
    ///
    /// # Errors
    ///
    /// [`InvalidInput`](ErrorKind::InvalidInput) where the prefix is empty, which would mean everything;
    /// [`PartialFailure`](ErrorKind::PartialFailure) as with
    /// [`delete_bucket_forced`](Self::delete_bucket_forced).
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
    /// let dry = DeleteAllOptions::new().dry_run(true);
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
            self.delete_all(bucket, prefix, options)
        };
        result.map_err(|error| error.in_call(|| format!("delete_prefix {bucket}/{prefix}")))
    }

    /// An empty prefix means everything here.
    fn delete_all(
        &self,
        bucket: &str,
        prefix: &str,
        options: &DeleteAllOptions<'_>,
    ) -> Result<DeletedCounts> {
        validate::bucket(bucket)?;
        let (counts, failures) = (DeletedCounts::default(), Vec::new());
        let mut deletion = Deletion { client: self, bucket, prefix, options, counts, failures };
        // uploads first: one that is completed meanwhile would be an object
        deletion.until_all_is_seen(Deletion::uploads)?;
        deletion.until_all_is_seen(Deletion::versions)?;
        deletion.finish()
    }
}

/// A deletion on its way.
struct Deletion<'a> {
    client: &'a Client,
    bucket: &'a str,
    prefix: &'a str,
    options: &'a DeleteAllOptions<'a>,
    counts: DeletedCounts,
    failures: Vec<KeyFailure>,
}

impl Deletion<'_> {
    /// Looks again where a listing had several pages: servers skip entries of it as others go. What
    /// failed is not tried again, as it would fail again.
    fn until_all_is_seen(&mut self, pass: impl Fn(&mut Self) -> Result<usize>) -> Result<()> {
        for _ in 0..MAX_PASSES {
            let pages = pass(self)?;
            if pages < 2 || self.options.dry_run || !self.failures.is_empty() {
                break;
            }
        }
        Ok(())
    }

    /// Aborts all uploads, and returns the number of pages they were listed on.
    fn uploads(&mut self) -> Result<usize> {
        let options = ListMultipartUploadsOptions::new().prefix(self.prefix);
        let pages = self.client.list_multipart_uploads_with(self.bucket, &options).pages();
        self.each_page(pages, |this, page| page.uploads.iter().try_for_each(|upload| this.abort(upload)))
            .or_else(|error| if error.is_not_implemented() { Ok(0) } else { Err(error) })
    }

    /// Deletes all versions and delete markers, and returns the number of pages they were listed on.
    fn versions(&mut self) -> Result<usize> {
        let options = ListObjectVersionsOptions::new().prefix(self.prefix);
        let pages = self.client.list_object_versions_with(self.bucket, &options).pages();
        let result = self.each_page(pages, |this, page| {
            let kinds = page.versions.iter().map(|version| version.is_delete_marker).collect();
            this.delete(page.versions.iter().map(ObjectIdentifier::from).collect(), kinds)
        });
        match result {
            Err(error) if error.is_not_implemented() => self.objects(),
            result => result,
        }
    }

    /// Deletes all objects, where the server has no versions.
    fn objects(&mut self) -> Result<usize> {
        let options = ListObjectsOptions::new().prefix(self.prefix);
        let pages = self.client.list_objects_with(self.bucket, &options).pages();
        self.each_page(pages, |this, page| {
            let kinds = vec![false; page.objects.len()];
            this.delete(page.objects.into_iter().map(|object| object.key.into()).collect(), kinds)
        })
    }

    fn each_page<P>(
        &mut self,
        pages: impl Iterator<Item = Result<P>>,
        mut delete: impl FnMut(&mut Self, P) -> Result<()>,
    ) -> Result<usize> {
        let mut pages = pages.peekable();
        let mut count = 0;
        while let Some(page) = pages.next() {
            let page = page?;
            // before the deletion, as Ceph cannot go on after a version that is gone
            pages.peek();
            delete(self, page)?;
            count += 1;
            if let Some(report) = self.options.progress {
                report(&self.counts);
            }
            if self.failures.len() >= MAX_FAILURES {
                return Err(self.partial_failure());
            }
        }
        Ok(count)
    }

    /// A refusal of this upload alone is a failure of its key; anything else ends the whole call.
    fn abort(&mut self, upload: &MultipartUpload) -> Result<()> {
        let MultipartUpload { key, upload_id, .. } = upload;
        let result = match self.options.dry_run {
            true => Ok(()),
            false => self.client.abort_multipart_upload(self.bucket, key, upload_id),
        };
        match result {
            Ok(()) => self.counts.uploads += 1,
            Err(error) if error.code() == Some("NoSuchUpload") => {}
            Err(error) => self.failures.push(KeyFailure::of(key, None, error)?),
        }
        Ok(())
    }

    /// Deletes one page, and counts what went.
    fn delete(&mut self, page: Vec<ObjectIdentifier>, is_delete_marker: Vec<bool>) -> Result<()> {
        let mut failures = Vec::new();
        if !self.options.dry_run {
            match self.client.delete_objects(self.bucket, page.clone()) {
                Ok(()) => {}
                Err(error) if error.kind() == ErrorKind::PartialFailure => {
                    failures = error.failures().to_vec();
                }
                Err(error) => return Err(error),
            }
        }
        for (object, is_delete_marker) in page.iter().zip(is_delete_marker) {
            if failures.iter().any(|failure| object.is(failure)) {
                continue;
            }
            match is_delete_marker {
                true => self.counts.delete_markers += 1,
                false => self.counts.objects += 1,
            }
        }
        self.failures.append(&mut failures);
        Ok(())
    }

    fn finish(mut self) -> Result<DeletedCounts> {
        if self.failures.is_empty() { Ok(self.counts) } else { Err(self.partial_failure()) }
    }

    fn partial_failure(&mut self) -> Error {
        let failures = std::mem::take(&mut self.failures);
        let (count, gone) = (failures.len(), self.counts);
        let first = failures.first().map(|f| format!("{:?}: {} {}", f.key, f.code, f.message));
        let first = first.unwrap_or_default();
        let message = format!("{count} could not be deleted (gone are {gone}), the first {first}");
        Error::partial(message.trim_end(), failures)
    }
}
