//! GetBucketLocation.

use roxmltree::Node;

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
    children: &["LocationConstraint"],
    unset: &[],
};

impl Client {
    /// Returns the region of a bucket, or `None` for the default region, which is `us-east-1` on AWS.
    /// ([GetBucketLocation](https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetBucketLocation.html))
    ///
    /// # Errors
    ///
    /// Fails with [`Server`](crate::ErrorKind::Server) if the bucket does not exist or belongs to another
    /// user.
    ///
    /// ```
    /// # let client = include!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/documentation/client.rs"));
    /// println!("{:?}", client.get_bucket_location("my-new-bucket")?);
    /// # Ok::<(), plain_s3::Error>(())
    /// ```
    pub fn get_bucket_location(&self, bucket: &str) -> Result<Option<String>> {
        Ok(self.get_setting(&LOCATION, Target::Bucket(bucket), read)?.flatten())
    }
}

fn read(root: Node<'_, '_>) -> Result<Option<String>> {
    // SeaweedFS and others return the constraint as a child
    let region = xml::text(xml::child(root, "LocationConstraint").unwrap_or(root)).trim().to_owned();
    Ok(Some(region).filter(|region| !region.is_empty()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn empty_location_is_the_default_region() {
        for (text, region) in [
            ("<LocationConstraint>eu-west-1</LocationConstraint>", Some("eu-west-1")),
            (
                "<CreateBucketConfiguration><LocationConstraint>eu-west-1</LocationConstraint></CreateBucketConfiguration>",
                Some("eu-west-1"),
            ),
            ("<LocationConstraint xmlns='http://s3.amazonaws.com/doc/2006-03-01/'/>", None),
        ] {
            assert_eq!(LOCATION.parse(text, read).unwrap().as_deref(), region);
        }
    }
}
