//! GetBucketVersioning, PutBucketVersioning.

use roxmltree::Node;

use crate::client::Client;
use crate::error::Result;
use crate::names::impl_names;
use crate::ops::settings::{Subresource, Target, parse_child};
use crate::xml;

const VERSIONING: Subresource = Subresource {
    get: "GetBucketVersioning",
    put: "PutBucketVersioning",
    delete: "",
    name: "versioning",
    // the second is the one of moto
    roots: &["VersioningConfiguration", "GetBucketVersioningResponse"],
    children: &["Status", "MfaDelete"],
    unset: &[],
};

/// The versioning status of a bucket.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Versioning {
    /// Objects that are replaced or deleted are kept as noncurrent versions.
    Enabled,
    /// Existing versions are kept, but no new ones are created: new objects have the version ID `null`.
    Suspended,
}

impl_names! {
    Versioning, "versioning status";
    /// Returns the name of the status in S3, such as `Enabled`.
    as_str;
    Enabled => "Enabled",
    Suspended => "Suspended",
}

/// # Bucket settings
///
/// A setting is read before it is changed, so that a server that does not implement it never receives the change.
/// The methods for tags also exist for objects.
impl Client {
    /// Returns the versioning status of a bucket, or `None` if versioning was never enabled.
    /// ([GetBucketVersioning](https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetBucketVersioning.html))
    ///
    /// # Errors
    ///
    /// Fails with [`Server`](crate::ErrorKind::Server) if the bucket does not exist or the server does not
    /// support versioning ([`is_not_implemented`](crate::Error::is_not_implemented)).
    ///
    /// ```
    /// # let client = include!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/documentation/client.rs"));
    /// println!("{:?}", client.get_bucket_versioning("my-new-bucket")?);
    /// # Ok::<(), plain_s3::Error>(())
    /// ```
    pub fn get_bucket_versioning(&self, bucket: &str) -> Result<Option<Versioning>> {
        Ok(self.get_setting(&VERSIONING, Target::Bucket(bucket), read)?.flatten())
    }

    /// Enables or suspends versioning. Once enabled, it cannot be disabled, only suspended.
    /// ([PutBucketVersioning](https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketVersioning.html))
    ///
    /// # Errors
    ///
    /// Returns the same errors as [`get_bucket_versioning`](Self::get_bucket_versioning), which is called
    /// first.
    ///
    /// ```
    /// # let client = include!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/documentation/client.rs"));
    /// client.put_bucket_versioning("my-new-bucket", plain_s3::Versioning::Enabled)?;
    /// # Ok::<(), plain_s3::Error>(())
    /// ```
    pub fn put_bucket_versioning(&self, bucket: &str, versioning: Versioning) -> Result<()> {
        self.put_setting(&VERSIONING, Target::Bucket(bucket), write(versioning))
    }
}

fn write(versioning: Versioning) -> String {
    let mut content = String::new();
    xml::push(&mut content, "Status", versioning.as_str());
    VERSIONING.document(&content)
}

/// Returns `None` for a bucket that never had versioning: its document has no status.
fn read(root: Node<'_, '_>) -> Result<Option<Versioning>> {
    parse_child(root, "Status")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn written_status_reads_back_equal() {
        for versioning in [Versioning::Enabled, Versioning::Suspended] {
            assert_eq!(VERSIONING.parse(&write(versioning), read).unwrap(), Some(versioning));
        }
        assert_eq!(VERSIONING.parse("<VersioningConfiguration/>", read).unwrap(), None);
    }
}
