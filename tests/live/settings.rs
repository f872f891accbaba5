//! Bucket settings and object tags: they are written, read back unchanged, and deleted.

use std::collections::BTreeMap;

use plain_s3::{
    Client, CopyOptions, CorsRule, ErrorKind, LifecycleRule, LifecycleTransition, ObjectIdentifier, Payer,
    PublicAccessBlock, Result, SignatureVersion, Versioning, WebsiteConfiguration, WebsiteRedirect,
    WebsiteRoutingRule,
};
use time::OffsetDateTime;

use super::access;
use super::fixture::TestBucket;
use super::gaps;
use super::server::Variant;

pub(crate) fn bucket_settings(variant: &Variant<'_>) {
    let client = variant.client();
    let bucket = TestBucket::create(&client);
    let location = client.get_bucket_location(&bucket).unwrap();
    assert!(location.is_none_or(|location| !location.is_empty()));

    let rules = [
        CorsRule::new("https://*.example.com", "GET")
            .id("a <b> & c")
            .allowed_method("PUT")
            .allowed_header("*")
            .expose_header("ETag")
            .max_age_seconds(3000),
        CorsRule::new("*", "HEAD"),
    ];
    // Signature V2 signs only the subresources that a server knows.
    let signs_all = variant.signature == SignatureVersion::V4 || !gaps::V2_SUBRESOURCES.is_gap();
    if signs_all && let Some(()) = gaps::CORS.supported(client.put_bucket_cors(&bucket, &rules)) {
        let read = client.get_bucket_cors(&bucket).unwrap();
        assert_eq!(read[0], rules[0]);
        gaps::CORS_WITHOUT_MAX_AGE.check_eq(read[1].max_age_seconds, None);
        let mut any_age = without_id(&read[1]);
        any_age.max_age_seconds = None;
        assert_eq!(CorsRule::default().allowed_origin("*").allowed_method("HEAD"), any_age);
        client.delete_bucket_cors(&bucket).unwrap();
        assert!(client.get_bucket_cors(&bucket).unwrap().is_empty());
    }

    let policy = format!(
        r#"{{"Version":"2012-10-17","Statement":[{{"Effect":"Allow","Principal":"*","Action":"s3:GetObject",
            "Resource":"arn:aws:s3:::{}/*"}}]}}"#,
        &*bucket
    );
    client.put_object(&bucket, "k", "x").unwrap();
    if let Some(()) = gaps::POLICY.supported(client.put_bucket_policy(&bucket, &policy)) {
        // A server may format the document anew.
        let compact = |policy: &str| policy.split_whitespace().collect::<String>();
        let read = client.get_bucket_policy(&bucket).unwrap().expect("a policy");
        assert_eq!(compact(&read), compact(&policy));
        gaps::PUBLIC_POLICY.attempt(|| {
            assert_eq!(variant.anonymous().get_object(&bucket, "k").unwrap().text().unwrap(), "x");
        });
        let malformed = client.put_bucket_policy(&bucket, "{\"Version\": 7}");
        gaps::POLICY_SYNTAX.check_eq(malformed.err().and_then(|error| error.status()), Some(400));
        client.delete_bucket_policy(&bucket).unwrap();
        assert_eq!(client.get_bucket_policy(&bucket).unwrap(), None);
        gaps::PRIVATE_OBJECTS.attempt(|| {
            access::assert_rejected(&variant.anonymous().get_object(&bucket, "k").unwrap_err());
        });
    }

    if signs_all {
        let block = PublicAccessBlock::new().block_public_acls().block_public_policy();
        if let Some(()) = gaps::PUBLIC_ACCESS_BLOCK.supported(client.put_public_access_block(&bucket, block))
        {
            assert_eq!(client.get_public_access_block(&bucket).unwrap(), Some(block));
            client.delete_public_access_block(&bucket).unwrap();
            assert_eq!(
                client.get_public_access_block(&bucket).unwrap().unwrap_or_default(),
                PublicAccessBlock::new()
            );
        }
    }

    let requester = client.put_bucket_request_payment(&bucket, Payer::Requester);
    if let Some(()) = gaps::REQUEST_PAYMENT.supported(requester) {
        assert_eq!(client.get_bucket_request_payment(&bucket).unwrap(), Payer::Requester);
        client.put_bucket_request_payment(&bucket, Payer::BucketOwner).unwrap();
        assert_eq!(client.get_bucket_request_payment(&bucket).unwrap(), Payer::BucketOwner);
    }
}

/// Returns the rule without its ID, as a server may generate one.
fn without_id(rule: &CorsRule) -> CorsRule {
    let mut rule = rule.clone();
    rule.id = None;
    rule
}

pub(crate) fn tags(variant: &Variant<'_>) {
    let client = variant.client();
    let bucket = TestBucket::create(&client);
    client.put_object(&bucket, "a b+c%2F", "x").unwrap();
    let tags = [("project", "poetry"), ("empty", ""), ("a + b", "é / =")];
    let expected: BTreeMap<String, String> =
        tags.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
    if variant.signature == SignatureVersion::V2 {
        let error = client.get_bucket_tagging(&bucket).err();
        let error = error.filter(|error| error.code() == Some("SignatureDoesNotMatch"));
        gaps::V2_SUBRESOURCES.check(error.map_or(Ok(()), |error| Err(error.to_string())));
        if gaps::V2_SUBRESOURCES.is_gap() {
            return;
        }
    }
    let Some(()) = gaps::TAGS.supported(client.put_bucket_tagging(&bucket, tags)) else {
        return;
    };
    assert_eq!(client.get_bucket_tagging(&bucket).unwrap(), expected);
    client.delete_bucket_tagging(&bucket).unwrap();
    assert!(client.get_bucket_tagging(&bucket).unwrap().is_empty());

    assert!(client.get_object_tagging(&bucket, "a b+c%2F").unwrap().is_empty());
    client.put_object_tagging(&bucket, "a b+c%2F", tags).unwrap();
    assert_eq!(client.get_object_tagging(&bucket, "a b+c%2F").unwrap(), expected);
    client.copy_object((&bucket, "a b+c%2F"), (&bucket, "copy")).unwrap();
    assert_eq!(client.get_object_tagging(&bucket, "copy").unwrap(), expected, "tags are copied");
    // A copy in parts keeps them as well.
    client.put_object(&bucket, "large", vec![7; (5 << 20) + 1]).unwrap();
    client.put_object_tagging(&bucket, "large", tags).unwrap();
    let parts = CopyOptions::new().part_size(5 << 20);
    client.copy_with((&bucket, "large"), (&bucket, "copy in parts"), &parts).unwrap();
    assert!(client.head_object(&bucket, "copy in parts").unwrap().e_tag.unwrap().as_str().ends_with("-2"));
    assert_eq!(client.get_object_tagging(&bucket, "copy in parts").unwrap(), expected, "tags are copied");

    client.delete_object_tagging(&bucket, "a b+c%2F").unwrap();
    assert!(client.get_object_tagging(&bucket, "a b+c%2F").unwrap().is_empty());
    assert_eq!(client.get_object(&bucket, "a b+c%2F").unwrap().text().unwrap(), "x");
    assert!(client.put_object_tagging(&bucket, "none", tags).unwrap_err().is_not_found());

    client.put_bucket_versioning(&bucket, Versioning::Enabled).unwrap();
    let old = client.put_object(&bucket, "v", "1").unwrap().version_id.unwrap();
    client.put_object(&bucket, "v", "2").unwrap();
    let old = ObjectIdentifier::new("v").version_id(old);
    client.put_object_tagging(&bucket, old.clone(), [("old", "yes")]).unwrap();
    assert_eq!(client.get_object_tagging(&bucket, old.clone()).unwrap()["old"], "yes");
    assert!(client.get_object_tagging(&bucket, "v").unwrap().is_empty());
    client.delete_object_tagging(&bucket, old.clone()).unwrap();
    assert!(client.get_object_tagging(&bucket, old).unwrap().is_empty());
}

pub(crate) fn lifecycle(variant: &Variant<'_>) {
    let client = variant.client();
    let bucket = TestBucket::create(&client);
    let rules = [
        LifecycleRule::new("logs/<&>").id("old logs").tag("a", "b & c").expire_after_days(30),
        LifecycleRule::new("backup/")
            .id("stale")
            .abort_incomplete_uploads_after_days(7)
            .expire_noncurrent_after_days(3)
            .expire_delete_markers(),
        LifecycleRule::new("until/").id("date").disabled().expire_on_date(OffsetDateTime::UNIX_EPOCH),
        LifecycleRule::new("cold/").id("moved").transition(LifecycleTransition::after_days(30, "STANDARD")),
    ];
    let stored = client.put_bucket_lifecycle_configuration(&bucket, &rules);
    let Some(()) = gaps::LIFECYCLE.supported(stored) else { return };
    let mut read = client.get_bucket_lifecycle_configuration(&bucket).unwrap();
    assert_eq!(read.len(), 4);
    for rule in &rules {
        assert!(read.contains(rule), "{rule:?} is not in {read:?}");
    }

    // If the server drops a part of a rule, the client restores the previous rules and fails.
    let large = [LifecycleRule::new("").id("large").object_size_greater_than(1 << 30).expire_after_days(1)];
    let outcome = match client.put_bucket_lifecycle_configuration(&bucket, &large) {
        Ok(()) => Ok(()),
        Err(error) => {
            assert_eq!(error.kind(), ErrorKind::Integrity, "{error}");
            assert!(
                error.hint().unwrap().contains("undone: the bucket has its previous rules again"),
                "{error}"
            );
            let mut after = client.get_bucket_lifecycle_configuration(&bucket).unwrap();
            for rules in [&mut read, &mut after] {
                rules.sort_by(|a, b| a.id.cmp(&b.id));
            }
            assert_eq!(after, read);
            Err(error.to_string())
        }
    };
    gaps::LIFECYCLE_SIZES.check(outcome);
    client.delete_bucket_lifecycle(&bucket).unwrap();
    assert!(client.get_bucket_lifecycle_configuration(&bucket).unwrap().is_empty());
    gaps::LIFECYCLE_IDS.attempt(|| {
        let rule = LifecycleRule::new("x").expire_after_days(1);
        client.put_bucket_lifecycle_configuration(&bucket, &[rule]).unwrap();
        assert!(client.get_bucket_lifecycle_configuration(&bucket).unwrap()[0].id.is_some());
    });
}

pub(crate) fn website(variant: &Variant<'_>) {
    let client = variant.client();
    let bucket = TestBucket::create(&client);
    let moved = WebsiteRedirect::new().replace_key_prefix_with("documents/").http_redirect_code(302);
    let pages = WebsiteConfiguration::new("index.html")
        .error_document("404 <é>.html")
        .routing_rule(WebsiteRoutingRule::new(moved).key_prefix_equals("docs/"));
    let elsewhere = WebsiteRedirect::new().host_name("example.com").protocol("https");
    for website in [pages, WebsiteConfiguration::redirect_all(elsewhere)] {
        let stored = client.put_bucket_website(&bucket, &website);
        let Some(()) = gaps::WEBSITE.supported(stored) else { return };
        assert_eq!(client.get_bucket_website(&bucket).unwrap(), Some(website));
    }
    client.delete_bucket_website(&bucket).unwrap();
    assert_eq!(client.get_bucket_website(&bucket).unwrap(), None);
}

/// Reads the settings of a new bucket and a new object. Each is unset, or the server does not implement it.
pub(crate) fn unset(variant: &Variant<'_>) {
    if variant.signature == SignatureVersion::V2 && gaps::V2_SUBRESOURCES.is_gap() {
        return;
    }
    let client = variant.client();
    let bucket = TestBucket::create(&client);
    client.put_object(&bucket, "k", "x").unwrap();
    type Read = fn(&Client, &str) -> Result<bool>;
    let reads: [(&str, Read); 12] = [
        ("versioning", |client, bucket| client.get_bucket_versioning(bucket).map(|found| found.is_none())),
        ("versions", |client, bucket| {
            Ok(client.list_object_versions(bucket).collect::<Result<Vec<_>>>()?.len() == 1)
        }),
        ("tagging", |client, bucket| client.get_bucket_tagging(bucket).map(|found| found.is_empty())),
        ("object tagging", |client, bucket| {
            client.get_object_tagging(bucket, "k").map(|found| found.is_empty())
        }),
        ("policy", |client, bucket| client.get_bucket_policy(bucket).map(|found| found.is_none())),
        ("cors", |client, bucket| client.get_bucket_cors(bucket).map(|found| found.is_empty())),
        ("lifecycle", |client, bucket| {
            client.get_bucket_lifecycle_configuration(bucket).map(|found| found.is_empty())
        }),
        ("website", |client, bucket| client.get_bucket_website(bucket).map(|found| found.is_none())),
        ("request payment", |client, bucket| {
            client.get_bucket_request_payment(bucket).map(|payer| payer == Payer::BucketOwner)
        }),
        // AWS sets these two for new buckets.
        ("encryption", |client, bucket| client.get_bucket_encryption(bucket).map(|_| true)),
        ("ownership controls", |client, bucket| client.get_bucket_ownership_controls(bucket).map(|_| true)),
        ("logging", |client, bucket| client.get_bucket_logging(bucket).map(|found| found.is_none())),
    ];
    for (name, read) in reads {
        match read(&client, &bucket) {
            Ok(is_unset) => assert!(is_unset, "{name}"),
            Err(error) => assert!(error.is_not_implemented(), "{name}: {error}"),
        }
    }
    // Any result is accepted here: some servers return a default, and under V2 some do not know that this
    // subresource is part of the signature (see `delete`).
    let _ = client.get_public_access_block(&bucket);
    match client.put_object_tagging(&bucket, "k", [("a", "b")]) {
        Ok(()) => client.delete_object_tagging(&bucket, "k").unwrap(),
        Err(error) => {
            assert!(error.is_not_implemented(), "{error}");
            client.delete_object_tagging(&bucket, "k").unwrap_err();
        }
    }
}

/// Deletes the settings of an empty bucket. A server that ignored the subresource would delete the bucket itself.
pub(crate) fn delete(variant: &Variant<'_>) {
    let client = variant.client();
    let bucket = TestBucket::create(&client);
    type Delete = fn(&Client, &str) -> Result<()>;
    let deletes: [(&str, Delete); 8] = [
        ("tagging", Client::delete_bucket_tagging),
        ("policy", Client::delete_bucket_policy),
        ("cors", Client::delete_bucket_cors),
        ("lifecycle", Client::delete_bucket_lifecycle),
        ("website", Client::delete_bucket_website),
        ("publicAccessBlock", Client::delete_public_access_block),
        ("encryption", Client::delete_bucket_encryption),
        ("ownershipControls", Client::delete_bucket_ownership_controls),
    ];
    for (name, delete) in deletes {
        if let Err(error) = delete(&client, &bucket) {
            // A server that does not know publicAccessBlock does not include it in a V2 signature.
            let unknown = error.is_not_implemented() || error.code() == Some("SignatureDoesNotMatch");
            // A server that implements only reading the setting rejects the deletion itself.
            let is_unchanged =
                error.status() == Some(501) || error.hint().unwrap().contains("Nothing was changed");
            assert!(unknown && is_unchanged, "{name}: {error}");
        }
        client.head_bucket(&bucket).unwrap_or_else(|error| panic!("{name}: {error}"));
        let missing = delete(&client, "no-such-bucket-anywhere");
        if name == "encryption" {
            gaps::ENCRYPTION_OF_MISSING_BUCKET.check_eq(missing.is_err(), true);
        } else {
            assert!(missing.is_err(), "{name}");
        }
    }
}
