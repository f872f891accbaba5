//! Keys that a client or a server is likely to change on the way.

use std::time::Duration;

use plain_s3::{Client, ListApi, ListOptions};

use super::fixture::TestBucket;
use super::gaps;
use super::http;
use super::server::Variant;

const HOUR: Duration = Duration::from_secs(3600);

#[rustfmt::skip]
const ODD: &[&str] = &[
    // what percent-encoding and form-encoding mix up
    "with space", " at both ends ", "a+b", "100%", "%", "%zz", "%20", "a%2Fb", "a%2fb", "%252F",
    // slashes, and segments that a URL library removes
    "a", "a/", "a/b", "a//b", "/", "//", "/lead", "//lead", "trailing/", ".", "..", "...", "./x", "../other/k",
    "a/..", "a/.", "a/../b", "a/./b", "../../etc/passwd",
    // what has a meaning in a URL, in XML, in a header or in a shell
    "?", "what?acl", "?uploads", "?versionId=null", "#", "frag#ment", "a&b=c;d", "=", ";", "&amp;", "<b>&lt;</b>",
    "]]>", "\"quoted\"", "'()*!~", "@$:,", "http://host/x", "back\\slash", "C:\\x", "[1]{2}^|`",
    // a server's own names
    "_", "_under", "__double", "acl", "index.html", ".hidden",
    // Unicode: composed, decomposed, three and four bytes, private use, a byte order mark, what is no character
    "é", "e\u{301}", "ünï/cödé", "日本/語", "🦀", "\u{10FFFD}", "\u{FEFF}bom", "\u{FFFD}", "\u{FDD0}", "\u{FFFF}",
    "\u{A0}\u{85}\u{2028}", "\u{202E}right to left",
    // control characters
    "\u{1}", "line\nfeed", "carriage\rreturn", "both\r\n", "tab\t", "\t", "del\u{7F}", "\u{1F}end", "c1\u{9F}",
];

/// In the order of their bytes, as a listing has them.
fn odd_keys() -> Vec<String> {
    let mut keys: Vec<String> = ODD.iter().map(|&key| key.to_owned()).collect();
    keys.push("k".repeat(1024));
    keys.push("é".repeat(512));
    keys.push((' '..='~').collect());
    keys.sort();
    keys
}

pub(crate) fn by_signed_header(variant: &Variant<'_>) {
    let client = variant.client();
    let bucket = TestBucket::create(&client);
    let mut keys = odd_keys();
    store(&client, &bucket, &keys);

    for version in [ListApi::V1, ListApi::V2] {
        let all = ListOptions::new().api(version);
        assert_eq!(listed(&client, &bucket, &all), keys, "{version:?}");
        // so every key is a marker once
        assert_eq!(listed(&client, &bucket, &all.clone().page_size(1)), keys, "{version:?} one by one");
        for (at, key) in keys.iter().enumerate() {
            let after = listed(&client, &bucket, &all.clone().start_after(key));
            assert_eq!(after, keys[at + 1..], "{version:?} after {key:?}");
            let like = listed(&client, &bucket, &all.clone().prefix(key));
            let wanted: Vec<_> = keys.iter().filter(|other| other.starts_with(key)).cloned().collect();
            assert_eq!(like, wanted, "{version:?} with the prefix {key:?}");
        }
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

    let stored = client.put_object(&bucket, "nul\0byte", "x");
    gaps::NUL_IN_KEY.check(variant.server, stored.map(drop).map_err(|error| error.to_string()));
}

pub(crate) fn by_presigned_url(variant: &Variant<'_>) {
    let client = variant.client();
    let bucket = TestBucket::create(&client);
    let keys = odd_keys();
    store(&client, &bucket, &keys);
    for key in &keys {
        let url = client.presign_get_object(&bucket, key, HOUR).unwrap();
        let answer = http::get(variant, &url.url);
        assert_eq!((answer.status, answer.text()), (200, content(key)), "{url}");
    }
    for key in &keys {
        let url = client.presign_put_object(&bucket, key, HOUR).unwrap();
        let body = format!("presigned {key:?}");
        let answer = http::put(variant, &url.url, &url.headers, body.as_bytes());
        assert_eq!(answer.status, 200, "{url}: {}", answer.text());
        assert_eq!(client.get_object(&bucket, key).unwrap().text().unwrap(), body);
    }
    assert_eq!(listed(&client, &bucket, &ListOptions::new()), keys, "no other key was made");
}

pub(crate) fn deleted_together(variant: &Variant<'_>) {
    let client = variant.client();
    let bucket = TestBucket::create(&client);
    let keys = odd_keys();
    store(&client, &bucket, &keys);
    client.put_object(&bucket, "stays", "").unwrap();
    client.delete_objects(&bucket, &keys).unwrap();
    assert_eq!(listed(&client, &bucket, &ListOptions::new()), ["stays"]);
    client.delete_objects(&bucket, &keys).unwrap(); // what is gone is no error
}

fn store(client: &Client, bucket: &str, keys: &[String]) {
    for key in keys {
        client.put_object(bucket, key, content(key)).unwrap();
    }
}

/// Another one for every key, so that no two can be mixed up.
fn content(key: &str) -> String {
    format!("content of {key:?}")
}

fn listed(client: &Client, bucket: &str, options: &ListOptions) -> Vec<String> {
    client.list_objects_with(bucket, options).map(|object| object.unwrap().key).collect()
}
