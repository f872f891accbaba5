//! Downloads of an object to a file, which is either complete and verified or not there at all.

use std::fs::File;
use std::io::Read as _;
use std::path::Path;

use super::in_place::InPlaceFile;
use super::partial_file::PartialFile;
use super::progress::{Progress, ProgressResult};
use super::target::Target;
use crate::checksum::{
    Checksum, ChecksumAlgorithm, Comparison, ContentCheck, Hasher, Md5Digest, Md5Hasher, PartSizes,
    Verification,
};
use crate::client::Client;
use crate::error::{Error, ErrorKind, Result};
use crate::metadata::ObjectMetadata;
use crate::ops::object_source::Source;
use crate::ops::{GetObjectOptions, ObjectReader};

/// The size of the copy buffer, which never exceeds the object. A larger one is not faster.
const LARGEST_COPY: u64 = 2 << 20;
const SMALLEST_COPY: u64 = 8 << 10;
/// The most bytes between two calls of a progress callback.
const PROGRESS_STEP: u64 = 256 << 10;
/// How much is read before it is written. Not more, because progress is reported after each write.
const SMALLEST_WRITE: usize = 64 << 10;

/// Options for [`Client::download_file_with`].
#[derive(Clone, Debug, Default)]
#[must_use]
pub struct DownloadOptions<'a> {
    object: GetObjectOptions,
    if_changed: bool,
    resume: bool,
    in_place: bool,
    skip_sync: bool,
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
    /// ETag. If the ETag is not an MD5, the client compares the file with the checksum of the object, or with the
    /// MD5 of the MD5s of its parts.
    ///
    /// If they are equal, the file is not touched, so it keeps its modification time, and
    /// [`Download::changed`] is `false`. This is what a build script needs. If
    /// [`GetObjectOptions::sha256`] is set, the file is compared with it, and nothing is requested if they are equal.
    /// A range is always downloaded. So are an object without a checksum, and one in parts whose sizes are neither
    /// usual nor reported by the server.
    pub fn if_changed(mut self) -> Self {
        self.if_changed = true;
        self
    }

    /// Keeps what was received if the download fails or the process is killed. The next download with this
    /// option continues there, if the object still has the same ETag.
    ///
    /// The partial file `.NAME.etag-….part` beside the target is then left behind. It is removed when a
    /// download succeeds or the object has changed. Only this user can read it, and it is resumed only if no
    /// other user can have written to it. While it is in use, it is locked, and a second download with this
    /// option fails. An object without a strong ETag cannot be resumed, and leaves no partial file.
    pub fn resume(mut self) -> Self {
        self.resume = true;
        self
    }

    /// Writes into the target if it exists, instead of replacing it by a complete file. This is the only way to
    /// write to a file that is mounted into a container (`docker -v file:file`), to a file in a folder that
    /// cannot be written, to a device, and to a pipe such as `/dev/stdout`.
    ///
    /// The old content is deleted when the response arrives. If the download fails after that, the target is
    /// incomplete, and the error says so. Bytes written to a pipe may already have been used. The target keeps
    /// its owner, its permissions and its hard links. Cannot be combined with [`resume`](Self::resume).
    pub fn in_place(mut self) -> Self {
        self.in_place = true;
        self
    }

    /// Does not wait until the content is on the disk. This is faster for many small files.
    ///
    /// By default, the file is synced (`fsync`) before it replaces the target. Without this, a file system that
    /// stores data later, such as NFS, may run out of space or lose the server after the download has
    /// succeeded, and a power failure may leave an incomplete file.
    pub fn skip_sync(mut self) -> Self {
        self.skip_sync = true;
        self
    }

    /// Calls `f(written, total)` after each write, in bytes: at least every 256 KiB and at the end, also for an empty
    /// object.
    ///
    /// If `f` returns [`ControlFlow::Break`](std::ops::ControlFlow::Break), the download is cancelled.
    pub fn progress<R: ProgressResult>(mut self, f: impl Fn(u64, u64) -> R + Send + Sync + 'a) -> Self {
        self.progress = Progress::new(move |(written, total)| f(written, total));
        self
    }
}

impl DownloadOptions<'_> {
    /// Returns `true` if these options select the whole latest version.
    pub(crate) fn is_whole(&self) -> bool {
        self.object.is_whole()
    }
}

/// The result of [`Client::download_file`] and [`Client::download_to`].
#[derive(Clone, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Download {
    /// `false` if [`DownloadOptions::if_changed`] found that the file already equals the object.
    pub changed: bool,
    /// The length of the file, or of what was written, in bytes; 0 if nothing was written.
    pub bytes: u64,
    /// How many of the bytes an earlier run received, with [`DownloadOptions::resume`].
    pub resumed_from: u64,
    /// What was verified before the file got its name, or before the last bytes were written.
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

    /// Returns the result after an object was read to its end, from this offset.
    pub(super) fn of(object: ObjectReader, resumed_from: u64) -> Self {
        Self {
            changed: true,
            // only now is it known if the server did not announce it
            bytes: resumed_from + object.metadata.content_length,
            resumed_from,
            verification: object.verification(),
            metadata: Some(object.metadata),
        }
    }
}

impl Client {
    /// Downloads an object to a file.
    ///
    /// The content is written to a temporary file beside the target, which only this user can read. It replaces
    /// the target only when it is complete, verified and on the disk: always its length, and the cheapest checksum
    /// that the server returned (see [`Verification`]). Content that differs from it is downloaded a second time. If
    /// anything fails, the target stays as it was, and the temporary file is removed. After a
    /// lost connection, the download resumes at the same byte. Memory use does not depend on the size of the
    /// object: at most 2.5 MiB.
    ///
    /// If the target is a symbolic link, the file that it points to is created or replaced. A replaced file
    /// keeps its permissions, except for setuid and setgid, and its owner if this is permitted. Its other hard
    /// links keep the old content. Access control lists and extended attributes are not kept.
    ///
    /// # Errors
    ///
    /// Fails with [`LocalIo`](ErrorKind::LocalIo) if the file cannot be written. Nothing is requested from the
    /// server if this is known beforehand: if the target is a directory, if it cannot be replaced because it
    /// is a device, a pipe, a socket or a mount point (see [`DownloadOptions::in_place`]), or if its folder
    /// does not exist or cannot be written. If replacing the target fails at the end, the error names the
    /// temporary file, which is kept. Otherwise returns the errors of [`get_object`](Self::get_object) and of
    /// reading the object.
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
        if options.resume && options.in_place {
            return Err(Error::invalid("a download in place has no partial file that could be resumed"));
        }
        let target = &Target::of(path)?;
        let in_place = options.in_place && target.exists();
        if !in_place {
            target.ensure_replaceable()?;
        }
        let mut object_options = options.object.clone();
        let mut existing = None;
        if options.if_changed && target.file().is_some() {
            if let Some(sha256) = options.object.pinned_sha256() {
                // an equal ETag would not prove that the file is what the caller has pinned
                if sha256_of_file(&target.path)? == sha256.into() {
                    return Ok(Download { verification: Verification::Sha256, ..Download::unchanged() });
                }
            } else if options.object.is_whole() {
                let md5 = md5_of_file(&target.path)?;
                object_options = object_options.if_none_match(md5.to_hex());
                existing = Some(md5);
            }
        }
        let source = Source::new(self, bucket, key, &object_options);
        let existing = existing.as_ref();
        let downloaded = if in_place {
            download_in_place(source, existing, target, options)
        } else {
            let mut damaged = false;
            match download_and_replace(&source, existing, target, options, &mut damaged) {
                Err(error) if damaged && source.retries(&error) => {
                    download_and_replace(&source, existing, target, options, &mut damaged)
                }
                downloaded => downloaded,
            }
        };
        match downloaded {
            Err(error) if existing.is_some() && error.is_not_modified() => Ok(Download::unchanged()),
            downloaded => downloaded,
        }
    }
}

/// Writes into the target. `existing` is its MD5 if it is to be compared.
fn download_in_place(
    mut source: Source,
    existing: Option<&Md5Digest>,
    target: &Target,
    options: &DownloadOptions<'_>,
) -> Result<Download> {
    let mut file = InPlaceFile::open(target)?;
    let mut object = ObjectReader::open(source.clone())?;
    if let Some(verification) = compare_file(existing, &target.path, &object)? {
        return Ok(Download { verification, ..Download::unchanged() });
    }
    // the target has lost its content, so a second attempt must not find it unchanged
    source.options = source.options.without_conditions();
    let mut written = write_in_place(&mut object, &mut file, options);
    if let Err(error) = &written
        && object.is_damaged()
        && file.can_be_cleared()
        && source.retries(error)
    {
        written = ObjectReader::open(source).and_then(|again| {
            object = again;
            write_in_place(&mut object, &mut file, options)
        });
    }
    written.map_err(|error| file.explain(error))?;
    Ok(Download::of(object, 0))
}

fn write_in_place(
    object: &mut ObjectReader,
    file: &mut InPlaceFile<'_>,
    options: &DownloadOptions<'_>,
) -> Result<()> {
    file.clear()?;
    let total = object.metadata.content_length;
    copy(object, &mut |bytes| file.write(bytes), 0, total, &options.progress)?;
    file.finish(!options.skip_sync)
}

/// Writes to a partial file, which replaces the target. Sets `damaged` if the content differs from its checksum.
fn download_and_replace(
    source: &Source,
    existing: Option<&Md5Digest>,
    target: &Target,
    options: &DownloadOptions<'_>,
    damaged: &mut bool,
) -> Result<Download> {
    let Started { mut object, mut partial, offset } = start(source, target, options.resume)?;
    if offset == 0
        && let Some(verification) = compare_file(existing, &target.path, &object)?
    {
        return Ok(Download { verification, ..Download::unchanged() });
    }
    if options.resume
        && let Some(e_tag) = object.metadata.strong_e_tag()
    {
        partial.persist_as(e_tag)?;
    }
    let total = offset + object.metadata.content_length;
    let copied = copy(&mut object, &mut |bytes| partial.write(bytes), offset, total, &options.progress);
    if let Err(error) = copied {
        if error.kind() == ErrorKind::Integrity {
            // no later run could complete these bytes
            partial.discard();
        }
        *damaged = object.is_damaged();
        return Err(error);
    }
    partial.finish(!options.skip_sync)?;
    Ok(Download::of(object, offset))
}

/// Opens the object and the partial file, either from the start or where an earlier run ended.
fn start<'p>(source: &Source, target: &'p Target, resume: bool) -> Result<Started<'p>> {
    // created before the request, so that a target that cannot be written is reported before anything is
    // sent
    let partial = PartialFile::create(target)?;
    if resume && let Some(started) = start_resumed(source, &partial)? {
        return Ok(started);
    }
    Ok(Started { object: ObjectReader::open(source.clone())?, partial, offset: 0 })
}

/// Opens the rest of an object of which an earlier run left the start, if it still is the same object.
fn start_resumed<'p>(source: &Source, fresh: &PartialFile<'p>) -> Result<Option<Started<'p>>> {
    let Some((mut partial, e_tag, len)) = fresh.find_earlier()? else { return Ok(None) };
    let wanted = source.options.if_match_header();
    if wanted.is_some_and(|wanted| wanted != "*" && wanted != e_tag.to_header()) {
        // the caller requests another version than the one that the file belongs to
        partial.discard();
        return Ok(None);
    }
    // the last byte is requested again: for a file that lacks only its name, the range would be empty
    // otherwise
    let offset = len.saturating_sub(1);
    let mut rest = source.pinned_to(Some(&e_tag));
    rest.options = rest.options.range(offset..);
    let mut object = match ObjectReader::open(rest) {
        Ok(object) if object.metadata.e_tag.as_ref() == Some(&e_tag) => object,
        Err(error)
            if !error.is_precondition_failed() && !error.is_invalid_range() && !error.is_not_modified() =>
        {
            return Err(error);
        }
        // the file is of no use any more; a request for the whole object gets the same 304, if it was one
        _ => {
            partial.discard();
            return Ok(None);
        }
    };
    let mut check = check_of_resumed(&object, offset + object.metadata.content_length);
    partial.replay(offset, |bytes| {
        if let Some(check) = &mut check {
            check.update(bytes);
        }
    })?;
    object.set_check(check);
    Ok(Some(Started { object, partial, offset }))
}

/// Returns the check of a whole object of which only the rest is read. Its response has no checksum of the whole, so
/// that is requested if the ETag is none.
fn check_of_resumed(object: &ObjectReader, total: u64) -> Option<ContentCheck> {
    let source = object.source();
    let headers = match object.metadata.md5() {
        Some(_) => None,
        None => source.stored_checksums(object.metadata.e_tag.as_ref()),
    };
    source.check(headers.as_ref().unwrap_or(object.metadata.headers()), Some(total), true)
}

/// A download whose response headers have arrived.
struct Started<'p> {
    object: ObjectReader,
    partial: PartialFile<'p>,
    /// How many bytes the partial file already has.
    offset: u64,
}

/// Copies the content with `write`, whose errors it returns unchanged. An error of the network does not prevent that
/// what was received before is written.
pub(super) fn copy(
    object: &mut ObjectReader,
    write: &mut dyn FnMut(&[u8]) -> Result<()>,
    mut written: u64,
    total: u64,
    progress: &Progress<'_, (u64, u64)>,
) -> Result<()> {
    let largest = if progress.is_set() { PROGRESS_STEP } else { LARGEST_COPY };
    let mut buffer = vec![0; object.metadata.content_length.clamp(SMALLEST_COPY, largest) as usize];
    loop {
        let (n, end) = fill(object, &mut buffer);
        // written even if reading failed, so that the next run can resume after these bytes
        write(&buffer[..n])?;
        written += n as u64;
        // an empty object is complete without a write
        if n > 0 || total == 0 && matches!(end, Some(Ok(()))) {
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

/// Returns the SHA-256 of a file.
fn sha256_of_file(path: &Path) -> Result<Checksum> {
    let mut sha256 = Hasher::new(ChecksumAlgorithm::Sha256);
    read_file(path, |bytes| sha256.update(bytes))?;
    Ok(sha256.checksum())
}

/// Returns the MD5 of a file.
fn md5_of_file(path: &Path) -> Result<Md5Digest> {
    let mut md5 = Md5Hasher::new();
    read_file(path, |bytes| md5.update(bytes))?;
    Ok(md5.digest())
}

/// Compares a file, whose MD5 is `existing`, with an object whose response has arrived, but not its content. Returns
/// what was compared if they are equal.
fn compare_file(
    existing: Option<&Md5Digest>,
    path: &Path,
    object: &ObjectReader,
) -> Result<Option<Verification>> {
    let Some((md5, mut check)) = existing.zip(object.unread_check()) else { return Ok(None) };
    if let Some(expected) = object.metadata.md5() {
        // the server has compared it, unless it ignores conditions
        return Ok((*md5 == expected).then_some(Verification::Md5));
    }
    let read = |error| Error::local(format!("cannot read {}", path.display()), error);
    let length = object.metadata.content_length;
    if path.metadata().map_err(read)?.len() != length {
        return Ok(None);
    }
    read_file(path, |bytes| check.update(bytes))?;
    let compared = match (check.compare(), check.parts()) {
        // reading the file again costs less than downloading the object
        (Comparison::Unclear, Some(parts)) => match check.restarted(PartSizes::whole_mib(length, parts)) {
            Some(mut second) => {
                read_file(path, |bytes| second.update(bytes))?;
                second.compare()
            }
            None => Comparison::Unclear,
        },
        (compared, _) => compared,
    };
    Ok(match compared {
        Comparison::Equal(verification) => Some(verification),
        Comparison::Different(_) | Comparison::Unclear => None,
    })
}

fn read_file(path: &Path, mut consume: impl FnMut(&[u8])) -> Result<()> {
    let mut buffer = vec![0; 256 << 10];
    let mut read = || {
        let mut file = File::open(path)?;
        loop {
            match file.read(&mut buffer)? {
                0 => return Ok(()),
                n => consume(&buffer[..n]),
            }
        }
    };
    read().map_err(|error| Error::local(format!("cannot read {}", path.display()), error))
}
