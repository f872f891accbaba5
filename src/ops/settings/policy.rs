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
    unset: &["NoSuchBucketPolicy"],
};

impl Client {
    /// Reads the policy of a bucket, as the JSON that it is; `None` where it has none.
    /// ([GetBucketPolicy](https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetBucketPolicy.html))
    ///
    /// # Errors
    ///
    /// [`Server`](crate::ErrorKind::Server) where the bucket is missing or its policy may not be read;
    /// [`is_not_implemented`](crate::Error::is_not_implemented) where the server has no policies.
    ///
    /// ```no_run
    /// # let client = plain_s3::Client::new(plain_s3::Config::from_env()?)?;
    /// println!("{}", client.get_bucket_policy("my-new-bucket")?.unwrap_or_default());
    /// # Ok::<(), plain_s3::Error>(())
    /// ```
    pub fn get_bucket_policy(&self, bucket: &str) -> Result<Option<String>> {
        self.call_setting(&POLICY, &POLICY.get_request(Target::Bucket(bucket)), Response::json)
    }

    /// Gives a bucket this policy, a JSON document, in place of any other.
    /// ([PutBucketPolicy](https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketPolicy.html))
    ///
    /// The server checks what it says. A policy may well shut its own author out.
    ///
    /// # Errors
    ///
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) where the text is no JSON object;
    /// [`Server`](crate::ErrorKind::Server) with `MalformedPolicy` where the server does not understand it;
    /// otherwise as [`get_bucket_policy`](Self::get_bucket_policy), which is asked first.
    ///
    /// ```no_run
    /// # let client = plain_s3::Client::new(plain_s3::Config::from_env()?)?;
    /// let everybody_may_read = r#"{
    ///     "Version": "2012-10-17",
    ///     "Statement": [{
    ///         "Effect": "Allow", "Principal": "*", "Action": "s3:GetObject",
    ///         "Resource": "arn:aws:s3:::my-new-bucket/*"
    ///     }]
    /// }"#;
    /// client.put_bucket_policy("my-new-bucket", everybody_may_read)?;
    /// # Ok::<(), plain_s3::Error>(())
    /// ```
    pub fn put_bucket_policy(&self, bucket: &str, policy: &str) -> Result<()> {
        let target = Target::Bucket(bucket);
        let text = policy.trim();
        let request = POLICY
            .put_request(target, policy.to_owned())
            .require(text.starts_with('{') && text.ends_with('}'), || {
                "the policy is not a JSON object, { … }".to_owned()
            });
        self.change_setting(&POLICY, target, request)
    }

    /// Deletes the policy of a bucket. One without a policy is no error.
    /// ([DeleteBucketPolicy](https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteBucketPolicy.html))
    ///
    /// # Errors
    ///
    /// As [`get_bucket_policy`](Self::get_bucket_policy), which is asked first.
    ///
    /// ```no_run
    /// # let client = plain_s3::Client::new(plain_s3::Config::from_env()?)?;
    /// client.delete_bucket_policy("my-new-bucket")?;
    /// # Ok::<(), plain_s3::Error>(())
    /// ```
    pub fn delete_bucket_policy(&self, bucket: &str) -> Result<()> {
        self.delete_setting(&POLICY, Target::Bucket(bucket))
    }
}
