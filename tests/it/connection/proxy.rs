//! Requests through a proxy: a tunnel opened with CONNECT, and credentials that reach only their own server.

use std::fs;

use plain_s3::{Client, ErrorKind, RetryPolicy};

use crate::clients::config_at;
use crate::fake_server::{FakeServer, Response};
use crate::signatures::assert_signed_v2;
use crate::support::{TempDir, content, fails};

const ENDPOINT: &str = "http://s3.example.com:8480";

fn proxied(proxy: &FakeServer) -> Client {
    let url = format!("http://user:hunter2@127.0.0.1:{}", proxy.port());
    Client::new(config_at(ENDPOINT).proxy(url).retry(RetryPolicy::none())).unwrap()
}

#[test]
fn requests_share_one_connect_tunnel() {
    let proxy = FakeServer::start([Response::new(200), Response::new(204), Response::new(204)]);
    let client = proxied(&proxy);
    client.delete_object("b", "a b").unwrap();
    client.delete_object("b", "c").unwrap();
    let [connect, first, second] = proxy.finish();
    assert_eq!(connect.line(), "CONNECT s3.example.com:8480 HTTP/1.1");
    // The base64 encoding of user:hunter2.
    assert_eq!(connect.header("proxy-authorization"), Some("Basic dXNlcjpodW50ZXIy"));
    assert_eq!(connect.header("authorization"), None);
    assert_eq!((first.line(), second.line()), ("DELETE /b/a%20b HTTP/1.1", "DELETE /b/c HTTP/1.1"));
    for request in [first, second] {
        assert_eq!(request.header("host"), Some("s3.example.com:8480"));
        assert_eq!(request.header("proxy-authorization"), None);
        assert_signed_v2(&request, None);
    }
}

// promise: R8
#[test]
fn tunnel_is_reused_after_a_large_object() {
    let body = content((2 << 20) + 12_345);
    let proxy = FakeServer::start([Response::new(200), Response::content(&body), Response::new(204)]);
    let (client, folder) = (proxied(&proxy), TempDir::new());
    client.download_file("b", "k", folder.join("target")).unwrap();
    assert!(fs::read(folder.join("target")).unwrap() == body);
    client.delete_object("b", "k").unwrap();
    let requests = proxy.finish::<3>();
    let lines = ["CONNECT s3.example.com:8480 HTTP/1.1", "GET /b/k HTTP/1.1", "DELETE /b/k HTTP/1.1"];
    assert_eq!(requests.each_ref().map(|request| request.line()), lines);
    assert_eq!(requests.map(|request| request.connection), [1; 3]);
}

#[test]
fn rejecting_proxy_fails_without_showing_its_password() {
    for status in [403, 407, 502] {
        let proxy = FakeServer::start([Response::new(status)]);
        let error = fails(ErrorKind::Connect, proxied(&proxy).delete_object("b", "k"));
        assert!(!format!("{error:?} {error:#?}").contains("hunter2"), "{error:?}");
    }
}
