//! Who has a right, and which.

use std::fmt;
use std::str::FromStr;

use roxmltree::Node;

use crate::error::{Error, Result};
use crate::names;
use crate::xml;

const ALL_USERS: &str = "http://acs.amazonaws.com/groups/global/AllUsers";
const AUTHENTICATED_USERS: &str = "http://acs.amazonaws.com/groups/global/AuthenticatedUsers";
const LOG_DELIVERY: &str = "http://acs.amazonaws.com/groups/s3/LogDelivery";

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
    /// One right for one grantee.
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
    /// Returns one user, by the canonical id; on Ceph that is the user's name.
    pub fn user(id: impl Into<String>) -> Self {
        Self::User { id: id.into(), display_name: None }
    }

    /// Returns one user, by the e-mail address that the server knows of the user.
    pub fn email(address: impl Into<String>) -> Self {
        Self::Email(address.into())
    }

    /// Returns the group of everybody, with and without credentials.
    pub fn all_users() -> Self {
        Self::Group(ALL_USERS.to_owned())
    }

    /// Returns the group of everybody who signs with any credentials of the server.
    pub fn authenticated_users() -> Self {
        Self::Group(AUTHENTICATED_USERS.to_owned())
    }

    /// Returns the group that AWS delivers access logs as.
    pub fn log_delivery() -> Self {
        Self::Group(LOG_DELIVERY.to_owned())
    }

    /// True where both mean the same: a user's name for people does not count.
    pub(super) fn is(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::User { id, .. }, Self::User { id: other, .. }) => id == other,
            _ => self == other,
        }
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
    /// Returns the name as S3 spells it, such as `READ_ACP`.
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
        f.pad(self.as_str())
    }
}

/// Parses the name of a standard permission in any ASCII case. The error lists the accepted names: a name that
/// only some servers know has to be passed as [`Permission::Other`].
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
        return Err(Error::invalid("the ACL names a user with an empty id"));
    }
    element(out, "ID", id)?;
    display_name.map_or(Ok(()), |name| element(out, "DisplayName", name))
}

fn element(out: &mut String, name: &str, text: &str) -> Result<()> {
    if !xml::is_representable(text) {
        return Err(Error::invalid(format!(
            "the {name} {text:?} of the ACL has a character that XML cannot hold"
        )));
    }
    out.push_str(&format!("<{name}>{}</{name}>", xml::escape(text)));
    Ok(())
}
