//! Corrections: a call is signed again for another region or another time if the server reports it. Also the
//! events that report them.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use plain_s3::{Body, Client, Config, ErrorKind, RetryPolicy, UploadOptions};

use crate::clients::{ACCESS_KEY, SECRET_KEY, TOKEN, client, client_v4, config, credentials};
use crate::fake_server::{End, FakeServer, Request, Response, Store};
use crate::signatures::assert_signed_v2;
use crate::support::{content, fails};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc2822;

const HELLO: &str = "Hello World!";

/// The events of a client as text.
#[derive(Clone, Default)]
struct Events(Arc<Mutex<Vec<String>>>);

impl Events {
    fn client(&self, config: Config) -> Client {
        let events = Arc::clone(&self.0);
        Client::new(config.on_event(move |event| events.lock().unwrap().push(event.to_string()))).unwrap()
    }

    fn take(&self) -> Vec<String> {
        std::mem::take(&mut self.0.lock().unwrap())
    }
}

fn region_of(request: &Request) -> &str {
    let authorization = request.header("authorization").unwrap();
    authorization.split('/').nth(2).unwrap()
}

fn other_region(status: u16) -> Response {
    Response::error(status, "PermanentRedirect").header("x-amz-bucket-region", "ap-south-1")
}

// promise: R5
#[test]
fn region_named_by_the_server_is_used_once() {
    let malformed = || {
        Response::new(400)
            .body("<Error><Code>AuthorizationHeaderMalformed</Code><Region>ap-south-1</Region></Error>")
    };
    for first in [|| other_region(301), || other_region(307), malformed] {
        let server = FakeServer::start([first(), Response::stored(HELLO.as_bytes())]);
        client_v4(&server).put_object("b", "k", HELLO).unwrap();
        let [one, two] = server.finish();
        assert_eq!((region_of(&one), region_of(&two)), ("eu-west-1", "ap-south-1"));
        assert_eq!(two.text(), HELLO);
    }
}

#[test]
fn second_region_is_ignored() {
    let other = Response::error(301, "PermanentRedirect").header("x-amz-bucket-region", "af-south-1");
    let server = FakeServer::start([other_region(301), other]);
    let error = fails(ErrorKind::Server, client_v4(&server).head_bucket("b"));
    assert!(error.hint().unwrap().contains("af-south-1"), "{error}");
    let _: [_; 2] = server.finish();
}

#[test]
fn same_region_and_v2_are_not_corrected() {
    let same = Response::error(301, "PermanentRedirect").header("x-amz-bucket-region", "eu-west-1");
    let server = FakeServer::start([same, other_region(301)]);
    fails(ErrorKind::Server, client_v4(&server).head_bucket("b"));
    fails(ErrorKind::Server, client(&server).head_bucket("b"));
    let _: [_; 2] = server.finish();
}

// promise: R2
#[test]
fn consumed_reader_is_not_signed_again() {
    let server = FakeServer::start([other_region(301)]);
    let body = Body::from_reader(HELLO.as_bytes(), 12);
    fails(ErrorKind::Server, client_v4(&server).put_object("b", "k", body));
    let _: [_; 1] = server.finish();
}

// promise: R5, S2
#[test]
fn redirect_to_another_host_is_reported_and_not_followed() {
    let other = FakeServer::start([]);
    let location = format!("{}/b/k", other.endpoint());
    for status in [301, 302, 307, 308] {
        let location = location.clone();
        let server = FakeServer::serve(move |_| {
            Response::new(status).header("location", &location).header("x-amz-bucket-region", "ap-south-1")
        });
        let error = fails(ErrorKind::Server, client(&server).get_object("b", "k"));
        assert_eq!(error.status(), Some(status));
        // The client signs for the region that the server names, but stays at the same host.
        fails(ErrorKind::Server, client_v4(&server).get_object("b", "k"));
        assert_eq!(other.connections(), 0);
    }
    let server = FakeServer::start([Response::error(307, "TemporaryRedirect").header("location", &location)]);
    let error = fails(ErrorKind::Server, client(&server).get_object("b", "k"));
    assert!(error.hint().unwrap().contains(&location), "{error}");
}

/// Returns the error of a server whose clock is `seconds` ahead.
fn skewed(seconds: i64) -> Response {
    let now = OffsetDateTime::now_utc() + time::Duration::seconds(seconds);
    let (weekday, month) = (now.weekday().to_string(), now.month().to_string());
    let (hour, minute, second) = now.to_hms();
    let day = format!("{}, {:02} {} {}", &weekday[..3], now.day(), &month[..3], now.year());
    let date = format!("{day} {hour:02}:{minute:02}:{second:02} GMT");
    Response::error(403, "RequestTimeTooSkewed").header("date", &date)
}

/// Returns how many seconds the date of a request is ahead of the local clock.
fn seconds_ahead(request: &Request) -> i64 {
    let date = OffsetDateTime::parse(request.header("x-amz-date").unwrap(), &Rfc2822).unwrap();
    (date - OffsetDateTime::now_utc()).whole_seconds()
}

// promise: R6
#[test]
fn server_clock_is_adopted_and_remembered() {
    for seconds in [-50_000, 50_000] {
        let stored = || Response::stored(HELLO.as_bytes());
        let server = FakeServer::start([Response::from_fn(move |_| skewed(seconds)), stored(), stored()]);
        let events = Events::default();
        let client = events.client(config(&server));
        client.put_object("b", "k", HELLO).unwrap();
        client.put_object("b", "k", HELLO).unwrap();
        let requests: [_; 3] = server.finish();
        // Precise to a minute, because the test may run slowly.
        let near = |request, expected: i64| (seconds_ahead(request) - expected).abs() < 60;
        assert!(near(&requests[0], 0) && near(&requests[1], seconds) && near(&requests[2], seconds));
        for request in &requests {
            assert_signed_v2(request, None);
        }
        let events = events.take();
        assert!(events.iter().any(|line| line.starts_with("PutObject b/k: corrected (clock ")), "{events:?}");
    }
}

#[test]
fn persistent_clock_skew_fails() {
    let server = FakeServer::serve(|_| skewed(50_000));
    let error = fails(ErrorKind::Server, client(&server).get_object("b", "k"));
    assert_eq!(error.code(), Some("RequestTimeTooSkewed"));
    assert_eq!(server.requests().len(), 2);
    // Without a Date header the client cannot correct its clock.
    let server = FakeServer::start([Response::error(403, "RequestTimeTooSkewed")]);
    fails(ErrorKind::Server, client(&server).get_object("b", "k"));
    let _: [_; 1] = server.finish();
}

// promise: S7
#[test]
fn clock_correction_is_bounded() {
    for seconds in [-90_000, 90_000, 2_300_000_000] {
        let server = FakeServer::start([Response::from_fn(move |_| skewed(seconds))]);
        let error = fails(ErrorKind::Server, client(&server).get_object("b", "k"));
        assert_eq!(error.code(), Some("RequestTimeTooSkewed"));
        assert!(error.hint().unwrap().starts_with("The clock of this machine is "), "{error}");
        let _: [_; 1] = server.finish();
    }
}

// promise: S7
#[test]
fn clock_correction_is_kept_only_after_a_success() {
    let skewed = || Response::from_fn(|_| skewed(50_000));
    let denied = || Response::error(403, "AccessDenied");
    let server = FakeServer::start([skewed(), denied(), denied(), skewed(), Response::new(204), denied()]);
    let client = client(&server);
    for succeeds in [false, false, true, false] {
        assert_eq!(client.delete_object("b", "k").is_ok(), succeeds);
    }
    let ahead = server.finish::<6>().map(|request| seconds_ahead(&request));
    for (ahead, expected) in ahead.into_iter().zip([0, 50_000, 0, 0, 50_000, 50_000]) {
        assert!((ahead - expected).abs() < 60, "{ahead} instead of {expected}");
    }
}

// promise: S7
#[test]
fn presigned_urls_and_forms_ignore_the_clock_of_the_server() {
    let hour = Duration::from_secs(3600);
    for region in [None, Some("eu-west-1")] {
        let server = FakeServer::start([Response::from_fn(|_| skewed(50_000)), Response::new(204)]);
        let config = region.map_or(config(&server), |region| config(&server).region(region));
        let client = Client::new(config.clone()).unwrap();
        client.delete_object("b", "k").unwrap();
        let fresh = Client::new(config).unwrap();
        let policy = plain_s3::PostPolicy::new("k");
        let policy_of = |client: &Client| {
            let form = client.presign_post_object("b", &policy, hour).unwrap();
            form.fields.into_iter().find(|(name, _)| name == "policy").unwrap().1
        };
        // both clients sign in the same second, unless it has just passed
        let signed_alike = (0..10).any(|_| {
            let urls = [&client, &fresh].map(|client| client.presign_get_object("b", "k", hour).unwrap());
            let raw = plain_s3::RawRequest::new(plain_s3::Method::Get).bucket("b");
            let raws = [&client, &fresh].map(|client| client.presign(&raw, hour).unwrap());
            let policies = [policy_of(&client), policy_of(&fresh)];
            urls[0] == urls[1] && raws[0] == raws[1] && policies[0][..40] == policies[1][..40]
        });
        assert!(signed_alike, "{region:?}");
        let _: [_; 2] = server.finish();
    }
}

// promise: R7, S1
#[test]
fn events_report_attempts_retries_and_resumes_without_secrets() {
    let body = content(100_000);
    let rest = body.clone();
    let server = FakeServer::start([
        Response::error(503, "SlowDown"),
        Response::content(&body).cut(40_000, End::Fin),
        Response::none(End::Fin),
        Response::from_fn(move |request| Response::object(request, &rest)),
        Response::error(403, "SignatureDoesNotMatch"),
    ]);
    let events = Events::default();
    let config = Config::new(server.endpoint())
        .credentials(credentials().session_token(TOKEN))
        .retry(RetryPolicy::new().base_delay(Duration::ZERO));
    let client = events.client(config);
    assert!(client.get_object("b", "a key").unwrap().bytes().unwrap() == body);
    client.put_object("b", "k", HELLO).unwrap_err();
    let events = events.take();
    let starts = [
        "GetObject b/a key: attempt 1",
        "GetObject b/a key: attempt 1 failed, retrying in 0ns: 503 SlowDown (request ID tx-fake)",
        "GetObject b/a key: attempt 2",
        "GetObject b/a key: attempt 2 succeeded",
        "GetObject b/a key: resumed at byte 40000 after an error: ",
        "GetObject b/a key: attempt 1",
        "GetObject b/a key: attempt 1 failed, retrying in 0ns: the connection to 127.0.0.1:",
        "GetObject b/a key: attempt 2",
        "GetObject b/a key: attempt 2 succeeded",
        "PutObject b/k: attempt 1",
    ];
    assert_eq!(events.len(), starts.len(), "{events:#?}");
    for (line, start) in events.iter().zip(starts) {
        assert!(line.starts_with(start), "{line}");
    }
    let requests = server.finish_any();
    let signatures = requests.iter().map(|request| request.header("authorization").unwrap());
    let signatures = signatures.map(|header| header.rsplit(':').next().unwrap());
    for secret in signatures.chain([SECRET_KEY, TOKEN]) {
        assert!(!events.concat().contains(secret), "{events:#?}");
    }
    assert!(!events.concat().contains(ACCESS_KEY));
}

#[test]
fn multipart_upload_reports_each_request() {
    let store = Store::default();
    let server = store.serve(|_| None);
    let events = Events::default();
    let options = UploadOptions::new().part_size(5 << 20);
    let client = events.client(config(&server));
    client.upload_reader_with("b", "k", &content(6 << 20)[..], &options).unwrap();
    let calls = [
        "CreateMultipartUpload b/k",
        "UploadPart b/k (part 1)",
        "UploadPart b/k (part 2)",
        "CompleteMultipartUpload b/k",
    ];
    let expected = calls.map(|call| ["", " succeeded"].map(|end| format!("{call}: attempt 1{end}")));
    assert_eq!(events.take(), expected.concat());
}

/// The response to a HEAD has no body, so a GET finds the cause, and corrects the clock on the way.
#[test]
fn rejected_head_is_sent_again_if_a_get_succeeds() {
    let get = || Response::new(206).header("content-range", "bytes 0-0/5").body("a");
    let server = FakeServer::start([Response::new(403), get(), Response::new(200).content_length(5)]);
    assert_eq!(client(&server).head_object("b", "k").unwrap().content_length, 5);
    let requests: [_; 3] = server.finish();
    assert_eq!(requests.each_ref().map(|request| request.method()), ["HEAD", "GET", "HEAD"]);
    assert_eq!(requests[1].header("range"), Some("bytes=0-0"));

    // for a denied HEAD, the GET succeeds and the second HEAD decides
    let server = FakeServer::start([Response::new(403), get(), Response::new(403)]);
    assert!(client(&server).head_object("b", "k").unwrap_err().is_access_denied());
    let _: [_; 3] = server.finish();
}
