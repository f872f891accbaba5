//! GetBucketEncryption, PutBucketEncryption, DeleteBucketEncryption.

use roxmltree::Node;

use crate::client::Client;
use crate::error::Result;
use crate::ops::settings::{Subresource, Target, missing, require_child};
use crate::xml;

const ENCRYPTION: Subresource = Subresource {
    get: "GetBucketEncryption",
    put: "PutBucketEncryption",
    delete: "DeleteBucketEncryption",
    name: "encryption",
    roots: &["ServerSideEncryptionConfiguration"],
    children: &["Rule"],
    unset: &["ServerSideEncryptionConfigurationNotFoundError"],
};

/// How a bucket encrypts new objects that are stored without encryption options of their own.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
#[must_use]
pub struct BucketEncryption {
    /// The algorithm: `AES256`, or `aws:kms` for a key management service.
    pub algorithm: String,
    /// The ID of the key in the key management service. If it is `None`, the service uses its default key.
    pub kms_key_id: Option<String>,
    /// `true` if the bucket derives the keys of its objects from one key of its own, which reduces the number
    /// of requests to the key management service.
    pub bucket_key_enabled: bool,
}

impl BucketEncryption {
    /// Creates a default encryption with this algorithm: `AES256`, or `aws:kms` for a key management service.
    pub fn new(algorithm: impl Into<String>) -> Self {
        Self { algorithm: algorithm.into(), kms_key_id: None, bucket_key_enabled: false }
    }

    /// Sets the ID of the key in the key management service, and selects `aws:kms`.
    pub fn kms_key_id(mut self, id: impl Into<String>) -> Self {
        if !self.algorithm.starts_with("aws:kms") {
            "aws:kms".clone_into(&mut self.algorithm);
        }
        self.kms_key_id = Some(id.into());
        self
    }

    /// Derives the keys of objects from one key of the bucket.
    ///
    /// ```
    /// # let client = include!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/documentation/client.rs"));
    /// use plain_s3::BucketEncryption;
    ///
    /// let encryption = BucketEncryption::new("aws:kms").kms_key_id("alias/backups").bucket_key_enabled();
    /// client.put_bucket_encryption("my-new-bucket", &encryption)?;
    /// # Ok::<(), plain_s3::Error>(())
    /// ```
    pub fn bucket_key_enabled(mut self) -> Self {
        self.bucket_key_enabled = true;
        self
    }
}

impl Client {
    /// Returns how a bucket encrypts new objects by default, or `None` if this is not set.
    /// ([GetBucketEncryption](https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetBucketEncryption.html))
    ///
    /// Use Signature V4 if possible. With V2, servers differ in whether they sign `?encryption`.
    ///
    /// # Errors
    ///
    /// Fails with [`Server`](crate::ErrorKind::Server) if the bucket does not exist or the server does not
    /// support this setting ([`is_not_implemented`](crate::Error::is_not_implemented)).
    ///
    /// ```
    /// # let client = include!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/documentation/client.rs"));
    /// if let Some(encryption) = client.get_bucket_encryption("my-new-bucket")? {
    ///     println!("{} {:?}", encryption.algorithm, encryption.kms_key_id);
    /// }
    /// # Ok::<(), plain_s3::Error>(())
    /// ```
    pub fn get_bucket_encryption(&self, bucket: &str) -> Result<Option<BucketEncryption>> {
        self.get_setting(&ENCRYPTION, Target::Bucket(bucket), read)
    }

    /// Sets how a bucket encrypts new objects by default. Existing objects are not changed.
    /// ([PutBucketEncryption](https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketEncryption.html))
    ///
    /// # Errors
    ///
    /// Returns the same errors as [`get_bucket_encryption`](Self::get_bucket_encryption), which is called
    /// first.
    ///
    /// ```
    /// # let client = include!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/documentation/client.rs"));
    /// client.put_bucket_encryption("my-new-bucket", &plain_s3::BucketEncryption::new("AES256"))?;
    /// # Ok::<(), plain_s3::Error>(())
    /// ```
    pub fn put_bucket_encryption(&self, bucket: &str, encryption: &BucketEncryption) -> Result<()> {
        self.put_setting(&ENCRYPTION, Target::Bucket(bucket), write(encryption))
    }

    /// Removes the default encryption of a bucket. Existing objects are not changed. Succeeds if it is not
    /// set.
    /// ([DeleteBucketEncryption](https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteBucketEncryption.html))
    ///
    /// AWS then encrypts new objects with `AES256`.
    ///
    /// # Errors
    ///
    /// Returns the same errors as [`get_bucket_encryption`](Self::get_bucket_encryption), which is called
    /// first: Ceph 16 would delete the bucket itself.
    ///
    /// ```
    /// # let client = include!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/documentation/client.rs"));
    /// client.delete_bucket_encryption("my-new-bucket")?;
    /// # Ok::<(), plain_s3::Error>(())
    /// ```
    pub fn delete_bucket_encryption(&self, bucket: &str) -> Result<()> {
        self.delete_setting(&ENCRYPTION, Target::Bucket(bucket))
    }
}

fn write(encryption: &BucketEncryption) -> String {
    let mut content = String::from("<Rule><ApplyServerSideEncryptionByDefault>");
    xml::push(&mut content, "SSEAlgorithm", &encryption.algorithm);
    xml::push_some(&mut content, "KMSMasterKeyID", encryption.kms_key_id.as_ref());
    content.push_str("</ApplyServerSideEncryptionByDefault>");
    xml::push_some(&mut content, "BucketKeyEnabled", encryption.bucket_key_enabled.then_some("true"));
    content.push_str("</Rule>");
    ENCRYPTION.document(&content)
}

fn read(root: Node<'_, '_>) -> Result<BucketEncryption> {
    let rule = xml::child(root, "Rule").ok_or_else(|| missing("Rule"))?;
    let default = xml::child(rule, "ApplyServerSideEncryptionByDefault")
        .ok_or_else(|| missing("ApplyServerSideEncryptionByDefault"))?;
    Ok(BucketEncryption {
        algorithm: require_child(default, "SSEAlgorithm")?,
        kms_key_id: xml::child_text(default, "KMSMasterKeyID"),
        bucket_key_enabled: xml::child_flag(rule, "BucketKeyEnabled"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn documented_response_is_parsed() {
        let text = "<ServerSideEncryptionConfiguration xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">\n   <Rule>\n      \
                    <ApplyServerSideEncryptionByDefault>\n         <SSEAlgorithm>aws:kms</SSEAlgorithm>\n         \
                    <KMSMasterKeyID>arn:aws:kms:us-east-1:1234/5678example</KMSMasterKeyID>\n      \
                    </ApplyServerSideEncryptionByDefault>\n      <BucketKeyEnabled>true</BucketKeyEnabled>\n   </Rule>\n\
                    </ServerSideEncryptionConfiguration>";
        let expected = BucketEncryption::new("aws:kms")
            .kms_key_id("arn:aws:kms:us-east-1:1234/5678example")
            .bucket_key_enabled();
        assert_eq!(ENCRYPTION.parse(text, read).unwrap(), expected);
    }

    #[test]
    fn written_document_reads_back_equal() {
        for encryption in [
            BucketEncryption::new("AES256"),
            BucketEncryption::new("aws:kms").bucket_key_enabled(),
            BucketEncryption::new("aws:kms:dsse").kms_key_id("a <&> b"),
        ] {
            assert_eq!(ENCRYPTION.parse(&write(&encryption), read).unwrap(), encryption);
        }
        assert_eq!(BucketEncryption::new("AES256").kms_key_id("k").algorithm, "aws:kms");
    }

    #[test]
    fn incomplete_documents_are_errors() {
        for (rule, missing) in [
            ("", "Rule"),
            ("<Rule/>", "ApplyServerSideEncryptionByDefault"),
            ("<Rule><ApplyServerSideEncryptionByDefault/></Rule>", "SSEAlgorithm"),
        ] {
            let text =
                format!("<ServerSideEncryptionConfiguration>{rule}</ServerSideEncryptionConfiguration>");
            let error = ENCRYPTION.parse(&text, read).unwrap_err();
            assert_eq!(error.summary(), format!("the response has no <{missing}>"));
        }
    }
}
