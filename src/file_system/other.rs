//! Systems such as Windows, on which the permissions of the folder decide.

use std::fs::{self, File, FileType, Metadata, OpenOptions};
use std::io;
use std::path::Path;

pub(crate) fn create_private(path: &Path) -> io::Result<File> {
    OpenOptions::new().read(true).write(true).create_new(true).open(path)
}

/// Nothing: a new file inherits its permissions from the folder.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Attributes;

impl Attributes {
    pub(crate) fn of_replaced(_: &Metadata) -> Self {
        Self
    }

    pub(crate) fn of_new(_: &Metadata) -> Self {
        Self
    }

    #[expect(clippy::unused_self, reason = "it is used on Unix")]
    pub(crate) fn apply(self, _: &File) -> io::Result<()> {
        Ok(())
    }
}

pub(crate) fn is_exclusive(_: &Metadata, _: &Metadata) -> bool {
    true
}

/// Compares the times of creation, because the standard library has no stable access to the IDs of files.
pub(crate) fn is_same_file(a: &Metadata, b: &Metadata) -> bool {
    a.created().ok() == b.created().ok()
}

pub(crate) fn describe(_: FileType) -> &'static str {
    "not a regular file"
}

pub(crate) fn is_descriptor(_: &Path) -> bool {
    false
}

pub(crate) fn is_mount_point(_: &Path) -> bool {
    false
}

/// Fails for a read-only file, because Windows would reject the rename only after the download.
pub(crate) fn can_be_replaced(path: &Path) -> io::Result<()> {
    if fs::metadata(path)?.permissions().readonly() {
        return Err(io::Error::new(io::ErrorKind::PermissionDenied, "the file is read-only"));
    }
    Ok(())
}

pub(crate) fn rename(from: &Path, to: &Path) -> io::Result<()> {
    #[cfg(windows)]
    return super::in_use::retry_while_in_use(|| fs::rename(from, to));
    #[cfg(not(windows))]
    fs::rename(from, to)
}

pub(crate) fn sync_folder(_: &Path) -> io::Result<()> {
    Ok(())
}
