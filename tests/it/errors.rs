//! What each kind of answer becomes, and what the text of an error says and hides.

use std::error::Error as _;

use plain_s3::{Client, Error, ErrorKind, RetryPolicy};

use crate::clients::{REGION, SECRET_KEY, TOKEN, anonymous, client, client_v4, config, credentials, once};
use crate::fake_server::{Answer, End, FakeServer};
use crate::support::fails;

/// The error of reading an object that is answered like this, however often it is asked for.
#[track_caller]
fn error_of(kind: ErrorKind, answer: impl Fn() -> Answer + Send + 'static) -> Error {
    let server = FakeServer::serve(move |_| answer());
    fails(kind, once(&server).get_object("b", "k"))
}

#[test]
fn an_s3_error_has_all_that_the_server_said() {
    let error = error_of(ErrorKind::Server, || {
        Answer::new(404).header("x-amz-request-id", "of the head").body(
            "<?xml version='1.0'?>\n<Error xmlns='urn:x'><Code>NoSuchKey</Code><Message>The key\n is gone.</Message>\
             <Key>k</Key><RequestId>tx1</RequestId><HostId>h1</HostId></Error>",
        )
    });
    assert_eq!((error.status(), error.code()), (Some(404), Some("NoSuchKey")));
    assert_eq!(error.message(), Some("The key\n is gone."));
    assert_eq!((error.request_id(), error.host_id()), (Some("tx1"), Some("h1")));
    assert_eq!(error.resource(), Some("k"));
    assert!(error.is_not_found() && !error.is_no_such_bucket());
    let text = error.to_string();
    assert!(
        text.starts_with("GetObject b/k: 404 NoSuchKey: The key is gone (request ID tx1). The bucket"),
        "{text}"
    );
    assert_eq!(format!("{error:?}"), text);
}

#[test]
fn an_answer_without_a_body_has_the_code_of_its_status_and_the_id_of_its_head() {
    for (status, code) in [
        (400, "BadRequest"),
        (403, "AccessDenied"),
        (404, "NotFound"),
        (405, "MethodNotAllowed"),
        (409, "Conflict"),
        (412, "PreconditionFailed"),
        (416, "InvalidRange"),
        (501, "NotImplemented"),
        (503, "ServiceUnavailable"),
    ] {
        let error =
            error_of(ErrorKind::Server, move || Answer::new(status).header("x-amz-request-id", "tx1"));
        assert_eq!((error.status(), error.code()), (Some(status), Some(code)));
        assert_eq!(error.request_id(), Some("tx1"));
    }
}

#[test]
fn a_web_page_is_named_as_one_and_its_status_survives() {
    let loose = "<!DOCTYPE html><html><head><title>Welcome to nginx!</title></html>";
    let well_formed = "<html><head><title>Welcome to nginx!</title></head><body/></html>";
    for (status, page) in
        [(200, loose), (200, well_formed), (403, loose), (403, well_formed), (404, loose), (502, well_formed)]
    {
        let server = FakeServer::serve(move |_| Answer::new(status).body(page));
        let error = fails(ErrorKind::UnexpectedResponse, once(&server).list_buckets());
        assert_eq!(error.status(), Some(status));
        let text = error.to_string();
        assert!(text.contains("an HTML page titled \"Welcome to nginx!\""), "{text}");
        assert!(text.contains("check") && text.contains("endpoint"), "{text}");
    }
}

#[test]
fn a_web_page_in_the_place_of_an_empty_answer_is_no_success() {
    let server = FakeServer::serve(|_| Answer::new(200).body("<html><title>Log in</title></html>"));
    let client = once(&server);
    fails(ErrorKind::UnexpectedResponse, client.create_bucket("b"));
    fails(ErrorKind::UnexpectedResponse, client.delete_object("b", "k"));
    fails(ErrorKind::UnexpectedResponse, client.put_object("b", "k", "content"));
}

#[test]
fn an_error_in_a_200_is_an_error_everywhere() {
    let server = FakeServer::serve(|_| {
        let body = "<Error><Code>AccessDenied</Code><RequestId>tx1</RequestId></Error>";
        Answer::xml(body).header("etag", "\"e\"")
    });
    let client = client(&server);
    let errors = [
        fails(ErrorKind::Server, client.list_buckets()),
        fails(ErrorKind::Server, client.create_bucket("b")),
        fails(ErrorKind::Server, client.list_objects("b").next().unwrap()),
        fails(ErrorKind::Server, client.put_object("b", "k", "content")),
        fails(ErrorKind::Server, client.delete_objects("b", ["k"])),
        fails(ErrorKind::Server, client.get_object_acl("b", "k")),
    ];
    for error in errors {
        assert_eq!((error.status(), error.code()), (Some(200), Some("AccessDenied")), "{error}");
    }
}

#[test]
fn the_body_of_an_error_is_read_within_a_bound_and_its_status_survives() {
    let huge = error_of(ErrorKind::UnexpectedResponse, || Answer::new(403).body("x".repeat(1 << 20)));
    assert_eq!(huge.status(), Some(403));
    assert!(huge.to_string().len() < 500, "{huge}");
    let hostile = "<a>".repeat(20_000);
    let deep = error_of(ErrorKind::UnexpectedResponse, move || Answer::new(400).body(&hostile));
    assert_eq!(deep.status(), Some(400));
    let cut =
        error_of(ErrorKind::UnexpectedResponse, || Answer::error(409, "BucketNotEmpty").cut(60, End::Fin));
    assert_eq!(cut.status(), Some(409));
}

#[test]
fn a_bucket_elsewhere_is_told_with_its_region_or_its_host() {
    let region = error_of(ErrorKind::Server, || {
        Answer::new(301).header("x-amz-bucket-region", "eu-central-1").body(
            "<Error><Code>PermanentRedirect</Code><Endpoint>b.s3.eu-central-1.example.com</Endpoint></Error>",
        )
    });
    assert!(region.hint().unwrap().contains("Config::region(\"eu-central-1\")"), "{region}");
    let host = error_of(ErrorKind::Server, || {
        Answer::new(307)
            .body("<Error><Code>TemporaryRedirect</Code><Endpoint>other.example.com</Endpoint></Error>")
    });
    assert!(host.hint().unwrap().contains("other.example.com"), "{host}");
    let bare = error_of(ErrorKind::Server, || Answer::new(301));
    assert!(bare.hint().unwrap().contains("another region or host"), "{bare}");
}

#[test]
fn a_skewed_clock_is_told_with_its_direction() {
    let error = error_of(ErrorKind::Server, || {
        Answer::error(403, "RequestTimeTooSkewed").header("date", "Fri, 27 May 2011 06:23:07 GMT")
    });
    assert!(error.hint().unwrap().contains("ahead of the server's: set it right"), "{error}");
}

#[test]
fn a_server_that_wants_v4_says_how_to_get_it() {
    let error = error_of(ErrorKind::Server, || {
        Answer::new(400).body(
            "<Error><Code>InvalidRequest</Code><Message>The authorization mechanism you have provided is not \
             supported. Please use AWS4-HMAC-SHA256.</Message></Error>",
        )
    });
    assert!(error.hint().unwrap().contains("set the region by Config::region"), "{error}");
}

#[test]
fn a_refused_signature_shows_both_texts_and_the_first_line_that_differs() {
    let server = FakeServer::serve(|request| {
        let date = request.header("x-amz-date").unwrap();
        Answer::new(403).body(format!(
            "<Error><Code>SignatureDoesNotMatch</Code><StringToSign>GET\n\n\n\nx-amz-date:{date}\n\
             x-amz-security-token:{TOKEN}\n/b/K</StringToSign></Error>"
        ))
    });
    let config = config(&server).credentials(credentials().session_token(TOKEN));
    let error = fails(ErrorKind::Server, Client::new(config).unwrap().get_object("b", "k"));
    assert!(error.is_access_denied());
    assert!(error.hint().unwrap().contains("Line 7"), "{error}");
    assert!(error.hint().unwrap().contains("\"/b/k\" was signed, \"/b/K\" was expected"), "{error}");
    assert!(error.string_to_sign().unwrap().ends_with("\n/b/k"));
    assert!(error.server_string_to_sign().unwrap().ends_with("\n/b/K"));
    assert_hides_secrets(&error);
}

#[test]
fn a_wrong_secret_is_told_as_such_where_the_server_says_nothing_more() {
    let server = FakeServer::serve(|_| Answer::error(403, "SignatureDoesNotMatch"));
    let v2 = fails(ErrorKind::Server, client(&server).get_object("b", "k"));
    let v4 = fails(ErrorKind::Server, client_v4(&server).get_object("b", "k"));
    for error in [&v2, &v4] {
        assert!(error.hint().unwrap().contains("secret key is not the one of the access key"), "{error}");
        assert_hides_secrets(error);
    }
    assert!(v2.canonical_request().is_none());
    assert!(v4.canonical_request().unwrap().starts_with("GET\n/b/k\n\nhost:127.0.0.1:"));
}

#[track_caller]
fn assert_hides_secrets(error: &Error) {
    let mut texts = format!("{error} {error:?} {error:#?}");
    let mut source = error.source();
    while let Some(cause) = source {
        texts += &format!("{cause} {cause:?}");
        source = cause.source();
    }
    for secret in [SECRET_KEY, TOKEN] {
        assert!(!texts.contains(secret), "{texts}");
    }
}

#[test]
fn no_text_of_the_client_or_of_any_error_has_a_secret() {
    let server = FakeServer::start([
        Answer::error(403, "AccessDenied"),
        Answer::error(403, "InvalidAccessKeyId"),
        Answer::nothing(End::Rst),
        Answer::raw("garbage\r\n\r\n"),
    ]);
    let config = config(&server)
        .region(REGION)
        .retry(RetryPolicy::none())
        .credentials(credentials().session_token(TOKEN));
    let client = Client::new(config.clone()).unwrap();
    let texts = format!("{config:?} {config:#?} {client:?} {client:#?} {:?}", client.list_objects("b"));
    assert!(!texts.contains(SECRET_KEY) && !texts.contains(TOKEN), "{texts}");
    for _ in 0..4 {
        assert_hides_secrets(&client.get_object("b", "k").unwrap_err());
    }
    let _: [_; 4] = server.finish();
}

#[test]
fn a_refusal_says_whether_anything_was_signed() {
    let server = FakeServer::serve(|_| Answer::error(403, "AccessDenied"));
    let nobody = fails(ErrorKind::Server, anonymous(&server).get_object("b", "k"));
    assert!(nobody.to_string().contains("no credentials are set"), "{nobody}");
    let somebody = fails(ErrorKind::Server, client(&server).get_object("b", "k"));
    assert!(somebody.to_string().contains("may not do this"), "{somebody}");
}
