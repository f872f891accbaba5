//! The temporary folder that holds the stored bodies.

use std::io;
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

/// A temporary folder. It is deleted when it is dropped, so that an early return leaves nothing behind.
pub struct Folder {
    path: PathBuf,
}

impl Folder {
    pub fn create() -> io::Result<Self> {
        // The process ID and the time make the name unique. If it were not, creating the folder would fail.
        let nanos = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |d| d.as_nanos());
        let name = format!("embedded-s3-{}-{nanos}", std::process::id());
        let path = std::env::temp_dir().join(name);
        create_private(&path)?;
        Ok(Self { path })
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Deletes the folder, and unlike `drop` returns the error.
    pub fn delete(self) -> io::Result<()> {
        remove(&self.path)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // `drop` cannot return the error.
        let _ = remove(&self.path);
    }
}

fn remove(path: &Path) -> io::Result<()> {
    match std::fs::remove_dir_all(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

/// Creates a folder that other users cannot read, as the temporary folder of the system is shared.
fn create_private(path: &Path) -> io::Result<()> {
    #[cfg_attr(not(unix), allow(unused_mut))]
    let mut builder = std::fs::DirBuilder::new();
    #[cfg(unix)]
    {
        use std::os::unix::fs::DirBuilderExt;
        builder.mode(0o700);
    }
    builder.create(path)
}
