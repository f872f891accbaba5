//! Object Lock: legal holds, retention, and the default retention of a bucket.

use plain_s3::{
    Client, CreateBucketOptions, DeleteObjectOptions, LegalHold, ObjectIdentifier, ObjectLockConfiguration,
    ObjectRetention, PutObjectRetentionOptions, RetentionMode, RetentionPeriod,
};
use time::{Duration, OffsetDateTime};

use super::fixture::TestBucket;
use super::gaps;
use super::server::Variant;

/// Creates a bucket with Object Lock.
fn create_locked(client: &Client) -> TestBucket {
    let bucket = TestBucket::planned(client);
    client.create_bucket_with(&bucket, &CreateBucketOptions::new().object_lock_enabled()).unwrap();
    bucket
}

/// Stores an object and returns its new version, if the server has versions.
fn store(client: &Client, bucket: &str, key: &str) -> ObjectIdentifier {
    let stored = client.put_object(bucket, key, key).unwrap();
    match stored.version_id {
        Some(id) => ObjectIdentifier::new(key).version_id(id),
        None => ObjectIdentifier::new(key),
    }
}

/// Returns a date in whole seconds, which every server stores exactly.
fn in_minutes(minutes: i64) -> OffsetDateTime {
    OffsetDateTime::now_utc().replace_nanosecond(0).unwrap() + Duration::minutes(minutes)
}

/// Asserts that a version cannot be deleted, and is still there.
fn assert_locked(client: &Client, bucket: &str, key: &str, version: &ObjectIdentifier) {
    let error = client.delete_objects(bucket, [version.clone()]).unwrap_err();
    assert_eq!(error.failures()[0].code, "AccessDenied", "{error}");
    assert_eq!(client.get_object(bucket, key).unwrap().text().unwrap(), key);
}

/// Deletes the only version of an object, although it is retained in governance mode.
fn delete_with_bypass(client: &Client, bucket: &str, key: &str) {
    let id = client.head_object(bucket, key).unwrap().version_id.unwrap();
    let bypass = DeleteObjectOptions::new().version_id(id).bypass_governance_retention();
    client.delete_object_with(bucket, key, &bypass).unwrap();
}

pub(crate) fn legal_hold(variant: &Variant<'_>) {
    let client = variant.client();
    let bucket = create_locked(&client);
    let old = store(&client, &bucket, "k");
    let hold = client.put_object_legal_hold(&bucket, "k", LegalHold::On);
    let Some(()) = gaps::OBJECT_LOCK.supported(hold) else { return };
    assert_eq!(client.get_object_legal_hold(&bucket, "k").unwrap(), LegalHold::On);
    assert_locked(&client, &bucket, "k", &old);

    // The hold is on one version. A new version has none.
    client.put_object(&bucket, "k", "k").unwrap();
    assert_eq!(client.get_object_legal_hold(&bucket, "k").unwrap(), LegalHold::Off);
    assert_eq!(client.get_object_legal_hold(&bucket, old.clone()).unwrap(), LegalHold::On);
    client.put_object_legal_hold(&bucket, old.clone(), LegalHold::Off).unwrap();
    assert_eq!(client.get_object_legal_hold(&bucket, old.clone()).unwrap(), LegalHold::Off);
    client.delete_objects(&bucket, [old]).unwrap();
    assert_eq!(client.get_object(&bucket, "k").unwrap().text().unwrap(), "k");

    assert!(client.get_object_legal_hold(&bucket, "missing").unwrap_err().is_not_found());
    // Without Object Lock, the request is rejected and the object is not changed.
    let plain = TestBucket::create(&client);
    client.put_object(&plain, "k", "content").unwrap();
    let error = client.put_object_legal_hold(&plain, "k", LegalHold::On).unwrap_err();
    assert_eq!(error.code(), Some("InvalidRequest"), "{error}");
    assert_eq!(client.get_object(&plain, "k").unwrap().text().unwrap(), "content");
}

pub(crate) fn retention(variant: &Variant<'_>) {
    let client = variant.client();
    let bucket = create_locked(&client);
    let version = store(&client, &bucket, "k");
    let long = ObjectRetention::new(RetentionMode::Governance, in_minutes(60));
    let stored = client.put_object_retention(&bucket, "k", long);
    let Some(()) = gaps::RETENTION.supported(stored) else { return };
    assert_eq!(client.get_object_retention(&bucket, "k").unwrap(), Some(long));
    assert_locked(&client, &bucket, "k", &version);

    // The retention can be extended. To shorten it, the request must bypass governance mode.
    let longer = ObjectRetention::new(RetentionMode::Governance, in_minutes(120));
    client.put_object_retention(&bucket, version.clone(), longer).unwrap();
    let short = ObjectRetention::new(RetentionMode::Governance, in_minutes(30));
    assert!(client.put_object_retention(&bucket, "k", short).unwrap_err().is_access_denied());
    assert_eq!(client.get_object_retention(&bucket, version.clone()).unwrap(), Some(longer));
    let bypass = PutObjectRetentionOptions::new().bypass_governance_retention();
    client.put_object_retention_with(&bucket, version.clone(), short, &bypass).unwrap();
    assert_eq!(client.get_object_retention(&bucket, version).unwrap(), Some(short));
    delete_with_bypass(&client, &bucket, "k");

    client.put_object(&bucket, "free", "free").unwrap();
    assert_eq!(client.get_object_retention(&bucket, "free").unwrap(), None);
    assert!(client.get_object_retention(&bucket, "missing").unwrap_err().is_not_found());
}

pub(crate) fn configuration(variant: &Variant<'_>) {
    let client = variant.client();
    let bucket = create_locked(&client);
    let lock = ObjectLockConfiguration::new();
    let daily = lock.default_retention(RetentionMode::Governance, RetentionPeriod::Days(1));
    let stored = client.put_object_lock_configuration(&bucket, daily);
    let Some(()) = gaps::OBJECT_LOCK.supported(stored) else { return };
    assert_eq!(client.get_object_lock_configuration(&bucket).unwrap(), Some(daily));

    let version = store(&client, &bucket, "k");
    gaps::RETENTION.attempt(|| {
        let retention = client.get_object_retention(&bucket, "k").unwrap().unwrap();
        assert_eq!(retention.mode, RetentionMode::Governance);
        assert!(retention.retain_until.date_time().unwrap() > in_minutes(23 * 60));
    });
    assert_locked(&client, &bucket, "k", &version);
    delete_with_bypass(&client, &bucket, "k");

    let yearly = lock.default_retention(RetentionMode::Governance, RetentionPeriod::Years(2));
    for configuration in [yearly, lock] {
        client.put_object_lock_configuration(&bucket, configuration).unwrap();
        assert_eq!(client.get_object_lock_configuration(&bucket).unwrap(), Some(configuration));
    }
    let free = store(&client, &bucket, "free");
    gaps::RETENTION.attempt(|| assert_eq!(client.get_object_retention(&bucket, "free").unwrap(), None));
    client.delete_objects(&bucket, [free]).unwrap();

    let plain = TestBucket::create(&client);
    assert_eq!(client.get_object_lock_configuration(&plain).unwrap(), None);
    // Some servers can enable Object Lock only when they create the bucket.
    let expected = match client.put_object_lock_configuration(&plain, lock) {
        Ok(()) => Some(lock),
        Err(error) => {
            assert_eq!(error.code(), Some("InvalidBucketState"), "{error}");
            None
        }
    };
    assert_eq!(client.get_object_lock_configuration(&plain).unwrap(), expected);
}
