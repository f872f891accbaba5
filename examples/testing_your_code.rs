//! Prints the newest backup, with code that is tested without a server:
//!
//!     cargo run --example testing_your_code
//!     cargo test --example testing_your_code
//!
//! The function takes the listing as an iterator, so that a test can pass its own objects and errors. S3_ENDPOINT,
//! AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY set the server and the credentials.

use plain_s3::{Client, ListOptions, Object, Result};

fn main() -> Result<()> {
    let client = Client::from_env()?;
    let backups = client.list_objects_with("my-new-bucket", &ListOptions::new().prefix("backups/"));
    match newest(backups)? {
        Some(backup) => println!("{}", backup.key),
        None => println!("no backup yet"),
    }
    Ok(())
}

/// Returns the last object by name that is not empty: an empty backup has failed. A missing bucket has none.
fn newest(objects: impl Iterator<Item = Result<Object>>) -> Result<Option<Object>> {
    let mut newest: Option<Object> = None;
    for object in objects {
        match object {
            Ok(object) if object.size > 0 && newest.as_ref().is_none_or(|best| best.key < object.key) => {
                newest = Some(object);
            }
            Ok(_) => {}
            Err(error) if error.is_no_such_bucket() => return Ok(None),
            Err(error) => return Err(error),
        }
    }
    Ok(newest)
}

#[cfg(test)]
mod tests {
    use super::*;
    use plain_s3::Error;

    #[test]
    fn empty_backups_do_not_count() {
        let objects = [Object::new("backups/1", 5), Object::new("backups/2", 5), Object::new("backups/3", 0)];
        assert_eq!(newest(objects.into_iter().map(Ok)).unwrap().unwrap().key, "backups/2");
    }

    #[test]
    fn missing_bucket_has_no_backup_and_other_errors_are_returned() {
        let fail = |status, code| newest([Err(Error::server(status, code))].into_iter());
        assert!(fail(404, "NoSuchBucket").unwrap().is_none());
        assert!(fail(403, "AccessDenied").unwrap_err().is_access_denied());
    }
}
