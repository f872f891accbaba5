//! The course of an upload: one buffer of the size of a part is filled, hashed and sent, part after part.

use std::collections::HashMap;
use std::io::{self, Read};

use super::upload_options::{Upload, UploadOptions};
use crate::body::Body;
use crate::checksum::{Checksum, ChecksumAlgorithm, Hasher, Md5Digest, Md5Hasher, Sha256Digest};
use crate::client::Client;
use crate::error::{Error, ErrorKind, Result};
use crate::headers::Headers;
use crate::ops::create_multipart_upload;
use crate::ops::put_object::{BodyIntegrity, put_object_request};
use crate::ops::upload_part::UploadRef;
use crate::ops::{CompletedPart, GetObjectOptions, Part, StoredObject};
use crate::validate::{self, MAX_PART_SIZE, MAX_PARTS};

const MIB: u64 = 1 << 20;
const DEFAULT_PART_SIZE: u64 = 16 * MIB;

/// Where the content comes from.
pub(super) struct Source<'a> {
    pub(super) reader: &'a mut dyn Read,
    pub(super) len: Option<u64>,
    /// Called with the number of bytes read, after the last of them. Fails if the source changed meanwhile.
    pub(super) verify_unchanged: &'a dyn Fn(u64) -> Result<()>,
}

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
    let mut content = PartReader::new(source, part_size)?;
    content.fill()?;
    let algorithm = algorithm(client, options);
    if !content.ended || options.resume.is_some() {
        return upload_in_parts(client, bucket, key, content, options, algorithm);
    }
    (content.source.verify_unchanged)(content.read)?;
    let integrity = BodyIntegrity {
        known: algorithm.map(|algorithm| content.checksum(algorithm)),
        algorithm: None,
        sha256: options.object.pinned_sha256(),
    };
    let report = |sent| content.report_sent(sent, options);
    let body = Body::from(&content.buffer).with_progress(options.progress.is_set().then_some(&report));
    let stored = client.store(request, body, integrity)?;
    // the object is stored, so there is nothing left to cancel
    let _ = content.report(options);
    Ok(Upload {
        bytes: content.read,
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
    let part_headers = headers.for_each_part();
    let uploader = Uploader { client, upload, conditions, part_headers, existing, algorithm };
    let sent = uploader.send(&mut content, options);
    let CompletedUpload { stored, expected, checksum, parts, reused } =
        sent.map_err(|error| uploader.abort_or_keep(error, options.keep_parts))?;
    // nothing to abort: the upload is completed, and the object exists
    if let (Some(ours), Some(theirs)) = (expected, stored_md5(&stored, parts as usize)) {
        Checksum::from(ours).ensure_equal(&theirs.into(), "the multipart upload")?;
    }
    if let (Some(ours), Some(theirs)) = (checksum, stored.checksum)
        && ours.algorithm() == theirs.algorithm()
    {
        ours.ensure_equal(&theirs, "the multipart upload")?;
    }
    Ok(Upload {
        bytes: content.read,
        parts,
        parts_reused: reused,
        e_tag: stored.e_tag,
        version_id: stored.version_id,
    })
}

/// A multipart upload that the server has completed.
struct CompletedUpload {
    stored: StoredObject,
    /// The MD5 of the MD5s of the parts, if the ETag of the object consists of it.
    expected: Option<Md5Digest>,
    /// The checksum of the object, if one was sent.
    checksum: Option<Checksum>,
    parts: u32,
    reused: u32,
}

/// A multipart upload in progress.
struct Uploader<'a> {
    client: &'a Client,
    upload: UploadRef<'a>,
    conditions: Headers,
    part_headers: Headers,
    /// The parts that an earlier run uploaded.
    existing: HashMap<u32, Part>,
    /// The checksum that is sent with each part.
    algorithm: Option<ChecksumAlgorithm>,
}

impl Uploader<'_> {
    /// Sends all parts and completes the upload.
    fn send(&self, content: &mut PartReader<'_>, options: &UploadOptions<'_>) -> Result<CompletedUpload> {
        let mut parts: Vec<CompletedPart> = Vec::new();
        let mut reused = 0;
        // the ETag of the object can be predicted only if the ETag of every part is its MD5
        let mut predictable = self.algorithm == Some(ChecksumAlgorithm::Md5);
        let mut whole = WholeChecks::new(self.algorithm, options.object.pinned_sha256());
        loop {
            let number = parts.len() as u32 + 1;
            whole.update(&content.buffer);
            let known = self.algorithm.map(|algorithm| content.checksum(algorithm));
            let md5 = match known.and_then(|known| known.md5()) {
                None if !self.existing.is_empty() => content.checksum(ChecksumAlgorithm::Md5).md5(),
                md5 => md5,
            };
            let len = content.buffer.len() as u64;
            let same = |part: &&Part| part.size == len && part.e_tag.md5_digest() == md5;
            let part = match self.existing.get(&number).filter(same) {
                Some(part) => {
                    reused += 1;
                    CompletedPart::new(number, &part.e_tag).with_checksum(known)
                }
                None => {
                    let report = |sent| content.report_sent(sent, options);
                    let body = Body::from(&content.buffer)
                        .with_progress(options.progress.is_set().then_some(&report));
                    let integrity = BodyIntegrity { known, ..BodyIntegrity::default() };
                    self.client.store_part(self.upload, number, body, integrity, &self.part_headers)?
                }
            };
            predictable &= part.e_tag.md5_digest() == md5;
            whole.add_part(part.checksum);
            parts.push(part);
            content.report(options)?;
            if content.ended {
                break;
            }
            if number == MAX_PARTS {
                return Err(content.too_many_parts());
            }
            content.fill()?;
        }
        (content.source.verify_unchanged)(content.read)?;
        whole.ensure_pinned()?;
        let checksum = whole.checksum();
        let stored = self.complete(&parts, checksum)?;
        let expected = multipart_md5(&parts).filter(|_| predictable);
        Ok(CompletedUpload { stored, expected, checksum, parts: parts.len() as u32, reused })
    }

    /// Completes the upload. If the response was lost or lacks the ETag, the object itself decides.
    fn complete(&self, parts: &[CompletedPart], checksum: Option<Checksum>) -> Result<StoredObject> {
        let mut headers = self.conditions.clone();
        if let Some(checksum) = checksum {
            // AWS requires the customer key if the parts have checksums
            headers.extend(&self.part_headers);
            headers.set_str("x-amz-checksum-type", checksum.algorithm().multipart_type());
            if checksum.algorithm().covers_whole_object() {
                headers.set(checksum.algorithm().header(), checksum.to_base64());
            }
        }
        match self.client.complete(self.upload, parts, &headers) {
            Ok(stored) if stored.e_tag.is_some() => Ok(stored),
            Ok(stored) => Ok(self.head().unwrap_or(stored)),
            Err(error) => {
                // if the first attempt succeeded and its response was lost, a retry finds no upload, or fails
                // its condition because of the object that was just created
                let may_be_completed = error.is_retryable()
                    || error.code() == Some("NoSuchUpload")
                    || error.is_precondition_failed() && error.is_outcome_unknown();
                let expected = multipart_md5(parts).filter(|_| may_be_completed);
                let found = expected.and_then(|_| self.head());
                found.filter(|object| stored_md5(object, parts.len()) == expected).ok_or(error)
            }
        }
    }

    /// Returns the current object, if it can be read.
    fn head(&self) -> Option<StoredObject> {
        let options = GetObjectOptions::new().headers(&self.part_headers);
        let object = self.client.head_object_with(self.upload.bucket, self.upload.key, &options).ok()?;
        Some(StoredObject { e_tag: object.e_tag, version_id: object.version_id, checksum: None })
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

/// What is computed over all parts of an upload.
struct WholeChecks {
    /// The checksum of the object: of its content, or of the checksums of its parts. `None` if a part has none.
    checksum: Option<Hasher>,
    pinned: Option<(Sha256Digest, Hasher)>,
}

impl WholeChecks {
    fn new(algorithm: Option<ChecksumAlgorithm>, pinned: Option<Sha256Digest>) -> Self {
        Self {
            checksum: algorithm.filter(|algorithm| algorithm.element().is_some()).map(Hasher::new),
            pinned: pinned.map(|sha256| (sha256, Hasher::new(ChecksumAlgorithm::Sha256))),
        }
    }

    fn update(&mut self, content: &[u8]) {
        if let Some(hasher) = &mut self.checksum
            && hasher.algorithm().covers_whole_object()
        {
            hasher.update(content);
        }
        if let Some((_, hasher)) = &mut self.pinned {
            hasher.update(content);
        }
    }

    /// Adds the checksum of a part, unless the server does not support checksums.
    fn add_part(&mut self, checksum: Option<Checksum>) {
        match (&mut self.checksum, checksum) {
            (Some(hasher), Some(checksum)) if !hasher.algorithm().covers_whole_object() => {
                hasher.update(checksum.as_bytes());
            }
            (Some(_), Some(_)) => {}
            (_, _) => self.checksum = None,
        }
    }

    fn checksum(&self) -> Option<Checksum> {
        self.checksum.as_ref().map(Hasher::checksum)
    }

    /// Fails unless the content has the SHA-256 that the caller passed.
    fn ensure_pinned(&self) -> Result<()> {
        self.pinned.as_ref().map_or(Ok(()), |(sha256, hasher)| sha256.ensure_pinned(hasher))
    }
}

/// Returns the MD5 of the MD5s of the parts, if all their ETags look like MD5s.
fn multipart_md5(parts: &[CompletedPart]) -> Option<Md5Digest> {
    let mut md5 = Md5Hasher::new();
    for part in parts {
        md5.update(part.e_tag.md5()?);
    }
    Some(md5.digest())
}

/// Returns the same digest from the ETag of an object, if that has the form `…-N` with this number of parts.
fn stored_md5(stored: &StoredObject, parts: usize) -> Option<Md5Digest> {
    let (md5, count) = stored.e_tag.as_ref()?.multipart_md5()?;
    (count as usize == parts).then_some(md5)
}

/// Reads the content, one part at a time.
struct PartReader<'a> {
    source: Source<'a>,
    part_size: u64,
    buffer: Vec<u8>,
    /// The first byte of the next part. Only reading it shows whether the current part is the last.
    ahead: Option<u8>,
    read: u64,
    ended: bool,
}

impl<'a> PartReader<'a> {
    fn new(source: Source<'a>, part_size: u64) -> Result<Self> {
        let part_size = source.len.map_or(part_size, |len| validate::part_size_for(len, part_size));
        // a small file needs only a small buffer; one byte more than its length shows its end
        let size = source.len.map_or(part_size, |len| part_size.min(len + 1));
        let mut buffer = Vec::new();
        let fits = usize::try_from(size).is_ok_and(|size| buffer.try_reserve_exact(size).is_ok());
        if !fits {
            let message = format!("a part of {size} bytes does not fit into memory");
            return Err(Error::invalid(message).with_hint("Choose a smaller UploadOptions::part_size."));
        }
        Ok(Self { source, part_size, buffer, ahead: None, read: 0, ended: false })
    }

    /// Fills the buffer with the next part, and finds out whether it is the last.
    fn fill(&mut self) -> Result<()> {
        let failed = |error| Error::local("cannot read the content", error);
        self.buffer.clear();
        self.buffer.extend(self.ahead.take());
        let left = self.part_size - self.buffer.len() as u64;
        let n = (&mut *self.source.reader).take(left).read_to_end(&mut self.buffer).map_err(failed)?;
        if n as u64 == left {
            self.ahead = read_byte(self.source.reader).map_err(failed)?;
        }
        self.ended = self.ahead.is_none();
        self.read += self.buffer.len() as u64;
        Ok(())
    }

    fn checksum(&self, algorithm: ChecksumAlgorithm) -> Checksum {
        Hasher::of(algorithm, &self.buffer)
    }

    /// Reports that the server has the current part.
    fn report(&self, options: &UploadOptions<'_>) -> Result<()> {
        self.report_sent(self.buffer.len() as u64, options)
    }

    /// Reports that this much of the current part was sent.
    fn report_sent(&self, sent: u64, options: &UploadOptions<'_>) -> Result<()> {
        let before = self.read - self.buffer.len() as u64;
        options.progress.report((before + sent, self.source.len))
    }

    fn too_many_parts(&self) -> Error {
        let size = self.part_size / MIB;
        let message =
            format!("the content is longer than {MAX_PARTS} parts of {size} MiB, the most of one upload");
        Error::new(ErrorKind::InvalidInput, message).with_hint(format!(
            "Choose a larger UploadOptions::part_size, such as {} MiB.",
            (size * 10).min(MAX_PART_SIZE / MIB)
        ))
    }
}

fn read_byte(reader: &mut dyn Read) -> io::Result<Option<u8>> {
    let mut byte = [0];
    loop {
        match reader.read(&mut byte) {
            Ok(0) => return Ok(None),
            Ok(_) => return Ok(Some(byte[0])),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}
