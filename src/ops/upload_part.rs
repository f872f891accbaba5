//! UploadPart.

use crate::body::Body;
use crate::checksum::{Checksum, ChecksumAlgorithm};
use crate::client::Client;
use crate::error::Result;
use crate::etag::ETag;
use crate::headers::Headers;
use crate::ops::options::encryption::with_customer_key;
use crate::ops::put_object::BodyIntegrity;
use crate::request::{Method, Request};

/// A multipart upload, as its requests identify it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct UploadRef<'a> {
    pub(crate) bucket: &'a str,
    pub(crate) key: &'a str,
    pub(crate) id: &'a str,
}

impl<'a> UploadRef<'a> {
    /// Returns a request for this upload. Without the ID, it would be one for the object itself.
    pub(crate) fn request(self, action: &'static str, method: Method) -> Request<'a> {
        Request::object(action, method, self.bucket, self.key).query("uploadId", self.id)
    }

    /// Returns a request for a part of this upload.
    pub(crate) fn part_request(self, action: &'static str, part_number: u32) -> Request<'a> {
        Request::object(action, Method::Put, self.bucket, self.key)
            .query("partNumber", part_number.to_string())
            .query("uploadId", self.id)
    }
}

/// A part that was uploaded, to be passed to [`Client::complete_multipart_upload`].
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct CompletedPart {
    /// The part number, from 1 to 10,000.
    pub part_number: u32,
    /// The ETag that the server returned for the part.
    pub e_tag: ETag,
    /// The checksum that was sent with the part, if there is one other than MD5.
    pub checksum: Option<Checksum>,
}

impl CompletedPart {
    /// Identifies a part that was uploaded earlier.
    pub fn new(part_number: u32, e_tag: impl Into<ETag>) -> Self {
        Self { part_number, e_tag: e_tag.into(), checksum: None }
    }

    /// Adds the checksum of the part, unless it is an MD5, which the ETag contains.
    pub(crate) fn with_checksum(self, checksum: Option<Checksum>) -> Self {
        Self { checksum: checksum.filter(|checksum| checksum.algorithm().element().is_some()), ..self }
    }
}

/// Options for [`Client::upload_part_with`]: the customer key and other headers of a part.
#[derive(Clone, Debug, Default)]
#[must_use]
pub struct UploadPartOptions {
    headers: Headers,
    checksum: Option<ChecksumAlgorithm>,
}

impl UploadPartOptions {
    /// Creates the default options: only the content.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the key with which the upload was created, which every part requires; see
    /// [`PutObjectOptions::sse_customer_key`](crate::PutObjectOptions::sse_customer_key).
    ///
    /// ```
    /// use plain_s3::{PutObjectOptions, UploadPartOptions};
    ///
    /// // The same key for CreateMultipartUpload and for each part.
    /// let my_key = [7; 32];
    /// let object = PutObjectOptions::new().sse_customer_key(my_key);
    /// let part = UploadPartOptions::new().sse_customer_key(my_key);
    /// assert!(!format!("{object:?}{part:?}").contains("BwcH"), "keys are redacted");
    /// ```
    pub fn sse_customer_key(self, key: [u8; 32]) -> Self {
        with_customer_key(self, &key, Self::header)
    }

    /// Sends a checksum of the part, which must be that of the upload; see
    /// [`PutObjectOptions::checksum`](crate::PutObjectOptions::checksum).
    pub fn checksum(mut self, algorithm: ChecksumAlgorithm) -> Self {
        self.checksum = Some(algorithm);
        self
    }

    /// Sets any other header of the request, such as `x-amz-expected-bucket-owner`.
    pub fn header(mut self, name: &str, value: impl Into<String>) -> Self {
        self.headers.set(name, value);
        self
    }

    pub(crate) fn headers(&self) -> &Headers {
        &self.headers
    }
}

/// Returns the request of UploadPart.
pub(crate) fn upload_part_request<'a>(
    upload: UploadRef<'a>,
    part_number: u32,
    headers: &Headers,
) -> Request<'a> {
    upload.part_request("UploadPart", part_number).headers(headers)
}

impl Client {
    /// Uploads a part of a multipart upload, replacing any part with the same number.
    /// ([UploadPart](https://docs.aws.amazon.com/AmazonS3/latest/API/API_UploadPart.html))
    ///
    /// `part_number` is from 1 to 10,000. Every part except the last has 5 MiB to 5 GiB.
    ///
    /// # Errors
    ///
    /// Returns the same errors as [`put_object`](Self::put_object). Fails if the upload does not exist
    /// ([`is_not_found`](crate::Error::is_not_found)).
    ///
    /// ```
    /// # let client = include!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/documentation/client.rs"));
    /// let id = client.create_multipart_upload("my-new-bucket", "backup.tar")?;
    /// let first = client.upload_part("my-new-bucket", "backup.tar", &id, 1, vec![0; 5 << 20])?;
    /// let last = client.upload_part("my-new-bucket", "backup.tar", &id, 2, "the rest")?;
    /// client.complete_multipart_upload("my-new-bucket", "backup.tar", &id, &[first, last])?;
    /// # Ok::<(), plain_s3::Error>(())
    /// ```
    pub fn upload_part<'b>(
        &self,
        bucket: &str,
        key: &str,
        upload_id: &str,
        part_number: u32,
        body: impl Into<Body<'b>>,
    ) -> Result<CompletedPart> {
        self.upload_part_with(bucket, key, upload_id, part_number, body, &UploadPartOptions::new())
    }

    /// Uploads a part with a customer key or other headers; see [`upload_part`](Self::upload_part).
    ///
    /// # Errors
    ///
    /// Returns the same errors as [`upload_part`](Self::upload_part).
    ///
    /// ```
    /// # let client = include!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/documentation/client.rs"));
    /// use plain_s3::{ChecksumAlgorithm, PutObjectOptions, UploadPartOptions};
    ///
    /// let (bucket, key) = ("my-new-bucket", "monday.tar");
    /// let object = PutObjectOptions::new().checksum(ChecksumAlgorithm::Sha256);
    /// let id = client.create_multipart_upload_with(bucket, key, &object)?;
    /// let options = UploadPartOptions::new().checksum(ChecksumAlgorithm::Sha256);
    /// let part = client.upload_part_with(bucket, key, &id, 1, "the only part", &options)?;
    /// client.complete_multipart_upload(bucket, key, &id, &[part])?;
    /// # Ok::<(), plain_s3::Error>(())
    /// ```
    pub fn upload_part_with<'b>(
        &self,
        bucket: &str,
        key: &str,
        upload_id: &str,
        part_number: u32,
        body: impl Into<Body<'b>>,
        options: &UploadPartOptions,
    ) -> Result<CompletedPart> {
        let upload = UploadRef { bucket, key, id: upload_id };
        let integrity = BodyIntegrity { algorithm: options.checksum, ..BodyIntegrity::default() };
        self.store_part(upload, part_number, body.into(), integrity, &options.headers)
    }

    pub(crate) fn store_part(
        &self,
        upload: UploadRef<'_>,
        part_number: u32,
        body: Body<'_>,
        integrity: BodyIntegrity,
        headers: &Headers,
    ) -> Result<CompletedPart> {
        let stored = self.store(upload_part_request(upload, part_number, headers), body, integrity)?;
        // unless ETags are checked one may be missing; the server then rejects the completion
        let e_tag = stored.e_tag.unwrap_or_else(|| ETag::new(""));
        Ok(CompletedPart::new(part_number, e_tag).with_checksum(stored.checksum))
    }
}
