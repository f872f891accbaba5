//! HeadObject.

use crate::client::Client;
use crate::error::Result;
use crate::metadata::ObjectMetadata;
use crate::operation::Operation;
use crate::ops::options::get_object::GetObjectOptions;
use crate::request::{Method, Request};
use crate::response::{MAX_OFFSET, Response};

/// Returns the request of HeadObject.
pub(crate) fn head_object_request<'a>(
    bucket: &'a str,
    key: &'a str,
    options: &'a GetObjectOptions,
) -> Request<'a> {
    options.apply(Request::object("HeadObject", Method::Head, bucket, key))
}

impl Client {
    /// Returns an object's metadata without its content.
    /// ([HeadObject](https://docs.aws.amazon.com/AmazonS3/latest/API/API_HeadObject.html))
    ///
    /// # Errors
    ///
    /// Fails with [`Server`](crate::ErrorKind::Server) if the object or the bucket does not exist
    /// ([`is_not_found`](crate::Error::is_not_found)). Responses to HEAD have no body, so the error code is
    /// the usual one for the status.
    ///
    /// ```
    /// # let client = include!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/documentation/client.rs"));
    /// let object = client.head_object("my-new-bucket", "hello.txt")?;
    /// println!("{} bytes, stored {}", object.content_length, object.last_modified);
    /// # Ok::<(), plain_s3::Error>(())
    /// ```
    pub fn head_object(&self, bucket: &str, key: &str) -> Result<ObjectMetadata> {
        self.head_object_with(bucket, key, &GetObjectOptions::new())
    }

    /// Returns `true` if an object exists.
    /// ([HeadObject](https://docs.aws.amazon.com/AmazonS3/latest/API/API_HeadObject.html))
    ///
    /// Returns `false` if there is no object with this key, also if its latest version is a delete marker or if
    /// the bucket itself does not exist: responses to HEAD do not distinguish them.
    ///
    /// # Errors
    ///
    /// Returns the other errors of [`head_object`](Self::head_object). Without the permission to list the
    /// bucket, AWS returns 403 for a missing object ([`is_access_denied`](crate::Error::is_access_denied)).
    ///
    /// ```
    /// # let client = include!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/documentation/client.rs"));
    /// if !client.object_exists("my-new-bucket", "hello.txt")? {
    ///     client.put_object("my-new-bucket", "hello.txt", "Hello World!")?;
    /// }
    /// # Ok::<(), plain_s3::Error>(())
    /// ```
    pub fn object_exists(&self, bucket: &str, key: &str) -> Result<bool> {
        exists(self.head_object(bucket, key))
            .map_err(|error| error.with_context(|| Operation::on_object("object_exists", bucket, key)))
    }

    /// Returns the metadata of a version of an object, or under conditions; see
    /// [`head_object`](Self::head_object).
    ///
    /// # Errors
    ///
    /// Returns the same errors as [`head_object`](Self::head_object), and those of the options:
    /// [`is_not_modified`](crate::Error::is_not_modified) and
    /// [`is_precondition_failed`](crate::Error::is_precondition_failed).
    ///
    /// ```
    /// # let client = include!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/documentation/client.rs"));
    /// # let version_id = client.head_object("my-archive", "hello.txt")?.version_id.unwrap();
    /// use plain_s3::GetObjectOptions;
    ///
    /// let old = GetObjectOptions::new().version_id(version_id);
    /// println!("{:?}", client.head_object_with("my-archive", "hello.txt", &old)?.e_tag);
    /// # Ok::<(), plain_s3::Error>(())
    /// ```
    pub fn head_object_with(
        &self,
        bucket: &str,
        key: &str,
        options: &GetObjectOptions,
    ) -> Result<ObjectMetadata> {
        self.call_head(&head_object_request(bucket, key, options), |response| parse(response, options))
    }
}

/// Returns whether a HEAD found what it was sent for.
pub(super) fn exists<T>(found: Result<T>) -> Result<bool> {
    match found {
        Ok(_) => Ok(true),
        Err(error) if error.is_not_found() => Ok(false),
        Err(error) => Err(error),
    }
}

fn parse(response: Response, options: &GetObjectOptions) -> Result<ObjectMetadata> {
    // Ceph 20 describes a part with the status 200
    let is_part = response.status == 206 || response.header("x-amz-mp-parts-count").is_some();
    if options.is_part() && !is_part {
        return Err(response.unexpected("the server described the whole object instead of a part"));
    }
    // GCS does not announce the length of compressed objects
    let header = response.header("content-length").or(response.header("x-goog-stored-content-length"));
    let length = header.and_then(|length| length.parse().ok());
    // a copy in parts computes the offsets of its parts from it
    match length.filter(|&length| length <= MAX_OFFSET) {
        Some(length) => Ok(ObjectMetadata::new(response.headers, length)),
        None => Err(response.unexpected("the response has no valid Content-Length")),
    }
}
