//! The tests that need no server: against a scripted one on loopback, and of what is refused before a request.

#[path = "../support/mod.rs"]
mod support;

mod clients;
mod fake_server;
mod signatures;
mod way;

mod acls_and_urls;
mod addressing;
mod buckets;
mod copying;
mod deletion;
mod docs;
mod errors;
mod integrity;
mod invalid_input;
mod large_transfers;
mod listing;
mod objects;
mod peers;
mod raw_requests;
mod settings;
mod signing;

mod connection {
    mod failures;
    mod https_proxy;
    mod large_responses;
    mod plain_http_to_tls;
    mod proxy;
    mod timeouts;
}

mod download {
    mod disk_full;
    mod faults;
    mod file;
    mod large;
    mod rejected_responses;
    mod resume;
}

mod retry {
    mod corrections;
    mod lost_responses;
    mod policy;
}

mod upload {
    mod completion;
    mod early_rejection;
    mod early_rejection_https;
    mod faults;
    mod multipart;
}
