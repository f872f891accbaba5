//! GetBucketPolicy, PutBucketPolicy, DeleteBucketPolicy.

use crate::client::Client;
use crate::error::Result;
use crate::ops::settings::{Subresource, Target};
use crate::response::Response;

const POLICY: Subresource = Subresource {
    get: "GetBucketPolicy",
    put: "PutBucketPolicy",
    delete: "DeleteBucketPolicy",
    name: "policy",
    roots: &[],
    children: &[],
    unset: &["NoSuchBucketPolicy"],
};

impl Client {
    /// Returns the policy of a bucket as JSON, or `None` if it has none.
    /// ([GetBucketPolicy](https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetBucketPolicy.html))
    ///
    /// # Errors
    ///
    /// Fails with [`Server`](crate::ErrorKind::Server) if the bucket does not exist, you may not read its
    /// policy, or the server does not support policies
    /// ([`is_not_implemented`](crate::Error::is_not_implemented)).
    ///
    /// ```
    /// # let client = include!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/documentation/client.rs"));
    /// println!("{}", client.get_bucket_policy("my-new-bucket")?.unwrap_or_default());
    /// # Ok::<(), plain_s3::Error>(())
    /// ```
    pub fn get_bucket_policy(&self, bucket: &str) -> Result<Option<String>> {
        self.call_setting(self.deadline(), &POLICY, Target::Bucket(bucket), Response::json)
    }

    /// Replaces the policy of a bucket, a JSON document.
    /// ([PutBucketPolicy](https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketPolicy.html))
    ///
    /// The document is sent unchanged; the server validates it. A policy can lock out its own author.
    ///
    /// # Errors
    ///
    /// Fails with [`InvalidInput`](crate::ErrorKind::InvalidInput) if the text is not a JSON object, and with
    /// [`Server`](crate::ErrorKind::Server), usually `MalformedPolicy`, if the server does not accept it.
    /// Otherwise returns the same errors as [`get_bucket_policy`](Self::get_bucket_policy), which is called
    /// first.
    ///
    /// ```
    /// # let client = include!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/documentation/client.rs"));
    /// let public_read = r#"{
    ///     "Version": "2012-10-17",
    ///     "Statement": [{
    ///         "Effect": "Allow", "Principal": "*", "Action": "s3:GetObject",
    ///         "Resource": "arn:aws:s3:::my-new-bucket/*"
    ///     }]
    /// }"#;
    /// client.put_bucket_policy("my-new-bucket", public_read)?;
    /// # Ok::<(), plain_s3::Error>(())
    /// ```
    pub fn put_bucket_policy(&self, bucket: &str, policy: &str) -> Result<()> {
        let target = Target::Bucket(bucket);
        let text = policy.trim();
        let is_object = text.starts_with('{') && text.ends_with('}');
        let request = POLICY
            .put_request(target, policy.to_owned())
            .require(is_object, || "the policy is not a JSON object, { … }".to_owned());
        self.change_setting(&POLICY, target, &request)
    }

    /// Deletes the policy of a bucket. Succeeds if it has none.
    /// ([DeleteBucketPolicy](https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteBucketPolicy.html))
    ///
    /// # Errors
    ///
    /// Returns the same errors as [`get_bucket_policy`](Self::get_bucket_policy), which is called first.
    ///
    /// ```
    /// # let client = include!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/documentation/client.rs"));
    /// client.delete_bucket_policy("my-new-bucket")?;
    /// # Ok::<(), plain_s3::Error>(())
    /// ```
    pub fn delete_bucket_policy(&self, bucket: &str) -> Result<()> {
        self.delete_setting(&POLICY, Target::Bucket(bucket))
    }
}
