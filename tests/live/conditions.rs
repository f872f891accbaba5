//! Conditional requests: `If-Match` and the related headers.

use std::time::Duration;

use plain_s3::{ETag, GetObjectOptions, PutObjectOptions};
use time::OffsetDateTime;

use super::fixture::TestBucket;
use super::gaps;
use super::server::Variant;

const HOUR: Duration = Duration::from_secs(3600);

pub(crate) fn reads(variant: &Variant<'_>) {
    let client = variant.client();
    let bucket = TestBucket::create(&client);
    let e_tag = client.put_object(&bucket, "k", "content").unwrap().e_tag.unwrap();
    let other = ETag::new("\"00000000000000000000000000000000\"");
    let stored = client.head_object(&bucket, "k").unwrap().last_modified.date_time().unwrap();
    let (before, after) = (stored - HOUR, OffsetDateTime::now_utc() + Duration::from_secs(1));

    let options = GetObjectOptions::new;
    for met in [
        options().if_match(e_tag.clone()),
        options().if_none_match(other.clone()),
        options().if_modified_since(before),
        options().if_unmodified_since(after),
    ] {
        let text = client.get_object_with(&bucket, "k", &met).unwrap().text().unwrap();
        assert_eq!(text, "content", "{met:?}");
        client.head_object_with(&bucket, "k", &met).unwrap();
    }
    gaps::CONDITIONAL_READS.attempt(|| {
        for unmet in [options().if_match(other), options().if_unmodified_since(before)] {
            let error = client.get_object_with(&bucket, "k", &unmet).unwrap_err();
            assert!(error.is_precondition_failed() && error.status() == Some(412), "{unmet:?}: {error}");
            let error = client.head_object_with(&bucket, "k", &unmet).unwrap_err();
            assert!(error.is_precondition_failed(), "{unmet:?}: {error}");
        }
        for unmet in [options().if_none_match(e_tag), options().if_modified_since(stored)] {
            let error = client.get_object_with(&bucket, "k", &unmet).unwrap_err();
            assert!(error.is_not_modified() && error.status() == Some(304), "{unmet:?}: {error}");
            let error = client.head_object_with(&bucket, "k", &unmet).unwrap_err();
            assert!(error.is_not_modified(), "{unmet:?}: {error}");
        }
    });
}

pub(crate) fn writes(variant: &Variant<'_>) {
    let client = variant.client();
    let bucket = TestBucket::create(&client);
    let read = || client.get_object(&bucket, "k").unwrap().text().unwrap();
    let options = PutObjectOptions::new;
    let other = ETag::new("\"00000000000000000000000000000000\"");
    let honoured = gaps::CONDITIONAL_WRITES.attempt(|| {
        client.put_object_with(&bucket, "k", "first", &options().if_none_exists()).unwrap();
        let error = client.put_object_with(&bucket, "k", "second", &options().if_none_exists()).unwrap_err();
        assert!(error.is_precondition_failed(), "{error}");
        assert_eq!(read(), "first");
    });
    if honoured.is_none() {
        return;
    }
    let rejected =
        |key: &str| client.put_object_with(&bucket, key, "third", &options().if_match(other.clone()));
    let error = rejected("k").unwrap_err();
    gaps::PUT_IF_MATCH.check(if error.is_precondition_failed() { Ok(()) } else { Err(error.to_string()) });
    assert_eq!(read(), "first");
    let error = rejected("missing").unwrap_err();
    let refused = error.is_precondition_failed() || error.is_not_found();
    gaps::PUT_IF_MATCH.check(if refused { Ok(()) } else { Err(error.to_string()) });
    assert!(client.head_object(&bucket, "missing").unwrap_err().is_not_found());
    let e_tag = client.head_object(&bucket, "k").unwrap().e_tag.unwrap();
    let stored = client.put_object_with(&bucket, "k", "fourth", &options().if_match(e_tag));
    assert_eq!(read(), if stored.is_ok() { "fourth" } else { "first" });
    gaps::QUOTED_IF_MATCH.check(stored.map(drop).map_err(|error| error.to_string()));
}
