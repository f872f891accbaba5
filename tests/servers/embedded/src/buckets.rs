//! Operations on buckets, which need only the index.

use std::collections::BTreeMap;
use std::ops::Bound;

use s3s::dto::*;
use s3s::{S3Request, S3Response, S3Result, s3_error};

use crate::access::denied;
use crate::acl::{Acl, reject_grant_headers};
use crate::index::{self, Bucket as Stored, Object as StoredObject};
use crate::listing::{self, Encoding, Page, Query, delimiter, page};
use crate::store::Store;
use crate::users;

impl Store {
    pub fn new_bucket(&self, req: S3Request<CreateBucketInput>) -> S3Result<S3Response<CreateBucketOutput>> {
        reject_grant_headers(&req)?;
        let owner = users::caller(req.credentials.as_ref()).ok_or_else(denied)?;
        let input = req.input;
        let acl = Acl::canned(input.acl.as_ref().map(BucketCannedACL::as_str), owner, owner)?;
        let configuration = input.create_bucket_configuration;
        let region = configuration.and_then(|c| c.location_constraint);
        let region = region.map(|r| r.as_str().to_owned());

        let mut index = self.index.lock();
        match index.buckets.get(&input.bucket) {
            Some(bucket) if bucket.owner != owner => {
                return Err(s3_error!(BucketAlreadyExists, "The bucket belongs to another user"));
            }
            // As in Ceph, creating an own bucket again succeeds.
            Some(_) => {}
            None => {
                let bucket = Stored {
                    owner: owner.to_owned(),
                    acl,
                    created: index::now(),
                    region,
                    objects: BTreeMap::new(),
                    uploads: BTreeMap::new(),
                };
                index.buckets.insert(input.bucket.clone(), bucket);
            }
        }
        Ok(S3Response::new(CreateBucketOutput { location: Some(format!("/{}", input.bucket)) }))
    }

    pub fn drop_bucket(&self, name: &str) -> S3Result<S3Response<DeleteBucketOutput>> {
        let mut index = self.index.lock();
        if !index.bucket(name)?.objects.is_empty() {
            return Err(s3_error!(BucketNotEmpty, "The bucket is not empty"));
        }
        // Unfinished multipart uploads do not keep a bucket. Their parts are deleted with the temporary folder.
        index.buckets.remove(name);
        Ok(S3Response::new(DeleteBucketOutput {}))
    }

    pub fn owned_buckets(&self, req: S3Request<ListBucketsInput>) -> S3Result<S3Response<ListBucketsOutput>> {
        let owner = users::caller(req.credentials.as_ref()).ok_or_else(denied)?;
        let prefix = req.input.prefix;
        let index = self.index.lock();
        let own = index.buckets.iter().filter(|(name, bucket)| {
            bucket.owner == owner && name.starts_with(prefix.as_deref().unwrap_or(""))
        });
        let buckets = own.map(|(name, bucket)| Bucket {
            name: Some(name.clone()),
            creation_date: Some(bucket.created.clone()),
            bucket_region: None,
        });
        Ok(S3Response::new(ListBucketsOutput {
            buckets: Some(buckets.collect()),
            owner: Some(users::owner(owner)),
            prefix,
            ..Default::default()
        }))
    }

    pub fn location(&self, name: &str) -> S3Result<S3Response<GetBucketLocationOutput>> {
        let region = self.index.lock().bucket(name)?.region.clone();
        Ok(S3Response::new(GetBucketLocationOutput {
            location_constraint: region.map(BucketLocationConstraint::from),
        }))
    }

    pub fn list_v1(&self, input: ListObjectsInput) -> S3Result<S3Response<ListObjectsOutput>> {
        let encoding = Encoding::requested(input.encoding_type.as_ref())?;
        let max_keys = listing::page_size(input.max_keys)?;
        let index = self.index.lock();
        let bucket = index.bucket(&input.bucket)?;
        let prefix = input.prefix.unwrap_or_default();
        let marker = input.marker.unwrap_or_default();
        let delimiter = delimiter(input.delimiter.as_ref());
        let page = objects(bucket, &prefix, delimiter, &marker, max_keys);
        // S3 returns the marker only if there is a delimiter. Otherwise, the client uses the last key.
        let next = page.next().filter(|_| delimiter.is_some());
        Ok(S3Response::new(ListObjectsOutput {
            contents: Some(page.items.iter().map(|o| contents(o, &encoding, true)).collect()),
            common_prefixes: Some(page.common_prefixes(&encoding)),
            is_truncated: Some(page.truncated),
            next_marker: next.map(|n| encoding.apply(n)),
            delimiter: delimiter.map(|d| encoding.apply(d)),
            prefix: Some(encoding.apply(&prefix)),
            marker: Some(encoding.apply(&marker)),
            max_keys: Some(max_keys),
            encoding_type: input.encoding_type,
            name: Some(input.bucket),
            ..Default::default()
        }))
    }

    pub fn list_v2(&self, input: ListObjectsV2Input) -> S3Result<S3Response<ListObjectsV2Output>> {
        let encoding = Encoding::requested(input.encoding_type.as_ref())?;
        let max_keys = listing::page_size(input.max_keys)?;
        let index = self.index.lock();
        let bucket = index.bucket(&input.bucket)?;
        let prefix = input.prefix.unwrap_or_default();
        let delimiter = delimiter(input.delimiter.as_ref());
        // A client may send start-after with every page. The continuation token takes precedence.
        let after = match (&input.continuation_token, &input.start_after) {
            (Some(token), _) => listing::decode_token(token)?,
            (None, start) => start.clone().unwrap_or_default(),
        };
        let page = objects(bucket, &prefix, delimiter, &after, max_keys);
        let owner = input.fetch_owner.unwrap_or(false);
        let count = page.items.len() + page.prefixes.len();
        Ok(S3Response::new(ListObjectsV2Output {
            contents: Some(page.items.iter().map(|o| contents(o, &encoding, owner)).collect()),
            common_prefixes: Some(page.common_prefixes(&encoding)),
            is_truncated: Some(page.truncated),
            next_continuation_token: page.next().map(listing::encode_token),
            // The count is at most max_keys, so it fits into an i32.
            key_count: Some(i32::try_from(count).unwrap_or(max_keys)),
            delimiter: delimiter.map(|d| encoding.apply(d)),
            prefix: Some(encoding.apply(&prefix)),
            start_after: input.start_after.map(|s| encoding.apply(&s)),
            continuation_token: input.continuation_token,
            max_keys: Some(max_keys),
            encoding_type: input.encoding_type,
            name: Some(input.bucket),
            ..Default::default()
        }))
    }

    pub fn bucket_acl(&self, name: &str) -> S3Result<S3Response<GetBucketAclOutput>> {
        let index = self.index.lock();
        let bucket = index.bucket(name)?;
        Ok(S3Response::new(GetBucketAclOutput {
            owner: Some(users::owner(&bucket.owner)),
            grants: Some(bucket.acl.grants()),
        }))
    }

    pub fn set_bucket_acl(
        &self,
        req: S3Request<PutBucketAclInput>,
    ) -> S3Result<S3Response<PutBucketAclOutput>> {
        reject_grant_headers(&req)?;
        let input = req.input;
        let canned = input.acl.as_ref().map(BucketCannedACL::as_str);
        let policy = input.access_control_policy.as_ref();
        let mut index = self.index.lock();
        let bucket = index.bucket_mut(&input.bucket)?;
        bucket.acl = Acl::requested(canned, policy, &bucket.owner, &bucket.owner)?;
        Ok(S3Response::new(PutBucketAclOutput::default()))
    }
}

fn objects<'a>(
    bucket: &'a Stored,
    prefix: &str,
    delimiter: Option<&str>,
    after: &str,
    max_keys: i32,
) -> Page<(&'a str, &'a StoredObject)> {
    // Starting at the prefix skips all keys before it.
    let from = if after < prefix { Bound::Included(prefix) } else { Bound::Excluded(after) };
    // Without a start key, `after` is empty. Excluding the empty string is harmless, as no key is empty.
    let keys = bucket.objects.range::<str, _>((from, Bound::Unbounded));
    let keys = keys.map(|(key, object)| (key.as_str(), (key.as_str(), object)));
    let max = usize::try_from(max_keys).unwrap_or(0);
    page(keys, &Query { prefix, delimiter, after, max })
}

fn contents((key, object): &(&str, &StoredObject), encoding: &Encoding, owner: bool) -> Object {
    Object {
        key: Some(encoding.apply(key)),
        e_tag: Some(object.etag.clone()),
        last_modified: Some(object.modified.clone()),
        size: i64::try_from(object.size).ok(),
        owner: owner.then(|| users::owner(&object.owner)),
        storage_class: Some(ObjectStorageClass::from_static(ObjectStorageClass::STANDARD)),
        ..Default::default()
    }
}
