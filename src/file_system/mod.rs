//! What differs between operating systems when files are read and replaced: the only code that depends on them.

#[cfg(not(unix))]
mod other;
#[cfg(unix)]
mod unix;

use std::fs::Metadata;
use std::time::SystemTime;

#[cfg(not(unix))]
pub(crate) use other::{
    Attributes, can_be_replaced, create_private, describe, is_descriptor, is_exclusive, is_mount_point,
    is_same_file, sync_folder,
};
#[cfg(unix)]
pub(crate) use unix::{
    Attributes, can_be_replaced, create_private, describe, is_descriptor, is_exclusive, is_mount_point,
    is_same_file, sync_folder,
};

/// The properties of a file that change whenever its content does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct FileState {
    pub(crate) len: u64,
    modified: Option<SystemTime>,
    /// On Unix: unlike the modification time, no program can set it back.
    changed: Option<(i64, i64)>,
}

impl FileState {
    pub(crate) fn of(metadata: &Metadata) -> Self {
        #[cfg(unix)]
        let changed = Some(unix::change_time(metadata));
        #[cfg(not(unix))]
        let changed = None;
        Self { len: metadata.len(), modified: metadata.modified().ok(), changed }
    }
}
