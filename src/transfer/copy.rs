//! An object of any size copied within the server: one request where that is allowed, parts above.

use crate::client::Client;
use crate::error::{Error, ErrorKind, Result};
use crate::headers::Headers;
use crate::metadata::ObjectMetadata;
use crate::ops::{CompletedPart, CopiedObject, CopyObjectOptions, GetObjectOptions};
use crate::timestamp::Timestamp;
use crate::validate::{self, MAX_PART_SIZE};

/// How an object of any size is copied.
#[derive(Clone, Debug)]
pub struct CopyOptions {
    object: CopyObjectOptions,
    part_size: u64,
}

impl CopyOptions {
    /// The newest version with its metadata, in parts of 5 GiB.
    pub fn new() -> Self {
        Self { object: CopyObjectOptions::new(), part_size: MAX_PART_SIZE }
    }

    /// Sets the version, the conditions, and what the copy has other than its source.
    pub fn object(mut self, options: CopyObjectOptions) -> Self {
        self.object = options;
        self
    }

    /// Sets the length of a part in bytes, from 5 MiB to 5 GiB. What is not longer is copied by one request.
    /// For an object that would have more than 10,000 parts they are made larger.
    pub fn part_size(mut self, bytes: u64) -> Self {
        self.part_size = bytes;
        self
    }
}

impl Default for CopyOptions {
    fn default() -> Self {
        Self::new()
    }
}

impl Client {
    /// Copies an object of any size within the server: `(bucket, key)` to `(bucket, key)`.
    ///
    /// Up to 5 GiB it is a [`copy_object`](Self::copy_object); above that an upload whose parts are copied,
    /// all of them from one state of the source. An object copied in parts has its metadata, but neither its
    /// tags nor its ACL.
    ///
    /// # Errors
    ///
    /// As [`copy_object`](Self::copy_object); [`Integrity`](ErrorKind::Integrity) where the source is
    /// replaced meanwhile, or [`is_precondition_failed`](Error::is_precondition_failed). An upload that fails is aborted.
    ///
    /// ```no_run
    /// # let client = plain_s3::Client::new(plain_s3::Config::from_env()?)?;
    /// client.copy(("my-new-bucket", "backup.tar"), ("my-backups", "2011/backup.tar"))?;
    /// # Ok::<(), plain_s3::Error>(())
    /// ```
    pub fn copy(&self, from: (&str, &str), to: (&str, &str)) -> Result<CopiedObject> {
        self.copy_with(from, to, &CopyOptions::new())
    }

    /// Copies an object of any size with options; see [`copy`](Self::copy).
    ///
    /// # Errors
    ///
    /// As [`copy`](Self::copy).
    ///
    /// ```no_run
    /// # let client = plain_s3::Client::new(plain_s3::Config::from_env()?)?;
    /// use plain_s3::CopyOptions;
    ///
    /// let small_steps = CopyOptions::new().part_size(256 << 20);
    /// client.copy_with(("my-new-bucket", "backup.tar"), ("my-backups", "backup.tar"), &small_steps)?;
    /// # Ok::<(), plain_s3::Error>(())
    /// ```
    pub fn copy_with(
        &self,
        from: (&str, &str),
        to: (&str, &str),
        options: &CopyOptions,
    ) -> Result<CopiedObject> {
        let with_context = |error: Error| error.with_context(|| format!("copy {}/{}", to.0, to.1));
        validate::part_size(options.part_size).map_err(with_context)?;
        let look = options.object.look();
        let source = self.head_object_with(from.0, from.1, &look)?;
        self.copy_seen(from, to, &source, &look, options).map_err(with_context)
    }

    /// Copies a source that was looked at.
    pub(super) fn copy_seen(
        &self,
        from: (&str, &str),
        to: (&str, &str),
        source: &ObjectMetadata,
        look: &GetObjectOptions,
        options: &CopyOptions,
    ) -> Result<CopiedObject> {
        if source.content_length <= options.part_size {
            self.copy_object_with(from, to, &options.object)
        } else {
            self.copy_in_parts(from, to, source, look, options)
        }
    }

    fn copy_in_parts(
        &self,
        from: (&str, &str),
        to: (&str, &str),
        source: &ObjectMetadata,
        look: &GetObjectOptions,
        options: &CopyOptions,
    ) -> Result<CopiedObject> {
        let (object, mut part) = options.object.split_for_parts(from)?;
        if let (None, Some(e_tag)) = (part.get("x-amz-copy-source-if-match"), &source.e_tag) {
            part.set("x-amz-copy-source-if-match", e_tag.to_header());
        }
        let mut headers =
            if options.object.replaces_metadata() { Headers::default() } else { source.stored_headers() };
        headers.extend(&object);
        let conditions = headers.split_off_conditions();
        let id = self.begin_upload(to.0, to.1, &headers)?;
        let place = (to.0, to.1, id.as_str());
        let part_size = validate::part_size_for(source.content_length, options.part_size);
        let copied = self.copy_all(place, &part, source.content_length, part_size);
        let stored = copied.and_then(|parts| {
            // not every server follows the condition on the source, Ceph 16.2 for one
            let now = self.head_object_with(from.0, from.1, look)?;
            if now.e_tag != source.e_tag {
                return Err(Error::new(ErrorKind::Integrity, "the source was replaced while it was copied")
                    .with_hint("Copy it again."));
            }
            self.finish_upload(place, &parts, &conditions)
        });
        match stored {
            Ok(stored) => Ok(CopiedObject {
                e_tag: stored.e_tag,
                last_modified: Timestamp::UNKNOWN,
                version_id: stored.version_id,
                source_version_id: source.version_id.clone(),
            }),
            Err(error) => Err(self.abort_failed_upload(place, &part, error)),
        }
    }

    fn copy_all(
        &self,
        place: (&str, &str, &str),
        source: &Headers,
        length: u64,
        part_size: u64,
    ) -> Result<Vec<CompletedPart>> {
        let starts = (0..length).step_by(usize::try_from(part_size).unwrap_or(usize::MAX));
        let part = |(i, start): (usize, u64)| {
            self.copy_part(place, i as u32 + 1, source, start..(start + part_size).min(length))
        };
        starts.enumerate().map(part).collect()
    }
}
