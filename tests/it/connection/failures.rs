//! What becomes of a call where there is no answer: no connection, one that ends, silence, another protocol.

use std::error::Error as _;
use std::io::Read as _;
use std::net::TcpListener;
use std::time::Duration;

use plain_s3::{Client, Error, ErrorKind, RetryPolicy};

use crate::clients::{client, config, config_at, once};
use crate::fake_server::{Answer, End, FakeServer};
use crate::support::fails;

#[test]
fn a_connection_that_ends_without_an_answer_is_a_network_error() {
    let ends: [fn() -> Answer; 7] = [
        || Answer::on_accept(End::Fin),
        || Answer::on_accept(End::Rst),
        || Answer::nothing(End::Fin),
        || Answer::nothing(End::Rst),
        || Answer::nothing(End::Fin).early(),
        || Answer::nothing(End::Rst).early(),
        || Answer::raw("HTTP/1.1 200 OK\r\ncontent-le"),
    ];
    for end in ends {
        let server = FakeServer::start([end()]);
        let error = fails(ErrorKind::Network, once(&server).get_object("b", "k"));
        assert!(error.to_string().starts_with("GetObject b/k: "), "{error}");
        assert!(error.is_retryable() && error.status().is_none(), "{error}");
    }
}

#[test]
fn a_call_that_fails_leaves_no_connection_open() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let config = config_at(format!("http://{}", listener.local_addr().unwrap()));
    let config = config.retry(RetryPolicy::none()).idle_timeout(Duration::from_millis(100));
    let client = Client::new(config).unwrap();
    fails(ErrorKind::Timeout, client.list_buckets());
    let mut stream = listener.accept().unwrap().0;
    stream.set_read_timeout(Some(Duration::from_secs(5))).unwrap();
    // to the end, which is there
    stream.read_to_end(&mut Vec::new()).unwrap();
    drop(client);
}

#[track_caller]
fn unexpected(answer: impl Fn() -> Answer + Send + 'static) -> Error {
    let server = FakeServer::serve(move |_| answer());
    fails(ErrorKind::UnexpectedResponse, once(&server).get_object("b", "k"))
}

#[test]
fn an_answer_that_is_no_http_is_told_as_such() {
    for bytes in [&b"SSH-2.0-OpenSSH_9.2\r\n\r\n"[..], b"\x15\x03\x01\x00\x02\x02\x46"] {
        let error = unexpected(move || Answer::raw(bytes));
        assert!(
            error.to_string().starts_with("GetObject b/k: the response is not valid HTTP/1.1"),
            "{error}"
        );
        assert!(error.hint().unwrap().contains("https://"), "{error}");
    }
}

const ALERT: &[u8] = b"\x15\x03\x01\x00\x02\x02\x46";

#[test]
fn a_tls_alert_is_the_answer_of_a_port_that_speaks_tls_and_asked_for_once() {
    let server = FakeServer::start([Answer::raw(ALERT)]);
    let error = fails(ErrorKind::UnexpectedResponse, client(&server).put_object("b", "k", "Hello"));
    assert!(
        error.to_string().contains("the response is not valid HTTP/1.1: it starts with a TLS alert"),
        "{error}"
    );
    assert_eq!(error.hint(), Some("The port speaks TLS: use https:// in the endpoint."));
    assert!(!error.is_retryable());
    let _: [_; 1] = server.finish();
}

#[test]
fn the_same_bytes_where_the_server_has_spoken_http_are_asked_for_again() {
    let garbled = || Answer::raw([b"HTTP/1.1 200 OK\r\n", ALERT].concat());
    let server =
        FakeServer::start([garbled(), Answer::content("one"), Answer::raw(ALERT), Answer::content("two")]);
    let client = client(&server);
    for content in ["one", "two"] {
        assert_eq!(client.get_object("b", "k").unwrap().text().unwrap(), content);
    }
    assert_eq!(server.finish::<4>().map(|request| request.connection), [1, 2, 2, 3]);
}

#[test]
fn lengths_that_contradict_each_other_are_no_answer() {
    for (one, two) in [("3", "4"), ("3", "x"), ("-3", "-3")] {
        unexpected(move || {
            Answer::new(200).header("content-length", one).header("content-length", two).body("abcd")
        });
    }
}

#[test]
fn a_success_of_another_status_than_was_due_is_no_object() {
    for status in [201, 204, 206] {
        let error = unexpected(move || Answer::new(status));
        assert!(error.to_string().contains(&format!("status {status} where 200 was due")), "{error}");
    }
}

#[test]
fn a_port_where_nothing_listens_is_no_connection_and_says_what_to_check() {
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let client = Client::new(config_at(format!("http://127.0.0.1:{port}"))).unwrap();
    let error = fails(ErrorKind::Connect, client.get_object("b", "k"));
    assert!(error.hint().unwrap().contains("Nothing is listening"), "{error}");
    assert!(error.source().is_some());
}

#[test]
fn a_name_that_does_not_exist_is_no_connection_and_says_what_to_check() {
    let client = Client::new(config_at("http://no-such-host.invalid")).unwrap();
    let error = fails(ErrorKind::Connect, client.get_object("b", "k"));
    assert!(error.to_string().contains("the host name could not be resolved"), "{error}");
    assert!(error.hint().unwrap().contains("spelling"), "{error}");
}

#[test]
fn a_server_that_falls_silent_is_a_timeout_with_its_limit() {
    let stalls: [fn() -> Answer; 3] = [
        || Answer::on_accept(End::Stall),
        || Answer::nothing(End::Stall),
        || Answer::content("abc").cut(1, End::Stall),
    ];
    for stall in stalls {
        let server = FakeServer::start([stall()]);
        let config = config(&server).retry(RetryPolicy::none()).idle_timeout(Duration::from_millis(100));
        let client = Client::new(config).unwrap();
        let error = fails(ErrorKind::Timeout, client.get_object("b", "k").and_then(|object| object.bytes()));
        assert!(error.is_timeout() && error.is_retryable());
        assert!(error.to_string().contains("sent no data for 100ms"), "{error}");
    }
}

#[test]
fn a_server_that_takes_no_byte_of_an_upload_is_a_timeout() {
    let server = FakeServer::start([Answer::on_accept(End::Stall)]);
    let config = config(&server).retry(RetryPolicy::none()).idle_timeout(Duration::from_millis(100));
    let error =
        fails(ErrorKind::Timeout, Client::new(config).unwrap().put_object("b", "k", vec![0; 16 << 20]));
    assert!(error.to_string().contains("100ms"), "{error}");
}

#[test]
fn a_slow_drip_is_no_silence() {
    let server = FakeServer::start([
        Answer::content("twelve bytes").drip(1, Duration::from_millis(10)),
        Answer::content("twelve bytes").trickled(),
    ]);
    let config = config(&server).retry(RetryPolicy::none()).idle_timeout(Duration::from_secs(2));
    let client = Client::new(config).unwrap();
    for _ in 0..2 {
        assert_eq!(client.get_object("b", "k").unwrap().text().unwrap(), "twelve bytes");
    }
}

#[test]
fn answers_that_only_announce_the_real_one_are_passed_over() {
    let server = FakeServer::start([Answer::raw(
        "HTTP/1.1 102 Processing\r\n\r\nHTTP/1.1 103 Early Hints\r\nlink: </>\r\n\r\n\
         HTTP/1.1 200 OK\r\ncontent-length: 3\r\n\r\nabc",
    )]);
    assert_eq!(once(&server).get_object("b", "k").unwrap().text().unwrap(), "abc");
    let _: [_; 1] = server.finish();
}
