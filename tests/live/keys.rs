//! Keys that clients and servers often alter by mistake.

use std::time::Duration;

use plain_s3::{Client, ListApi, ListOptions};

use super::fixture::TestBucket;
use super::gaps::{self, Feature};
use super::http;
use super::server::Variant;

const HOUR: Duration = Duration::from_secs(3600);

#[rustfmt::skip]
const UNUSUAL: &[&str] = &[
    // characters that percent-encoding and form encoding treat differently
    "with space", " at both ends ", "a+b", "100%", "%", "%zz", "%20", "a%2Fb", "a%2fb", "%252F",
    // slashes, and path segments that URL libraries remove
    "a", "a/", "a/b", "a//b", "/", "//", "/lead", "//lead", "trailing/", ".", "..", "...", "./x", "../other/k",
    "a/..", "a/.", "a/../b", "a/./b", "../../etc/passwd",
    // characters with a meaning in URLs, XML, headers or shells
    "?", "what?acl", "?uploads", "?versionId=null", "#", "frag#ment", "a&b=c;d", "=", ";", "&amp;", "<b>&lt;</b>",
    "]]>", "\"quoted\"", "'()*!~", "@$:,", "http://host/x", "back\\slash", "C:\\x", "[1]{2}^|`",
    // names that servers use themselves
    "_", "_under", "__double", "acl", "index.html", ".hidden",
    // Unicode: composed, decomposed, three and four bytes, private use, a byte order mark, noncharacters
    "é", "e\u{301}", "ünï/cödé", "日本/語", "🦀", "\u{10FFFD}", "\u{FEFF}bom", "\u{FFFD}", "\u{FDD0}", "\u{FFFF}",
    "\u{A0}\u{85}\u{2028}", "\u{202E}right to left",
    // control characters
    "\u{1}", "line\nfeed", "carriage\rreturn", "both\r\n", "tab\t", "\t", "del\u{7F}", "\u{1F}end", "c1\u{9F}",
];

/// A kind of keys that some servers cannot store, and whether a key is of this kind.
type Kind = (&'static Feature, fn(&str) -> bool);

/// A key is of the first kind that contains it, so that no kind hides another one.
const KINDS: &[Kind] = &[
    (&gaps::DOT_SEGMENTS, |key| key.split('/').any(|segment| matches!(segment, "." | ".."))),
    (&gaps::EMPTY_SEGMENTS, |key| key.starts_with('/') || key.contains("//")),
    (&gaps::FOLDER_KEYS, |key| key.ends_with('/') || matches!(key, "a" | "a/..")),
    (&gaps::LINE_BREAKS, |key| key.contains(['\n', '\r'])),
    (&gaps::CONTROL_CHARACTERS, |key| key.contains(|c: char| c.is_control() && !matches!(c, '\n' | '\r'))),
    (&gaps::LONG_KEYS, |key| key.len() > 255),
    (&gaps::NONCHARACTERS, |key| key.contains(['\u{FFFF}', '\u{FDD0}'])),
    (&gaps::BACKSLASHES, |key| key.contains('\\')),
];

/// Returns the feature that a server needs to store this key, if not all servers can.
fn kind(key: &str) -> Option<&'static Feature> {
    KINDS.iter().find(|(_, contains)| contains(key)).map(|(feature, _)| *feature)
}

/// Returns all keys in byte order, which is the order of a listing.
fn all_keys() -> Vec<String> {
    let mut keys: Vec<String> = UNUSUAL.iter().map(|&key| key.to_owned()).collect();
    keys.push("k".repeat(1024));
    keys.push("é".repeat(512));
    keys.push((' '..='~').collect());
    keys.sort();
    keys
}

/// Returns the keys of all kinds that the server supports, in byte order.
pub(crate) fn unusual_keys() -> Vec<String> {
    let mut keys = all_keys();
    keys.retain(|key| kind(key).is_none_or(|feature| !feature.is_gap()));
    keys
}

/// Stores, reads, lists and deletes one key of each kind after the other.
pub(crate) fn kinds(variant: &Variant<'_>) {
    let client = variant.client();
    for (feature, _) in KINDS {
        let mut failures = Vec::new();
        let is_of_kind = |key: &&String| kind(key).is_some_and(|kind| std::ptr::eq(kind, *feature));
        for key in all_keys().iter().filter(is_of_kind) {
            let bucket = TestBucket::create(&client);
            if let Err(error) = stores(&client, &bucket, key) {
                failures.push(error);
            }
        }
        feature.check(if failures.is_empty() { Ok(()) } else { Err(failures.join("; ")) });
    }
    gaps::FOLDER_KEYS.attempt(|| {
        let bucket = TestBucket::create(&client);
        let keys = ["folder", "folder/", "folder/file"].map(str::to_owned);
        store(&client, &bucket, &keys);
        assert_eq!(listed(&client, &bucket, &ListOptions::new()), keys);
    });
    let bucket = TestBucket::create(&client);
    store(&client, &bucket, &["a/b", "a-b"].map(str::to_owned));
    let keys: Vec<_> = client.list_objects(&bucket).map(|object| object.unwrap().key).collect();
    gaps::LISTING_ORDER.check_eq(keys, vec!["a-b".to_owned(), "a/b".to_owned()]);
    let stored = client.put_object(&bucket, "nul\0byte", "x");
    gaps::NUL_IN_KEY.check(stored.map(drop).map_err(|error| error.to_string()));
}

/// Checks that the server stores an object under exactly this key.
fn stores(client: &Client, bucket: &str, key: &str) -> Result<(), String> {
    let result = client.put_object(bucket, key, content(key)).and_then(|_| {
        let text = client.get_object(bucket, key)?.text()?;
        let keys = client.list_objects(bucket).map(|object| Ok(object?.key));
        let keys = keys.collect::<plain_s3::Result<Vec<_>>>()?;
        client.delete_object(bucket, key)?;
        Ok((text, keys, client.list_objects(bucket).count()))
    });
    match result {
        Ok((text, keys, 0)) if text == content(key) && keys == [key] => Ok(()),
        Ok((text, keys, left)) => Err(format!("{key:?}: {text:?} listed as {keys:?}, {left} left")),
        Err(error) => Err(format!("{key:?}: {error}")),
    }
}

pub(crate) fn round_trip(variant: &Variant<'_>) {
    let client = variant.client();
    let bucket = TestBucket::create(&client);
    let mut keys = unusual_keys();
    store(&client, &bucket, &keys);

    let assert_listed = |api| {
        let all = ListOptions::new().api(api);
        assert_eq!(listed(&client, &bucket, &all), keys, "{api:?}");
        // With pages of one key, each key is used as a marker once.
        assert_eq!(listed(&client, &bucket, &all.clone().page_size(1)), keys, "{api:?} one by one");
        // A server with another order also starts after a key in this order.
        for (at, key) in keys.iter().enumerate().filter(|_| !gaps::LISTING_ORDER.is_gap()) {
            let rest = listed(&client, &bucket, &all.clone().start_after(key));
            assert_eq!(rest, keys[at + 1..], "{api:?} after {key:?}");
            let matching = listed(&client, &bucket, &all.clone().prefix(key));
            let expected: Vec<_> = keys.iter().filter(|other| other.starts_with(key)).cloned().collect();
            assert_eq!(matching, expected, "{api:?} with the prefix {key:?}");
        }
    };
    for api in [ListApi::V1, ListApi::V2] {
        gaps::ANY_LISTING.attempt(|| assert_listed(api));
    }
    for key in &keys {
        let head = client.head_object(&bucket, key).unwrap();
        assert_eq!(head.content_length, content(key).len() as u64, "{key:?}");
        let text = client.get_object(&bucket, key).unwrap().text().unwrap();
        assert_eq!(text, content(key));
    }
    while let Some(key) = keys.pop() {
        client.delete_object(&bucket, &key).unwrap();
        assert_eq!(listed(&client, &bucket, &ListOptions::new()), keys, "without {key:?}");
    }
}

pub(crate) fn presigned_urls(variant: &Variant<'_>) {
    let client = variant.client();
    let bucket = TestBucket::create(&client);
    let keys = unusual_keys();
    store(&client, &bucket, &keys);
    for key in &keys {
        let url = client.presign_get_object(&bucket, key, HOUR).unwrap();
        let response = http::get(variant, &url.url);
        assert_eq!((response.status, response.text()), (200, content(key)), "{url}");
    }
    for key in &keys {
        let url = client.presign_put_object(&bucket, key, HOUR).unwrap();
        let body = format!("presigned {key:?}");
        let response = http::put(variant, &url.url, &url.headers, body.as_bytes());
        assert_eq!(response.status, 200, "{url}: {}", response.text());
        assert_eq!(client.get_object(&bucket, key).unwrap().text().unwrap(), body);
    }
    assert_eq!(listed(&client, &bucket, &ListOptions::new()), keys, "no other keys were created");
}

pub(crate) fn delete_objects(variant: &Variant<'_>) {
    let client = variant.client();
    let bucket = TestBucket::create(&client);
    let keys = unusual_keys();
    store(&client, &bucket, &keys);
    client.put_object(&bucket, "stays", "").unwrap();
    client.delete_objects(&bucket, &keys).unwrap();
    assert_eq!(listed(&client, &bucket, &ListOptions::new()), ["stays"]);
    client.delete_objects(&bucket, &keys).unwrap(); // deleting missing keys succeeds
}

pub(crate) fn store(client: &Client, bucket: &str, keys: &[String]) {
    for key in keys {
        client.put_object(bucket, key, content(key)).unwrap();
    }
}

/// Returns the content of an object. It differs for each key, so that no two objects can be confused.
pub(crate) fn content(key: &str) -> String {
    format!("content of {key:?}")
}

fn listed(client: &Client, bucket: &str, options: &ListOptions) -> Vec<String> {
    let mut keys: Vec<_> =
        client.list_objects_with(bucket, options).map(|object| object.unwrap().key).collect();
    if gaps::LISTING_ORDER.is_gap() {
        keys.sort();
    }
    keys
}
