//! Downloads of an object to a file, which is either complete and verified or not there at all.

use std::fs::File;
use std::io::Read as _;
use std::path::Path;

use super::partial_file::{self, PartialFile};
use super::progress::{Progress, ProgressResult};
use crate::checksum::{Md5Check, Md5Digest, Md5Hasher, Verification};
use crate::client::Client;
use crate::error::{Error, ErrorKind, Result};
use crate::metadata::ObjectMetadata;
use crate::ops::{GetObjectOptions, ObjectReader};

/// The size of the copy buffer, which never exceeds the object. A larger one is not faster.
const LARGEST_COPY: u64 = 2 << 20;
const SMALLEST_COPY: u64 = 8 << 10;
/// How much is read before it is written. Not more, because progress is reported after each write.
const SMALLEST_WRITE: usize = 64 << 10;

/// Options for [`Client::download_file_with`].
#[derive(Clone, Debug, Default)]
#[must_use]
pub struct DownloadOptions<'a> {
    object: GetObjectOptions,
    if_changed: bool,
    resume: bool,
    progress: Progress<'a, (u64, u64)>,
}

impl<'a> DownloadOptions<'a> {
    /// Creates the default options: the whole latest version, unconditionally.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the version, the range or the conditions of the request.
    pub fn object(mut self, options: GetObjectOptions) -> Self {
        self.object = options;
        self
    }

    /// Downloads the object only if the target differs. The server compares the file's MD5 with the object's
    /// ETag.
    ///
    /// If they are equal, the file is not touched, so it keeps its modification time, and
    /// [`Download::changed`] is `false`. This is what a build script needs. An object whose ETag is not an
    /// MD5 is always downloaded.
    pub fn if_changed(mut self) -> Self {
        self.if_changed = true;
        self
    }

    /// Keeps what was received if the download fails or the process is killed. The next download with this
    /// option continues there, if the object still has the same ETag.
    ///
    /// The partial file `.NAME.etag-….part` beside the target is then left behind. It is removed when a
    /// download succeeds or the object has changed. Only one process at a time may resume a target.
    pub fn resume(mut self) -> Self {
        self.resume = true;
        self
    }

    /// Calls `f(written, total)` after each write, in bytes.
    ///
    /// If `f` returns [`ControlFlow::Break`](std::ops::ControlFlow::Break), the download is cancelled.
    pub fn progress<R: ProgressResult>(mut self, f: impl Fn(u64, u64) -> R + Send + Sync + 'a) -> Self {
        self.progress = Progress::new(move |(written, total)| f(written, total));
        self
    }
}

/// The result of [`Client::download_file`].
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Download {
    /// `false` if [`DownloadOptions::if_changed`] found that the file already equals the object.
    pub changed: bool,
    /// The length of the file in bytes; 0 if it was not written.
    pub bytes: u64,
    /// How many of the bytes an earlier run received, with [`DownloadOptions::resume`].
    pub resumed_from: u64,
    /// What was verified before the file got its name.
    pub verification: Verification,
    /// The object's metadata; `None` if nothing was downloaded.
    pub metadata: Option<ObjectMetadata>,
}

impl Download {
    /// Creates the result of a download that found nothing changed. Also useful in tests of code that handles
    /// one.
    pub fn unchanged() -> Self {
        Self { changed: false, bytes: 0, resumed_from: 0, verification: Verification::Md5, metadata: None }
    }
}

impl Client {
    /// Downloads an object to a file.
    ///
    /// The content is written to a temporary file beside the target. The temporary file replaces the target
    /// only when it is complete and verified: always its length, and its MD5 if the ETag is one. If anything
    /// fails, the target stays as it was, and the temporary file is removed. After a lost connection, the
    /// download resumes at the same byte. Memory use does not depend on the size of the object: at most 2.5
    /// MiB.
    ///
    /// # Errors
    ///
    /// Fails with [`LocalIo`](ErrorKind::LocalIo) if the file cannot be written; if it cannot even be
    /// created, nothing is requested from the server. Otherwise returns the errors of
    /// [`get_object`](Self::get_object) and of reading the object.
    ///
    /// ```no_run
    /// # let client = plain_s3::Client::new(plain_s3::Config::from_env()?)?;
    /// client.download_file("my-new-bucket", "perl_poetry.pdf", "/home/larry/documents/perl_poetry.pdf")?;
    /// # Ok::<(), plain_s3::Error>(())
    /// ```
    pub fn download_file(&self, bucket: &str, key: &str, path: impl AsRef<Path>) -> Result<Download> {
        self.download_file_with(bucket, key, path, &DownloadOptions::new())
    }

    /// Downloads an object to a file only if it changed, resumes an earlier run, or reports progress; see
    /// [`download_file`](Self::download_file).
    ///
    /// # Errors
    ///
    /// Returns the same errors as [`download_file`](Self::download_file) and
    /// [`get_object_with`](Self::get_object_with).
    ///
    /// ```no_run
    /// # let client = plain_s3::Client::new(plain_s3::Config::from_env()?)?;
    /// use plain_s3::DownloadOptions;
    ///
    /// let options = DownloadOptions::new()
    ///     .resume()
    ///     .progress(|written, total| eprint!("\r{written} of {total} bytes"));
    /// client.download_file_with("my-new-bucket", "backup.tar", "backup.tar", &options)?;
    /// # Ok::<(), plain_s3::Error>(())
    /// ```
    pub fn download_file_with(
        &self,
        bucket: &str,
        key: &str,
        path: impl AsRef<Path>,
        options: &DownloadOptions<'_>,
    ) -> Result<Download> {
        self.download(bucket, key, path.as_ref(), options)
            .map_err(|error| error.with_context(|| format!("download_file {bucket}/{key}")))
    }

    fn download(
        &self,
        bucket: &str,
        key: &str,
        path: &Path,
        options: &DownloadOptions<'_>,
    ) -> Result<Download> {
        if options.resume && !options.object.is_whole() {
            return Err(Error::invalid("only a whole object can be resumed, not a range or a part of one"));
        }
        let path = &partial_file::resolve(path)?;
        let mut object_options = options.object.clone();
        let existing = if options.if_changed { md5_of_file(path)? } else { None };
        if let Some(md5) = &existing {
            object_options = object_options.if_none_match(md5.to_hex());
        }
        let started = match self.start(bucket, key, path, &object_options, options.resume) {
            Err(error) if existing.is_some() && error.is_not_modified() => return Ok(Download::unchanged()),
            started => started?,
        };
        let Started { mut object, mut partial, offset } = started;
        if options.resume
            && let Some(e_tag) = object.metadata.strong_e_tag()
        {
            partial.persist_as(e_tag)?;
        }
        let total = offset + object.metadata.content_length;
        if let Err(error) = copy(&mut object, &mut partial, offset, total, &options.progress) {
            if error.kind() == ErrorKind::Integrity {
                // no later run could complete these bytes
                partial.discard();
            }
            return Err(error);
        }
        partial.finish()?;
        Ok(Download {
            changed: true,
            bytes: total,
            resumed_from: offset,
            verification: object.verification(),
            metadata: Some(object.metadata),
        })
    }

    /// Opens the object and the partial file, either from the start or where an earlier run ended.
    fn start<'p>(
        &self,
        bucket: &str,
        key: &str,
        path: &'p Path,
        options: &GetObjectOptions,
        resume: bool,
    ) -> Result<Started<'p>> {
        if resume && let Some(started) = self.start_resumed(bucket, key, path, options)? {
            return Ok(started);
        }
        // created before the request, so that a target that cannot be written is reported before anything is
        // sent
        let partial = PartialFile::create(path)?;
        Ok(Started { object: self.get_object_with(bucket, key, options)?, partial, offset: 0 })
    }

    /// Opens the rest of an object of which an earlier run left the start, if it still is the same object.
    fn start_resumed<'p>(
        &self,
        bucket: &str,
        key: &str,
        path: &'p Path,
        options: &GetObjectOptions,
    ) -> Result<Option<Started<'p>>> {
        let Some((mut partial, e_tag, len)) = PartialFile::find_resumable(path)? else { return Ok(None) };
        let wanted = options.if_match_header();
        if wanted.is_some_and(|wanted| wanted != "*" && wanted != e_tag.to_header()) {
            // the caller requests another version than the one that the file belongs to
            partial.discard();
            return Ok(None);
        }
        // the last byte is requested again: for a file that lacks only its name, the range would be empty
        // otherwise
        let offset = len.saturating_sub(1);
        let rest = options.clone().range(offset..).if_match(&e_tag);
        let mut object = match self.get_object_with(bucket, key, &rest) {
            Ok(object) if object.metadata.e_tag.as_ref() == Some(&e_tag) => object,
            Err(error)
                if !error.is_precondition_failed()
                    && !error.is_invalid_range()
                    && !error.is_not_modified() =>
            {
                return Err(error);
            }
            // the file is of no use any more; a request for the whole object gets the same 304, if it was one
            _ => {
                partial.discard();
                return Ok(None);
            }
        };
        let mut check = object.metadata.md5().filter(|_| self.settings().check_md5).map(Md5Check::new);
        partial.replay(offset, |bytes| {
            if let Some(check) = &mut check {
                check.update(bytes);
            }
        })?;
        if let Some(check) = check {
            object.continue_check(check);
        }
        Ok(Some(Started { object, partial, offset }))
    }
}

/// A download whose response headers have arrived.
struct Started<'p> {
    object: ObjectReader,
    partial: PartialFile<'p>,
    /// How many bytes the partial file already has.
    offset: u64,
}

/// Copies the content to the file. Keeps network errors, which can be resumed, apart from those of the disk.
fn copy(
    object: &mut ObjectReader,
    partial: &mut PartialFile<'_>,
    mut written: u64,
    total: u64,
    progress: &Progress<'_, (u64, u64)>,
) -> Result<()> {
    let mut buffer = vec![0; object.metadata.content_length.clamp(SMALLEST_COPY, LARGEST_COPY) as usize];
    loop {
        let (n, end) = fill(object, &mut buffer);
        // written even if reading failed, so that the next run can resume after these bytes
        partial.write(&buffer[..n])?;
        written += n as u64;
        if n > 0 {
            progress.report((written, total))?;
        }
        if let Some(end) = end {
            return end;
        }
    }
}

/// Reads enough to be worth a write, or up to the end: a TLS record has at most 16 KiB.
fn fill(object: &mut ObjectReader, buffer: &mut [u8]) -> (usize, Option<Result<()>>) {
    let enough = buffer.len().min(SMALLEST_WRITE);
    let mut n = 0;
    while n < enough {
        match object.fetch(&mut buffer[n..]) {
            Ok(0) => return (n, Some(Ok(()))),
            Ok(more) => n += more,
            Err(error) => return (n, Some(Err(error))),
        }
    }
    (n, None)
}

/// Returns the MD5 of a file, if it exists.
fn md5_of_file(path: &Path) -> Result<Option<Md5Digest>> {
    if !path.is_file() {
        return Ok(None);
    }
    let mut md5 = Md5Hasher::new();
    let mut buffer = vec![0; 256 << 10];
    let mut hash = || {
        let mut file = File::open(path)?;
        loop {
            match file.read(&mut buffer)? {
                0 => return Ok(()),
                n => md5.update(&buffer[..n]),
            }
        }
    };
    hash().map_err(|error| Error::local(format!("cannot read {}", path.display()), error))?;
    Ok(Some(md5.digest()))
}
