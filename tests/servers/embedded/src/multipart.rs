//! Multipart uploads: s3s-fs holds the parts, the index what they are.

use s3s::dto::*;
use s3s::{S3, S3Request, S3Response, S3Result, s3_error};

use crate::access;
use crate::acl::refuse_grant_headers;
use crate::conditions::{ReadIf, WriteIf};
use crate::index::{self, Index, Part as StoredPart, Upload};
use crate::objects::{md5_in_hex, source, stored_source};
use crate::store::{BODIES, NewObject, Store};
use crate::users::{self, Who};

/// Every part but the last has at least this many bytes.
const MIN_PART: u64 = 5 << 20;

impl Store {
    pub async fn begin_upload(
        &self,
        mut req: S3Request<CreateMultipartUploadInput>,
    ) -> S3Result<S3Response<CreateMultipartUploadOutput>> {
        refuse_grant_headers(&req)?;
        let input = &mut req.input;
        let canned = input.acl.as_ref().map(ObjectCannedACL::as_str);
        let upload = Upload {
            acl: self.object_acl(canned, req.credentials.as_ref(), &input.bucket)?,
            owner: users::name(req.credentials.as_ref()).to_owned(),
            stored: self.new_name(),
            initiated: index::now(),
            parts: Default::default(),
        };
        let bucket = std::mem::replace(&mut input.bucket, BODIES.to_owned());
        let key = std::mem::replace(&mut input.key, upload.stored.clone());
        // s3s-fs would keep the upload to its creator; `usable` decides instead.
        req.credentials = None;
        let mut response = self.fs.create_multipart_upload(req).await?;
        let output = &mut response.output;
        let id = output.upload_id.clone().unwrap_or_default();
        let mut index = self.index.lock();
        index.bucket_mut(&bucket)?.uploads.insert((key.clone(), id), upload);
        output.bucket = Some(bucket);
        output.key = Some(key);
        Ok(response)
    }

    pub async fn put_part(
        &self,
        mut req: S3Request<UploadPartInput>,
    ) -> S3Result<S3Response<UploadPartOutput>> {
        let input = &req.input;
        let (bucket, key) = (input.bucket.clone(), input.key.clone());
        let (id, number) = (input.upload_id.clone(), part_number_of(input.part_number)?);
        let digest = input.content_md5.as_deref().map(md5_in_hex).transpose()?;
        let size = input.content_length.and_then(|n| u64::try_from(n).ok());
        let size = size.ok_or_else(|| s3_error!(MissingContentLength))?;
        let who = users::who(req.credentials.take().as_ref());
        usable(&self.index.lock(), who, &bucket, &key, &id)?;

        let response = self.fs.upload_part(req).await?;
        let etag = response.output.e_tag.clone();
        let etag = etag.ok_or_else(|| s3_error!(InternalError, "The part has no ETag"))?;
        let damaged = digest.is_some_and(|digest| digest != etag.value());
        let mut index = self.index.lock();
        let parts = &mut index.upload_mut(&bucket, &key, &id)?.parts;
        if damaged {
            // s3s-fs does not look at the digest of a part, and has put it over an earlier one.
            parts.remove(&number);
            return Err(s3_error!(BadDigest, "The Content-MD5 does not match the body"));
        }
        parts.insert(number, StoredPart { size, etag, modified: index::now() });
        Ok(response)
    }

    pub async fn copy_part(
        &self,
        mut req: S3Request<UploadPartCopyInput>,
    ) -> S3Result<S3Response<UploadPartCopyOutput>> {
        let input = &mut req.input;
        let (bucket, key) = (input.bucket.clone(), input.key.clone());
        let (id, number) = (input.upload_id.clone(), part_number_of(input.part_number)?);
        let read_if = ReadIf {
            matches: input.copy_source_if_match.take(),
            none_match: input.copy_source_if_none_match.take(),
            modified_since: input.copy_source_if_modified_since.take(),
            unmodified_since: input.copy_source_if_unmodified_since.take(),
        };
        let from = {
            let who = users::who(req.credentials.take().as_ref());
            let index = self.index.lock();
            usable(&index, who, &bucket, &key, &id)?;
            let (from_bucket, from_key) = source(&input.copy_source)?;
            access::may_read(&index, who, from_bucket, from_key)?;
            index.object(from_bucket, from_key)?.clone()
        };
        read_if.check_source(&from)?;
        let size = match input.copy_source_range.as_deref() {
            None => from.size,
            Some(range) => {
                let invalid = || s3_error!(InvalidArgument, "The range to copy is malformed");
                let range = Range::parse(range).map_err(|_| invalid())?;
                let bytes = range.check(from.size)?;
                bytes.end - bytes.start
            }
        };
        input.copy_source = stored_source(&from);

        let mut response = self.fs.upload_part_copy(req).await?;
        let result = response.output.copy_part_result.as_mut();
        let result = result.ok_or_else(|| s3_error!(InternalError, "The part has no result"))?;
        let etag = result.e_tag.clone();
        let etag = etag.ok_or_else(|| s3_error!(InternalError, "The part has no ETag"))?;
        let part = StoredPart { size, etag, modified: index::now() };
        result.last_modified = Some(part.modified.clone());
        let mut index = self.index.lock();
        index.upload_mut(&bucket, &key, &id)?.parts.insert(number, part);
        Ok(response)
    }

    pub async fn finish_upload(
        &self,
        mut req: S3Request<CompleteMultipartUploadInput>,
    ) -> S3Result<S3Response<CompleteMultipartUploadOutput>> {
        let input = &mut req.input;
        let (bucket, key) = (input.bucket.clone(), input.key.clone());
        let only_if = WriteIf { matches: input.if_match.take(), none_match: input.if_none_match.take() };
        let new = {
            let who = users::who(req.credentials.take().as_ref());
            let mut index = self.index.lock();
            let upload = usable(&index, who, &bucket, &key, &input.upload_id)?.clone();
            let listed = input.multipart_upload.as_ref().and_then(|m| m.parts.as_deref());
            // s3s-fs forgets the upload before it finds anything wrong, so all is checked here.
            check_parts(listed.unwrap_or_default(), &upload)?;
            let new = NewObject {
                bucket: bucket.clone(),
                key: key.clone(),
                stored: upload.stored,
                owner: upload.owner,
                acl: upload.acl,
                only_if,
            };
            new.check(&index)?;
            // From here on a second request finds no upload.
            index.take_upload(&bucket, &key, &input.upload_id)?;
            new
        };
        input.bucket = BODIES.to_owned();
        input.key = new.stored.clone();

        let response = self.fs.complete_multipart_upload(req).await?;
        if let Some(future) = response.output.future {
            future.await?;
        }
        let object = self.commit(new).await?;
        Ok(S3Response::new(CompleteMultipartUploadOutput {
            location: Some(format!("/{bucket}/{key}")),
            bucket: Some(bucket),
            key: Some(key),
            e_tag: Some(object.etag),
            ..Default::default()
        }))
    }

    pub async fn abort_upload(
        &self,
        mut req: S3Request<AbortMultipartUploadInput>,
    ) -> S3Result<S3Response<AbortMultipartUploadOutput>> {
        let input = &mut req.input;
        let upload = {
            let who = users::who(req.credentials.take().as_ref());
            let mut index = self.index.lock();
            usable(&index, who, &input.bucket, &input.key, &input.upload_id)?;
            index.take_upload(&input.bucket, &input.key, &input.upload_id)?
        };
        input.bucket = BODIES.to_owned();
        input.key = upload.stored;
        self.fs.abort_multipart_upload(req).await
    }
}

/// An upload that is there, for its creator and the owner of the bucket.
pub fn usable<'a>(index: &'a Index, who: Who, bucket: &str, key: &str, id: &str) -> S3Result<&'a Upload> {
    let upload = index.upload(bucket, key, id)?;
    let owns_bucket = who == Some(index.bucket(bucket)?.owner.as_str());
    if owns_bucket || who.unwrap_or(users::ANONYMOUS) == upload.owner {
        Ok(upload)
    } else {
        Err(access::denied())
    }
}

fn check_parts(listed: &[CompletedPart], upload: &Upload) -> S3Result<()> {
    if listed.is_empty() {
        return Err(s3_error!(MalformedXML, "No part is listed"));
    }
    let number_of = |part: &CompletedPart| part.part_number.unwrap_or(0);
    if !listed.is_sorted_by(|a, b| number_of(a) < number_of(b)) {
        return Err(s3_error!(InvalidPartOrder, "The parts are not in ascending order"));
    }
    for (at, part) in listed.iter().enumerate() {
        let number = number_of(part);
        let stored = upload.parts.get(&number);
        let matches = |s: &&StoredPart| part.e_tag.as_ref().is_some_and(|e| e.weak_cmp(&s.etag));
        let Some(stored) = stored.filter(matches) else {
            return Err(s3_error!(InvalidPart, "Part {number} is not there or has another ETag"));
        };
        if stored.size < MIN_PART && at + 1 < listed.len() {
            return Err(s3_error!(EntityTooSmall, "Part {number} is too small"));
        }
    }
    // In order and without a part twice, so the last number shows whether one is left out.
    if listed.last().map(number_of) != i32::try_from(listed.len()).ok() {
        return Err(s3_error!(NotImplemented, "s3s-fs wants parts 1, 2, 3 without a gap"));
    }
    Ok(())
}

fn part_number_of(number: i32) -> S3Result<i32> {
    match number {
        1..=10_000 => Ok(number),
        _ => Err(s3_error!(InvalidArgument, "The part number must be from 1 to 10000")),
    }
}
