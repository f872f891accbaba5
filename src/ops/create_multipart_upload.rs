//! CreateMultipartUpload.

use crate::client::Client;
use crate::error::Result;
use crate::headers::Headers;
use crate::ops::PutObjectOptions;
use crate::request::{Method, Request};
use crate::xml;

impl Client {
    /// Begins an upload in parts and returns its upload id.
    /// ([CreateMultipartUpload](https://docs.aws.amazon.com/AmazonS3/latest/API/API_CreateMultipartUpload.html))
    ///
    /// [`upload_file`](Self::upload_file) and [`upload_reader`](Self::upload_reader) do all of it. By hand:
    /// begin, [`upload_part`](Self::upload_part) for each part, then
    /// [`complete_multipart_upload`](Self::complete_multipart_upload), or
    /// [`abort_multipart_upload`](Self::abort_multipart_upload). Until then its parts take space and no
    /// listing of objects shows them.
    ///
    /// # Errors
    ///
    /// [`Server`](crate::ErrorKind::Server) where the bucket is missing or the action is refused.
    ///
    /// ```no_run
    /// # let client = plain_s3::Client::new(plain_s3::Config::from_env()?)?;
    /// let id = client.create_multipart_upload("my-new-bucket", "backup.tar")?;
    /// let part = client.upload_part("my-new-bucket", "backup.tar", &id, 1, "all of it")?;
    /// client.complete_multipart_upload("my-new-bucket", "backup.tar", &id, &[part])?;
    /// # Ok::<(), plain_s3::Error>(())
    /// ```
    pub fn create_multipart_upload(&self, bucket: &str, key: &str) -> Result<String> {
        self.create_multipart_upload_with(bucket, key, &PutObjectOptions::new())
    }

    /// Begins an upload whose object will have a media type, metadata or an ACL; see
    /// [`create_multipart_upload`](Self::create_multipart_upload). Conditions in the options are left out:
    /// they belong to the completion. A key of yours is needed for each part, too:
    /// [`upload_part_with`](Self::upload_part_with).
    ///
    /// # Errors
    ///
    /// As [`create_multipart_upload`](Self::create_multipart_upload).
    ///
    /// ```no_run
    /// # let client = plain_s3::Client::new(plain_s3::Config::from_env()?)?;
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
        self.begin_upload(bucket, key, &options.split_conditions().0)
    }

    pub(crate) fn begin_upload(&self, bucket: &str, key: &str, headers: &Headers) -> Result<String> {
        let request = Request::object("CreateMultipartUpload", Method::Post, bucket, key)
            .subresource("uploads")
            .headers(headers);
        self.call(&request, |response| {
            let head = response.unexpected("the answer has no UploadId");
            response
                .xml("InitiateMultipartUploadResult", |root| xml::child_text(root, "UploadId").ok_or(head))
        })
    }
}
