//! Grants permissions to everyone and to individual users. Each comment shows the call in boto.
//!
//!     cargo run --example grants
//!
//! S3_ENDPOINT, AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY set the server and the credentials.

use plain_s3::{CannedAcl, Client, Config, Grantee, Permission};

fn main() -> plain_s3::Result<()> {
    let client = Client::new(Config::from_env()?)?;

    // key.set_canned_acl('public-read'), key.make_public()
    client.put_object_acl("my-new-bucket", "hello.txt", CannedAcl::PublicRead)?;

    // key.add_user_grant('READ', 'bob')
    let bob = Grantee::user("bob");
    let acl = client.get_object_acl("my-new-bucket", "hello.txt")?.grant(bob, Permission::Read);
    client.put_object_acl("my-new-bucket", "hello.txt", acl)?;

    // bucket.add_email_grant('WRITE', 'bob@example.com')
    let bob = Grantee::email("bob@example.com");
    let acl = client.get_bucket_acl("my-new-bucket")?.grant(bob, Permission::Write);
    client.put_bucket_acl("my-new-bucket", acl)?;

    for grant in client.get_object_acl("my-new-bucket", "hello.txt")?.grants {
        println!("{:?}: {}", grant.grantee, grant.permission.as_str());
    }
    Ok(())
}
