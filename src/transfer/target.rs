//! The target of a download: what its path refers to, and whether a file can replace it.
//!
//! Everything that can be found out is found out before the first request.

use std::fs::{self, Metadata};
use std::io;
use std::path::{Path, PathBuf, is_separator};

use crate::error::{Error, Result};
use crate::file_system;

/// As many links as Linux follows.
const MAX_LINKS: u32 = 40;

/// What a path refers to, after all links.
#[derive(Debug)]
pub(super) struct Target {
    /// Absolute and without links, except for an open file of a process.
    pub(super) path: PathBuf,
    kind: Kind,
}

#[derive(Debug)]
enum Kind {
    Absent,
    File(Metadata),
    /// A device, a pipe, a socket, or an open file of a process.
    Special(&'static str),
}

impl Target {
    /// Follows the links of a path, including those whose end does not exist yet.
    ///
    /// Fails for a directory, and if the folder of the target does not exist.
    pub(super) fn of(path: &Path) -> Result<Self> {
        let mut at = path.to_owned();
        for _ in 0..MAX_LINKS {
            if at.file_name().is_none() {
                let reason = io::Error::new(io::ErrorKind::InvalidInput, "the path does not name a file");
                // in quotes, because the path may be empty
                return Err(Error::local(format!("cannot write {path:?}"), reason)
                    .with_hint("Pass the path of a file."));
            }
            if is_folder_name(&at) {
                return Err(directory(path));
            }
            let metadata = match fs::symlink_metadata(&at) {
                Ok(metadata) => metadata,
                Err(error) if error.kind() == io::ErrorKind::NotFound => {
                    return Ok(Self { path: in_canonical_folder(path, &at)?, kind: Kind::Absent });
                }
                Err(error) => return Err(cannot_write(path, error)),
            };
            if metadata.is_dir() {
                return Err(directory(path));
            }
            if metadata.is_file() {
                return Ok(Self { path: in_canonical_folder(path, &at)?, kind: Kind::File(metadata) });
            }
            if !metadata.is_symlink() {
                let kind = Kind::Special(file_system::describe(metadata.file_type()));
                return Ok(Self { path: in_canonical_folder(path, &at)?, kind });
            }
            if file_system::is_descriptor(&at) {
                // such a link is not a path: it leads to a file that may have another name, or none
                let open = fs::metadata(&at).map_err(|error| cannot_write(path, error))?;
                let what =
                    if open.is_file() { "an open file" } else { file_system::describe(open.file_type()) };
                return Ok(Self { path: at, kind: Kind::Special(what) });
            }
            let link = fs::read_link(&at).map_err(|error| cannot_write(path, error))?;
            at = at.parent().unwrap_or(Path::new("")).join(link);
        }
        let reason = io::Error::other("the symbolic links form a loop, or are too many");
        Err(cannot_write(path, reason).with_hint("Correct or remove the links."))
    }

    /// Returns the metadata of the regular file, if there is one.
    pub(super) fn file(&self) -> Option<&Metadata> {
        match &self.kind {
            Kind::File(metadata) => Some(metadata),
            Kind::Absent | Kind::Special(_) => None,
        }
    }

    pub(super) fn exists(&self) -> bool {
        !matches!(self.kind, Kind::Absent)
    }

    /// Fails if it is known that no file can be renamed to this path.
    pub(super) fn ensure_replaceable(&self) -> Result<()> {
        let reason = match self.kind {
            Kind::Absent => return Ok(()),
            Kind::Special(what) => io::Error::new(io::ErrorKind::InvalidInput, format!("it is {what}")),
            Kind::File(_) if file_system::is_mount_point(&self.path) => {
                let reason = "it is a mount point, such as a file that is mounted into a container";
                io::Error::new(io::ErrorKind::ResourceBusy, reason)
            }
            Kind::File(_) => match file_system::can_be_replaced(&self.path) {
                Ok(()) => return Ok(()),
                Err(error) => error,
            },
        };
        let read_only = reason.kind() == io::ErrorKind::ReadOnlyFilesystem;
        let error = Error::local(format!("cannot replace {}", self.path.display()), reason);
        if read_only {
            return Err(error);
        }
        Err(error.with_hint("To write into it instead, use DownloadOptions::in_place."))
    }

    pub(super) fn cannot_write(&self, error: io::Error) -> Error {
        cannot_write(&self.path, error)
    }
}

/// Returns `true` if a path can only be that of a directory.
fn is_folder_name(path: &Path) -> bool {
    let bytes = path.as_os_str().as_encoded_bytes();
    let bytes = bytes.strip_suffix(b".").filter(|rest| rest.is_empty() || ends_with_separator(rest));
    ends_with_separator(bytes.unwrap_or(path.as_os_str().as_encoded_bytes()))
}

fn ends_with_separator(bytes: &[u8]) -> bool {
    bytes.last().is_some_and(|&byte| is_separator(byte.into()))
}

/// Returns the path with an absolute folder without links, so that it stays valid if the program changes its
/// working directory.
fn in_canonical_folder(path: &Path, at: &Path) -> Result<PathBuf> {
    let folder = at.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let folder = fs::canonicalize(folder).map_err(|error| {
        let missing = error.kind() == io::ErrorKind::NotFound;
        let error = cannot_write(path, error);
        if missing { error.with_hint("Create its folder first.") } else { error }
    })?;
    Ok(folder.join(at.file_name().unwrap_or_default()))
}

fn directory(path: &Path) -> Error {
    let reason = io::Error::new(io::ErrorKind::IsADirectory, "it is a directory");
    cannot_write(path, reason).with_hint("Add the name of a file in it.")
}

fn cannot_write(path: &Path, error: io::Error) -> Error {
    Error::local(format!("cannot write {}", path.display()), error)
}
