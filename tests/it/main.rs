//! Tests without a server: most run against a scripted server on loopback, others check what is rejected
//! before any request.
//!
//! Tests against a real server are in `tests/live`.

#[path = "../support/mod.rs"]
mod support;

mod clients;
mod download_method;
mod fake_server;
mod signatures;

mod acls;
mod addressing;
mod buckets;
mod cancelling;
mod checksums;
mod copying;
mod credentials;
mod deletion;
mod demands;
mod doc_examples;
mod docs;
mod errors;
mod folders;
mod fuzz;
mod hostile;
mod integrity;
mod invalid_input;
mod large_transfers;
mod listing;
mod metadata;
mod module_graph;
mod objects;
mod output_types;
mod peers;
mod promises;
#[cfg(any(feature = "rustls", feature = "native-tls"))]
mod providers;
mod raw_requests;
mod readable_successes;
mod requester;
mod restoring;
#[cfg(feature = "serde")]
mod serialization;
mod settings;
mod signing;
// Without these features, some texts recommend them, and native-tls reports less.
#[cfg(all(target_os = "linux", feature = "rustls", feature = "credentials-chain"))]
mod troubleshooting;
mod urls;

mod connection {
    mod certificates;
    mod desynchronisation;
    mod failures;
    pub(crate) mod https_proxy;
    mod interim_responses;
    mod large_responses;
    mod names;
    pub(crate) mod openssl;
    mod plain_http_to_tls;
    mod pool;
    mod proxy;
    mod real_proxies;
    mod response_headers;
    mod timeouts;
    mod tls;
    mod ureq_features;
}

mod download {
    mod disk_full;
    mod faults;
    mod file;
    mod file_systems;
    mod large;
    mod rejected_responses;
    mod resume;
    mod targets;
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
    mod restart;
}
