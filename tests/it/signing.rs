//! What a signature adds to a request, for V2, V4, session tokens and anonymous requests.

use plain_s3::{Client, GetObjectOptions, ListOptions, PutObjectOptions, SignatureVersion};

use crate::clients::{REGION, TOKEN, anonymous_client, client, client_v4, config, credentials};
use crate::fake_server::{FakeServer, Request, Response};
use crate::signatures::{assert_signed_v2, assert_signed_v4};

const HELLO: &str = "Hello World!";

/// Sends one request of every kind: no body, a query, a subresource, an XML body, and an object with headers.
fn send_one_of_each(client: &Client) {
    client.list_buckets().unwrap();
    assert_eq!(client.list_objects_with("b", &ListOptions::new().prefix("p/")).count(), 0);
    client.get_object_acl("b", "k").unwrap();
    client.delete_objects("b", ["a&b", " c "]).unwrap();
    let options = PutObjectOptions::new()
        .content_type("text/plain; charset=utf-8")
        .cache_control("no-cache")
        .metadata("two-words", "x  y")
        .metadata("Colour", "grün");
    client.put_object_with("b", "a b+c", HELLO, &options).unwrap();
}

fn responses() -> [Response; 5] {
    [
        Response::xml("<ListAllMyBucketsResult/>"),
        Response::xml("<ListBucketResult/>"),
        Response::xml("<AccessControlPolicy/>"),
        Response::from_fn(|request| Response::deleted(request, &[])),
        Response::stored(HELLO.as_bytes()),
    ]
}

#[test]
fn v2_signs_every_request() {
    let server = FakeServer::start(responses());
    send_one_of_each(&client(&server));
    for request in server.finish::<5>() {
        assert_signed_v2(&request, None);
        assert_eq!(request.header("x-amz-content-sha256"), None);
    }
}

#[test]
fn v4_signs_every_request_and_hashes_only_xml_bodies() {
    let server = FakeServer::start(responses());
    send_one_of_each(&client_v4(&server));
    let requests: [Request; 5] = server.finish();
    for request in &requests {
        assert_signed_v4(request);
    }
    assert_ne!(requests[3].header("x-amz-content-sha256"), Some("UNSIGNED-PAYLOAD"));
    assert_eq!(requests[4].header("x-amz-content-sha256"), Some("UNSIGNED-PAYLOAD"));
}

#[test]
fn accept_encoding_of_the_caller_is_sent_but_not_signed() {
    let server = FakeServer::start([Response::content(HELLO)]);
    let options = GetObjectOptions::new().header("Accept-Encoding", "gzip");
    client_v4(&server).get_object_with("b", "k", &options).unwrap().text().unwrap();
    let [request] = server.finish();
    assert_eq!(request.header("accept-encoding"), Some("gzip"));
    assert!(!request.header("authorization").unwrap().contains("accept-encoding"), "{}", request.head);
    assert_signed_v4(&request);
}

#[test]
fn session_token_is_sent_and_signed() {
    let server = FakeServer::serve(|_| Response::new(204));
    let config = config(&server).credentials(credentials().session_token(TOKEN));
    Client::new(config.clone()).unwrap().delete_object("b", "k").unwrap();
    Client::new(config.region(REGION)).unwrap().delete_object("b", "k").unwrap();
    let [v2, v4] = server.finish();
    assert_eq!(v2.header("x-amz-security-token"), Some(TOKEN));
    assert_eq!(v4.header("x-amz-security-token"), Some(TOKEN));
    assert_signed_v2(&v2, None);
    assert_signed_v4(&v4);
}

#[test]
fn anonymous_requests_have_no_signature_headers() {
    let server = FakeServer::start(responses());
    send_one_of_each(&anonymous_client(&server));
    for request in server.finish::<5>() {
        for name in ["authorization", "x-amz-date", "x-amz-content-sha256", "x-amz-security-token", "date"] {
            assert_eq!(request.header(name), None, "{name}");
        }
    }
}

#[test]
fn region_selects_v4_unless_the_version_is_set() {
    let server = FakeServer::serve(|_| Response::new(204));
    let config = config(&server);
    for config in [
        config.clone(),
        config.clone().region("r"),
        config.clone().region("r").signature_version(SignatureVersion::V2),
        config.clone().signature_version(SignatureVersion::V4),
    ] {
        Client::new(config).unwrap().delete_object("b", "k").unwrap();
    }
    let requests: [Request; 4] = server.finish();
    let starts = ["AWS AKIDEXAMPLE:", "AWS4-HMAC-SHA256 Cred", "AWS AKIDEXAMPLE:", "AWS4-HMAC-SHA256 Cred"];
    for (request, start) in requests.iter().zip(starts) {
        assert!(request.header("authorization").unwrap().starts_with(start), "{}", request.head);
    }
    assert!(requests[1].head.contains("/r/s3/aws4_request"), "{}", requests[1].head);
    assert!(requests[3].head.contains("/us-east-1/s3/aws4_request"), "{}", requests[3].head);
}

#[test]
fn each_attempt_has_its_own_signature() {
    let server = FakeServer::start([
        Response::error(503, "SlowDown"),
        Response::error(500, "InternalError"),
        Response::stored(HELLO.as_bytes()),
    ]);
    client_v4(&server).put_object("b", "k", HELLO).unwrap();
    for request in server.finish::<3>() {
        assert_signed_v4(&request);
        assert_eq!(request.text(), HELLO);
    }
}

#[test]
fn last_value_of_a_repeated_header_is_sent() {
    let server = FakeServer::start([Response::stored(b"")]);
    let options = PutObjectOptions::new()
        .content_type("text/plain")
        .header("Content-Type", "text/html")
        .metadata("a", "1")
        .header("X-Amz-Meta-A", "2");
    client(&server).put_object_with("b", "k", "", &options).unwrap();
    let [request] = server.finish();
    assert_eq!(request.header("content-type"), Some("text/html"));
    assert_eq!(request.header("x-amz-meta-a"), Some("2"));
    assert_signed_v2(&request, None);
}

#[test]
fn only_necessary_headers_are_sent() {
    let server = FakeServer::start([Response::new(204), Response::stored(HELLO.as_bytes())]);
    let client = client(&server);
    client.delete_object("b", "k").unwrap();
    client.put_object("b", "k", HELLO).unwrap();
    let [delete, put] = server.finish();
    let names = |request: &Request| {
        let mut names: Vec<String> = request.headers().iter().map(|(name, _)| (*name).to_owned()).collect();
        names.sort();
        names
    };
    assert_eq!(names(&delete), ["authorization", "host", "user-agent", "x-amz-date"]);
    assert_eq!(names(&put), ["authorization", "content-length", "host", "user-agent", "x-amz-date"]);
}
