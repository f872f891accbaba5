//! CreateBucket.

use crate::acl::CannedAcl;
use crate::client::Client;
use crate::error::Result;
use crate::event::Event;
use crate::headers::Headers;
use crate::request::{Method, Request};
use crate::signer::RequestSigner;
use crate::xml;

/// The code of the error for a bucket that the caller has already created.
const ALREADY_CREATED: &str = "BucketAlreadyOwnedByYou";
/// The region in which AWS rejects the location.
const DEFAULT: &str = "us-east-1";

/// Options for [`Client::create_bucket_with`]: the ACL, the location and other headers.
#[derive(Clone, Debug, Default)]
#[must_use]
pub struct CreateBucketOptions {
    location_constraint: Option<String>,
    headers: Headers,
}

impl CreateBucketOptions {
    /// Creates the default options: a private bucket in the default location.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the bucket's ACL. The default is private.
    pub fn acl(self, acl: CannedAcl) -> Self {
        self.header("x-amz-acl", acl.as_str())
    }

    /// Sets the region or the placement of the bucket. By default, the client sends its region if the endpoint is
    /// one of AWS and the region is not us-east-1, or if another server rejects the request without it.
    ///
    /// On AWS, it must be the region of the endpoint, unless that is us-east-1. Ceph accepts only its own
    /// placements.
    ///
    /// ```
    /// # let client = include!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/documentation/client.rs"));
    /// use plain_s3::CreateBucketOptions;
    ///
    /// # client.force_delete_bucket("my-new-bucket")?;
    /// let options = CreateBucketOptions::new().location_constraint("eu-west-1");
    /// client.create_bucket_with("my-new-bucket", &options)?;
    /// assert_eq!(client.get_bucket_location("my-new-bucket")?.as_deref(), Some("eu-west-1"));
    /// # Ok::<(), plain_s3::Error>(())
    /// ```
    pub fn location_constraint(mut self, location: impl Into<String>) -> Self {
        self.location_constraint = Some(location.into());
        self
    }

    /// Enables Object Lock, and with it versioning. Neither can be disabled later.
    pub fn object_lock_enabled(self) -> Self {
        self.header("x-amz-bucket-object-lock-enabled", "true")
    }

    /// Sets any other header of the request, such as `x-amz-object-ownership`.
    pub fn header(mut self, name: &str, value: impl Into<String>) -> Self {
        self.headers.set(name, value);
        self
    }
}

/// Returns the request of CreateBucket. AWS requires the location in every region except us-east-1, where it
/// rejects it.
fn create_bucket_request<'a>(
    bucket: &'a str,
    options: &CreateBucketOptions,
    signer: &RequestSigner,
) -> Request<'a> {
    let request = Request::bucket("CreateBucket", Method::Put, bucket).headers(&options.headers);
    let region = signer.region().filter(|&region| signer.endpoint().is_aws() && region != DEFAULT);
    let Some(location) = options.location_constraint.as_deref().or(region) else { return request };
    let mut content = String::new();
    xml::push(&mut content, "LocationConstraint", location);
    request.xml(xml::document("CreateBucketConfiguration", &content))
}

impl Client {
    /// Creates a bucket.
    /// ([CreateBucket](https://docs.aws.amazon.com/AmazonS3/latest/API/API_CreateBucket.html))
    ///
    /// # Errors
    ///
    /// Fails with [`Server`](crate::ErrorKind::Server) if the name is already taken
    /// ([`is_bucket_already_exists`](crate::Error::is_bucket_already_exists)). Most servers succeed if you
    /// already own the bucket. If the response to an earlier attempt was lost, a bucket that you own counts
    /// as created.
    ///
    /// ```
    /// # let client = include!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/documentation/client.rs"));
    /// # client.force_delete_bucket("my-new-bucket")?;
    /// client.create_bucket("my-new-bucket")?;
    /// # Ok::<(), plain_s3::Error>(())
    /// ```
    pub fn create_bucket(&self, bucket: &str) -> Result<()> {
        self.create_bucket_with(bucket, &CreateBucketOptions::new())
    }

    /// Creates a bucket with an ACL or in a given region; see [`create_bucket`](Self::create_bucket).
    ///
    /// # Errors
    ///
    /// Returns the same errors as [`create_bucket`](Self::create_bucket).
    ///
    /// ```
    /// # let client = include!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/documentation/client.rs"));
    /// use plain_s3::{CannedAcl, CreateBucketOptions};
    ///
    /// # client.force_delete_bucket("my-new-bucket")?;
    /// let options = CreateBucketOptions::new().acl(CannedAcl::PublicRead).object_lock_enabled();
    /// client.create_bucket_with("my-new-bucket", &options)?;
    /// # Ok::<(), plain_s3::Error>(())
    /// ```
    pub fn create_bucket_with(&self, bucket: &str, options: &CreateBucketOptions) -> Result<()> {
        let request = create_bucket_request(bucket, options, self.signer());
        let deadline = self.deadline();
        let created = self.call_idempotent(deadline, &request, ALREADY_CREATED);
        // moto and LocalStack require the location as AWS does
        let region =
            self.signer().region().filter(|&region| request.document.is_empty() && region != DEFAULT);
        match (created, region) {
            (Err(error), Some(region)) if error.code() == Some("IllegalLocationConstraintException") => {
                let call = request.describe();
                let correction = format!("location {region}");
                let event = || Event::Corrected { call: &call, correction: &correction };
                self.settings().events.emit(event);
                let options = options.clone().location_constraint(region);
                let request = create_bucket_request(bucket, &options, self.signer());
                self.call_idempotent(deadline, &request, ALREADY_CREATED)
            }
            (created, _) => created,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Config, Credentials};

    #[test]
    fn location_is_sent_to_aws_outside_us_east_1() {
        for (endpoint, region, sent) in [
            ("http://s3.eu-west-1.amazonaws.com", Some("eu-west-1"), true),
            ("http://s3.cn-north-1.amazonaws.com.cn", Some("cn-north-1"), true),
            ("http://s3.us-east-1.amazonaws.com", Some("us-east-1"), false),
            ("http://s3.amazonaws.com", None, false),
            ("http://s3.example.com", Some("eu-west-1"), false),
        ] {
            let config = Config::new(endpoint).credentials(Credentials::new("a", "s"));
            let config = region.map_or(config.clone(), |region| config.region(region));
            let signer = RequestSigner::new(&config).unwrap();
            let request = create_bucket_request("b", &CreateBucketOptions::new(), &signer);
            let location = format!("<LocationConstraint>{}</LocationConstraint>", region.unwrap_or_default());
            assert_eq!(request.document.contains(&location), sent, "{endpoint}");
            let own = CreateBucketOptions::new().location_constraint("EU");
            assert!(create_bucket_request("b", &own, &signer).document.contains(">EU<"));
        }
    }
}
