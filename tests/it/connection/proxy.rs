//! Requests through a proxy: a tunnel by CONNECT, and credentials that go to their own side only.

use std::fs;

use plain_s3::{Client, ErrorKind, RetryPolicy};

use crate::clients::config_at;
use crate::fake_server::{Answer, FakeServer};
use crate::signatures::assert_signed_v2;
use crate::support::{TempDir, content, fails};

const ENDPOINT: &str = "http://s3.example.com:8480";

fn proxied(proxy: &FakeServer) -> Client {
    let url = format!("http://user:hunter2@127.0.0.1:{}", proxy.port());
    Client::new(config_at(ENDPOINT).proxy(url).retry(RetryPolicy::none())).unwrap()
}

#[test]
fn a_request_goes_through_a_tunnel_that_the_proxy_is_asked_for() {
    let proxy = FakeServer::start([Answer::new(200), Answer::new(204), Answer::new(204)]);
    let client = proxied(&proxy);
    client.delete_object("b", "a b").unwrap();
    client.delete_object("b", "c").unwrap();
    let [connect, first, second] = proxy.finish();
    assert_eq!(connect.line(), "CONNECT s3.example.com:8480 HTTP/1.1");
    // user:hunter2
    assert_eq!(connect.header("proxy-authorization"), Some("Basic dXNlcjpodW50ZXIy"));
    assert_eq!(connect.header("authorization"), None);
    assert_eq!((first.line(), second.line()), ("DELETE /b/a%20b HTTP/1.1", "DELETE /b/c HTTP/1.1"));
    for request in [first, second] {
        assert_eq!(request.header("host"), Some("s3.example.com:8480"));
        assert_eq!(request.header("proxy-authorization"), None);
        assert_signed_v2(&request, None);
    }
}

#[test]
fn a_tunnel_that_brought_a_large_object_is_used_again_for_what_it_is() {
    let body = content((2 << 20) + 12_345);
    let proxy = FakeServer::start([Answer::new(200), Answer::content(&body), Answer::new(204)]);
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
fn a_proxy_that_refuses_is_no_connection_and_its_password_is_not_shown() {
    for status in [403, 407, 502] {
        let proxy = FakeServer::start([Answer::new(status)]);
        let error = fails(ErrorKind::Connect, proxied(&proxy).delete_object("b", "k"));
        assert!(!format!("{error:?} {error:#?}").contains("hunter2"), "{error:?}");
    }
}
