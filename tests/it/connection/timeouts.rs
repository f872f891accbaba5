//! Silence ends a call, slowness does not, and a limit on the whole call ends it in any case.

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::thread;
use std::time::Duration;

use plain_s3::{Body, Client, CompletedPart, Config, Error, ErrorKind, RetryPolicy, UploadOptions};

use crate::clients::{config, config_at};
use crate::fake_server::{Answer, End, FakeServer, Store};
use crate::support::{content, fails};
use crate::way::Way;

const IDLE: Duration = Duration::from_millis(250);
/// So short that a drip is still going on when it is over.
const TOTAL: Duration = Duration::from_millis(300);
const LARGE: usize = 12 << 20;

fn idle(config: Config) -> Client {
    Client::new(config.idle_timeout(IDLE).retry(RetryPolicy::none())).unwrap()
}

fn limited(server: &FakeServer) -> Client {
    Client::new(config(server).call_timeout(TOTAL)).unwrap()
}

#[track_caller]
fn out_of_time(error: &Error) {
    assert!(error.to_string().contains("did not finish within 300ms"), "{error}");
    assert!(error.to_string().contains("Increase Config::call_timeout to allow more time"), "{error}");
}

#[test]
fn silence_in_the_place_of_an_answer_ends_the_call() {
    let server = FakeServer::serve(|_| Answer::nothing(End::Stall));
    for error in [
        fails(ErrorKind::Timeout, idle(config(&server)).list_buckets()),
        fails(ErrorKind::Timeout, idle(config(&server)).put_object("b", "k", "x")),
        fails(ErrorKind::Timeout, idle(config(&server)).upload_reader("b", "k", "x".as_bytes())),
    ] {
        assert!(error.is_timeout() && error.is_retryable());
        assert!(error.to_string().contains("sent no data for 250ms"), "{error}");
    }
}

#[test]
fn a_server_that_takes_nothing_more_ends_an_upload() {
    for make in [
        || Body::from(vec![7; LARGE]),
        || Body::from_reader(std::io::repeat(7).take(LARGE as u64), LARGE as u64),
    ] {
        let server = FakeServer::start([Answer::nothing(End::Stall).early()]);
        let error = fails(ErrorKind::Timeout, idle(config(&server)).put_object("b", "k", make()));
        assert!(error.to_string().contains("accepted no data for 250ms"), "{error}");
    }
}

#[test]
fn a_server_that_takes_little_at_a_time_is_waited_for() {
    let (endpoint, server) = slow_reader();
    let config = config_at(endpoint).idle_timeout(IDLE * 4).retry(RetryPolicy::none());
    // more than the system's buffers take: else all is sent long before the server has read it
    let body = vec![7; 64 << 20];
    let stored = Client::new(config).unwrap().put_object("b", "k", &body).unwrap();
    assert_eq!(stored.e_tag.unwrap().as_str(), "opaque");
    assert_eq!(server.join().unwrap(), body.len());
}

/// Takes a request in bites, for three times as long as silence is borne, then the rest; gives the length of
/// the body. The bites are not smaller, as the system tells a writer only of much room at once.
fn slow_reader() -> (String, thread::JoinHandle<usize>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    let server = thread::spawn(move || {
        let mut stream = listener.accept().unwrap().0;
        let head = read_head(&mut stream);
        let mut body = 0;
        let mut bite = vec![0; 256 << 10];
        for _ in 0..40 {
            body += stream.read(&mut bite).unwrap();
            thread::sleep(IDLE * 12 / 40);
        }
        let mut rest = vec![0; head - body];
        stream.read_exact(&mut rest).unwrap();
        stream.write_all(b"HTTP/1.1 200 OK\r\netag: \"opaque\"\r\ncontent-length: 0\r\n\r\n").unwrap();
        body + rest.len()
    });
    (endpoint, server)
}

/// Reads a head byte by byte; gives the length of the body.
fn read_head(stream: &mut TcpStream) -> usize {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        stream.read_exact(&mut byte).unwrap();
        head.push(byte[0]);
    }
    let head = String::from_utf8(head).unwrap().to_ascii_lowercase();
    let length = head.split("content-length: ").nth(1).unwrap();
    length.lines().next().unwrap().parse().unwrap()
}

#[test]
fn completing_an_upload_may_take_longer() {
    // the server is silent for three times as long as others may be
    let late = |answer: Answer| {
        Answer::by(move |_| {
            thread::sleep(IDLE * 3);
            answer
        })
    };
    let done =
        || Answer::xml("<CompleteMultipartUploadResult><ETag>e</ETag></CompleteMultipartUploadResult>");
    let server = FakeServer::start([late(done())]);
    let part = CompletedPart::new(1, "e");
    idle(config(&server)).complete_multipart_upload("b", "k", "id", &[part]).unwrap();
    let server = FakeServer::start([late(Answer::new(200))]);
    fails(ErrorKind::Timeout, idle(config(&server)).head_bucket("b"));
}

#[test]
fn a_limit_on_the_call_ends_a_download_that_drips() {
    let body = content(10_000);
    for way in Way::BOTH {
        let body = body.clone();
        let server = FakeServer::serve(move |_| Answer::content(&body).drip(1, Duration::from_millis(10)));
        out_of_time(&fails(ErrorKind::Timeout, way.get(&limited(&server))));
        assert_eq!(server.requests().len(), 1);
    }
}

#[test]
fn a_limit_on_the_call_ends_a_silent_server_and_an_upload_that_is_stuck() {
    let server = FakeServer::serve(|_| Answer::nothing(End::Stall));
    out_of_time(&fails(ErrorKind::Timeout, limited(&server).list_buckets()));
    let server = FakeServer::serve(|_| Answer::nothing(End::Stall).early());
    out_of_time(&fails(ErrorKind::Timeout, limited(&server).put_object("b", "k", vec![7; LARGE])));
}

#[test]
fn a_limit_on_the_call_leaves_no_time_to_wait_for_a_busy_server() {
    let server = FakeServer::serve(|_| Answer::error(503, "SlowDown").header("retry-after", "30"));
    let error = fails(ErrorKind::Server, limited(&server).get_object("b", "k"));
    assert_eq!(error.code(), Some("SlowDown"));
    assert_eq!(server.requests().len(), 1);
}

#[test]
fn a_limit_on_the_call_is_for_all_of_its_attempts() {
    let server = FakeServer::serve(|_| {
        thread::sleep(TOTAL / 4);
        Answer::nothing(End::Fin)
    });
    let retry = RetryPolicy::new().max_attempts(1000).base_delay(Duration::ZERO);
    let client = Client::new(config(&server).call_timeout(TOTAL).retry(retry)).unwrap();
    client.list_buckets().unwrap_err();
    assert!(server.requests().len() <= 5);
}

#[test]
fn each_request_of_an_upload_in_parts_has_the_limit_for_itself() {
    let store = Store::default();
    let inner = store.clone();
    let total = Duration::from_secs(2);
    let server = store.serve(move |request| {
        thread::sleep(total / 4);
        Some(inner.answer(request))
    });
    let client = Client::new(config(&server).call_timeout(total)).unwrap();
    let options = UploadOptions::new().part_size(5 << 20);
    // five requests: longer in all than the limit
    client.upload_reader_with("b", "k", &content((10 << 20) + 1)[..], &options).unwrap();
}

#[test]
fn a_limit_that_is_not_reached_changes_nothing() {
    for way in Way::BOTH {
        let body = content(100_000);
        let store = Store::default();
        store.put("/b/k", &body);
        let mut first = Some(Answer::content(&body).cut(5, End::Fin));
        let server = store.serve(move |_| first.take());
        let client = Client::new(config(&server).call_timeout(Duration::from_secs(60))).unwrap();
        assert!(way.get(&client).unwrap() == body);
    }
}

#[test]
#[cfg(any(feature = "rustls", feature = "native-tls"))]
fn a_port_that_never_shakes_hands_ends_the_connecting() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let endpoint = format!("https://{}", listener.local_addr().unwrap());
    let config = config_at(endpoint).connect_timeout(IDLE).retry(RetryPolicy::none());
    let error = fails(ErrorKind::Timeout, Client::new(config).unwrap().list_buckets());
    assert!(error.to_string().contains("could not connect within 250ms"), "{error}");
}

#[test]
fn the_longest_timeout_there_is_means_no_timeout() {
    let set: [fn(plain_s3::Config) -> plain_s3::Config; 3] = [
        |config| config.connect_timeout(Duration::MAX),
        |config| config.idle_timeout(Duration::MAX),
        |config| config.call_timeout(Duration::MAX),
    ];
    for set in set {
        let copied = Answer::xml("<CopyObjectResult><ETag>x</ETag></CopyObjectResult>");
        let server = FakeServer::start([Answer::stored(b"x"), copied]);
        let client = plain_s3::Client::new(set(config(&server))).unwrap();
        client.put_object("b", "k", "x").unwrap();
        client.copy_object(("b", "k"), ("b", "l")).unwrap();
    }
}
