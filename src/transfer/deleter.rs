//! How everything is deleted: page by page, with what failed kept in mind.

use super::delete_all::{DeleteAllOptions, DeletedCounts};
use crate::client::Client;
use crate::error::{Error, ErrorKind, KeyFailure, Result};
use crate::listing::{self, ListOptions, Page};
use crate::ops::{MultipartUpload, ObjectIdentifier};
use crate::validate;

/// After so many failures the rest is not tried: memory stays bounded, and the cause is likely one.
const MAX_FAILURES: usize = 10_000;

/// A listing is begun anew at most so often, as others may be storing all the time.
const MAX_PASSES: usize = 10;

/// A deletion on its way.
pub(super) struct Deleter<'a> {
    client: &'a Client,
    bucket: &'a str,
    prefix: &'a str,
    options: &'a DeleteAllOptions<'a>,
    counts: DeletedCounts,
    failures: Vec<KeyFailure>,
}

impl<'a> Deleter<'a> {
    /// Deletes everything whose key begins like this: an empty prefix means all of the bucket here.
    pub(super) fn run(
        client: &'a Client,
        bucket: &'a str,
        prefix: &'a str,
        options: &'a DeleteAllOptions<'a>,
    ) -> Result<DeletedCounts> {
        validate::bucket(bucket)?;
        let (counts, failures) = (DeletedCounts::default(), Vec::new());
        let mut deletion = Self { client, bucket, prefix, options, counts, failures };
        // uploads first: one that is completed meanwhile would be an object
        deletion.until_all_is_seen(Self::uploads)?;
        deletion.until_all_is_seen(Self::versions)?;
        deletion.finish()
    }

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
        let options = ListOptions::new().prefix(self.prefix);
        let pages = self.client.list_multipart_uploads_with(self.bucket, &options).pages();
        let abort_all = |this: &mut Self, page: Page<MultipartUpload>| {
            this.check_prefix(page.entries.iter().map(|upload| upload.key.as_str()))?;
            page.entries.iter().try_for_each(|upload| this.abort(upload))
        };
        self.each_page(pages, abort_all)
            .or_else(|error| if error.is_not_implemented() { Ok(0) } else { Err(error) })
    }

    /// Deletes all versions and delete markers, and returns the number of pages they were listed on.
    fn versions(&mut self) -> Result<usize> {
        let options = ListOptions::new().prefix(self.prefix);
        let pages = self.client.list_object_versions_with(self.bucket, &options).pages();
        let result = self.each_page(pages, |this, page| {
            let kinds = page.entries.iter().map(|version| version.is_delete_marker).collect();
            this.delete(page.entries.iter().map(ObjectIdentifier::from).collect(), kinds)
        });
        match result {
            Err(error) if error.is_not_implemented() => self.objects(),
            result => result,
        }
    }

    /// Deletes all objects, where the server has no versions.
    fn objects(&mut self) -> Result<usize> {
        let options = ListOptions::new().prefix(self.prefix);
        let pages = self.client.list_objects_with(self.bucket, &options).pages();
        self.each_page(pages, |this, page| {
            let kinds = vec![false; page.entries.len()];
            this.delete(page.entries.into_iter().map(|object| object.key.into()).collect(), kinds)
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
            if let Some(tell) = &self.options.progress {
                tell(&self.counts);
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

    /// A server that passes over the prefix lists all of the bucket, none of which was meant.
    fn check_prefix<'k>(&self, mut keys: impl Iterator<Item = &'k str>) -> Result<()> {
        match keys.find(|key| !key.starts_with(self.prefix)) {
            None => Ok(()),
            Some(key) => Err(listing::malformed(format!(
                "the server listed {key:?}, which does not begin with the prefix {:?}; nothing of this page was deleted",
                self.prefix
            ))),
        }
    }

    /// Deletes one page, and counts what went.
    fn delete(&mut self, page: Vec<ObjectIdentifier>, is_delete_marker: Vec<bool>) -> Result<()> {
        self.check_prefix(page.iter().map(ObjectIdentifier::key))?;
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
