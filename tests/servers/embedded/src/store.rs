//! The implementation of the `S3` trait of s3s, and what the operations share.

use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};

use hyper::{HeaderMap, Method, Uri};
use s3s::auth::Credentials;
use s3s::dto::*;
use s3s::{S3, S3Request, S3Response, S3Result, s3_error};
use s3s_fs::FileSystem;

use crate::acl::Acl;
use crate::conditions::WriteConditions;
use crate::index::{self, Index, Object as Stored, SharedIndex};
use crate::users;

/// The only bucket in s3s-fs, which has all bodies. The buckets of the users are only in the index.
pub const BODIES: &str = "bodies";

pub struct Store {
    pub fs: FileSystem,
    pub index: SharedIndex,
    next_file: AtomicU64,
}

/// An object that is being created.
pub struct NewObject {
    pub bucket: String,
    pub key: String,
    pub file_name: String,
    pub owner: String,
    pub acl: Acl,
    pub conditions: WriteConditions,
}

impl NewObject {
    /// Checks the conditions of the request: once before the body is read, and again afterwards.
    pub fn check(&self, index: &Index) -> S3Result<()> {
        let existing = index.bucket(&self.bucket)?.objects.get(&self.key);
        self.conditions.check(existing)
    }
}

impl Store {
    pub fn new(folder: &Path) -> std::io::Result<Self> {
        std::fs::create_dir(folder.join(BODIES))?;
        let fs = FileSystem::new(folder).map_err(|e| std::io::Error::other(format!("{e:?}")))?;
        Ok(Self { fs, index: SharedIndex::default(), next_file: AtomicU64::new(0) })
    }

    /// Returns a unique file name for a body.
    pub fn new_file_name(&self) -> String {
        format!("{:012}", self.next_file.fetch_add(1, Ordering::Relaxed))
    }

    pub fn object_acl(
        &self,
        canned: Option<&str>,
        credentials: Option<&Credentials>,
        bucket: &str,
    ) -> S3Result<Acl> {
        let owner = users::caller_or_anonymous(credentials);
        Acl::canned(canned, owner, &self.index.lock().bucket(bucket)?.owner)
    }

    /// Turns a stored body into an object, which replaces the previous object with the same key.
    pub async fn commit(&self, new: NewObject) -> S3Result<Stored> {
        let head =
            HeadObjectInput { bucket: BODIES.to_owned(), key: new.file_name.clone(), ..Default::default() };
        let head = self.fs.head_object(request(head)).await?.output;
        let size = head.content_length.and_then(|n| u64::try_from(n).ok());
        let (Some(size), Some(etag)) = (size, head.e_tag) else {
            return Err(s3_error!(InternalError, "The stored body has no size or no ETag"));
        };
        let object = Stored {
            file_name: new.file_name.clone(),
            size,
            etag,
            modified: index::now(),
            owner: new.owner.clone(),
            acl: new.acl.clone(),
        };
        // This is a separate statement so that the lock is not held while a body is deleted.
        let inserted = self.insert(&new, object.clone());
        match inserted {
            Ok(Some(replaced)) => self.delete_body(&replaced.file_name).await,
            Ok(None) => {}
            Err(error) => {
                self.delete_body(&new.file_name).await;
                return Err(error);
            }
        }
        Ok(object)
    }

    fn insert(&self, new: &NewObject, object: Stored) -> S3Result<Option<Stored>> {
        let mut index = self.index.lock();
        new.check(&index)?;
        Ok(index.bucket_mut(&new.bucket)?.objects.insert(new.key.clone(), object))
    }

    /// Deletes a body that does not belong to an object, or no longer does.
    pub async fn delete_body(&self, file_name: &str) {
        let input =
            DeleteObjectInput { bucket: BODIES.to_owned(), key: file_name.to_owned(), ..Default::default() };
        // If this fails, the folder that contains the body will be deleted soon.
        let _ = self.fs.delete_object(request(input)).await;
    }
}

/// Builds a request of this server to s3s-fs.
fn request<T>(input: T) -> S3Request<T> {
    S3Request {
        input,
        method: Method::GET,
        uri: Uri::default(),
        headers: HeaderMap::new(),
        extensions: hyper::http::Extensions::new(),
        credentials: None,
        region: None,
        service: None,
        trailing_headers: None,
    }
}

type In<T> = S3Request<T>;
type Out<T> = S3Result<S3Response<T>>;

/// The operations are implemented in `buckets`, `objects`, `multipart` and `uploads`. All others return 501.
#[async_trait::async_trait]
impl S3 for Store {
    async fn create_bucket(&self, req: In<CreateBucketInput>) -> Out<CreateBucketOutput> {
        self.new_bucket(req)
    }

    async fn delete_bucket(&self, req: In<DeleteBucketInput>) -> Out<DeleteBucketOutput> {
        self.drop_bucket(&req.input.bucket)
    }

    async fn head_bucket(&self, req: In<HeadBucketInput>) -> Out<HeadBucketOutput> {
        self.index.lock().bucket(&req.input.bucket)?;
        Ok(S3Response::new(HeadBucketOutput::default()))
    }

    async fn list_buckets(&self, req: In<ListBucketsInput>) -> Out<ListBucketsOutput> {
        self.owned_buckets(req)
    }

    async fn get_bucket_location(&self, req: In<GetBucketLocationInput>) -> Out<GetBucketLocationOutput> {
        self.location(&req.input.bucket)
    }

    async fn list_objects(&self, req: In<ListObjectsInput>) -> Out<ListObjectsOutput> {
        self.list_v1(req.input)
    }

    async fn list_objects_v2(&self, req: In<ListObjectsV2Input>) -> Out<ListObjectsV2Output> {
        self.list_v2(req.input)
    }

    async fn get_bucket_acl(&self, req: In<GetBucketAclInput>) -> Out<GetBucketAclOutput> {
        self.bucket_acl(&req.input.bucket)
    }

    async fn put_bucket_acl(&self, req: In<PutBucketAclInput>) -> Out<PutBucketAclOutput> {
        self.set_bucket_acl(req)
    }

    async fn put_object(&self, req: In<PutObjectInput>) -> Out<PutObjectOutput> {
        self.put(req).await
    }

    async fn copy_object(&self, req: In<CopyObjectInput>) -> Out<CopyObjectOutput> {
        self.copy(req).await
    }

    async fn get_object(&self, req: In<GetObjectInput>) -> Out<GetObjectOutput> {
        self.get(req).await
    }

    async fn head_object(&self, req: In<HeadObjectInput>) -> Out<HeadObjectOutput> {
        self.head(req).await
    }

    async fn delete_object(&self, req: In<DeleteObjectInput>) -> Out<DeleteObjectOutput> {
        self.delete(req.input).await
    }

    async fn delete_objects(&self, req: In<DeleteObjectsInput>) -> Out<DeleteObjectsOutput> {
        self.delete_several(req.input).await
    }

    async fn get_object_acl(&self, req: In<GetObjectAclInput>) -> Out<GetObjectAclOutput> {
        self.acl_of(&req.input.bucket, &req.input.key)
    }

    async fn put_object_acl(&self, req: In<PutObjectAclInput>) -> Out<PutObjectAclOutput> {
        self.set_acl(req)
    }

    async fn create_multipart_upload(
        &self,
        req: In<CreateMultipartUploadInput>,
    ) -> Out<CreateMultipartUploadOutput> {
        self.create_upload(req).await
    }

    async fn upload_part(&self, req: In<UploadPartInput>) -> Out<UploadPartOutput> {
        self.put_part(req).await
    }

    async fn upload_part_copy(&self, req: In<UploadPartCopyInput>) -> Out<UploadPartCopyOutput> {
        self.copy_part(req).await
    }

    async fn list_parts(&self, req: In<ListPartsInput>) -> Out<ListPartsOutput> {
        self.parts_of_upload(req)
    }

    async fn list_multipart_uploads(
        &self,
        req: In<ListMultipartUploadsInput>,
    ) -> Out<ListMultipartUploadsOutput> {
        self.uploads_in_bucket(req.input)
    }

    async fn complete_multipart_upload(
        &self,
        req: In<CompleteMultipartUploadInput>,
    ) -> Out<CompleteMultipartUploadOutput> {
        self.complete_upload(req).await
    }

    async fn abort_multipart_upload(
        &self,
        req: In<AbortMultipartUploadInput>,
    ) -> Out<AbortMultipartUploadOutput> {
        self.abort_upload(req).await
    }
}
