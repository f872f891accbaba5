//! One step of a plan: the transfer or the deletion of one file.

use std::fmt;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use super::names;
use super::options::{FolderOptions, FolderProgress};
use crate::client::Client;
use crate::error::{Error, Result};
use crate::printable;

/// From this size on, an interrupted download is worth being resumed, in bytes.
const RESUME_FROM: u64 = 16 << 20;
/// The longest text of a step, in bytes.
const MAX_TEXT: usize = 4 << 10;

/// What a [`FolderStep`] does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum FolderAction {
    /// Uploads the file.
    Upload,
    /// Downloads the object.
    Download,
    /// Deletes the object, which the folder does not have.
    DeleteObject,
    /// Deletes the file, which the bucket does not have.
    DeleteFile,
}

impl FolderAction {
    /// Returns `true` for the deletion of an object or a file.
    ///
    /// ```
    /// # let client = include!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/documentation/client.rs"));
    /// use plain_s3::FolderOptions;
    ///
    /// let mirror = FolderOptions::new().delete();
    /// let plan = client.plan_download_prefix("my-new-bucket", "site/", "public", &mirror)?;
    /// let deletions = plan.filter(|step| step.action().is_deletion()).count();
    /// println!("{deletions} files would be deleted");
    /// # Ok::<(), plain_s3::Error>(())
    /// ```
    pub fn is_deletion(self) -> bool {
        matches!(self, Self::DeleteObject | Self::DeleteFile)
    }
}

/// What all steps of a plan have in common.
pub(super) struct Shared<'a> {
    pub(super) client: Client,
    pub(super) bucket: String,
    /// Empty, or ends with a slash.
    pub(super) prefix: String,
    pub(super) folder: PathBuf,
    pub(super) options: FolderOptions<'a>,
    pub(super) progress: Mutex<FolderProgress>,
}

impl Shared<'_> {
    pub(super) fn key(&self, name: &str) -> String {
        format!("{}{name}", self.prefix)
    }

    pub(super) fn path(&self, name: &str) -> PathBuf {
        name.split('/').fold(self.folder.clone(), |path, segment| path.join(segment))
    }

    /// Updates the progress and reports it. Fails if the callback cancels the step.
    pub(super) fn advance(&self, steps: u64, bytes: u64) -> Result<()> {
        let progress = {
            let mut progress = self.progress.lock().unwrap_or_else(PoisonError::into_inner);
            progress.steps += steps;
            progress.bytes += bytes;
            *progress
        };
        self.options.progress.report(progress)
    }
}

/// The part of a step that differs from the others.
#[derive(Clone, Debug)]
pub(super) struct Work {
    pub(super) action: FolderAction,
    /// The path below the folder, which is the key without the prefix.
    pub(super) name: String,
    /// How many bytes are transferred.
    pub(super) bytes: u64,
    /// Whether the target existed when the plan was made.
    pub(super) replaces: bool,
}

impl Work {
    pub(super) fn new(action: FolderAction, name: String, bytes: u64) -> Self {
        Self { action, name, bytes, replaces: false }
    }
}

/// One step of a [`FolderPlan`](crate::FolderPlan): the transfer or the deletion of one file.
///
/// It does not depend on other steps, and can be sent to another thread. `Display` prints what it does.
#[derive(Clone)]
#[must_use = "a step does nothing until it is run"]
pub struct FolderStep<'a> {
    shared: Arc<Shared<'a>>,
    work: Work,
}

impl<'a> FolderStep<'a> {
    pub(super) fn new(shared: Arc<Shared<'a>>, work: Work) -> Self {
        Self { shared, work }
    }

    /// Returns what the step does.
    pub fn action(&self) -> FolderAction {
        self.work.action
    }

    /// Returns the key of the object.
    pub fn key(&self) -> String {
        self.shared.key(&self.work.name)
    }

    /// Returns the path of the file.
    pub fn path(&self) -> PathBuf {
        self.shared.path(&self.work.name)
    }

    /// Returns how many bytes the step transfers; 0 for a deletion.
    pub fn bytes(&self) -> u64 {
        self.work.bytes
    }

    /// Runs the step. It can be run again if it fails. In a dry run, it does nothing.
    ///
    /// # Errors
    ///
    /// - An upload returns the errors of [`upload_file`](Client::upload_file).
    /// - A download returns the errors of [`download_file`](Client::download_file). Fails with
    ///   [`LocalIo`](crate::ErrorKind::LocalIo) if the path leads through a symbolic link, or if a file of this
    ///   name was created after the plan was made.
    /// - A deletion returns the errors of [`delete_object`](Client::delete_object), or
    ///   [`LocalIo`](crate::ErrorKind::LocalIo). Succeeds if the object or the file does not exist.
    /// - [`Cancelled`](crate::ErrorKind::Cancelled) if the progress callback cancels the step.
    pub fn run(&self) -> Result<()> {
        self.shared.advance(0, 0)?;
        let transferred = AtomicU64::new(0);
        let result = if self.shared.options.dry_run { Ok(()) } else { self.execute(&transferred) };
        // empty content is transferred without progress
        let missing = self.work.bytes.saturating_sub(transferred.into_inner());
        let cancelled = self.shared.advance(1, if result.is_ok() { missing } else { 0 });
        drop(cancelled); // the step is finished, so there is nothing left to cancel
        result
    }

    fn execute(&self, transferred: &AtomicU64) -> Result<()> {
        match self.work.action {
            FolderAction::Upload => self.upload(transferred),
            FolderAction::Download => self.download(transferred),
            FolderAction::DeleteObject => {
                self.shared.client.delete_object(&self.shared.bucket, &self.key()).map(drop)
            }
            FolderAction::DeleteFile => self.delete_file(),
        }
    }

    fn upload(&self, transferred: &AtomicU64) -> Result<()> {
        let Shared { client, bucket, options, .. } = &*self.shared;
        let mut upload = options.upload.clone();
        if options.progress.is_set() {
            upload = upload.progress(|sent, _| self.report(transferred, sent));
        }
        client.upload_file_with(bucket, &self.key(), self.path(), &upload).map(drop)
    }

    fn download(&self, transferred: &AtomicU64) -> Result<()> {
        let Shared { client, bucket, options, .. } = &*self.shared;
        let path = self.path();
        self.ensure_within_folder()?;
        match fs::symlink_metadata(&path) {
            Ok(metadata) if metadata.is_symlink() => {
                return Err(cannot_write(&path, "it is a symbolic link"));
            }
            Ok(_) if !self.work.replaces => {
                let reason = "it was created after the plan was made, or the file system regards its name as equal to \
                              another one";
                return Err(cannot_write(&path, reason));
            }
            _ => {}
        }
        if let Some(parent) = path.parent() {
            fs::create_dir_all(parent).map_err(|error| {
                Error::local(format!("cannot create the folder {}", parent.display()), error)
            })?;
        }
        let mut download = options.download.clone();
        if options.progress.is_set() {
            download = download.progress(|written, _| self.report(transferred, written));
        }
        if self.work.bytes > RESUME_FROM {
            download = download.resume();
        }
        client.download_file_with(bucket, &self.key(), &path, &download).map(drop)
    }

    /// Adds what was transferred since the last call.
    fn report(&self, transferred: &AtomicU64, now: u64) -> std::ops::ControlFlow<()> {
        let before = transferred.swap(now, Ordering::Relaxed);
        match self.shared.advance(0, now.saturating_sub(before)) {
            Ok(()) => std::ops::ControlFlow::Continue(()),
            Err(_) => std::ops::ControlFlow::Break(()),
        }
    }

    fn delete_file(&self) -> Result<()> {
        self.ensure_within_folder()?;
        let path = self.path();
        match fs::remove_file(&path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                Err(Error::local(format!("cannot delete {}", path.display()), error))
            }
            _ => Ok(()),
        }
    }

    /// Fails if a folder on the path to the file is a symbolic link: it may lead anywhere.
    fn ensure_within_folder(&self) -> Result<()> {
        for folder in names::parents(&self.work.name) {
            let path = self.shared.path(folder);
            if fs::symlink_metadata(&path).is_ok_and(|metadata| metadata.is_symlink()) {
                let reason = format!("{} is a symbolic link", path.display());
                return Err(cannot_write(&self.path(), &reason));
            }
        }
        Ok(())
    }
}

fn cannot_write(path: &Path, reason: &str) -> Error {
    let reason = io::Error::new(io::ErrorKind::InvalidInput, reason);
    Error::local(format!("cannot write {}", path.display()), reason)
}

impl fmt::Display for FolderStep<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (bucket, key, path) = (&self.shared.bucket, self.key(), self.path());
        let text = match self.work.action {
            FolderAction::Upload => format!("upload {} to {bucket}/{key}", path.display()),
            FolderAction::Download => format!("download {bucket}/{key} to {}", path.display()),
            FolderAction::DeleteObject => format!("delete {bucket}/{key}"),
            FolderAction::DeleteFile => format!("delete {}", path.display()),
        };
        f.write_str(&printable::line(text, MAX_TEXT))
    }
}

impl fmt::Debug for FolderStep<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.work, f)
    }
}
