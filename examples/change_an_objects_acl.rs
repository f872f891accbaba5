//! Changes the ACLs of two objects: everyone can read the first, only its owner the second.
//!
//!     cargo run --example change_an_objects_acl
//!
//! S3_ENDPOINT, AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY set the server and the credentials.

use plain_s3::{CannedAcl, Client, Config};

fn main() -> plain_s3::Result<()> {
    let client = Client::new(Config::from_env()?)?;

    client.put_object_acl("my-new-bucket", "hello.txt", CannedAcl::PublicRead)?;
    client.put_object_acl("my-new-bucket", "secret_plans.txt", CannedAcl::Private)?;
    Ok(())
}
