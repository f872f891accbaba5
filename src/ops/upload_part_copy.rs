//! UploadPartCopy.

use std::ops::Range;

use crate::client::Client;
use crate::error::{Error, Result};
use crate::etag::ETag;
use crate::headers::Headers;
use crate::ops::CompletedPart;
use crate::ops::copy_object::copy_source;
use crate::request::{Method, Request};
use crate::validate;
use crate::xml;

impl Client {
    /// Makes a part of an upload from bytes of an object that is stored already. Nothing of it goes through
    /// this machine.
    /// ([UploadPartCopy](https://docs.aws.amazon.com/AmazonS3/latest/API/API_UploadPartCopy.html))
    ///
    /// `bytes` counts from 0, its end not included; every part but the last has 5 MiB to 5 GiB.
    /// [`copy`](Self::copy) does all of it.
    ///
    /// # Errors
    ///
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) where the range is empty or the part number is not from
    /// 1 to 10,000; [`is_not_found`](Error::is_not_found) where the source or the upload is missing.
    ///
    /// ```no_run
    /// # let client = plain_s3::Client::new(plain_s3::Config::from_env()?)?;
    /// # let id = "the id of create_multipart_upload";
    /// let from = ("my-new-bucket", "backup.tar");
    /// let part = client.upload_part_copy("my-backups", "backup.tar", id, 1, from, 0..(64 << 20))?;
    /// client.complete_multipart_upload("my-backups", "backup.tar", id, &[part])?;
    /// # Ok::<(), plain_s3::Error>(())
    /// ```
    pub fn upload_part_copy(
        &self,
        bucket: &str,
        key: &str,
        upload_id: &str,
        part_number: u32,
        from: (&str, &str),
        bytes: Range<u64>,
    ) -> Result<CompletedPart> {
        let source = copy_source(from, None).map_err(|error| {
            error.in_call(|| Request::object("UploadPartCopy", Method::Put, bucket, key).describe())
        })?;
        let mut headers = Headers::default();
        headers.set("x-amz-copy-source", source);
        self.copy_part((bucket, key, upload_id), part_number, &headers, bytes)
    }

    /// The same with the source, its version and its conditions in headers.
    pub(crate) fn copy_part(
        &self,
        (bucket, key, upload_id): (&str, &str, &str),
        part_number: u32,
        source: &Headers,
        bytes: Range<u64>,
    ) -> Result<CompletedPart> {
        let request = Request::object("UploadPartCopy", Method::Put, bucket, key);
        let check = || {
            validate::upload_id(upload_id)?;
            validate::part_number(part_number)?;
            match bytes.is_empty() {
                true => Err(Error::invalid(format!("the range {}..{} is empty", bytes.start, bytes.end))),
                false => Ok(()),
            }
        };
        check().map_err(|error| error.in_call(|| request.describe()))?;
        let request = request
            .query("partNumber", part_number.to_string())
            .query("uploadId", upload_id)
            .headers(source)
            .header("x-amz-copy-source-range", format!("bytes={}-{}", bytes.start, bytes.end - 1))
            .patient();
        self.call(&request, |response| {
            let without = response.unexpected("the answer has no ETag");
            response.xml("CopyPartResult", |root| {
                let e_tag = xml::child_text(root, "ETag").ok_or(without)?;
                Ok(CompletedPart { part_number, e_tag: ETag::new(e_tag) })
            })
        })
    }
}
