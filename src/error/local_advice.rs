//! What to do about errors of local files.

use std::io;

/// Returns what to do about an error of a local file, if its kind is enough to know.
pub(super) fn local_advice(kind: io::ErrorKind) -> Option<&'static str> {
    Some(match kind {
        io::ErrorKind::NotFound => "Check the path. A relative path starts at the current directory.",
        io::ErrorKind::PermissionDenied => {
            "Check the owner and the permissions of the file and of its folder."
        }
        io::ErrorKind::StorageFull => "Free space on the file system, or use another one.",
        io::ErrorKind::QuotaExceeded => {
            "The quota of the file system is exhausted: delete something, or use another one."
        }
        io::ErrorKind::ReadOnlyFilesystem => "The file system is mounted read-only: use another one.",
        io::ErrorKind::FileTooLarge => {
            "The file system or a limit of the process allows no file of this size."
        }
        io::ErrorKind::InvalidFilename => {
            "Use a shorter name, and only characters that the file system allows."
        }
        _ => return None,
    })
}
