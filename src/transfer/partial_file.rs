//! A file that gets its name only when it is complete. Until then, its target is not touched.

use std::ffi::OsString;
use std::fs::{self, File, OpenOptions};
use std::hash::{BuildHasher as _, Hasher as _};
use std::io::{self, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf, is_separator};
use std::time::SystemTime;

use crate::checksum::Md5Digest;
use crate::encode;
use crate::error::{Error, Result};
use crate::etag::ETag;

/// Returns the file that a path refers to, following symbolic links.
///
/// Fails for a directory, a device or a pipe: renaming a file over it would replace it.
pub(super) fn resolve(path: &Path) -> Result<PathBuf> {
    let fail = |why: &str, kind| cannot_write(path, io::Error::new(kind, why));
    if path.file_name().is_none() {
        let reason = io::Error::new(io::ErrorKind::InvalidInput, "the path does not name a file");
        // In quotes, because the path may be empty.
        return Err(Error::local(format!("cannot write {path:?}"), reason));
    }
    match fs::canonicalize(path) {
        Ok(target) if target.is_dir() => {
            Err(fail("it is a directory", io::ErrorKind::IsADirectory)
                .with_hint("Add the name of a file in it."))
        }
        Ok(target) if !target.is_file() => Err(fail("it is not a regular file", io::ErrorKind::InvalidInput)
            .with_hint("Copy the reader of get_object to it with io::copy.")),
        Ok(target) => Ok(target),
        Err(_) if path.as_os_str().as_encoded_bytes().last().is_some_and(|&b| is_separator(b.into())) => {
            Err(fail("it is a directory", io::ErrorKind::IsADirectory)
                .with_hint("Add the name of a file in it."))
        }
        Err(_) => Ok(path.to_owned()), // it does not exist yet
    }
}

/// The longest file name that leaves room for the rest of a temporary name, including an ETag.
const LONGEST_NAME: usize = 160;

/// A temporary file beside its target. Dropping it removes the file, unless it is kept for a later run.
#[derive(Debug)]
pub(super) struct PartialFile<'a> {
    file: File,
    path: PathBuf,
    target: &'a Path,
    keep: bool,
}

impl<'a> PartialFile<'a> {
    /// Creates the file, so that a target that cannot be written is reported before anything is requested.
    pub(super) fn create(target: &'a Path) -> Result<Self> {
        let path = temp_path(target, &format!("{:016x}", random()));
        let file = OpenOptions::new()
            .read(true)
            .write(true)
            .create_new(true)
            .open(&path)
            .map_err(|error| cannot_write(target, error))?;
        let partial = Self { file, path, target, keep: false };
        partial.restrict_permissions().map_err(|error| cannot_write(target, error))?;
        Ok(partial)
    }

    /// Lets nobody read the new content who may not read the old. The owner can write, to resume it later.
    #[cfg(unix)]
    fn restrict_permissions(&self) -> io::Result<()> {
        use std::os::unix::fs::PermissionsExt as _;

        let Ok(before) = fs::metadata(self.target) else { return Ok(()) };
        self.file.set_permissions(fs::Permissions::from_mode(before.permissions().mode() | 0o600))
    }

    /// On other systems, the permissions of the folder decide.
    #[cfg(not(unix))]
    fn restrict_permissions(&self) -> io::Result<()> {
        Ok(())
    }

    /// Opens the file that an earlier run left, and returns it with its ETag and length. If there are
    /// several, the newest.
    pub(super) fn find_resumable(target: &'a Path) -> Result<Option<(Self, ETag, u64)>> {
        let sample = temp_path(target, "?");
        let (Some(folder), Some(sample)) =
            (sample.parent(), sample.file_name().and_then(|name| name.to_str()))
        else {
            return Ok(None); // a name that is not Unicode cannot contain an ETag
        };
        let (before, after) = sample.split_once('?').unwrap_or((sample, ""));
        let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
        let mut newest: Option<(Option<SystemTime>, PathBuf, ETag, u64)> = None;
        for entry in fs::read_dir(folder).map_err(|error| cannot_write(target, error))?.flatten() {
            let name = entry.file_name();
            let e_tag = name
                .to_str()
                .and_then(|name| name.strip_prefix(before)?.strip_suffix(after)?.strip_prefix("etag-"))
                .and_then(encode::decode);
            let (Some(e_tag), Ok(metadata)) = (e_tag, entry.metadata()) else { continue };
            let age = metadata.modified().ok();
            if metadata.is_file() && newest.as_ref().is_none_or(|(best, ..)| age > *best) {
                newest = Some((age, entry.path(), ETag::new(e_tag), metadata.len()));
            }
        }
        let Some((_, path, e_tag, len)) = newest else { return Ok(None) };
        let file = OpenOptions::new().read(true).write(true).open(&path);
        let file = file.map_err(|error| cannot_write(target, error))?;
        Ok(Some((Self { file, path, target, keep: true }, e_tag, len)))
    }

    /// Renames the file so that a later run finds it, and keeps it from now on if the download fails.
    pub(super) fn persist_as(&mut self, e_tag: &ETag) -> Result<()> {
        let path = temp_path(self.target, &format!("etag-{}", encode::query(e_tag.as_str())));
        if path != self.path {
            fs::rename(&self.path, &path).map_err(|error| cannot_write(self.target, error))?;
        }
        self.path = path;
        self.keep = true;
        Ok(())
    }

    /// Removes the file when it is dropped, after all.
    pub(super) fn discard(&mut self) {
        self.keep = false;
    }

    /// Passes the first `len` bytes to `consume`. Writing continues after them.
    pub(super) fn replay(&mut self, len: u64, mut consume: impl FnMut(&[u8])) -> Result<()> {
        let mut copy = || -> io::Result<()> {
            self.file.seek(SeekFrom::Start(0))?;
            let mut buffer = vec![0; 256 << 10];
            let mut left = len;
            while left > 0 {
                let want = usize::try_from(left).unwrap_or(usize::MAX).min(buffer.len());
                io::Read::read_exact(&mut self.file, &mut buffer[..want])?;
                consume(&buffer[..want]);
                left -= want as u64;
            }
            Ok(())
        };
        copy().map_err(|error| Error::local(format!("cannot read {}", self.path.display()), error))
    }

    pub(super) fn write(&mut self, bytes: &[u8]) -> Result<()> {
        self.file.write_all(bytes).map_err(|error| cannot_write(self.target, error))
    }

    /// Replaces the target with the file, in one step. The file gets the permissions of the old target.
    pub(super) fn finish(mut self) -> Result<()> {
        if let Ok(before) = fs::metadata(self.target) {
            let restored = self.file.set_permissions(before.permissions());
            restored.map_err(|error| cannot_write(self.target, error))?;
        }
        fs::rename(&self.path, self.target).map_err(|error| cannot_write(self.target, error))?;
        self.keep = true; // it is the target now
        Ok(())
    }
}

impl Drop for PartialFile<'_> {
    fn drop(&mut self) {
        if !self.keep {
            // an error could not be reported any more
            let _ = fs::remove_file(&self.path);
        }
    }
}

/// Returns the path of a temporary file, `.NAME.MIDDLE.part`. It is hidden, and in the target's folder,
/// because a file cannot be renamed across file systems.
fn temp_path(target: &Path, middle: &str) -> PathBuf {
    let mut hidden = OsString::from(".");
    let name = target.file_name().unwrap_or_default();
    if name.len() <= LONGEST_NAME {
        hidden.push(name);
    } else {
        // most systems limit a file name to 255 bytes
        hidden.push(Md5Digest::of(name.as_encoded_bytes()).to_hex());
    }
    hidden.push(format!(".{middle}.part"));
    target.with_file_name(hidden)
}

fn cannot_write(target: &Path, error: io::Error) -> Error {
    Error::local(format!("cannot write {}", target.display()), error)
}

/// Returns a number that concurrent downloads do not share.
fn random() -> u64 {
    std::collections::hash_map::RandomState::new().build_hasher().finish()
}
