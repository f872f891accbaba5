//! UploadPartCopy.

use std::ops::Range;

use crate::client::Client;
use crate::error::Result;
use crate::etag::ETag;
use crate::headers::Headers;
use crate::ops::CompletedPart;
use crate::ops::options::copy_source::{copy_source_setters, with_copy_source};
use crate::ops::options::encryption::with_customer_key;
use crate::ops::upload_part::UploadRef;
use crate::request::Request;
use crate::response::Response;
use crate::xml;

/// Options for [`Client::upload_part_copy_with`]: the version and the conditions of the source, and the
/// customer keys.
///
/// Each setter sets one header. Properties of the object, such as metadata, are set when its upload is
/// created; see [`Client::create_multipart_upload_with`].
#[derive(Clone, Debug, Default)]
#[must_use]
pub struct UploadPartCopyOptions {
    source_version_id: Option<String>,
    headers: Headers,
}

impl UploadPartCopyOptions {
    /// Creates the default options: the latest version, without conditions.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the key with which the upload was created, which every part requires; see
    /// [`PutObjectOptions::sse_customer_key`](crate::PutObjectOptions::sse_customer_key).
    pub fn sse_customer_key(self, key: [u8; 32]) -> Self {
        with_customer_key(self, &key, Self::header)
    }

    /// Sets any other header of the request, such as `x-amz-source-expected-bucket-owner`.
    pub fn header(mut self, name: &str, value: impl Into<String>) -> Self {
        self.headers.set(name, value);
        self
    }

    pub(crate) fn from_headers(source_version_id: Option<&str>, headers: Headers) -> Self {
        Self { source_version_id: source_version_id.map(str::to_owned), headers }
    }

    pub(crate) fn source_version(&self) -> Option<&str> {
        self.source_version_id.as_deref()
    }

    pub(crate) fn headers(&self) -> &Headers {
        &self.headers
    }
}

copy_source_setters!(UploadPartCopyOptions);

/// Returns the request of UploadPartCopy.
pub(crate) fn upload_part_copy_request<'a>(
    upload: UploadRef<'a>,
    part_number: u32,
    from: (&str, &str),
    bytes: Range<u64>,
    options: &UploadPartCopyOptions,
) -> Request<'a> {
    let request = upload.part_request("UploadPartCopy", part_number).headers(&options.headers);
    with_copy_source(request, from, options.source_version_id.as_deref())
        .require(!bytes.is_empty(), || {
            format!(
                "the range {}..{} is empty; its end is the offset after the last byte",
                bytes.start, bytes.end
            )
        })
        .header("x-amz-copy-source-range", format!("bytes={}-{}", bytes.start, bytes.end.saturating_sub(1)))
        .slow()
}

impl Client {
    /// Copies a range of an existing object into a part of a multipart upload, within the server.
    /// ([UploadPartCopy](https://docs.aws.amazon.com/AmazonS3/latest/API/API_UploadPartCopy.html))
    ///
    /// `bytes` counts from 0 and excludes its end. Every part except the last has 5 MiB to 5 GiB.
    /// [`copy`](Self::copy) performs a whole copy in parts.
    ///
    /// # Errors
    ///
    /// Fails with [`InvalidInput`](crate::ErrorKind::InvalidInput) if the range is empty or the part number
    /// is not from 1 to 10,000. Fails if the source or the upload does not exist
    /// ([`is_not_found`](crate::Error::is_not_found)).
    ///
    /// ```
    /// # let client = include!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/documentation/client.rs"));
    /// let id = client.create_multipart_upload("my-backups", "backup.tar")?;
    /// let (from, bytes) = (("my-new-bucket", "backup.tar"), 0..10_240);
    /// let part = client.upload_part_copy("my-backups", "backup.tar", &id, 1, from, bytes)?;
    /// client.complete_multipart_upload("my-backups", "backup.tar", &id, &[part])?;
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

    /// Copies a range of a version of an object, under conditions or with customer keys; see
    /// [`upload_part_copy`](Self::upload_part_copy).
    ///
    /// # Errors
    ///
    /// Returns the same errors as [`upload_part_copy`](Self::upload_part_copy), and
    /// [`is_precondition_failed`](crate::Error::is_precondition_failed) if a condition fails.
    ///
    /// ```
    /// # let client = include!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/documentation/client.rs"));
    /// # let version_id = client.head_object("my-archive", "hello.txt")?.version_id.unwrap();
    /// use plain_s3::UploadPartCopyOptions;
    ///
    /// let id = client.create_multipart_upload("my-backups", "hello.txt")?;
    /// let (from, bytes) = (("my-archive", "hello.txt"), 0..12);
    /// let old = UploadPartCopyOptions::new().source_version_id(version_id);
    /// let part = client.upload_part_copy_with("my-backups", "hello.txt", &id, 1, from, bytes, &old)?;
    /// client.complete_multipart_upload("my-backups", "hello.txt", &id, &[part])?;
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
        self.copy_part(UploadRef { bucket, key, id: upload_id }, part_number, from, bytes, options)
    }

    pub(crate) fn copy_part(
        &self,
        upload: UploadRef<'_>,
        part_number: u32,
        from: (&str, &str),
        bytes: Range<u64>,
        options: &UploadPartCopyOptions,
    ) -> Result<CompletedPart> {
        let request = upload_part_copy_request(upload, part_number, from, bytes, options);
        Ok(CompletedPart::new(part_number, self.call(&request, parse)?))
    }
}

fn parse(response: Response) -> Result<ETag> {
    let no_e_tag = response.unexpected("the response has no ETag");
    response.xml(&["CopyPartResult"], &["ETag"], |root| {
        Ok(ETag::new(xml::child_text(root, "ETag").ok_or(no_e_tag)?))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn header_does_not_replace_the_source() {
        let upload = UploadRef { bucket: "b", key: "k", id: "u" };
        let options = UploadPartCopyOptions::new().header("x-amz-copy-source", "/other/object");
        let request = upload_part_copy_request(upload, 1, ("src", "key"), 0..1, &options);
        assert_eq!(request.headers.get("x-amz-copy-source"), Some("src/key"));
    }
}
