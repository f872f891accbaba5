//! GetBucketOwnershipControls, PutBucketOwnershipControls, DeleteBucketOwnershipControls.

use roxmltree::Node;

use crate::client::Client;
use crate::error::Result;
use crate::names::impl_names;
use crate::ops::settings::{Subresource, Target, missing, require_child};
use crate::xml;

const OWNERSHIP_CONTROLS: Subresource = Subresource {
    get: "GetBucketOwnershipControls",
    put: "PutBucketOwnershipControls",
    delete: "DeleteBucketOwnershipControls",
    name: "ownershipControls",
    roots: &["OwnershipControls"],
    children: &["Rule"],
    unset: &["OwnershipControlsNotFoundError"],
};

/// Who owns the objects that others store in a bucket, and whether ACLs have an effect.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ObjectOwnership {
    /// The owner of the bucket owns all objects. ACLs are disabled: requests that set one are rejected. This
    /// is the default for new buckets on AWS.
    BucketOwnerEnforced,
    /// The owner of the bucket owns new objects that are stored with the ACL `bucket-owner-full-control`.
    BucketOwnerPreferred,
    /// Whoever stores an object owns it.
    ObjectWriter,
}

impl_names! {
    ObjectOwnership, "object ownership";
    /// Returns the name of the setting in S3, such as `BucketOwnerEnforced`.
    as_str;
    BucketOwnerEnforced => "BucketOwnerEnforced",
    BucketOwnerPreferred => "BucketOwnerPreferred",
    ObjectWriter => "ObjectWriter",
}

impl Client {
    /// Returns who owns the objects of a bucket, or `None` if this is not set.
    /// ([GetBucketOwnershipControls](https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetBucketOwnershipControls.html))
    ///
    /// Use Signature V4 if possible. With V2, servers differ in whether they sign `?ownershipControls`.
    ///
    /// # Errors
    ///
    /// Fails with [`Server`](crate::ErrorKind::Server) if the bucket does not exist or the server does not
    /// support this setting ([`is_not_implemented`](crate::Error::is_not_implemented)).
    ///
    /// ```
    /// # let client = include!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/documentation/client.rs"));
    /// println!("{:?}", client.get_bucket_ownership_controls("my-new-bucket")?);
    /// # Ok::<(), plain_s3::Error>(())
    /// ```
    pub fn get_bucket_ownership_controls(&self, bucket: &str) -> Result<Option<ObjectOwnership>> {
        self.get_setting(&OWNERSHIP_CONTROLS, Target::Bucket(bucket), read)
    }

    /// Sets who owns the objects of a bucket. Everything except `BucketOwnerEnforced` enables ACLs.
    /// ([PutBucketOwnershipControls](https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketOwnershipControls.html))
    ///
    /// # Errors
    ///
    /// Fails with [`Server`](crate::ErrorKind::Server) if ACLs are to be disabled while the ACL of the bucket
    /// grants access to others. Otherwise returns the same errors as
    /// [`get_bucket_ownership_controls`](Self::get_bucket_ownership_controls), which is called first.
    ///
    /// ```
    /// # let client = include!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/documentation/client.rs"));
    /// use plain_s3::{CannedAcl, ObjectOwnership};
    ///
    /// client.put_bucket_ownership_controls("my-new-bucket", ObjectOwnership::BucketOwnerPreferred)?;
    /// client.put_object_acl("my-new-bucket", "hello.txt", CannedAcl::PublicRead)?;
    /// # Ok::<(), plain_s3::Error>(())
    /// ```
    pub fn put_bucket_ownership_controls(&self, bucket: &str, ownership: ObjectOwnership) -> Result<()> {
        self.put_setting(&OWNERSHIP_CONTROLS, Target::Bucket(bucket), write(ownership))
    }

    /// Removes the ownership controls of a bucket. Succeeds if they are not set.
    /// ([DeleteBucketOwnershipControls](https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteBucketOwnershipControls.html))
    ///
    /// Whoever stores an object then owns it, as with [`ObjectOwnership::ObjectWriter`].
    ///
    /// # Errors
    ///
    /// Returns the same errors as [`get_bucket_ownership_controls`](Self::get_bucket_ownership_controls),
    /// which is called first.
    ///
    /// ```
    /// # let client = include!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/documentation/client.rs"));
    /// client.delete_bucket_ownership_controls("my-new-bucket")?;
    /// # Ok::<(), plain_s3::Error>(())
    /// ```
    pub fn delete_bucket_ownership_controls(&self, bucket: &str) -> Result<()> {
        self.delete_setting(&OWNERSHIP_CONTROLS, Target::Bucket(bucket))
    }
}

fn write(ownership: ObjectOwnership) -> String {
    let mut rule = String::new();
    xml::push(&mut rule, "ObjectOwnership", ownership.as_str());
    OWNERSHIP_CONTROLS.document(&format!("<Rule>{rule}</Rule>"))
}

fn read(root: Node<'_, '_>) -> Result<ObjectOwnership> {
    require_child(xml::child(root, "Rule").ok_or_else(|| missing("Rule"))?, "ObjectOwnership")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::names::tests::check;

    #[test]
    fn documented_response_is_parsed() {
        let text = "<OwnershipControls xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">\n   <Rule>\n      \
                    <ObjectOwnership>BucketOwnerEnforced</ObjectOwnership>\n   </Rule>\n</OwnershipControls>";
        assert_eq!(OWNERSHIP_CONTROLS.parse(text, read).unwrap(), ObjectOwnership::BucketOwnerEnforced);
    }

    #[test]
    fn written_document_reads_back_equal() {
        for ownership in [
            ObjectOwnership::BucketOwnerEnforced,
            ObjectOwnership::BucketOwnerPreferred,
            ObjectOwnership::ObjectWriter,
        ] {
            assert_eq!(OWNERSHIP_CONTROLS.parse(&write(ownership), read).unwrap(), ownership);
        }
        let names = ["BucketOwnerEnforced", "BucketOwnerPreferred", "ObjectWriter"];
        check::<ObjectOwnership>("object ownership", &names);
    }

    #[test]
    fn incomplete_documents_are_errors() {
        for (rule, missing) in [("", "Rule"), ("<Rule/>", "ObjectOwnership")] {
            let text = format!("<OwnershipControls>{rule}</OwnershipControls>");
            let error = OWNERSHIP_CONTROLS.parse(&text, read).unwrap_err();
            assert_eq!(error.summary(), format!("the response has no <{missing}>"));
        }
    }
}
