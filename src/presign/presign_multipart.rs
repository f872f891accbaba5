//! Signed URLs for an upload in parts that others carry out.

use std::time::Duration;

use crate::client::Client;
use crate::error::Result;
use crate::presign::url::{PresignedUrl, UrlOptions};
use crate::request::Method;

impl Client {
    /// Signs a URL that lets anybody begin an upload in parts, by HTTP POST. Nothing is sent.
    ///
    /// The answer to it is the XML of
    /// [CreateMultipartUpload](https://docs.aws.amazon.com/AmazonS3/latest/API/API_CreateMultipartUpload.html),
    /// with the `UploadId`. Mostly this step is done by whoever has the credentials.
    ///
    /// # Errors
    ///
    /// As [`presign_get_object`](Self::presign_get_object).
    ///
    /// ```no_run
    /// # let client = plain_s3::Client::new(plain_s3::Config::from_env()?)?;
    /// # let hour = std::time::Duration::from_secs(3600);
    /// let begin = client.presign_create_multipart_upload("my-new-bucket", "backup.tar", hour)?;
    /// println!("curl -X POST '{begin}'");
    /// # Ok::<(), plain_s3::Error>(())
    /// ```
    pub fn presign_create_multipart_upload(
        &self,
        bucket: &str,
        key: &str,
        expires: Duration,
    ) -> Result<PresignedUrl> {
        self.presign_create_multipart_upload_with(bucket, key, expires, &UrlOptions::new())
    }

    /// Signs such a URL with headers for the object, such as its media type; see
    /// [`presign_create_multipart_upload`](Self::presign_create_multipart_upload).
    ///
    /// # Errors
    ///
    /// As [`presign_get_object`](Self::presign_get_object).
    ///
    /// ```no_run
    /// # let client = plain_s3::Client::new(plain_s3::Config::from_env()?)?;
    /// # let hour = std::time::Duration::from_secs(3600);
    /// let tar = plain_s3::UrlOptions::new().header("content-type", "application/x-tar");
    /// let begin = client.presign_create_multipart_upload_with("my-new-bucket", "backup.tar", hour, &tar)?;
    /// # Ok::<(), plain_s3::Error>(())
    /// ```
    pub fn presign_create_multipart_upload_with(
        &self,
        bucket: &str,
        key: &str,
        expires: Duration,
        options: &UrlOptions,
    ) -> Result<PresignedUrl> {
        let request = options.request("presign_create_multipart_upload", Method::Post, bucket, key);
        self.presign_url(request.subresource("uploads"), expires, options)
    }

    /// Signs a URL that lets anybody upload one part, by HTTP PUT. Nothing is sent.
    ///
    /// Parts are numbered from 1 to 10,000, and each but the last has at least 5 MiB. The answer's `ETag` is
    /// needed to complete the upload.
    ///
    /// # Errors
    ///
    /// As [`presign_get_object`](Self::presign_get_object);
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) also where the upload id is empty or the number is out of
    /// bounds.
    ///
    /// ```no_run
    /// # let client = plain_s3::Client::new(plain_s3::Config::from_env()?)?;
    /// # let (hour, upload_id) = (std::time::Duration::from_secs(3600), "2~abc");
    /// for number in 1..=3 {
    ///     let part = client.presign_upload_part("my-new-bucket", "backup.tar", upload_id, number, hour)?;
    ///     println!("curl -T part{number} '{part}'");
    /// }
    /// # Ok::<(), plain_s3::Error>(())
    /// ```
    pub fn presign_upload_part(
        &self,
        bucket: &str,
        key: &str,
        upload_id: &str,
        part_number: u32,
        expires: Duration,
    ) -> Result<PresignedUrl> {
        self.presign_upload_part_with(bucket, key, upload_id, part_number, expires, &UrlOptions::new())
    }

    /// Signs such a URL with headers that must be sent, such as `content-md5`; see
    /// [`presign_upload_part`](Self::presign_upload_part).
    ///
    /// # Errors
    ///
    /// As [`presign_upload_part`](Self::presign_upload_part).
    ///
    /// ```no_run
    /// # let client = plain_s3::Client::new(plain_s3::Config::from_env()?)?;
    /// # let (hour, upload_id) = (std::time::Duration::from_secs(3600), "2~abc");
    /// let sum = plain_s3::UrlOptions::new().header("content-md5", "1B2M2Y8AsgTpgAmY7PhCfg==");
    /// let part = client.presign_upload_part_with("my-new-bucket", "backup.tar", upload_id, 1, hour, &sum)?;
    /// # Ok::<(), plain_s3::Error>(())
    /// ```
    pub fn presign_upload_part_with(
        &self,
        bucket: &str,
        key: &str,
        upload_id: &str,
        part_number: u32,
        expires: Duration,
        options: &UrlOptions,
    ) -> Result<PresignedUrl> {
        let request = options.request("presign_upload_part", Method::Put, bucket, key);
        let request = request.query("partNumber", part_number.to_string()).query("uploadId", upload_id);
        self.presign_url(request, expires, options)
    }

    /// Signs a URL that lets anybody complete an upload in parts, by HTTP POST. Nothing is sent.
    ///
    /// The body that is sent to it is the XML of
    /// [CompleteMultipartUpload](https://docs.aws.amazon.com/AmazonS3/latest/API/API_CompleteMultipartUpload.html).
    /// An answer of 200 may hold an `<Error>`.
    ///
    /// # Errors
    ///
    /// As [`presign_upload_part`](Self::presign_upload_part).
    ///
    /// ```no_run
    /// # let client = plain_s3::Client::new(plain_s3::Config::from_env()?)?;
    /// # let (hour, upload_id) = (std::time::Duration::from_secs(3600), "2~abc");
    /// let end = client.presign_complete_multipart_upload("my-new-bucket", "backup.tar", upload_id, hour)?;
    /// println!("curl -X POST -d @parts.xml '{end}'");
    /// # Ok::<(), plain_s3::Error>(())
    /// ```
    pub fn presign_complete_multipart_upload(
        &self,
        bucket: &str,
        key: &str,
        upload_id: &str,
        expires: Duration,
    ) -> Result<PresignedUrl> {
        self.presign_upload(
            "presign_complete_multipart_upload",
            Method::Post,
            (bucket, key),
            upload_id,
            expires,
        )
    }

    /// Signs a URL that lets anybody abort an upload in parts, by HTTP DELETE. Nothing is sent.
    ///
    /// # Errors
    ///
    /// As [`presign_upload_part`](Self::presign_upload_part).
    ///
    /// ```no_run
    /// # let client = plain_s3::Client::new(plain_s3::Config::from_env()?)?;
    /// # let (hour, upload_id) = (std::time::Duration::from_secs(3600), "2~abc");
    /// let abort = client.presign_abort_multipart_upload("my-new-bucket", "backup.tar", upload_id, hour)?;
    /// println!("curl -X DELETE '{abort}'");
    /// # Ok::<(), plain_s3::Error>(())
    /// ```
    pub fn presign_abort_multipart_upload(
        &self,
        bucket: &str,
        key: &str,
        upload_id: &str,
        expires: Duration,
    ) -> Result<PresignedUrl> {
        self.presign_upload(
            "presign_abort_multipart_upload",
            Method::Delete,
            (bucket, key),
            upload_id,
            expires,
        )
    }

    fn presign_upload(
        &self,
        name: &'static str,
        method: Method,
        (bucket, key): (&str, &str),
        upload_id: &str,
        expires: Duration,
    ) -> Result<PresignedUrl> {
        let options = UrlOptions::new();
        let request = options.request(name, method, bucket, key);
        self.presign_url(request.query("uploadId", upload_id), expires, &options)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Config, Credentials};

    fn client() -> Client {
        Client::new(Config::new("http://h").credentials(Credentials::new("a", "s"))).unwrap()
    }

    const HOUR: Duration = Duration::from_secs(3600);

    #[test]
    fn an_upload_without_an_id_would_be_another_action() {
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
    fn the_query_names_the_part_and_the_upload() {
        let url = client().presign_upload_part("b", "k", "2~a/b", 7, HOUR).unwrap();
        assert!(url.url.starts_with("http://h/b/k?partNumber=7&uploadId=2~a%2Fb&Signature="), "{url}");
        assert_eq!(url.method, "PUT");
        let url = client().presign_create_multipart_upload("b", "k", HOUR).unwrap();
        assert!(url.url.starts_with("http://h/b/k?uploads&Signature=") && url.method == "POST", "{url}");
    }
}
