//! Keeps old versions of objects for 30 days, deletes logs after a week, and brings a deleted object back:
//!
//!     cargo run --example versions_and_expiry
//!
//! S3_ENDPOINT, AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY set the server and the credentials.

use plain_s3::{Client, LifecycleRule, ObjectIdentifier, Versioning};

fn main() -> plain_s3::Result<()> {
    let client = Client::from_env()?;
    let bucket = "my-new-bucket";

    client.put_bucket_versioning(bucket, Versioning::Enabled)?;
    let rules = [
        LifecycleRule::new("").id("old versions").expire_noncurrent_after_days(30),
        LifecycleRule::new("logs/").id("logs").expire_after_days(7).abort_incomplete_uploads_after_days(1),
    ];
    client.put_bucket_lifecycle_configuration(bucket, &rules)?;

    client.put_object(bucket, "plans.txt", "Dominate the world")?;
    client.delete_object(bucket, "plans.txt")?;
    // the deletion only added a delete marker; without it, the last version is the current one again
    for version in client.list_object_versions(bucket) {
        let version = version?;
        if version.key == "plans.txt" && version.is_latest && version.is_delete_marker {
            client.delete_objects(bucket, [ObjectIdentifier::from(&version)])?;
        }
    }
    println!("{}", client.get_object(bucket, "plans.txt")?.text()?);
    Ok(())
}
