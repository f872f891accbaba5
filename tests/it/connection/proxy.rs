//! Plain HTTP through a proxy: the proxy gets the whole URL, and its own errors name it.

use std::fs;
use std::time::Duration;

use plain_s3::{Client, Config, ErrorKind, Method, RawRequest, RetryPolicy};

use crate::clients::config_at;
use crate::fake_server::{FakeServer, Request, Response};
use crate::signatures::assert_signed_v2;
use crate::support::{TempDir, command, content, fails, task};

const ENDPOINT: &str = "http://s3.example.com:8480";

fn config(proxy: &FakeServer) -> Config {
    config_at(ENDPOINT).proxy(format!("http://user:hunter%402@127.0.0.1:{}", proxy.port()))
}

fn proxied(proxy: &FakeServer) -> Client {
    Client::new(config(proxy).retry(RetryPolicy::none())).unwrap()
}

/// Checks that the request has a whole URL, and returns it in the form that the server gets.
#[track_caller]
fn forwarded(mut request: Request) -> Request {
    assert!(request.target().starts_with(ENDPOINT), "{}", request.line());
    // The base64 encoding of user:hunter@2.
    assert_eq!(request.header("proxy-authorization"), Some("Basic dXNlcjpodW50ZXJAMg=="));
    request.head = request.head.replacen(ENDPOINT, "", 1);
    request
}

#[test]
fn requests_are_forwarded_with_the_whole_url() {
    let responses = [Response::new(204), Response::stored(b"Hello"), Response::content("Hello")];
    let proxy = FakeServer::start(responses.map(|response| response.header("connection", "keep-alive")));
    let client = proxied(&proxy);
    client.delete_object("b", "a b").unwrap();
    client.put_object("b", "c", "Hello").unwrap();
    assert_eq!(client.get_object("b", "c").unwrap().text().unwrap(), "Hello");
    let requests = proxy.finish::<3>().map(forwarded);
    assert_eq!(
        requests.each_ref().map(Request::line),
        ["DELETE /b/a%20b HTTP/1.1", "PUT /b/c HTTP/1.1", "GET /b/c HTTP/1.1"]
    );
    assert_eq!(requests[1].text(), "Hello");
    for request in requests {
        assert_eq!((request.connection, request.header("host")), (1, Some("s3.example.com:8480")));
        assert_signed_v2(&request, None);
    }
}

// promise: R8
#[test]
fn large_transfers_through_a_proxy_are_complete() {
    let body = content((2 << 20) + 12_345);
    let responses = [Response::content(&body), Response::stored(&body), Response::new(204)];
    let proxy =
        FakeServer::start(responses.map(|response| response.header("Proxy-Connection", "Keep-Alive")));
    let (client, folder) = (proxied(&proxy), TempDir::new());
    client.download_file("b", "k", folder.join("target")).unwrap();
    assert!(fs::read(folder.join("target")).unwrap() == body);
    client.put_object("b", "k", &body).unwrap();
    client.delete_object("b", "k").unwrap();
    let requests = proxy.finish::<3>().map(forwarded);
    assert!(requests[1].body == body);
    assert_eq!(requests.map(|request| request.connection), [1; 3]);
}

/// The proxy responds before it gets the body, which must not be taken for the beginning of a request.
#[test]
fn body_after_an_interim_response_is_sent_unchanged() {
    let body = "PUT /the/credentials HTTP/1.1\r\nhere: no\r\n\r\n";
    let proxy = FakeServer::start([Response::new(200), Response::new(200)]);
    let client = proxied(&proxy);
    let put = RawRequest::new(Method::Put).bucket("b").key("k").header("Expect", "100-continue");
    for body in [body, "body"] {
        client.send_raw(&put, body).unwrap();
    }
    assert_eq!(proxy.finish::<2>().map(forwarded).each_ref().map(Request::text), [body, "body"]);
}

/// tinyproxy would pass the second request, with the credentials for the proxy, on to the server.
// promise: R8
#[test]
fn connection_that_the_proxy_does_not_keep_is_not_reused() {
    let body = content((2 << 20) + 12_345);
    let proxy = FakeServer::start([
        Response::new(204),
        Response::content(&body),
        Response::content("x").header("connection", "close"),
        Response::new(204),
    ]);
    let client = proxied(&proxy);
    client.delete_object("b", "k").unwrap();
    for length in [body.len(), 1] {
        assert_eq!(client.get_object("b", "k").unwrap().bytes().unwrap().len(), length);
    }
    client.delete_object("b", "k").unwrap();
    assert_eq!(proxy.finish::<4>().map(|request| request.connection), [1, 2, 3, 4]);
}

fn html(status: u16) -> Response {
    Response::new(status).header("content-type", "text/html").body("<html><h1>No</h1></html>")
}

#[test]
fn response_of_the_proxy_itself_names_the_proxy() {
    for (status, text, retried) in [
        (407, "rejected the user and the password (407). Check them in Config::proxy", false),
        (403, "does not allow connections to s3.example.com:8480 (403). Ask the operator", false),
        (502, "could not connect to s3.example.com:8480 (502). Check the endpoint's host", true),
        (503, "could not connect to s3.example.com:8480 (503). Check the endpoint's host", true),
    ] {
        let proxy = FakeServer::serve(move |_| html(status));
        let retry = RetryPolicy::new().max_attempts(2).base_delay(Duration::ZERO);
        let client = Client::new(config(&proxy).retry(retry)).unwrap();
        let error = fails(ErrorKind::Connect, client.get_object("b", "k"));
        let expected = format!("GetObject b/k: the proxy http://127.0.0.1:{} {text}", proxy.port());
        assert!(error.to_string().starts_with(&expected), "{error}");
        assert_eq!((error.proxy_status(), error.status()), (Some(status), None));
        assert_eq!((error.is_retryable(), proxy.requests().len()), (retried, 1 + usize::from(retried)));
        assert!(!format!("{error:?} {error:#?}").contains("hunter"), "{error:?}");
    }
}

#[test]
fn response_of_the_server_does_not_blame_the_proxy() {
    for response in [
        || Response::error(403, "AccessDenied"),
        || Response::error(503, "SlowDown"),
        || Response::new(403).header("x-amz-request-id", "1").header("content-type", "text/html"),
        || Response::new(403),
    ] {
        let proxy = FakeServer::start([response()]);
        let error = fails(ErrorKind::Server, proxied(&proxy).head_object("b", "k"));
        assert!(error.proxy_status().is_none() && error.status().is_some(), "{error}");
    }
}

#[test]
fn proxy_without_credentials_asks_for_them() {
    let proxy = FakeServer::start([html(407)]);
    let config = config_at(ENDPOINT).proxy(format!("127.0.0.1:{}", proxy.port()));
    let error = fails(ErrorKind::Connect, Client::new(config).unwrap().list_buckets());
    assert_eq!(
        error.to_string(),
        format!(
            "ListBuckets: the proxy http://127.0.0.1:{} requires a user and a password (407). Set them in \
             Config::proxy: http://user:password@host:port.",
            proxy.port()
        )
    );
}

/// Runs in a child process, whose environment contains the proxy variables.
#[test]
fn variables_of_the_environment_set_the_proxy() {
    let proxy = FakeServer::serve(|_| Response::new(204));
    let url = format!("http://user:hunter2@127.0.0.1:{}", proxy.port());
    let run = |variables: &[(&str, &str)]| {
        let mut command = command(&[], module_path!(), &proxy.authority());
        for name in ["http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY", "no_proxy", "NO_PROXY"] {
            command.env_remove(name);
        }
        let before = proxy.requests().len();
        let output = command.envs(variables.iter().copied()).output().unwrap();
        assert!(output.status.success(), "{output:?}");
        (String::from_utf8(output.stdout).unwrap(), proxy.requests().len() - before)
    };
    for (variables, through_proxy) in [
        (vec![("http_proxy", &*url)], true),
        (vec![("ALL_PROXY", &*url)], true),
        (vec![("HTTP_PROXY", &*url)], false),
        (vec![("http_proxy", &*url), ("NO_PROXY", "127.0.0.0/8, s3.example.invalid")], false),
        (vec![], false),
    ] {
        let (output, requests) = run(&variables);
        assert_eq!(requests, usize::from(through_proxy), "{variables:?}: {output}");
        assert_eq!(output.contains("through the proxy"), through_proxy, "{variables:?}: {output}");
        let mentioned = variables.len() == 1 && variables[0].0 != "HTTP_PROXY";
        // The child also connects without proxy_from_env.
        assert_eq!(output.contains("is not used; call Config::proxy_from_env"), mentioned, "{output}");
        assert!(!output.contains("hunter2"), "{output}");
    }
}

#[test]
fn child_process() {
    let Some(_) = task() else { return };
    // No name server knows `.invalid`, so only the proxy can respond.
    let endpoint = "http://s3.example.invalid";
    let client = Client::new(config_at(endpoint).proxy_from_env()).unwrap();
    match client.delete_object("b", "k") {
        Ok(_) => println!("through the proxy"),
        Err(error) => println!("{error}"),
    }
    let error = Client::new(config_at(endpoint)).unwrap().delete_object("b", "k").unwrap_err();
    println!("{error}");
}
