//! Listings: pages, prefixes, delimiters and start keys.

use std::collections::BTreeSet;
use std::thread;

use plain_s3::{Client, ListApi, ListOptions};

use super::fixture::TestBucket;
use super::gaps;
use super::server::{Server, Variant};

const THREADS: usize = 4;
const APIS: [ListApi; 2] = [ListApi::V1, ListApi::V2];

pub(crate) fn pages(server: &Server) {
    let variants = server.variants();
    let bucket = TestBucket::create(&variants[0].client());
    let mut keys: Vec<String> = (0..980).map(|n| format!("n{n:04}")).collect();
    keys.extend((0..40).flat_map(|folder| (0..3).map(move |n| format!("folder{folder:02}/{n}"))));
    keys.sort();
    store(&variants[0].client(), &bucket, &keys);

    for variant in &variants {
        println!("-- {variant}");
        let client = variant.client();
        for api in APIS {
            let all = ListOptions::new().api(api);
            let check = |options: &ListOptions, prefix: &str, start: &str, delimiter: Option<&str>| {
                let check = || assert_listed(&client, &bucket, options, &keys, prefix, start, delimiter);
                if api == ListApi::V1 { gaps::LIST_V1.attempt(check) } else { Some(check()) }
            };
            check(&all, "", "", None);
            for size in [1000, 999, 100] {
                if let Some(pages) = check(&all.clone().page_size(size), "", "", None) {
                    assert!(pages >= keys.len().div_ceil(size as usize), "{pages} pages of {size}");
                }
            }
            for start in ["", "folder20/1", "folder20/", "n", "n0978", "n0979", "z"] {
                check(&all.clone().start_after(start), "", start, None);
            }
            let delimited = all.clone().delimiter("/");
            check(&delimited, "", "", Some("/"));
            // Some of these pages end with a common prefix, others with an object.
            for size in [7, 41] {
                check(&delimited.clone().page_size(size), "", "", Some("/"));
            }
            check(&delimited.prefix("folder1").page_size(4), "folder1", "", Some("/"));
            check(&all.prefix("n09"), "n09", "", None);
        }
    }
}

pub(crate) fn delimiters(variant: &Variant<'_>) {
    let client = variant.client();
    let bucket = TestBucket::create(&client);
    assert_eq!(client.list_objects(&bucket).count(), 0);
    let keys = [
        "a b/ü&c/1",
        "a b/ü&c/2",
        "a b/x",
        "photos",
        "photos/",
        "photos/2023/1.jpg",
        "photos/2024/1.jpg",
        "photos/2024/2.jpg",
        "photos/cover.jpg",
        "photos//odd",
        "photos-old/1.jpg",
        "x|y|z",
        "x|y|",
    ]
    .map(str::to_owned);
    let missing = |key: &str| {
        gaps::FOLDER_KEYS.is_gap() && matches!(key, "photos" | "photos/")
            || gaps::EMPTY_SEGMENTS.is_gap() && key.contains("//")
    };
    let keys: Vec<_> = keys.into_iter().filter(|key| !missing(key)).collect();
    store(&client, &bucket, &keys);
    for api in APIS {
        for prefix in ["", "p", "photos", "photos/", "photos/2024/", "a b/", "a b/ü", "x|", "none"] {
            for delimiter in [None, Some("/"), Some("|"), Some("20"), Some("ü&")] {
                for size in [None, Some(1), Some(2)] {
                    let mut options = ListOptions::new().api(api).prefix(prefix);
                    options = match delimiter {
                        Some(delimiter) => options.delimiter(delimiter),
                        None => options,
                    };
                    options = match size {
                        Some(size) => options.page_size(size),
                        None => options,
                    };
                    let is_slash = delimiter.is_none_or(|delimiter| delimiter == "/");
                    let feature = if is_slash { &gaps::ANY_LISTING } else { &gaps::DELIMITERS };
                    feature
                        .attempt(|| assert_listed(&client, &bucket, &options, &keys, prefix, "", delimiter));
                }
            }
        }
    }
}

/// Compares a listing with one that is computed from `keys` by the rules of S3, and returns the number of pages.
fn assert_listed(
    client: &Client,
    bucket: &str,
    options: &ListOptions,
    keys: &[String],
    prefix: &str,
    start_after: &str,
    delimiter: Option<&str>,
) -> usize {
    let mut objects = BTreeSet::new();
    let mut prefixes = BTreeSet::new();
    for key in keys.iter().filter(|key| key.as_str() > start_after) {
        let Some(rest) = key.strip_prefix(prefix) else { continue };
        match delimiter.and_then(|delimiter| Some(rest.find(delimiter)? + delimiter.len())) {
            Some(end) => prefixes.insert(key[..prefix.len() + end].to_owned()),
            None => objects.insert(key.clone()),
        };
    }
    let mut pages = 0;
    let (mut found, mut found_prefixes) = (Vec::new(), Vec::new());
    for page in client.list_objects_with(bucket, options).pages() {
        let page = page.unwrap_or_else(|error| panic!("{options:?}: {error}"));
        found.extend(page.entries.into_iter().map(|object| object.key));
        found_prefixes.extend(page.common_prefixes);
        pages += 1;
    }
    if gaps::LISTING_ORDER.is_gap() {
        found.sort();
        found_prefixes.sort();
    }
    assert_eq!(found, Vec::from_iter(objects), "{options:?}");
    assert_eq!(found_prefixes, Vec::from_iter(prefixes), "{options:?}");
    pages
}

/// Stores empty objects from several threads, whose clients share their connections.
fn store(client: &Client, bucket: &str, keys: &[String]) {
    thread::scope(|scope| {
        for part in keys.chunks(keys.len().div_ceil(THREADS)) {
            let client = client.clone();
            scope.spawn(move || {
                for key in part {
                    client.put_object(bucket, key, "").unwrap();
                }
            });
        }
    });
}
