//! Interim (1xx) responses: skipped in downloads and uploads, and no progress for the idle timeout.

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use plain_s3::{Client, ErrorKind, Method, RawRequest, RetryPolicy};

use super::timeouts::read_head;
use crate::clients::{client_without_retries, config_at};
use crate::fake_server::{FakeServer, Response};
use crate::support::fails;

/// Longer than a blocked upload takes to look for an early response.
const STALL: Duration = Duration::from_millis(600);
const IDLE: Duration = Duration::from_millis(250);
/// Larger than all buffers of a connection.
const LARGE: usize = 24 << 20;
const INTERIM: [&[u8]; 4] = [
    b"HTTP/1.1 100 Continue\r\n\r\n",
    b"HTTP/1.1 102 Processing\r\n\r\n",
    b"HTTP/1.1 103 Early Hints\r\nlink: </>\r\nlink: </>\r\n\r\n",
    b"HTTP/1.1 100 Continue\r\nserver: old\r\n\r\n",
];

/// Starts a server for one request. It reads the head, then runs `respond`.
fn serve_once<T: Send + 'static>(
    respond: impl FnOnce(&mut TcpStream, usize) -> T + Send + 'static,
) -> (String, JoinHandle<T>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    let server = thread::spawn(move || {
        let mut stream = listener.accept().unwrap().0;
        stream.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
        stream.set_write_timeout(Some(Duration::from_secs(10))).unwrap();
        let length = read_head(&mut stream).unwrap_or_default();
        respond(&mut stream, length)
    });
    (endpoint, server)
}

fn client_at(endpoint: String, idle: Duration) -> Client {
    Client::new(config_at(endpoint).idle_timeout(idle).retry(RetryPolicy::none())).unwrap()
}

// promise: R12
#[test]
fn interim_responses_of_any_kind_are_skipped() {
    let end = b"HTTP/1.1 200 OK\r\ncontent-length: 3\r\n\r\nabc";
    let responses = INTERIM.map(|interim| [interim, INTERIM[0], interim, end].concat());
    let all = [INTERIM.concat().repeat(1000), end.to_vec()].concat();
    for bytes in responses.into_iter().chain([all]) {
        let server = FakeServer::start([Response::raw(bytes)]);
        assert_eq!(client_without_retries(&server).get_object("b", "k").unwrap().text().unwrap(), "abc");
        let _: [_; 1] = server.finish();
    }
}

// promise: R12
#[test]
fn interim_responses_during_a_slow_upload_do_not_end_it() {
    let (endpoint, server) = serve_once(|stream, length| {
        for interim in INTERIM {
            // In two pieces: an incomplete head is no rejection, either.
            let (one, two) = interim.split_at(interim.len() / 2);
            stream.write_all(one).unwrap();
            thread::sleep(STALL / 2);
            stream.write_all(two).unwrap();
            thread::sleep(STALL / 2);
        }
        let mut body = vec![0; length];
        stream.read_exact(&mut body).unwrap();
        stream.write_all(b"HTTP/1.1 200 OK\r\netag: \"opaque\"\r\ncontent-length: 0\r\n\r\n").unwrap();
        body
    });
    let client = client_at(endpoint, Duration::from_secs(10));
    assert_eq!(client.put_object("b", "k", vec![7; LARGE]).unwrap().e_tag.unwrap().as_str(), "opaque");
    assert!(server.join().unwrap() == vec![7; LARGE]);
}

/// An HTTP/1.0 server does not know the expectation, and waits for the body as usual.
#[test]
fn body_is_sent_if_the_expected_response_does_not_arrive() {
    let (endpoint, server) = serve_once(|stream, length| {
        stream.read_exact(&mut vec![0; length]).unwrap();
        stream.write_all(b"HTTP/1.0 200 OK\r\ncontent-length: 0\r\n\r\n").unwrap();
    });
    let put = RawRequest::new(Method::Put).bucket("b").key("k").header("Expect", "100-continue");
    // ureq waits for the interim response for a second, although the idle timeout is shorter.
    client_at(endpoint, Duration::from_millis(900)).send_raw(&put, "content").unwrap();
    server.join().unwrap();
}

#[test]
fn expected_interim_response_starts_the_body() {
    let (endpoint, server) = serve_once(|stream, length| {
        // The client sends the body only after this, or after a second.
        stream.write_all(INTERIM[2]).unwrap();
        stream.write_all(INTERIM[0]).unwrap();
        let mut body = vec![0; length];
        stream.read_exact(&mut body).unwrap();
        stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 3\r\n\r\nabc").unwrap();
        body
    });
    let put = RawRequest::new(Method::Put).bucket("b").key("k").header("Expect", "100-continue");
    let response = client_at(endpoint, Duration::from_secs(10)).send_raw(&put, "content").unwrap();
    assert_eq!(response.text().unwrap(), "abc");
    assert_eq!(server.join().unwrap(), b"content");
}

#[test]
fn rejection_after_an_interim_response_ends_the_upload() {
    let (endpoint, server) = serve_once(|stream, _| {
        stream.write_all(INTERIM[0]).unwrap();
        thread::sleep(STALL);
        let xml = "<Error><Code>AccessDenied</Code></Error>";
        write!(stream, "HTTP/1.1 403 Forbidden\r\ncontent-length: {}\r\n\r\n{xml}", xml.len()).unwrap();
        // The body is read only once the client has stopped sending and closed the connection.
        thread::sleep(STALL);
        let _ = std::io::copy(stream, &mut std::io::sink());
    });
    let error = fails(
        ErrorKind::Server,
        client_at(endpoint, Duration::from_secs(10)).put_object("b", "k", vec![7; LARGE]),
    );
    assert_eq!((error.status(), error.code()), (Some(403), Some("AccessDenied")), "{error}");
    server.join().unwrap();
}

// promise: R12
#[test]
fn endless_interim_responses_end_at_the_idle_timeout() {
    for upload in [false, true] {
        for interim in INTERIM {
            let (endpoint, server) = serve_once(move |stream, length| {
                stream.read_exact(&mut vec![0; length]).unwrap();
                // Until the client has closed the connection.
                while stream.write_all(interim).is_ok() {
                    thread::sleep(IDLE / 10);
                }
            });
            let client = client_at(endpoint, IDLE);
            let error = if upload {
                fails(ErrorKind::Timeout, client.put_object("b", "k", "content"))
            } else {
                fails(ErrorKind::Timeout, client.get_object("b", "k"))
            };
            let text = " did not finish the headers of a final response within 250ms";
            assert!(error.to_string().contains(text), "{error}");
            assert!(error.hint().unwrap().contains("Config::idle_timeout"), "{error}");
            assert!(error.is_retryable() && error.is_timeout(), "{error}");
            server.join().unwrap();
        }
    }
}

#[test]
fn endless_interim_responses_end_at_the_call_timeout() {
    let (endpoint, server) = serve_once(move |stream, _| {
        while stream.write_all(INTERIM[1]).is_ok() {
            thread::sleep(IDLE / 10);
        }
    });
    let client = Client::new(config_at(endpoint).call_timeout(IDLE)).unwrap();
    let error = fails(ErrorKind::Timeout, client.get_object("b", "k"));
    assert!(error.hint().unwrap().contains("Config::call_timeout"), "{error}");
    server.join().unwrap();
}
