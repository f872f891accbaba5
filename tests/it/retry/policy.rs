//! What is sent again and what is not, over how many connections, and that nothing follows a redirect.

use std::fs::File;
use std::io::{Read as _, Seek as _, SeekFrom};
use std::time::{Duration, Instant};

use plain_s3::{Body, Client, ErrorKind, RetryPolicy};

use crate::clients::{client, config, once};
use crate::fake_server::{Answer, End, FakeServer};
use crate::support::{TempDir, fails};

const HELLO: &str = "Hello World!";

#[test]
fn answers_that_mean_later_are_asked_for_again() {
    for answer in [
        Answer::error(429, "TooManyRequests"),
        Answer::error(500, "InternalError"),
        Answer::error(502, "BadGateway"),
        Answer::error(503, "SlowDown"),
        Answer::error(504, "GatewayTimeout"),
        Answer::error(400, "RequestTimeout"),
        Answer::new(503),
        Answer::new(502).body("<html><title>Bad Gateway</title></html>"),
        Answer::xml("<Error><Code>InternalError</Code></Error>"),
        Answer::xml("<Error><Code>SlowDown</Code></Error>"),
        Answer::error(503, "SlowDown").cut(20, End::Fin),
        Answer::error(503, "SlowDown").header("retry-after", "0"),
        Answer::error(503, "SlowDown").header("retry-after", "Wed, 21 Oct 2015 07:28:00 GMT"),
    ] {
        let server = FakeServer::start([answer, Answer::stored(HELLO.as_bytes())]);
        client(&server).put_object("b", "k", HELLO).unwrap();
        for request in server.finish::<2>() {
            assert_eq!((request.text(), request.complete), (HELLO, true));
        }
    }
}

#[test]
fn answers_that_mean_no_are_final() {
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
        let server = FakeServer::start([Answer::error(status, code)]);
        let error = fails(ErrorKind::Server, client(&server).put_object("b", "k", HELLO));
        assert_eq!((error.status(), error.code()), (Some(status), Some(code)));
        let _: [_; 1] = server.finish();
    }
}

#[test]
fn connections_that_end_before_the_answer_are_made_anew() {
    let ends: [fn() -> Answer; 5] = [
        || Answer::on_accept(End::Fin),
        || Answer::nothing(End::Fin),
        || Answer::nothing(End::Rst),
        || Answer::nothing(End::Rst).early(),
        || Answer::raw("HTTP/1.1 200 OK\r\ncontent-le"),
    ];
    for end in ends {
        let server = FakeServer::start([end(), end(), end(), Answer::stored(HELLO.as_bytes())]);
        client(&server).put_object("b", "k", HELLO).unwrap();
        let requests = server.finish_any();
        assert_eq!(requests.last().unwrap().text(), HELLO);
        assert_eq!(requests.last().unwrap().connection, 4);
    }
}

#[test]
fn the_attempts_are_as_many_as_the_policy_says() {
    let storm = || FakeServer::serve(|_| Answer::error(503, "SlowDown"));
    for (policy, attempts) in [
        (RetryPolicy::none(), 1),
        (RetryPolicy::new().max_attempts(0), 1),
        (RetryPolicy::new().base_delay(Duration::ZERO), 4),
        (RetryPolicy::new().base_delay(Duration::from_secs(60)).max_delay(Duration::ZERO).max_attempts(7), 7),
    ] {
        let server = storm();
        let client = Client::new(config(&server).retry(policy)).unwrap();
        let error = fails(ErrorKind::Server, client.head_bucket("b"));
        assert!(error.is_retryable() && error.hint().unwrap().contains("busy"), "{error}");
        assert_eq!(server.requests().len(), attempts);
    }
}

#[test]
fn a_server_that_asks_for_a_pause_gets_it() {
    let server =
        FakeServer::start([Answer::error(503, "SlowDown").header("retry-after", "1"), Answer::new(200)]);
    let before = Instant::now();
    client(&server).head_bucket("b").unwrap();
    assert!(before.elapsed() >= Duration::from_secs(1));
    let _: [_; 2] = server.finish();
}

#[test]
fn a_file_is_sent_again_from_where_it_began() {
    let folder = TempDir::new();
    let mut file = File::open(folder.file("f", format!("skipped{HELLO}"))).unwrap();
    file.seek(SeekFrom::Start(7)).unwrap();
    let server =
        FakeServer::start([Answer::new(500), Answer::nothing(End::Rst), Answer::stored(HELLO.as_bytes())]);
    client(&server).put_object("b", "k", &file).unwrap();
    for request in server.finish::<3>() {
        assert_eq!(request.text(), HELLO);
    }
}

#[test]
fn a_reader_that_was_read_is_not_sent_again() {
    for answer in [Answer::error(503, "SlowDown"), Answer::nothing(End::Fin)] {
        let server = FakeServer::start([answer]);
        let body = Body::from_reader(HELLO.as_bytes(), 12);
        let error = client(&server).put_object("b", "k", body).unwrap_err();
        assert!(error.is_retryable(), "{error}");
        let [request] = server.finish();
        assert_eq!(request.text(), HELLO);
    }
}

#[test]
fn a_readers_own_error_is_told_and_nothing_repeated() {
    let failing = HELLO.as_bytes().chain(Torn);
    let server = FakeServer::serve(|request| Answer::stored(&request.body));
    let error =
        fails(ErrorKind::LocalIo, client(&server).put_object("b", "k", Body::from_reader(failing, 100)));
    assert!(error.to_string().contains("tape torn"), "{error}");
    let requests = server.requests();
    assert!(requests.len() <= 1 && requests.iter().all(|request| !request.complete));
}

struct Torn;

impl std::io::Read for Torn {
    fn read(&mut self, _: &mut [u8]) -> std::io::Result<usize> {
        Err(std::io::Error::other("tape torn"))
    }
}

#[test]
fn a_kept_connection_that_was_closed_meanwhile_costs_no_error() {
    let server = FakeServer::start([
        Answer::content(HELLO).then(End::Fin), // closed without a word
        Answer::content(HELLO),
        Answer::nothing(End::Fin), // closed just as the next request came
        Answer::content(HELLO),
        Answer::nothing(End::Rst),
        Answer::content(HELLO).header("connection", "close").then(End::Fin),
        Answer::content(HELLO),
    ]);
    let client = client(&server);
    for _ in 0..5 {
        assert_eq!(client.get_object("b", "k").unwrap().text().unwrap(), HELLO);
    }
    assert_eq!(server.finish::<7>().map(|request| request.connection), [1, 2, 2, 3, 3, 4, 5]);
}

#[test]
fn calls_of_all_kinds_share_one_connection() {
    let server = FakeServer::serve(|request| match (request.method(), request.target()) {
        ("GET", "/") => Answer::xml("<ListAllMyBucketsResult/>").chunked(5),
        ("GET", "/b/missing") => Answer::error(404, "NoSuchKey"),
        ("GET", "/b/k?acl") => Answer::xml("<AccessControlPolicy/>"),
        ("GET", "/b/k") => Answer::object(request, HELLO.as_bytes()),
        ("GET", _) => Answer::xml("<ListBucketResult/>"),
        ("HEAD", "/b/missing") => Answer::new(404).content_length(77),
        ("HEAD", _) => Answer::content(HELLO),
        ("PUT", _) => Answer::stored(&request.body),
        ("POST", _) => Answer::xml("<DeleteResult><Deleted/></DeleteResult>"),
        _ => Answer::new(204),
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
fn an_object_left_unread_costs_its_connection_and_no_more() {
    let server = FakeServer::serve(|_| Answer::content(vec![0; 100_000]));
    let client = client(&server);
    drop(client.get_object("b", "k").unwrap());
    assert_eq!(client.get_object("b", "k").unwrap().bytes().unwrap().len(), 100_000);
    assert!(server.connections() <= 2);
    let _: [_; 2] = server.finish();
}

#[test]
fn bytes_after_an_answer_are_not_taken_for_the_next_one() {
    let server = FakeServer::serve(|request| match request.path() {
        "/b/first" => Answer::content(HELLO).garbage(b"HTTP/1.1 200 OK\r\ncontent-length: 3\r\n\r\nbad"),
        _ => Answer::content("good"),
    });
    let client = client(&server);
    assert_eq!(client.get_object("b", "first").unwrap().text().unwrap(), HELLO);
    assert_eq!(client.get_object("b", "second").unwrap().text().unwrap(), "good");
}

#[test]
fn no_redirect_is_followed_to_another_host_with_credentials() {
    for status in [301, 302, 303, 307, 308] {
        let other = FakeServer::start([]);
        let place = format!("{}/b/k", other.endpoint());
        let server = FakeServer::serve(move |_| Answer::new(status).header("location", &place));
        let client = once(&server);
        fails(ErrorKind::Server, client.get_object("b", "k"));
        fails(ErrorKind::Server, client.put_object("b", "k", HELLO));
        fails(ErrorKind::Server, client.list_buckets());
        assert_eq!((other.connections(), other.requests().len()), (0, 0));
    }
}
