//! Copies of objects of any size within the server: one request, or a multipart upload for large objects.

use std::collections::BTreeMap;

use super::completion::Completion;
use crate::client::Client;
use crate::error::{Error, ErrorKind, Result};
use crate::headers::Headers;
use crate::metadata::ObjectMetadata;
use crate::operation::Operation;
use crate::ops::create_multipart_upload::{self, create_multipart_upload_request};
use crate::ops::upload_part::UploadRef;
use crate::ops::{
    CompletedPart, CopiedObject, CopyObjectOptions, GetObjectOptions, ObjectIdentifier, StoredObject,
    UploadPartCopyOptions,
};
use crate::timestamp::Timestamp;
use crate::validate::{self, MAX_PART_SIZE};

/// Options for [`Client::copy_with`].
#[derive(Clone, Debug)]
#[must_use]
pub struct CopyOptions {
    object: CopyObjectOptions,
    part_size: u64,
}

impl CopyOptions {
    /// Creates the default options: the latest version with its metadata, and parts of 5 GiB.
    pub fn new() -> Self {
        Self { object: CopyObjectOptions::new(), part_size: MAX_PART_SIZE }
    }

    /// Sets the version and the conditions of the source, and the properties of the copy.
    pub fn object(mut self, options: CopyObjectOptions) -> Self {
        self.object = options;
        self
    }

    /// Sets the part size in bytes, from 5 MiB to 5 GiB. The default is 5 GiB.
    ///
    /// An object of at most this size is copied by one request. The part size is increased if the object
    /// would have more than 10,000 parts.
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
    /// Copies an object of any size within the server, from one `(bucket, key)` to another.
    ///
    /// An object of up to 5 GiB is copied by [`copy_object`](Self::copy_object), a larger one by a multipart
    /// upload whose parts are copied, all of them from the same state of the source. In both cases, the copy
    /// has the metadata and tags of the source, but not its ACL.
    ///
    /// # Errors
    ///
    /// Returns the same errors as [`copy_object`](Self::copy_object), and for a copy in parts those of
    /// [`get_object_tagging`](Self::get_object_tagging). If the source is replaced meanwhile, fails with
    /// [`Integrity`](ErrorKind::Integrity) or [`is_precondition_failed`](Error::is_precondition_failed). A
    /// multipart upload that fails is aborted.
    ///
    /// ```
    /// # let client = include!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/documentation/client.rs"));
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
    /// Returns the same errors as [`copy`](Self::copy).
    ///
    /// ```
    /// # let client = include!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/documentation/client.rs"));
    /// use plain_s3::CopyOptions;
    ///
    /// let small_parts = CopyOptions::new().part_size(256 << 20);
    /// client.copy_with(("my-new-bucket", "backup.tar"), ("my-backups", "backup.tar"), &small_parts)?;
    /// # Ok::<(), plain_s3::Error>(())
    /// ```
    pub fn copy_with(
        &self,
        from: (&str, &str),
        to: (&str, &str),
        options: &CopyOptions,
    ) -> Result<CopiedObject> {
        let copied = validate::part_size(options.part_size).and_then(|()| {
            let source_options = options.object.source_options();
            let source = self.head_object_with(from.0, from.1, &source_options)?;
            self.copy_source(from, to, &source, &source_options, options)
        });
        copied.map_err(|error| error.with_context(|| Operation::on_object("copy", to.0, to.1)))
    }

    /// Copies a source whose metadata is already known.
    pub(super) fn copy_source(
        &self,
        from: (&str, &str),
        to: (&str, &str),
        source: &ObjectMetadata,
        source_options: &GetObjectOptions,
        options: &CopyOptions,
    ) -> Result<CopiedObject> {
        if source.content_length <= options.part_size {
            return self.copy_object_with(from, to, &options.object);
        }
        let stored = self.copy_in_parts(from, to, source, source_options, options)?;
        Ok(CopiedObject {
            e_tag: stored.e_tag,
            last_modified: Timestamp::UNKNOWN,
            version_id: stored.version_id,
            source_version_id: source.version_id.clone(),
        })
    }

    fn copy_in_parts(
        &self,
        from: (&str, &str),
        to: (&str, &str),
        source: &ObjectMetadata,
        source_options: &GetObjectOptions,
        options: &CopyOptions,
    ) -> Result<StoredObject> {
        let (object_headers, part_options) = options.object.split_for_parts();
        let part_options = pin_source(part_options, source)?;
        // a multipart upload does not copy metadata by itself
        let mut headers =
            if options.object.replaces_metadata() { Headers::default() } else { source.stored_headers() };
        headers.extend(&object_headers);
        let mut tags = BTreeMap::new();
        if headers.get("x-amz-tagging").is_none() {
            let source = object(from.1, part_options.source_version());
            tags = self.source_tags(from.0, &source, source_options)?;
        }
        let conditions = headers.split_off_conditions();
        let mut request = create_multipart_upload_request(to.0, to.1, &headers);
        if !options.object.replaces_metadata() {
            request = request.keep_metadata();
        }
        let id = self.call(&request, create_multipart_upload::parse)?;
        let upload = UploadRef { bucket: to.0, key: to.1, id: &id };
        let part_size = validate::part_size_for(
            source.content_length,
            options.part_size,
            self.signer().endpoint().max_parts(),
        );
        let parts = self.copy_parts(upload, from, source.content_length, part_size, &part_options);
        let stored = parts.and_then(|parts| {
            // not every server honours the condition on the source; Ceph 16.2 does not
            let now = self.head_object_with(from.0, from.1, source_options)?;
            if now.e_tag != source.e_tag {
                return Err(Error::new(ErrorKind::Integrity, "the source was replaced while it was copied")
                    .with_hint("Copy it again."));
            }
            self.complete_upload(&Completion {
                upload,
                parts: &parts,
                headers: &conditions,
                read_headers: &headers.for_each_part(),
                length: source.content_length,
                outcome_unknown: false,
            })
        });
        let stored = stored
            .map_err(|error| self.abort_failed_upload(upload, &part_options.headers().requester(), error))?;
        if !tags.is_empty() {
            // not as a header of the upload, because Ceph 16.2 then stores tags that cannot be read
            let copy = object(to.1, stored.version_id.as_deref());
            self.put_object_tagging(to.0, copy, &tags)
                .map_err(|error| error.append_hint("The copy exists, but without the tags of the source."))?;
        }
        Ok(stored)
    }

    /// Returns the tags of the source, which a multipart upload does not copy by itself.
    fn source_tags(
        &self,
        bucket: &str,
        source: &ObjectIdentifier,
        options: &GetObjectOptions,
    ) -> Result<BTreeMap<String, String>> {
        match self.get_source_tagging(bucket, source, &options.requester_headers()) {
            Err(error) if error.is_not_implemented() => Ok(BTreeMap::new()),
            tags => tags.map_err(|error| {
                error.append_hint(
                    "The tags of the source are read because a copy in parts keeps them. If you may not read \
                     them, set the tags of the copy with the header x-amz-tagging.",
                )
            }),
        }
    }

    fn copy_parts(
        &self,
        upload: UploadRef<'_>,
        from: (&str, &str),
        length: u64,
        part_size: u64,
        options: &UploadPartCopyOptions,
    ) -> Result<Vec<CompletedPart>> {
        let starts = (0..length).step_by(usize::try_from(part_size).unwrap_or(usize::MAX));
        let copy_part = |(i, start): (usize, u64)| {
            self.copy_part(upload, i as u32 + 1, from, start..(start + part_size).min(length), options)
        };
        starts.enumerate().map(copy_part).collect()
    }
}

/// Ensures that all parts are copied from the same state of the source: by its ETag, or by its version.
fn pin_source(options: UploadPartCopyOptions, source: &ObjectMetadata) -> Result<UploadPartCopyOptions> {
    let pinned = options.headers().get("x-amz-copy-source-if-match").is_some();
    match (source.strong_e_tag(), &source.version_id) {
        _ if pinned => Ok(options),
        (Some(e_tag), _) => Ok(options.source_if_match(e_tag)),
        (None, Some(version)) => Ok(options.source_version_id(version)),
        (None, None) if options.source_version().is_some() => Ok(options),
        (None, None) => Err(Error::new(
            ErrorKind::UnexpectedResponse,
            "the source has neither a strong ETag nor a version ID, so its parts could be of two objects",
        )
        .with_hint("Download the object and upload it.")),
    }
}

fn object(key: &str, version: Option<&str>) -> ObjectIdentifier {
    let object = ObjectIdentifier::new(key);
    match version {
        Some(version) => object.version_id(version),
        None => object,
    }
}
