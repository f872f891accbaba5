//! CreateMultipartUpload.

use crate::checksum::ChecksumAlgorithm;
use crate::client::Client;
use crate::error::Result;
use crate::headers::Headers;
use crate::ops::PutObjectOptions;
use crate::request::{Method, Request};
use crate::response::Response;
use crate::xml;

/// What to do if the response to a successful request does not contain the upload ID.
const UPLOAD_MAY_EXIST: &str = "An upload may have been created: list_multipart_uploads shows it, and \
     abort_multipart_upload deletes it.";

/// Returns the request of CreateMultipartUpload, with the headers of the object.
pub(crate) fn create_multipart_upload_request<'a>(
    bucket: &'a str,
    key: &'a str,
    headers: &Headers,
) -> Request<'a> {
    Request::object("CreateMultipartUpload", Method::Post, bucket, key)
        .subresource("uploads")
        .headers(headers)
        .not_repeatable()
}

/// # Multipart uploads, step by step
///
/// [`upload_file`](Self::upload_file), [`upload_reader`](Self::upload_reader) and [`copy`](Self::copy) do this by
/// themselves. These methods are for programs that upload the parts in another way.
impl Client {
    /// Creates a multipart upload and returns its upload ID.
    /// ([CreateMultipartUpload](https://docs.aws.amazon.com/AmazonS3/latest/API/API_CreateMultipartUpload.html))
    ///
    /// [`upload_file`](Self::upload_file) and [`upload_reader`](Self::upload_reader) perform a whole upload.
    /// To do it yourself, create an upload, call [`upload_part`](Self::upload_part) for each part, then
    /// [`complete_multipart_upload`](Self::complete_multipart_upload) or
    /// [`abort_multipart_upload`](Self::abort_multipart_upload). Until then, the parts use space although no
    /// listing of objects shows them.
    ///
    /// # Errors
    ///
    /// Fails with [`Server`](crate::ErrorKind::Server) if the bucket does not exist or access is denied.
    ///
    /// ```
    /// # let client = include!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/documentation/client.rs"));
    /// let id = client.create_multipart_upload("my-new-bucket", "backup.tar")?;
    /// let part = client.upload_part("my-new-bucket", "backup.tar", &id, 1, "the only part")?;
    /// client.complete_multipart_upload("my-new-bucket", "backup.tar", &id, &[part])?;
    /// # Ok::<(), plain_s3::Error>(())
    /// ```
    pub fn create_multipart_upload(&self, bucket: &str, key: &str) -> Result<String> {
        self.create_multipart_upload_with(bucket, key, &PutObjectOptions::new())
    }

    /// Creates a multipart upload with the media type, metadata or ACL of the object; see
    /// [`create_multipart_upload`](Self::create_multipart_upload).
    ///
    /// Conditions in the options are not sent: pass them to
    /// [`complete_multipart_upload_with`](Self::complete_multipart_upload_with). A customer key and a checksum must
    /// also be passed with each part; see [`upload_part_with`](Self::upload_part_with). A SHA-256 of the whole
    /// content is not checked.
    ///
    /// # Errors
    ///
    /// Returns the same errors as [`create_multipart_upload`](Self::create_multipart_upload).
    ///
    /// ```
    /// # let client = include!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/documentation/client.rs"));
    /// use plain_s3::PutObjectOptions;
    ///
    /// let video = PutObjectOptions::new().content_type("video/mp4");
    /// let id = client.create_multipart_upload_with("my-new-bucket", "film.mp4", &video)?;
    /// # Ok::<(), plain_s3::Error>(())
    /// ```
    pub fn create_multipart_upload_with(
        &self,
        bucket: &str,
        key: &str,
        options: &PutObjectOptions,
    ) -> Result<String> {
        let (mut headers, _) = options.split_conditions();
        if let Some(algorithm) = options.algorithm(None) {
            declare_checksum(&mut headers, algorithm);
        }
        self.create_upload(bucket, key, &headers)
    }

    pub(crate) fn create_upload(&self, bucket: &str, key: &str, headers: &Headers) -> Result<String> {
        self.call(&create_multipart_upload_request(bucket, key, headers), parse).map_err(|error| {
            if error.is_unreadable_success() { error.append_hint(UPLOAD_MAY_EXIST) } else { error }
        })
    }
}

/// Declares the checksum that the parts will have, and whether that of the object is the checksum of its whole
/// content or of the checksums of the parts. MD5 needs no declaration.
pub(crate) fn declare_checksum(headers: &mut Headers, algorithm: ChecksumAlgorithm) {
    if algorithm.element().is_some() {
        headers.set_str("x-amz-checksum-algorithm", algorithm.as_str());
        headers.set_str("x-amz-checksum-type", algorithm.multipart_type());
    }
}

/// Returns the upload ID.
pub(crate) fn parse(response: Response) -> Result<String> {
    let no_id = response.unexpected("the response has no UploadId");
    response.xml(&["InitiateMultipartUploadResult"], &["UploadId"], |root| {
        xml::child_text(root, "UploadId").ok_or(no_id)
    })
}
