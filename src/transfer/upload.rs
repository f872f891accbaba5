//! A file or a reader of unknown length into an object: one request where it fits, parts where it does not.

use std::fmt;
use std::fs::File;
use std::io::Read;
use std::path::Path;

use super::multipart::{self, Source};
use crate::client::Client;
use crate::error::{Error, ErrorKind, Result};
use crate::etag::ETag;
use crate::ops::PutObjectOptions;

type Progress<'a> = Box<dyn Fn(u64, Option<u64>) + 'a>;

/// How a file or a reader is uploaded.
#[derive(Default)]
pub struct UploadOptions<'a> {
    pub(super) object: PutObjectOptions,
    pub(super) part_size: Option<u64>,
    pub(super) resume: Option<String>,
    pub(super) keep_parts: bool,
    pub(super) progress: Option<Progress<'a>>,
}

impl<'a> UploadOptions<'a> {
    /// Parts of 16 MiB, and nothing but the content.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the media type, the metadata, the ACL or the conditions of the object.
    pub fn object(mut self, options: PutObjectOptions) -> Self {
        self.object = options;
        self
    }

    /// Sets the length of a part in bytes, from 5 MiB to 5 GiB; 16 MiB by default.
    ///
    /// One part is held in memory, and what fits in one is stored by a single request. An upload has at
    /// most 10,000 parts: for a file too large for that the part is made larger; a reader may bring up to
    /// 10,000 times this (160 GB by default).
    pub fn part_size(mut self, bytes: u64) -> Self {
        self.part_size = Some(bytes);
        self
    }

    /// Goes on with an upload that was begun: parts that are stored already, with the length and the MD5
    /// that this run has for them, are not sent again. The part size must be the same to gain by it.
    ///
    /// The id is that of [`Error::upload_id`], or of
    /// [`list_multipart_uploads`](Client::list_multipart_uploads).
    pub fn resume(mut self, upload_id: impl Into<String>) -> Self {
        self.resume = Some(upload_id.into());
        self
    }

    /// Leaves the parts on the server where the upload fails, for [`resume`](Self::resume). By default a
    /// failed upload is aborted, as its parts would take space unseen.
    pub fn keep_parts(mut self) -> Self {
        self.keep_parts = true;
        self
    }

    /// Has a function told of the bytes so far and, for a file, of all bytes, after each part.
    pub fn progress(mut self, tell: impl Fn(u64, Option<u64>) + 'a) -> Self {
        self.progress = Some(Box::new(tell));
        self
    }
}

impl fmt::Debug for UploadOptions<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("UploadOptions")
            .field("object", &self.object)
            .field("part_size", &self.part_size)
            .field("resume", &self.resume)
            .field("keep_parts", &self.keep_parts)
            .finish_non_exhaustive()
    }
}

/// What [`Client::upload_file`] or [`Client::upload_reader`] has stored.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Upload {
    /// The length of the object in bytes.
    pub bytes: u64,
    /// The number of its parts; 0 where a single request stored it.
    pub parts: u32,
    /// How many of these were on the server already, with [`UploadOptions::resume`].
    pub parts_reused: u32,
    /// The ETag of the object. Ceph gives none for parts.
    pub e_tag: Option<ETag>,
    /// The new version, where the bucket keeps versions.
    pub version_id: Option<String>,
}

impl Client {
    /// Uploads a file of any size.
    ///
    /// Up to one part, 16 MiB, it is a single PUT; above that a multipart upload. Each byte is read once
    /// and one part is held in memory. Every part is sent with its MD5 and repeated alone where it fails;
    /// the ETag of the whole is compared at the end.
    ///
    /// # Errors
    ///
    /// [`LocalIo`](ErrorKind::LocalIo) where the file cannot be read, or changes while it is; otherwise as
    /// [`put_object`](Self::put_object). A failed upload is aborted; where that fails too, the text says so
    /// and [`Error::upload_id`] is the id to give [`abort_multipart_upload`](Self::abort_multipart_upload).
    ///
    /// ```no_run
    /// # let client = plain_s3::Client::new(plain_s3::Config::from_env()?)?;
    /// client.upload_file("my-new-bucket", "backup.tar", "backup.tar")?;
    /// # Ok::<(), plain_s3::Error>(())
    /// ```
    pub fn upload_file(&self, bucket: &str, key: &str, path: impl AsRef<Path>) -> Result<Upload> {
        self.upload_file_with(bucket, key, path, &UploadOptions::new())
    }

    /// Uploads a file with metadata, in parts of another size, resuming, or telling of its progress; see
    /// [`upload_file`](Self::upload_file).
    ///
    /// # Errors
    ///
    /// As [`upload_file`](Self::upload_file).
    ///
    /// ```no_run
    /// # let client = plain_s3::Client::new(plain_s3::Config::from_env()?)?;
    /// use plain_s3::UploadOptions;
    ///
    /// let options = UploadOptions::new().keep_parts();
    /// if let Err(error) = client.upload_file_with("my-new-bucket", "backup.tar", "backup.tar", &options) {
    ///     let Some(id) = error.upload_id() else { return Err(error) };
    ///     // tomorrow, perhaps
    ///     client.upload_file_with("my-new-bucket", "backup.tar", "backup.tar", &options.resume(id))?;
    /// }
    /// # Ok::<(), plain_s3::Error>(())
    /// ```
    pub fn upload_file_with(
        &self,
        bucket: &str,
        key: &str,
        path: impl AsRef<Path>,
        options: &UploadOptions<'_>,
    ) -> Result<Upload> {
        let path = path.as_ref();
        let with_context = |error: Error| error.with_context(|| format!("upload_file {bucket}/{key}"));
        let unreadable = |error| with_context(Error::local(format!("cannot read {}", path.display()), error));
        let file = File::open(path).map_err(unreadable)?;
        let before = file.metadata().map_err(unreadable)?;
        if !before.is_file() {
            return Err(with_context(
                Error::invalid(format!("{} is no regular file", path.display()))
                    .with_hint("upload_reader takes any reader."),
            ));
        }
        let unchanged = |read: u64| -> Result<()> {
            let now = file.metadata().map_err(unreadable)?;
            if read == before.len()
                && now.len() == before.len()
                && now.modified().ok() == before.modified().ok()
            {
                return Ok(());
            }
            let message = format!("{} changed while it was read", path.display());
            Err(Error::new(ErrorKind::LocalIo, message)
                .with_hint("Upload it again once nobody writes to it."))
        };
        let source = Source { reader: &mut &file, len: Some(before.len()), unchanged: &unchanged };
        multipart::upload(self, bucket, key, source, options).map_err(with_context)
    }

    /// Uploads all that a reader gives, however much that is.
    ///
    /// As [`upload_file`](Self::upload_file), but the length need not be known: up to 10,000 parts.
    ///
    /// # Errors
    ///
    /// [`LocalIo`](ErrorKind::LocalIo) where the reader fails, with its own error as the
    /// [`source`](std::error::Error::source); [`InvalidInput`](ErrorKind::InvalidInput) where it gives more than
    /// 10,000 parts; otherwise as [`upload_file`](Self::upload_file).
    ///
    /// ```no_run
    /// # let client = plain_s3::Client::new(plain_s3::Config::from_env()?)?;
    /// client.upload_reader("my-new-bucket", "log", std::io::stdin())?;
    /// # Ok::<(), plain_s3::Error>(())
    /// ```
    pub fn upload_reader(&self, bucket: &str, key: &str, reader: impl Read) -> Result<Upload> {
        self.upload_reader_with(bucket, key, reader, &UploadOptions::new())
    }

    /// Uploads all that a reader gives, with options; see [`upload_reader`](Self::upload_reader).
    ///
    /// # Errors
    ///
    /// As [`upload_reader`](Self::upload_reader).
    ///
    /// ```no_run
    /// # let client = plain_s3::Client::new(plain_s3::Config::from_env()?)?;
    /// use plain_s3::UploadOptions;
    ///
    /// // up to 1 TB
    /// let options = UploadOptions::new().part_size(100 << 20);
    /// client.upload_reader_with("my-new-bucket", "log", std::io::stdin(), &options)?;
    /// # Ok::<(), plain_s3::Error>(())
    /// ```
    pub fn upload_reader_with(
        &self,
        bucket: &str,
        key: &str,
        mut reader: impl Read,
        options: &UploadOptions<'_>,
    ) -> Result<Upload> {
        let source = Source { reader: &mut reader, len: None, unchanged: &|_| Ok(()) };
        multipart::upload(self, bucket, key, source, options)
            .map_err(|error| error.with_context(|| format!("upload_reader {bucket}/{key}")))
    }
}
