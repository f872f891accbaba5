//! Signed URLs of objects: whoever has one may do what was signed, until it expires.

use std::time::Duration;

use crate::client::Client;
use crate::error::Result;
use crate::presign::url::{PresignedUrl, UrlOptions};
use crate::request::{Method, Request};

impl Client {
    /// Signs a URL that lets anybody download a private object until it expires. Nothing is sent.
    ///
    /// `expires` is the time from now, in whole seconds: at least 1 and, under Signature V4, at most 7 days.
    ///
    /// # Errors
    ///
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) where the expiry is out of bounds, the client has no
    /// credentials, or the bucket or the key cannot be one.
    ///
    /// ```
    /// # fn main() -> plain_s3::Result<()> {
    /// # use plain_s3::{Client, Config, Credentials};
    /// use std::time::Duration;
    ///
    /// let config = Config::new("http://objects-us-west-1.dream.io").credentials(Credentials::new("access", "secret"));
    /// let client = Client::new(config)?;
    /// let hour = Duration::from_secs(3600);
    /// println!("{}", client.presign_get_object("my-bucket-name", "secret_plans.txt", hour)?);
    /// # Ok(())
    /// # }
    /// ```
    pub fn presign_get_object(&self, bucket: &str, key: &str, expires: Duration) -> Result<PresignedUrl> {
        self.presign_get_object_with(bucket, key, expires, &UrlOptions::new())
    }

    /// Signs a download URL with response overrides, of one version, or forced to plain HTTP; see
    /// [`presign_get_object`](Self::presign_get_object).
    ///
    /// # Errors
    ///
    /// As [`presign_get_object`](Self::presign_get_object).
    ///
    /// ```no_run
    /// # let client = plain_s3::Client::new(plain_s3::Config::from_env()?)?;
    /// # let hour = std::time::Duration::from_secs(3600);
    /// use plain_s3::UrlOptions;
    ///
    /// let save_as = UrlOptions::new().response_content_disposition("attachment; filename=\"plans.txt\"");
    /// println!("{}", client.presign_get_object_with("my-new-bucket", "secret_plans.txt", hour, &save_as)?);
    /// # Ok::<(), plain_s3::Error>(())
    /// ```
    pub fn presign_get_object_with(
        &self,
        bucket: &str,
        key: &str,
        expires: Duration,
        options: &UrlOptions,
    ) -> Result<PresignedUrl> {
        self.presign_url(options.request("presign_get_object", Method::Get, bucket, key), expires, options)
    }

    /// Signs a URL that lets anybody store an object under this key until it expires, by HTTP PUT. Nothing is sent.
    ///
    /// # Errors
    ///
    /// As [`presign_get_object`](Self::presign_get_object).
    ///
    /// ```no_run
    /// # let client = plain_s3::Client::new(plain_s3::Config::from_env()?)?;
    /// # let hour = std::time::Duration::from_secs(3600);
    /// let upload = client.presign_put_object("my-new-bucket", "inbox/report.pdf", hour)?;
    /// println!("curl -T report.pdf '{upload}'");
    /// # Ok::<(), plain_s3::Error>(())
    /// ```
    pub fn presign_put_object(&self, bucket: &str, key: &str, expires: Duration) -> Result<PresignedUrl> {
        self.presign_put_object_with(bucket, key, expires, &UrlOptions::new())
    }

    /// Signs an upload URL that requires headers, such as a media type; see
    /// [`presign_put_object`](Self::presign_put_object).
    ///
    /// # Errors
    ///
    /// As [`presign_get_object`](Self::presign_get_object).
    ///
    /// ```no_run
    /// # let client = plain_s3::Client::new(plain_s3::Config::from_env()?)?;
    /// # let hour = std::time::Duration::from_secs(3600);
    /// use plain_s3::UrlOptions;
    ///
    /// let pdf = UrlOptions::new().header("content-type", "application/pdf");
    /// let upload = client.presign_put_object_with("my-new-bucket", "inbox/report.pdf", hour, &pdf)?;
    /// for (name, value) in &upload.headers {
    ///     println!("send along {name}: {value}");
    /// }
    /// # Ok::<(), plain_s3::Error>(())
    /// ```
    pub fn presign_put_object_with(
        &self,
        bucket: &str,
        key: &str,
        expires: Duration,
        options: &UrlOptions,
    ) -> Result<PresignedUrl> {
        self.presign_url(options.request("presign_put_object", Method::Put, bucket, key), expires, options)
    }

    /// Signs a URL that lets anybody read an object's properties until it expires, by HTTP HEAD. Nothing is sent.
    ///
    /// # Errors
    ///
    /// As [`presign_get_object`](Self::presign_get_object).
    ///
    /// ```no_run
    /// # let client = plain_s3::Client::new(plain_s3::Config::from_env()?)?;
    /// # let hour = std::time::Duration::from_secs(3600);
    /// println!("curl -I '{}'", client.presign_head_object("my-new-bucket", "secret_plans.txt", hour)?);
    /// # Ok::<(), plain_s3::Error>(())
    /// ```
    pub fn presign_head_object(&self, bucket: &str, key: &str, expires: Duration) -> Result<PresignedUrl> {
        self.presign_head_object_with(bucket, key, expires, &UrlOptions::new())
    }

    /// Signs such a URL of one version; see [`presign_head_object`](Self::presign_head_object).
    ///
    /// # Errors
    ///
    /// As [`presign_get_object`](Self::presign_get_object).
    ///
    /// ```no_run
    /// # let client = plain_s3::Client::new(plain_s3::Config::from_env()?)?;
    /// # let hour = std::time::Duration::from_secs(3600);
    /// let old = plain_s3::UrlOptions::new().version_id("3HL4kqtJlcpXroDTDmJ");
    /// println!("{}", client.presign_head_object_with("my-new-bucket", "secret_plans.txt", hour, &old)?);
    /// # Ok::<(), plain_s3::Error>(())
    /// ```
    pub fn presign_head_object_with(
        &self,
        bucket: &str,
        key: &str,
        expires: Duration,
        options: &UrlOptions,
    ) -> Result<PresignedUrl> {
        self.presign_url(options.request("presign_head_object", Method::Head, bucket, key), expires, options)
    }

    /// Signs a URL that lets anybody delete an object until it expires, by HTTP DELETE. Nothing is sent.
    ///
    /// # Errors
    ///
    /// As [`presign_get_object`](Self::presign_get_object).
    ///
    /// ```no_run
    /// # let client = plain_s3::Client::new(plain_s3::Config::from_env()?)?;
    /// # let hour = std::time::Duration::from_secs(3600);
    /// println!("curl -X DELETE '{}'", client.presign_delete_object("my-new-bucket", "goodbye.txt", hour)?);
    /// # Ok::<(), plain_s3::Error>(())
    /// ```
    pub fn presign_delete_object(&self, bucket: &str, key: &str, expires: Duration) -> Result<PresignedUrl> {
        self.presign_delete_object_with(bucket, key, expires, &UrlOptions::new())
    }

    /// Signs a URL to delete one version; see [`presign_delete_object`](Self::presign_delete_object).
    ///
    /// # Errors
    ///
    /// As [`presign_get_object`](Self::presign_get_object).
    ///
    /// ```no_run
    /// # let client = plain_s3::Client::new(plain_s3::Config::from_env()?)?;
    /// # let hour = std::time::Duration::from_secs(3600);
    /// let old = plain_s3::UrlOptions::new().version_id("3HL4kqtJlcpXroDTDmJ");
    /// println!("{}", client.presign_delete_object_with("my-new-bucket", "goodbye.txt", hour, &old)?);
    /// # Ok::<(), plain_s3::Error>(())
    /// ```
    pub fn presign_delete_object_with(
        &self,
        bucket: &str,
        key: &str,
        expires: Duration,
        options: &UrlOptions,
    ) -> Result<PresignedUrl> {
        let request = options.request("presign_delete_object", Method::Delete, bucket, key);
        self.presign_url(request, expires, options)
    }

    pub(super) fn presign_url(
        &self,
        request: Request<'_>,
        expires: Duration,
        options: &UrlOptions,
    ) -> Result<PresignedUrl> {
        self.signer().presign_at(self.now(), &options.endpoint(self), request, expires)
    }
}
