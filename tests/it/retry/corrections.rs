//! What a call learns from a refusal and is signed again for: another region, another time of day. And
//! what those who listen are told of it.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use plain_s3::{Body, Client, Config, ErrorKind, RetryPolicy, UploadOptions};

use crate::clients::{ACCESS_KEY, SECRET_KEY, TOKEN, client, client_v4, config, credentials};
use crate::fake_server::{Answer, End, FakeServer, Received, Store};
use crate::signatures::assert_signed_v2;
use crate::support::{content, fails};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc2822;

const HELLO: &str = "Hello World!";

/// The events of a client, as text.
#[derive(Clone, Default)]
struct Events(Arc<Mutex<Vec<String>>>);

impl Events {
    fn of(&self, config: Config) -> Client {
        let events = Arc::clone(&self.0);
        Client::new(config.on_event(move |event| events.lock().unwrap().push(event.to_string()))).unwrap()
    }

    fn take(&self) -> Vec<String> {
        std::mem::take(&mut self.0.lock().unwrap())
    }
}

fn region_of(request: &Received) -> &str {
    let authorization = request.header("authorization").unwrap();
    authorization.split('/').nth(2).unwrap()
}

fn elsewhere(status: u16) -> Answer {
    Answer::error(status, "PermanentRedirect").header("x-amz-bucket-region", "ap-south-1")
}

#[test]
fn a_region_that_the_server_names_is_signed_for_once() {
    let malformed = || {
        Answer::new(400)
            .body("<Error><Code>AuthorizationHeaderMalformed</Code><Region>ap-south-1</Region></Error>")
    };
    for first in [|| elsewhere(301), || elsewhere(307), malformed] {
        let server = FakeServer::start([first(), Answer::stored(HELLO.as_bytes())]);
        client_v4(&server).put_object("b", "k", HELLO).unwrap();
        let [one, two] = server.finish();
        assert_eq!((region_of(&one), region_of(&two)), ("eu-west-1", "ap-south-1"));
        assert_eq!(two.text(), HELLO);
    }
}

#[test]
fn a_second_region_is_not_believed() {
    let other = Answer::error(301, "PermanentRedirect").header("x-amz-bucket-region", "af-south-1");
    let server = FakeServer::start([elsewhere(301), other]);
    let error = fails(ErrorKind::Server, client_v4(&server).head_bucket("b"));
    assert!(error.hint().unwrap().contains("af-south-1"), "{error}");
    let _: [_; 2] = server.finish();
}

#[test]
fn the_same_region_and_v2_have_nothing_to_learn() {
    let same = Answer::error(301, "PermanentRedirect").header("x-amz-bucket-region", "eu-west-1");
    let server = FakeServer::start([same, elsewhere(301)]);
    fails(ErrorKind::Server, client_v4(&server).head_bucket("b"));
    fails(ErrorKind::Server, client(&server).head_bucket("b"));
    let _: [_; 2] = server.finish();
}

#[test]
fn a_reader_that_was_read_is_not_signed_again() {
    let server = FakeServer::start([elsewhere(301)]);
    let body = Body::from_reader(HELLO.as_bytes(), 12);
    fails(ErrorKind::Server, client_v4(&server).put_object("b", "k", body));
    let _: [_; 1] = server.finish();
}

#[test]
fn another_host_is_named_and_not_gone_to() {
    let other = FakeServer::start([]);
    let place = format!("{}/b/k", other.endpoint());
    for status in [301, 302, 307, 308] {
        let place = place.clone();
        let server = FakeServer::serve(move |_| {
            Answer::new(status).header("location", &place).header("x-amz-bucket-region", "ap-south-1")
        });
        let error = fails(ErrorKind::Server, client(&server).get_object("b", "k"));
        assert_eq!(error.status(), Some(status));
        // a region is signed for at the same host
        fails(ErrorKind::Server, client_v4(&server).get_object("b", "k"));
        assert_eq!(other.connections(), 0);
    }
    let server = FakeServer::start([Answer::error(307, "TemporaryRedirect").header("location", &place)]);
    let error = fails(ErrorKind::Server, client(&server).get_object("b", "k"));
    assert!(error.hint().unwrap().contains(&place), "{error}");
}

/// A refusal by a clock that is ahead of ours by so much.
fn skewed(seconds: i64) -> Answer {
    let now = OffsetDateTime::now_utc() + time::Duration::seconds(seconds);
    let (weekday, month) = (now.weekday().to_string(), now.month().to_string());
    let (hour, minute, second) = now.to_hms();
    let day = format!("{}, {:02} {} {}", &weekday[..3], now.day(), &month[..3], now.year());
    let date = format!("{day} {hour:02}:{minute:02}:{second:02} GMT");
    Answer::error(403, "RequestTimeTooSkewed").header("date", &date)
}

/// What a request's date is ahead of our clock, in seconds.
fn ahead(request: &Received) -> i64 {
    let date = OffsetDateTime::parse(request.header("x-amz-date").unwrap(), &Rfc2822).unwrap();
    (date - OffsetDateTime::now_utc()).whole_seconds()
}

#[test]
fn the_servers_clock_is_learnt_and_kept() {
    for seconds in [-50_000, 50_000] {
        let stored = || Answer::stored(HELLO.as_bytes());
        let server = FakeServer::start([Answer::by(move |_| skewed(seconds)), stored(), stored()]);
        let events = Events::default();
        let client = events.of(config(&server));
        client.put_object("b", "k", HELLO).unwrap();
        client.put_object("b", "k", HELLO).unwrap();
        let requests: [_; 3] = server.finish();
        // to the minute, as this may run slowly
        let near = |request, due: i64| (ahead(request) - due).abs() < 60;
        assert!(near(&requests[0], 0) && near(&requests[1], seconds) && near(&requests[2], seconds));
        for request in &requests {
            assert_signed_v2(request, None);
        }
        let told = events.take();
        assert!(told.iter().any(|line| line.starts_with("PutObject b/k: corrected (clock ")), "{told:?}");
    }
}

#[test]
fn a_clock_that_is_never_right_is_an_error() {
    let server = FakeServer::serve(|_| skewed(50_000));
    let error = fails(ErrorKind::Server, client(&server).get_object("b", "k"));
    assert_eq!(error.code(), Some("RequestTimeTooSkewed"));
    assert_eq!(server.requests().len(), 2);
    // without a date there is nothing to learn
    let server = FakeServer::start([Answer::error(403, "RequestTimeTooSkewed")]);
    fails(ErrorKind::Server, client(&server).get_object("b", "k"));
    let _: [_; 1] = server.finish();
}

#[test]
fn attempts_retries_and_resumes_are_told_without_a_secret() {
    let body = content(100_000);
    let rest = body.clone();
    let server = FakeServer::start([
        Answer::error(503, "SlowDown"),
        Answer::content(&body).cut(40_000, End::Fin),
        Answer::nothing(End::Fin),
        Answer::by(move |request| Answer::object(request, &rest)),
        Answer::error(403, "SignatureDoesNotMatch"),
    ]);
    let events = Events::default();
    let config = Config::new(server.endpoint())
        .credentials(credentials().session_token(TOKEN))
        .retry(RetryPolicy::new().base_delay(Duration::ZERO));
    let client = events.of(config);
    assert!(client.get_object("b", "a key").unwrap().bytes().unwrap() == body);
    client.put_object("b", "k", HELLO).unwrap_err();
    let told = events.take();
    let starts = [
        "GetObject b/a key: attempt 1",
        "GetObject b/a key: attempt 1 failed, retrying in 0ns: 503 SlowDown (request ID tx-fake)",
        "GetObject b/a key: attempt 2",
        "GetObject b/a key: attempt 2 succeeded",
        "GetObject b/a key: resumed at byte 40000 after an error: ",
        "GetObject b/a key: attempt 1",
        "GetObject b/a key: attempt 1 failed, retrying in 0ns: the connection was lost",
        "GetObject b/a key: attempt 2",
        "GetObject b/a key: attempt 2 succeeded",
        "PutObject b/k: attempt 1",
    ];
    assert_eq!(told.len(), starts.len(), "{told:#?}");
    for (line, start) in told.iter().zip(starts) {
        assert!(line.starts_with(start), "{line}");
    }
    let requests = server.finish_any();
    let signatures = requests.iter().map(|request| request.header("authorization").unwrap());
    let signatures = signatures.map(|header| header.rsplit(':').next().unwrap());
    for secret in signatures.chain([SECRET_KEY, TOKEN]) {
        assert!(!told.concat().contains(secret), "{told:#?}");
    }
    assert!(!told.concat().contains(ACCESS_KEY));
}

#[test]
fn an_upload_in_parts_tells_of_each_of_its_requests() {
    let store = Store::default();
    let server = store.serve(|_| None);
    let events = Events::default();
    let options = UploadOptions::new().part_size(5 << 20);
    let client = events.of(config(&server));
    client.upload_reader_with("b", "k", &content(6 << 20)[..], &options).unwrap();
    let calls = ["CreateMultipartUpload", "UploadPart", "UploadPart", "CompleteMultipartUpload"];
    let told = calls.map(|call| ["", " succeeded"].map(|end| format!("{call} b/k: attempt 1{end}")));
    assert_eq!(events.take(), told.concat());
}
