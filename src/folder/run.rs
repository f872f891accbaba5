//! Plans as iterators, and the run of all their steps, one after the other.

use std::fmt;
use std::sync::Arc;
use std::vec;

use super::step::{FolderAction, FolderStep, Shared, Work};
use crate::error::{Error, ErrorKind, KeyFailure, Result};

/// After this many failures, the rest is not tried: memory stays bounded, and all have probably the same
/// cause.
const MAX_FAILURES: usize = 10_000;
/// How many objects are deleted at once.
const MAX_BATCH: usize = 1000;
/// The hint for every error after the first step.
const CONTINUE: &str = "Another run transfers only what is missing.";

/// What a transfer of a folder has to do: an iterator of independent steps, created by
/// [`Client::plan_upload_folder`](crate::Client::plan_upload_folder) and
/// [`Client::plan_download_prefix`](crate::Client::plan_download_prefix).
///
/// [`run`](Self::run) runs all steps on this thread. To run several at once, take them from the iterator and
/// send them to other threads. Deletions come last; do not run them if a transfer has failed.
#[must_use = "a plan does nothing until it is run"]
pub struct FolderPlan<'a> {
    shared: Arc<Shared<'a>>,
    work: vec::IntoIter<Work>,
    summary: FolderSummary,
}

/// The result of a transfer of a folder. In a dry run, what would have been done.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct FolderSummary {
    /// How many files were uploaded or downloaded.
    pub transferred: u64,
    /// How many bytes they have.
    pub bytes: u64,
    /// How many files were equal already.
    pub unchanged: u64,
    /// How many objects or files were deleted.
    pub deleted: u64,
    /// What was skipped because of [`FolderOptions::skip_invalid`](crate::FolderOptions::skip_invalid). The
    /// message of an entry is the reason, and its code is empty.
    pub skipped: Vec<KeyFailure>,
}

impl FolderSummary {
    /// Creates the summary of a transfer that had nothing to do, for tests of code that handles one.
    pub fn new() -> Self {
        Self::default()
    }
}

impl fmt::Display for FolderSummary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { transferred, bytes, unchanged, deleted, skipped } = self;
        write!(
            f,
            "{transferred} files transferred ({bytes} bytes), {unchanged} unchanged, {deleted} deleted"
        )?;
        if skipped.is_empty() { Ok(()) } else { write!(f, ", {} skipped", skipped.len()) }
    }
}

impl<'a> FolderPlan<'a> {
    pub(super) fn new(
        shared: Arc<Shared<'a>>,
        work: Vec<Work>,
        unchanged: u64,
        skipped: Vec<KeyFailure>,
    ) -> Self {
        let summary = FolderSummary { unchanged, skipped, ..FolderSummary::new() };
        Self { shared, work: work.into_iter(), summary }
    }

    /// Returns how many bytes the remaining steps transfer.
    pub fn bytes(&self) -> u64 {
        self.work.as_slice().iter().map(|work| work.bytes).sum()
    }

    /// Returns how many files are equal already.
    pub fn unchanged(&self) -> u64 {
        self.summary.unchanged
    }

    /// Returns what the plan skips because of
    /// [`FolderOptions::skip_invalid`](crate::FolderOptions::skip_invalid).
    pub fn skipped(&self) -> &[KeyFailure] {
        &self.summary.skipped
    }

    /// Runs the remaining steps, one after the other, and objects to delete in batches of 1000.
    ///
    /// A step that fails does not stop the others, unless the error concerns all of them: the bucket does not
    /// exist, no connection can be made, the credentials provider failed, or the progress callback cancelled
    /// the call.
    ///
    /// # Errors
    ///
    /// [`PartialFailure`](ErrorKind::PartialFailure) if some steps failed. [`Error::failures`] lists them; all
    /// other files were transferred. Nothing is deleted after a failed transfer. After 10,000 failures, the
    /// rest is not tried.
    pub fn run(mut self) -> Result<FolderSummary> {
        let mut failures = Vec::new();
        while let Some(work) = self.work.next() {
            if work.action.is_deletion() && !failures.is_empty() {
                let left = self.work.len() + 1;
                return Err(self.partial_failure(failures, &format!("{left} deletions were not tried.")));
            }
            let result = match work.action {
                FolderAction::DeleteObject => self.delete_objects(work),
                _ => self.run_step(work),
            };
            match result {
                Ok(()) => {}
                Err((_, error)) if concerns_all_steps(&error) => {
                    return Err(error.with_failures(failures).append_hint(CONTINUE));
                }
                Err((_, error)) if error.kind() == ErrorKind::PartialFailure => {
                    failures.extend_from_slice(error.failures());
                }
                Err((key, error)) => failures.push(failure(key, &error)),
            }
            if failures.len() >= MAX_FAILURES && self.work.len() > 0 {
                let left = self.work.len();
                return Err(
                    self.partial_failure(failures, &format!("The remaining {left} steps were not tried."))
                );
            }
        }
        if failures.is_empty() { Ok(self.summary) } else { Err(self.partial_failure(failures, "")) }
    }

    fn run_step(&mut self, work: Work) -> Result<(), (String, Error)> {
        let step = FolderStep::new(Arc::clone(&self.shared), work);
        step.run().map_err(|error| (step.key(), error))?;
        *(if step.action().is_deletion() {
            &mut self.summary.deleted
        } else {
            &mut self.summary.transferred
        }) += 1;
        self.summary.bytes += step.bytes();
        Ok(())
    }

    /// Deletes this object, together with the next ones.
    fn delete_objects(&mut self, first: Work) -> Result<(), (String, Error)> {
        let mut keys = vec![self.shared.key(&first.name)];
        // objects are never deleted together with files, so all further steps are the same
        keys.extend(self.work.by_ref().take(MAX_BATCH - 1).map(|work| self.shared.key(&work.name)));
        let Shared { client, bucket, options, .. } = &*self.shared;
        let count = keys.len() as u64;
        let with_key = |error| (keys[0].clone(), error);
        self.shared.advance(0, 0).map_err(with_key)?;
        let result = if options.dry_run { Ok(()) } else { client.delete_objects(bucket, &keys) };
        let cancelled = self.shared.advance(count, 0);
        drop(cancelled); // the objects are deleted, so there is nothing left to cancel
        let failed = match &result {
            Ok(()) => 0,
            Err(error) if error.kind() == ErrorKind::PartialFailure => error.failures().len() as u64,
            Err(_) => count,
        };
        self.summary.deleted += count.saturating_sub(failed);
        result.map_err(with_key)
    }

    fn partial_failure(&self, failures: Vec<KeyFailure>, rest: &str) -> Error {
        let first = failures.first().map(KeyFailure::describe).unwrap_or_default();
        let count = failures.len();
        let files = if count == 1 { "file" } else { "files" };
        let message = format!("{count} {files} failed ({}). The first is {first}", self.summary);
        let error = Error::partial(message, failures);
        let error = if rest.is_empty() { error } else { error.append_hint(rest) };
        error.append_hint(CONTINUE)
    }
}

/// Returns `true` for errors that would occur in every other step, too.
fn concerns_all_steps(error: &Error) -> bool {
    matches!(
        error.kind(),
        ErrorKind::Connect | ErrorKind::Tls | ErrorKind::Credentials | ErrorKind::Cancelled
    ) || error.is_no_such_bucket()
}

/// Returns the error of a step as the failure of its key.
fn failure(key: String, error: &Error) -> KeyFailure {
    let code = error.code().map_or_else(|| format!("{:?}", error.kind()), str::to_owned);
    let message = error.message().map_or_else(|| error.to_string(), str::to_owned);
    KeyFailure { message, ..KeyFailure::new(key, code) }
}

impl<'a> Iterator for FolderPlan<'a> {
    type Item = FolderStep<'a>;

    fn next(&mut self) -> Option<FolderStep<'a>> {
        Some(FolderStep::new(Arc::clone(&self.shared), self.work.next()?))
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.work.size_hint()
    }
}

impl ExactSizeIterator for FolderPlan<'_> {}

impl fmt::Debug for FolderPlan<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FolderPlan").field("steps", &self.work.len()).field("summary", &self.summary).finish()
    }
}
