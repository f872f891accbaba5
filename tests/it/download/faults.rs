//! Downloads that break on the way: resumed to the exact bytes, by the `Read` and into a file alike.

use std::io::Read as _;
use std::time::Duration;

use plain_s3::{Client, GetObjectOptions, RetryPolicy, Verification};

use crate::clients::config;
use crate::fake_server::{Answer, End, FakeServer, Received, Store};
use crate::signatures::md5_hex;
use crate::support::{Random, content};
use crate::way::Way;

const SIZE: usize = 100_000;
const IDLE: Duration = Duration::from_millis(250);

/// Gets the whole object in both ways from a server that answers the first request like this, and gives
/// back the requests of one way.
#[track_caller]
fn whole_after(first: impl Fn(&[u8]) -> Answer) -> Vec<Received> {
    let body = content(SIZE);
    let mut requests = Vec::new();
    for way in Way::BOTH {
        let store = Store::default();
        store.put("/b/k", &body);
        let mut first = Some(first(&body));
        let server = store.serve(move |_| first.take());
        let got = way.get(&impatient(&server));
        assert!(got.unwrap() == body, "{way:?} brought something else");
        requests = server.requests();
    }
    requests
}

/// Waits only so long for a server that is silent.
fn impatient(server: &FakeServer) -> Client {
    Client::new(config(server).idle_timeout(IDLE)).unwrap()
}

#[test]
fn a_break_of_any_kind_is_resumed_from_the_byte_reached() {
    for end in [End::Fin, End::Rst, End::Stall] {
        let requests = whole_after(|body| Answer::content(body).cut(43_210, end));
        assert_eq!(requests.len(), 2, "{end:?}");
        assert_eq!(requests[0].header("range"), None);
        assert_resumed_at(&requests[1], 43_210, end);
        if end != End::Rst {
            assert_eq!(requests[1].header("if-match").unwrap(), format!("\"{}\"", md5_hex(&content(SIZE))));
        }
    }
}

/// The rest was asked for: from the byte of the cut, or from one before it, as a reset also drops what was
/// still on its way.
#[track_caller]
fn assert_resumed_at(request: &Received, offset: usize, end: End) {
    let first =
        request.header("range").and_then(|range| range.strip_prefix("bytes=")?.strip_suffix("-99999"));
    match first {
        Some(first) => {
            let first: usize = first.parse().unwrap();
            assert!(first == offset || end == End::Rst && first < offset, "{first} after a cut at {offset}");
        }
        // a head that was lost with all of its body is asked for again as it was
        None => assert!(end == End::Rst && request.header("range").is_none(), "{}", request.head),
    }
}

#[test]
fn a_cut_at_any_offset_is_resumed() {
    let mut random = Random::printed();
    for i in 0..200 {
        // at the edges, too
        let offset = match i {
            0 => 0,
            1 => 1,
            2 => SIZE - 1,
            _ => random.below(SIZE as u64) as usize,
        };
        let end = if random.below(2) == 0 { End::Fin } else { End::Rst };
        let requests = whole_after(|body| Answer::content(body).cut(offset, end));
        assert_eq!(requests.len(), 2);
        assert_resumed_at(&requests[1], offset, end);
    }
}

#[test]
fn breaks_are_counted_anew_when_bytes_have_come() {
    let body = content(SIZE);
    let store = Store::default();
    store.put("/b/k", &body);
    for way in Way::BOTH {
        let inner = store.clone();
        let server = store.serve(move |request| Some(inner.answer(request).cut(3_333, End::Fin)));
        let client = Client::new(config(&server).retry(none_but(2))).unwrap();
        assert!(way.get(&client).unwrap() == body);
        assert_eq!(server.requests().len(), 31);
    }
}

#[test]
fn breaks_without_a_byte_in_between_are_bounded() {
    for way in Way::BOTH {
        let server = FakeServer::serve(|request| {
            Answer::object(request, &content(SIZE))
                .cut(if request.header("range").is_some() { 0 } else { 7 }, End::Fin)
        });
        let client = Client::new(config(&server).retry(none_but(4))).unwrap();
        let error = way.get(&client).unwrap_err();
        assert!(error.is_retryable() && error.to_string().contains("GetObject b/k: "), "{error}");
        assert_eq!(server.requests().len(), 4);
    }
}

fn none_but(attempts: u32) -> RetryPolicy {
    RetryPolicy::new().max_attempts(attempts).base_delay(Duration::ZERO)
}

#[test]
fn a_storm_of_refusals_while_resuming_is_ridden_out() {
    let body = content(SIZE);
    for way in Way::BOTH {
        let slow = || Answer::error(503, "SlowDown").header("retry-after", "0");
        let rest = body.clone();
        let server = FakeServer::start([
            slow(),
            Answer::nothing(End::Rst),
            slow(),
            Answer::content(&body).cut(1000, End::Rst),
            slow(),
            Answer::on_accept(End::Fin),
            slow(),
            Answer::by(move |request| Answer::object(request, &rest)),
        ]);
        assert!(way.get(&impatient(&server)).unwrap() == body);
        server.finish_any();
    }
}

#[test]
fn connections_closed_at_once_are_made_anew() {
    let body = content(SIZE);
    for way in Way::BOTH {
        let close = || Answer::on_accept(End::Rst);
        let server = FakeServer::start([close(), close(), close(), Answer::content(&body)]);
        assert!(way.get(&impatient(&server)).unwrap() == body);
        let _: [_; 1] = server.finish();
    }
}

#[test]
fn a_drip_is_no_stall_and_a_stall_ends_it() {
    // a byte at a time, for longer in all than the limit on silence
    let body = content(40);
    for way in Way::BOTH {
        let drip = |body: &[u8]| Answer::content(body).drip(1, IDLE / 25);
        let rest = body.clone();
        let server = FakeServer::start([
            drip(&body),
            drip(&body).cut(20, End::Stall),
            Answer::by(move |request| Answer::object(request, &rest)),
        ]);
        for _ in 0..2 {
            assert_eq!(way.get(&impatient(&server)).unwrap(), body);
        }
        let [_, _, resumed] = server.finish();
        assert_eq!(resumed.header("range"), Some("bytes=20-39"));
    }
}

#[test]
fn a_head_that_trickles_in_is_read_and_one_that_stops_is_asked_for_again() {
    let requests = whole_after(|body| Answer::content(body).trickled());
    assert_eq!(requests.len(), 1);
    let requests = whole_after(|_| Answer::raw("HTTP/1.1 200 OK\r\ncontent-le").then(End::Stall));
    assert_eq!(requests.len(), 2);
    assert_eq!(requests[1].header("range"), None);
}

#[test]
fn an_answer_that_is_no_http_is_asked_for_again() {
    let requests = whole_after(|_| Answer::raw(b"\x16\x03\x01\xff\n\x07"));
    assert_eq!(requests.len(), 2);
}

#[test]
fn garbage_after_the_body_is_not_given_out() {
    let requests = whole_after(|body| Answer::content(body).garbage(&[0xff; 5000]));
    assert_eq!(requests.len(), 1);
}

#[test]
fn a_range_is_resumed_within_itself() {
    let body = content(SIZE);
    for way in Way::BOTH {
        for (range, wanted, rest) in [
            (GetObjectOptions::new().range(1000..5000), &body[1000..5000], "bytes=1100-4999"),
            (GetObjectOptions::new().range(99_000..), &body[99_000..], "bytes=99100-99999"),
            // longer than the object
            (GetObjectOptions::new().range(99_000..900_000), &body[99_000..], "bytes=99100-99999"),
        ] {
            let store = Store::default();
            store.put("/b/k", &body);
            let (inner, mut first) = (store.clone(), true);
            let server = store.serve(move |request| {
                std::mem::take(&mut first).then(|| inner.answer(request).cut(100, End::Rst))
            });
            assert!(way.get_with(&impatient(&server), &range).unwrap() == wanted);
            assert_eq!(server.requests()[1].header("range"), Some(rest));
        }
    }
}

#[test]
fn a_part_is_resumed_as_the_range_that_it_is() {
    let body = content(SIZE);
    let e_tag = format!("\"{}-3\"", md5_hex(b"parts"));
    let part = |range: &str, bytes: &[u8]| {
        Answer::new(206).header("etag", &e_tag).header("content-range", range).body(bytes)
    };
    for way in Way::BOTH {
        let server = FakeServer::start([
            part("bytes 30000-59999/100000", &body[30_000..60_000]).cut(5, End::Fin),
            part("bytes 30005-59999/100000", &body[30_005..60_000]),
        ]);
        let got = way.get_with(&impatient(&server), &GetObjectOptions::new().part_number(2).version_id("v"));
        assert!(got.unwrap() == body[30_000..60_000]);
        let [first, rest] = server.finish();
        assert_eq!(first.target(), "/b/k?partNumber=2&versionId=v");
        assert_eq!((rest.target(), rest.header("range")), ("/b/k?versionId=v", Some("bytes=30005-59999")));
    }
}

#[test]
fn an_object_of_parts_is_resumed_and_says_that_its_length_was_checked() {
    let body = content(SIZE);
    let whole = body.clone();
    let mut first = true;
    let server = FakeServer::serve(move |request| {
        let answer = Answer::object_with(request, &whole, "0123-7");
        if std::mem::take(&mut first) { answer.cut(77, End::Rst) } else { answer }
    });
    let mut object = impatient(&server).get_object("b", "k").unwrap();
    assert_eq!(object.check(), Verification::Length);
    let mut got = Vec::new();
    object.read_to_end(&mut got).unwrap();
    assert!(got == body);
    assert_eq!(server.requests().len(), 2);
}
