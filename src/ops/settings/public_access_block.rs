//! GetPublicAccessBlock, PutPublicAccessBlock, DeletePublicAccessBlock.

use roxmltree::Node;

use crate::client::Client;
use crate::error::Result;
use crate::ops::settings::{Subresource, Target};
use crate::xml;

const PUBLIC_ACCESS_BLOCK: Subresource = Subresource {
    get: "GetPublicAccessBlock",
    put: "PutPublicAccessBlock",
    delete: "DeletePublicAccessBlock",
    name: "publicAccessBlock",
    // Ceph returns the second, and accepts only the first
    roots: &["PublicAccessBlockConfiguration", "BlockPublicAccessBlockConfiguration"],
    children: &["BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets"],
    unset: &["NoSuchPublicAccessBlockConfiguration"],
};

/// How a bucket restricts public access, whatever its ACLs and its policy allow.
///
/// ```
/// # let client = include!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/documentation/client.rs"));
/// use plain_s3::PublicAccessBlock;
///
/// let block = PublicAccessBlock::new().block_public_acls().ignore_public_acls();
/// client.put_public_access_block("my-new-bucket", block)?;
/// assert_eq!(client.get_public_access_block("my-new-bucket")?, Some(block));
///
/// let all = block.block_public_policy().restrict_public_buckets();
/// assert_eq!(all, PublicAccessBlock::all());
/// # Ok::<(), plain_s3::Error>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
#[must_use]
pub struct PublicAccessBlock {
    /// New ACLs that grant public access are rejected.
    pub block_public_acls: bool,
    /// Existing ACLs that grant public access are ignored.
    pub ignore_public_acls: bool,
    /// New policies that grant public access are rejected.
    pub block_public_policy: bool,
    /// If the policy grants public access, only users of the owner's account have access.
    pub restrict_public_buckets: bool,
}

impl PublicAccessBlock {
    /// Creates a configuration that blocks nothing.
    pub fn new() -> Self {
        Self::default()
    }

    /// Creates a configuration that blocks all public access.
    pub fn all() -> Self {
        Self::new().block_public_acls().ignore_public_acls().block_public_policy().restrict_public_buckets()
    }

    /// Rejects new ACLs that grant public access.
    pub fn block_public_acls(mut self) -> Self {
        self.block_public_acls = true;
        self
    }

    /// Ignores existing ACLs that grant public access.
    pub fn ignore_public_acls(mut self) -> Self {
        self.ignore_public_acls = true;
        self
    }

    /// Rejects new policies that grant public access.
    pub fn block_public_policy(mut self) -> Self {
        self.block_public_policy = true;
        self
    }

    /// Restricts access to users of the owner's account if the policy grants public access.
    pub fn restrict_public_buckets(mut self) -> Self {
        self.restrict_public_buckets = true;
        self
    }
}

impl Client {
    /// Returns how a bucket restricts public access, or `None` if nothing is set.
    /// ([GetPublicAccessBlock](https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetPublicAccessBlock.html))
    ///
    /// With Signature V2, only Ceph is known to support this; other servers return `SignatureDoesNotMatch`.
    ///
    /// # Errors
    ///
    /// Fails with [`Server`](crate::ErrorKind::Server) if the bucket does not exist or the server does not
    /// support this setting ([`is_not_implemented`](crate::Error::is_not_implemented)).
    ///
    /// ```
    /// # let client = include!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/documentation/client.rs"));
    /// println!("{:?}", client.get_public_access_block("my-new-bucket")?);
    /// # Ok::<(), plain_s3::Error>(())
    /// ```
    pub fn get_public_access_block(&self, bucket: &str) -> Result<Option<PublicAccessBlock>> {
        self.get_setting(&PUBLIC_ACCESS_BLOCK, Target::Bucket(bucket), read)
    }

    /// Sets how a bucket restricts public access.
    /// ([PutPublicAccessBlock](https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutPublicAccessBlock.html))
    ///
    /// # Errors
    ///
    /// Returns the same errors as [`get_public_access_block`](Self::get_public_access_block), which is called
    /// first.
    ///
    /// ```
    /// # let client = include!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/documentation/client.rs"));
    /// client.put_public_access_block("my-new-bucket", plain_s3::PublicAccessBlock::all())?;
    /// # Ok::<(), plain_s3::Error>(())
    /// ```
    pub fn put_public_access_block(&self, bucket: &str, block: PublicAccessBlock) -> Result<()> {
        self.put_setting(&PUBLIC_ACCESS_BLOCK, Target::Bucket(bucket), write(block))
    }

    /// Removes all restrictions of public access from a bucket. Succeeds if nothing is set.
    /// ([DeletePublicAccessBlock](https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeletePublicAccessBlock.html))
    ///
    /// # Errors
    ///
    /// Returns the same errors as [`get_public_access_block`](Self::get_public_access_block), which is called
    /// first.
    ///
    /// ```
    /// # let client = include!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/documentation/client.rs"));
    /// client.delete_public_access_block("my-new-bucket")?;
    /// # Ok::<(), plain_s3::Error>(())
    /// ```
    pub fn delete_public_access_block(&self, bucket: &str) -> Result<()> {
        self.delete_setting(&PUBLIC_ACCESS_BLOCK, Target::Bucket(bucket))
    }
}

fn write(block: PublicAccessBlock) -> String {
    let mut content = String::new();
    for (name, value) in [
        ("BlockPublicAcls", block.block_public_acls),
        ("IgnorePublicAcls", block.ignore_public_acls),
        ("BlockPublicPolicy", block.block_public_policy),
        ("RestrictPublicBuckets", block.restrict_public_buckets),
    ] {
        xml::push(&mut content, name, if value { "true" } else { "false" });
    }
    PUBLIC_ACCESS_BLOCK.document(&content)
}

fn read(root: Node<'_, '_>) -> Result<PublicAccessBlock> {
    Ok(PublicAccessBlock {
        block_public_acls: xml::child_flag(root, "BlockPublicAcls"),
        ignore_public_acls: xml::child_flag(root, "IgnorePublicAcls"),
        block_public_policy: xml::child_flag(root, "BlockPublicPolicy"),
        restrict_public_buckets: xml::child_flag(root, "RestrictPublicBuckets"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn written_configuration_reads_back_equal() {
        let one = PublicAccessBlock::new();
        for block in [
            one,
            one.block_public_acls(),
            one.ignore_public_acls(),
            one.block_public_policy(),
            one.restrict_public_buckets(),
            PublicAccessBlock::all(),
        ] {
            assert_eq!(PUBLIC_ACCESS_BLOCK.parse(&write(block), read).unwrap(), block);
        }
    }

    #[test]
    fn configuration_of_ceph_is_read() {
        let text = "<BlockPublicAccessBlockConfiguration><BlockPublicPolicy>true</BlockPublicPolicy>\
                    </BlockPublicAccessBlockConfiguration>";
        let block = PUBLIC_ACCESS_BLOCK.parse(text, read).unwrap();
        assert_eq!(block, PublicAccessBlock::new().block_public_policy());
    }
}
