//! Calls without a usable response: no connection, a closed connection, silence, or another protocol.

use std::io::Read as _;
use std::net::TcpListener;
use std::time::Duration;

use plain_s3::{Client, Error, ErrorKind, Method, RawRequest, RetryPolicy};

use crate::clients::{client, client_without_retries, config, config_at};
use crate::fake_server::{End, FakeServer, Response};
use crate::support::fails;

#[test]
fn connection_closed_before_response_is_a_network_error() {
    let ends: [fn() -> Response; 7] = [
        || Response::on_accept(End::Fin),
        || Response::on_accept(End::Rst),
        || Response::none(End::Fin),
        || Response::none(End::Rst),
        || Response::none(End::Fin).early(),
        || Response::none(End::Rst).early(),
        || Response::raw("HTTP/1.1 200 OK\r\ncontent-le"),
    ];
    for end in ends {
        let server = FakeServer::start([end()]);
        let error = fails(ErrorKind::Network, client_without_retries(&server).get_object("b", "k"));
        assert!(error.to_string().starts_with("GetObject b/k: "), "{error}");
        assert!(error.is_retryable() && error.status().is_none(), "{error}");
    }
}

// promise: R8
#[test]
fn failed_call_closes_its_connection() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let config = config_at(format!("http://{}", listener.local_addr().unwrap()));
    let config = config.retry(RetryPolicy::none()).idle_timeout(Duration::from_millis(100));
    let client = Client::new(config).unwrap();
    fails(ErrorKind::Timeout, client.list_buckets());
    let mut stream = listener.accept().unwrap().0;
    stream.set_read_timeout(Some(Duration::from_secs(5))).unwrap();
    // Returns only because the client has closed the connection.
    stream.read_to_end(&mut Vec::new()).unwrap();
    drop(client);
}

#[track_caller]
fn unexpected_response(response: impl Fn() -> Response + Send + 'static) -> Error {
    let server = FakeServer::serve(move |_| response());
    fails(ErrorKind::UnexpectedResponse, client_without_retries(&server).get_object("b", "k"))
}

#[test]
fn non_http_response_is_reported() {
    for (bytes, hint) in [
        (&b"SSH-2.0-OpenSSH_9.2\r\n\r\n"[..], "If the port speaks TLS, use https:// in the endpoint."),
        (b"\x15\x03\x01\x00\x02\x02\x46", "The port speaks TLS: use https:// in the endpoint."),
    ] {
        let error = unexpected_response(move || Response::raw(bytes));
        assert!(error.to_string().contains(" is not valid HTTP/1.1: "), "{error}");
        assert_eq!(error.hint(), Some(hint), "{error}");
    }
}

const ALERT: &[u8] = b"\x15\x03\x01\x00\x02\x02\x46";

#[test]
fn tls_alert_is_reported_without_retry() {
    let server = FakeServer::start([Response::raw(ALERT)]);
    let error = fails(ErrorKind::UnexpectedResponse, client(&server).put_object("b", "k", "Hello"));
    assert!(error.to_string().contains(" is not valid HTTP/1.1: it starts with a TLS alert"), "{error}");
    assert_eq!(error.hint(), Some("The port speaks TLS: use https:// in the endpoint."));
    assert!(!error.is_retryable());
    let _: [_; 1] = server.finish();
}

#[test]
fn garbled_response_after_http_is_retried() {
    let garbled = || Response::raw([b"HTTP/1.1 200 OK\r\n", ALERT].concat());
    let server = FakeServer::start([
        garbled(),
        Response::content("one"),
        Response::raw(ALERT),
        Response::content("two"),
    ]);
    let client = client(&server);
    for content in ["one", "two"] {
        assert_eq!(client.get_object("b", "k").unwrap().text().unwrap(), content);
    }
    assert_eq!(server.finish::<4>().map(|request| request.connection), [1, 2, 2, 3]);
}

/// The body of a policy is not checked by anything but its end.
#[test]
fn reset_is_not_the_end_of_a_body_without_length() {
    let policy = "{\"Version\": \"2012-10-17\"}";
    let response = || Response::new(200).body(policy).until_close();
    let server = FakeServer::start([response(), response().cut(12, End::Rst)]);
    let client = client_without_retries(&server);
    assert_eq!(client.get_bucket_policy("b").unwrap().as_deref(), Some(policy));
    fails(ErrorKind::Network, client.get_bucket_policy("b"));
}

// promise: D6
#[test]
fn reading_after_the_connection_was_lost_fails_again() {
    for response in [
        || Response::content("Hello").header("connection", "close").cut(3, End::Fin),
        || Response::content("Hello").chunked(2).cut(8, End::Fin),
        || Response::new(200).body("Hello").until_close().cut(3, End::Rst),
    ] {
        let server = FakeServer::start([response(), response()]);
        let client = client_without_retries(&server);
        let request = RawRequest::new(Method::Get).bucket("b").key("k");
        let mut response = client.send_raw(&request, "").unwrap();
        response.read_to_end(&mut Vec::new()).unwrap_err();
        response.read(&mut [0; 8]).unwrap_err();
        // Without a length or a checksum, the object is not readable at all.
        let Ok(mut object) = client.get_object("b", "k") else { continue };
        object.read_to_end(&mut Vec::new()).unwrap_err();
        object.read(&mut [0; 8]).unwrap_err();
    }
}

#[test]
fn conflicting_content_lengths_fail() {
    for (one, two) in [("3", "4"), ("3", "x"), ("-3", "-3")] {
        unexpected_response(move || {
            Response::new(200).header("content-length", one).header("content-length", two).body("abcd")
        });
    }
}

#[test]
fn unexpected_success_status_fails() {
    for status in [201, 204, 206] {
        let error = unexpected_response(move || Response::new(status));
        assert!(error.to_string().contains(&format!(": the status is {status} instead of 200. ")), "{error}");
    }
}

#[test]
fn refused_connection_has_a_hint() {
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let client = Client::new(config_at(format!("http://127.0.0.1:{port}"))).unwrap();
    let error = fails(ErrorKind::Connect, client.get_object("b", "k"));
    assert!(error.hint().unwrap().contains("Nothing is listening"), "{error}");
    assert!(error.get_ref().is_some());
}

#[test]
fn unknown_host_has_a_hint() {
    let client = Client::new(config_at("http://no-such-host.invalid")).unwrap();
    let error = fails(ErrorKind::Connect, client.get_object("b", "k"));
    let text = "the host name no-such-host.invalid could not be resolved";
    assert!(error.to_string().contains(text), "{error}");
    assert!(error.hint().unwrap().contains("spelling"), "{error}");
}

#[test]
fn silent_server_times_out_and_names_the_limit() {
    let stalls: [fn() -> Response; 3] = [
        || Response::on_accept(End::Stall),
        || Response::none(End::Stall),
        || Response::content("abc").cut(1, End::Stall),
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
fn unread_upload_times_out() {
    let server = FakeServer::start([Response::on_accept(End::Stall)]);
    let config = config(&server).retry(RetryPolicy::none()).idle_timeout(Duration::from_millis(100));
    let error =
        fails(ErrorKind::Timeout, Client::new(config).unwrap().put_object("b", "k", vec![0; 16 << 20]));
    assert!(error.to_string().contains("100ms"), "{error}");
}

#[test]
fn slow_response_does_not_time_out() {
    let server = FakeServer::start([
        Response::content("twelve bytes").drip(1, Duration::from_millis(10)),
        Response::content("twelve bytes").trickle_head(),
    ]);
    let config = config(&server).retry(RetryPolicy::none()).idle_timeout(Duration::from_secs(2));
    let client = Client::new(config).unwrap();
    for _ in 0..2 {
        assert_eq!(client.get_object("b", "k").unwrap().text().unwrap(), "twelve bytes");
    }
}

#[test]
fn informational_responses_are_skipped() {
    let server = FakeServer::start([Response::raw(
        "HTTP/1.1 102 Processing\r\n\r\nHTTP/1.1 103 Early Hints\r\nlink: </>\r\n\r\n\
         HTTP/1.1 200 OK\r\ncontent-length: 3\r\n\r\nabc",
    )]);
    assert_eq!(client_without_retries(&server).get_object("b", "k").unwrap().text().unwrap(), "abc");
    let _: [_; 1] = server.finish();
}
