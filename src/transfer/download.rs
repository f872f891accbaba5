//! An object into a file: whole and checked, or not there at all.

use std::fs::{self, File, OpenOptions};
use std::hash::{BuildHasher as _, Hasher as _};
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};

use crate::client::Client;
use crate::error::{Error, Result};
use crate::metadata::ObjectMetadata;
use crate::ops::GetObjectOptions;

/// Bytes copied at once.
const BUFFER: usize = 256 << 10;

/// What [`Client::download_file`] has brought.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Download {
    /// The object's properties.
    pub metadata: ObjectMetadata,
}

impl Client {
    /// Downloads an object to a file.
    ///
    /// The content goes to a temporary file beside the target, which takes the target's name once it is
    /// whole and checked: its length always, its MD5 where the ETag is one. On any error the target is as it
    /// was, and the temporary file is gone. Memory does not grow with the object.
    ///
    /// # Errors
    ///
    /// [`LocalIo`](crate::ErrorKind::LocalIo) where the file cannot be written, with nothing asked of the
    /// server if its folder is missing; otherwise as [`get_object`](Self::get_object) and reading it.
    ///
    /// ```no_run
    /// # let client = plain_s3::Client::new(plain_s3::Config::from_env()?)?;
    /// client.download_file("my-new-bucket", "perl_poetry.pdf", "/home/larry/documents/perl_poetry.pdf")?;
    /// # Ok::<(), plain_s3::Error>(())
    /// ```
    pub fn download_file(&self, bucket: &str, key: &str, path: impl AsRef<Path>) -> Result<Download> {
        self.download_file_with(bucket, key, path, &GetObjectOptions::new())
    }

    /// Downloads a version or a range of an object, or downloads it under a condition; see
    /// [`download_file`](Self::download_file).
    ///
    /// # Errors
    ///
    /// As [`download_file`](Self::download_file) and [`get_object_with`](Self::get_object_with).
    ///
    /// ```no_run
    /// # let client = plain_s3::Client::new(plain_s3::Config::from_env()?)?;
    /// use plain_s3::GetObjectOptions;
    ///
    /// let old = GetObjectOptions::new().version_id("3HL4kqtJlcpXroDTDmJ");
    /// client.download_file_with("my-new-bucket", "perl_poetry.pdf", "poetry.pdf", &old)?;
    /// # Ok::<(), plain_s3::Error>(())
    /// ```
    pub fn download_file_with(
        &self,
        bucket: &str,
        key: &str,
        path: impl AsRef<Path>,
        options: &GetObjectOptions,
    ) -> Result<Download> {
        let in_call = |error: Error| error.in_call(|| format!("download_file {bucket}/{key}"));
        let mut partial = Partial::create(path.as_ref()).map_err(in_call)?;
        let mut object = self.get_object_with(bucket, key, options)?;
        let mut buffer = vec![0; BUFFER];
        loop {
            let n = match object.read(&mut buffer) {
                Ok(0) => break,
                Ok(n) => n,
                Err(error) => return Err(in_call(Error::from_read(error))),
            };
            partial.write(&buffer[..n]).map_err(in_call)?;
        }
        partial.finish().map_err(in_call)?;
        Ok(Download { metadata: object.metadata })
    }
}

/// A file that does not have its name yet. Dropped unfinished, it is removed.
struct Partial<'a> {
    file: File,
    path: PathBuf,
    target: &'a Path,
    finished: bool,
}

impl<'a> Partial<'a> {
    fn create(target: &'a Path) -> Result<Self> {
        let failed = |error| Error::local(format!("cannot write {}", target.display()), error);
        let Some(name) = target.file_name() else {
            return Err(failed(io::Error::new(io::ErrorKind::InvalidInput, "the path names no file")));
        };
        if target.is_dir() {
            return Err(failed(io::Error::new(io::ErrorKind::IsADirectory, "it is a directory")))
                .map_err(|error| error.with_hint("Name the file in it, too."));
        }
        // beside the target, as a rename across file systems is none
        let mut partial_name = std::ffi::OsString::from(".");
        partial_name.push(name);
        partial_name.push(format!(".{:016x}.part", random()));
        let path = target.with_file_name(partial_name);
        let file = OpenOptions::new().write(true).create_new(true).open(&path).map_err(failed)?;
        Ok(Self { file, path, target, finished: false })
    }

    fn write(&mut self, bytes: &[u8]) -> Result<()> {
        self.file.write_all(bytes).map_err(|error| self.failed(error))
    }

    fn finish(mut self) -> Result<()> {
        self.file.flush().map_err(|error| self.failed(error))?;
        fs::rename(&self.path, self.target).map_err(|error| self.failed(error))?;
        self.finished = true;
        Ok(())
    }

    fn failed(&self, error: io::Error) -> Error {
        Error::local(format!("cannot write {}", self.target.display()), error)
    }
}

impl Drop for Partial<'_> {
    fn drop(&mut self) {
        if !self.finished {
            // there is nobody left to tell
            let _ = fs::remove_file(&self.path);
        }
    }
}

/// A number that two downloads at once do not share.
fn random() -> u64 {
    std::collections::hash_map::RandomState::new().build_hasher().finish()
}
