//! HeadObject.

use crate::client::Client;
use crate::error::Result;
use crate::metadata::ObjectMetadata;
use crate::ops::get_object::GetObjectOptions;
use crate::request::{Method, Request};
use crate::response::Response;

impl Client {
    /// Reads an object's properties without its content.
    /// ([HeadObject](https://docs.aws.amazon.com/AmazonS3/latest/API/API_HeadObject.html))
    ///
    /// # Errors
    ///
    /// [`Server`](crate::ErrorKind::Server): [`is_not_found`](crate::Error::is_not_found) where there is no such
    /// object or bucket. An answer to HEAD has no body, so the code is that of its status.
    ///
    /// ```no_run
    /// # let client = plain_s3::Client::new(plain_s3::Config::from_env()?)?;
    /// let object = client.head_object("my-new-bucket", "hello.txt")?;
    /// println!("{} bytes, stored {}", object.content_length, object.last_modified);
    /// # Ok::<(), plain_s3::Error>(())
    /// ```
    pub fn head_object(&self, bucket: &str, key: &str) -> Result<ObjectMetadata> {
        self.head_object_with(bucket, key, &GetObjectOptions::new())
    }

    /// Reads the properties of one version, or under a condition; see [`head_object`](Self::head_object).
    ///
    /// # Errors
    ///
    /// As [`head_object`](Self::head_object); [`is_not_modified`](crate::Error::is_not_modified) and
    /// [`is_precondition_failed`](crate::Error::is_precondition_failed) where a condition does not hold.
    ///
    /// ```no_run
    /// # let client = plain_s3::Client::new(plain_s3::Config::from_env()?)?;
    /// use plain_s3::GetObjectOptions;
    ///
    /// let old = GetObjectOptions::new().version_id("3HL4kqtJlcpXroDTDmJ");
    /// println!("{:?}", client.head_object_with("my-new-bucket", "hello.txt", &old)?.e_tag);
    /// # Ok::<(), plain_s3::Error>(())
    /// ```
    pub fn head_object_with(
        &self,
        bucket: &str,
        key: &str,
        options: &GetObjectOptions,
    ) -> Result<ObjectMetadata> {
        let request = options.apply(Request::object("HeadObject", Method::Head, bucket, key))?;
        self.call(&request, |response: Response| {
            if options.is_of_part() && response.status != 206 {
                return Err(
                    response.unexpected("the server told of the whole object where a part was asked for")
                );
            }
            let length = response.header("content-length").and_then(|length| length.parse().ok());
            match length {
                Some(length) => Ok(ObjectMetadata::new(response.headers, length)),
                None => Err(response.unexpected("the answer has no Content-Length")),
            }
        })
    }
}
