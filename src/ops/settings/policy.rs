//! GetBucketPolicy, PutBucketPolicy, DeleteBucketPolicy.

use crate::client::Client;
use crate::error::{Error, Result};
use crate::ops::settings::{Owner, Setting};

const POLICY: Setting = Setting {
    get: "GetBucketPolicy",
    put: "PutBucketPolicy",
    delete: "DeleteBucketPolicy",
    subresource: "policy",
    roots: &[],
};

impl Client {
    /// Reads the policy of a bucket, as the JSON that it is; `None` where it has none.
    /// ([GetBucketPolicy](https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetBucketPolicy.html))
    ///
    /// # Errors
    ///
    /// [`Server`](crate::ErrorKind::Server) where the bucket is missing or its policy may not be read;
    /// [`is_not_implemented`](Error::is_not_implemented) where the server has no policies.
    ///
    /// ```no_run
    /// # let client = plain_s3::Client::new(plain_s3::Config::from_env()?)?;
    /// println!("{}", client.get_bucket_policy("my-new-bucket")?.unwrap_or_default());
    /// # Ok::<(), plain_s3::Error>(())
    /// ```
    pub fn get_bucket_policy(&self, bucket: &str) -> Result<Option<String>> {
        self.read_setting(&POLICY, Owner::Bucket(bucket), |response| response.json())
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
        let text = policy.trim();
        if !text.starts_with('{') || !text.ends_with('}') {
            return Err(Error::invalid("the policy is not a JSON object, { … }")
                .with_context(|| format!("{} {bucket}", POLICY.put)));
        }
        self.put_setting(&POLICY, Owner::Bucket(bucket), policy.to_owned())
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
        self.delete_setting(&POLICY, Owner::Bucket(bucket))
    }
}
