//! Owners, modes and mount points.

use std::fs::{self, File, FileType, Metadata, OpenOptions, Permissions};
use std::io;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::{
    FileTypeExt as _, MetadataExt as _, OpenOptionsExt as _, PermissionsExt as _, fchown,
};
use std::path::Path;

/// Creates a file that only its owner can read.
pub(crate) fn create_private(path: &Path) -> io::Result<File> {
    OpenOptions::new().read(true).write(true).create_new(true).mode(0o600).open(path)
}

/// The owner and the mode that a file gets when it is complete.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Attributes {
    mode: u32,
    owner: Option<(u32, u32)>,
}

impl Attributes {
    /// Returns the attributes of a file that is replaced. The new content must not run with the rights of
    /// another user, so setuid, setgid and sticky bits are left out.
    pub(crate) fn of_replaced(metadata: &Metadata) -> Self {
        Self { mode: metadata.mode() & 0o777, owner: Some((metadata.uid(), metadata.gid())) }
    }

    /// Returns the attributes of a new file, created with the default permissions.
    pub(crate) fn of_new(metadata: &Metadata) -> Self {
        Self { mode: metadata.mode() & 0o777, owner: None }
    }

    /// Gives the file its owner, as far as that is permitted, and its mode.
    pub(crate) fn apply(self, file: &File) -> io::Result<()> {
        let mut now = file.metadata()?;
        if let Some((uid, gid)) = self.owner
            && (uid, gid) != (now.uid(), now.gid())
        {
            // a user may not give files away, but may choose among their own groups
            if fchown(file, Some(uid), Some(gid)).is_err() {
                let _ = fchown(file, None, Some(gid));
            }
            now = file.metadata()?;
        }
        let mut mode = self.mode;
        if self.owner.is_some_and(|(_, gid)| gid != now.gid()) {
            // members of another group may do what everyone may do
            mode &= !0o070 | (mode & 0o007) << 3;
        }
        // a file system without permissions may reject even a change that is none
        if now.mode() & 0o7777 == mode { Ok(()) } else { file.set_permissions(Permissions::from_mode(mode)) }
    }
}

/// Returns `true` if nobody but the owner of `own` can have written to the file: the same owner, no write
/// permission for others, and no other name.
pub(crate) fn is_exclusive(file: &Metadata, own: &Metadata) -> bool {
    file.uid() == own.uid() && file.mode() & 0o022 == 0 && file.nlink() == 1
}

pub(crate) fn is_same_file(a: &Metadata, b: &Metadata) -> bool {
    (a.dev(), a.ino()) == (b.dev(), b.ino())
}

/// Returns the time of the last change of the content or the attributes.
pub(super) fn change_time(metadata: &Metadata) -> (i64, i64) {
    (metadata.ctime(), metadata.ctime_nsec())
}

/// Describes what is neither a regular file nor a directory.
pub(crate) fn describe(file_type: FileType) -> &'static str {
    if file_type.is_fifo() {
        "a pipe"
    } else if file_type.is_socket() {
        "a socket"
    } else if file_type.is_block_device() {
        "a block device"
    } else {
        "a character device"
    }
}

/// Returns `true` if a link is an open file of a process, as `/proc/self/fd/1` behind `/dev/stdout`.
pub(crate) fn is_descriptor(link: &Path) -> bool {
    let folder = link.parent().and_then(|parent| fs::canonicalize(parent).ok());
    folder.is_some_and(|folder| folder.starts_with("/proc") && folder.ends_with("fd"))
}

/// Returns `true` if another file is mounted at this absolute path without links. Only Linux can do that.
pub(crate) fn is_mount_point(path: &Path) -> bool {
    let mut escaped = Vec::new();
    for &byte in path.as_os_str().as_bytes() {
        match byte {
            b' ' | b'\t' | b'\n' | b'\\' => escaped.extend(format!("\\{byte:03o}").bytes()),
            _ => escaped.push(byte),
        }
    }
    let mounts = fs::read("/proc/self/mountinfo").unwrap_or_default();
    let mut mount_points =
        mounts.split(|&byte| byte == b'\n').filter_map(|line| line.split(|&byte| byte == b' ').nth(4));
    mount_points.any(|mount_point| mount_point == escaped)
}

/// Fails if the file at this path certainly cannot be replaced.
///
/// Linux checks the permission to remove an entry of a folder, which also depends on sticky bits and attributes
/// such as "immutable", before it finds that a file is not a folder. Other systems may check in another order,
/// and then this function finds nothing.
pub(crate) fn can_be_replaced(path: &Path) -> io::Result<()> {
    match fs::remove_dir(path) {
        Err(error)
            if matches!(
                error.kind(),
                io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem
            ) =>
        {
            Err(error)
        }
        _ => Ok(()),
    }
}

pub(crate) fn rename(from: &Path, to: &Path) -> io::Result<()> {
    fs::rename(from, to)
}

/// Makes a rename in this folder durable.
pub(crate) fn sync_folder(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mount_points_are_found_and_other_paths_are_not() {
        if fs::exists("/proc/self/mountinfo").unwrap() {
            assert!(is_mount_point(Path::new("/proc")));
        }
        assert!(!is_mount_point(Path::new("/proc/self")));
        assert!(!is_mount_point(Path::new("")));
    }
}
