//! The two users of the server.

use s3s::auth::{Credentials, S3Auth, SecretKey};
use s3s::dto::Owner;
use s3s::{S3Result, s3_error};

pub struct User {
    pub name: &'static str,
    pub access_key: &'static str,
    pub secret_key: &'static str,
}

/// The secret key contains `+` and `/`, as real ones do, because some clients encode them incorrectly.
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

/// The owner of objects that unsigned requests stored in a public-read-write bucket.
pub const ANONYMOUS: &str = "anonymous";

/// The name of the user who signed the request, or `None` if the request is unsigned.
pub type Caller = Option<&'static str>;

fn find(access_key: &str) -> Option<User> {
    [ALICE, BOB].into_iter().find(|user| user.access_key == access_key)
}

/// Returns the user of a request. s3s passes credentials only after it has verified the signature.
pub fn caller(credentials: Option<&Credentials>) -> Caller {
    credentials.and_then(|c| find(&c.access_key)).map(|user| user.name)
}

/// Returns the user of a request that stores an object, which needs an owner.
pub fn caller_or_anonymous(credentials: Option<&Credentials>) -> &'static str {
    caller(credentials).unwrap_or(ANONYMOUS)
}

pub fn owner(name: &str) -> Owner {
    Owner { display_name: Some(name.to_owned()), id: Some(name.to_owned()) }
}

pub struct KnownUsers;

#[async_trait::async_trait]
impl S3Auth for KnownUsers {
    // For an unknown access key, `SimpleAuth` of s3s returns NotSignedUp, but S3 returns InvalidAccessKeyId.
    async fn get_secret_key(&self, access_key: &str) -> S3Result<SecretKey> {
        match find(access_key) {
            Some(user) => Ok(SecretKey::from(user.secret_key)),
            None => Err(s3_error!(InvalidAccessKeyId, "The access key does not exist")),
        }
    }
}
