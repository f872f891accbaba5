//! The options and the result of uploads.

use super::progress::{Progress, ProgressResult};
use crate::etag::ETag;
use crate::ops::PutObjectOptions;

/// Options for [`Client::upload_file_with`](crate::Client::upload_file_with) and
/// [`Client::upload_reader_with`](crate::Client::upload_reader_with).
#[derive(Clone, Debug, Default)]
#[must_use]
pub struct UploadOptions<'a> {
    pub(super) object: PutObjectOptions,
    pub(crate) part_size: Option<u64>,
    pub(super) resume: Option<String>,
    pub(super) keep_parts: bool,
    pub(super) progress: Progress<'a, (u64, Option<u64>)>,
}

impl<'a> UploadOptions<'a> {
    /// Creates the default options: parts of 16 MiB, and only the content.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the media type, metadata, ACL, encryption or conditions of the object.
    pub fn object(mut self, options: PutObjectOptions) -> Self {
        self.object = options;
        self
    }

    /// Sets the part size in bytes, from 5 MiB to 5 GiB. The default is 16 MiB.
    ///
    /// One part is held in memory, and content that fits into one part is stored by a single request. An
    /// upload has at most 10,000 parts: for a larger file the part size is increased, and a reader may yield
    /// at most 10,000 times the part size (160 GB by default). On Scaleway the limit is 1000 parts.
    pub fn part_size(mut self, bytes: u64) -> Self {
        self.part_size = Some(bytes);
        self
    }

    /// Resumes an unfinished upload. Parts that are already stored with the same length and MD5 are not sent
    /// again. For that, the part size must be the same.
    ///
    /// The upload ID is that of [`Error::upload_id`](crate::Error::upload_id) or of
    /// [`list_multipart_uploads`](crate::Client::list_multipart_uploads).
    pub fn resume(mut self, upload_id: impl Into<String>) -> Self {
        self.resume = Some(upload_id.into());
        self
    }

    /// Keeps the parts on the server if the upload fails, so that [`resume`](Self::resume) can reuse them. By
    /// default, a failed upload is aborted, because its parts would use space although no listing of objects
    /// shows them.
    pub fn keep_parts(mut self) -> Self {
        self.keep_parts = true;
        self
    }

    /// Calls `f(uploaded, total)` at least every 256 KiB and at the end, also for empty content. Both are in bytes;
    /// `total` is `None` for a reader.
    ///
    /// `uploaded` never decreases: a part that is sent again is reported only once. The end of a part, and of the whole,
    /// is reported when the server has confirmed it. A part that is reused (see [`resume`](Self::resume)) is reported as
    /// a whole. If the whole upload starts again, `uploaded` stays where it was until the content has been sent as far.
    ///
    /// If `f` returns [`ControlFlow::Break`](std::ops::ControlFlow::Break), the upload is cancelled, unless a single
    /// request has already stored the object.
    pub fn progress<R: ProgressResult>(
        mut self,
        f: impl Fn(u64, Option<u64>) -> R + Send + Sync + 'a,
    ) -> Self {
        self.progress = Progress::new(move |(uploaded, total)| f(uploaded, total));
        self
    }
}

/// The result of [`Client::upload_file`](crate::Client::upload_file) and
/// [`Client::upload_reader`](crate::Client::upload_reader).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Upload {
    /// The length of the object in bytes.
    pub bytes: u64,
    /// The number of parts; 0 if a single request stored the object.
    pub parts: u32,
    /// How many of the parts were already on the server, with [`UploadOptions::resume`].
    pub parts_reused: u32,
    /// The ETag of the object. Ceph returns none for objects in parts.
    pub e_tag: Option<ETag>,
    /// The version ID, if the bucket has versioning.
    pub version_id: Option<String>,
}

impl Upload {
    /// Creates the result of an upload of this many bytes, for tests of code that handles one.
    pub fn new(bytes: u64) -> Self {
        Self { bytes, ..Self::default() }
    }
}
