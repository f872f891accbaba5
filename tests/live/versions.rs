//! Versioned buckets: listing, reading and deleting versions.

use plain_s3::{GetObjectOptions, ListOptions, ObjectIdentifier, ObjectReader, ObjectVersion, Versioning};

use super::fixture::TestBucket;
use super::gaps;
use super::server::{Server, Variant};

pub(crate) fn list_and_delete(variant: &Variant<'_>) {
    let client = variant.client();
    let bucket = TestBucket::create(&client);
    client.put_object(&bucket, "a b+c%2F", "before").unwrap();
    let listed = client.list_object_versions(&bucket).next().unwrap();
    let Some(before) = gaps::VERSIONS.supported(listed.and_then(|_| client.get_bucket_versioning(&bucket)))
    else {
        let error = client.list_object_versions(&bucket).next().unwrap().unwrap_err();
        assert!(error.is_not_implemented(), "{error}");
        return;
    };
    assert_eq!(before, None);
    let [only] = &versions(variant, &bucket)[..] else { panic!("expected one version") };
    assert_eq!((only.version_id.as_str(), only.is_latest, only.size), ("null", true, 6));

    client.put_bucket_versioning(&bucket, Versioning::Enabled).unwrap();
    assert_eq!(client.get_bucket_versioning(&bucket).unwrap(), Some(Versioning::Enabled));
    let second = client.put_object(&bucket, "a b+c%2F", "second").unwrap();
    let other = client.put_object(&bucket, "dir/x", "x").unwrap();
    let deleted = client.delete_object(&bucket, "a b+c%2F").unwrap();
    assert!(deleted.delete_marker, "{deleted:?}");
    assert!(client.head_object(&bucket, "a b+c%2F").unwrap_err().is_not_found());

    let all = versions(variant, &bucket);
    assert_eq!(all.len(), 4, "{all:?}");
    let known = [&deleted.version_id, &second.version_id, &other.version_id];
    let [marker, newer, other] = known.map(|id| id.as_deref().unwrap());
    let order: Vec<_> = all.iter().map(|version| version.version_id.as_str()).collect();
    let older = *order.iter().find(|id| ![marker, newer, other].contains(id)).expect("the first version");
    gaps::NULL_VERSIONS.check_eq(older, "null");
    let ids = [marker, newer, older, other];
    gaps::VERSION_ORDER.check_eq(&order[..], &ids[..]);
    let [marker, newer, older, other] =
        ids.map(|id| all.iter().find(|version| version.version_id == id).expect(id));
    assert!(marker.is_delete_marker && marker.is_latest && marker.key == "a b+c%2F", "{marker:?}");
    assert_eq!(Some(&marker.version_id), deleted.version_id.as_ref());
    assert!(!newer.is_delete_marker && !newer.is_latest, "{newer:?}");
    assert_eq!((Some(&newer.version_id), &newer.e_tag), (second.version_id.as_ref(), &second.e_tag));
    assert_eq!(older.size, 6);
    assert_eq!(other.key, "dir/x");
    for (version, content) in [(newer, "second"), (older, "before")] {
        let options = GetObjectOptions::new().version_id(&version.version_id);
        let object = client.get_object_with(&bucket, &version.key, &options).unwrap();
        assert_eq!(object.text().unwrap(), content);
    }

    let delimited = ListOptions::new().delimiter("/");
    let pages: Result<Vec<_>, _> = client.list_object_versions_with(&bucket, &delimited).pages().collect();
    let pages = pages.unwrap();
    assert_eq!(pages.iter().map(|page| page.entries.len()).sum::<usize>(), 3);
    assert_eq!(pages.iter().flat_map(|page| &page.common_prefixes).collect::<Vec<_>>(), ["dir/"]);

    // Deleting the delete marker restores the object. Deleting its newest version uncovers the one before.
    for (deleted, uncovered) in [(marker, "second"), (newer, "before")] {
        client.delete_objects(&bucket, [ObjectIdentifier::from(deleted)]).unwrap();
        let found = client.get_object(&bucket, "a b+c%2F").and_then(ObjectReader::text);
        gaps::UNCOVERED_VERSIONS.check(match found {
            Ok(content) if content == uncovered => Ok(()),
            other => Err(format!("{other:?}")),
        });
    }

    client.put_bucket_versioning(&bucket, Versioning::Suspended).unwrap();
    assert_eq!(client.get_bucket_versioning(&bucket).unwrap(), Some(Versioning::Suspended));
    client.put_object(&bucket, "a b+c%2F", "anew").unwrap();
    let all = versions(variant, &bucket);
    let kept = if gaps::NULL_VERSIONS.is_gap() { 3 } else { 2 };
    let null: Vec<_> = all.iter().filter(|version| version.version_id == "null").collect();
    assert_eq!((all.len(), null.len(), null[0].is_latest, null[0].size), (kept, 1, true, 4), "{all:?}");
    client.delete_object(&bucket, "a b+c%2F").unwrap();
    let all = versions(variant, &bucket);
    let newest = all.iter().find(|version| version.is_latest);
    let newest = newest.map(|version| (version.is_delete_marker, version.version_id.as_str()));
    gaps::SUSPENDED_MARKERS.check_eq(newest, Some((true, "null")));
}

/// Includes pages that end with a delete marker with the ID `null`, after which Ceph cannot continue a listing.
pub(crate) fn pages(server: &Server) {
    let client = server.variants()[0].client();
    let bucket = TestBucket::create(&client);
    let enabled = client.put_bucket_versioning(&bucket, Versioning::Enabled);
    let Some(()) = gaps::VERSIONS.supported(enabled) else { return };
    let mut keys = vec!["_a", "a b", "c", "c/d"];
    keys.extend((!gaps::CONTROL_CHARACTER_PAGES.is_gap()).then_some("\u{1}"));
    for key in &keys {
        for content in ["1", "22", "333"] {
            client.put_object(&bucket, key, content).unwrap();
        }
    }
    client.delete_object(&bucket, "_a").unwrap();
    client.delete_object(&bucket, "c/d").unwrap();
    let suspended = !gaps::SUSPENDED_VERSIONS.is_gap();
    if suspended {
        client.put_bucket_versioning(&bucket, Versioning::Suspended).unwrap();
    }
    let deleted = keys.iter().filter(|key| ["a b", "c", "\u{1}"].contains(key));
    for key in deleted.clone() {
        client.delete_object(&bucket, key).unwrap();
    }
    client.put_object(&bucket, "c/d", "4444").unwrap();

    let all = versions(&server.variants()[0], &bucket);
    // Three versions of each key, two delete markers with an ID, and the delete markers and versions since.
    let markers = if suspended && gaps::SUSPENDED_MARKERS.is_gap() { 0 } else { deleted.count() };
    assert_eq!(all.len(), keys.len() * 3 + 2 + markers + 1, "{all:?}");
    gaps::VERSION_PAGES.attempt(|| page_by_page(server, &bucket, &all));

    let bucket = TestBucket::create(&client);
    for key in ["\u{1}", "b"] {
        client.put_object(&bucket, key, "x").unwrap();
    }
    gaps::CONTROL_CHARACTER_PAGES.attempt(|| {
        let listed = client.list_object_versions_with(&bucket, &ListOptions::new().page_size(1));
        assert!(listed.map(|version| version.unwrap().key).eq(["\u{1}", "b"]));
    });

    let bucket = TestBucket::create(&client);
    client.put_bucket_versioning(&bucket, Versioning::Enabled).unwrap();
    client.put_object(&bucket, "k", "old").unwrap();
    client.put_bucket_versioning(&bucket, Versioning::Suspended).unwrap();
    client.delete_object(&bucket, "k").unwrap();
    let kept = versions(&server.variants()[0], &bucket).iter().filter(|version| version.size == 3).count();
    gaps::SUSPENDED_VERSIONS.check_eq(kept, 1);
}

fn page_by_page(server: &Server, bucket: &str, all: &[ObjectVersion]) {
    for variant in server.variants() {
        let client = variant.client();
        for size in [2, 3, 4, 5, 20, 21, 22] {
            let options = ListOptions::new().page_size(size);
            let listed = client.list_object_versions_with(bucket, &options).map(Result::unwrap);
            let (listed, all) = (in_any_order(listed), in_any_order(all.iter().cloned()));
            assert_eq!(listed, all, "{variant}, pages of {size}");
        }
        let options = ListOptions::new().prefix("c").page_size(3);
        let listed = client.list_object_versions_with(bucket, &options).map(Result::unwrap);
        let expected = all.iter().filter(|version| version.key.starts_with('c')).cloned();
        assert_eq!(in_any_order(listed), in_any_order(expected), "{variant}");
    }
}

/// Collects versions. If the server lists them in another order, they are sorted.
fn in_any_order(versions: impl Iterator<Item = ObjectVersion>) -> Vec<ObjectVersion> {
    let mut versions: Vec<_> = versions.collect();
    if gaps::VERSION_ORDER.is_gap() {
        versions.sort_by(|a, b| (&a.key, &a.version_id).cmp(&(&b.key, &b.version_id)));
    }
    versions
}

fn versions(variant: &Variant<'_>, bucket: &str) -> Vec<ObjectVersion> {
    variant.client().list_object_versions(bucket).collect::<Result<_, _>>().unwrap()
}
