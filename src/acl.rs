//! Access control lists: the canned ones that are set by name, and the grants that a server lists.

use roxmltree::Node;

use crate::error::Result;
use crate::xml;

/// An ACL by name, as S3 predefines them.
/// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/acl-overview.html#canned-acl>
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum CannedAcl {
    /// The owner has full control and nobody else any right: the default.
    Private,
    /// Everybody may read, without credentials.
    PublicRead,
    /// Everybody may read and write.
    PublicReadWrite,
    /// Every user of the server with credentials may read.
    AuthenticatedRead,
    /// The bucket's owner may read an object that another user stores there.
    BucketOwnerRead,
    /// The bucket's owner has full control of an object that another user stores there.
    BucketOwnerFullControl,
}

impl CannedAcl {
    /// Returns the name as S3 spells it, such as `public-read`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Private => "private",
            Self::PublicRead => "public-read",
            Self::PublicReadWrite => "public-read-write",
            Self::AuthenticatedRead => "authenticated-read",
            Self::BucketOwnerRead => "bucket-owner-read",
            Self::BucketOwnerFullControl => "bucket-owner-full-control",
        }
    }
}

/// Who owns a bucket or an object, and who else may do what.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Acl {
    /// The owner, where the server names one.
    pub owner: Option<Owner>,
    /// All rights that are given, the owner's own included.
    pub grants: Vec<Grant>,
}

impl Acl {
    /// True where everybody may read, without credentials.
    pub fn is_public_read(&self) -> bool {
        self.grants.iter().any(|grant| {
            grant.grantee == Grantee::all_users()
                && matches!(grant.permission, Permission::Read | Permission::FullControl)
        })
    }

    pub(crate) fn read(root: Node<'_, '_>) -> Result<Self> {
        let list = xml::child(root, "AccessControlList");
        Ok(Self {
            owner: xml::child(root, "Owner").map(Owner::read),
            grants: list.into_iter().flat_map(|list| xml::children(list, "Grant")).map(Grant::read).collect(),
        })
    }
}

/// A user as S3 names one.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Owner {
    /// The canonical id.
    pub id: String,
    /// A name for people, where the server gives one.
    pub display_name: Option<String>,
}

impl Owner {
    pub(crate) fn read(node: Node<'_, '_>) -> Self {
        Self {
            id: xml::child_text(node, "ID").unwrap_or_default(),
            display_name: xml::child_text(node, "DisplayName"),
        }
    }
}

/// One right of one grantee.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Grant {
    /// Who has the right.
    pub grantee: Grantee,
    /// Which right it is.
    pub permission: Permission,
}

impl Grant {
    fn read(node: Node<'_, '_>) -> Self {
        let grantee = xml::child(node, "Grantee");
        let get = |name| grantee.and_then(|grantee| xml::child_text(grantee, name));
        let grantee = if let Some(uri) = get("URI") {
            Grantee::Group(uri)
        } else if let Some(address) = get("EmailAddress") {
            Grantee::Email(address)
        } else {
            Grantee::User { id: get("ID").unwrap_or_default(), display_name: get("DisplayName") }
        };
        let permission = Permission::from_name(xml::child_text(node, "Permission").unwrap_or_default());
        Self { grantee, permission }
    }
}

/// Who a right is given to.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Grantee {
    /// One user, by the canonical id.
    User {
        /// The canonical id.
        id: String,
        /// A name for people, where the server gives one.
        display_name: Option<String>,
    },
    /// A group, by its URI; [`Grantee::all_users`] is the one that matters most.
    Group(String),
    /// One user, by e-mail address.
    Email(String),
}

impl Grantee {
    /// Returns the group of everybody, with and without credentials.
    pub fn all_users() -> Self {
        Self::Group("http://acs.amazonaws.com/groups/global/AllUsers".to_owned())
    }
}

/// A right.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Permission {
    /// To list a bucket, or to read an object.
    Read,
    /// To store and delete objects of a bucket.
    Write,
    /// To read the ACL.
    ReadAcp,
    /// To change the ACL.
    WriteAcp,
    /// All of these.
    FullControl,
    /// One that only this server knows.
    Other(String),
}

impl Permission {
    fn from_name(name: String) -> Self {
        match name.as_str() {
            "READ" => Self::Read,
            "WRITE" => Self::Write,
            "READ_ACP" => Self::ReadAcp,
            "WRITE_ACP" => Self::WriteAcp,
            "FULL_CONTROL" => Self::FullControl,
            _ => Self::Other(name),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cephs_answer_is_read() {
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
    fn an_acl_of_the_owner_alone_is_not_public() {
        let text = "<AccessControlPolicy><AccessControlList><Grant><Grantee><ID>a</ID></Grantee>\
                    <Permission>FULL_CONTROL</Permission></Grant></AccessControlList></AccessControlPolicy>";
        let document = xml::parse(text).unwrap();
        let acl = Acl::read(document.root_element()).unwrap();
        assert!(!acl.is_public_read() && acl.owner.is_none());
    }
}
