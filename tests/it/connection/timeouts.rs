//! Timeouts: silence ends a call, slowness does not, and the call timeout always does.

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::thread;
use std::time::Duration;

use plain_s3::{
    Body, CannedAcl, Client, CompletedPart, Config, Error, ErrorKind, Event, Result, RetryPolicy,
    UploadOptions, Versioning,
};

use crate::clients::{config, config_at};
use crate::download_method::DownloadMethod;
use crate::fake_server::{End, FakeServer, Response, Store};
use crate::support::{content, fails};

const IDLE: Duration = Duration::from_millis(250);
/// Short enough that a slow response has not ended by then.
const TOTAL: Duration = Duration::from_millis(300);
const LARGE: usize = 12 << 20;

fn client_with_idle_timeout(config: Config) -> Client {
    Client::new(config.idle_timeout(IDLE).retry(RetryPolicy::none())).unwrap()
}

fn client_with_call_timeout(server: &FakeServer) -> Client {
    Client::new(config(server).call_timeout(TOTAL)).unwrap()
}

#[track_caller]
fn assert_call_timeout(error: &Error) {
    assert!(error.to_string().contains(": the call did not finish within 300ms. "), "{error}");
    assert!(error.to_string().ends_with("Increase Config::call_timeout to allow more time."), "{error}");
}

// promise: T1
#[test]
fn silent_server_times_out() {
    let server = FakeServer::serve(|_| Response::none(End::Stall));
    for error in [
        fails(ErrorKind::Timeout, client_with_idle_timeout(config(&server)).list_buckets()),
        fails(ErrorKind::Timeout, client_with_idle_timeout(config(&server)).put_object("b", "k", "x")),
        fails(
            ErrorKind::Timeout,
            client_with_idle_timeout(config(&server)).upload_reader("b", "k", "x".as_bytes()),
        ),
    ] {
        assert!(error.is_timeout() && error.is_retryable());
        assert!(error.to_string().contains("sent no data for 250ms"), "{error}");
    }
}

// promise: T1
#[test]
fn stalled_upload_times_out() {
    for make in [
        || Body::from(vec![7; LARGE]),
        || Body::from_reader(std::io::repeat(7).take(LARGE as u64), LARGE as u64),
    ] {
        let server = FakeServer::start([Response::none(End::Stall).early()]);
        let error =
            fails(ErrorKind::Timeout, client_with_idle_timeout(config(&server)).put_object("b", "k", make()));
        assert!(
            error
                .to_string()
                .contains(" accepted no data for 250ms. Try again later, or increase Config::idle_timeout"),
            "{error}"
        );
    }
}

// promise: T1
#[test]
fn slow_upload_does_not_time_out() {
    let (endpoint, server) = slow_reader();
    let config = config_at(endpoint).idle_timeout(IDLE * 4).retry(RetryPolicy::none());
    // Larger than the system's buffers. Otherwise everything is sent long before the server has read it.
    let body = vec![7; 64 << 20];
    let stored = Client::new(config).unwrap().put_object("b", "k", &body).unwrap();
    assert_eq!(stored.e_tag.unwrap().as_str(), "opaque");
    assert_eq!(server.join().unwrap(), body.len());
}

/// Starts a server that reads a request in pieces for three idle timeouts, then the rest at once. The thread
/// returns the length of the body. Smaller pieces would not do: the system reports a socket as writable only
/// if there is much room.
fn slow_reader() -> (String, thread::JoinHandle<usize>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    let server = thread::spawn(move || {
        let mut stream = listener.accept().unwrap().0;
        let head = read_head(&mut stream).unwrap();
        let mut body = 0;
        let mut piece = vec![0; 256 << 10];
        for _ in 0..40 {
            body += stream.read(&mut piece).unwrap();
            thread::sleep(IDLE * 12 / 40);
        }
        let mut rest = vec![0; head - body];
        stream.read_exact(&mut rest).unwrap();
        stream.write_all(b"HTTP/1.1 200 OK\r\netag: \"opaque\"\r\ncontent-length: 0\r\n\r\n").unwrap();
        body + rest.len()
    });
    (endpoint, server)
}

/// Reads a head byte by byte. Returns the length of the body, if it is announced.
pub(super) fn read_head(stream: &mut TcpStream) -> Option<usize> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        stream.read_exact(&mut byte).unwrap();
        head.push(byte[0]);
    }
    let head = String::from_utf8(head).unwrap().to_ascii_lowercase();
    let length = head.split("content-length: ").nth(1)?;
    Some(length.lines().next().unwrap().parse().unwrap())
}

// promise: T1
#[test]
fn completing_an_upload_has_a_longer_timeout() {
    // The server is silent for three idle timeouts.
    let delayed = |response: Response| {
        Response::from_fn(move |_| {
            thread::sleep(IDLE * 3);
            response
        })
    };
    let done =
        || Response::xml("<CompleteMultipartUploadResult><ETag>e</ETag></CompleteMultipartUploadResult>");
    let server = FakeServer::start([delayed(done())]);
    let part = CompletedPart::new(1, "e");
    client_with_idle_timeout(config(&server)).complete_multipart_upload("b", "k", "id", &[part]).unwrap();
    let server = FakeServer::start([delayed(Response::new(200))]);
    fails(ErrorKind::Timeout, client_with_idle_timeout(config(&server)).head_bucket("b"));
}

// promise: T2
#[test]
fn call_timeout_ends_a_slow_download() {
    let body = content(10_000);
    for method in DownloadMethod::ALL {
        let body = body.clone();
        let server = FakeServer::serve(move |_| Response::content(&body).drip(1, Duration::from_millis(10)));
        assert_call_timeout(&fails(ErrorKind::Timeout, method.download(&client_with_call_timeout(&server))));
        assert_eq!(server.requests().len(), 1);
    }
}

// promise: T2
#[test]
fn call_timeout_ends_a_silent_request_and_a_stalled_upload() {
    let server = FakeServer::serve(|_| Response::none(End::Stall));
    assert_call_timeout(&fails(ErrorKind::Timeout, client_with_call_timeout(&server).list_buckets()));
    let server = FakeServer::serve(|_| Response::none(End::Stall).early());
    assert_call_timeout(&fails(
        ErrorKind::Timeout,
        client_with_call_timeout(&server).put_object("b", "k", vec![7; LARGE]),
    ));
}

// promise: T2
#[test]
fn retry_after_beyond_call_timeout_is_not_awaited() {
    let server = FakeServer::serve(|_| Response::error(503, "SlowDown").header("retry-after", "30"));
    let error = fails(ErrorKind::Server, client_with_call_timeout(&server).get_object("b", "k"));
    assert_eq!(error.code(), Some("SlowDown"));
    assert_eq!(server.requests().len(), 1);
}

#[test]
fn call_timeout_covers_all_attempts() {
    let server = FakeServer::serve(|_| {
        thread::sleep(TOTAL / 4);
        Response::none(End::Fin)
    });
    let retry = RetryPolicy::new().max_attempts(1000).base_delay(Duration::ZERO);
    let client = Client::new(config(&server).call_timeout(TOTAL).retry(retry)).unwrap();
    client.list_buckets().unwrap_err();
    assert!(server.requests().len() <= 5);
}

#[test]
fn call_timeout_applies_to_each_request_of_a_multipart_upload() {
    let store = Store::default();
    let inner = store.clone();
    let total = Duration::from_secs(2);
    let server = store.serve(move |request| {
        thread::sleep(total / 4);
        Some(inner.respond(request))
    });
    let client = Client::new(config(&server).call_timeout(total)).unwrap();
    let options = UploadOptions::new().part_size(5 << 20);
    // Five requests, which together take longer than the timeout.
    client.upload_reader_with("b", "k", &content((10 << 20) + 1)[..], &options).unwrap();
}

#[test]
fn unreached_call_timeout_changes_nothing() {
    for method in DownloadMethod::ALL {
        let body = content(100_000);
        let store = Store::default();
        store.put("/b/k", &body);
        let mut first = Some(Response::content(&body).cut(5, End::Fin));
        let server = store.serve(move |_| first.take());
        let client = Client::new(config(&server).call_timeout(Duration::from_secs(60))).unwrap();
        assert!(method.download(&client).unwrap() == body);
    }
}

#[test]
#[cfg(any(feature = "rustls", feature = "native-tls"))]
fn stalled_tls_handshake_times_out() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let endpoint = format!("https://{}", listener.local_addr().unwrap());
    let config = config_at(endpoint).connect_timeout(IDLE).retry(RetryPolicy::none());
    let error = fails(ErrorKind::Timeout, Client::new(config).unwrap().list_buckets());
    let text = "the TLS handshake with 127.0.0.1 did not finish within 250ms";
    assert!(error.to_string().contains(text), "{error}");
}

#[test]
fn duration_max_means_no_timeout() {
    let set: [fn(Config) -> Config; 3] = [
        |config| config.connect_timeout(Duration::MAX),
        |config| config.idle_timeout(Duration::MAX),
        |config| config.call_timeout(Duration::MAX),
    ];
    for set in set {
        let copied = Response::xml("<CopyObjectResult><ETag>x</ETag></CopyObjectResult>");
        let server = FakeServer::start([Response::stored(b"x"), copied]);
        let client = Client::new(set(config(&server))).unwrap();
        client.put_object("b", "k", "x").unwrap();
        client.copy_object(("b", "k"), ("b", "l")).unwrap();
    }
}

/// The name of a call, the call, and the response to its first request, after which it sends a second one.
type LongCall = (&'static str, fn(&Client) -> Result<()>, fn() -> Response);

// promise: T2
#[test]
fn call_timeout_covers_all_requests_of_a_call() {
    let calls: [LongCall; 3] = [
        (
            "CreateBucket",
            |client| client.create_bucket("b"),
            || Response::error(400, "IllegalLocationConstraintException"),
        ),
        (
            "PutBucketAcl",
            |client| client.put_bucket_acl("b", CannedAcl::Private),
            || Response::xml("<AccessControlPolicy/>"),
        ),
        (
            "PutBucketVersioning",
            |client| client.put_bucket_versioning("b", Versioning::Enabled),
            || Response::xml("<VersioningConfiguration/>"),
        ),
    ];
    for (action, call, first) in calls {
        let server = FakeServer::start([first()]);
        // The rest of the time passes between the first request and the second.
        let config = config(&server).region("r").call_timeout(TOTAL).on_event(|event| {
            if matches!(event, Event::Succeeded { .. } | Event::Corrected { .. }) {
                thread::sleep(TOTAL);
            }
        });
        let error = fails(ErrorKind::Timeout, call(&Client::new(config).unwrap()));
        assert_call_timeout(&error);
        assert_eq!(server.finish_any().len(), 1, "{action}");
    }
}
