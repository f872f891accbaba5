//! The course of deleting everything: page by page, while failures are collected.

use super::delete_all_options::{DeleteAllOptions, DeletedCounts};
use std::collections::HashSet;

use crate::client::Client;
use crate::error::{Error, ErrorKind, KeyFailure, Result};
use crate::hints::{FAILURES, OBJECT_LOCK};
use crate::listing::{self, ListOptions, Page};
use crate::ops::{MultipartUpload, ObjectIdentifier, ObjectVersion};
use crate::validate;
use crate::xml;

/// After this many failures the rest is not tried: memory stays bounded, and all have probably the same
/// cause.
const MAX_FAILURES: usize = 10_000;

/// How often a listing is repeated at most, because other programs may store objects all the time.
const MAX_PASSES: usize = 10;

/// A deletion in progress.
pub(super) struct Deleter<'a> {
    client: &'a Client,
    bucket: &'a str,
    prefix: &'a str,
    options: &'a DeleteAllOptions<'a>,
    counts: DeletedCounts,
    failures: Vec<KeyFailure>,
}

impl<'a> Deleter<'a> {
    /// Deletes everything whose key starts with the prefix. Here, an empty prefix means the whole bucket.
    pub(super) fn run(
        client: &'a Client,
        bucket: &'a str,
        prefix: &'a str,
        options: &'a DeleteAllOptions<'a>,
    ) -> Result<DeletedCounts> {
        validate::bucket(bucket)?;
        let (counts, failures) = (DeletedCounts::default(), Vec::new());
        let mut deleter = Self { client, bucket, prefix, options, counts, failures };
        // uploads first, because an upload that is completed meanwhile becomes an object
        deleter.repeat_until_complete(Self::uploads)?;
        deleter.repeat_until_complete(Self::versions)?;
        deleter.finish()
    }

    /// Repeats a pass if its listing had several pages, because servers skip entries of a listing while
    /// others are deleted. After a failure nothing is repeated, because it would fail again.
    fn repeat_until_complete(&mut self, pass: impl Fn(&mut Self) -> Result<usize>) -> Result<()> {
        for _ in 0..MAX_PASSES {
            let pages = pass(self)?;
            if pages < 2 || self.options.dry_run || !self.failures.is_empty() {
                break;
            }
        }
        Ok(())
    }

    /// Aborts all uploads. Returns the number of pages of their listing.
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

    /// Deletes all versions and delete markers. Returns the number of pages of their listing.
    fn versions(&mut self) -> Result<usize> {
        let options = ListOptions::new().prefix(self.prefix);
        let pages = self.client.list_object_versions_with(self.bucket, &options).pages();
        let mut damaged = Vec::new();
        let result = self.each_page(pages, |this, page| {
            let may_be_damaged = |version: &ObjectVersion| page.is_unencoded && is_replaced(&version.key);
            let (unsure, sound): (Vec<_>, Vec<_>) = page.entries.into_iter().partition(may_be_damaged);
            damaged.extend(unsure);
            let kinds = sound.iter().map(|version| version.is_delete_marker).collect();
            this.delete(sound.iter().map(ObjectIdentifier::from).collect(), kinds)
        });
        match result {
            Err(error) if error.is_not_implemented() => self.objects(),
            Ok(pages) if !damaged.is_empty() => Ok(pages.max(self.damaged(damaged)?)),
            result => result,
        }
    }

    /// Deletes versions whose keys the server may have listed with U+FFFD instead of other characters, as SeaweedFS does
    /// with control characters: it encodes the keys of objects, but not those of versions. Deleting the listed key would
    /// succeed and delete nothing, so only what is no longer listed afterwards counts as deleted.
    fn damaged(&mut self, versions: Vec<ObjectVersion>) -> Result<usize> {
        if self.options.dry_run {
            versions.iter().for_each(|version| self.count(version.is_delete_marker));
            return Ok(0);
        }
        let options = ListOptions::new().prefix(self.prefix);
        let is_object = |version: &ObjectVersion| {
            version.is_latest && !version.is_delete_marker && version.version_id == "null"
        };
        let keys: HashSet<&str> = versions
            .iter()
            .filter(|version| is_object(version))
            .map(|version| version.key.as_str())
            .collect();
        let pages = self.client.list_objects_with(self.bucket, &options).pages();
        let pages = self.each_page(pages, |this, page| {
            let listed = page.entries.into_iter().map(|object| object.key);
            let listed = listed.filter(|key| keys.contains(xml::replace_unrepresentable(key).as_str()));
            let objects = listed.map(|key| ObjectIdentifier::new(key).version_id("null")).collect();
            this.failures.extend(this.request(objects)?);
            Ok(())
        })?;
        // the true keys of the others are unknown, but most servers do not replace characters
        let others = versions.iter().filter(|version| !is_object(version));
        self.failures.extend(self.request(others.map(ObjectIdentifier::from).collect())?);

        let mut left = HashSet::new();
        for version in self.client.list_object_versions_with(self.bucket, &options) {
            let version = version?;
            if is_replaced(&version.key) {
                left.insert((version.key, version.version_id));
            }
        }
        let failed: HashSet<_> =
            self.failures.iter().map(|failure| xml::replace_unrepresentable(&failure.key)).collect();
        for version in versions {
            let entry = (version.key, version.version_id);
            if !left.contains(&entry) {
                self.count(version.is_delete_marker);
            } else if !failed.contains(&entry.0) {
                let mut failure = KeyFailure::new(entry.0, "NotDeleted");
                failure.version_id = Some(entry.1);
                "The server lists this key with U+FFFD instead of its own characters."
                    .clone_into(&mut failure.message);
                self.failures.push(failure);
            }
        }
        Ok(pages)
    }

    /// Deletes all objects, if the server does not support versions.
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
            // fetched before the deletion, because Ceph cannot continue a listing after a deleted version
            pages.peek();
            delete(self, page)?;
            count += 1;
            if let Err(cancelled) = self.options.progress.report(self.counts) {
                return Err(cancelled.with_failures(std::mem::take(&mut self.failures)));
            }
            if self.failures.len() >= MAX_FAILURES {
                return Err(self.partial_failure());
            }
        }
        Ok(count)
    }

    /// Aborts one upload. An error that concerns only this upload is collected as a failure of its key.
    fn abort(&mut self, upload: &MultipartUpload) -> Result<()> {
        let MultipartUpload { key, upload_id, .. } = upload;
        let result = match self.options.dry_run {
            true => Ok(()),
            false => self.client.abort_multipart_upload(self.bucket, key, upload_id),
        };
        match result {
            Ok(()) => self.counts.uploads += 1,
            Err(error) if error.code() == Some("NoSuchUpload") => {}
            Err(error) => self.failures.push(error.into_key_failure(key, None)?),
        }
        Ok(())
    }

    /// Fails if a key does not have the prefix: a server that ignores the prefix lists the whole bucket.
    fn check_prefix<'k>(&self, mut keys: impl Iterator<Item = &'k str>) -> Result<()> {
        match keys.find(|key| !key.starts_with(self.prefix)) {
            None => Ok(()),
            Some(key) => Err(listing::malformed(format!(
                "the server listed {key:?}, which does not start with the prefix {:?}; nothing on this page was deleted",
                self.prefix
            ))),
        }
    }

    /// Deletes one page, and counts what was deleted.
    fn delete(&mut self, page: Vec<ObjectIdentifier>, is_delete_marker: Vec<bool>) -> Result<()> {
        self.check_prefix(page.iter().map(ObjectIdentifier::key))?;
        let failures = if self.options.dry_run { Vec::new() } else { self.request(page.clone())? };
        // a set, because a hostile server can list and fail any number of keys
        let failed: HashSet<(&str, Option<&str>)> =
            failures.iter().map(|failure| (failure.key.as_str(), failure.version_id.as_deref())).collect();
        for (object, is_delete_marker) in page.iter().zip(is_delete_marker) {
            // not every server repeats the version ID
            if failed.contains(&(object.key(), None)) || failed.contains(&(object.key(), object.version())) {
                continue;
            }
            self.count(is_delete_marker);
        }
        self.failures.extend(failures);
        Ok(())
    }

    /// Deletes these entries, without counting, and returns the failures.
    fn request(&self, entries: Vec<ObjectIdentifier>) -> Result<Vec<KeyFailure>> {
        match self.client.delete_objects_with(self.bucket, entries, &self.options.delete) {
            Ok(()) => Ok(Vec::new()),
            Err(error) if error.kind() == ErrorKind::PartialFailure => Ok(error.failures().to_vec()),
            Err(error) => Err(error),
        }
    }

    fn count(&mut self, is_delete_marker: bool) {
        match is_delete_marker {
            true => self.counts.delete_markers += 1,
            false => self.counts.objects += 1,
        }
    }

    fn finish(mut self) -> Result<DeletedCounts> {
        if self.failures.is_empty() { Ok(self.counts) } else { Err(self.partial_failure()) }
    }

    fn partial_failure(&mut self) -> Error {
        let failures = std::mem::take(&mut self.failures);
        let (count, deleted) = (failures.len(), self.counts);
        let entries = if count == 1 { "entry" } else { "entries" };
        let first = failures.first().map(KeyFailure::describe).unwrap_or_default();
        let message =
            format!("{count} {entries} could not be deleted (deleted: {deleted}). The first is {first}");
        let error = Error::partial(message, failures);
        let hint = if error.is_object_locked() { OBJECT_LOCK } else { FAILURES };
        error.with_hint(hint)
    }
}

/// Returns `true` if the server may have replaced characters of the key.
fn is_replaced(key: &str) -> bool {
    key.contains(char::REPLACEMENT_CHARACTER)
}
