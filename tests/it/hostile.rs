//! Hostile responses: whatever a server sends, a call ends soon with a short, printable error.

use std::sync::{Arc, Mutex};

use plain_s3::{Client, Error, ErrorKind, Event, RetryPolicy};

use crate::clients::{REGION, client, client_without_retries, config};
use crate::fake_server::{End, FakeServer, Response};
use crate::support::fails;

/// Control characters, escape sequences, a line break, a right-to-left override and a line separator.
const EVIL: &str = "evil\r\n\u{1b}[2J\u{1b}]0;title\u{7}\u{202e}\u{2028}\u{85}";
/// The longest text of an error in bytes.
const MAX_TEXT: usize = 2048;

/// Checks that the text is one line without unprintable characters, within the limit.
#[track_caller]
fn assert_printable(text: &str, limit: usize) {
    let unprintable = |c: char| c.is_control() || matches!(c, '\u{202e}' | '\u{2028}');
    assert!(!text.contains(unprintable), "{text:?}");
    assert!(text.len() <= limit, "{} bytes: {text:?}", text.len());
}

#[track_caller]
fn assert_error_is_printable(error: &Error) {
    assert_printable(&error.to_string(), MAX_TEXT);
    assert_printable(&format!("{error:?}"), MAX_TEXT);
    // the pretty form has lines of its own, but none of the server's
    let pretty = format!("{error:#?}");
    assert!(!pretty.contains(['\u{1b}', '\r', '\u{7}', '\u{202e}']), "{pretty}");
    let mut source = error.get_ref().map(|cause| cause as &dyn std::error::Error);
    while let Some(cause) = source {
        assert!(!cause.to_string().contains(['\u{1b}', '\n', '\r']), "{cause}");
        source = cause.source();
    }
}

/// Escapes nothing but markup, so that the control characters reach the parser.
fn xml_error(fields: &[(&str, &str)]) -> String {
    let fields: String = fields.iter().map(|(name, value)| format!("<{name}>{value}</{name}>")).collect();
    format!("<Error>{fields}</Error>")
}

// promise: S5
#[test]
fn fields_of_an_error_are_shown_on_one_escaped_line() {
    let names = ["Code", "Message", "RequestId", "HostId", "Endpoint", "Region", "Resource", "StringToSign"];
    for (status, kind) in [(400, ErrorKind::Server), (403, ErrorKind::Server), (301, ErrorKind::Server)] {
        for name in names {
            let server = FakeServer::serve(move |_| Response::new(status).body(xml_error(&[(name, EVIL)])));
            let error = fails(kind, client_without_retries(&server).get_object("b", EVIL));
            assert_error_is_printable(&error);
            assert!(error.to_string().contains("GetObject b/evil\\r\\n\\u{1b}[2J"), "{error}");
        }
    }
    let fields: Vec<(&str, &str)> = names.iter().map(|name| (*name, EVIL)).collect();
    let body = xml_error(&fields);
    let server = FakeServer::serve(move |_| Response::new(403).body(&body));
    let error = fails(ErrorKind::Server, client_without_retries(&server).list_buckets());
    assert_error_is_printable(&error);
    // programs still get the exact value
    assert_eq!(error.code(), Some(EVIL.trim().replace("\r\n", "\n").as_str()));
    let mismatch = xml_error(&[
        ("Code", "SignatureDoesNotMatch"),
        ("StringToSign", EVIL),
        ("CanonicalRequest", "\u{1b}[2J"),
    ]);
    let server = FakeServer::serve(move |_| Response::new(403).body(&mismatch));
    let config = config(&server).region(REGION).retry(RetryPolicy::none());
    let error = fails(ErrorKind::Server, Client::new(config).unwrap().get_object("b", EVIL));
    assert_error_is_printable(&error);
    assert!(error.hint().unwrap().contains("the server expected \"\\u{1b}[2J\""), "{error}");
}

// promise: S5
#[test]
fn json_html_and_text_errors_are_shown_on_one_escaped_line() {
    for body in [
        format!("{{\"Code\":\"{EVIL}\",\"Message\":\"{EVIL}\"}}"),
        format!("<html><title>{EVIL}</title>"),
        EVIL.to_owned(),
        format!("<{}>", "evil".repeat(10_000)),
        format!("<a></{}>", "b".repeat(40_000)),
        format!("{{\"Code\":\"{}\"}}", "c".repeat(60_000)),
    ] {
        for status in [400, 404] {
            let response = body.clone();
            let server = FakeServer::serve(move |_| Response::new(status).body(&response));
            let error = client_without_retries(&server).get_object("b", "k").unwrap_err();
            assert_eq!(error.status(), Some(status));
            assert_error_is_printable(&error);
        }
        let server = FakeServer::serve(move |_| Response::new(200).body(&body));
        let client = client_without_retries(&server);
        assert_error_is_printable(&client.list_buckets().unwrap_err());
        let errors = [client.put_object("b", "k", "").err(), client.get_bucket_policy("b").err()];
        errors.iter().flatten().for_each(assert_error_is_printable);
    }
}

// promise: S5
#[test]
fn headers_of_an_error_are_bounded() {
    let long = "h".repeat(8000);
    let server = FakeServer::serve(move |_| {
        let response = Response::new(301).header("location", &long).header("x-amz-request-id", &long);
        response.header("x-amz-id-2", &long).header("x-amz-bucket-region", &long).header("date", &long)
    });
    let error = fails(ErrorKind::Server, client_without_retries(&server).get_object("b", "k"));
    assert_error_is_printable(&error);
    assert!(format!("{error:#?}").len() < 20_000);
}

// promise: S5
#[test]
fn failures_of_a_deletion_are_bounded() {
    let failure = format!("<Error><Key>{EVIL}</Key><Code>{EVIL}</Code><Message>{EVIL}</Message></Error>");
    let body = format!("<DeleteResult>{}</DeleteResult>", failure.repeat(1000));
    let server = FakeServer::serve(move |_| Response::xml(&body));
    let keys = (0..1000).map(|i| format!("k{i}"));
    let error = client_without_retries(&server).delete_objects("b", keys).unwrap_err();
    assert_error_is_printable(&error);
}

// promise: S5
#[test]
fn long_key_leaves_room_for_the_cause_and_the_hint() {
    let server = FakeServer::serve(|_| Response::error(404, "NoSuchKey"));
    let key = "\u{1}".repeat(1024);
    let error = fails(ErrorKind::Server, client_without_retries(&server).get_object("b", &key));
    assert_error_is_printable(&error);
    let text = error.to_string();
    assert!(text.contains("404 NoSuchKey (request ID tx-fake). The bucket \"b\" has no object"), "{text}");
    // an invalid key may have any length
    let error = fails(ErrorKind::InvalidInput, client(&server).get_object("b\n", &"\n".repeat(1 << 20)));
    assert_error_is_printable(&error);
}

// promise: S5
#[test]
fn events_are_one_line() {
    let lines = Arc::new(Mutex::new(Vec::new()));
    let seen = Arc::clone(&lines);
    let body = xml_error(&[("Code", "SlowDown"), ("Message", &EVIL.repeat(1000)), ("RequestId", EVIL)]);
    let mut requests = 0;
    let server = FakeServer::serve(move |_| {
        requests += 1;
        match requests {
            1 => Response::new(503).body(&body),
            2 => Response::new(400)
                .body(xml_error(&[("Code", "AuthorizationHeaderMalformed"), ("Region", "eu-1\nx")])),
            _ => Response::new(204),
        }
    });
    let config = config(&server).region(REGION);
    let client = Client::new(config.on_event(move |event: &Event<'_>| {
        seen.lock().unwrap().push(format!("{event}"));
    }));
    // a region that no signature could contain is ignored, and the error stays visible
    let error = fails(ErrorKind::Server, client.unwrap().delete_object("b", EVIL));
    assert_eq!(error.code(), Some("AuthorizationHeaderMalformed"));
    assert_error_is_printable(&error);
    let lines = lines.lock().unwrap();
    assert!(lines.iter().any(|line| line.contains("retrying in")), "{lines:?}");
    for line in lines.iter() {
        assert_printable(line, 2 * MAX_TEXT);
    }
}

// promise: S6
#[test]
fn region_that_could_not_be_configured_is_not_learnt() {
    for region in ["eu-1\nx", "eu/1", "eu 1", "é", &"r".repeat(200)] {
        let body = xml_error(&[("Code", "PermanentRedirect"), ("Region", region)]);
        let server = FakeServer::start([Response::new(301).body(body)]);
        let error = fails(
            ErrorKind::Server,
            Client::new(config(&server).region(REGION)).unwrap().get_object("b", "k"),
        );
        assert_eq!(error.code(), Some("PermanentRedirect"), "{region:?}");
        let _: [_; 1] = server.finish();
    }
}

/// A body of about `len` bytes that is cheap to send and was expensive to read.
fn quadratic_bodies(len: usize) -> Vec<String> {
    let repeat = |unit: &dyn Fn(usize) -> String| {
        let mut out = String::with_capacity(len + 100);
        for i in 0.. {
            if out.len() > len {
                break;
            }
            out += &unit(i);
        }
        out
    };
    vec![
        repeat(&|i| format!("<a xmlns:n{i}='u'>")),
        format!("<a {}/>", repeat(&|i| format!(" a{i}=''"))),
        format!("<a {}/>", repeat(&|i| format!(" xmlns:a{i}=''"))),
        format!(
            "<a {}>{}",
            (0..1000).map(|i| format!(" xmlns:a{i}='u'")).collect::<String>(),
            repeat(&|_| "<b xmlns:c='u'/>".into())
        ),
        repeat(&|_| "<a>".into()),
        repeat(&|_| "<a b='".into()),
        repeat(&|_| "<![CDATA[".into()),
        format!("<a>{}</a>", repeat(&|_| "<![CDATA[a]]>".into())),
        format!("<a>{}</a>", repeat(&|_| "&amp;".into())),
        format!("<a>{}</a>", repeat(&|_| "&#1;".into())),
        repeat(&|_| "&#".into()),
        repeat(&|_| "\u{1}".into()),
        repeat(&|_| "<!--".into()),
        repeat(&|_| "<".into()),
        format!("<a>{}</a>", repeat(&|_| "=".into())),
    ]
}

// promise: S4
#[test]
fn quadratic_documents_are_rejected_in_linear_time() {
    // quadratic time would be minutes for each of these; tests/it has no clock, the runner's limit is the test
    for (i, body) in quadratic_bodies(4 << 20).into_iter().enumerate() {
        let server = FakeServer::serve(move |_| Response::new(200).body(&body));
        let client = client_without_retries(&server);
        let error = client.list_buckets().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::UnexpectedResponse, "{i}: {error}");
        assert_error_is_printable(&error);
    }
    for body in quadratic_bodies(60 << 10) {
        let server = FakeServer::serve(move |_| Response::new(400).body(&body));
        let error = client_without_retries(&server).list_buckets().unwrap_err();
        assert_eq!(error.status(), Some(400));
        assert_error_is_printable(&error);
    }
}

// promise: S6
#[test]
fn numbers_at_the_end_of_their_range_do_not_overflow() {
    let max = u64::MAX;
    for (range, length) in [
        (format!("bytes 1-{max}/*"), max),
        (format!("bytes 1-{max}/{max}"), max),
        (format!("bytes {}-{max}/*", max - 6), 7),
        (format!("bytes {}-{}/*", max - 7, max - 1), 7),
        (format!("bytes 0-{}/*", max - 1), max),
        (format!("bytes 1-{}/*", i64::MAX), i64::MAX as u64),
        (format!("bytes {max}-{max}/*"), 1),
        ("bytes 5-4/9".to_owned(), 0),
    ] {
        for status in [200, 206] {
            let sent = range.clone();
            let server = FakeServer::serve(move |request| {
                let response = Response::new(status).header("etag", "\"e\"").header("content-range", &sent);
                let response = response.body("content").content_length(length);
                if request.method() == "HEAD" { response } else { response.then(End::Fin) }
            });
            let client = client(&server);
            let part = plain_s3::GetObjectOptions::new().part_number(1);
            let rest = plain_s3::GetObjectOptions::new().range(1..);
            let end = plain_s3::GetObjectOptions::new().range(max - 6..max);
            // a copy in parts would add the size of a part to this length
            assert_eq!(client.head_object("b", "k").is_ok(), i64::try_from(length).is_ok(), "{length}");
            for options in [plain_s3::GetObjectOptions::new(), rest, end, part] {
                let read = client.get_object_with("b", "k", &options).and_then(plain_s3::ObjectReader::bytes);
                // a whole body of 7 bytes may be accepted, and nothing else
                match read {
                    Ok(bytes) => assert!(length == 7 && bytes == b"content" || length < 2, "{range:?}"),
                    Err(error) => assert_error_is_printable(&error),
                }
                if let Err(error) = client.head_object_with("b", "k", &options) {
                    assert_error_is_printable(&error);
                }
            }
        }
    }
}
