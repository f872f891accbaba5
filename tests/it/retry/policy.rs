//! What is retried and what is not, how connections are reused, and that redirects are not followed.

use std::fs::File;
use std::io::{Read as _, Seek as _, SeekFrom};
use std::time::{Duration, Instant};

use plain_s3::{Body, Client, ErrorKind, RetryPolicy};

use crate::clients::{client, client_without_retries, config};
use crate::fake_server::{End, FakeServer, Response};
use crate::support::{TempDir, fails};

const HELLO: &str = "Hello World!";

// promise: R1
#[test]
fn transient_errors_are_retried() {
    for response in [
        Response::error(429, "TooManyRequests"),
        Response::error(500, "InternalError"),
        Response::error(502, "BadGateway"),
        Response::error(503, "SlowDown"),
        Response::error(504, "GatewayTimeout"),
        Response::error(400, "RequestTimeout"),
        Response::error(400, "Throttling"),
        Response::error(409, "ConditionalRequestConflict"),
        Response::new(408),
        Response::new(503),
        Response::new(522).body("<html><title>Connection timed out</title></html>"),
        Response::new(502).body("<html><title>Bad Gateway</title></html>"),
        Response::xml("<Error><Code>InternalError</Code></Error>"),
        Response::xml("<Error><Code>SlowDown</Code></Error>"),
        Response::error(503, "SlowDown").cut(20, End::Fin),
        Response::error(503, "SlowDown").header("retry-after", "0"),
        Response::error(503, "SlowDown").header("retry-after", "Wed, 21 Oct 2015 07:28:00 GMT"),
    ] {
        let server = FakeServer::start([response, Response::stored(HELLO.as_bytes())]);
        client(&server).put_object("b", "k", HELLO).unwrap();
        for request in server.finish::<2>() {
            assert_eq!((request.text(), request.complete), (HELLO, true));
        }
    }
}

// promise: R1
#[test]
fn permanent_errors_are_not_retried() {
    for (status, code) in [
        (400, "InvalidArgument"),
        (401, "Unauthorized"),
        (403, "AccessDenied"),
        (403, "SignatureDoesNotMatch"),
        (404, "NoSuchBucket"),
        (405, "MethodNotAllowed"),
        (409, "BucketNotEmpty"),
        (411, "MissingContentLength"),
        (412, "PreconditionFailed"),
        (416, "InvalidRange"),
        (501, "NotImplemented"),
        (507, "InsufficientStorage"),
    ] {
        let server = FakeServer::start([Response::error(status, code)]);
        let error = fails(ErrorKind::Server, client(&server).put_object("b", "k", HELLO));
        assert_eq!((error.status(), error.code()), (Some(status), Some(code)));
        let _: [_; 1] = server.finish();
    }
}

#[test]
fn connections_closed_before_the_response_are_retried() {
    let ends: [fn() -> Response; 5] = [
        || Response::on_accept(End::Fin),
        || Response::none(End::Fin),
        || Response::none(End::Rst),
        || Response::none(End::Rst).early(),
        || Response::raw("HTTP/1.1 200 OK\r\ncontent-le"),
    ];
    for end in ends {
        let server = FakeServer::start([end(), end(), end(), Response::stored(HELLO.as_bytes())]);
        client(&server).put_object("b", "k", HELLO).unwrap();
        let requests = server.finish_any();
        assert_eq!(requests.last().unwrap().text(), HELLO);
        assert_eq!(requests.last().unwrap().connection, 4);
    }
}

#[test]
fn attempts_are_limited_by_the_policy() {
    let busy = || FakeServer::serve(|_| Response::error(503, "SlowDown"));
    for (policy, attempts) in [
        (RetryPolicy::none(), 1),
        (RetryPolicy::new().max_attempts(0), 1),
        (RetryPolicy::new().base_delay(Duration::ZERO), 4),
        (RetryPolicy::new().base_delay(Duration::from_secs(60)).max_delay(Duration::ZERO).max_attempts(7), 7),
    ] {
        let server = busy();
        let client = Client::new(config(&server).retry(policy)).unwrap();
        let error = fails(ErrorKind::Server, client.head_bucket("b"));
        assert!(error.is_retryable() && error.hint().unwrap().contains("busy"), "{error}");
        assert_eq!(server.requests().len(), attempts);
    }
}

// promise: R1
#[test]
fn retry_after_is_honoured() {
    let server =
        FakeServer::start([Response::error(503, "SlowDown").header("retry-after", "1"), Response::new(200)]);
    let before = Instant::now();
    client(&server).head_bucket("b").unwrap();
    assert!(before.elapsed() >= Duration::from_secs(1));
    let _: [_; 2] = server.finish();
}

#[test]
fn file_is_resent_from_its_starting_offset() {
    let folder = TempDir::new();
    let mut file = File::open(folder.file("f", format!("skipped{HELLO}"))).unwrap();
    file.seek(SeekFrom::Start(7)).unwrap();
    let server =
        FakeServer::start([Response::new(500), Response::none(End::Rst), Response::stored(HELLO.as_bytes())]);
    client(&server).put_object("b", "k", &file).unwrap();
    for request in server.finish::<3>() {
        assert_eq!(request.text(), HELLO);
    }
}

// promise: R2
#[test]
fn consumed_reader_is_not_resent() {
    for response in [Response::error(503, "SlowDown"), Response::none(End::Fin)] {
        let server = FakeServer::start([response]);
        let body = Body::from_reader(HELLO.as_bytes(), 12);
        let error = client(&server).put_object("b", "k", body).unwrap_err();
        assert!(error.is_retryable(), "{error}");
        let [request] = server.finish();
        assert_eq!(request.text(), HELLO);
    }
}

// promise: U11
#[test]
fn reader_error_is_returned_without_retry() {
    let failing = HELLO.as_bytes().chain(FailingReader);
    let server = FakeServer::serve(|request| Response::stored(&request.body));
    let error =
        fails(ErrorKind::LocalIo, client(&server).put_object("b", "k", Body::from_reader(failing, 100)));
    assert!(error.to_string().contains("tape torn"), "{error}");
    let requests = server.requests();
    assert!(requests.len() <= 1 && requests.iter().all(|request| !request.complete));
}

struct FailingReader;

impl std::io::Read for FailingReader {
    fn read(&mut self, _: &mut [u8]) -> std::io::Result<usize> {
        Err(std::io::Error::other("tape torn"))
    }
}

// promise: R4
#[test]
fn request_on_stale_connection_is_retried() {
    let server = FakeServer::start([
        Response::content(HELLO).then(End::Fin), // Closed after the response.
        Response::content(HELLO),
        Response::none(End::Fin), // Closed as the next request arrives.
        Response::content(HELLO),
        Response::none(End::Rst),
        Response::content(HELLO).header("connection", "close").then(End::Fin),
        Response::content(HELLO),
    ]);
    let client = client(&server);
    for _ in 0..5 {
        assert_eq!(client.get_object("b", "k").unwrap().text().unwrap(), HELLO);
    }
    assert_eq!(server.finish::<7>().map(|request| request.connection), [1, 2, 2, 3, 3, 4, 5]);
}

#[test]
fn all_operations_share_one_connection() {
    let server = FakeServer::serve(|request| match (request.method(), request.target()) {
        ("GET", "/") => Response::xml("<ListAllMyBucketsResult/>").chunked(5),
        ("GET", "/b/missing") => Response::error(404, "NoSuchKey"),
        ("GET", "/b/k?acl") => Response::xml("<AccessControlPolicy/>"),
        ("GET", "/b/k") => Response::object(request, HELLO.as_bytes()),
        ("GET", _) => Response::xml("<ListBucketResult/>"),
        ("HEAD", "/b/missing") => Response::new(404).content_length(77),
        ("HEAD", _) => Response::content(HELLO),
        ("PUT", _) => Response::stored(&request.body),
        ("POST", _) => Response::deleted(request, &[]),
        _ => Response::new(204),
    });
    let client = client(&server);
    for _ in 0..2 {
        client.list_buckets().unwrap();
        client.create_bucket("b").unwrap();
        client.clone().head_bucket("b").unwrap();
        assert_eq!(client.list_objects("b").count(), 0);
        client.put_object("b", "k", HELLO).unwrap();
        client.get_object("b", "k").unwrap().text().unwrap();
        client.get_object("b", "missing").unwrap_err();
        client.head_object("b", "k").unwrap();
        client.head_object("b", "missing").unwrap_err();
        client.get_object_acl("b", "k").unwrap();
        client.delete_objects("b", ["k"]).unwrap();
        client.delete_object("b", "k").unwrap();
    }
    assert_eq!(server.connections(), 1);
    let _: [_; 24] = server.finish();
}

#[test]
fn unread_object_costs_only_its_connection() {
    let server = FakeServer::serve(|_| Response::content(vec![0; 100_000]));
    let client = client(&server);
    drop(client.get_object("b", "k").unwrap());
    assert_eq!(client.get_object("b", "k").unwrap().bytes().unwrap().len(), 100_000);
    assert!(server.connections() <= 2);
    let _: [_; 2] = server.finish();
}

#[test]
fn bytes_after_a_response_are_not_read_as_the_next() {
    let server = FakeServer::serve(|request| match request.path() {
        "/b/first" => Response::content(HELLO).garbage(b"HTTP/1.1 200 OK\r\ncontent-length: 3\r\n\r\nbad"),
        _ => Response::content("good"),
    });
    let client = client(&server);
    assert_eq!(client.get_object("b", "first").unwrap().text().unwrap(), HELLO);
    assert_eq!(client.get_object("b", "second").unwrap().text().unwrap(), "good");
}

// promise: R5, S2
#[test]
fn redirects_to_another_host_are_not_followed() {
    for status in [301, 302, 303, 307, 308] {
        let other = FakeServer::start([]);
        let location = format!("{}/b/k", other.endpoint());
        let server = FakeServer::serve(move |_| Response::new(status).header("location", &location));
        let client = client_without_retries(&server);
        fails(ErrorKind::Server, client.get_object("b", "k"));
        fails(ErrorKind::Server, client.put_object("b", "k", HELLO));
        fails(ErrorKind::Server, client.list_buckets());
        assert_eq!((other.connections(), other.requests().len()), (0, 0));
    }
}
