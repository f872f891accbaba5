//! The headers of responses: many, large, or too large.

use plain_s3::{ErrorKind, Method, RawRequest};

use crate::clients::{client, client_without_retries};
use crate::fake_server::{FakeServer, HELLO, Response, get_small};
use crate::support::fails;

/// Servers that accept more metadata than AWS does must be able to return it.
#[test]
fn hundreds_of_headers_are_read() {
    for count in [120, 128, 129, 1000] {
        let respond = move || {
            (0..count).fold(Response::content(HELLO), |response, i| {
                response.header(&format!("X-Amz-Meta-Name-{i}"), &format!("value {i}"))
            })
        };
        let server = FakeServer::start([respond(), Response::from_fn(move |_| respond())]);
        let client = client_without_retries(&server);
        get_small(&client);
        let head = client.head_object("b", "small").unwrap();
        assert_eq!(head.metadata.len(), count);
        assert_eq!(server.finish::<2>().map(|request| request.connection), [1, 1]);
    }
}

#[test]
fn repeated_and_encoded_headers_are_returned_as_they_are() {
    let response = Response::content(HELLO)
        .header("Content-Encoding", "gzip, br")
        .header("content-encoding", "gzip")
        .header("Content-Type", "text/plain; charset=iso-8859-1")
        .header("set-cookie", "a=b; Path=/")
        .header("number", "7")
        .header("connection", "keep-alive");
    let server = FakeServer::start([response, Response::content(HELLO)]);
    let client = client_without_retries(&server);
    let response = client.send_raw(&RawRequest::new(Method::Get).bucket("b").key("k"), "").unwrap();
    let headers: Vec<_> = response.headers[1..].iter().map(|(name, value)| (&name[..], &value[..])).collect();
    assert_eq!(
        headers,
        [
            ("content-encoding", "gzip, br"),
            ("content-encoding", "gzip"),
            ("content-type", "text/plain; charset=iso-8859-1"),
            ("set-cookie", "a=b; Path=/"),
            ("number", "7"),
            ("connection", "keep-alive"),
            ("content-length", "12"),
        ]
    );
    assert_eq!(response.text().unwrap(), HELLO);
    get_small(&client);
    let [_, second] = server.finish();
    assert_eq!((second.connection, second.header("cookie")), (1, None));
}

#[test]
fn headers_beyond_the_limit_are_reported_without_retry() {
    let large = "x".repeat(1 << 10);
    let responses: [Box<dyn Fn() -> Response>; 3] = [
        Box::new(|| Response::content(HELLO).header("x-amz-meta-large", &"x".repeat(64 << 10))),
        Box::new(|| {
            (0..64).fold(Response::content(HELLO), |response, i| response.header(&format!("x-{i}"), &large))
        }),
        Box::new(|| Response::raw(["HTTP/1.1 200 OK\r\n", &"x-many: y\r\n".repeat(10_000)].concat())),
    ];
    for respond in responses {
        let server = FakeServer::start([respond()]);
        let error = fails(ErrorKind::UnexpectedResponse, client(&server).get_object("b", "k"));
        assert!(error.to_string().contains("its headers are longer than 64 KiB"), "{error}");
        assert!(error.hint().unwrap().contains("metadata") && !error.is_retryable(), "{error}");
        let _: [_; 1] = server.finish();
    }
}
