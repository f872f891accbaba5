//! GetBucketLocation.

use crate::client::Client;
use crate::error::Result;
use crate::ops::settings::{Subresource, Target};
use crate::xml;

const LOCATION: Subresource = Subresource {
    get: "GetBucketLocation",
    put: "",
    delete: "",
    name: "location",
    roots: &["LocationConstraint"],
    unset: &[],
};

impl Client {
    /// Reads the region of a bucket, as the server names it; `None` for the server's first or only region,
    /// which on AWS is `us-east-1`.
    /// ([GetBucketLocation](https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetBucketLocation.html))
    ///
    /// # Errors
    ///
    /// [`Server`](crate::ErrorKind::Server) where the bucket is missing or belongs to somebody else.
    ///
    /// ```no_run
    /// # let client = plain_s3::Client::new(plain_s3::Config::from_env()?)?;
    /// println!("{:?}", client.get_bucket_location("my-new-bucket")?);
    /// # Ok::<(), plain_s3::Error>(())
    /// ```
    pub fn get_bucket_location(&self, bucket: &str) -> Result<Option<String>> {
        let place = self.get_setting(&LOCATION, Target::Bucket(bucket), |root| Ok(xml::text(root)))?;
        Ok(place.map(|place| place.trim().to_owned()).filter(|place| !place.is_empty()))
    }
}
