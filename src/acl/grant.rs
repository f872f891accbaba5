//! Grants: a grantee and a permission.

use std::fmt;
use std::str::FromStr;

use roxmltree::Node;

use crate::error::{Error, Result};
use crate::names;
use crate::printable;
use crate::xml;

const ALL_USERS: &str = "http://acs.amazonaws.com/groups/global/AllUsers";
const AUTHENTICATED_USERS: &str = "http://acs.amazonaws.com/groups/global/AuthenticatedUsers";
const LOG_DELIVERY: &str = "http://acs.amazonaws.com/groups/s3/LogDelivery";

/// The longest name of a permission that is printed in full, in bytes.
const MAX_SHOWN: usize = 128;

/// The owner of a bucket or an object.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Owner {
    /// The canonical user ID.
    pub id: String,
    /// The display name, if the server returned one.
    pub display_name: Option<String>,
}

impl Owner {
    /// Creates an owner from the canonical user ID, without a display name.
    pub fn new(id: impl Into<String>) -> Self {
        Self { id: id.into(), display_name: None }
    }

    pub(super) fn write(&self, out: &mut String) -> Result<()> {
        write_user(out, &self.id, self.display_name.as_deref())
    }

    pub(crate) fn read(node: Node<'_, '_>) -> Self {
        Self {
            id: xml::child_text(node, "ID").unwrap_or_default(),
            display_name: xml::child_text(node, "DisplayName"),
        }
    }
}

/// A permission of a grantee.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Grant {
    /// The user or group that has the permission.
    pub grantee: Grantee,
    /// The permission.
    pub permission: Permission,
}

impl Grant {
    /// Creates a grant.
    pub fn new(grantee: Grantee, permission: Permission) -> Self {
        Self { grantee, permission }
    }

    pub(super) fn write(&self, out: &mut String) -> Result<()> {
        let kind = match &self.grantee {
            Grantee::User { .. } => "CanonicalUser",
            Grantee::Group(_) => "Group",
            Grantee::Email(_) => "AmazonCustomerByEmail",
        };
        out.push_str("<Grant><Grantee xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\" xsi:type=\"");
        out.push_str(kind);
        out.push_str("\">");
        match &self.grantee {
            Grantee::User { id, display_name } => write_user(out, id, display_name.as_deref())?,
            Grantee::Group(uri) => element(out, "URI", uri)?,
            Grantee::Email(address) => element(out, "EmailAddress", address)?,
        }
        out.push_str("</Grantee>");
        element(out, "Permission", self.permission.as_str())?;
        out.push_str("</Grant>");
        Ok(())
    }

    pub(super) fn read(node: Node<'_, '_>) -> Self {
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

/// A user or a group in a [`Grant`].
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub enum Grantee {
    /// A user, identified by the canonical user ID.
    User {
        /// The canonical user ID.
        id: String,
        /// The display name, if the server returned one.
        display_name: Option<String>,
    },
    /// A group, identified by its URI. See [`Grantee::all_users`] for the most important one.
    Group(String),
    /// A user, identified by an email address.
    Email(String),
}

impl Grantee {
    /// Returns the user with this canonical user ID. On Ceph it is the user's name.
    pub fn user(id: impl Into<String>) -> Self {
        Self::User { id: id.into(), display_name: None }
    }

    /// Returns the user who is registered with the server under this email address.
    ///
    /// ```
    /// use plain_s3::{Acl, Grantee, Permission};
    ///
    /// let acl = Acl::new("larry")
    ///     .grant(Grantee::email("wall@example.com"), Permission::Write)
    ///     .grant(Grantee::authenticated_users(), Permission::Read)
    ///     .grant(Grantee::log_delivery(), Permission::Write);
    /// // The first grant is that of the owner.
    /// assert_eq!(acl.grants[1].permission.as_str(), "WRITE");
    /// ```
    pub fn email(address: impl Into<String>) -> Self {
        Self::Email(address.into())
    }

    /// Returns the group of all users, including anonymous ones.
    pub fn all_users() -> Self {
        Self::Group(ALL_USERS.to_owned())
    }

    /// Returns the group of all users who sign their requests with credentials of any account on the server.
    pub fn authenticated_users() -> Self {
        Self::Group(AUTHENTICATED_USERS.to_owned())
    }

    /// Returns the group that AWS uses to deliver access logs.
    pub fn log_delivery() -> Self {
        Self::Group(LOG_DELIVERY.to_owned())
    }

    /// Returns `true` if both are the same user or group, regardless of the display name.
    pub(super) fn is(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::User { id, .. }, Self::User { id: other, .. }) => id == other,
            _ => self == other,
        }
    }
}

/// A permission on a bucket or an object.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Permission {
    /// List a bucket, or read an object.
    Read,
    /// Store and delete the objects of a bucket.
    Write,
    /// Read the ACL.
    ReadAcp,
    /// Change the ACL.
    WriteAcp,
    /// All of the permissions above.
    FullControl,
    /// A permission that is not part of S3, by its name.
    Other(String),
}

impl Permission {
    /// Returns the S3 name of the permission, such as `READ_ACP`.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Read => "READ",
            Self::Write => "WRITE",
            Self::ReadAcp => "READ_ACP",
            Self::WriteAcp => "WRITE_ACP",
            Self::FullControl => "FULL_CONTROL",
            Self::Other(name) => name,
        }
    }

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

impl fmt::Display for Permission {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Other(name) => f.pad(&printable::line(name, MAX_SHOWN)),
            _ => f.pad(self.as_str()),
        }
    }
}

/// Parses the name of a standard permission in any ASCII case. The error lists the accepted names: a name
/// that only some servers know has to be passed as [`Permission::Other`].
impl FromStr for Permission {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let standard = [Self::Read, Self::Write, Self::ReadAcp, Self::WriteAcp, Self::FullControl];
        let named = standard.each_ref().map(|permission| (permission.as_str(), permission.clone()));
        names::parse("permission", text, &named)
    }
}

fn write_user(out: &mut String, id: &str, display_name: Option<&str>) -> Result<()> {
    if id.is_empty() {
        return Err(Error::invalid("the ACL has a user with an empty ID"));
    }
    element(out, "ID", id)?;
    display_name.map_or(Ok(()), |name| element(out, "DisplayName", name))
}

fn element(out: &mut String, name: &str, text: &str) -> Result<()> {
    if !xml::is_representable(text) {
        return Err(Error::invalid(format!(
            "the {name} {text:?} in the ACL has a character that XML cannot represent"
        )));
    }
    xml::push(out, name, text);
    Ok(())
}
