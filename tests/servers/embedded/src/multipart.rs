//! Multipart uploads. s3s-fs stores the contents of the parts, the index everything else.

use s3s::dto::*;
use s3s::{S3, S3Request, S3Response, S3Result, s3_error};

use crate::access;
use crate::acl::reject_grant_headers;
use crate::conditions::{ReadConditions, WriteConditions};
use crate::index::{self, Index, Part as StoredPart, Upload};
use crate::objects::{body_source, content_md5_to_hex, copy_source};
use crate::store::{BODIES, NewObject, Store};
use crate::users::{self, Caller};

/// The minimum size of every part except the last one.
const MIN_PART: u64 = 5 << 20;

impl Store {
    pub async fn create_upload(
        &self,
        mut req: S3Request<CreateMultipartUploadInput>,
    ) -> S3Result<S3Response<CreateMultipartUploadOutput>> {
        reject_grant_headers(&req)?;
        let input = &mut req.input;
        let canned = input.acl.as_ref().map(ObjectCannedACL::as_str);
        let upload = Upload {
            acl: self.object_acl(canned, req.credentials.as_ref(), &input.bucket)?,
            owner: users::caller_or_anonymous(req.credentials.as_ref()).to_owned(),
            file_name: self.new_file_name(),
            initiated: index::now(),
            parts: Default::default(),
        };
        let bucket = std::mem::replace(&mut input.bucket, BODIES.to_owned());
        let key = std::mem::replace(&mut input.key, upload.file_name.clone());
        // s3s-fs would restrict the upload to its creator; `authorized_upload` checks the access instead.
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
        let (id, number) = (input.upload_id.clone(), check_part_number(input.part_number)?);
        let digest = input.content_md5.as_deref().map(content_md5_to_hex).transpose()?;
        let size = input.content_length.and_then(|n| u64::try_from(n).ok());
        let size = size.ok_or_else(|| s3_error!(MissingContentLength))?;
        let caller = users::caller(req.credentials.take().as_ref());
        authorized_upload(&self.index.lock(), caller, &bucket, &key, &id)?;

        let response = self.fs.upload_part(req).await?;
        let etag = response.output.e_tag.clone();
        let etag = etag.ok_or_else(|| s3_error!(InternalError, "The part has no ETag"))?;
        let corrupted = digest.is_some_and(|digest| digest != etag.value());
        let mut index = self.index.lock();
        let parts = &mut index.upload_mut(&bucket, &key, &id)?.parts;
        if corrupted {
            // s3s-fs does not check the digest of a part, and has already replaced an earlier part.
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
        let (id, number) = (input.upload_id.clone(), check_part_number(input.part_number)?);
        let conditions = ReadConditions {
            matches: input.copy_source_if_match.take(),
            none_match: input.copy_source_if_none_match.take(),
            modified_since: input.copy_source_if_modified_since.take(),
            unmodified_since: input.copy_source_if_unmodified_since.take(),
        };
        let source = {
            let caller = users::caller(req.credentials.take().as_ref());
            let index = self.index.lock();
            authorized_upload(&index, caller, &bucket, &key, &id)?;
            let (from_bucket, from_key) = copy_source(&input.copy_source)?;
            access::may_read(&index, caller, from_bucket, from_key)?;
            index.object(from_bucket, from_key)?.clone()
        };
        conditions.check_source(&source)?;
        let size = match input.copy_source_range.as_deref() {
            None => source.size,
            Some(range) => {
                let invalid = || s3_error!(InvalidArgument, "The range to copy is malformed");
                let range = Range::parse(range).map_err(|_| invalid())?;
                let bytes = range.check(source.size)?;
                bytes.end - bytes.start
            }
        };
        input.copy_source = body_source(&source);

        let mut response = self.fs.upload_part_copy(req).await?;
        let result = response.output.copy_part_result.as_mut();
        let result = result.ok_or_else(|| s3_error!(InternalError, "The response has no copy result"))?;
        let etag = result.e_tag.clone();
        let etag = etag.ok_or_else(|| s3_error!(InternalError, "The part has no ETag"))?;
        let part = StoredPart { size, etag, modified: index::now() };
        result.last_modified = Some(part.modified.clone());
        let mut index = self.index.lock();
        index.upload_mut(&bucket, &key, &id)?.parts.insert(number, part);
        Ok(response)
    }

    pub async fn complete_upload(
        &self,
        mut req: S3Request<CompleteMultipartUploadInput>,
    ) -> S3Result<S3Response<CompleteMultipartUploadOutput>> {
        let input = &mut req.input;
        let (bucket, key) = (input.bucket.clone(), input.key.clone());
        let conditions =
            WriteConditions { matches: input.if_match.take(), none_match: input.if_none_match.take() };
        let new = {
            let caller = users::caller(req.credentials.take().as_ref());
            let mut index = self.index.lock();
            let upload = authorized_upload(&index, caller, &bucket, &key, &input.upload_id)?.clone();
            let listed = input.multipart_upload.as_ref().and_then(|m| m.parts.as_deref());
            // s3s-fs removes the upload before it validates the parts, so they are all checked here.
            check_parts(listed.unwrap_or_default(), &upload)?;
            let new = NewObject {
                bucket: bucket.clone(),
                key: key.clone(),
                file_name: upload.file_name,
                owner: upload.owner,
                acl: upload.acl,
                conditions,
            };
            new.check(&index)?;
            // From here on, a second request to complete the upload fails with NoSuchUpload.
            index.take_upload(&bucket, &key, &input.upload_id)?;
            new
        };
        input.bucket = BODIES.to_owned();
        input.key = new.file_name.clone();

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
            let caller = users::caller(req.credentials.take().as_ref());
            let mut index = self.index.lock();
            authorized_upload(&index, caller, &input.bucket, &input.key, &input.upload_id)?;
            index.take_upload(&input.bucket, &input.key, &input.upload_id)?
        };
        input.bucket = BODIES.to_owned();
        input.key = upload.file_name;
        self.fs.abort_multipart_upload(req).await
    }
}

/// Returns an upload. Only its creator and the owner of the bucket have access to it.
pub fn authorized_upload<'a>(
    index: &'a Index,
    caller: Caller,
    bucket: &str,
    key: &str,
    id: &str,
) -> S3Result<&'a Upload> {
    let upload = index.upload(bucket, key, id)?;
    let owns_bucket = caller == Some(index.bucket(bucket)?.owner.as_str());
    if owns_bucket || caller.unwrap_or(users::ANONYMOUS) == upload.owner {
        Ok(upload)
    } else {
        Err(access::denied())
    }
}

fn check_parts(listed: &[CompletedPart], upload: &Upload) -> S3Result<()> {
    if listed.is_empty() {
        return Err(s3_error!(MalformedXML, "The request lists no parts"));
    }
    let number_of = |part: &CompletedPart| part.part_number.unwrap_or(0);
    if !listed.is_sorted_by(|a, b| number_of(a) < number_of(b)) {
        return Err(s3_error!(InvalidPartOrder, "The parts are not in ascending order"));
    }
    for (index, part) in listed.iter().enumerate() {
        let number = number_of(part);
        let stored = upload.parts.get(&number);
        let matches = |s: &&StoredPart| part.e_tag.as_ref().is_some_and(|e| e.weak_cmp(&s.etag));
        let Some(stored) = stored.filter(matches) else {
            return Err(s3_error!(InvalidPart, "Part {number} does not exist or has another ETag"));
        };
        if stored.size < MIN_PART && index + 1 < listed.len() {
            return Err(s3_error!(EntityTooSmall, "Part {number} is too small"));
        }
    }
    // The numbers are ascending and unique, so the last one shows whether a number is missing.
    if listed.last().map(number_of) != i32::try_from(listed.len()).ok() {
        return Err(s3_error!(NotImplemented, "s3s-fs requires the part numbers 1, 2, 3... without a gap"));
    }
    Ok(())
}

fn check_part_number(number: i32) -> S3Result<i32> {
    match number {
        1..=10_000 => Ok(number),
        _ => Err(s3_error!(InvalidArgument, "The part number must be between 1 and 10000")),
    }
}
