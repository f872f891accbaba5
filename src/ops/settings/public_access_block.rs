//! GetPublicAccessBlock, PutPublicAccessBlock, DeletePublicAccessBlock.

use crate::client::Client;
use crate::error::Result;
use crate::ops::settings::{Subresource, Target};
use crate::xml;

const PUBLIC_ACCESS_BLOCK: Subresource = Subresource {
    get: "GetPublicAccessBlock",
    put: "PutPublicAccessBlock",
    delete: "DeletePublicAccessBlock",
    name: "publicAccessBlock",
    // the second is Ceph's, which takes only the first
    roots: &["PublicAccessBlockConfiguration", "BlockPublicAccessBlockConfiguration"],
    unset: &["NoSuchPublicAccessBlockConfiguration"],
};

/// What a bucket does against being public, whatever its ACLs and its policy say.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct PublicAccessBlock {
    /// Refuses new ACLs that give rights to everybody.
    pub block_public_acls: bool,
    /// Takes no notice of ACLs that give rights to everybody.
    pub ignore_public_acls: bool,
    /// Refuses a new policy that gives rights to everybody.
    pub block_public_policy: bool,
    /// Lets only the owner's users in where the policy gives rights to everybody.
    pub restrict_public_buckets: bool,
}

impl PublicAccessBlock {
    /// Blocks nothing.
    pub fn new() -> Self {
        Self::default()
    }

    /// Blocks all of it.
    pub fn all() -> Self {
        Self {
            block_public_acls: true,
            ignore_public_acls: true,
            block_public_policy: true,
            restrict_public_buckets: true,
        }
    }

    /// Refuses new ACLs that give rights to everybody, or takes them.
    pub fn block_public_acls(mut self, block: bool) -> Self {
        self.block_public_acls = block;
        self
    }

    /// Takes no notice of ACLs that give rights to everybody, or follows them.
    pub fn ignore_public_acls(mut self, ignore: bool) -> Self {
        self.ignore_public_acls = ignore;
        self
    }

    /// Refuses a new policy that gives rights to everybody, or takes it.
    pub fn block_public_policy(mut self, block: bool) -> Self {
        self.block_public_policy = block;
        self
    }

    /// Lets only the owner's users in where the policy gives rights to everybody, or everybody.
    pub fn restrict_public_buckets(mut self, restrict: bool) -> Self {
        self.restrict_public_buckets = restrict;
        self
    }

    fn write(self) -> String {
        let mut content = String::new();
        for (name, value) in [
            ("BlockPublicAcls", self.block_public_acls),
            ("IgnorePublicAcls", self.ignore_public_acls),
            ("BlockPublicPolicy", self.block_public_policy),
            ("RestrictPublicBuckets", self.restrict_public_buckets),
        ] {
            xml::push(&mut content, name, if value { "true" } else { "false" });
        }
        xml::document(PUBLIC_ACCESS_BLOCK.roots[0], &content)
    }
}

impl Client {
    /// Reads what a bucket does against being public; `None` where nothing was set.
    /// ([GetPublicAccessBlock](https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetPublicAccessBlock.html))
    ///
    /// Under Signature V2 only Ceph is known to have it; others answer `SignatureDoesNotMatch`.
    ///
    /// # Errors
    ///
    /// [`Server`](crate::ErrorKind::Server) where the bucket is missing;
    /// [`is_not_implemented`](crate::Error::is_not_implemented) where the server has no such setting.
    ///
    /// ```no_run
    /// # let client = plain_s3::Client::new(plain_s3::Config::from_env()?)?;
    /// println!("{:?}", client.get_public_access_block("my-new-bucket")?);
    /// # Ok::<(), plain_s3::Error>(())
    /// ```
    pub fn get_public_access_block(&self, bucket: &str) -> Result<Option<PublicAccessBlock>> {
        self.get_setting(&PUBLIC_ACCESS_BLOCK, Target::Bucket(bucket), |root| {
            Ok(PublicAccessBlock {
                block_public_acls: xml::child_flag(root, "BlockPublicAcls"),
                ignore_public_acls: xml::child_flag(root, "IgnorePublicAcls"),
                block_public_policy: xml::child_flag(root, "BlockPublicPolicy"),
                restrict_public_buckets: xml::child_flag(root, "RestrictPublicBuckets"),
            })
        })
    }

    /// Sets what a bucket does against being public.
    /// ([PutPublicAccessBlock](https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutPublicAccessBlock.html))
    ///
    /// # Errors
    ///
    /// As [`get_public_access_block`](Self::get_public_access_block), which is asked first.
    ///
    /// ```no_run
    /// # let client = plain_s3::Client::new(plain_s3::Config::from_env()?)?;
    /// client.put_public_access_block("my-new-bucket", plain_s3::PublicAccessBlock::all())?;
    /// # Ok::<(), plain_s3::Error>(())
    /// ```
    pub fn put_public_access_block(&self, bucket: &str, block: PublicAccessBlock) -> Result<()> {
        self.put_setting(&PUBLIC_ACCESS_BLOCK, Target::Bucket(bucket), block.write())
    }

    /// Takes away what a bucket does against being public.
    /// ([DeletePublicAccessBlock](https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeletePublicAccessBlock.html))
    ///
    /// # Errors
    ///
    /// As [`get_public_access_block`](Self::get_public_access_block), which is asked first.
    ///
    /// ```no_run
    /// # let client = plain_s3::Client::new(plain_s3::Config::from_env()?)?;
    /// client.delete_public_access_block("my-new-bucket")?;
    /// # Ok::<(), plain_s3::Error>(())
    /// ```
    pub fn delete_public_access_block(&self, bucket: &str) -> Result<()> {
        self.delete_setting(&PUBLIC_ACCESS_BLOCK, Target::Bucket(bucket))
    }
}
