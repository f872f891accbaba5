//! The error that each kind of response becomes, and what the text of an error shows and hides.

use plain_s3::{Client, Error, ErrorKind, RetryPolicy};

use crate::clients::{
    REGION, SECRET_KEY, TOKEN, anonymous_client, client, client_v4, client_without_retries, config,
    credentials,
};
use crate::fake_server::{End, FakeServer, Response};
use crate::support::fails;

/// Returns the error of `get_object` if every response is `response`.
#[track_caller]
fn error_for(kind: ErrorKind, response: impl Fn() -> Response + Send + 'static) -> Error {
    let server = FakeServer::serve(move |_| response());
    fails(kind, client_without_retries(&server).get_object("b", "k"))
}

#[test]
fn s3_error_has_every_field_of_the_response() {
    let error = error_for(ErrorKind::Server, || {
        Response::new(404).header("x-amz-request-id", "of the head").body(
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
fn response_without_body_has_a_default_code_and_a_request_id() {
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
            error_for(ErrorKind::Server, move || Response::new(status).header("x-amz-request-id", "tx1"));
        assert_eq!((error.status(), error.code()), (Some(status), Some(code)));
        assert_eq!(error.request_id(), Some("tx1"));
    }
}

#[test]
fn html_page_is_described_and_its_status_kept() {
    let loose = "<!DOCTYPE html><html><head><title>Welcome to nginx!</title></html>";
    let well_formed = "<html><head><title>Welcome to nginx!</title></head><body/></html>";
    for (status, page) in
        [(200, loose), (200, well_formed), (403, loose), (403, well_formed), (404, loose), (502, well_formed)]
    {
        let server = FakeServer::serve(move |_| Response::new(status).body(page));
        let error = fails(ErrorKind::UnexpectedResponse, client_without_retries(&server).list_buckets());
        assert_eq!(error.status(), Some(status));
        let text = error.to_string();
        assert!(text.contains("an HTML page titled \"Welcome to nginx!\""), "{text}");
        assert!(text.contains("check") && text.contains("endpoint"), "{text}");
    }
}

#[test]
fn html_page_instead_of_an_empty_body_fails() {
    let server = FakeServer::serve(|_| Response::new(200).body("<html><title>Log in</title></html>"));
    let client = client_without_retries(&server);
    fails(ErrorKind::UnexpectedResponse, client.create_bucket("b"));
    fails(ErrorKind::UnexpectedResponse, client.delete_object("b", "k"));
    fails(ErrorKind::UnexpectedResponse, client.put_object("b", "k", "content"));
}

#[test]
fn error_in_a_200_fails_in_every_operation() {
    let server = FakeServer::serve(|_| {
        let body = "<Error><Code>AccessDenied</Code><RequestId>tx1</RequestId></Error>";
        Response::xml(body).header("etag", "\"e\"")
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
fn error_body_is_limited_and_its_status_kept() {
    let huge = error_for(ErrorKind::UnexpectedResponse, || Response::new(403).body("x".repeat(1 << 20)));
    assert_eq!(huge.status(), Some(403));
    assert!(huge.to_string().len() < 500, "{huge}");
    let hostile = "<a>".repeat(20_000);
    let deep = error_for(ErrorKind::UnexpectedResponse, move || Response::new(400).body(&hostile));
    assert_eq!(deep.status(), Some(400));
    let cut =
        error_for(ErrorKind::UnexpectedResponse, || Response::error(409, "BucketNotEmpty").cut(60, End::Fin));
    assert_eq!(cut.status(), Some(409));
}

#[test]
fn redirect_hint_names_the_region_or_host() {
    let region = error_for(ErrorKind::Server, || {
        Response::new(301).header("x-amz-bucket-region", "eu-central-1").body(
            "<Error><Code>PermanentRedirect</Code><Endpoint>b.s3.eu-central-1.example.com</Endpoint></Error>",
        )
    });
    assert!(region.hint().unwrap().contains("Config::region(\"eu-central-1\")"), "{region}");
    let host = error_for(ErrorKind::Server, || {
        Response::new(307)
            .body("<Error><Code>TemporaryRedirect</Code><Endpoint>other.example.com</Endpoint></Error>")
    });
    assert!(host.hint().unwrap().contains("other.example.com"), "{host}");
    let bare = error_for(ErrorKind::Server, || Response::new(301));
    assert!(bare.hint().unwrap().contains("another region or host"), "{bare}");
}

#[test]
fn clock_skew_hint_names_the_direction() {
    let error = error_for(ErrorKind::Server, || {
        Response::error(403, "RequestTimeTooSkewed").header("date", "Fri, 27 May 2011 06:23:07 GMT")
    });
    assert!(error.hint().unwrap().ends_with("h ahead of the server's: correct it."), "{error}");
}

#[test]
fn v4_only_server_hint_suggests_a_region() {
    let error = error_for(ErrorKind::Server, || {
        Response::new(400).body(
            "<Error><Code>InvalidRequest</Code><Message>The authorization mechanism you have provided is not \
             supported. Please use AWS4-HMAC-SHA256.</Message></Error>",
        )
    });
    assert!(
        error
            .hint()
            .unwrap()
            .contains("accepts only Signature V4: set the region with Config::region or AWS_REGION."),
        "{error}"
    );
}

#[test]
fn signature_mismatch_shows_both_texts_and_the_first_difference() {
    let server = FakeServer::serve(|request| {
        let date = request.header("x-amz-date").unwrap();
        Response::new(403).body(format!(
            "<Error><Code>SignatureDoesNotMatch</Code><StringToSign>GET\n\n\n\n\
             x-amz-checksum-mode:ENABLED\nx-amz-date:{date}\nx-amz-security-token:{TOKEN}\n/b/K</StringToSign></Error>"
        ))
    });
    let config = config(&server).credentials(credentials().session_token(TOKEN));
    let error = fails(ErrorKind::Server, Client::new(config).unwrap().get_object("b", "k"));
    assert!(error.is_access_denied());
    assert!(error.hint().unwrap().starts_with("Line 8 of the signed text differs: "), "{error}");
    assert!(
        error.hint().unwrap().contains("the client signed \"/b/k\", the server expected \"/b/K\"."),
        "{error}"
    );
    assert!(error.string_to_sign().unwrap().ends_with("\n/b/k"));
    assert!(error.server_string_to_sign().unwrap().ends_with("\n/b/K"));
    assert_hides_secrets(&error);
}

#[test]
fn signature_mismatch_without_details_suggests_a_wrong_secret_key() {
    let server = FakeServer::serve(|_| Response::error(403, "SignatureDoesNotMatch"));
    let v2 = fails(ErrorKind::Server, client(&server).get_object("b", "k"));
    let v4 = fails(ErrorKind::Server, client_v4(&server).get_object("b", "k"));
    for error in [&v2, &v4] {
        assert!(
            error
                .hint()
                .unwrap()
                .contains("The secret key probably does not belong to the access key \"AKIDEXAMPLE\": "),
            "{error}"
        );
        assert_hides_secrets(error);
    }
    assert!(v2.canonical_request().is_none());
    assert!(v4.canonical_request().unwrap().starts_with("GET\n/b/k\n\nhost:127.0.0.1:"));
}

#[track_caller]
fn assert_hides_secrets(error: &Error) {
    let mut texts = format!("{error} {error:?} {error:#?}");
    let mut source = error.get_ref().map(|cause| cause as &dyn std::error::Error);
    while let Some(cause) = source {
        texts += &format!("{cause} {cause:?}");
        source = cause.source();
    }
    for secret in [SECRET_KEY, TOKEN] {
        assert!(!texts.contains(secret), "{texts}");
    }
}

// promise: S1
#[test]
fn client_and_error_texts_contain_no_secret() {
    let server = FakeServer::start([
        Response::error(403, "AccessDenied"),
        Response::error(403, "InvalidAccessKeyId"),
        Response::none(End::Rst),
        Response::raw("garbage\r\n\r\n"),
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
fn access_denied_mentions_missing_credentials() {
    let server = FakeServer::serve(|_| Response::error(403, "AccessDenied"));
    let anonymous = fails(ErrorKind::Server, anonymous_client(&server).get_object("b", "k"));
    assert!(anonymous.to_string().contains("no credentials are set"), "{anonymous}");
    let signed = fails(ErrorKind::Server, client(&server).get_object("b", "k"));
    assert!(signed.to_string().contains("The access key needs the permission s3:GetObject: "), "{signed}");
}
