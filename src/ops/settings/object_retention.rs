//! GetObjectRetention, PutObjectRetention.

use roxmltree::Node;
use time::OffsetDateTime;

use crate::client::Client;
use crate::error::Result;
use crate::headers::Headers;
use crate::names::impl_names;
use crate::ops::ObjectIdentifier;
use crate::ops::settings::{Subresource, Target, missing, require_child};
use crate::timestamp::Timestamp;
use crate::xml;

const RETENTION: Subresource = Subresource {
    get: "GetObjectRetention",
    put: "PutObjectRetention",
    delete: "",
    name: "retention",
    roots: &["Retention"],
    children: &["Mode", "RetainUntilDate"],
    // the second is returned by Ceph
    unset: &["NoSuchObjectLockConfiguration", "ObjectLockConfigurationNotFoundError"],
};

/// Who can shorten a retention period, or delete a version before the period ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum RetentionMode {
    /// Users with the `s3:BypassGovernanceRetention` permission can, if their request asks for it.
    Governance,
    /// **Nobody** can, not even the owner of the account.
    Compliance,
}

impl_names! {
    RetentionMode, "retention mode";
    /// Returns the name of the mode in S3, such as `GOVERNANCE`.
    as_str;
    Governance => "GOVERNANCE",
    Compliance => "COMPLIANCE",
}

/// The retention of a version of an object: until when it cannot be deleted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct ObjectRetention {
    /// Who can shorten the retention.
    pub mode: RetentionMode,
    /// The end of the retention. It is sent with a precision of milliseconds.
    pub retain_until: Timestamp,
}

impl ObjectRetention {
    /// Creates a retention until this date.
    pub fn new(mode: RetentionMode, retain_until: impl Into<OffsetDateTime>) -> Self {
        Self { mode, retain_until: Timestamp::from(retain_until.into()) }
    }
}

/// Options for [`Client::put_object_retention_with`]: the bypass of governance mode and other headers.
#[derive(Clone, Debug, Default)]
#[must_use]
pub struct PutObjectRetentionOptions {
    headers: Headers,
}

impl PutObjectRetentionOptions {
    /// Creates the default options: the retention of a version can only become stricter.
    pub fn new() -> Self {
        Self::default()
    }

    /// Allows the request to shorten a retention in governance mode. Requires the
    /// `s3:BypassGovernanceRetention` permission.
    pub fn bypass_governance_retention(self) -> Self {
        self.header("x-amz-bypass-governance-retention", "true")
    }

    /// Sets any other header of the request that changes the retention.
    pub fn header(mut self, name: &str, value: impl Into<String>) -> Self {
        self.headers.set(name, value);
        self
    }
}

impl Client {
    /// Returns the retention of an object or of one of its versions, or `None` if it has none.
    /// ([GetObjectRetention](https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObjectRetention.html))
    ///
    /// Use Signature V4 if possible. With V2, servers differ in whether they sign `?retention`; Ceph does
    /// not.
    ///
    /// # Errors
    ///
    /// Fails with [`Server`](crate::ErrorKind::Server) if the object does not exist, Object Lock is not
    /// enabled for its bucket, or the server does not support it
    /// ([`is_not_implemented`](crate::Error::is_not_implemented)).
    ///
    /// ```
    /// # let client = include!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/documentation/client.rs"));
    /// if let Some(retention) = client.get_object_retention("my-archive", "contract.pdf")? {
    ///     println!("{} until {}", retention.mode, retention.retain_until);
    /// }
    /// # Ok::<(), plain_s3::Error>(())
    /// ```
    pub fn get_object_retention(
        &self,
        bucket: &str,
        object: impl Into<ObjectIdentifier>,
    ) -> Result<Option<ObjectRetention>> {
        self.get_setting(&RETENTION, Target::Object(bucket, &object.into()), read)
    }

    /// Sets until when an object or one of its versions cannot be deleted.
    /// ([PutObjectRetention](https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutObjectRetention.html))
    ///
    /// A retention can always be extended. Object Lock must be enabled when the bucket is created; see
    /// [`CreateBucketOptions::object_lock_enabled`](crate::CreateBucketOptions::object_lock_enabled).
    ///
    /// # Errors
    ///
    /// Fails with [`InvalidInput`](crate::ErrorKind::InvalidInput) if the date is
    /// [`UNKNOWN`](Timestamp::UNKNOWN), and with [`Server`](crate::ErrorKind::Server) if the current
    /// retention is stricter ([`is_access_denied`](crate::Error::is_access_denied)). Otherwise returns the
    /// same errors as [`get_object_retention`](Self::get_object_retention), which is called first.
    ///
    /// ```
    /// # let client = include!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/documentation/client.rs"));
    /// use std::time::{Duration, SystemTime};
    ///
    /// use plain_s3::{ObjectRetention, RetentionMode};
    ///
    /// let tomorrow = SystemTime::now() + Duration::from_secs(24 * 60 * 60);
    /// let retention = ObjectRetention::new(RetentionMode::Governance, tomorrow);
    /// client.put_object_retention("my-archive", "contract.pdf", retention)?;
    /// # Ok::<(), plain_s3::Error>(())
    /// ```
    pub fn put_object_retention(
        &self,
        bucket: &str,
        object: impl Into<ObjectIdentifier>,
        retention: ObjectRetention,
    ) -> Result<()> {
        self.put_object_retention_with(bucket, object, retention, &PutObjectRetentionOptions::new())
    }

    /// Shortens the retention of an object or of one of its versions in governance mode; see
    /// [`put_object_retention`](Self::put_object_retention).
    ///
    /// # Errors
    ///
    /// Returns the same errors as [`put_object_retention`](Self::put_object_retention).
    ///
    /// ```
    /// # let client = include!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/documentation/client.rs"));
    /// use std::time::{Duration, SystemTime};
    ///
    /// use plain_s3::{ObjectRetention, PutObjectRetentionOptions, RetentionMode};
    ///
    /// let soon = SystemTime::now() + Duration::from_secs(60);
    /// let retention = ObjectRetention::new(RetentionMode::Governance, soon);
    /// let bypass = PutObjectRetentionOptions::new().bypass_governance_retention();
    /// client.put_object_retention_with("my-archive", "contract.pdf", retention, &bypass)?;
    /// # Ok::<(), plain_s3::Error>(())
    /// ```
    pub fn put_object_retention_with(
        &self,
        bucket: &str,
        object: impl Into<ObjectIdentifier>,
        retention: ObjectRetention,
        options: &PutObjectRetentionOptions,
    ) -> Result<()> {
        let object = object.into();
        let target = Target::Object(bucket, &object);
        let request = RETENTION
            .put_request(target, write(retention))
            .headers(&options.headers)
            .require(retention.retain_until != Timestamp::UNKNOWN, || {
                "the date until which the object is retained is unknown".to_owned()
            });
        self.change_setting(&RETENTION, target, &request)
    }
}

fn write(retention: ObjectRetention) -> String {
    let mut content = String::new();
    xml::push(&mut content, "Mode", retention.mode.as_str());
    xml::push(&mut content, "RetainUntilDate", &retention.retain_until.to_string());
    RETENTION.document(&content)
}

fn read(root: Node<'_, '_>) -> Result<ObjectRetention> {
    let retain_until = xml::child_date(root, "RetainUntilDate");
    // without a date, it would look as if the object could be deleted
    if retain_until == Timestamp::UNKNOWN {
        return Err(missing("RetainUntilDate"));
    }
    Ok(ObjectRetention { mode: require_child(root, "Mode")?, retain_until })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::names::tests::check;

    #[test]
    fn documented_response_is_parsed() {
        let text = "<Retention xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">\n   <Mode>COMPLIANCE</Mode>\n   \
                    <RetainUntilDate>2030-01-02T03:04:05.000Z</RetainUntilDate>\n</Retention>";
        let retention = RETENTION.parse(text, read).unwrap();
        assert_eq!(retention.mode, RetentionMode::Compliance);
        assert_eq!(retention.retain_until.to_string(), "2030-01-02T03:04:05.000Z");
    }

    #[test]
    fn written_document_reads_back_equal() {
        for mode in [RetentionMode::Governance, RetentionMode::Compliance] {
            let retention = ObjectRetention::new(mode, OffsetDateTime::UNIX_EPOCH);
            assert_eq!(RETENTION.parse(&write(retention), read).unwrap(), retention);
        }
        check::<RetentionMode>("retention mode", &["GOVERNANCE", "COMPLIANCE"]);
    }

    #[test]
    fn retention_without_a_valid_date_is_an_error() {
        for date in ["", "<RetainUntilDate>soon</RetainUntilDate>"] {
            let text = format!("<Retention><Mode>GOVERNANCE</Mode>{date}</Retention>");
            let error = RETENTION.parse(&text, read).unwrap_err();
            assert_eq!(error.summary(), "the response has no <RetainUntilDate>");
        }
    }
}
