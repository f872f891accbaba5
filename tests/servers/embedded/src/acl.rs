//! Access control lists, which s3s-fs does not have.

use s3s::dto::{self, AccessControlPolicy, Grantee, Type};
use s3s::{S3Request, S3Result, s3_error};

use crate::users::{self, Who};

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

#[derive(Clone, PartialEq)]
enum To {
    User(String),
    AllUsers,
    AuthenticatedUsers,
}

impl To {
    fn includes(&self, who: Who) -> bool {
        match self {
            Self::User(name) => who == Some(name.as_str()),
            Self::AllUsers => true,
            Self::AuthenticatedUsers => who.is_some(),
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
    grants: Vec<(To, Permission)>,
}

impl Acl {
    /// A canned one, by the value of `x-amz-acl`. None at all means private.
    /// `bucket_owner` matters only for objects; for a bucket it is the owner itself.
    pub fn canned(name: Option<&str>, owner: &str, bucket_owner: &str) -> S3Result<Self> {
        use Permission::{FullControl, Read, Write};
        let bucket_owner = To::User(bucket_owner.to_owned());
        let more = match name.unwrap_or("private") {
            "private" => vec![],
            "public-read" => vec![(To::AllUsers, Read)],
            "public-read-write" => vec![(To::AllUsers, Read), (To::AllUsers, Write)],
            "authenticated-read" => vec![(To::AuthenticatedUsers, Read)],
            "bucket-owner-read" => vec![(bucket_owner, Read)],
            "bucket-owner-full-control" => vec![(bucket_owner, FullControl)],
            other => return Err(s3_error!(InvalidArgument, "There is no canned ACL {other}")),
        };
        let own = (To::User(owner.to_owned()), FullControl);
        let mut grants = vec![own];
        grants.extend(more.into_iter().filter(|grant| *grant != grants[0]).collect::<Vec<_>>());
        Ok(Self { grants })
    }

    /// From the body of `PUT ?acl`.
    fn policy(policy: &AccessControlPolicy) -> S3Result<Self> {
        let malformed = || s3_error!(MalformedACLError, "A grant is incomplete or unknown");
        let grants = policy.grants.iter().flatten().map(|grant| {
            let to = grant.grantee.as_ref().and_then(To::parse);
            let permission = grant.permission.as_ref();
            let permission = permission.and_then(|p| Permission::parse(p.as_str()));
            to.zip(permission).ok_or_else(malformed)
        });
        Ok(Self { grants: grants.collect::<S3Result<_>>()? })
    }

    /// What `PUT ?acl` asks for: a canned ACL or a policy.
    pub fn requested(
        canned: Option<&str>,
        policy: Option<&AccessControlPolicy>,
        owner: &str,
        bucket_owner: &str,
    ) -> S3Result<Self> {
        match (canned, policy) {
            (None, Some(policy)) => Self::policy(policy),
            (Some(_), Some(_)) => Err(s3_error!(UnexpectedContent, "A canned ACL and a policy")),
            (None, None) => Err(s3_error!(MissingSecurityHeader, "No ACL is given")),
            (canned, None) => Self::canned(canned, owner, bucket_owner),
        }
    }

    pub fn allows(&self, who: Who, wanted: Permission) -> bool {
        self.grants.iter().any(|(to, permission)| {
            to.includes(who) && (*permission == wanted || *permission == Permission::FullControl)
        })
    }

    pub fn grants(&self) -> dto::Grants {
        let grant = |(to, permission): &(To, Permission)| dto::Grant {
            grantee: Some(to.grantee()),
            permission: Some(dto::Permission::from_static(permission.name())),
        };
        self.grants.iter().map(grant).collect()
    }
}

/// Grants by header are not kept here, and must not be taken for granted.
pub fn refuse_grant_headers<T>(req: &S3Request<T>) -> S3Result<()> {
    let is_grant = |name: &str| name.starts_with("x-amz-grant-");
    match req.headers.keys().find(|name| is_grant(name.as_str())) {
        Some(name) => Err(s3_error!(NotImplemented, "{name} is not supported")),
        None => Ok(()),
    }
}
