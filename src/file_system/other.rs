//! Systems such as Windows, on which the permissions of the folder decide.

use std::fs::{File, FileType, Metadata, OpenOptions};
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

pub(crate) fn can_be_replaced(_: &Path) -> io::Result<()> {
    Ok(())
}

pub(crate) fn sync_folder(_: &Path) -> io::Result<()> {
    Ok(())
}
