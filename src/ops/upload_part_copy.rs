//! UploadPartCopy.

use std::ops::Range;

use crate::client::Client;
use crate::error::{Error, Result};
use crate::etag::ETag;
use crate::headers::Headers;
use crate::ops::CompletedPart;
use crate::ops::options::copy_source::copy_source;
use crate::request::{Method, Request};
use crate::xml;

/// Which version a part is copied from, under what condition, and the keys of both sides.
///
/// Each setter sets one header. What the object will have, such as metadata, is set where its upload
/// begins: [`Client::create_multipart_upload_with`].
#[derive(Clone, Debug, Default)]
pub struct UploadPartCopyOptions {
    pub(super) source_version_id: Option<String>,
    headers: Headers,
}

impl UploadPartCopyOptions {
    /// The newest version, without a condition.
    pub fn new() -> Self {
        Self::default()
    }

    /// Says that you pay, for a bucket that wants it of who asks ([`Payer::Requester`](crate::Payer)).
    pub fn request_payer(self) -> Self {
        self.header("x-amz-request-payer", "requester")
    }

    /// Sets any other header of the request, such as `x-amz-source-expected-bucket-owner`.
    pub fn header(mut self, name: &str, value: impl Into<String>) -> Self {
        self.headers.set(name, value);
        self
    }
}

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
        let options = UploadPartCopyOptions::new();
        self.upload_part_copy_with(bucket, key, upload_id, part_number, from, bytes, &options)
    }

    /// Makes a part from a version of an object, under a condition, or with the keys that both sides are
    /// encrypted with; see [`upload_part_copy`](Self::upload_part_copy).
    ///
    /// # Errors
    ///
    /// As [`upload_part_copy`](Self::upload_part_copy);
    /// [`is_precondition_failed`](Error::is_precondition_failed) where a condition does not hold.
    ///
    /// ```no_run
    /// # let client = plain_s3::Client::new(plain_s3::Config::from_env()?)?;
    /// # let id = "the id of create_multipart_upload";
    /// use plain_s3::UploadPartCopyOptions;
    ///
    /// let from = ("my-new-bucket", "backup.tar");
    /// let old = UploadPartCopyOptions::new().source_version_id("3HL4kqtJlcpXroDTDmJ");
    /// let bytes = 0..(64 << 20);
    /// let part = client.upload_part_copy_with("my-backups", "backup.tar", id, 1, from, bytes, &old)?;
    /// # Ok::<(), plain_s3::Error>(())
    /// ```
    #[allow(clippy::too_many_arguments)] // those of the plain method, and the options
    pub fn upload_part_copy_with(
        &self,
        bucket: &str,
        key: &str,
        upload_id: &str,
        part_number: u32,
        from: (&str, &str),
        bytes: Range<u64>,
        options: &UploadPartCopyOptions,
    ) -> Result<CompletedPart> {
        let source = copy_source(from, options.source_version_id.as_deref()).map_err(|error| {
            error.with_context(|| Request::object("UploadPartCopy", Method::Put, bucket, key).describe())
        })?;
        let mut headers = options.headers.clone();
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
        if bytes.is_empty() {
            let message = format!("the range {}..{} is empty", bytes.start, bytes.end);
            return Err(Error::invalid(message).with_context(|| request.describe()));
        }
        let request = request
            .query("partNumber", part_number.to_string())
            .query("uploadId", upload_id)
            .headers(source)
            .header("x-amz-copy-source-range", format!("bytes={}-{}", bytes.start, bytes.end - 1))
            .slow();
        self.call(&request, |response| {
            let without = response.unexpected("the answer has no ETag");
            response.xml("CopyPartResult", |root| {
                let e_tag = xml::child_text(root, "ETag").ok_or(without)?;
                Ok(CompletedPart { part_number, e_tag: ETag::new(e_tag) })
            })
        })
    }
}
