//! The two users of the server.

use s3s::auth::{Credentials, S3Auth, SecretKey};
use s3s::dto::Owner;
use s3s::{S3Result, s3_error};

pub struct User {
    pub name: &'static str,
    pub access_key: &'static str,
    pub secret_key: &'static str,
}

/// Her secret holds `+` and `/`: real ones do, and clients have got that wrong.
pub const ALICE: User = User {
    name: "alice",
    access_key: "ALICEONLOOPBACKONLY0",
    secret_key: "no+real/secret+of/alice+a/test+server/12",
};

pub const BOB: User = User {
    name: "bob",
    access_key: "BOBONLOOPBACKONLY000",
    secret_key: "no+real/secret+of/bob+++a/test+server/34",
};

/// Owner of what an unsigned request stored in a public-read-write bucket.
pub const ANONYMOUS: &str = "anonymous";

/// Name of the user who signed the request; `None` for an unsigned one.
pub type Who = Option<&'static str>;

fn find(access_key: &str) -> Option<User> {
    [ALICE, BOB].into_iter().find(|user| user.access_key == access_key)
}

/// s3s has verified the signature by the time it hands out credentials.
pub fn who(credentials: Option<&Credentials>) -> Who {
    credentials.and_then(|c| find(&c.access_key)).map(|user| user.name)
}

/// The same for one who stores something.
pub fn name(credentials: Option<&Credentials>) -> &'static str {
    who(credentials).unwrap_or(ANONYMOUS)
}

pub fn owner(name: &str) -> Owner {
    Owner { display_name: Some(name.to_owned()), id: Some(name.to_owned()) }
}

pub struct KnownUsers;

#[async_trait::async_trait]
impl S3Auth for KnownUsers {
    // The `SimpleAuth` of s3s says NotSignedUp for a key nobody has; S3 says InvalidAccessKeyId.
    async fn get_secret_key(&self, access_key: &str) -> S3Result<SecretKey> {
        match find(access_key) {
            Some(user) => Ok(SecretKey::from(user.secret_key)),
            None => Err(s3_error!(InvalidAccessKeyId, "The access key does not exist")),
        }
    }
}
