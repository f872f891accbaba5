//! The options and the result of downloads.

use super::progress::{Progress, ProgressResult};
use crate::checksum::Verification;
use crate::metadata::ObjectMetadata;
use crate::ops::{GetObjectOptions, ObjectReader};

/// Options for [`Client::download_file_with`](crate::Client::download_file_with).
#[derive(Clone, Debug, Default)]
#[must_use]
pub struct DownloadOptions<'a> {
    pub(super) object: GetObjectOptions,
    pub(super) if_changed: bool,
    pub(super) resume: bool,
    pub(super) in_place: bool,
    pub(super) skip_sync: bool,
    pub(super) progress: Progress<'a, (u64, u64)>,
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
    ///
    /// ```
    /// # let client = include!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/documentation/client.rs"));
    /// use plain_s3::DownloadOptions;
    ///
    /// let options = DownloadOptions::new().if_changed();
    /// let first = client.download_file_with("my-new-bucket", "hello.txt", "hello.txt", &options)?;
    /// let second = client.download_file_with("my-new-bucket", "hello.txt", "hello.txt", &options)?;
    /// assert!(first.changed && !second.changed);
    /// # Ok::<(), plain_s3::Error>(())
    /// ```
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
    /// option fails. A successful download also removes the partial files that earlier runs have left for the same
    /// target. The download of an object without a strong ETag cannot be resumed, and leaves no partial file.
    pub fn resume(mut self) -> Self {
        self.resume = true;
        self
    }

    /// Writes into the target if it exists, instead of replacing it by a complete file. This is the only way to
    /// write to a file that is mounted into a container (`docker -v file:file`), to a file in a folder that
    /// cannot be written, to a device, and to a pipe such as `/dev/stdout`.
    ///
    /// The old content is deleted when the response arrives. If the download fails after that, the target is
    /// incomplete, and the error states this. Bytes written to a pipe may already have been used. The target keeps
    /// its owner, its permissions and its hard links. Cannot be combined with [`resume`](Self::resume).
    ///
    /// ```
    /// # let client = include!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/documentation/client.rs"));
    /// use plain_s3::DownloadOptions;
    ///
    /// let options = DownloadOptions::new().in_place();
    /// client.download_file_with("my-new-bucket", "hello.txt", "/dev/null", &options)?;
    /// # Ok::<(), plain_s3::Error>(())
    /// ```
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

/// The result of [`Client::download_file`](crate::Client::download_file) and [`Client::download_to`](crate::Client::download_to).
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
    ///
    /// ```
    /// let download = plain_s3::Download::unchanged();
    /// assert!(!download.changed && download.bytes == 0);
    /// ```
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
