//! RestoreObject.

use plain_s3::{RestoreObjectOptions, RestoreTier};

use super::fixture::TestBucket;
use super::gaps;
use super::server::Variant;

/// Restores an object that is not archived. A server that supports the action reports this; whatever a server
/// does, it must not change the object.
pub(crate) fn restore(variant: &Variant<'_>) {
    let client = variant.client();
    let bucket = TestBucket::create(&client);
    let stored = client.put_object(&bucket, "k", "content").unwrap();
    let options = RestoreObjectOptions::new().days(1).tier(RestoreTier::Bulk);
    for restored in
        [client.restore_object(&bucket, "k", 1), client.restore_object_with(&bucket, "k", &options)]
    {
        let outcome = match restored {
            Ok(_) => Ok(()),
            Err(error) if error.code() == Some("InvalidObjectState") => Ok(()),
            Err(error) => Err(error.to_string()),
        };
        gaps::RESTORE.check(outcome);
        assert_eq!(client.list_objects(&bucket).count(), 1);
        let object = client.get_object(&bucket, "k").unwrap();
        assert_eq!(object.metadata.e_tag, stored.e_tag);
        assert_eq!(object.text().unwrap(), "content");
    }
}
