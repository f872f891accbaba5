//! CreateBucket.

use crate::acl::CannedAcl;
use crate::body::Body;
use crate::client::Client;
use crate::error::Result;
use crate::headers::Headers;
use crate::request::{Method, Request};
use crate::xml;

/// What a new bucket is to have beside its name.
#[derive(Clone, Debug, Default)]
pub struct CreateBucketOptions {
    location_constraint: Option<String>,
    headers: Headers,
}

impl CreateBucketOptions {
    /// Nothing but the name.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the bucket's ACL; private by default.
    pub fn acl(mut self, acl: CannedAcl) -> Self {
        self.headers.set("x-amz-acl", acl.as_str());
        self
    }

    /// Names the region or the placement of the new bucket. None is sent unless it is named here.
    ///
    /// On AWS it must be the region of the endpoint, unless that is us-east-1; Ceph takes only its own
    /// placements.
    pub fn location_constraint(mut self, location: impl Into<String>) -> Self {
        self.location_constraint = Some(location.into());
        self
    }
}

impl Client {
    /// Creates a bucket.
    /// ([CreateBucket](https://docs.aws.amazon.com/AmazonS3/latest/API/API_CreateBucket.html))
    ///
    /// # Errors
    ///
    /// [`Server`](crate::ErrorKind::Server): [`is_bucket_already_exists`](crate::Error::is_bucket_already_exists)
    /// where the name is taken. Most servers take the name of your own bucket again without an error. Where
    /// the answer to an earlier attempt was lost, a bucket of yours counts as created.
    ///
    /// ```no_run
    /// # let client = plain_s3::Client::new(plain_s3::Config::from_env()?)?;
    /// client.create_bucket("my-new-bucket")?;
    /// # Ok::<(), plain_s3::Error>(())
    /// ```
    pub fn create_bucket(&self, bucket: &str) -> Result<()> {
        self.create_bucket_with(bucket, &CreateBucketOptions::new())
    }

    /// Creates a bucket with an ACL or in a region of your choice; see [`create_bucket`](Self::create_bucket).
    ///
    /// # Errors
    ///
    /// As [`create_bucket`](Self::create_bucket).
    ///
    /// ```no_run
    /// # let client = plain_s3::Client::new(plain_s3::Config::from_env()?)?;
    /// use plain_s3::{CannedAcl, CreateBucketOptions};
    ///
    /// let options = CreateBucketOptions::new().acl(CannedAcl::PublicRead).location_constraint("eu-west-1");
    /// client.create_bucket_with("my-new-bucket", &options)?;
    /// # Ok::<(), plain_s3::Error>(())
    /// ```
    pub fn create_bucket_with(&self, bucket: &str, options: &CreateBucketOptions) -> Result<()> {
        let mut request = Request::bucket("CreateBucket", Method::Put, bucket).headers(&options.headers);
        let mut text = String::new();
        if let Some(location) = &options.location_constraint {
            text = format!(
                "<CreateBucketConfiguration xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">\
                 <LocationConstraint>{}</LocationConstraint></CreateBucketConfiguration>",
                xml::escape(location)
            );
            request = request.xml_body(&text);
        }
        self.execute_idempotent(&request, &mut Body::from(text).open()?, "BucketAlreadyOwnedByYou")
    }
}
