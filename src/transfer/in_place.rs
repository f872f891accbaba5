//! Writing into a target that cannot be replaced: a mounted file, a device or a pipe.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, Seek as _, Write as _};

use super::target::Target;
use crate::error::{Error, Result};

/// An existing target that is open for writing. A regular file is locked until this is dropped.
#[derive(Debug)]
pub(super) struct InPlaceFile<'a> {
    file: File,
    target: &'a Target,
    is_regular: bool,
    /// The old content is lost.
    cleared: bool,
}

impl<'a> InPlaceFile<'a> {
    /// Opens the target without changing it. Opening a pipe waits until another process reads from it.
    pub(super) fn open(target: &'a Target) -> Result<Self> {
        let failed = |error| target.cannot_write(error);
        let file = OpenOptions::new().write(true).open(&target.path).map_err(failed)?;
        let is_regular = file.metadata().map_err(failed)?.is_file();
        if is_regular {
            match file.try_lock() {
                Err(TryLockError::WouldBlock) => {
                    let reason = "another program has locked it, such as another download to it";
                    let error = failed(io::Error::new(io::ErrorKind::WouldBlock, reason));
                    return Err(error.with_hint("Wait until it has finished."));
                }
                // a file system without locks cannot detect that
                Err(TryLockError::Error(_)) | Ok(()) => {}
            }
        }
        Ok(Self { file, target, is_regular, cleared: false })
    }

    /// Deletes the old content. Writing starts at the beginning.
    pub(super) fn clear(&mut self) -> Result<()> {
        if self.is_regular {
            let cleared = self.file.set_len(0).and_then(|()| self.file.rewind());
            cleared.map_err(|error| self.target.cannot_write(error))?;
        }
        self.cleared = true;
        Ok(())
    }

    /// Returns `true` if the target can be written a second time. Others have passed on what was written.
    pub(super) fn can_be_cleared(&self) -> bool {
        self.is_regular
    }

    pub(super) fn write(&mut self, bytes: &[u8]) -> Result<()> {
        self.file.write_all(bytes).map_err(|error| self.target.cannot_write(error))
    }

    /// Makes the content of a regular file durable. Devices and pipes cannot be synced.
    pub(super) fn finish(&self, sync: bool) -> Result<()> {
        if sync && self.is_regular {
            self.file.sync_all().map_err(|error| self.target.cannot_write(error))?;
        }
        Ok(())
    }

    /// Adds to the error of a download that the old content is lost, if it is.
    pub(super) fn explain(&self, error: Error) -> Error {
        if !self.cleared {
            return error;
        }
        let path = self.target.path.display();
        error.append_hint(&format!("The content of {path} is incomplete, because it was written in place."))
    }
}
