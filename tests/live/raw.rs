//! Raw requests, which the caller builds.

use std::io::Read as _;

use plain_s3::{Body, ErrorKind, Method, RawRequest};

use super::access;
use super::fixture::TestBucket;
use super::gaps;
use super::server::Variant;

pub(crate) fn requests(variant: &Variant<'_>) {
    let client = variant.client();
    let bucket = TestBucket::create(&client);
    let object = |method| RawRequest::new(method).bucket(&*bucket).key("a b/é+.txt");

    let put = object(Method::Put).header("content-type", "text/plain").header("x-amz-meta-a", "b");
    let response = client.send_raw(&put, "Hello World!").unwrap();
    assert_eq!(response.status, 200);
    assert!(response.header("ETag").unwrap().contains("ed076287532e86365e841e92bfc50d8c"));
    let mut response = client.send_raw(&object(Method::Get), "").unwrap();
    assert_eq!(
        (response.header("content-type"), response.header("x-amz-meta-a")),
        (Some("text/plain"), Some("b"))
    );
    let mut start = [0; 5];
    response.read_exact(&mut start).unwrap();
    assert_eq!((&start, response.text().unwrap().as_str()), (b"Hello", " World!"));

    let reader = Body::from_reader(&b"from a reader"[..], 13);
    client.send_raw(&object(Method::Put), reader).unwrap();
    assert_eq!(client.get_object(&bucket, "a b/é+.txt").unwrap().text().unwrap(), "from a reader");
    assert_eq!(client.send_raw(&object(Method::Head), "").unwrap().header("content-length"), Some("13"));

    let listing =
        RawRequest::new(Method::Get).bucket(&*bucket).query("prefix", "a b/é+").query("max-keys", "1");
    let xml = client.send_raw(&listing, "").unwrap().text().unwrap();
    assert!(xml.contains("<Key>a b/é+.txt</Key>"), "{xml}");

    // A signed subresource, and a body for which the client sends checksums.
    let delete = RawRequest::new(Method::Post).bucket(&*bucket).subresource("delete");
    let body = "<Delete><Object><Key>a b/é+.txt</Key></Object></Delete>";
    let xml = client.send_raw(&delete, body).unwrap().text().unwrap();
    assert!(xml.contains("<Deleted>"), "{xml}");
    assert_eq!(client.list_objects(&bucket).count(), 0);

    let service = client.send_raw(&RawRequest::new(Method::Get), "").unwrap().text().unwrap();
    assert!(service.contains(&format!("<Name>{}</Name>", &*bucket)), "{service}");
}

pub(crate) fn errors(variant: &Variant<'_>) {
    let client = variant.client();
    let bucket = TestBucket::create(&client);
    let request = RawRequest::new(Method::Get).bucket(&*bucket).key("missing");
    let error = client.send_raw(&request, "").unwrap_err();
    assert_eq!((error.kind(), error.code()), (ErrorKind::Server, Some("NoSuchKey")));
    assert!(error.is_not_found() && error.to_string().starts_with(&format!("GET {}/missing: 404", &*bucket)));
    client.put_object(&bucket, "private", "x").unwrap();
    let private = RawRequest::new(Method::Get).bucket(&*bucket).key("private");
    gaps::PRIVATE_OBJECTS.attempt(|| {
        access::assert_rejected(&variant.anonymous().send_raw(&private, "").unwrap_err());
    });
    let conditional = request.header("range", "bytes=5-9").header("if-match", "\"x\"");
    assert!(client.send_raw(&conditional, "").is_err());
}
