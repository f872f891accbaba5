//! The course of an upload: one buffer of the size of a part is filled, hashed and sent, part after part.

use std::collections::HashMap;

use super::completion::{Completion, multipart_md5, stored_md5};
use super::part_reader::{PartReader, Source};
use super::upload_options::{Upload, UploadOptions};
use crate::body::Body;
use crate::checksum::{Checksum, ChecksumAlgorithm, Hasher, Md5Digest, Sha256Digest};
use crate::client::Client;
use crate::error::{Error, ErrorKind, Result};
use crate::event::Event;
use crate::headers::Headers;
use crate::ops::create_multipart_upload;
use crate::ops::put_object::{BodyIntegrity, put_object_request};
use crate::ops::upload_part::UploadRef;
use crate::ops::{CompletedPart, Part, StoredObject};
use crate::request::Method;
use crate::validate;

const DEFAULT_PART_SIZE: u64 = 16 << 20;

pub(super) fn upload(
    client: &Client,
    bucket: &str,
    key: &str,
    source: Source<'_>,
    options: &UploadOptions<'_>,
) -> Result<Upload> {
    // invalid arguments are reported before the source is read
    let request = put_object_request(bucket, key, &options.object);
    request.validate()?;
    let part_size = options.part_size.unwrap_or(DEFAULT_PART_SIZE);
    validate::part_size(part_size)?;
    let algorithm = algorithm(client, options);
    let max_parts = client.signer().endpoint().max_parts();
    let mut content = PartReader::new(source, part_size, max_parts, algorithm)?;
    content.fill()?;
    if !content.ended() || options.resume.is_some() {
        return upload_in_parts(client, bucket, key, content, options, algorithm);
    }
    content.verify_unchanged()?;
    let integrity =
        BodyIntegrity { known: content.checksum(), algorithm: None, sha256: options.object.pinned_sha256() };
    let report = |sent| content.report_sent(sent, options);
    let body = Body::from(content.part()).with_progress(options.progress.is_set().then_some(&report));
    let stored = client.store(request, body, integrity)?;
    // the object is stored, so there is nothing left to cancel
    let _ = content.report(options);
    Ok(Upload {
        bytes: content.read(),
        parts: 0,
        parts_reused: 0,
        e_tag: stored.e_tag,
        version_id: stored.version_id,
    })
}

/// Returns the checksum that is sent with the content.
fn algorithm(client: &Client, options: &UploadOptions<'_>) -> Option<ChecksumAlgorithm> {
    let settings = client.settings();
    // an upload that is resumed may have been created without a checksum, or with another one
    let default = settings.checksum.filter(|_| options.resume.is_none());
    options.object.algorithm(default).or(settings.compare_checksums.then_some(ChecksumAlgorithm::Md5))
}

fn upload_in_parts(
    client: &Client,
    bucket: &str,
    key: &str,
    mut content: PartReader<'_>,
    options: &UploadOptions<'_>,
    algorithm: Option<ChecksumAlgorithm>,
) -> Result<Upload> {
    let (mut headers, conditions) = options.object.split_conditions();
    if let Some(algorithm) = algorithm {
        create_multipart_upload::declare_checksum(&mut headers, algorithm);
    }
    let mut existing = HashMap::new();
    let id = match &options.resume {
        None => client.create_upload(bucket, key, &headers)?,
        Some(id) => {
            let upload = UploadRef { bucket, key, id };
            for part in client.list_upload_parts(upload, headers.for_each_part()) {
                let part = part?;
                existing.insert(part.part_number, part);
            }
            id.clone()
        }
    };
    let upload = UploadRef { bucket, key, id: &id };
    let (conditions, part_headers) = (&conditions, &headers.for_each_part());
    let uploader =
        Uploader { client, upload, conditions, part_headers, existing, algorithm, outcome_unknown: false };
    let Failure { error, lost } = match uploader.upload(&mut content, options) {
        Ok(completed) => return completed.verify(),
        Err(failure) => failure,
    };
    let starts_again = lost && content.can_rewind() && client.settings().retry.allows_retries();
    // a condition may then fail because of the object of this upload
    let outcome_unknown = error.is_outcome_unknown();
    let error = uploader.abort_or_keep(error, options.keep_parts && !starts_again);
    if !starts_again {
        return Err(error);
    }
    let call = upload.request("CompleteMultipartUpload", Method::Post).describe();
    client.settings().events.emit(|| Event::Restarted { call: &call, error: &error });
    content.rewind()?;
    let id = client.create_upload(bucket, key, &headers)?;
    let upload = UploadRef { bucket, key, id: &id };
    let again = Uploader { upload, existing: HashMap::new(), outcome_unknown, ..uploader };
    let completed = again.upload(&mut content, options).map_err(|Failure { error, .. }| {
        let error = again.abort_or_keep(error, options.keep_parts);
        error.append_hint("The upload had already been started again once.")
    })?;
    completed.verify()
}

/// Why an upload in parts failed.
struct Failure {
    error: Error,
    /// The server cannot create the object from the parts that it has, so only a new upload can succeed.
    lost: bool,
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self { error, lost: false }
    }
}

/// A multipart upload that the server has completed.
struct CompletedUpload {
    stored: StoredObject,
    sent: SentParts,
    bytes: u64,
}

impl CompletedUpload {
    /// Compares the object with the parts. There is nothing left to abort if they differ.
    fn verify(self) -> Result<Upload> {
        let Self { stored, sent: SentParts { parts, expected, checksum, reused }, bytes } = self;
        if let (Some(ours), Some(theirs)) = (expected, stored_md5(&stored, parts.len())) {
            Checksum::from(ours).ensure_equal(&theirs.into(), "the multipart upload")?;
        }
        if let (Some(ours), Some(theirs)) = (checksum, stored.checksum)
            && ours.algorithm() == theirs.algorithm()
        {
            ours.ensure_equal(&theirs, "the multipart upload")?;
        }
        Ok(Upload {
            bytes,
            parts: parts.len() as u32,
            parts_reused: reused,
            e_tag: stored.e_tag,
            version_id: stored.version_id,
        })
    }
}

/// The parts of an upload that the server has confirmed.
struct SentParts {
    parts: Vec<CompletedPart>,
    /// The MD5 of the MD5s of the parts, if the ETag of the object consists of it.
    expected: Option<Md5Digest>,
    /// The checksum of the object, if one was sent.
    checksum: Option<Checksum>,
    reused: u32,
}

/// A multipart upload in progress.
struct Uploader<'a> {
    client: &'a Client,
    upload: UploadRef<'a>,
    conditions: &'a Headers,
    part_headers: &'a Headers,
    /// The parts that an earlier run uploaded.
    existing: HashMap<u32, Part>,
    /// The checksum that is sent with each part.
    algorithm: Option<ChecksumAlgorithm>,
    /// An earlier upload of the same content may have created the object.
    outcome_unknown: bool,
}

impl Uploader<'_> {
    /// Sends all parts and completes the upload.
    fn upload(
        &self,
        content: &mut PartReader<'_>,
        options: &UploadOptions<'_>,
    ) -> Result<CompletedUpload, Failure> {
        let sent = self.send(content, options)?;
        let stored = self.complete(&sent.parts, sent.checksum, content.read()).map_err(|error| {
            // a second upload could not meet a condition, because of the damaged object
            let damaged = error.kind() == ErrorKind::Integrity && self.conditions.is_empty();
            let lost = damaged || is_lost(&error);
            Failure { error, lost }
        })?;
        Ok(CompletedUpload { stored, sent, bytes: content.read() })
    }

    /// Sends all parts.
    fn send(&self, content: &mut PartReader<'_>, options: &UploadOptions<'_>) -> Result<SentParts> {
        let mut parts: Vec<CompletedPart> = Vec::new();
        let mut reused = 0;
        // the ETag of the object can be predicted only if the ETag of every part is its MD5, and not for every provider
        let mut predictable = self.algorithm == Some(ChecksumAlgorithm::Md5)
            && !self.client.signer().endpoint().has_opaque_multipart_e_tags();
        let mut whole = WholeChecks::new(self.algorithm, options.object.pinned_sha256());
        loop {
            let number = parts.len() as u32 + 1;
            let (known, len) = (content.checksum(), content.part().len() as u64);
            whole.update(content.part());
            let md5 = match known.and_then(|known| known.md5()) {
                None if !self.existing.is_empty() => Some(Md5Digest::of(content.part())),
                md5 => md5,
            };
            let same = |part: &&Part| part.size == len && part.e_tag.md5_digest() == md5;
            let part = match self.existing.get(&number).filter(same) {
                Some(part) => {
                    reused += 1;
                    CompletedPart::new(number, &part.e_tag).with_checksum(known)
                }
                None => {
                    let report = |sent| content.report_sent(sent, options);
                    let body = Body::from(content.part())
                        .with_progress(options.progress.is_set().then_some(&report));
                    let integrity = BodyIntegrity { known, ..BodyIntegrity::default() };
                    self.client.store_part(self.upload, number, body, integrity, self.part_headers)?
                }
            };
            predictable &= part.e_tag.md5_digest() == md5;
            whole.add_part(part.checksum, len);
            parts.push(part);
            content.report(options)?;
            if content.ended() {
                break;
            }
            if number == content.max_parts() {
                return Err(content.too_many_parts());
            }
            content.fill()?;
        }
        content.verify_unchanged()?;
        whole.ensure_pinned()?;
        let checksum = whole.checksum();
        let expected = multipart_md5(&parts).filter(|_| predictable);
        Ok(SentParts { parts, expected, checksum, reused })
    }

    /// Completes the upload of this many bytes.
    fn complete(
        &self,
        parts: &[CompletedPart],
        checksum: Option<Checksum>,
        length: u64,
    ) -> Result<StoredObject> {
        let mut headers = self.conditions.clone();
        // Ceph 20 requires the customer key, and AWS does if the parts have checksums
        headers.extend(self.part_headers);
        if let Some(checksum) = checksum {
            headers.set_str("x-amz-checksum-type", checksum.algorithm().multipart_type());
            if checksum.algorithm().covers_whole_object() {
                headers.set(checksum.algorithm().header(), checksum.to_base64());
            }
        }
        self.client.complete_upload(&Completion {
            upload: self.upload,
            parts,
            headers: &headers,
            read_headers: self.part_headers,
            length,
            outcome_unknown: self.outcome_unknown,
        })
    }

    /// Aborts the upload, unless its parts are to be kept, and adds what is left to the error.
    fn abort_or_keep(&self, error: Error, keep: bool) -> Error {
        if !keep {
            return self.client.abort_failed_upload(self.upload, &self.part_headers.requester(), error);
        }
        let id = self.upload.id;
        error.with_upload_id(id).append_hint(&format!(
            "The uploaded parts were kept: resume the upload with UploadOptions::resume({id:?})."
        ))
    }
}

impl Client {
    /// Aborts an upload that failed, and adds to its error what is left on the server.
    pub(super) fn abort_failed_upload(
        &self,
        upload: UploadRef<'_>,
        requester: &Headers,
        error: Error,
    ) -> Error {
        let UploadRef { bucket, key, id } = upload;
        match self.abort(upload, requester) {
            Ok(()) => error.append_hint("The upload was aborted, and its parts were deleted."),
            Err(abort) if abort.code() == Some("NoSuchUpload") => {
                error.append_hint("The upload no longer exists.")
            }
            Err(abort) => error.with_upload_id(id).append_hint(&format!(
                "The upload could not be aborted ({}). Its parts use space until you call \
                 abort_multipart_upload({bucket:?}, {key:?}, {id:?}).",
                abort.summary()
            )),
        }
    }
}

/// Returns `true` if the server cannot create the object from the parts of this upload, so that retries are useless: it
/// has lost a part or the whole upload, it has other content than was sent, it requires a new upload after a conflict, as
/// AWS does, or it fails each time after it has started to create the object.
fn is_lost(error: &Error) -> bool {
    match error.code() {
        Some("InvalidPart" | "BadDigest" | "ConditionalRequestConflict") => true,
        // otherwise this call may have completed the upload itself
        Some("NoSuchUpload") => !error.is_outcome_unknown(),
        Some("InternalError") => error.status() == Some(200),
        _ => false,
    }
}

/// What is computed over all parts of an upload.
struct WholeChecks {
    checksum: Option<ObjectChecksum>,
    pinned: Option<(Sha256Digest, Hasher)>,
}

/// The checksum of an object, from the checksums of its parts.
enum ObjectChecksum {
    /// The CRC of the content so far.
    Crc(Checksum),
    /// Hashes the checksums of the parts.
    Composite(Hasher),
}

impl WholeChecks {
    fn new(algorithm: Option<ChecksumAlgorithm>, pinned: Option<Sha256Digest>) -> Self {
        let new = |algorithm: ChecksumAlgorithm| match Hasher::new(algorithm) {
            hasher if algorithm.covers_whole_object() => ObjectChecksum::Crc(hasher.checksum()),
            hasher => ObjectChecksum::Composite(hasher),
        };
        Self {
            checksum: algorithm.filter(|algorithm| algorithm.element().is_some()).map(new),
            pinned: pinned.map(|sha256| (sha256, Hasher::new(ChecksumAlgorithm::Sha256))),
        }
    }

    fn update(&mut self, content: &[u8]) {
        if let Some((_, hasher)) = &mut self.pinned {
            hasher.update(content);
        }
    }

    /// Adds the checksum of a part of `len` bytes. If the server does not support checksums, there is none, and the
    /// object has none either.
    fn add_part(&mut self, checksum: Option<Checksum>, len: u64) {
        self.checksum = match (self.checksum.take(), checksum) {
            (Some(ObjectChecksum::Crc(before)), Some(part)) => {
                before.followed_by(part, len).map(ObjectChecksum::Crc)
            }
            (Some(ObjectChecksum::Composite(mut parts)), Some(part)) => {
                parts.update(part.as_bytes());
                Some(ObjectChecksum::Composite(parts))
            }
            _ => None,
        };
    }

    fn checksum(&self) -> Option<Checksum> {
        self.checksum.as_ref().map(|checksum| match checksum {
            ObjectChecksum::Crc(crc) => *crc,
            ObjectChecksum::Composite(parts) => parts.checksum(),
        })
    }

    /// Fails unless the content has the SHA-256 that the caller passed.
    fn ensure_pinned(&self) -> Result<()> {
        self.pinned.as_ref().map_or(Ok(()), |(sha256, hasher)| sha256.ensure_pinned(hasher))
    }
}
