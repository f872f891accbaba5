//! GetBucketVersioning, PutBucketVersioning.

use crate::client::Client;
use crate::error::{Error, ErrorKind, Result};
use crate::names::impl_names;
use crate::ops::settings::{Subresource, Target};
use crate::xml;

const VERSIONING: Subresource = Subresource {
    get: "GetBucketVersioning",
    put: "PutBucketVersioning",
    delete: "",
    name: "versioning",
    roots: &["VersioningConfiguration"],
    unset: &[],
};

/// Whether a bucket keeps versions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Versioning {
    /// Whatever is stored or deleted, what was there before is kept as a version.
    Enabled,
    /// Versions that are there stay, and no new ones are made: what is stored has the version `null`.
    Suspended,
}

impl_names! {
    Versioning, "versioning status";
    /// Returns the name of the status in S3, such as `Enabled`.
    as_str;
    Enabled => "Enabled",
    Suspended => "Suspended",
}

impl Client {
    /// Reads whether a bucket keeps versions; `None` where it never did.
    /// ([GetBucketVersioning](https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetBucketVersioning.html))
    ///
    /// # Errors
    ///
    /// [`Server`](ErrorKind::Server) where the bucket is missing;
    /// [`is_not_implemented`](Error::is_not_implemented) where the server has no versions.
    ///
    /// ```no_run
    /// # let client = plain_s3::Client::new(plain_s3::Config::from_env()?)?;
    /// println!("{:?}", client.get_bucket_versioning("my-new-bucket")?);
    /// # Ok::<(), plain_s3::Error>(())
    /// ```
    pub fn get_bucket_versioning(&self, bucket: &str) -> Result<Option<Versioning>> {
        let status =
            self.get_setting(&VERSIONING, Target::Bucket(bucket), |root| {
                match xml::child_text(root, "Status").as_deref() {
                    None => Ok(None),
                    Some("Enabled") => Ok(Some(Versioning::Enabled)),
                    Some("Suspended") => Ok(Some(Versioning::Suspended)),
                    Some(other) => {
                        Err(Error::new(ErrorKind::UnexpectedResponse, format!("the status is {other:?}")))
                    }
                }
            })?;
        Ok(status.flatten())
    }

    /// Has a bucket keep versions, or suspends that. It cannot be made as if it never had.
    /// ([PutBucketVersioning](https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketVersioning.html))
    ///
    /// # Errors
    ///
    /// As [`get_bucket_versioning`](Self::get_bucket_versioning), which is asked first.
    ///
    /// ```no_run
    /// # let client = plain_s3::Client::new(plain_s3::Config::from_env()?)?;
    /// client.put_bucket_versioning("my-new-bucket", plain_s3::Versioning::Enabled)?;
    /// # Ok::<(), plain_s3::Error>(())
    /// ```
    pub fn put_bucket_versioning(&self, bucket: &str, versioning: Versioning) -> Result<()> {
        let mut content = String::new();
        xml::push(&mut content, "Status", versioning.as_str());
        let text = xml::document(VERSIONING.roots[0], &content);
        self.put_setting(&VERSIONING, Target::Bucket(bucket), text)
    }
}
