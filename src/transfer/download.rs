//! Downloads of an object to a file, which is either complete and verified or not there at all.

use std::path::Path;

use super::download_options::{Download, DownloadOptions};
use super::existing_file;
use super::in_place::InPlaceFile;
use super::partial_file::PartialFile;
use super::progress::Progress;
use super::target::Target;
use crate::checksum::{ContentCheck, Md5Digest, Verification};
use crate::client::Client;
use crate::error::{Error, ErrorKind, Result};
use crate::operation::Operation;
use crate::ops::ObjectReader;
use crate::ops::object_source::Source;

/// The size of the copy buffer, which never exceeds the object. A larger one is not faster.
const LARGEST_COPY: u64 = 2 << 20;
const SMALLEST_COPY: u64 = 8 << 10;
/// The most bytes between two calls of a progress callback.
const PROGRESS_STEP: u64 = 256 << 10;
/// How much is read before it is written. Not more, because progress is reported after each write.
const SMALLEST_WRITE: usize = 64 << 10;

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
    /// ```
    /// # let client = include!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/documentation/client.rs"));
    /// client.download_file("my-new-bucket", "perl_poetry.pdf", "perl_poetry.pdf")?;
    /// # assert_eq!(std::fs::read_to_string("perl_poetry.pdf")?, "Hello World!");
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
    /// ```
    /// # let client = include!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/documentation/client.rs"));
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
            .map_err(|error| error.with_context(|| Operation::on_object("download_file", bucket, key)))
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
                if existing_file::sha256(&target.path)? == sha256.into() {
                    return Ok(Download { verification: Verification::Sha256, ..Download::unchanged() });
                }
            } else if options.object.is_whole() {
                let md5 = existing_file::md5(&target.path)?;
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
    if let Some(verification) = existing_file::compare(existing, &target.path, &object)? {
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
        && let Some(verification) = existing_file::compare(existing, &target.path, &object)?
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
    partial.finish(!options.skip_sync, options.resume)?;
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
