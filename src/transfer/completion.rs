//! Completing an upload in parts, and finding out what became of it if the response does not show that.

use crate::checksum::{Md5Digest, Md5Hasher};
use crate::client::Client;
use crate::error::{Error, ErrorKind, Result};
use crate::headers::Headers;
use crate::ops::complete_multipart_upload::explain_unknown_outcome;
use crate::ops::upload_part::UploadRef;
use crate::ops::{CompletedPart, GetObjectOptions, StoredObject};

/// An upload in parts, all of which the server has confirmed.
pub(super) struct Completion<'a> {
    pub(super) upload: UploadRef<'a>,
    pub(super) parts: &'a [CompletedPart],
    /// The headers of the request that completes the upload.
    pub(super) headers: &'a Headers,
    /// The headers of a request that reads the object.
    pub(super) read_headers: &'a Headers,
    /// The length of all parts.
    pub(super) length: u64,
    /// An earlier upload of the same content may have created the object.
    pub(super) outcome_unknown: bool,
}

impl Client {
    /// Completes an upload. The object itself decides if the response was lost, if it lacks the ETag, or if the server
    /// may have executed an earlier attempt as well: two attempts that overlap leave an empty object on LocalStack,
    /// which confirms both.
    pub(super) fn complete_upload(&self, completion: &Completion<'_>) -> Result<StoredObject> {
        let Completion { upload, parts, headers, .. } = *completion;
        match self.complete(upload, parts, headers) {
            Ok((stored, false)) if stored.e_tag.is_some() => Ok(stored),
            Ok((stored, repeated)) => match self.head_completed(completion, stored.version_id.as_deref()) {
                Some((object, length)) => {
                    // otherwise, another program has already replaced the object
                    let is_ours = match &stored.e_tag {
                        Some(_) => object.e_tag == stored.e_tag,
                        None => completion.is_object(&object),
                    };
                    if repeated && is_ours {
                        completion.ensure_length(length)?;
                    }
                    Ok(if stored.e_tag.is_some() { stored } else { object })
                }
                None => Ok(stored),
            },
            Err(error) => {
                let error = error.after_unknown_outcome(completion.outcome_unknown);
                // if the first attempt succeeded and its response was lost, a retry finds no upload, or fails
                // its condition because of the object that was just created
                let may_be_completed = error.is_retryable()
                    || error.code() == Some("NoSuchUpload")
                    || error.is_precondition_failed() && error.is_outcome_unknown();
                let found = may_be_completed.then(|| self.head_completed(completion, None)).flatten();
                match found.filter(|(object, _)| completion.is_object(object)) {
                    Some((object, length)) => completion.ensure_length(length).map(|()| object),
                    None => Err(explain_unknown_outcome(error)),
                }
            }
        }
    }

    /// Returns the object and its length, if it can be read.
    fn head_completed(
        &self,
        completion: &Completion<'_>,
        version: Option<&str>,
    ) -> Option<(StoredObject, u64)> {
        let UploadRef { bucket, key, .. } = completion.upload;
        let options = GetObjectOptions::new().headers(completion.read_headers);
        let options = match version {
            Some(version) => options.version_id(version),
            None => options,
        };
        let found = self.head_object_with(bucket, key, &options).ok()?;
        let stored = StoredObject { e_tag: found.e_tag, version_id: found.version_id, checksum: None };
        Some((stored, found.content_length))
    }
}

impl Completion<'_> {
    /// Returns `true` if the ETag of an object shows that it consists of these parts.
    fn is_object(&self, object: &StoredObject) -> bool {
        let expected = multipart_md5(self.parts);
        expected.is_some() && stored_md5(object, self.parts.len()) == expected
    }

    fn ensure_length(&self, found: u64) -> Result<()> {
        if found == self.length {
            return Ok(());
        }
        let message = format!(
            "the completed object has {found} bytes instead of {}, although the server has confirmed all parts",
            self.length
        );
        Err(Error::new(ErrorKind::Integrity, message).with_hint(
            "The server has damaged the object while it completed the upload more than once: upload it again.",
        ))
    }
}

/// Returns the MD5 of the MD5s of the parts, if all their ETags look like MD5s.
pub(super) fn multipart_md5(parts: &[CompletedPart]) -> Option<Md5Digest> {
    let mut md5 = Md5Hasher::new();
    for part in parts {
        md5.update(part.e_tag.md5()?);
    }
    Some(md5.digest())
}

/// Returns the same digest from the ETag of an object, if that has the form `…-N` with this number of parts.
pub(super) fn stored_md5(stored: &StoredObject, parts: usize) -> Option<Md5Digest> {
    let (md5, count) = stored.e_tag.as_ref()?.multipart_md5()?;
    (count as usize == parts).then_some(md5)
}
