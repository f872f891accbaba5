//! Runs the eleven steps of the tutorial against the server that S3_ENDPOINT, AWS_ACCESS_KEY_ID and
//! AWS_SECRET_ACCESS_KEY set:
//!
//!     cargo run -p embedded-s3 -- cargo run --example tutorial
//!
//! If AWS_REGION is set, requests are signed with Signature V4, otherwise with V2. The buckets have unique names, so
//! that existing buckets are not affected.

use std::error::Error;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use plain_s3::{CannedAcl, Client, Config, ObjectUrlOptions, PresignOptions};

fn main() -> Result<(), Box<dyn Error>> {
    let seconds = SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs();
    let mah_bucket = &format!("mahbuckat1-{seconds}");
    let bucket = &format!("my-new-bucket-{seconds}");

    println!("1. Creating a connection");
    let client = Client::new(Config::from_env()?)?;
    println!("{client:?}");

    println!("\n2. Listing owned buckets");
    client.create_bucket(mah_bucket)?;
    for owned in client.list_buckets()? {
        println!("{}\t{}", owned.name, owned.creation_date);
    }

    println!("\n3. Creating a bucket");
    client.create_bucket(bucket)?;
    println!("{bucket}");

    println!("\n4. Listing a bucket's content");
    client.put_object(bucket, "myphoto1.jpg", vec![1; 251_262])?;
    client.put_object(bucket, "myphoto2.jpg", vec![2; 262_518])?;
    for object in client.list_objects(bucket) {
        let object = object?;
        println!("{}\t{}\t{}", object.key, object.size, object.last_modified);
    }

    println!("\n5. Deleting a bucket, which must be empty");
    match client.delete_bucket(bucket) {
        Err(error) if error.is_bucket_not_empty() => println!("rejected: {error}"),
        other => return Err(format!("expected BucketNotEmpty, got {other:?}").into()),
    }
    client.delete_bucket(mah_bucket)?;
    println!("{mah_bucket} deleted");

    println!("\n6. Forced delete of a non-empty bucket");
    client.force_delete_bucket(bucket)?;
    println!("{bucket} deleted");

    println!("\n7. Creating an object");
    client.create_bucket(bucket)?;
    let stored = client.put_object(bucket, "hello.txt", "Hello World!")?;
    println!("hello.txt\t{}", stored.e_tag.ok_or("the response has no ETag")?);

    println!("\n8. Changing an object's ACL");
    client.put_object(bucket, "secret_plans.txt", "Dominate the world")?;
    client.put_object_acl(bucket, "hello.txt", CannedAcl::PublicRead)?;
    client.put_object_acl(bucket, "secret_plans.txt", CannedAcl::Private)?;
    for key in ["hello.txt", "secret_plans.txt"] {
        let public = client.get_object_acl(bucket, key)?.is_public_read();
        println!("{key}\t{}", if public { "public-read" } else { "private" });
    }

    println!("\n9. Downloading an object to a file");
    let path = std::env::temp_dir().join(format!("perl_poetry-{}.pdf", std::process::id()));
    client.put_object(bucket, "perl_poetry.pdf", "BEFOREHAND: close door, each window & exit")?;
    let download = client.download_file(bucket, "perl_poetry.pdf", &path)?;
    println!("{}\t{} bytes", path.display(), download.bytes);
    std::fs::remove_file(&path)?;

    println!("\n10. Deleting an object");
    client.put_object(bucket, "goodbye.txt", "Goodbye World!")?;
    client.delete_object(bucket, "goodbye.txt")?;
    println!("goodbye.txt deleted");

    println!("\n11. Generating download URLs, unsigned and signed for one hour");
    let plain_http = ObjectUrlOptions::new().force_http();
    println!("{}", client.object_url_with(bucket, "hello.txt", &plain_http)?);
    let one_hour = PresignOptions::new(Duration::from_secs(3600)).force_http();
    println!("{}", client.presign_get_object(bucket, "secret_plans.txt", one_hour)?);

    client.force_delete_bucket(bucket)?;
    Ok(())
}
