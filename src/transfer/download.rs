//! An object into a file: whole and checked, or not there at all.

use std::fmt;
use std::fs::File;
use std::io::Read as _;
use std::path::Path;

use md5::{Digest as _, Md5};

use super::partial_file::{self, PartialFile};
use crate::checksum::{Md5Check, Verification};
use crate::client::Client;
use crate::encode;
use crate::error::{Error, Result};
use crate::metadata::ObjectMetadata;
use crate::ops::GetObjectOptions;
use crate::ops::ObjectReader;

/// Bytes copied at once: no more than the object. More than this is no faster.
const LARGEST_COPY: u64 = 2 << 20;
const SMALLEST_COPY: u64 = 8 << 10;
/// Bytes written at once at the least. Not more, as progress is told after each write.
const SMALLEST_WRITE: usize = 64 << 10;

type Progress<'a> = Box<dyn Fn(u64, u64) + 'a>;

/// How an object is downloaded to a file.
#[derive(Default)]
pub struct DownloadOptions<'a> {
    object: GetObjectOptions,
    if_changed: bool,
    resume: bool,
    progress: Option<Progress<'a>>,
}

impl<'a> DownloadOptions<'a> {
    /// The newest version, whole, in any case.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the version, the range or the conditions of the request.
    pub fn object(mut self, options: GetObjectOptions) -> Self {
        self.object = options;
        self
    }

    /// Downloads only where the target differs: its MD5 is compared with the object's ETag by the server.
    ///
    /// Where they are equal, the file stays as it is, its time of modification too, and
    /// [`Download::changed`] is false: what a build script wants. An object whose ETag is no MD5 is always
    /// downloaded.
    pub fn if_changed(mut self) -> Self {
        self.if_changed = true;
        self
    }

    /// Keeps what has come where the download fails or the process is killed, and goes on from there the
    /// next time, as long as the object has the same ETag.
    ///
    /// The file beside the target, `.NAME.etag-….part`, is then left; it goes when a download succeeds or
    /// the object has changed. One process at a time may resume a target.
    pub fn resume(mut self) -> Self {
        self.resume = true;
        self
    }

    /// Has a function told of the bytes so far and of all bytes, after each write.
    pub fn progress(mut self, tell: impl Fn(u64, u64) + 'a) -> Self {
        self.progress = Some(Box::new(tell));
        self
    }
}

impl fmt::Debug for DownloadOptions<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DownloadOptions")
            .field("object", &self.object)
            .field("if_changed", &self.if_changed)
            .field("resume", &self.resume)
            .finish_non_exhaustive()
    }
}

/// What [`Client::download_file`] has done.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Download {
    /// False where [`DownloadOptions::if_changed`] found the file to be the object already.
    pub changed: bool,
    /// The length of the file in bytes, where it was written; 0 where it was not.
    pub bytes: u64,
    /// How many of these an earlier run had brought, with [`DownloadOptions::resume`].
    pub resumed_from: u64,
    /// What was compared before the file got its name.
    pub check: Verification,
    /// The object's properties; `None` where nothing was downloaded.
    pub metadata: Option<ObjectMetadata>,
}

impl Client {
    /// Downloads an object to a file.
    ///
    /// The content goes to a temporary file beside the target, which takes the target's name once it is
    /// whole and checked: its length always, its MD5 where the ETag is one. On any error the target is as it
    /// was, and the temporary file is gone. A connection that breaks is resumed from the byte reached.
    /// Memory does not grow with the object: at most 2.5 MiB are used.
    ///
    /// # Errors
    ///
    /// [`LocalIo`](crate::ErrorKind::LocalIo) where the file cannot be written, with nothing asked of the
    /// server if it cannot even be made; otherwise as [`get_object`](Self::get_object) and reading it.
    ///
    /// ```no_run
    /// # let client = plain_s3::Client::new(plain_s3::Config::from_env()?)?;
    /// client.download_file("my-new-bucket", "perl_poetry.pdf", "/home/larry/documents/perl_poetry.pdf")?;
    /// # Ok::<(), plain_s3::Error>(())
    /// ```
    pub fn download_file(&self, bucket: &str, key: &str, path: impl AsRef<Path>) -> Result<Download> {
        self.download_file_with(bucket, key, path, &DownloadOptions::new())
    }

    /// Downloads an object to a file only where it has changed, resumes an earlier run, or tells of its
    /// progress; see [`download_file`](Self::download_file).
    ///
    /// # Errors
    ///
    /// As [`download_file`](Self::download_file) and [`get_object_with`](Self::get_object_with).
    ///
    /// ```no_run
    /// # let client = plain_s3::Client::new(plain_s3::Config::from_env()?)?;
    /// use plain_s3::DownloadOptions;
    ///
    /// let options = DownloadOptions::new().resume().progress(|done, all| eprint!("\r{done} of {all} bytes"));
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
            return Err(Error::invalid("resume goes with a whole object, not with a range or a part of one"));
        }
        let path = &partial_file::target(path)?;
        let mut object_options = options.object.clone();
        let there = if options.if_changed { md5_of_file(path)? } else { None };
        if let Some(md5) = &there {
            object_options = object_options.if_none_match(encode::hex(md5));
        }
        let mut partial = PartialFile::create(path)?;
        let opened = match self.open_rest(bucket, key, path, &object_options, options.resume) {
            Ok(None) => self.get_object_with(bucket, key, &object_options).map(|object| (object, 0)),
            Ok(Some((object, left_over, start))) => {
                partial = left_over;
                Ok((object, start))
            }
            Err(error) => Err(error),
        };
        let (mut object, resumed_from) = match opened {
            Err(error) if there.is_some() && error.is_not_modified() => return Ok(Download::unchanged()),
            other => other?,
        };
        if options.resume {
            if let Some(e_tag) = &object.metadata.e_tag {
                partial.keep_as(e_tag)?;
            }
        }
        let all = resumed_from + object.metadata.content_length;
        if let Err(error) = copy(&mut object, &mut partial, resumed_from, all, options) {
            if error.kind() == crate::ErrorKind::Integrity {
                partial.discard(); // no later run can make these bytes right
            }
            return Err(error);
        }
        partial.finish()?;
        Ok(Download {
            changed: true,
            bytes: all,
            resumed_from,
            check: object.check(),
            metadata: Some(object.metadata),
        })
    }

    /// Opens the rest of what an earlier run began, where it left something and the object is still the same.
    fn open_rest<'p>(
        &self,
        bucket: &str,
        key: &str,
        path: &'p Path,
        options: &GetObjectOptions,
        wanted: bool,
    ) -> Result<Option<(ObjectReader, PartialFile<'p>, u64)>> {
        if !wanted {
            return Ok(None);
        }
        let Some((mut partial, e_tag, len)) = PartialFile::find(path)? else { return Ok(None) };
        if options.match_header().is_some_and(|wanted| wanted != "*" && wanted != e_tag.to_header()) {
            partial.discard(); // of another state of the object than the one that is wanted
            return Ok(None);
        }
        // the last byte anew: a file that lacked only its name would ask for an empty range otherwise
        let start = len.saturating_sub(1);
        let rest = options.clone().range(start..).if_match(&e_tag);
        let mut object = match self.get_object_with(bucket, key, &rest) {
            Ok(object) if object.metadata.e_tag.as_ref() == Some(&e_tag) => object,
            Err(error)
                if !error.is_precondition_failed()
                    && !error.is_invalid_range()
                    && !error.is_not_modified() =>
            {
                return Err(error);
            }
            // of no more use; a 304 will come again
            _ => {
                partial.discard();
                return Ok(None);
            }
        };
        let mut check = object.metadata.md5().filter(|_| self.settings().check_md5).map(Md5Check::new);
        partial.read_start(start, |bytes| {
            if let Some(check) = &mut check {
                check.update(bytes);
            }
        })?;
        if let Some(check) = check {
            object.continue_check(check);
        }
        Ok(Some((object, partial, start)))
    }
}

impl Download {
    fn unchanged() -> Self {
        Self { changed: false, bytes: 0, resumed_from: 0, check: Verification::Md5, metadata: None }
    }
}

/// The copy loop, which keeps errors of the network, that can be resumed, from those of the disk.
fn copy(
    object: &mut ObjectReader,
    partial: &mut PartialFile<'_>,
    mut done: u64,
    all: u64,
    options: &DownloadOptions<'_>,
) -> Result<()> {
    let mut buffer = vec![0; object.metadata.content_length.clamp(SMALLEST_COPY, LARGEST_COPY) as usize];
    loop {
        let (n, end) = fill(object, &mut buffer);
        partial.write(&buffer[..n])?;
        done += n as u64;
        if let Some(tell) = options.progress.as_ref().filter(|_| n > 0) {
            tell(done, all);
        }
        if let Some(end) = end {
            return end;
        }
    }
}

/// Reads a piece that is worth a write, or what comes before the end: a TLS record has 16 KiB at most.
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

/// The MD5 of the file that is there, if one is.
fn md5_of_file(path: &Path) -> Result<Option<[u8; 16]>> {
    if !path.is_file() {
        return Ok(None);
    }
    let mut md5 = Md5::new();
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
    Ok(Some(md5.finalize().into()))
}
