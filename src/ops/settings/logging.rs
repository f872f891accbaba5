//! GetBucketLogging, PutBucketLogging.

use roxmltree::Node;

use crate::client::Client;
use crate::error::Result;
use crate::ops::settings::{Subresource, Target, require_child};
use crate::xml;

const LOGGING: Subresource = Subresource {
    get: "GetBucketLogging",
    put: "PutBucketLogging",
    delete: "",
    name: "logging",
    roots: &["BucketLoggingStatus"],
    children: &["LoggingEnabled"],
    unset: &[],
};

/// Where the server stores the access logs of a bucket.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
#[must_use]
pub struct BucketLogging {
    /// The bucket in which the logs are stored.
    pub target_bucket: String,
    /// The prefix of the keys of the logs. May be empty.
    pub target_prefix: String,
}

impl BucketLogging {
    /// Creates a configuration that stores the logs in this bucket, with keys that start with this prefix.
    pub fn new(target_bucket: impl Into<String>, target_prefix: impl Into<String>) -> Self {
        Self { target_bucket: target_bucket.into(), target_prefix: target_prefix.into() }
    }
}

impl Client {
    /// Returns where the access logs of a bucket are stored, or `None` if it has no logs.
    /// ([GetBucketLogging](https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetBucketLogging.html))
    ///
    /// # Errors
    ///
    /// Fails with [`Server`](crate::ErrorKind::Server) if the bucket does not exist or the server does not
    /// support logs ([`is_not_implemented`](crate::Error::is_not_implemented)).
    ///
    /// ```
    /// # let client = include!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/documentation/client.rs"));
    /// if let Some(logging) = client.get_bucket_logging("my-new-bucket")? {
    ///     println!("{}/{}", logging.target_bucket, logging.target_prefix);
    /// }
    /// # Ok::<(), plain_s3::Error>(())
    /// ```
    pub fn get_bucket_logging(&self, bucket: &str) -> Result<Option<BucketLogging>> {
        Ok(self.get_setting(&LOGGING, Target::Bucket(bucket), read)?.flatten())
    }

    /// Sets where the access logs of a bucket are stored; `None` disables them. Existing logs are kept.
    /// ([PutBucketLogging](https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketLogging.html))
    ///
    /// The policy of the target bucket must allow the server to store the logs. This call sets neither grants
    /// for the logs nor the format of their keys, and removes those that were set.
    ///
    /// # Errors
    ///
    /// Fails with [`Server`](crate::ErrorKind::Server) if the server does not accept the target bucket.
    /// Otherwise returns the same errors as [`get_bucket_logging`](Self::get_bucket_logging), which is called
    /// first.
    ///
    /// ```
    /// # let client = include!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/documentation/client.rs"));
    /// use plain_s3::{BucketLogging, CannedAcl};
    ///
    /// // AWS requires a policy instead, unless the bucket has ACLs.
    /// client.put_bucket_acl("my-backups", CannedAcl::LogDeliveryWrite)?;
    /// client.put_bucket_logging("my-new-bucket", Some(&BucketLogging::new("my-backups", "logs/")))?;
    /// client.put_bucket_logging("my-new-bucket", None)?;
    /// # Ok::<(), plain_s3::Error>(())
    /// ```
    pub fn put_bucket_logging(&self, bucket: &str, logging: Option<&BucketLogging>) -> Result<()> {
        self.put_setting(&LOGGING, Target::Bucket(bucket), write(logging))
    }
}

fn write(logging: Option<&BucketLogging>) -> String {
    let mut content = String::new();
    if let Some(logging) = logging {
        content.push_str("<LoggingEnabled>");
        xml::push(&mut content, "TargetBucket", &logging.target_bucket);
        xml::push(&mut content, "TargetPrefix", &logging.target_prefix);
        content.push_str("</LoggingEnabled>");
    }
    LOGGING.document(&content)
}

fn read(root: Node<'_, '_>) -> Result<Option<BucketLogging>> {
    let Some(enabled) = xml::child(root, "LoggingEnabled") else { return Ok(None) };
    Ok(Some(BucketLogging {
        target_bucket: require_child(enabled, "TargetBucket")?,
        target_prefix: xml::child_text(enabled, "TargetPrefix").unwrap_or_default(),
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn documented_response_is_parsed() {
        let text = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
                    <BucketLoggingStatus xmlns=\"http://doc.s3.amazonaws.com/2006-03-01\">\n  <LoggingEnabled>\n    \
                    <TargetBucket>mybucketlogs</TargetBucket>\n    <TargetPrefix>mybucket-access_log-/</TargetPrefix>\n    \
                    <TargetGrants>\n      <Grant>\n        <Permission>READ</Permission>\n      </Grant>\n    \
                    </TargetGrants>\n  </LoggingEnabled>\n</BucketLoggingStatus>";
        let expected = BucketLogging::new("mybucketlogs", "mybucket-access_log-/");
        assert_eq!(LOGGING.parse(text, read).unwrap(), Some(expected));
        let text = "<BucketLoggingStatus xmlns=\"http://doc.s3.amazonaws.com/2006-03-01\" />";
        assert_eq!(LOGGING.parse(text, read).unwrap(), None);
    }

    #[test]
    fn written_document_reads_back_equal() {
        for logging in
            [Some(BucketLogging::new("logs", "")), Some(BucketLogging::new("logs", "a & b/")), None]
        {
            assert_eq!(LOGGING.parse(&write(logging.as_ref()), read).unwrap(), logging);
        }
    }

    #[test]
    fn target_bucket_is_required() {
        let text = "<BucketLoggingStatus><LoggingEnabled/></BucketLoggingStatus>";
        assert_eq!(LOGGING.parse(text, read).unwrap_err().summary(), "the response has no <TargetBucket>");
    }
}
