//! Reading files, and what differs between operating systems when they are replaced. No other code depends on the
//! operating system.

#[cfg(any(windows, test))]
mod in_use;
#[cfg(not(unix))]
mod other;
#[cfg(unix)]
mod unix;

use std::fs::{self, File, Metadata};
use std::io::{self, Read as _};
use std::path::Path;
use std::time::SystemTime;

use crate::error::{Error, Result};

#[cfg(not(unix))]
pub(crate) use other::{
    Attributes, can_be_replaced, create_private, describe, is_descriptor, is_exclusive, is_mount_point,
    is_same_file, rename, sync_folder,
};
#[cfg(unix)]
pub(crate) use unix::{
    Attributes, can_be_replaced, create_private, describe, is_descriptor, is_exclusive, is_mount_point,
    is_same_file, rename, sync_folder,
};

/// The size of the buffer for reading a file, which need not exceed the file.
const SMALLEST_READ: u64 = 4 << 10;
const LARGEST_READ: u64 = 256 << 10;

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

/// Opens a regular file for reading, and returns its state. Fails with
/// [`InvalidInput`](crate::ErrorKind::InvalidInput) for anything else.
pub(crate) fn open_regular(path: &Path) -> Result<(File, FileState)> {
    let unreadable = |error| Error::local(format!("cannot read {}", path.display()), error);
    let ensure_regular = |metadata: &Metadata| {
        if metadata.is_file() { Ok(()) } else { Err(not_regular(&path.display().to_string())) }
    };
    // before opening, because opening a pipe waits until another process writes to it
    ensure_regular(&fs::metadata(path).map_err(unreadable)?)?;
    let file = File::open(path).map_err(unreadable)?;
    let metadata = file.metadata().map_err(unreadable)?;
    ensure_regular(&metadata)?;
    Ok((file, FileState::of(&metadata)))
}

/// Passes the content of a file to `consume`, in pieces.
pub(crate) fn read(path: &Path, mut consume: impl FnMut(&[u8])) -> Result<()> {
    let mut read = || -> io::Result<()> {
        let mut file = File::open(path)?;
        let mut buffer = vec![0; file.metadata()?.len().clamp(SMALLEST_READ, LARGEST_READ) as usize];
        loop {
            match file.read(&mut buffer) {
                Ok(0) => return Ok(()),
                Ok(n) => consume(&buffer[..n]),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
    };
    read().map_err(|error| Error::local(format!("cannot read {}", path.display()), error))
}

/// Returns the error for anything but a regular file, whose length would be unknown.
pub(crate) fn not_regular(name: &str) -> Error {
    Error::invalid(format!("{name} is not a regular file"))
}
