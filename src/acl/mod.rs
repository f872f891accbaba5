//! Access control lists: canned ACLs and ACLs with individual grants.

mod grant;

use roxmltree::Node;

use crate::error::{Error, Result};
use crate::names::impl_names;
use crate::xml;
pub use grant::{Grant, Grantee, Owner, Permission};

/// A canned ACL: a predefined set of grants.
/// ([Canned ACL](https://docs.aws.amazon.com/AmazonS3/latest/userguide/acl-overview.html#canned-acl))
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum CannedAcl {
    /// The owner has full control, and nobody else has access. This is the default.
    Private,
    /// Everybody can read, even anonymously.
    PublicRead,
    /// Everybody can read and write, even anonymously.
    PublicReadWrite,
    /// Every authenticated user of the server can read.
    AuthenticatedRead,
    /// The owner of the bucket can read an object that another user stores in it.
    BucketOwnerRead,
    /// The owner of the bucket has full control of an object that another user stores in it.
    BucketOwnerFullControl,
    /// Amazon EC2 can read, for machine images. AWS only.
    AwsExecRead,
    /// The log delivery group can write to the bucket and read its ACL. For buckets only, and AWS only.
    LogDeliveryWrite,
}

impl_names! {
    CannedAcl, "canned ACL";
    /// Returns the name of the ACL in S3, such as `public-read`.
    as_str;
    Private => "private",
    PublicRead => "public-read",
    PublicReadWrite => "public-read-write",
    AuthenticatedRead => "authenticated-read",
    BucketOwnerRead => "bucket-owner-read",
    BucketOwnerFullControl => "bucket-owner-full-control",
    AwsExecRead => "aws-exec-read",
    LogDeliveryWrite => "log-delivery-write",
}

/// An access control list: the owner of a bucket or an object, and the grants.
///
/// To change an ACL, read it, change it and write it back. The owner cannot be changed. A permission that is
/// not part of S3 ([`Permission::Other`]) is written back unchanged.
///
/// ```
/// # let client = include!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/documentation/client.rs"));
/// use plain_s3::{Grantee, Permission};
///
/// let acl = client.get_object_acl("my-new-bucket", "hello.txt")?;
/// let acl = acl.grant(Grantee::user("bob"), Permission::Read).revoke(&Grantee::all_users());
/// client.put_object_acl("my-new-bucket", "hello.txt", acl)?;
/// # Ok::<(), plain_s3::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Acl {
    /// The owner, if the server returned one.
    pub owner: Option<Owner>,
    /// All grants, including those of the owner.
    pub grants: Vec<Grant>,
}

impl Acl {
    /// Creates an ACL in which the owner has full control, and nobody else has access.
    ///
    /// `owner_id` is the canonical user ID of the current owner.
    pub fn new(owner_id: impl Into<String>) -> Self {
        let owner = Owner::new(owner_id);
        let full = Grant::new(Grantee::user(owner.id.clone()), Permission::FullControl);
        Self { owner: Some(owner), grants: vec![full] }
    }

    /// Adds a grant, unless the ACL already contains it.
    #[must_use = "returns the changed ACL"]
    pub fn grant(mut self, grantee: Grantee, permission: Permission) -> Self {
        if !self.grants.iter().any(|grant| grant.grantee.is(&grantee) && grant.permission == permission) {
            self.grants.push(Grant::new(grantee, permission));
        }
        self
    }

    /// Removes all grants of a grantee. Users are compared by their IDs.
    #[must_use = "returns the changed ACL"]
    pub fn revoke(mut self, grantee: &Grantee) -> Self {
        self.grants.retain(|grant| !grant.grantee.is(grantee));
        self
    }

    /// Returns `true` if everybody can read, even anonymously.
    pub fn is_public_read(&self) -> bool {
        self.grants.iter().any(|grant| {
            grant.grantee == Grantee::all_users()
                && matches!(grant.permission, Permission::Read | Permission::FullControl)
        })
    }

    pub(crate) fn write(&self) -> Result<String> {
        let Some(owner) = &self.owner else {
            return Err(Error::invalid("the ACL has no owner")
                .with_hint("Start from the current ACL, or from Acl::new with the ID of the owner."));
        };
        let mut content = String::from("<Owner>");
        owner.write(&mut content)?;
        content.push_str("</Owner><AccessControlList>");
        self.grants.iter().try_for_each(|grant| grant.write(&mut content))?;
        content.push_str("</AccessControlList>");
        Ok(xml::document("AccessControlPolicy", &content))
    }

    pub(crate) fn read(root: Node<'_, '_>) -> Result<Self> {
        let list = xml::child(root, "AccessControlList");
        Ok(Self {
            owner: xml::child(root, "Owner").map(Owner::read),
            grants: list.into_iter().flat_map(|list| xml::children(list, "Grant")).map(Grant::read).collect(),
        })
    }
}

/// An ACL to set. [`CannedAcl`] and [`Acl`] convert into it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewAcl(pub(crate) Choice);

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Choice {
    Canned(CannedAcl),
    Grants(Acl),
}

impl From<CannedAcl> for NewAcl {
    fn from(acl: CannedAcl) -> Self {
        Self(Choice::Canned(acl))
    }
}

impl From<Acl> for NewAcl {
    fn from(acl: Acl) -> Self {
        Self(Choice::Grants(acl))
    }
}

impl From<&Acl> for NewAcl {
    fn from(acl: &Acl) -> Self {
        acl.clone().into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ceph_response_is_parsed() {
        let text = r#"<?xml version="1.0" encoding="UTF-8"?>
            <AccessControlPolicy xmlns="http://s3.amazonaws.com/doc/2006-03-01/">
            <Owner><ID>alice</ID><DisplayName>Alice</DisplayName></Owner><AccessControlList>
            <Grant><Grantee xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:type="Group">
            <URI>http://acs.amazonaws.com/groups/global/AllUsers</URI></Grantee><Permission>READ</Permission></Grant>
            <Grant><Grantee xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:type="CanonicalUser">
            <ID>alice</ID><DisplayName>Alice</DisplayName></Grantee><Permission>FULL_CONTROL</Permission></Grant>
            <Grant><Grantee><EmailAddress>a@example.com</EmailAddress></Grantee><Permission>FLY</Permission></Grant>
            </AccessControlList></AccessControlPolicy>"#;
        let document = xml::parse(text).unwrap();
        let acl = Acl::read(document.root_element()).unwrap();
        assert_eq!(acl.owner.as_ref().unwrap().id, "alice");
        assert!(acl.is_public_read());
        assert_eq!(acl.grants[1].permission, Permission::FullControl);
        assert_eq!(
            acl.grants[1].grantee,
            Grantee::User { id: "alice".into(), display_name: Some("Alice".into()) }
        );
        assert_eq!(acl.grants[2].grantee, Grantee::Email("a@example.com".into()));
        assert_eq!(acl.grants[2].permission, Permission::Other("FLY".into()));
    }

    #[test]
    fn acl_with_only_the_owner_is_not_public() {
        let text = "<AccessControlPolicy><AccessControlList><Grant><Grantee><ID>a</ID></Grantee>\
                    <Permission>FULL_CONTROL</Permission></Grant></AccessControlList></AccessControlPolicy>";
        let document = xml::parse(text).unwrap();
        let acl = Acl::read(document.root_element()).unwrap();
        assert!(!acl.is_public_read() && acl.owner.is_none());
    }

    fn round_trip(acl: &Acl) -> Acl {
        let text = acl.write().unwrap();
        Acl::read(xml::parse(&text).unwrap().root_element()).unwrap()
    }

    #[test]
    fn written_acl_is_parsed_unchanged() {
        let mut acl = Acl::new("al<ice>&co")
            .grant(Grantee::user("bob"), Permission::WriteAcp)
            .grant(Grantee::Email("a&b@example.com".into()), Permission::Read)
            .grant(Grantee::all_users(), Permission::Other("FLY".into()));
        acl.owner.as_mut().unwrap().display_name = Some("Alice \"A\"".into());
        assert_eq!(round_trip(&acl), acl);
        let text = acl.write().unwrap();
        for kind in
            ["\"CanonicalUser\"><ID>bob<", "\"AmazonCustomerByEmail\"><EmailAddress>", "\"Group\"><URI>"]
        {
            assert!(text.contains(&format!("xsi:type={kind}")), "{text}");
        }
    }

    #[test]
    fn grants_are_unique_and_users_are_compared_by_id() {
        let named = Grantee::User { id: "bob".into(), display_name: Some("Bob".into()) };
        let acl = Acl::new("alice").grant(named, Permission::Read);
        let again = acl.clone().grant(Grantee::user("bob"), Permission::Read);
        assert_eq!(again, acl);
        let more = again.grant(Grantee::user("bob"), Permission::Write);
        assert_eq!(more.grants.len(), 3);
        assert_eq!(more.revoke(&Grantee::user("bob")), Acl::new("alice"));
    }

    #[test]
    fn invalid_acls_are_rejected() {
        let mut nobody = Acl::new("alice");
        nobody.owner = None;
        assert_eq!(
            nobody.write().unwrap_err().to_string(),
            "the ACL has no owner. Start from the current ACL, or from Acl::new with the ID of the owner."
        );
        for bad in [Acl::new(""), Acl::new("a").grant(Grantee::user(""), Permission::Read)] {
            assert_eq!(bad.write().unwrap_err().to_string(), "the ACL has a user with an empty ID");
        }
        let control = Acl::new("a").grant(Grantee::Email("\u{1}".into()), Permission::Read);
        assert_eq!(
            control.write().unwrap_err().to_string(),
            "the EmailAddress \"\\u{1}\" in the ACL has a character that XML cannot represent"
        );
    }
}
