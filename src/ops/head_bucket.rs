//! HeadBucket.

use crate::client::Client;
use crate::error::Result;
use crate::operation::Operation;
use crate::ops::head_object::exists;
use crate::request::{Method, Request};
use crate::response::Response;

/// The response to [`Client::head_bucket`].
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct BucketInfo {
    /// The bucket's region, if the server has regions.
    pub region: Option<String>,
}

impl BucketInfo {
    /// Creates a response without a region, for tests of code that handles one.
    pub fn new() -> Self {
        Self::default()
    }
}

fn head_bucket_request(bucket: &str) -> Request<'_> {
    Request::bucket("HeadBucket", Method::Head, bucket)
}

impl Client {
    /// Checks whether a bucket exists and is accessible with these credentials.
    /// ([HeadBucket](https://docs.aws.amazon.com/AmazonS3/latest/API/API_HeadBucket.html))
    ///
    /// # Errors
    ///
    /// Fails with [`Server`](crate::ErrorKind::Server) if the bucket does not exist
    /// ([`is_not_found`](crate::Error::is_not_found)) or belongs to someone else
    /// ([`is_access_denied`](crate::Error::is_access_denied)).
    ///
    /// ```
    /// # let client = include!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/documentation/client.rs"));
    /// println!("region: {:?}", client.head_bucket("my-new-bucket")?.region);
    /// # Ok::<(), plain_s3::Error>(())
    /// ```
    pub fn head_bucket(&self, bucket: &str) -> Result<BucketInfo> {
        self.call_head(&head_bucket_request(bucket), parse)
    }

    /// Returns `true` if a bucket exists and is accessible with these credentials, and `false` if it does not
    /// exist.
    /// ([HeadBucket](https://docs.aws.amazon.com/AmazonS3/latest/API/API_HeadBucket.html))
    ///
    /// # Errors
    ///
    /// Fails with [`Server`](crate::ErrorKind::Server) if the bucket belongs to someone else
    /// ([`is_access_denied`](crate::Error::is_access_denied)).
    ///
    /// ```
    /// # let client = include!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/documentation/client.rs"));
    /// if !client.bucket_exists("my-new-bucket")? {
    ///     client.create_bucket("my-new-bucket")?;
    /// }
    /// # Ok::<(), plain_s3::Error>(())
    /// ```
    pub fn bucket_exists(&self, bucket: &str) -> Result<bool> {
        exists(self.head_bucket(bucket))
            .map_err(|error| error.with_context(|| Operation::on_bucket("bucket_exists", bucket)))
    }
}

fn parse(response: Response) -> Result<BucketInfo> {
    Ok(BucketInfo { region: response.header_owned("x-amz-bucket-region") })
}
