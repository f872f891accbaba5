//! Presigned URLs for operations, created from the requests and options of the operations themselves.
//!
//! To presign a new operation, pass its request to [`Client::presign_request`].

use time::OffsetDateTime;

use crate::client::Client;
use crate::error::Result;
use crate::headers::Headers;
use crate::ops::abort_multipart_upload::abort_multipart_upload_request;
use crate::ops::complete_multipart_upload::presignable_request;
use crate::ops::create_multipart_upload::create_multipart_upload_request;
use crate::ops::delete_object::delete_object_request;
use crate::ops::head_object::head_object_request;
use crate::ops::object_source::get_object_request;
use crate::ops::put_object::put_object_request;
use crate::ops::upload_part::{UploadRef, upload_part_request};
use crate::ops::{
    CompleteMultipartUploadOptions, DeleteObjectOptions, GetObjectOptions, PutObjectOptions,
    UploadPartOptions,
};
use crate::raw_request::RawRequest;
use crate::request::Request;
use crate::signer::{PresignOptions, PresignedUrl};

impl Client {
    /// Presigns the request of any operation.
    fn presign_request(
        &self,
        request: Request<'_>,
        options: impl Into<PresignOptions>,
    ) -> Result<PresignedUrl> {
        self.signer().presign_request(request, &options.into(), OffsetDateTime::now_utc())
    }

    /// Returns a presigned URL for a raw request, for operations that have no `presign_…` method. Nothing is
    /// sent.
    ///
    /// # Errors
    ///
    /// Returns the same errors as [`RequestSigner::presign`](crate::RequestSigner::presign).
    ///
    /// ```
    /// # let client = include!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/documentation/client.rs"));
    /// # let hour = std::time::Duration::from_secs(3600);
    /// use plain_s3::{Method, RawRequest};
    ///
    /// let request = RawRequest::new(Method::Get).bucket("my-new-bucket").query("prefix", "photos/");
    /// let listing = client.presign(&request, hour)?;
    /// println!("curl '{listing}'");
    /// # ureq::get(&listing.url).call().unwrap();
    /// # Ok::<(), plain_s3::Error>(())
    /// ```
    pub fn presign(&self, request: &RawRequest, options: impl Into<PresignOptions>) -> Result<PresignedUrl> {
        self.presign_request(request.to_request(), options)
    }

    /// Returns a URL that lets anyone download a private object until it expires. Nothing is sent.
    ///
    /// `expires` is the lifetime: a [`Duration`](std::time::Duration) of at least 1 second and, with
    /// Signature V4, at most 7 days. To use plain HTTP or another signing time, pass [`PresignOptions`].
    ///
    /// # Errors
    ///
    /// Fails with [`InvalidInput`](crate::ErrorKind::InvalidInput) if the lifetime is out of range, the
    /// client has no credentials, or the bucket name or the key is invalid.
    ///
    /// ```
    /// # let client = include!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/documentation/client.rs"));
    /// use std::time::Duration;
    ///
    /// let hour = Duration::from_secs(3600);
    /// let url = client.presign_get_object("my-new-bucket", "secret_plans.txt", hour)?;
    /// println!("curl '{url}'");
    /// # ureq::get(&url.url).call().unwrap();
    /// # Ok::<(), plain_s3::Error>(())
    /// ```
    pub fn presign_get_object(
        &self,
        bucket: &str,
        key: &str,
        expires: impl Into<PresignOptions>,
    ) -> Result<PresignedUrl> {
        self.presign_get_object_with(bucket, key, expires, &GetObjectOptions::new())
    }

    /// Returns a download URL that overrides response headers or selects a version; see
    /// [`presign_get_object`](Self::presign_get_object).
    ///
    /// If an option sets a request header, such as a range or a condition, the user of the URL must send this
    /// header. [`PresignedUrl::headers`] lists these headers.
    ///
    /// # Errors
    ///
    /// Returns the same errors as [`presign_get_object`](Self::presign_get_object).
    ///
    /// ```
    /// # let client = include!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/documentation/client.rs"));
    /// # let hour = std::time::Duration::from_secs(3600);
    /// use plain_s3::GetObjectOptions;
    ///
    /// let attachment = "attachment; filename=\"plans.txt\"";
    /// let save_as = GetObjectOptions::new().response_content_disposition(attachment);
    /// let url = client.presign_get_object_with("my-new-bucket", "secret_plans.txt", hour, &save_as)?;
    /// println!("{url}");
    /// # let response = ureq::get(&url.url).call().unwrap();
    /// # assert_eq!(response.headers()["content-disposition"], attachment);
    /// # Ok::<(), plain_s3::Error>(())
    /// ```
    pub fn presign_get_object_with(
        &self,
        bucket: &str,
        key: &str,
        expires: impl Into<PresignOptions>,
        options: &GetObjectOptions,
    ) -> Result<PresignedUrl> {
        self.presign_request(get_object_request(bucket, key, options), expires)
    }

    /// Returns a URL that lets anyone read an object's metadata with HTTP HEAD until it expires. Nothing is
    /// sent.
    ///
    /// # Errors
    ///
    /// Returns the same errors as [`presign_get_object`](Self::presign_get_object).
    ///
    /// ```
    /// # let client = include!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/documentation/client.rs"));
    /// # let hour = std::time::Duration::from_secs(3600);
    /// let url = client.presign_head_object("my-new-bucket", "secret_plans.txt", hour)?;
    /// println!("curl -I '{url}'");
    /// # ureq::head(&url.url).call().unwrap();
    /// # Ok::<(), plain_s3::Error>(())
    /// ```
    pub fn presign_head_object(
        &self,
        bucket: &str,
        key: &str,
        expires: impl Into<PresignOptions>,
    ) -> Result<PresignedUrl> {
        self.presign_head_object_with(bucket, key, expires, &GetObjectOptions::new())
    }

    /// Returns a URL that reads the metadata of one version; see
    /// [`presign_head_object`](Self::presign_head_object).
    ///
    /// # Errors
    ///
    /// Returns the same errors as [`presign_get_object`](Self::presign_get_object).
    ///
    /// ```
    /// # let client = include!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/documentation/client.rs"));
    /// # let hour = std::time::Duration::from_secs(3600);
    /// # let version_id = client.head_object("my-archive", "hello.txt")?.version_id.unwrap();
    /// let old = plain_s3::GetObjectOptions::new().version_id(version_id);
    /// let url = client.presign_head_object_with("my-archive", "hello.txt", hour, &old)?;
    /// println!("curl -I '{url}'");
    /// # ureq::head(&url.url).call().unwrap();
    /// # Ok::<(), plain_s3::Error>(())
    /// ```
    pub fn presign_head_object_with(
        &self,
        bucket: &str,
        key: &str,
        expires: impl Into<PresignOptions>,
        options: &GetObjectOptions,
    ) -> Result<PresignedUrl> {
        self.presign_request(head_object_request(bucket, key, options), expires)
    }

    /// Returns a URL that lets anyone store an object under this key with HTTP PUT until it expires. Nothing
    /// is sent.
    ///
    /// # Errors
    ///
    /// Returns the same errors as [`presign_get_object`](Self::presign_get_object).
    ///
    /// ```
    /// # let client = include!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/documentation/client.rs"));
    /// # let hour = std::time::Duration::from_secs(3600);
    /// let upload = client.presign_put_object("my-new-bucket", "inbox/report.pdf", hour)?;
    /// println!("curl -T report.pdf '{upload}'");
    /// # ureq::put(&upload.url).send("a report").unwrap();
    /// # assert!(client.object_exists("my-new-bucket", "inbox/report.pdf")?);
    /// # Ok::<(), plain_s3::Error>(())
    /// ```
    pub fn presign_put_object(
        &self,
        bucket: &str,
        key: &str,
        expires: impl Into<PresignOptions>,
    ) -> Result<PresignedUrl> {
        self.presign_put_object_with(bucket, key, expires, &PutObjectOptions::new())
    }

    /// Returns an upload URL that requires headers, such as a media type; see
    /// [`presign_put_object`](Self::presign_put_object).
    ///
    /// # Errors
    ///
    /// Returns the same errors as [`presign_get_object`](Self::presign_get_object).
    ///
    /// ```
    /// # let client = include!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/documentation/client.rs"));
    /// # let hour = std::time::Duration::from_secs(3600);
    /// use plain_s3::PutObjectOptions;
    ///
    /// let pdf = PutObjectOptions::new().content_type("application/pdf");
    /// let upload = client.presign_put_object_with("my-new-bucket", "inbox/report.pdf", hour, &pdf)?;
    /// for (name, value) in &upload.headers {
    ///     println!("send the header {name}: {value}");
    /// }
    /// # let (name, value) = &upload.headers[0];
    /// # ureq::put(&upload.url).header(name, value).send("a report").unwrap();
    /// # let report = client.head_object("my-new-bucket", "inbox/report.pdf")?;
    /// # assert_eq!(report.content_type.as_deref(), Some("application/pdf"));
    /// # Ok::<(), plain_s3::Error>(())
    /// ```
    pub fn presign_put_object_with(
        &self,
        bucket: &str,
        key: &str,
        expires: impl Into<PresignOptions>,
        options: &PutObjectOptions,
    ) -> Result<PresignedUrl> {
        self.presign_request(put_object_request(bucket, key, options), expires)
    }

    /// Returns a URL that lets anyone delete an object with HTTP DELETE until it expires. Nothing is sent.
    ///
    /// # Errors
    ///
    /// Returns the same errors as [`presign_get_object`](Self::presign_get_object).
    ///
    /// ```
    /// # let client = include!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/documentation/client.rs"));
    /// # let hour = std::time::Duration::from_secs(3600);
    /// let url = client.presign_delete_object("my-new-bucket", "goodbye.txt", hour)?;
    /// println!("curl -X DELETE '{url}'");
    /// # ureq::delete(&url.url).call().unwrap();
    /// # assert!(!client.object_exists("my-new-bucket", "goodbye.txt")?);
    /// # Ok::<(), plain_s3::Error>(())
    /// ```
    pub fn presign_delete_object(
        &self,
        bucket: &str,
        key: &str,
        expires: impl Into<PresignOptions>,
    ) -> Result<PresignedUrl> {
        self.presign_delete_object_with(bucket, key, expires, &DeleteObjectOptions::new())
    }

    /// Returns a URL that deletes one version; see [`presign_delete_object`](Self::presign_delete_object).
    ///
    /// # Errors
    ///
    /// Returns the same errors as [`presign_get_object`](Self::presign_get_object).
    ///
    /// ```
    /// # let client = include!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/documentation/client.rs"));
    /// # let hour = std::time::Duration::from_secs(3600);
    /// # let version_id = client.head_object("my-archive", "hello.txt")?.version_id.unwrap();
    /// let old = plain_s3::DeleteObjectOptions::new().version_id(version_id);
    /// let url = client.presign_delete_object_with("my-archive", "hello.txt", hour, &old)?;
    /// println!("curl -X DELETE '{url}'");
    /// # ureq::delete(&url.url).call().unwrap();
    /// # assert!(!client.object_exists("my-archive", "hello.txt")?);
    /// # Ok::<(), plain_s3::Error>(())
    /// ```
    pub fn presign_delete_object_with(
        &self,
        bucket: &str,
        key: &str,
        expires: impl Into<PresignOptions>,
        options: &DeleteObjectOptions,
    ) -> Result<PresignedUrl> {
        self.presign_request(delete_object_request(bucket, key, options), expires)
    }

    /// Returns a URL that lets anyone create a multipart upload with HTTP POST. Nothing is sent.
    ///
    /// The response contains the upload ID, which is needed to presign the URLs of the parts.
    ///
    /// # Errors
    ///
    /// Returns the same errors as [`presign_get_object`](Self::presign_get_object).
    ///
    /// ```
    /// # let client = include!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/documentation/client.rs"));
    /// # let hour = std::time::Duration::from_secs(3600);
    /// let create = client.presign_create_multipart_upload("my-new-bucket", "backup.tar", hour)?;
    /// println!("curl -X POST '{create}'");
    /// # ureq::post(&create.url).send_empty().unwrap();
    /// # Ok::<(), plain_s3::Error>(())
    /// ```
    pub fn presign_create_multipart_upload(
        &self,
        bucket: &str,
        key: &str,
        expires: impl Into<PresignOptions>,
    ) -> Result<PresignedUrl> {
        self.presign_create_multipart_upload_with(bucket, key, expires, &PutObjectOptions::new())
    }

    /// Returns a URL that creates a multipart upload and requires headers, such as a media type; see
    /// [`presign_create_multipart_upload`](Self::presign_create_multipart_upload). Conditions in the options
    /// are ignored, because they belong to CompleteMultipartUpload.
    ///
    /// # Errors
    ///
    /// Returns the same errors as [`presign_get_object`](Self::presign_get_object).
    ///
    /// ```
    /// # let client = include!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/documentation/client.rs"));
    /// # let hour = std::time::Duration::from_secs(3600);
    /// let tar = plain_s3::PutObjectOptions::new().content_type("application/x-tar");
    /// let create = client.presign_create_multipart_upload_with("my-new-bucket", "backup.tar", hour, &tar)?;
    /// println!("send the headers {:?}", create.headers);
    /// # let (name, value) = &create.headers[0];
    /// # ureq::post(&create.url).header(name, value).send_empty().unwrap();
    /// # Ok::<(), plain_s3::Error>(())
    /// ```
    pub fn presign_create_multipart_upload_with(
        &self,
        bucket: &str,
        key: &str,
        expires: impl Into<PresignOptions>,
        options: &PutObjectOptions,
    ) -> Result<PresignedUrl> {
        let (headers, _) = options.split_conditions();
        self.presign_request(create_multipart_upload_request(bucket, key, &headers), expires)
    }

    /// Returns a URL that lets anyone upload one part with HTTP PUT. Nothing is sent.
    ///
    /// Parts are numbered from 1 to 10,000, and each part except the last must have at least 5 MiB. The
    /// `ETag` header of the response is needed to complete the upload.
    ///
    /// # Errors
    ///
    /// Returns the same errors as [`presign_get_object`](Self::presign_get_object). Also fails with
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) if the upload ID is empty or the part number is out
    /// of range.
    ///
    /// ```
    /// # let client = include!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/documentation/client.rs"));
    /// # let hour = std::time::Duration::from_secs(3600);
    /// let id = client.create_multipart_upload("my-new-bucket", "backup.tar")?;
    /// for number in 1..=3 {
    ///     let part = client.presign_upload_part("my-new-bucket", "backup.tar", &id, number, hour)?;
    ///     println!("curl -T part{number} '{part}'");
    /// #     ureq::put(&part.url).send("a part").unwrap();
    /// }
    /// # Ok::<(), plain_s3::Error>(())
    /// ```
    pub fn presign_upload_part(
        &self,
        bucket: &str,
        key: &str,
        upload_id: &str,
        part_number: u32,
        expires: impl Into<PresignOptions>,
    ) -> Result<PresignedUrl> {
        let options = UploadPartOptions::new();
        self.presign_upload_part_with(bucket, key, upload_id, part_number, expires, &options)
    }

    /// Returns a URL that uploads one part and requires headers, such as `content-md5`; see
    /// [`presign_upload_part`](Self::presign_upload_part).
    ///
    /// # Errors
    ///
    /// Returns the same errors as [`presign_upload_part`](Self::presign_upload_part).
    ///
    /// ```
    /// # let client = include!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/documentation/client.rs"));
    /// # let hour = std::time::Duration::from_secs(3600);
    /// # let id = client.create_multipart_upload("my-new-bucket", "backup.tar")?;
    /// let digest = plain_s3::UploadPartOptions::new().header("content-md5", "7Qdih1MuhjZehB6Sv8UNjA==");
    /// let part = client.presign_upload_part_with("my-new-bucket", "backup.tar", &id, 1, hour, &digest)?;
    /// println!("send the headers {:?}", part.headers);
    /// # let (name, value) = &part.headers[0];
    /// # ureq::put(&part.url).header(name, value).send("Hello World!").unwrap();
    /// # Ok::<(), plain_s3::Error>(())
    /// ```
    pub fn presign_upload_part_with(
        &self,
        bucket: &str,
        key: &str,
        upload_id: &str,
        part_number: u32,
        expires: impl Into<PresignOptions>,
        options: &UploadPartOptions,
    ) -> Result<PresignedUrl> {
        let upload = UploadRef { bucket, key, id: upload_id };
        self.presign_request(upload_part_request(upload, part_number, options.headers()), expires)
    }

    /// Returns a URL that lets anyone complete a multipart upload with HTTP POST. Nothing is sent.
    ///
    /// The body to send is the XML of
    /// [CompleteMultipartUpload](https://docs.aws.amazon.com/AmazonS3/latest/API/API_CompleteMultipartUpload.html).
    /// A response with status 200 may still contain an `<Error>`.
    ///
    /// # Errors
    ///
    /// Returns the same errors as [`presign_upload_part`](Self::presign_upload_part).
    ///
    /// ```
    /// # let client = include!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/documentation/client.rs"));
    /// # let hour = std::time::Duration::from_secs(3600);
    /// # let id = client.create_multipart_upload("my-new-bucket", "backup.tar")?;
    /// let complete = client.presign_complete_multipart_upload("my-new-bucket", "backup.tar", &id, hour)?;
    /// println!("curl -X POST -T parts.xml '{complete}'");
    /// # let e_tag = client.upload_part("my-new-bucket", "backup.tar", &id, 1, "the only part")?.e_tag;
    /// # let part = format!("<Part><PartNumber>1</PartNumber><ETag>\"{e_tag}\"</ETag></Part>");
    /// # let parts = format!("<CompleteMultipartUpload>{part}</CompleteMultipartUpload>");
    /// # ureq::post(&complete.url).send(parts).unwrap();
    /// # assert_eq!(client.get_object("my-new-bucket", "backup.tar")?.text()?, "the only part");
    /// # Ok::<(), plain_s3::Error>(())
    /// ```
    pub fn presign_complete_multipart_upload(
        &self,
        bucket: &str,
        key: &str,
        upload_id: &str,
        expires: impl Into<PresignOptions>,
    ) -> Result<PresignedUrl> {
        let options = CompleteMultipartUploadOptions::new();
        self.presign_complete_multipart_upload_with(bucket, key, upload_id, expires, &options)
    }

    /// Returns a URL that completes a multipart upload and requires headers, such as a condition; see
    /// [`presign_complete_multipart_upload`](Self::presign_complete_multipart_upload).
    ///
    /// # Errors
    ///
    /// Returns the same errors as [`presign_upload_part`](Self::presign_upload_part).
    ///
    /// ```
    /// # let client = include!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/documentation/client.rs"));
    /// # let hour = std::time::Duration::from_secs(3600);
    /// # let id = client.create_multipart_upload("my-new-bucket", "new.tar")?;
    /// let new = plain_s3::CompleteMultipartUploadOptions::new().if_none_exists();
    /// let url = client.presign_complete_multipart_upload_with("my-new-bucket", "new.tar", &id, hour, &new)?;
    /// println!("send the headers {:?}", url.headers);
    /// # let e_tag = client.upload_part("my-new-bucket", "new.tar", &id, 1, "the only part")?.e_tag;
    /// # let part = format!("<Part><PartNumber>1</PartNumber><ETag>\"{e_tag}\"</ETag></Part>");
    /// # let parts = format!("<CompleteMultipartUpload>{part}</CompleteMultipartUpload>");
    /// # let (name, value) = &url.headers[0];
    /// # ureq::post(&url.url).header(name, value).send(parts).unwrap();
    /// # assert!(client.object_exists("my-new-bucket", "new.tar")?);
    /// # Ok::<(), plain_s3::Error>(())
    /// ```
    pub fn presign_complete_multipart_upload_with(
        &self,
        bucket: &str,
        key: &str,
        upload_id: &str,
        expires: impl Into<PresignOptions>,
        options: &CompleteMultipartUploadOptions,
    ) -> Result<PresignedUrl> {
        let upload = UploadRef { bucket, key, id: upload_id };
        self.presign_request(presignable_request(upload, options.headers()), expires)
    }

    /// Returns a URL that lets anyone abort a multipart upload with HTTP DELETE. Nothing is sent.
    ///
    /// # Errors
    ///
    /// Returns the same errors as [`presign_upload_part`](Self::presign_upload_part).
    ///
    /// ```
    /// # let client = include!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/documentation/client.rs"));
    /// # let hour = std::time::Duration::from_secs(3600);
    /// # let id = client.create_multipart_upload("my-new-bucket", "backup.tar")?;
    /// let abort = client.presign_abort_multipart_upload("my-new-bucket", "backup.tar", &id, hour)?;
    /// println!("curl -X DELETE '{abort}'");
    /// # ureq::delete(&abort.url).call().unwrap();
    /// # assert!(client.list_parts("my-new-bucket", "backup.tar", &id).next().unwrap().is_err());
    /// # Ok::<(), plain_s3::Error>(())
    /// ```
    pub fn presign_abort_multipart_upload(
        &self,
        bucket: &str,
        key: &str,
        upload_id: &str,
        expires: impl Into<PresignOptions>,
    ) -> Result<PresignedUrl> {
        let upload = UploadRef { bucket, key, id: upload_id };
        self.presign_request(abort_multipart_upload_request(upload, &Headers::default()), expires)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::{Config, Credentials};

    const HOUR: Duration = Duration::from_secs(3600);

    fn client() -> Client {
        Client::new(Config::new("http://h").credentials(Credentials::new("a", "s"))).unwrap()
    }

    #[test]
    fn empty_upload_id_is_rejected_because_the_url_would_be_for_the_object() {
        let client = client();
        for error in [
            client.presign_upload_part("b", "k", "", 1, HOUR).unwrap_err(),
            client.presign_abort_multipart_upload("b", "k", "", HOUR).unwrap_err(),
            client.presign_complete_multipart_upload("b", "k", "", HOUR).unwrap_err(),
        ] {
            assert!(error.to_string().contains("upload ID is empty"), "{error}");
        }
        for number in [0, 10_001] {
            assert!(client.presign_upload_part("b", "k", "u", number, HOUR).is_err());
        }
    }

    #[test]
    fn query_names_the_part_and_the_upload() {
        let url = client().presign_upload_part("b", "k", "2~a/b", 7, HOUR).unwrap();
        assert!(url.url.starts_with("http://h/b/k?partNumber=7&uploadId=2~a%2Fb&Signature="), "{url}");
        assert_eq!(url.method, "PUT");
        let url = client().presign_create_multipart_upload("b", "k", HOUR).unwrap();
        assert!(url.url.starts_with("http://h/b/k?uploads&Signature=") && url.method == "POST", "{url}");
    }

    #[test]
    fn error_names_the_operation_that_was_presigned() {
        let error = client().presign_get_object("b", "", HOUR).unwrap_err().to_string();
        assert!(error.starts_with("presign GetObject b/: the key is empty"), "{error}");
    }
}
