//! Listings of multipart uploads and of their parts.
//!
//! s3s-fs cannot list uploads, and lists parts without order, ETags or pages.

use s3s::dto::*;
use s3s::{S3Request, S3Response, S3Result};

use crate::index::Upload;
use crate::listing::{self, Encoding, Query, delimiter, page};
use crate::multipart::authorized_upload;
use crate::store::Store;
use crate::users;

impl Store {
    pub fn parts_of_upload(&self, req: S3Request<ListPartsInput>) -> S3Result<S3Response<ListPartsOutput>> {
        let caller = users::caller(req.credentials.as_ref());
        let input = req.input;
        let max = listing::page_size(input.max_parts)?;
        let after = input.part_number_marker.unwrap_or(0);
        let index = self.index.lock();
        let upload = authorized_upload(&index, caller, &input.bucket, &input.key, &input.upload_id)?;
        let mut parts: Vec<Part> = upload
            .parts
            .range(after.saturating_add(1)..)
            .map(|(number, part)| Part {
                part_number: Some(*number),
                e_tag: Some(part.etag.clone()),
                last_modified: Some(part.modified.clone()),
                size: i64::try_from(part.size).ok(),
                ..Default::default()
            })
            .collect();
        let page = usize::try_from(max).unwrap_or(0);
        let truncated = page > 0 && parts.len() > page;
        parts.truncate(page);
        let last = parts.last().and_then(|part| part.part_number);
        Ok(S3Response::new(ListPartsOutput {
            next_part_number_marker: last.filter(|_| truncated),
            is_truncated: Some(truncated),
            parts: Some(parts),
            max_parts: Some(max),
            part_number_marker: Some(after),
            owner: Some(users::owner(&upload.owner)),
            initiator: Some(initiator(upload)),
            storage_class: Some(StorageClass::from_static(StorageClass::STANDARD)),
            bucket: Some(input.bucket),
            key: Some(input.key),
            upload_id: Some(input.upload_id),
            ..Default::default()
        }))
    }

    pub fn uploads_in_bucket(
        &self,
        input: ListMultipartUploadsInput,
    ) -> S3Result<S3Response<ListMultipartUploadsOutput>> {
        let encoding = Encoding::requested(input.encoding_type.as_ref())?;
        let max_uploads = listing::page_size(input.max_uploads)?;
        let prefix = input.prefix.unwrap_or_default();
        let delimiter = delimiter(input.delimiter.as_ref());
        let key_marker = input.key_marker.unwrap_or_default();
        // S3 ignores the upload ID marker if there is no key marker.
        let id_marker = input.upload_id_marker.filter(|_| !key_marker.is_empty());
        let index = self.index.lock();
        let all = index.bucket(&input.bucket)?.uploads.iter();
        let rest = all.filter(|((key, id), _)| {
            let more = id_marker.as_ref().is_some_and(|marker| id > marker);
            *key > key_marker || (*key == key_marker && more)
        });
        let rest = rest.map(|((key, id), upload)| (key.as_str(), (key, id, upload)));
        let max = usize::try_from(max_uploads).unwrap_or(0);
        let page = page(rest, &Query { prefix: &prefix, delimiter, after: &key_marker, max });
        // If the page ends with a common prefix, the next one starts after the prefix, so no upload ID is needed.
        let last_id = page.items.last().filter(|(key, ..)| Some(key.as_str()) == page.next());
        let uploads = page.items.iter().map(|(key, id, upload)| MultipartUpload {
            key: Some(encoding.apply(key)),
            upload_id: Some((*id).clone()),
            initiated: Some(upload.initiated.clone()),
            initiator: Some(initiator(upload)),
            owner: Some(users::owner(&upload.owner)),
            storage_class: Some(StorageClass::from_static(StorageClass::STANDARD)),
            ..Default::default()
        });
        Ok(S3Response::new(ListMultipartUploadsOutput {
            uploads: Some(uploads.collect()),
            common_prefixes: Some(page.common_prefixes(&encoding)),
            is_truncated: Some(page.truncated),
            next_key_marker: page.next().map(|n| encoding.apply(n)),
            next_upload_id_marker: last_id.map(|(_, id, _)| (*id).clone()),
            prefix: Some(encoding.apply(&prefix)),
            delimiter: delimiter.map(|d| encoding.apply(d)),
            key_marker: Some(encoding.apply(&key_marker)),
            upload_id_marker: id_marker,
            max_uploads: Some(max_uploads),
            encoding_type: input.encoding_type,
            bucket: Some(input.bucket),
            ..Default::default()
        }))
    }
}

fn initiator(upload: &Upload) -> Initiator {
    let owner = users::owner(&upload.owner);
    Initiator { display_name: owner.display_name, id: owner.id }
}
