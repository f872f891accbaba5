//! UploadPart.

use crate::body::Body;
use crate::checksum::Md5Digest;
use crate::client::Client;
use crate::error::Result;
use crate::etag::ETag;
use crate::headers::Headers;
use crate::request::{Method, Request};

/// A part that is stored, as [`Client::complete_multipart_upload`] takes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CompletedPart {
    /// The number of the part, from 1 to 10,000.
    pub part_number: u32,
    /// The ETag that the server gave it.
    pub e_tag: ETag,
}

impl CompletedPart {
    /// Names a part that was uploaded earlier.
    pub fn new(part_number: u32, e_tag: impl Into<ETag>) -> Self {
        Self { part_number, e_tag: e_tag.into() }
    }
}

/// What is sent with a part of an upload beside its content.
#[derive(Clone, Debug, Default)]
pub struct UploadPartOptions {
    headers: Headers,
}

impl UploadPartOptions {
    /// Nothing but the content.
    pub fn new() -> Self {
        Self::default()
    }

    /// Says that you pay, for a bucket that wants it of who asks ([`Payer::Requester`](crate::Payer)).
    pub fn request_payer(self) -> Self {
        self.header("x-amz-request-payer", "requester")
    }

    /// Sets any other header of the request, such as `x-amz-checksum-sha256`.
    pub fn header(mut self, name: &str, value: impl Into<String>) -> Self {
        self.headers.set(name, value);
        self
    }
}

impl Client {
    /// Uploads one part of an upload that was begun, over any of the same number.
    /// ([UploadPart](https://docs.aws.amazon.com/AmazonS3/latest/API/API_UploadPart.html))
    ///
    /// `part_number` goes from 1 to 10,000. Every part but the last has 5 MiB to 5 GiB.
    ///
    /// # Errors
    ///
    /// As [`put_object`](Self::put_object); [`is_not_found`](crate::Error::is_not_found) where there is no
    /// such upload.
    ///
    /// ```no_run
    /// # let client = plain_s3::Client::new(plain_s3::Config::from_env()?)?;
    /// # let id = "the id of create_multipart_upload";
    /// let first = client.upload_part("my-new-bucket", "backup.tar", id, 1, vec![0; 5 << 20])?;
    /// let last = client.upload_part("my-new-bucket", "backup.tar", id, 2, "the rest")?;
    /// client.complete_multipart_upload("my-new-bucket", "backup.tar", id, &[first, last])?;
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

    /// Uploads one part with the key that the upload was begun with, or other headers; see
    /// [`upload_part`](Self::upload_part).
    ///
    /// # Errors
    ///
    /// As [`upload_part`](Self::upload_part).
    ///
    /// ```no_run
    /// # let client = plain_s3::Client::new(plain_s3::Config::from_env()?)?;
    /// # let my_key = [0; 32];
    /// use plain_s3::{PutObjectOptions, UploadPartOptions};
    ///
    /// let (bucket, key) = ("my-new-bucket", "secret.tar");
    /// let encrypted = PutObjectOptions::new().sse_customer_key(my_key);
    /// let id = client.create_multipart_upload_with(bucket, key, &encrypted)?;
    /// let options = UploadPartOptions::new().sse_customer_key(my_key);
    /// let part = client.upload_part_with(bucket, key, &id, 1, "all of it", &options)?;
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
        self.store_part((bucket, key, upload_id), part_number, body.into(), None, &options.headers)
    }

    pub(crate) fn store_part(
        &self,
        (bucket, key, upload_id): (&str, &str, &str),
        part_number: u32,
        body: Body<'_>,
        known_md5: Option<Md5Digest>,
        headers: &Headers,
    ) -> Result<CompletedPart> {
        let request = Request::object("UploadPart", Method::Put, bucket, key).headers(headers);
        let request = request.query("partNumber", part_number.to_string()).query("uploadId", upload_id);
        let stored = self.store(request, body, known_md5)?;
        // without the check of ETags one may be missing, and completing will say so
        Ok(CompletedPart { part_number, e_tag: stored.e_tag.unwrap_or_else(|| ETag::new("")) })
    }
}
