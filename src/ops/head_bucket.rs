//! HeadBucket.

use crate::client::Client;
use crate::error::Result;
use crate::request::{Method, Request};

/// What a server tells of a bucket that exists and may be used.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct BucketInfo {
    /// The bucket's region, where the server has regions.
    pub region: Option<String>,
}

impl Client {
    /// Asks whether a bucket exists and these credentials may use it.
    /// ([HeadBucket](https://docs.aws.amazon.com/AmazonS3/latest/API/API_HeadBucket.html))
    ///
    /// # Errors
    ///
    /// [`Server`](crate::ErrorKind::Server): [`is_not_found`](crate::Error::is_not_found) where there is no such
    /// bucket, [`is_access_denied`](crate::Error::is_access_denied) where it is another's.
    ///
    /// ```no_run
    /// # let client = plain_s3::Client::new(plain_s3::Config::from_env()?)?;
    /// match client.head_bucket("my-new-bucket") {
    ///     Ok(_) => println!("there"),
    ///     Err(error) if error.is_not_found() => println!("not there"),
    ///     Err(error) => return Err(error),
    /// }
    /// # Ok::<(), plain_s3::Error>(())
    /// ```
    pub fn head_bucket(&self, bucket: &str) -> Result<BucketInfo> {
        let request = Request::bucket("HeadBucket", Method::Head, bucket);
        self.call(&request, |response| {
            Ok(BucketInfo { region: response.header_owned("x-amz-bucket-region") })
        })
    }
}
