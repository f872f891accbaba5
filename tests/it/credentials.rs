//! Credentials from a provider, which is called during the life of a client.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, SystemTime};

use plain_s3::{Client, Credentials, ErrorKind};

use crate::clients::{REGION, config, credentials};
use crate::fake_server::{FakeServer, Response};
use crate::support::fails;
#[cfg(all(unix, feature = "credentials-chain"))]
use crate::support::{TempDir, command, task};

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

/// The profile names a program that ends long after the call.
// promise: T2
#[test]
#[cfg(all(unix, feature = "credentials-chain"))]
fn call_timeout_bounds_a_source_of_the_chain() {
    let folder = TempDir::new();
    let config = folder.file("config", "[default]\ncredential_process = sleep 10\nregion = eu-west-1\n");
    let mut child = command(&["timeout", "-k", "1", "60"], module_path!(), "slow process");
    child.env("AWS_CONFIG_FILE", config).env("AWS_SHARED_CREDENTIALS_FILE", folder.join("none"));
    child.env("AWS_ENDPOINT_URL", "http://127.0.0.1:9");
    for name in
        ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE", "AWS_DEFAULT_PROFILE", "S3_ENDPOINT"]
    {
        child.env_remove(name);
    }
    // The program has the standard error of the child, and may outlive it.
    let output = child.stderr(std::process::Stdio::null()).output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{text}");
    assert!(
        text.contains("HeadBucket b: the call timed out while credentials were fetched from credential_process of the profile"),
        "{text}"
    );
}

/// The part of the test above that needs another environment.
#[test]
#[cfg(all(unix, feature = "credentials-chain"))]
fn child_process() {
    if task().is_none() {
        return;
    }
    let config = plain_s3::Config::load().unwrap().call_timeout(Duration::from_millis(100));
    let error = fails(ErrorKind::Timeout, Client::new(config).unwrap().head_bucket("b"));
    println!("{error}");
    // The thread that is left behind does not keep the process alive.
}
