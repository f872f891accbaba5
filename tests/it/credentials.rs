//! Credentials from a provider, which is called during the life of a client.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, SystemTime};

use plain_s3::{Client, Credentials, ErrorKind};

use crate::clients::{REGION, config, credentials};
use crate::fake_server::{FakeServer, Response};
use crate::support::fails;

#[test]
fn each_attempt_uses_the_current_credentials() {
    static CALLS: AtomicU32 = AtomicU32::new(0);
    let server =
        FakeServer::start([Response::error(503, "SlowDown"), Response::content("x"), Response::content("x")]);
    let config = config(&server).region(REGION).credentials_provider(|| {
        let n = CALLS.fetch_add(1, Ordering::SeqCst) + 1;
        let credentials = Credentials::new(format!("key{n}"), "s").session_token(format!("token{n}"));
        // Only the second credentials can be cached.
        let hour = SystemTime::now() + Duration::from_secs(3600);
        Ok::<_, std::io::Error>(if n == 2 { credentials.expires_at(hour) } else { credentials })
    });
    let client = Client::new(config).unwrap();
    client.get_object("b", "k").unwrap().bytes().unwrap();
    client.get_object("b", "k").unwrap().bytes().unwrap();
    for (received, n) in server.finish::<3>().iter().zip([1, 2, 2]) {
        assert!(received.header("authorization").unwrap().contains(&format!("Credential=key{n}/")));
        assert_eq!(received.header("x-amz-security-token"), Some(format!("token{n}").as_str()));
    }
}

#[test]
fn provider_that_calls_its_own_client_fails_without_deadlock() {
    let server = FakeServer::start([]);
    let own: Arc<OnceLock<Client>> = Arc::default();
    let inner = Arc::clone(&own);
    let config = config(&server).credentials_provider(move || {
        inner.get().expect("set before the first call").get_object("vault", "keys")?;
        Ok::<_, plain_s3::Error>(credentials())
    });
    let error =
        fails(ErrorKind::Credentials, own.get_or_init(|| Client::new(config).unwrap()).head_bucket("b"));
    assert_eq!(
        error.to_string(),
        "HeadBucket b: cannot get credentials: GetObject vault/keys: the credentials closure called the client that \
         it provides credentials for. Use a client with other credentials in the closure. The closure passed to \
         Config::credentials_provider returned this error."
    );
    let _: [_; 0] = server.finish();
}

#[test]
fn failing_provider_sends_nothing() {
    let server = FakeServer::start([]);
    let config = config(&server).credentials_provider(|| Err::<Credentials, _>("the vault is shut"));
    let error = fails(ErrorKind::Credentials, Client::new(config).unwrap().get_object("b", "k"));
    assert!(error.to_string().starts_with("GetObject b/k: "), "{error}");
    assert!(error.to_string().contains("the vault is shut"), "{error}");
    let [] = server.finish();
}

#[test]
fn expired_token_is_renewed_once_without_a_retry() {
    static CALLS: AtomicU32 = AtomicU32::new(0);
    let expired = || Response::error(400, "ExpiredToken");
    let server = FakeServer::start([expired(), Response::content("x"), expired(), expired()]);
    let config =
        config(&server).region(REGION).retry(plain_s3::RetryPolicy::none()).credentials_provider(|| {
            let n = CALLS.fetch_add(1, Ordering::SeqCst) + 1;
            let hour = SystemTime::now() + Duration::from_secs(3600);
            Ok::<_, std::io::Error>(
                Credentials::new(format!("key{n}"), "s").session_token("t").expires_at(hour),
            )
        });
    let client = Client::new(config).unwrap();
    client.get_object("b", "k").unwrap().bytes().unwrap();
    assert_eq!(CALLS.load(Ordering::SeqCst), 2);
    // new credentials that the server rejects, too, are reported
    let error = fails(ErrorKind::Server, client.get_object("b", "k"));
    assert_eq!(error.code(), Some("ExpiredToken"));
    for (received, n) in server.finish::<4>().iter().zip([1, 2, 2, 3]) {
        assert!(received.header("authorization").unwrap().contains(&format!("Credential=key{n}/")));
    }
}

#[test]
fn failed_renewal_is_part_of_the_error() {
    static CALLS: AtomicU32 = AtomicU32::new(0);
    let server = FakeServer::start([Response::error(400, "ExpiredToken")]);
    let config = config(&server).region(REGION).credentials_provider(|| {
        if CALLS.fetch_add(1, Ordering::SeqCst) > 0 {
            return Err("the vault is shut");
        }
        Ok(Credentials::new("a", "s").expires_at(SystemTime::now() + Duration::from_secs(3600)))
    });
    let error = fails(ErrorKind::Server, Client::new(config).unwrap().get_object("b", "k"));
    assert_eq!(error.code(), Some("ExpiredToken"));
    assert!(error.to_string().contains("Fetching new credentials failed: "), "{error}");
    assert!(error.to_string().contains("the vault is shut"), "{error}");
    let [_] = server.finish();
}
