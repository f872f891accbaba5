//! Access control lists, which s3s-fs does not implement.

use s3s::dto::{self, AccessControlPolicy, Grantee, Type};
use s3s::{S3Request, S3Result, s3_error};

use crate::users::{self, Caller};

const ALL_USERS: &str = "http://acs.amazonaws.com/groups/global/AllUsers";
const AUTHENTICATED_USERS: &str = "http://acs.amazonaws.com/groups/global/AuthenticatedUsers";

#[derive(Clone, Copy, PartialEq)]
pub enum Permission {
    FullControl,
    Read,
    Write,
    ReadAcp,
    WriteAcp,
}

impl Permission {
    fn name(self) -> &'static str {
        match self {
            Self::FullControl => dto::Permission::FULL_CONTROL,
            Self::Read => dto::Permission::READ,
            Self::Write => dto::Permission::WRITE,
            Self::ReadAcp => dto::Permission::READ_ACP,
            Self::WriteAcp => dto::Permission::WRITE_ACP,
        }
    }

    fn parse(name: &str) -> Option<Self> {
        [Self::FullControl, Self::Read, Self::Write, Self::ReadAcp, Self::WriteAcp]
            .into_iter()
            .find(|permission| permission.name() == name)
    }
}

/// The users whom a grant includes.
#[derive(Clone, PartialEq)]
enum Recipient {
    User(String),
    AllUsers,
    AuthenticatedUsers,
}

impl Recipient {
    fn includes(&self, caller: Caller) -> bool {
        match self {
            Self::User(name) => caller == Some(name.as_str()),
            Self::AllUsers => true,
            Self::AuthenticatedUsers => caller.is_some(),
        }
    }

    fn grantee(&self) -> Grantee {
        let group = |uri: &str| Grantee {
            type_: Type::from_static(Type::GROUP),
            uri: Some(uri.to_owned()),
            display_name: None,
            email_address: None,
            id: None,
        };
        match self {
            Self::AllUsers => group(ALL_USERS),
            Self::AuthenticatedUsers => group(AUTHENTICATED_USERS),
            Self::User(name) => {
                let owner = users::owner(name);
                Grantee {
                    type_: Type::from_static(Type::CANONICAL_USER),
                    id: owner.id,
                    display_name: owner.display_name,
                    email_address: None,
                    uri: None,
                }
            }
        }
    }

    fn parse(grantee: &Grantee) -> Option<Self> {
        match (grantee.uri.as_deref(), grantee.id.as_deref()) {
            (Some(ALL_USERS), _) => Some(Self::AllUsers),
            (Some(AUTHENTICATED_USERS), _) => Some(Self::AuthenticatedUsers),
            (None, Some(name)) => Some(Self::User(name.to_owned())),
            _ => None,
        }
    }
}

#[derive(Clone)]
pub struct Acl {
    grants: Vec<(Recipient, Permission)>,
}

impl Acl {
    /// Returns the canned ACL for a value of `x-amz-acl`; `None` stands for `private`.
    /// `bucket_owner` matters only for objects. For a bucket, it is the same as `owner`.
    pub fn canned(name: Option<&str>, owner: &str, bucket_owner: &str) -> S3Result<Self> {
        use Permission::{FullControl, Read, Write};
        let bucket_owner = Recipient::User(bucket_owner.to_owned());
        let others = match name.unwrap_or("private") {
            "private" => vec![],
            "public-read" => vec![(Recipient::AllUsers, Read)],
            "public-read-write" => vec![(Recipient::AllUsers, Read), (Recipient::AllUsers, Write)],
            "authenticated-read" => vec![(Recipient::AuthenticatedUsers, Read)],
            "bucket-owner-read" => vec![(bucket_owner, Read)],
            "bucket-owner-full-control" => vec![(bucket_owner, FullControl)],
            other => return Err(s3_error!(InvalidArgument, "Unknown canned ACL {other}")),
        };
        // The owner of an object may also be the owner of its bucket, but must not be listed twice.
        let own = (Recipient::User(owner.to_owned()), FullControl);
        let mut grants = vec![own];
        grants.extend(others.into_iter().filter(|grant| *grant != grants[0]).collect::<Vec<_>>());
        Ok(Self { grants })
    }

    /// Returns the ACL in the body of `PUT ?acl`.
    fn from_policy(policy: &AccessControlPolicy) -> S3Result<Self> {
        let malformed = || s3_error!(MalformedACLError, "A grant is incomplete or unknown");
        let grants = policy.grants.iter().flatten().map(|grant| {
            let recipient = grant.grantee.as_ref().and_then(Recipient::parse);
            let permission = grant.permission.as_ref();
            let permission = permission.and_then(|p| Permission::parse(p.as_str()));
            recipient.zip(permission).ok_or_else(malformed)
        });
        Ok(Self { grants: grants.collect::<S3Result<_>>()? })
    }

    /// Returns the ACL that a `PUT ?acl` request sets, which is either a canned ACL or a policy.
    pub fn requested(
        canned: Option<&str>,
        policy: Option<&AccessControlPolicy>,
        owner: &str,
        bucket_owner: &str,
    ) -> S3Result<Self> {
        match (canned, policy) {
            (None, Some(policy)) => Self::from_policy(policy),
            (Some(_), Some(_)) => {
                Err(s3_error!(UnexpectedContent, "The request has both a canned ACL and a policy"))
            }
            (None, None) => Err(s3_error!(MissingSecurityHeader, "The request has no ACL")),
            (canned, None) => Self::canned(canned, owner, bucket_owner),
        }
    }

    pub fn allows(&self, caller: Caller, required: Permission) -> bool {
        self.grants.iter().any(|(recipient, permission)| {
            recipient.includes(caller) && (*permission == required || *permission == Permission::FullControl)
        })
    }

    pub fn grants(&self) -> dto::Grants {
        let grant = |(recipient, permission): &(Recipient, Permission)| dto::Grant {
            grantee: Some(recipient.grantee()),
            permission: Some(dto::Permission::from_static(permission.name())),
        };
        self.grants.iter().map(grant).collect()
    }
}

/// Rejects grants in headers. They are not implemented, and must not be ignored silently.
pub fn reject_grant_headers<T>(req: &S3Request<T>) -> S3Result<()> {
    let is_grant = |name: &str| name.starts_with("x-amz-grant-");
    match req.headers.keys().find(|name| is_grant(name.as_str())) {
        Some(name) => Err(s3_error!(NotImplemented, "{name} is not supported")),
        None => Ok(()),
    }
}
