//! A file that gets its name once it is whole; until then its target is not started.

use std::ffi::OsString;
use std::fs::{self, File, OpenOptions};
use std::hash::{BuildHasher as _, Hasher as _};
use std::io::{self, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf, is_separator};
use std::time::SystemTime;

use md5::{Digest as _, Md5};

use crate::encode;
use crate::error::{Error, Result};
use crate::etag::ETag;

/// The file that a path stands for: behind a symbolic link, and no folder, device or pipe, which a file that
/// is renamed into its place would replace.
pub(super) fn target(path: &Path) -> Result<PathBuf> {
    let refuse = |why: &str, kind| cannot_write(path, io::Error::new(kind, why));
    if path.file_name().is_none() {
        return Err(refuse("the path names no file", io::ErrorKind::InvalidInput));
    }
    match fs::canonicalize(path) {
        Ok(target) if target.is_dir() => {
            Err(refuse("it is a directory", io::ErrorKind::IsADirectory)
                .with_hint("Name the file in it, too."))
        }
        Ok(target) if !target.is_file() => Err(refuse("it is no regular file", io::ErrorKind::InvalidInput)
            .with_hint("Copy what get_object gives into it by io::copy.")),
        Ok(target) => Ok(target),
        Err(_) if path.as_os_str().as_encoded_bytes().last().is_some_and(|&b| is_separator(b.into())) => {
            Err(refuse("it is a directory", io::ErrorKind::IsADirectory)
                .with_hint("Name the file in it, too."))
        }
        Err(_) => Ok(path.to_owned()), // not there yet
    }
}

/// What leaves room for the rest of a temporary name, an ETag in it included.
const LONGEST_NAME: usize = 160;

/// A temporary file beside its target: dropped unfinished it is removed, unless it is to be kept for a later run.
#[derive(Debug)]
pub(super) struct PartialFile<'a> {
    file: File,
    path: PathBuf,
    target: &'a Path,
    keep: bool,
}

impl<'a> PartialFile<'a> {
    /// Makes the file, so that all that cannot be written is known before anything is asked for.
    pub(super) fn create(target: &'a Path) -> Result<Self> {
        let path = beside(target, &format!("{:016x}", random()));
        let file = OpenOptions::new()
            .read(true)
            .write(true)
            .create_new(true)
            .open(&path)
            .map_err(|error| cannot_write(target, error))?;
        let partial = Self { file, path, target, keep: false };
        partial.hide().map_err(|error| cannot_write(target, error))?;
        Ok(partial)
    }

    /// Has nobody read the new content who may not read the old. The owner may write, to resume it later.
    #[cfg(unix)]
    fn hide(&self) -> io::Result<()> {
        use std::os::unix::fs::PermissionsExt as _;

        let Ok(before) = fs::metadata(self.target) else { return Ok(()) };
        self.file.set_permissions(fs::Permissions::from_mode(before.permissions().mode() | 0o600))
    }

    /// Elsewhere the folder says who may read.
    #[cfg(not(unix))]
    fn hide(&self) -> io::Result<()> {
        Ok(())
    }

    /// Opens what an earlier run has left of the object with some ETag; the newest where there are several.
    pub(super) fn find(target: &'a Path) -> Result<Option<(Self, ETag, u64)>> {
        let sample = beside(target, "?");
        let (Some(folder), Some(sample)) =
            (sample.parent(), sample.file_name().and_then(|name| name.to_str()))
        else {
            return Ok(None); // a name that is no text keeps no ETag
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

    /// Gives the file the name under which a later run finds it, and has it kept on failure from now on.
    pub(super) fn keep_as(&mut self, e_tag: &ETag) -> Result<()> {
        let path = beside(self.target, &format!("etag-{}", encode::query(e_tag.as_str())));
        if path != self.path {
            fs::rename(&self.path, &path).map_err(|error| cannot_write(self.target, error))?;
        }
        self.path = path;
        self.keep = true;
        Ok(())
    }

    /// Has the file removed after all.
    pub(super) fn discard(&mut self) {
        self.keep = false;
    }

    /// Reads the first `len` bytes, then writing goes on behind them.
    pub(super) fn read_start(&mut self, len: u64, mut take: impl FnMut(&[u8])) -> Result<()> {
        let mut copy = || -> io::Result<()> {
            self.file.seek(SeekFrom::Start(0))?;
            let mut buffer = vec![0; 256 << 10];
            let mut left = len;
            while left > 0 {
                let want = usize::try_from(left).unwrap_or(usize::MAX).min(buffer.len());
                io::Read::read_exact(&mut self.file, &mut buffer[..want])?;
                take(&buffer[..want]);
                left -= want as u64;
            }
            Ok(())
        };
        copy().map_err(|error| Error::local(format!("cannot read {}", self.path.display()), error))
    }

    pub(super) fn write(&mut self, bytes: &[u8]) -> Result<()> {
        self.file.write_all(bytes).map_err(|error| cannot_write(self.target, error))
    }

    /// Puts the file in the place of the target, in one step, with the permissions that it had.
    pub(super) fn finish(mut self) -> Result<()> {
        if let Ok(before) = fs::metadata(self.target) {
            let same = self.file.set_permissions(before.permissions());
            same.map_err(|error| cannot_write(self.target, error))?;
        }
        fs::rename(&self.path, self.target).map_err(|error| cannot_write(self.target, error))?;
        self.keep = true; // it has another name now
        Ok(())
    }
}

impl Drop for PartialFile<'_> {
    fn drop(&mut self) {
        if !self.keep {
            // there is nobody left to tell
            let _ = fs::remove_file(&self.path);
        }
    }
}

/// The path of a temporary file: in the target's folder, as a rename across file systems is none, hidden,
/// and recognisable: `.name.MIDDLE.part`.
fn beside(target: &Path, middle: &str) -> PathBuf {
    let mut hidden = OsString::from(".");
    let name = target.file_name().unwrap_or_default();
    if name.len() <= LONGEST_NAME {
        hidden.push(name);
    } else {
        // a file name ends at 255 bytes on most systems
        hidden.push(encode::hex(&Md5::digest(name.as_encoded_bytes())));
    }
    hidden.push(format!(".{middle}.part"));
    target.with_file_name(hidden)
}

fn cannot_write(target: &Path, error: io::Error) -> Error {
    Error::local(format!("cannot write {}", target.display()), error)
}

/// A number that two downloads at once do not share.
fn random() -> u64 {
    std::collections::hash_map::RandomState::new().build_hasher().finish()
}
