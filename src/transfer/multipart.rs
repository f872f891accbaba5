//! How an upload goes: one buffer of a part's size, filled, hashed, sent from, and filled again.

use std::collections::HashMap;
use std::io::{self, Read};

use super::upload::{Upload, UploadOptions};
use crate::body::Body;
use crate::checksum::{Md5Digest, Md5Hasher};
use crate::client::Client;
use crate::error::{Error, ErrorKind, Result};
use crate::etag::ETag;
use crate::headers::Headers;
use crate::ops::{CompletedPart, GetObjectOptions, Part, StoredObject};
use crate::request::{Method, Request};
use crate::validate::{self, MAX_PART_SIZE, MAX_PARTS};

const MIB: u64 = 1 << 20;
const DEFAULT_PART: u64 = 16 * MIB;

/// Where the content comes from.
pub(super) struct Source<'a> {
    pub(super) reader: &'a mut dyn Read,
    pub(super) len: Option<u64>,
    /// Tells after the last byte, of which this many came, whether all of them are of one state of the source.
    pub(super) unchanged: &'a dyn Fn(u64) -> Result<()>,
}

pub(super) fn upload(
    client: &Client,
    bucket: &str,
    key: &str,
    source: Source<'_>,
    options: &UploadOptions<'_>,
) -> Result<Upload> {
    let request = Request::object("PutObject", Method::Put, bucket, key).headers(options.object.headers());
    request.validate()?;
    let part_size = options.part_size.unwrap_or(DEFAULT_PART);
    validate::part_size(part_size)?;
    let mut content = Content::new(source, part_size)?;
    content.fill()?;
    if !content.ended || options.resume.is_some() {
        return in_parts(client, bucket, key, content, options);
    }
    (content.source.unchanged)(content.read)?;
    let md5 = client.settings().check_md5.then(|| content.md5());
    let stored = client.store(request, Body::from(&content.buffer), md5)?;
    content.tell(options);
    Ok(Upload {
        bytes: content.read,
        parts: 0,
        parts_reused: 0,
        e_tag: stored.e_tag,
        version_id: stored.version_id,
    })
}

fn in_parts(
    client: &Client,
    bucket: &str,
    key: &str,
    mut content: Content<'_>,
    options: &UploadOptions<'_>,
) -> Result<Upload> {
    let (headers, conditions) = options.object.split_conditions();
    let mut there = HashMap::new();
    let id = match &options.resume {
        None => client.begin_upload(bucket, key, &headers)?,
        Some(id) => {
            for part in client.list_parts_for((bucket, key, id), headers.of_requester()) {
                let part = part?;
                there.insert(part.part_number, part);
            }
            id.clone()
        }
    };
    let each_request = headers.for_each_part();
    let run = Run { client, place: (bucket, key, &id), conditions, each_request, there };
    let sent = run.send(&mut content, options);
    let Completed { stored, ours, parts, kept } =
        sent.map_err(|error| run.give_up(error, options.keep_parts))?;
    if let (Some(ours), Some(theirs)) = (ours, sum_in(&stored, parts as usize)) {
        ours.ensure_equal(&theirs, "the multipart upload")?; // nothing to abort: the object is there
    }
    Ok(Upload {
        bytes: content.read,
        parts,
        parts_reused: kept,
        e_tag: stored.e_tag,
        version_id: stored.version_id,
    })
}

/// An upload that the server has put together.
struct Completed {
    stored: StoredObject,
    /// The MD5 of the parts' MD5s, where the ETag of the whole is made of them.
    ours: Option<Md5Digest>,
    parts: u32,
    /// How many of these were found.
    kept: u32,
}

/// The upload that is under way.
struct Run<'a> {
    client: &'a Client,
    /// Bucket, key and upload id.
    place: (&'a str, &'a str, &'a str),
    conditions: Headers,
    each_request: Headers,
    /// The parts that an earlier run has left.
    there: HashMap<u32, Part>,
}

impl Run<'_> {
    /// Sends all parts and completes.
    fn send(&self, content: &mut Content<'_>, options: &UploadOptions<'_>) -> Result<Completed> {
        let mut parts: Vec<CompletedPart> = Vec::new();
        let mut kept = 0;
        // every part's ETag is its MD5, so that the ETag of the whole is made of them
        let mut plain = self.client.settings().check_md5;
        loop {
            let number = parts.len() as u32 + 1;
            let md5 = (self.client.settings().check_md5 || !self.there.is_empty()).then(|| content.md5());
            let len = content.buffer.len() as u64;
            let part = match self
                .there
                .get(&number)
                .filter(|part| part.size == len && part.e_tag.md5_digest() == md5)
            {
                Some(part) => {
                    kept += 1;
                    CompletedPart::new(number, &part.e_tag)
                }
                None => {
                    let body = Body::from(&content.buffer);
                    self.client.store_part(self.place, number, body, md5, &self.each_request)?
                }
            };
            plain &= part.e_tag.md5_digest() == md5;
            parts.push(part);
            content.tell(options);
            if content.ended {
                break;
            }
            if number == MAX_PARTS {
                return Err(content.too_long());
            }
            content.fill()?;
        }
        (content.source.unchanged)(content.read)?;
        let stored = self.complete(&parts)?;
        let ours = multipart_md5(&parts).filter(|_| plain);
        Ok(Completed { stored, ours, parts: parts.len() as u32, kept })
    }

    /// Completes, and makes sure of it where the answer was lost or says too little.
    fn complete(&self, parts: &[CompletedPart]) -> Result<StoredObject> {
        match self.client.finish_upload(self.place, parts, &self.conditions) {
            Ok(stored) if stored.e_tag.is_some() => Ok(stored),
            Ok(stored) => Ok(self.look().unwrap_or(stored)),
            Err(error) => {
                // a repeated completion finds no upload, or its own object in its way, where the first was
                // done and its answer lost
                let lost = error.is_retryable()
                    || error.code() == Some("NoSuchUpload")
                    || error.is_precondition_failed() && error.is_after_unknown_outcome();
                let sum = multipart_md5(parts).filter(|_| lost);
                let found = sum.and_then(|_| self.look());
                found.filter(|object| sum_in(object, parts.len()) == sum).ok_or(error)
            }
        }
    }

    /// The object as it is now, if it can be seen.
    fn look(&self) -> Option<StoredObject> {
        let (bucket, key, _) = self.place;
        let look = GetObjectOptions::new().headers(&self.each_request);
        let object = self.client.head_object_with(bucket, key, &look).ok()?;
        Some(StoredObject { e_tag: object.e_tag, version_id: object.version_id })
    }

    /// Says in the error what is left, which by default is nothing.
    fn give_up(&self, error: Error, keep: bool) -> Error {
        let (_, _, id) = self.place;
        if keep {
            return error.with_upload_id(id).append_hint(&format!(
                "The parts that were sent are kept: go on by UploadOptions::resume({id:?})."
            ));
        }
        self.client.abort_failed_upload(self.place, &self.each_request, error)
    }
}

impl Client {
    /// Aborts an upload that failed, as far as that goes, and says in its error what is left.
    pub(super) fn abort_failed_upload(
        &self,
        place: (&str, &str, &str),
        sent: &Headers,
        error: Error,
    ) -> Error {
        let (bucket, key, id) = place;
        match self.drop_upload(place, &sent.of_requester()) {
            Ok(()) => error.append_hint("The upload was aborted; nothing of it is left."),
            Err(abort) if abort.code() == Some("NoSuchUpload") => {
                error.append_hint("The upload is no longer there.")
            }
            Err(abort) => error.with_upload_id(id).append_hint(&format!(
                "The upload could not be aborted ({}); its parts take space until \
                 abort_multipart_upload({bucket:?}, {key:?}, {id:?}).",
                abort.summary()
            )),
        }
    }
}

/// The MD5 of the parts' ETags, where these look like MD5s.
fn multipart_md5(parts: &[CompletedPart]) -> Option<Md5Digest> {
    let mut sum = Md5Hasher::new();
    for part in parts {
        sum.update(part.e_tag.md5()?);
    }
    Some(sum.digest())
}

/// The same as the server has it, where the whole's ETag has the form `…-N`.
fn sum_in(stored: &StoredObject, parts: usize) -> Option<Md5Digest> {
    let (sum, count) = stored.e_tag.as_ref()?.as_str().rsplit_once('-')?;
    if count != parts.to_string() { None } else { ETag::new(sum).md5_digest() }
}

/// The content, a part at a time.
struct Content<'a> {
    source: Source<'a>,
    part_size: u64,
    buffer: Vec<u8>,
    /// The first byte of the next part: only by it is the last part known to be the last.
    ahead: Option<u8>,
    read: u64,
    ended: bool,
}

impl<'a> Content<'a> {
    fn new(source: Source<'a>, part_size: u64) -> Result<Self> {
        // a small file needs no large buffer; one byte more than its length shows its end
        let part_size = source.len.map_or(part_size, |len| validate::part_size_for(len, part_size));
        let size = source.len.map_or(part_size, |len| part_size.min(len + 1));
        let mut buffer = Vec::new();
        let fits = usize::try_from(size).is_ok_and(|size| buffer.try_reserve_exact(size).is_ok());
        if !fits {
            let message = format!("a part of {size} bytes does not fit in memory");
            return Err(Error::invalid(message).with_hint("Choose a smaller UploadOptions::part_size."));
        }
        Ok(Self { source, part_size, buffer, ahead: None, read: 0, ended: false })
    }

    /// Fills the buffer with the next part, and looks whether it is the last.
    fn fill(&mut self) -> Result<()> {
        let failed = |error| Error::local("reading the content failed", error);
        self.buffer.clear();
        self.buffer.extend(self.ahead.take());
        let left = self.part_size - self.buffer.len() as u64;
        let n = (&mut *self.source.reader).take(left).read_to_end(&mut self.buffer).map_err(failed)?;
        if n as u64 == left {
            self.ahead = one_byte(self.source.reader).map_err(failed)?;
        }
        self.ended = self.ahead.is_none();
        self.read += self.buffer.len() as u64;
        Ok(())
    }

    fn md5(&self) -> Md5Digest {
        Md5Digest::of(&self.buffer)
    }

    fn tell(&self, options: &UploadOptions<'_>) {
        if let Some(tell) = &options.progress {
            tell(self.read, self.source.len);
        }
    }

    fn too_long(&self) -> Error {
        let size = self.part_size / MIB;
        Error::new(
            ErrorKind::InvalidInput,
            format!(
                "the content goes on after {MAX_PARTS} parts of {size} MiB, and an upload has no more parts"
            ),
        )
        .with_hint(format!(
            "Choose a larger UploadOptions::part_size, such as {} MiB.",
            (size * 10).min(MAX_PART_SIZE / MIB)
        ))
    }
}

fn one_byte(reader: &mut dyn Read) -> io::Result<Option<u8>> {
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
