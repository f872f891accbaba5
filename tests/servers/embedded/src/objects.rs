//! Operations on objects. s3s-fs stores the body and the headers, the index everything else.

use std::mem::take;

use s3s::dto::*;
use s3s::{S3Request, S3Response, S3Result, s3_error};

use crate::access;
use crate::acl::{Acl, reject_grant_headers};
use crate::conditions::{ReadConditions, WriteConditions};
use crate::index::Object as Stored;
use crate::store::{BODIES, NewObject, Store};
use crate::users;

/// The `Content-Type` that S3 returns for an object that was stored without one.
const DEFAULT_TYPE: &str = "binary/octet-stream";

impl Store {
    pub async fn put(&self, mut req: S3Request<PutObjectInput>) -> S3Result<S3Response<PutObjectOutput>> {
        reject_grant_headers(&req)?;
        let input = &mut req.input;
        input.content_md5.as_deref().map(content_md5_to_hex).transpose()?;
        let conditions =
            WriteConditions { matches: input.if_match.take(), none_match: input.if_none_match.take() };
        let canned = input.acl.as_ref().map(ObjectCannedACL::as_str);
        let new = NewObject {
            acl: self.object_acl(canned, req.credentials.as_ref(), &input.bucket)?,
            owner: users::caller_or_anonymous(req.credentials.as_ref()).to_owned(),
            file_name: self.new_file_name(),
            bucket: take(&mut input.bucket),
            key: take(&mut input.key),
            conditions,
        };
        new.check(&self.index.lock())?;
        input.bucket = BODIES.to_owned();
        input.key = new.file_name.clone();
        match s3s::S3::put_object(&self.fs, req).await {
            Ok(response) => {
                self.commit(new).await?;
                Ok(response)
            }
            Err(error) => {
                // s3s-fs checks the digests only after it has stored the body, so it may have to be deleted.
                self.delete_body(&new.file_name).await;
                Err(error)
            }
        }
    }

    pub async fn copy(&self, mut req: S3Request<CopyObjectInput>) -> S3Result<S3Response<CopyObjectOutput>> {
        reject_grant_headers(&req)?;
        let input = &mut req.input;
        let (from_bucket, from_key) = copy_source(&input.copy_source)?;
        let conditions = ReadConditions {
            matches: input.copy_source_if_match.take(),
            none_match: input.copy_source_if_none_match.take(),
            modified_since: input.copy_source_if_modified_since.take(),
            unmodified_since: input.copy_source_if_unmodified_since.take(),
        };
        let caller = users::caller(req.credentials.as_ref());
        let source = {
            let index = self.index.lock();
            access::may_read(&index, caller, from_bucket, from_key)?;
            index.object(from_bucket, from_key)?.clone()
        };
        conditions.check_source(&source)?;
        let directive = input.metadata_directive.as_ref().map(MetadataDirective::as_str);
        let onto_itself = from_bucket == input.bucket && from_key == input.key;
        if onto_itself && directive != Some(MetadataDirective::REPLACE) {
            return Err(s3_error!(
                InvalidRequest,
                "A copy of an object onto itself must replace the metadata"
            ));
        }

        let canned = input.acl.as_ref().map(ObjectCannedACL::as_str);
        let new = NewObject {
            acl: self.object_acl(canned, req.credentials.as_ref(), &input.bucket)?,
            owner: users::caller_or_anonymous(req.credentials.as_ref()).to_owned(),
            file_name: self.new_file_name(),
            bucket: take(&mut input.bucket),
            key: take(&mut input.key),
            conditions: WriteConditions::default(),
        };
        input.copy_source = body_source(&source);
        input.bucket = BODIES.to_owned();
        input.key = new.file_name.clone();
        let mut response = s3s::S3::copy_object(&self.fs, req).await?;
        let object = self.commit(new).await?;
        if let Some(result) = &mut response.output.copy_object_result {
            result.last_modified = Some(object.modified);
        }
        Ok(response)
    }

    pub async fn get(&self, mut req: S3Request<GetObjectInput>) -> S3Result<S3Response<GetObjectOutput>> {
        let input = &mut req.input;
        let object = self.index.lock().object(&input.bucket, &input.key)?.clone();
        let conditions = ReadConditions {
            matches: input.if_match.take(),
            none_match: input.if_none_match.take(),
            modified_since: input.if_modified_since.take(),
            unmodified_since: input.if_unmodified_since.take(),
        };
        conditions.check(&object)?;
        if let Some(range) = input.range {
            // s3s-fs fails on a suffix longer than the body, and on any range of an empty one.
            let bytes = range.check(object.size)?;
            let last = bytes.end.checked_sub(1).ok_or_else(|| s3_error!(InvalidRange))?;
            input.range = Some(Range::Int { first: bytes.start, last: Some(last) });
        }
        input.bucket = BODIES.to_owned();
        input.key = object.file_name;
        let mut response = s3s::S3::get_object(&self.fs, req).await?;
        let output = &mut response.output;
        output.last_modified = Some(object.modified);
        output.accept_ranges = Some("bytes".to_owned());
        output.content_type.get_or_insert_with(|| DEFAULT_TYPE.to_owned());
        Ok(response)
    }

    pub async fn head(&self, mut req: S3Request<HeadObjectInput>) -> S3Result<S3Response<HeadObjectOutput>> {
        let input = &mut req.input;
        let object = self.index.lock().object(&input.bucket, &input.key)?.clone();
        let conditions = ReadConditions {
            matches: input.if_match.take(),
            none_match: input.if_none_match.take(),
            modified_since: input.if_modified_since.take(),
            unmodified_since: input.if_unmodified_since.take(),
        };
        conditions.check(&object)?;
        input.bucket = BODIES.to_owned();
        input.key = object.file_name;
        let mut response = s3s::S3::head_object(&self.fs, req).await?;
        let output = &mut response.output;
        output.last_modified = Some(object.modified);
        output.accept_ranges = Some("bytes".to_owned());
        output.content_type.get_or_insert_with(|| DEFAULT_TYPE.to_owned());
        Ok(response)
    }

    pub async fn delete(&self, input: DeleteObjectInput) -> S3Result<S3Response<DeleteObjectOutput>> {
        self.remove(&input.bucket, &input.key).await?;
        Ok(S3Response::new(DeleteObjectOutput::default()))
    }

    pub async fn delete_several(
        &self,
        input: DeleteObjectsInput,
    ) -> S3Result<S3Response<DeleteObjectsOutput>> {
        if input.delete.objects.len() > 1000 {
            return Err(s3_error!(MalformedXML, "The request has more than 1000 keys"));
        }
        let quiet = input.delete.quiet.unwrap_or(false);
        let mut deleted = Vec::new();
        for object in input.delete.objects {
            self.remove(&input.bucket, &object.key).await?;
            if !quiet {
                deleted.push(DeletedObject { key: Some(object.key), ..Default::default() });
            }
        }
        Ok(S3Response::new(DeleteObjectsOutput { deleted: Some(deleted), ..Default::default() }))
    }

    /// Deletes an object. Succeeds if the key does not exist.
    async fn remove(&self, bucket: &str, key: &str) -> S3Result<()> {
        let removed = self.index.lock().bucket_mut(bucket)?.objects.remove(key);
        if let Some(object) = removed {
            self.delete_body(&object.file_name).await;
        }
        Ok(())
    }

    pub fn acl_of(&self, bucket: &str, key: &str) -> S3Result<S3Response<GetObjectAclOutput>> {
        let index = self.index.lock();
        let object = index.object(bucket, key)?;
        Ok(S3Response::new(GetObjectAclOutput {
            owner: Some(users::owner(&object.owner)),
            grants: Some(object.acl.grants()),
            ..Default::default()
        }))
    }

    pub fn set_acl(&self, req: S3Request<PutObjectAclInput>) -> S3Result<S3Response<PutObjectAclOutput>> {
        reject_grant_headers(&req)?;
        let input = req.input;
        let canned = input.acl.as_ref().map(ObjectCannedACL::as_str);
        let policy = input.access_control_policy.as_ref();
        let mut index = self.index.lock();
        let owner = index.object(&input.bucket, &input.key)?.owner.clone();
        let bucket = index.bucket_mut(&input.bucket)?;
        let acl = Acl::requested(canned, policy, &owner, &bucket.owner)?;
        if let Some(object) = bucket.objects.get_mut(&input.key) {
            object.acl = acl;
        }
        Ok(S3Response::new(PutObjectAclOutput::default()))
    }
}

/// Returns the bucket and the key that a copy reads.
pub fn copy_source(source: &CopySource) -> S3Result<(&str, &str)> {
    match source {
        CopySource::Bucket { bucket, key, .. } => Ok((bucket, key)),
        _ => Err(s3_error!(NotImplemented, "The source of a copy must be in a bucket")),
    }
}

/// Returns the location of the body of an object in s3s-fs.
pub fn body_source(object: &Stored) -> CopySource {
    CopySource::Bucket { bucket: BODIES.into(), key: object.file_name.as_str().into(), version_id: None }
}

/// Converts the value of a `Content-MD5` header to hexadecimal digits, as in an ETag.
pub fn content_md5_to_hex(header: &str) -> S3Result<String> {
    match base64_simd::STANDARD.decode_to_vec(header) {
        Ok(md5) if md5.len() == 16 => Ok(md5.iter().map(|b| format!("{b:02x}")).collect()),
        _ => Err(s3_error!(InvalidDigest, "The Content-MD5 is not a base64-encoded MD5")),
    }
}
