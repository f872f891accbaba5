//! A file that gets its name only when it is complete. Until then, its target is not touched.

use std::ffi::OsString;
use std::fs::{self, File, Metadata, OpenOptions, TryLockError};
use std::hash::{BuildHasher as _, Hasher as _};
use std::io::{self, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use super::target::Target;
use crate::checksum::Md5Digest;
use crate::encode;
use crate::error::{Error, Result};
use crate::etag::ETag;
use crate::file_system::{self, Attributes};

/// The longest file name that is part of the name of a partial file. Most systems limit a name to 255 bytes,
/// and encrypted ones to 143.
const LONGEST_NAME: usize = 90;

/// A temporary file beside its target, which only the user can read. Dropping it removes the file, unless it is
/// kept for a later run.
#[derive(Debug)]
pub(super) struct PartialFile<'a> {
    file: File,
    path: PathBuf,
    target: &'a Target,
    attributes: Attributes,
    keep: bool,
}

impl<'a> PartialFile<'a> {
    /// Creates the file, so that a target that cannot be written is reported before anything is requested.
    pub(super) fn create(target: &'a Target) -> Result<Self> {
        if is_resumable_name(target.path.file_name().unwrap_or_default().as_encoded_bytes()) {
            let reason = io::Error::new(io::ErrorKind::InvalidInput, "the name is that of a partial file");
            return Err(target.cannot_write(reason).with_hint("Choose another name."));
        }
        let attributes = match target.file() {
            Some(replaced) => Attributes::of_replaced(replaced),
            None => attributes_of_new_file(target).map_err(|error| target.cannot_write(error))?,
        };
        let path = random_path(target);
        let file = file_system::create_private(&path).map_err(|error| target.cannot_write(error))?;
        let mut partial = Self { file, path, target, attributes, keep: false };
        // some folders allow creating files, but not renaming them
        let renamed = random_path(target);
        file_system::rename(&partial.path, &renamed).map_err(|error| {
            Error::local(format!("cannot rename {}", partial.path.display()), error)
                .with_hint("A download needs a folder in which files can be renamed.")
        })?;
        partial.path = renamed;
        Ok(partial)
    }

    /// Opens and locks the file that an earlier run has kept for this target, and returns it with its ETag and
    /// length. If there are several, the newest.
    ///
    /// Fails if another download is writing to it. Ignores files that other users may have written.
    pub(super) fn find_earlier(&self) -> Result<Option<(Self, ETag, u64)>> {
        let folder = self.path.parent().unwrap_or(Path::new("."));
        let unreadable = |error| Error::local(format!("cannot read the folder {}", folder.display()), error);
        let files = partial_files(self.target).map_err(unreadable)?;
        let newest =
            files.into_iter().reduce(|best, file| if file.modified > best.modified { file } else { best });
        let Some(EarlierFile { path, e_tag, .. }) = newest else { return Ok(None) };
        let own = self.file.metadata().map_err(|error| self.cannot_use(&path, error))?;
        let Some((file, len)) = self.open_earlier(&path, &own)? else { return Ok(None) };
        let earlier = Self { file, path, target: self.target, attributes: self.attributes, keep: true };
        Ok(Some((earlier, e_tag, len)))
    }

    /// Opens and locks a partial file, and returns it with its length. Returns `None` if it does not exist, or
    /// if another user than that of the file `own` may have written to it.
    fn open_earlier(&self, path: &Path, own: &Metadata) -> Result<Option<(File, u64)>> {
        let failed = |error| self.cannot_use(path, error);
        let is_own = |metadata: &Metadata| metadata.is_file() && file_system::is_exclusive(metadata, own);
        // before opening, because opening a pipe waits, and a link would be followed
        if !fs::symlink_metadata(path).is_ok_and(|metadata| is_own(&metadata)) {
            return Ok(None);
        }
        let file = match OpenOptions::new().read(true).write(true).open(path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            file => file.map_err(failed)?,
        };
        if !self.lock(&file, path)? {
            return Ok(None);
        }
        // its last user may have renamed or deleted it meanwhile
        let opened = file.metadata().map_err(failed)?;
        let at_path =
            fs::symlink_metadata(path).is_ok_and(|found| file_system::is_same_file(&found, &opened));
        Ok((at_path && is_own(&opened)).then_some((file, opened.len())))
    }

    /// Gives the file a name by which a later run finds it, and keeps it from now on if the download fails.
    ///
    /// Does neither if the name is too long, if it is taken by a file that cannot be used, or on a file system
    /// without locks.
    pub(super) fn persist_as(&mut self, e_tag: &ETag) -> Result<()> {
        let path = self.target.path.with_file_name(resumable_name(self.target, e_tag));
        if path == self.path {
            self.keep = true;
            return Ok(());
        }
        // not renamed, because that would replace a file that another download has just created
        let file = match file_system::create_private(&path) {
            Ok(file) if self.lock(&file, &path)? => file,
            Ok(_) => {
                let _ = fs::remove_file(&path);
                return Ok(());
            }
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                let own = self.file.metadata().map_err(|error| self.cannot_use(&path, error))?;
                let Some((file, _)) = self.open_earlier(&path, &own)? else { return Ok(()) };
                file.set_len(0).map_err(|error| self.cannot_use(&path, error))?;
                file
            }
            Err(error) if error.kind() == io::ErrorKind::InvalidFilename => return Ok(()),
            Err(error) => return Err(self.target.cannot_write(error)),
        };
        // an empty file with a random name, which nobody needs any more
        let _ = fs::remove_file(&self.path);
        (self.file, self.path, self.keep) = (file, path, true);
        Ok(())
    }

    /// Locks a file that other downloads find by its name. Returns `false` on a file system without locks.
    ///
    /// Fails if another download has locked it.
    fn lock(&self, file: &File, path: &Path) -> Result<bool> {
        match file.try_lock() {
            Ok(()) => return Ok(true),
            Err(TryLockError::Error(_)) => return Ok(false),
            Err(TryLockError::WouldBlock) => {}
        }
        let error = io::Error::new(io::ErrorKind::WouldBlock, "another download is writing to it");
        Err(self.cannot_use(path, error).with_hint(
            "Only one download at a time can resume a target. Wait until the other one has finished, or \
             download without DownloadOptions::resume.",
        ))
    }

    /// Returns `false` if another program has removed, renamed or replaced the file.
    fn is_at_its_path(&self) -> bool {
        let found = fs::symlink_metadata(&self.path);
        let ours = self.file.metadata();
        found.and_then(|found| Ok(file_system::is_same_file(&found, &ours?))).unwrap_or(false)
    }

    fn cannot_use(&self, path: &Path, error: io::Error) -> Error {
        let what = format!("cannot write {} with the partial file", self.target.path.display());
        Error::local(format!("{what} {}", path.display()), error)
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
        self.file.write_all(bytes).map_err(|error| self.target.cannot_write(error))
    }

    /// Replaces the target with the file, in one step, after `sync` has made the content durable. Then removes the files
    /// that earlier runs have kept for this target, if `remove_earlier` is set.
    pub(super) fn finish(mut self, sync: bool, remove_earlier: bool) -> Result<()> {
        let own = self.file.metadata(); // before it gets the owner of the target
        let applied = self.attributes.apply(&self.file);
        if sync && let Err(error) = self.file.sync_all() {
            // the content may be lost, so no later run can continue here
            self.discard();
            return Err(self.target.cannot_write(error));
        }
        // it becomes the target, stays as the only complete copy, or is the file of another program
        self.keep = true;
        if !self.is_at_its_path() {
            let reason = io::Error::other("another program has removed or replaced the partial file");
            return Err(self.target.cannot_write(reason).with_hint("Download the object again."));
        }
        let renamed = applied.and_then(|()| file_system::rename(&self.path, &self.target.path));
        renamed.map_err(|error| {
            let (from, to) = (self.path.display(), self.target.path.display());
            Error::local(format!("cannot rename {from} to {to}"), error)
                .with_hint(format!("The complete content is in {from}."))
        })?;
        if sync && let Some(folder) = self.target.path.parent() {
            // the file is complete in any case, and some file systems cannot sync folders
            let _ = file_system::sync_folder(folder);
        }
        if remove_earlier && let Ok(own) = own {
            self.remove_earlier(&own);
        }
        Ok(())
    }

    /// Removes the files that earlier runs have kept for this target, except those that other users may have written and
    /// those that another download is using. Ignores errors.
    fn remove_earlier(&self, own: &Metadata) {
        for EarlierFile { path, .. } in partial_files(self.target).unwrap_or_default() {
            // an empty file may have been created just now, and not be locked yet
            if let Ok(Some((file, len))) = self.open_earlier(&path, own)
                && len > 0
            {
                let _ = fs::remove_file(&path);
                let _ = file.unlock();
            }
        }
    }
}

impl Drop for PartialFile<'_> {
    fn drop(&mut self) {
        // the name may belong to another file by now
        if !self.keep && self.is_at_its_path() {
            // an error could not be reported any more
            let _ = fs::remove_file(&self.path);
        }
        // a process that another thread is just starting may hold a copy of the descriptor for a moment
        let _ = self.file.unlock();
    }
}

/// A file that an earlier run has kept for a target.
struct EarlierFile {
    path: PathBuf,
    e_tag: ETag,
    modified: Option<SystemTime>,
}

/// Returns the regular files whose names are those of partial files of this target, and of no other one.
fn partial_files(target: &Target) -> io::Result<Vec<EarlierFile>> {
    let folder = target.path.parent().unwrap_or(Path::new("."));
    let of_target = fs::read_dir(folder)?.flatten().filter_map(|entry| {
        let e_tag = e_tag_of_name(entry.file_name().as_encoded_bytes(), target)?;
        let metadata = entry.metadata().ok().filter(Metadata::is_file)?;
        Some(EarlierFile { path: entry.path(), e_tag, modified: metadata.modified().ok() })
    });
    Ok(of_target.collect())
}

/// Returns the attributes that a new file gets in the target's folder. They depend on the umask and on the
/// folder, so an empty file is created and removed again.
fn attributes_of_new_file(target: &Target) -> io::Result<Attributes> {
    let path = random_path(target);
    let metadata = File::create_new(&path)?.metadata();
    fs::remove_file(&path)?;
    Ok(Attributes::of_new(&metadata?))
}

/// Returns `.NAME.`, the start of the name of each temporary file. The files are hidden, and in the target's
/// folder, because a file cannot be renamed across file systems.
fn prefix(target: &Target) -> OsString {
    let mut prefix = OsString::from(".");
    let name = target.path.file_name().unwrap_or_default();
    if name.len() <= LONGEST_NAME {
        prefix.push(name);
    } else {
        prefix.push(Md5Digest::of(name.as_encoded_bytes()).to_hex());
    }
    prefix.push(".");
    prefix
}

const SUFFIX: &str = ".part";
const MARK: &str = "etag-";

/// Returns a path for a file that no later run uses.
fn random_path(target: &Target) -> PathBuf {
    let random = std::collections::hash_map::RandomState::new().build_hasher().finish();
    let mut name = prefix(target);
    name.push(format!("{random:016x}{SUFFIX}"));
    target.path.with_file_name(name)
}

/// Returns `.NAME.etag-ETAG.part`. The encoded ETag contains no dot, so that it ends where it seems to: a file
/// of the target `x` differs from all files of the target `x.etag-y`.
fn resumable_name(target: &Target, e_tag: &ETag) -> OsString {
    let mut name = prefix(target);
    name.push(format!("{MARK}{}{SUFFIX}", encode::query(e_tag.as_str()).replace('.', "%2E")));
    name
}

/// Returns the ETag in a name that [`resumable_name`] has created for this target.
fn e_tag_of_name(name: &[u8], target: &Target) -> Option<ETag> {
    let rest = name.strip_prefix(prefix(target).as_encoded_bytes())?.strip_suffix(SUFFIX.as_bytes())?;
    let encoded = std::str::from_utf8(rest).ok()?.strip_prefix(MARK)?;
    let e_tag = ETag::new(encode::decode(encoded)?);
    (resumable_name(target, &e_tag).as_encoded_bytes() == name && e_tag.is_strong()).then_some(e_tag)
}

/// Returns `true` for the names that the two functions above create, for any target: `.NAME.RANDOM.part` and
/// `.NAME.etag-ETAG.part`.
pub(crate) fn is_temporary_name(name: &str) -> bool {
    let stem = name.strip_prefix('.').and_then(|name| name.strip_suffix(SUFFIX)?.rsplit_once('.'));
    stem.is_some_and(|(_, end)| {
        end.starts_with(MARK) || end.len() == 16 && end.bytes().all(|byte| byte.is_ascii_hexdigit())
    })
}

/// Returns `true` if a name may be that of a partial file of any target, which could then delete it.
fn is_resumable_name(name: &[u8]) -> bool {
    let is_mark = |bytes: &[u8]| bytes == format!(".{MARK}").as_bytes();
    name.starts_with(b".") && name.ends_with(SUFFIX.as_bytes()) && name.windows(MARK.len() + 1).any(is_mark)
}
