//! The temporary folder that holds the stored bodies.

use std::io;
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

/// Deleted when dropped, so that an early return leaves nothing behind.
pub struct Folder {
    path: PathBuf,
}

impl Folder {
    pub fn create() -> io::Result<Self> {
        // Process id and time make the name unique enough; creating it fails if it is not.
        let nanos = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |d| d.as_nanos());
        let name = format!("embedded-s3-{}-{nanos}", std::process::id());
        let path = std::env::temp_dir().join(name);
        private_folder(&path)?;
        Ok(Self { path })
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    /// As dropping it, but says what went wrong.
    pub fn delete(self) -> io::Result<()> {
        remove(&self.path)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // Nobody is left to tell.
        let _ = remove(&self.path);
    }
}

fn remove(path: &Path) -> io::Result<()> {
    match std::fs::remove_dir_all(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

/// The system's temporary folder is shared, so other users get no look at the bodies.
fn private_folder(path: &Path) -> io::Result<()> {
    #[cfg_attr(not(unix), allow(unused_mut))]
    let mut builder = std::fs::DirBuilder::new();
    #[cfg(unix)]
    {
        use std::os::unix::fs::DirBuilderExt;
        builder.mode(0o700);
    }
    builder.create(path)
}
