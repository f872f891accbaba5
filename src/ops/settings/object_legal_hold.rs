//! GetObjectLegalHold, PutObjectLegalHold.

use roxmltree::Node;

use crate::client::Client;
use crate::error::Result;
use crate::names::impl_names;
use crate::ops::ObjectIdentifier;
use crate::ops::settings::{Subresource, Target, parse_child};
use crate::xml;

const LEGAL_HOLD: Subresource = Subresource {
    get: "GetObjectLegalHold",
    put: "PutObjectLegalHold",
    delete: "",
    name: "legal-hold",
    roots: &["LegalHold"],
    children: &["Status"],
    // the second is returned by Ceph, the third by SeaweedFS
    unset: &[
        "NoSuchObjectLockConfiguration",
        "ObjectLockConfigurationNotFoundError",
        "NoSuchObjectLegalHold",
    ],
};

/// Whether a version of an object is under legal hold, which prevents its deletion.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum LegalHold {
    /// The version cannot be deleted.
    On,
    /// The version can be deleted, unless it is under retention.
    Off,
}

impl_names! {
    LegalHold, "legal hold status";
    /// Returns the name of the status in S3, such as `ON`.
    as_str;
    On => "ON",
    Off => "OFF",
}

impl Client {
    /// Returns whether an object or one of its versions is under legal hold.
    /// ([GetObjectLegalHold](https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObjectLegalHold.html))
    ///
    /// Use Signature V4 if possible. With V2, servers differ in whether they sign `?legal-hold`; Ceph does
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
    /// println!("{}", client.get_object_legal_hold("my-archive", "contract.pdf")?);
    /// # Ok::<(), plain_s3::Error>(())
    /// ```
    pub fn get_object_legal_hold(
        &self,
        bucket: &str,
        object: impl Into<ObjectIdentifier>,
    ) -> Result<LegalHold> {
        let hold = self.get_setting(&LEGAL_HOLD, Target::Object(bucket, &object.into()), read)?;
        Ok(hold.unwrap_or(LegalHold::Off))
    }

    /// Puts an object or one of its versions under legal hold, or releases it.
    /// ([PutObjectLegalHold](https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutObjectLegalHold.html))
    ///
    /// A legal hold has no end date. While it is on, the version cannot be deleted; deleting the object
    /// without a version still adds a delete marker. Object Lock must be enabled when the bucket is created;
    /// see [`CreateBucketOptions::object_lock_enabled`](crate::CreateBucketOptions::object_lock_enabled).
    ///
    /// # Errors
    ///
    /// Returns the same errors as [`get_object_legal_hold`](Self::get_object_legal_hold), which is called
    /// first.
    ///
    /// ```
    /// # let client = include!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/documentation/client.rs"));
    /// # let version_id = client.head_object("my-archive", "contract.pdf")?.version_id.unwrap();
    /// use plain_s3::{LegalHold, ObjectIdentifier};
    ///
    /// client.put_object_legal_hold("my-archive", "contract.pdf", LegalHold::On)?;
    /// let old = ObjectIdentifier::new("contract.pdf").version_id(version_id);
    /// client.put_object_legal_hold("my-archive", old, LegalHold::Off)?;
    /// # Ok::<(), plain_s3::Error>(())
    /// ```
    pub fn put_object_legal_hold(
        &self,
        bucket: &str,
        object: impl Into<ObjectIdentifier>,
        hold: LegalHold,
    ) -> Result<()> {
        self.put_setting(&LEGAL_HOLD, Target::Object(bucket, &object.into()), write(hold))
    }
}

fn write(hold: LegalHold) -> String {
    let mut content = String::new();
    xml::push(&mut content, "Status", hold.as_str());
    LEGAL_HOLD.document(&content)
}

fn read(root: Node<'_, '_>) -> Result<LegalHold> {
    // S3 documents the status as optional, and moto leaves it out if the version has never been under a hold
    Ok(parse_child(root, "Status")?.unwrap_or(LegalHold::Off))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::names::tests::check;

    #[test]
    fn documented_response_is_parsed() {
        let text = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
                    <LegalHold xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">\n   <Status>ON</Status>\n</LegalHold>";
        assert_eq!(LEGAL_HOLD.parse(text, read).unwrap(), LegalHold::On);
    }

    #[test]
    fn written_document_reads_back_equal() {
        for hold in [LegalHold::On, LegalHold::Off] {
            assert_eq!(LEGAL_HOLD.parse(&write(hold), read).unwrap(), hold);
        }
        check::<LegalHold>("legal hold status", &["ON", "OFF"]);
    }

    #[test]
    fn missing_status_means_off_and_an_invalid_one_is_an_error() {
        for text in ["<LegalHold/>", "<LegalHold><Status/></LegalHold>"] {
            assert_eq!(LEGAL_HOLD.parse(text, read).unwrap(), LegalHold::Off, "{text}");
        }
        LEGAL_HOLD.parse("<LegalHold><Status>MAYBE</Status></LegalHold>", read).unwrap_err();
        LEGAL_HOLD.parse("<Other/>", read).unwrap_err();
    }
}
