//! GetObjectLockConfiguration, PutObjectLockConfiguration.

use roxmltree::Node;

use crate::client::Client;
use crate::error::Result;
use crate::ops::settings::object_retention::RetentionMode;
use crate::ops::settings::{Subresource, Target, missing, parse_child, require_child};
use crate::xml;

const OBJECT_LOCK: Subresource = Subresource {
    get: "GetObjectLockConfiguration",
    put: "PutObjectLockConfiguration",
    delete: "",
    name: "object-lock",
    roots: &["ObjectLockConfiguration"],
    children: &["ObjectLockEnabled", "Rule"],
    unset: &["ObjectLockConfigurationNotFoundError"],
};

/// The Object Lock configuration of a bucket for which Object Lock is enabled.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
#[must_use]
pub struct ObjectLockConfiguration {
    /// The retention of new objects that are stored without one of their own.
    pub default_retention: Option<DefaultRetention>,
}

/// The retention that new objects get by default.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct DefaultRetention {
    /// Who can shorten the retention.
    pub mode: RetentionMode,
    /// How long objects are retained after their creation.
    pub period: RetentionPeriod,
}

impl DefaultRetention {
    /// Creates a default retention, for tests of code that handles one.
    pub fn new(mode: RetentionMode, period: RetentionPeriod) -> Self {
        Self { mode, period }
    }
}

/// The length of a default retention.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub enum RetentionPeriod {
    /// A number of days.
    Days(u32),
    /// A number of years.
    Years(u32),
}

impl ObjectLockConfiguration {
    /// Creates a configuration without a default retention.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the retention of new objects that are stored without one of their own.
    pub fn default_retention(mut self, mode: RetentionMode, period: RetentionPeriod) -> Self {
        self.default_retention = Some(DefaultRetention { mode, period });
        self
    }
}

/// # Object Lock
impl Client {
    /// Returns the Object Lock configuration of a bucket, or `None` if Object Lock is not enabled.
    /// ([GetObjectLockConfiguration](https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObjectLockConfiguration.html))
    ///
    /// Use Signature V4 if possible. With V2, servers differ in whether they sign `?object-lock`; Ceph does
    /// not.
    ///
    /// # Errors
    ///
    /// Fails with [`Server`](crate::ErrorKind::Server) if the bucket does not exist or the server does not
    /// support Object Lock ([`is_not_implemented`](crate::Error::is_not_implemented)).
    ///
    /// ```
    /// # let client = include!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/documentation/client.rs"));
    /// match client.get_object_lock_configuration("my-archive")? {
    ///     Some(lock) => println!("enabled, by default {:?}", lock.default_retention),
    ///     None => println!("not enabled"),
    /// }
    /// # Ok::<(), plain_s3::Error>(())
    /// ```
    pub fn get_object_lock_configuration(&self, bucket: &str) -> Result<Option<ObjectLockConfiguration>> {
        Ok(self.get_setting(&OBJECT_LOCK, Target::Bucket(bucket), read)?.flatten())
    }

    /// Enables Object Lock, and sets or removes the default retention. Existing objects keep their retention.
    /// ([PutObjectLockConfiguration](https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutObjectLockConfiguration.html))
    ///
    /// Once enabled, Object Lock cannot be disabled. Ceph, and formerly AWS, can enable it only when the
    /// bucket is created; see
    /// [`CreateBucketOptions::object_lock_enabled`](crate::CreateBucketOptions::object_lock_enabled).
    ///
    /// # Errors
    ///
    /// Fails with [`Server`](crate::ErrorKind::Server) if the server cannot enable Object Lock for this
    /// bucket. Otherwise returns the same errors as
    /// [`get_object_lock_configuration`](Self::get_object_lock_configuration), which is called first.
    ///
    /// ```
    /// # let client = include!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/documentation/client.rs"));
    /// use plain_s3::{ObjectLockConfiguration, RetentionMode, RetentionPeriod};
    ///
    /// let lock = ObjectLockConfiguration::new()
    ///     .default_retention(RetentionMode::Governance, RetentionPeriod::Days(30));
    /// client.put_object_lock_configuration("my-archive", lock)?;
    /// # Ok::<(), plain_s3::Error>(())
    /// ```
    pub fn put_object_lock_configuration(
        &self,
        bucket: &str,
        configuration: ObjectLockConfiguration,
    ) -> Result<()> {
        self.put_setting(&OBJECT_LOCK, Target::Bucket(bucket), write(configuration))
    }
}

fn write(configuration: ObjectLockConfiguration) -> String {
    let mut content = String::new();
    xml::push(&mut content, "ObjectLockEnabled", "Enabled");
    if let Some(DefaultRetention { mode, period }) = configuration.default_retention {
        content.push_str("<Rule><DefaultRetention>");
        xml::push(&mut content, "Mode", mode.as_str());
        match period {
            RetentionPeriod::Days(days) => xml::push(&mut content, "Days", &days.to_string()),
            RetentionPeriod::Years(years) => xml::push(&mut content, "Years", &years.to_string()),
        }
        content.push_str("</DefaultRetention></Rule>");
    }
    OBJECT_LOCK.document(&content)
}

/// Returns `None` if Object Lock is not enabled, for a server that reports this by a document and not by an
/// error.
fn read(root: Node<'_, '_>) -> Result<Option<ObjectLockConfiguration>> {
    if xml::child_text(root, "ObjectLockEnabled").as_deref() != Some("Enabled") {
        return Ok(None);
    }
    let rule = xml::child(root, "Rule").and_then(|rule| xml::child(rule, "DefaultRetention"));
    Ok(Some(ObjectLockConfiguration { default_retention: rule.map(read_default).transpose()? }))
}

fn read_default(node: Node<'_, '_>) -> Result<DefaultRetention> {
    // moto returns both units, and 0 for the one that is not set
    let is_set = |number: &u32| *number > 0;
    let days = parse_child(node, "Days")?.filter(is_set).map(RetentionPeriod::Days);
    let years = parse_child(node, "Years")?.filter(is_set).map(RetentionPeriod::Years);
    let period = days.or(years).ok_or_else(|| missing("Days"))?;
    Ok(DefaultRetention { mode: require_child(node, "Mode")?, period })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn documented_response_is_parsed() {
        let text = "<ObjectLockConfiguration xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">\n   \
                    <ObjectLockEnabled>Enabled</ObjectLockEnabled>\n   <Rule>\n      <DefaultRetention>\n         \
                    <Mode>COMPLIANCE</Mode>\n         <Years>7</Years>\n      </DefaultRetention>\n   </Rule>\n\
                    </ObjectLockConfiguration>";
        let expected = ObjectLockConfiguration::new()
            .default_retention(RetentionMode::Compliance, RetentionPeriod::Years(7));
        assert_eq!(OBJECT_LOCK.parse(text, read).unwrap(), Some(expected));
    }

    #[test]
    fn written_document_reads_back_equal() {
        let lock = ObjectLockConfiguration::new();
        for lock in [
            lock,
            lock.default_retention(RetentionMode::Governance, RetentionPeriod::Days(1)),
            lock.default_retention(RetentionMode::Compliance, RetentionPeriod::Years(100)),
        ] {
            assert_eq!(OBJECT_LOCK.parse(&write(lock), read).unwrap(), Some(lock));
        }
    }

    #[test]
    fn unit_of_zero_is_not_the_period() {
        for (units, period) in [
            ("<Days>0</Days><Years>2</Years>", RetentionPeriod::Years(2)),
            ("<Days>3</Days><Years>0</Years>", RetentionPeriod::Days(3)),
        ] {
            let text = format!(
                "<ObjectLockConfiguration><ObjectLockEnabled>Enabled</ObjectLockEnabled><Rule><DefaultRetention>\
                 <Mode>GOVERNANCE</Mode>{units}</DefaultRetention></Rule></ObjectLockConfiguration>"
            );
            let expected =
                ObjectLockConfiguration::new().default_retention(RetentionMode::Governance, period);
            assert_eq!(OBJECT_LOCK.parse(&text, read).unwrap(), Some(expected));
        }
    }

    #[test]
    fn incomplete_documents_are_not_a_retention() {
        assert_eq!(OBJECT_LOCK.parse("<ObjectLockConfiguration/>", read).unwrap(), None);
        for (retention, missing) in [("<Mode>GOVERNANCE</Mode>", "Days"), ("<Days>1</Days>", "Mode")] {
            let text = format!(
                "<ObjectLockConfiguration><ObjectLockEnabled>Enabled</ObjectLockEnabled><Rule><DefaultRetention>\
                 {retention}</DefaultRetention></Rule></ObjectLockConfiguration>"
            );
            let error = OBJECT_LOCK.parse(&text, read).unwrap_err();
            assert_eq!(error.summary(), format!("the response has no <{missing}>"));
        }
    }
}
