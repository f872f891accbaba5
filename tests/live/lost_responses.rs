//! Lost responses of a real server: the client finds out whether the request succeeded.
//!
//!     tests/servers/ceph-rgw cargo test --test live lost_responses::

use std::time::Duration;

use plain_s3::{Client, PutObjectOptions, RetryPolicy};

use crate::faulty_proxy::{Fault, Proxy, Spoilt};
use crate::gaps;
use crate::transfer_server::Live;

/// Closes the connection after the first byte of the response.
const LOST: Spoilt = Spoilt { fault: Fault::Cut, upwards: false, after: 1 };

// promise: R3
#[test]
fn requests_succeed_if_only_their_responses_are_lost() {
    let Some(live) = Live::from_env("lost responses") else { return };
    lost_responses(&live);
    gaps::report_undeclared();
}

fn lost_responses(live: &Live) {
    let proxy = Proxy::before(&live.endpoint);
    // A new client has no idle connections, so the fault hits its first request.
    let client = || {
        proxy.spoil(&[LOST]);
        let config = live.config_at(proxy.endpoint()).retry(RetryPolicy::new().base_delay(Duration::ZERO));
        Client::new(config).unwrap()
    };
    let own = format!("{}-lost", live.bucket);
    let Some(()) = gaps::CALLERS_OWN_BUCKET.supported(client().create_bucket(&own)) else { return };
    client().delete_bucket(&own).unwrap();
    assert!(live.client().head_bucket(&own).unwrap_err().is_not_found());

    let new = PutObjectOptions::new().if_none_exists();
    let stored = client().put_object_with(&live.bucket, "k", "Hello", &new).unwrap();
    assert_eq!(stored.e_tag.unwrap().as_str(), "8b1a9953c4611296a827abf8c47804d7");
    let other = client().put_object_with(&live.bucket, "k", "World", &new).unwrap_err();
    assert!(other.is_precondition_failed(), "{other}");
    assert_eq!(live.client().get_object(&live.bucket, "k").unwrap().text().unwrap(), "Hello");

    let id = live.client().create_multipart_upload(&live.bucket, "k").unwrap();
    client().abort_multipart_upload(&live.bucket, "k", &id).unwrap();
    live.report("create, delete, put and abort succeed although the response is lost");
}
