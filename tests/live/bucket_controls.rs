//! Default encryption, ownership controls and access logs of buckets.

use plain_s3::{BucketEncryption, BucketLogging, Client, ErrorKind, ObjectOwnership};

use super::fixture::TestBucket;
use super::gaps;
use super::server::Variant;

/// Asserts that a change which the server does not support has no effect on the bucket or its object.
fn assert_untouched(client: &Client, bucket: &str) {
    assert_eq!(client.get_object(bucket, "k").unwrap().text().unwrap(), "content");
    assert_eq!(client.list_objects(bucket).count(), 1);
}

fn create(client: &Client) -> TestBucket {
    let bucket = TestBucket::create(client);
    client.put_object(&bucket, "k", "content").unwrap();
    bucket
}

pub(crate) fn encryption(variant: &Variant<'_>) {
    let client = variant.client();
    let bucket = create(&client);
    let encryption = BucketEncryption::new("AES256");
    let stored = client.put_bucket_encryption(&bucket, &encryption);
    if let Err(error) = &stored {
        assert!(error.hint().unwrap().contains("Nothing was changed"), "{error}");
        assert!(client.delete_bucket_encryption(&bucket).is_err());
    }
    assert_untouched(&client, &bucket);
    let Some(()) = gaps::BUCKET_ENCRYPTION.supported(stored) else { return };
    assert_eq!(client.get_bucket_encryption(&bucket).unwrap(), Some(encryption));
    client.delete_bucket_encryption(&bucket).unwrap();
    assert_untouched(&client, &bucket);
}

pub(crate) fn ownership_controls(variant: &Variant<'_>) {
    let client = variant.client();
    let bucket = create(&client);
    let stored = client.put_bucket_ownership_controls(&bucket, ObjectOwnership::BucketOwnerPreferred);
    if let Err(error) = &stored {
        assert!(error.hint().unwrap().contains("Nothing was changed"), "{error}");
        assert!(client.delete_bucket_ownership_controls(&bucket).is_err());
    }
    assert_untouched(&client, &bucket);
    let Some(()) = gaps::OWNERSHIP_CONTROLS.supported(stored) else { return };
    for ownership in [ObjectOwnership::BucketOwnerPreferred, ObjectOwnership::ObjectWriter] {
        client.put_bucket_ownership_controls(&bucket, ownership).unwrap();
        assert_eq!(client.get_bucket_ownership_controls(&bucket).unwrap(), Some(ownership));
    }
    client.delete_bucket_ownership_controls(&bucket).unwrap();
    let left = client.get_bucket_ownership_controls(&bucket).unwrap();
    gaps::DELETE_OWNERSHIP_CONTROLS.check_eq(left, None);
    assert_untouched(&client, &bucket);
}

pub(crate) fn logging(variant: &Variant<'_>) {
    let client = variant.client();
    let bucket = create(&client);
    let read = client.get_bucket_logging(&bucket);
    if let Some(unset) = gaps::READ_LOGGING.supported(read) {
        assert_eq!(unset, None);
    }
    let logging = BucketLogging::new(&*bucket, "logs/");
    let stored = client.put_bucket_logging(&bucket, Some(&logging));
    if let Err(error) = &stored {
        assert_eq!(error.kind(), ErrorKind::Server, "{error}");
    }
    assert_untouched(&client, &bucket);
    let Some(()) = gaps::LOGGING.supported(stored) else { return };
    assert_eq!(client.get_bucket_logging(&bucket).unwrap(), Some(logging));
    client.put_bucket_logging(&bucket, None).unwrap();
    assert_eq!(client.get_bucket_logging(&bucket).unwrap(), None);
}
