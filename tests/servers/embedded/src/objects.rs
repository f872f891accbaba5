//! Operations on whole objects: s3s-fs holds the body, the index the rest.

use std::mem::take;

use s3s::dto::*;
use s3s::{S3Request, S3Response, S3Result, s3_error};

use crate::access;
use crate::acl::{Acl, refuse_grant_headers};
use crate::conditions::{ReadIf, WriteIf};
use crate::index::Object as Stored;
use crate::store::{BODIES, NewObject, Store};
use crate::users;

/// What S3 answers for an object stored without a type.
const DEFAULT_TYPE: &str = "binary/octet-stream";

impl Store {
    pub async fn put(&self, mut req: S3Request<PutObjectInput>) -> S3Result<S3Response<PutObjectOutput>> {
        refuse_grant_headers(&req)?;
        let input = &mut req.input;
        input.content_md5.as_deref().map(md5_in_hex).transpose()?;
        let only_if = WriteIf { matches: input.if_match.take(), none_match: input.if_none_match.take() };
        let canned = input.acl.as_ref().map(ObjectCannedACL::as_str);
        let new = NewObject {
            acl: self.object_acl(canned, req.credentials.as_ref(), &input.bucket)?,
            owner: users::name(req.credentials.as_ref()).to_owned(),
            stored: self.new_name(),
            bucket: take(&mut input.bucket),
            key: take(&mut input.key),
            only_if,
        };
        new.check(&self.index.lock())?;
        input.bucket = BODIES.to_owned();
        input.key = new.stored.clone();
        match s3s::S3::put_object(&self.fs, req).await {
            Ok(response) => {
                self.commit(new).await?;
                Ok(response)
            }
            Err(error) => {
                // s3s-fs checks the digests only after it has stored the body.
                self.discard(&new.stored).await;
                Err(error)
            }
        }
    }

    pub async fn copy(&self, mut req: S3Request<CopyObjectInput>) -> S3Result<S3Response<CopyObjectOutput>> {
        refuse_grant_headers(&req)?;
        let input = &mut req.input;
        let (from_bucket, from_key) = source(&input.copy_source)?;
        let read_if = ReadIf {
            matches: input.copy_source_if_match.take(),
            none_match: input.copy_source_if_none_match.take(),
            modified_since: input.copy_source_if_modified_since.take(),
            unmodified_since: input.copy_source_if_unmodified_since.take(),
        };
        let who = users::who(req.credentials.as_ref());
        let from = {
            let index = self.index.lock();
            access::may_read(&index, who, from_bucket, from_key)?;
            index.object(from_bucket, from_key)?.clone()
        };
        read_if.check_source(&from)?;
        let directive = input.metadata_directive.as_ref().map(MetadataDirective::as_str);
        let same = from_bucket == input.bucket && from_key == input.key;
        if same && directive != Some(MetadataDirective::REPLACE) {
            return Err(s3_error!(InvalidRequest, "A copy onto itself must replace the metadata"));
        }

        let canned = input.acl.as_ref().map(ObjectCannedACL::as_str);
        let new = NewObject {
            acl: self.object_acl(canned, req.credentials.as_ref(), &input.bucket)?,
            owner: users::name(req.credentials.as_ref()).to_owned(),
            stored: self.new_name(),
            bucket: take(&mut input.bucket),
            key: take(&mut input.key),
            only_if: WriteIf::default(),
        };
        input.copy_source = stored_source(&from);
        input.bucket = BODIES.to_owned();
        input.key = new.stored.clone();
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
        let read_if = ReadIf {
            matches: input.if_match.take(),
            none_match: input.if_none_match.take(),
            modified_since: input.if_modified_since.take(),
            unmodified_since: input.if_unmodified_since.take(),
        };
        read_if.check(&object)?;
        if let Some(range) = input.range {
            // s3s-fs fails on a suffix longer than the body, and on any range of an empty one.
            let bytes = range.check(object.size)?;
            let last = bytes.end.checked_sub(1).ok_or_else(|| s3_error!(InvalidRange))?;
            input.range = Some(Range::Int { first: bytes.start, last: Some(last) });
        }
        input.bucket = BODIES.to_owned();
        input.key = object.stored;
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
        let read_if = ReadIf {
            matches: input.if_match.take(),
            none_match: input.if_none_match.take(),
            modified_since: input.if_modified_since.take(),
            unmodified_since: input.if_unmodified_since.take(),
        };
        read_if.check(&object)?;
        input.bucket = BODIES.to_owned();
        input.key = object.stored;
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

    pub async fn delete_many(&self, input: DeleteObjectsInput) -> S3Result<S3Response<DeleteObjectsOutput>> {
        if input.delete.objects.len() > 1000 {
            return Err(s3_error!(MalformedXML, "More than 1000 keys in one request"));
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

    /// A key that is not there is deleted already.
    async fn remove(&self, bucket: &str, key: &str) -> S3Result<()> {
        let removed = self.index.lock().bucket_mut(bucket)?.objects.remove(key);
        if let Some(object) = removed {
            self.discard(&object.stored).await;
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
        refuse_grant_headers(&req)?;
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

/// Bucket and key a copy reads.
pub fn source(from: &CopySource) -> S3Result<(&str, &str)> {
    match from {
        CopySource::Bucket { bucket, key, .. } => Ok((bucket, key)),
        _ => Err(s3_error!(NotImplemented, "Only a bucket can be the source of a copy")),
    }
}

/// The same where s3s-fs has it.
pub fn stored_source(from: &Stored) -> CopySource {
    CopySource::Bucket { bucket: BODIES.into(), key: from.stored.as_str().into(), version_id: None }
}

/// The value of a `Content-MD5` as the ETag has it.
pub fn md5_in_hex(header: &str) -> S3Result<String> {
    match base64_simd::STANDARD.decode_to_vec(header) {
        Ok(md5) if md5.len() == 16 => Ok(md5.iter().map(|b| format!("{b:02x}")).collect()),
        _ => Err(s3_error!(InvalidDigest, "The Content-MD5 is no MD5 in base64")),
    }
}
