//! Requests that the client has given up, but the server still executes, beside or after their retries.
//!
//! No client can prevent this: it does not know whether the server is still working on a request whose response is
//! lost. The object has to be complete nevertheless.

use std::thread;
use std::time::Duration;

use plain_s3::{Client, CompletedPart, RetryPolicy};

use super::fixture::TestBucket;
use super::gaps::{self, Feature};
use super::http;
use super::server::{Server, Variant};

const HOUR: Duration = Duration::from_secs(3600);
/// The minimum size of a part, except for the last one.
const PART: usize = 5 << 20;

/// The number of attempts to provoke the fault, which depends on the order of threads in the server.
fn rounds(feature: &Feature, healthy: usize) -> usize {
    if feature.is_gap() { 200 } else { healthy }
}

/// Repeats `damages` until the server has damaged an object, and records the result.
fn check(feature: &Feature, healthy: usize, damages: impl FnMut(usize) -> Option<String>) {
    let damage = (0..rounds(feature, healthy)).find_map(damages);
    feature.check(damage.map_or(Ok(()), Err));
}

/// The connections of two attempts are closed after the whole request. The third attempt succeeds.
pub(crate) fn puts(server: &Server) {
    let variant = &server.variants()[0];
    let client = variant.client();
    let bucket = TestBucket::create(&client);
    check(&gaps::LATE_PUTS, 30, |round| {
        let key = format!("k{round}");
        let url = client.presign_put_object(&bucket, &key, HOUR).unwrap();
        let attempts: Vec<_> = (0..2).map(|_| http::start(&url.url, "PUT", &url.headers, b"x")).collect();
        drop(attempts);
        client.put_object(&bucket, &key, "x").unwrap();
        damage(variant, &bucket, &key, b"x")
    });
    // a late request may store an object while the bucket is emptied
    for _ in 0..20 {
        if client.force_delete_bucket(&bucket).is_ok() {
            break;
        }
        thread::sleep(Duration::from_millis(200));
    }
}

/// Several uploads of the same key overlap.
pub(crate) fn listings(server: &Server) {
    let client = server.variants()[0].client();
    let bucket = TestBucket::create(&client);
    check(&gaps::CONCURRENT_PUTS, 2, |_| {
        thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| (0..50).for_each(|_| drop(client.put_object(&bucket, "k", "x").unwrap())));
            }
        });
        let keys: Vec<_> = client.list_objects(&bucket).map(|object| object.unwrap().key).collect();
        (keys != ["k"]).then(|| format!("{keys:?}"))
    });
}

/// Several attempts to complete the same upload overlap, and at least one of them succeeds.
pub(crate) fn completions(server: &Server) {
    let variant = &server.variants()[0];
    let client = variant.client();
    let bucket = TestBucket::create(&client);
    let content = vec![b'x'; 2 * PART + 1];
    check(&gaps::LATE_COMPLETIONS, 2, |round| {
        let key = format!("k{round}");
        let id = client.create_multipart_upload(&bucket, &key).unwrap();
        let parts: Vec<CompletedPart> = (1..)
            .zip(content.chunks(PART))
            .map(|(number, part)| client.upload_part(&bucket, &key, &id, number, part).unwrap())
            .collect();
        let completed = thread::scope(|scope| {
            let complete = |attempt: u64| {
                let client = client_without_retries(variant);
                let (bucket, key, id, parts) = (&*bucket, &key, &id, &parts);
                move || {
                    thread::sleep(Duration::from_millis(20) * attempt as u32);
                    client.complete_multipart_upload(bucket, key, id, parts).is_ok()
                }
            };
            let attempts: Vec<_> = (0..8).map(|attempt| scope.spawn(complete(attempt))).collect();
            attempts
                .into_iter()
                .filter_map(|attempt| attempt.join().ok())
                .filter(|succeeded| *succeeded)
                .count()
        });
        assert!(completed > 0, "no attempt succeeded");
        damage(variant, &bucket, &key, &content)
    });
}

fn client_without_retries(variant: &Variant<'_>) -> Client {
    let config = variant.config().credentials(variant.server.user.clone());
    Client::new(config.idle_timeout(Duration::from_secs(3)).retry(RetryPolicy::none())).unwrap()
}

/// Returns what is wrong with an object, if anything. A server that is still writing it gets some time.
fn damage(variant: &Variant<'_>, bucket: &str, key: &str, content: &[u8]) -> Option<String> {
    let mut found = None;
    for wait in 0..4 {
        thread::sleep(Duration::from_millis(wait * 200));
        found = difference(variant, bucket, key, content);
        found.as_ref()?;
    }
    found
}

fn difference(variant: &Variant<'_>, bucket: &str, key: &str, content: &[u8]) -> Option<String> {
    match client_without_retries(variant).get_object(bucket, key).and_then(plain_s3::ObjectReader::bytes) {
        Ok(found) if found == content => None,
        Ok(found) => Some(format!("the object has {} bytes instead of {}", found.len(), content.len())),
        Err(error) => Some(format!("the object cannot be read: {error}")),
    }
}
