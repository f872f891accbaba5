//! Checksums of the server, of parts and of the caller decide whether content is accepted.

use std::fs;
use std::io::Read as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, SystemTime};

use plain_s3::{
    Body, ChecksumAlgorithm, Client, CompleteMultipartUploadOptions, Config, DownloadOptions, ErrorKind,
    Event, GetObjectOptions, PresignOptions, PutObjectOptions, RetryPolicy, UploadOptions, UploadPartOptions,
    Verification,
};

use crate::clients::{client, client_v4, config};
use crate::fake_server::{End, FakeServer, PartsServer, Request, Response};
use crate::signatures::md5_hex;
use crate::support::{TempDir, content, fails};

const MIB: usize = 1 << 20;
/// The ETag of an object whose content has no MD5 in it.
const OPAQUE: &str = "opaque";
const DIGITS: &str = "123456789";
/// The CRC-64/NVME of the digits.
const CRC64: (&str, &str) = ("x-amz-checksum-crc64nvme", "rosUhgp5mIg=");
const SHA256: &str = "15e2b0d3c33891ebb0f1ef609ec419420c20e320ce94c65fbc8c3312448eb225";

fn digits(header: (&str, &str)) -> Response {
    Response::new(200).header("etag", OPAQUE).header(header.0, header.1).body(DIGITS)
}

#[track_caller]
fn check(headers: &[(&str, &str)], verification: Verification) {
    let response = |body: &str| {
        let response = Response::new(200).header("etag", OPAQUE).body(body);
        headers.iter().fold(response, |response, (name, value)| response.header(name, value))
    };
    let server = FakeServer::start([response(DIGITS), response("123456780"), response("123456780")]);
    let client = client(&server);
    let object = client.get_object("b", "k").unwrap();
    assert_eq!(object.verification(), verification);
    assert_eq!(object.text().unwrap(), DIGITS);
    let damaged = client.get_object("b", "k").unwrap().bytes();
    if verification == Verification::Length {
        damaged.unwrap();
    } else {
        fails(ErrorKind::Integrity, damaged);
        let [request, ..] = server.finish::<3>();
        assert_eq!(request.header("x-amz-checksum-mode"), Some("ENABLED"));
    }
}

// promise: D1
#[test]
fn every_checksum_of_the_server_is_verified() {
    check(&[CRC64], Verification::Crc64Nvme);
    check(&[("x-amz-checksum-crc32c", "4waSgw==")], Verification::Crc32c);
    check(&[("x-amz-checksum-crc32", "y/Q5Jg==")], Verification::Crc32);
    check(&[("x-amz-checksum-sha1", "98O8HYCOBHMq32eZZczDTKeuNEE=")], Verification::Sha1);
    check(&[("x-amz-checksum-sha256", "FeKw08M4keuw8e9gnsQZQgwg4yDOlMZfvIwzEkSOsiU=")], Verification::Sha256);
    check(&[("x-goog-hash", "crc32c=4waSgw==")], Verification::Crc32c);
    check(&[("x-goog-hash", "md5=JfnnlDI7RTiF9RgfG2JNCw==")], Verification::Md5);
    check(&[], Verification::Length);
    // Encrypted objects have ETags that look like MD5s, but a checksum of their content.
    check(&[("x-amz-server-side-encryption", "aws:kms"), CRC64], Verification::Crc64Nvme);
}

#[test]
fn composite_checksum_is_verified() {
    // The CRC-32 of the CRC-32 of the only part.
    let composite = |body: &str| digits(("x-amz-checksum-crc32", "7kxlUA==-1")).body(body);
    let server = FakeServer::start([
        composite(DIGITS),
        // Damaged, then not, so that neither is trusted, then requested again.
        composite("123456780"),
        composite(DIGITS),
        composite(DIGITS),
    ]);
    let client = client(&server);
    for _ in 0..2 {
        let object = client.get_object("b", "k").unwrap();
        let verification = Verification::Composite { algorithm: ChecksumAlgorithm::Crc32, parts: 1 };
        assert_eq!(object.verification(), verification);
        assert_eq!(object.text().unwrap(), DIGITS);
    }
    let _: [Request; 4] = server.finish();
}

#[test]
fn unsupported_header_is_not_sent_again() {
    let server = FakeServer::serve(|request| {
        match request.header("x-amz-checksum-mode") {
        Some(_) => Response::new(400).body(
            "<Error><Code>InvalidArgument</Code><Message>Unsupported header 'x-amz-checksum-mode' received for this \
             API call.</Message></Error>",
        ),
        None => Response::content(DIGITS),
    }
    });
    let client = client(&server);
    for _ in 0..2 {
        assert_eq!(client.get_object("b", "k").unwrap().text().unwrap(), DIGITS);
    }
    let requests: [Request; 3] = server.finish();
    let sent: Vec<bool> = requests.iter().map(|r| r.header("x-amz-checksum-mode").is_some()).collect();
    assert_eq!(sent, [true, false, false]);
}

#[test]
fn other_rejections_are_not_attributed_to_the_header() {
    let server = FakeServer::serve(|_| Response::error(400, "InvalidArgument"));
    fails(ErrorKind::Server, client(&server).get_object("b", "k"));
    let [request] = server.finish();
    assert!(request.header("x-amz-checksum-mode").is_some());
}

#[test]
fn checksums_are_requested_only_for_whole_objects_and_on_demand() {
    let server = FakeServer::serve(|request| match request.method() {
        "HEAD" => Response::content(DIGITS),
        _ => Response::object(request, DIGITS.as_bytes()),
    });
    let client = client(&server);
    client.head_object("b", "k").unwrap();
    client.get_object_with("b", "k", &GetObjectOptions::new().range(0..4)).unwrap().bytes().unwrap();
    let wanted = GetObjectOptions::new().checksum_mode();
    client.head_object_with("b", "k", &wanted).unwrap();
    let unchecked = Client::new(config(&server).skip_checksums()).unwrap();
    unchecked.get_object("b", "k").unwrap().bytes().unwrap();
    let requests: [Request; 4] = server.finish();
    let sent = requests.each_ref().map(|request| request.header("x-amz-checksum-mode").is_some());
    assert_eq!(sent, [false, false, true, false]);
}

#[test]
fn presigned_url_requests_no_checksums() {
    let server = FakeServer::start([]);
    let client = Client::new(config(&server).region("us-east-1")).unwrap();
    let url = client.presign_get_object("b", "k", PresignOptions::new(Duration::from_secs(60)));
    assert!(!format!("{}", url.unwrap()).contains("checksum"));
}

#[test]
fn damaged_content_is_requested_a_second_time() {
    let damaged = || digits(CRC64).body("123456780");
    let seen = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&seen);
    let server =
        FakeServer::start([damaged(), digits(CRC64), damaged(), digits(CRC64), damaged(), damaged()]);
    let config = config(&server).on_event(move |event| {
        if matches!(event, Event::Retry { .. }) {
            counter.fetch_add(1, Ordering::Relaxed);
        }
    });
    let client = Client::new(config).unwrap();
    assert_eq!(client.get_object("b", "k").unwrap().text().unwrap(), DIGITS);
    let folder = TempDir::new();
    let download = client.download_file("b", "k", folder.join("f")).unwrap();
    assert_eq!((download.verification, download.bytes), (Verification::Crc64Nvme, 9));
    assert_eq!(fs::read_to_string(folder.join("f")).unwrap(), DIGITS);
    assert_eq!(seen.load(Ordering::Relaxed), 2);
    fails(ErrorKind::Integrity, client.download_file("b", "k", folder.join("f")));
    assert_eq!(folder.names(), ["f"]);
    let _: [Request; 6] = server.finish();
}

// promise: D13
#[test]
fn file_in_place_is_written_again_if_its_content_was_damaged() {
    let folder = TempDir::new();
    let target = folder.file("f", "the old content");
    let damaged = || digits(CRC64).body("123456780");
    let server = FakeServer::start([
        damaged(),
        digits(CRC64),
        // The second attempt does not find the object.
        damaged(),
        Response::error(404, "NoSuchKey"),
        damaged(),
        damaged(),
    ]);
    let client = client(&server);
    let options = DownloadOptions::new().in_place();
    let download = || client.download_file_with("b", "k", &target, &options);
    assert_eq!(download().unwrap().verification, Verification::Crc64Nvme);
    assert_eq!(fs::read_to_string(&target).unwrap(), DIGITS);
    for kind in [ErrorKind::Server, ErrorKind::Integrity] {
        let error = fails(kind, download());
        assert!(error.to_string().contains("f is incomplete, because it was written in place."), "{error}");
    }
    let _: [Request; 6] = server.finish();
}

#[test]
fn file_in_place_that_lost_its_content_is_not_unchanged() {
    let folder = TempDir::new();
    let target = folder.file("f", DIGITS);
    let e_tag = md5_hex(DIGITS.as_bytes());
    let server = FakeServer::start([
        Response::new(304).header("etag", &e_tag),
        // The server ignores the condition.
        Response::content(DIGITS),
        digits(CRC64),
        // Another object, damaged, which then becomes the one that the file was.
        Response::new(200).header("etag", "other").header(CRC64.0, CRC64.1).body("damaged, long"),
        Response::content(DIGITS),
    ]);
    let client = client(&server);
    let options = DownloadOptions::new().in_place().if_changed();
    for changed in [false, false, false, true] {
        let download = client.download_file_with("b", "k", &target, &options).unwrap();
        assert_eq!(download.changed, changed);
        assert_eq!(fs::read_to_string(&target).unwrap(), DIGITS);
    }
    let conditions = server.finish::<5>().map(|request| request.header("if-none-match").is_some());
    assert_eq!(conditions, [true, true, true, true, false]);
}

#[test]
fn if_changed_compares_the_file_with_the_pinned_sha256() {
    let folder = TempDir::new();
    let target = folder.file("f", "replaced");
    let server = FakeServer::serve(|request| match request.header("if-none-match") {
        Some(_) => Response::new(304),
        None => digits(CRC64),
    });
    let client = client(&server);
    let pinned = DownloadOptions::new().object(GetObjectOptions::new().sha256(SHA256)).if_changed();
    for changed in [true, false] {
        let download = client.download_file_with("b", "k", &target, &pinned).unwrap();
        assert_eq!((download.changed, download.verification), (changed, Verification::Sha256));
        assert_eq!(fs::read_to_string(&target).unwrap(), DIGITS);
    }
    let [_] = server.finish();
}

#[test]
fn if_changed_does_not_compare_a_range_with_the_whole_object() {
    let folder = TempDir::new();
    let target = folder.file("f", DIGITS);
    let server = FakeServer::serve(|request| match request.header("if-none-match") {
        Some(_) => Response::new(304),
        None => Response::object(request, DIGITS.as_bytes()),
    });
    let range = DownloadOptions::new().object(GetObjectOptions::new().range(2..4)).if_changed();
    assert!(client(&server).download_file_with("b", "k", &target, &range).unwrap().changed);
    assert_eq!(fs::read_to_string(&target).unwrap(), "34");
}

#[test]
fn content_requested_a_second_time_belongs_to_the_metadata() {
    let server =
        FakeServer::start([digits(CRC64).body("123456780"), Response::error(412, "PreconditionFailed")]);
    let object = client(&server).get_object("b", "k").unwrap();
    let error = fails(ErrorKind::Integrity, object.bytes());
    assert!(error.to_string().contains("the object was replaced while it was read"), "{error}");
    let [_, again] = server.finish();
    assert_eq!(again.header("if-match"), Some("\"opaque\""));
}

#[test]
fn content_that_was_not_verified_has_no_end() {
    let composite = |body: &str| digits(("x-amz-checksum-crc32", "7kxlUA==-1")).body(body);
    // Whether the content is damaged cannot be found out, because the second download fails.
    let server = FakeServer::start([
        composite("123456780"),
        Response::error(403, "AccessDenied"),
        composite("123456780"),
    ]);
    let mut object = client(&server).get_object("b", "k").unwrap();
    for words in ["AccessDenied", "the content could not be verified", "the content could not be verified"] {
        let error = object.read_to_end(&mut Vec::new()).unwrap_err();
        assert!(error.to_string().contains(words), "{error}");
    }
}

#[test]
fn stream_that_was_handed_out_is_not_requested_a_second_time() {
    let server = FakeServer::start([digits(CRC64).body("123456780"), digits(CRC64).body("123456780")]);
    let client = client(&server);
    let mut object = client.get_object("b", "k").unwrap();
    for _ in 0..2 {
        // A failed check fails on every further read.
        assert!(object.read_to_end(&mut Vec::new()).is_err());
    }
    // After the caller has read a part of it, the content is not complete.
    let mut object = client.get_object("b", "k").unwrap();
    object.read_exact(&mut [0]).unwrap();
    fails(ErrorKind::Integrity, object.bytes());
    let _: [Request; 2] = server.finish();
}

#[test]
fn pinned_sha256_is_required_and_replaces_other_checks() {
    let server = FakeServer::serve(|_| digits(CRC64));
    let client = Client::new(config(&server).retry(RetryPolicy::none())).unwrap();
    let get = |sha256: &str| client.get_object_with("b", "k", &GetObjectOptions::new().sha256(sha256));
    let object = get(&SHA256.to_uppercase()).unwrap();
    assert_eq!(object.verification(), Verification::Sha256);
    assert_eq!(object.text().unwrap(), DIGITS);
    let error = fails(ErrorKind::Integrity, get(&"0".repeat(64)).unwrap().bytes());
    assert!(error.to_string().contains(SHA256), "{error}");
    fails(ErrorKind::InvalidInput, get("15e2"));
    let folder = TempDir::new();
    let options = DownloadOptions::new().object(GetObjectOptions::new().sha256(SHA256));
    let download = client.download_file_with("b", "k", folder.join("f"), &options).unwrap();
    assert_eq!(download.verification, Verification::Sha256);
    for request in server.finish_any() {
        assert_eq!(request.header("x-amz-checksum-mode"), None);
    }
}

#[test]
fn resumed_body_is_verified_by_the_checksum_of_the_whole() {
    for wrong in [false, true] {
        let server = FakeServer::start([
            digits(CRC64).cut(4, End::Fin),
            Response::from_fn(move |request| {
                let rest = if wrong { "123456780" } else { DIGITS };
                Response::object_with(request, rest.as_bytes(), OPAQUE)
            }),
            Response::error(404, "NoSuchKey"),
        ]);
        let result = client(&server).get_object("b", "k").unwrap().bytes();
        if wrong {
            // The second request for the whole object fails.
            fails(ErrorKind::Server, result);
        } else {
            assert_eq!(result.unwrap(), DIGITS.as_bytes());
        }
    }
}

#[test]
fn resumed_file_is_verified_by_the_stored_checksum() {
    for wrong in [false, true] {
        let server = FakeServer::serve(|request| match request.method() {
            "HEAD" => {
                assert_eq!(request.header("x-amz-checksum-mode"), Some("ENABLED"));
                digits(CRC64)
            }
            _ if request.header("range").is_some() => {
                Response::object_with(request, DIGITS.as_bytes(), OPAQUE)
            }
            _ => digits(CRC64),
        });
        let folder = TempDir::new();
        folder.file(".f.etag-opaque.part", if wrong { "1X345" } else { "12345" });
        let options = DownloadOptions::new().resume();
        let download = client(&server).download_file_with("b", "k", folder.join("f"), &options).unwrap();
        assert_eq!(download.verification, Verification::Crc64Nvme);
        assert_eq!(download.resumed_from, if wrong { 0 } else { 4 });
        assert_eq!(fs::read_to_string(folder.join("f")).unwrap(), DIGITS);
        assert_eq!(folder.names(), ["f"]);
    }
}

fn client_of(server: &PartsServer) -> Client {
    Client::new(Config::new(server.endpoint())).unwrap()
}

#[track_caller]
fn download_parts(server: &PartsServer, expected: &[u8], verification: Verification, requests: usize) {
    let folder = TempDir::new();
    let download = client_of(server).download_file("b", "k", folder.join("f")).unwrap();
    assert_eq!(download.verification, verification);
    assert!(fs::read(folder.join("f")).unwrap() == expected);
    assert_eq!(server.requests(), requests);
}

// promise: D2
#[test]
fn multipart_etag_is_verified() {
    let body = content(11 * MIB);
    let two = Verification::MultipartMd5 { parts: 2 };
    // Of the usual sizes, 6 to 10 MiB, the server knows the right one, or all are tried.
    download_parts(&PartsServer::start(&body, 8 * MIB, true, &[]), &body, two, 2);
    download_parts(&PartsServer::start(&body, 8 * MIB, false, &[]), &body, two, 2);
    // A size that is not usual is known only to the server.
    download_parts(&PartsServer::start(&body, 7 * MIB, true, &[]), &body, two, 2);
    // Otherwise the object is read twice: the second time with more sizes, and accepted in any case because both
    // have the same content.
    download_parts(&PartsServer::start(&body, 7 * MIB, false, &[]), &body, two, 3);
    let length = Verification::Length;
    download_parts(&PartsServer::start(&body, 7 * MIB + 1, false, &[]), &body, length, 3);
    // Only one usual size is possible, so the server is not asked.
    let three = Verification::MultipartMd5 { parts: 3 };
    download_parts(&PartsServer::start(&body, 5 * MIB, true, &[]), &body, three, 1);
}

// promise: D1
#[test]
fn damage_of_an_object_in_parts_is_detected() {
    let body = content(11 * MIB);
    let three = Verification::MultipartMd5 { parts: 3 };
    // The second reading differs, so a third one replaces the first.
    download_parts(&PartsServer::start(&body, 5 * MIB, false, &[0]), &body, three, 4);
    download_parts(&PartsServer::start(&body, 5 * MIB, true, &[0]), &body, three, 4);
    let two = Verification::MultipartMd5 { parts: 2 };
    download_parts(&PartsServer::start(&body, 8 * MIB, false, &[0]), &body, two, 4);
    let server = PartsServer::start(&body, 5 * MIB, true, &[0, 2]);
    fails(ErrorKind::Integrity, client_of(&server).get_object("b", "k").unwrap().bytes());
    let server = PartsServer::start(&body, 5 * MIB, true, &[0]);
    let mut object = client_of(&server).get_object("b", "k").unwrap();
    assert!(object.read_to_end(&mut Vec::new()).is_err());
}

#[test]
fn if_changed_recognises_objects_in_parts_and_with_checksums() {
    let body = content(11 * MIB);
    let folder = TempDir::new();
    let (same, other) = (folder.file("same", &body), folder.file("other", &body[1..]));
    let before = SystemTime::UNIX_EPOCH + Duration::from_secs(1_000_000);
    fs::File::options().write(true).open(&same).unwrap().set_modified(before).unwrap();
    let options = DownloadOptions::new().if_changed();
    for (part, first_part) in [(5 * MIB, false), (8 * MIB, false), (7 * MIB, false), (7 * MIB + 1, true)] {
        let server = PartsServer::start(&body, part, first_part, &[]);
        let download = client_of(&server).download_file_with("b", "k", &same, &options).unwrap();
        assert!(!download.changed, "{part}");
        assert!(matches!(download.verification, Verification::MultipartMd5 { .. }));
        assert_eq!(fs::metadata(&same).unwrap().modified().unwrap(), before);
        assert!(client_of(&server).download_file_with("b", "k", &other, &options).unwrap().changed);
        fs::write(&other, &body[1..]).unwrap();
    }
    let file = folder.file("digits", DIGITS);
    let server = FakeServer::serve(|_| digits(CRC64));
    let download = client(&server).download_file_with("b", "k", &file, &options).unwrap();
    assert_eq!((download.changed, download.verification), (false, Verification::Crc64Nvme));
    let e_tag = md5_hex(DIGITS.as_bytes());
    assert_eq!(server.finish_any()[0].header("if-none-match"), Some(&*format!("\"{e_tag}\"")));
    assert_eq!(folder.names(), ["digits", "other", "same"]);
}

/// The header and the value of each checksum of the digits.
const SENT: [(ChecksumAlgorithm, &str, &str); 6] = [
    (ChecksumAlgorithm::Crc64Nvme, CRC64.0, CRC64.1),
    (ChecksumAlgorithm::Crc32c, "x-amz-checksum-crc32c", "4waSgw=="),
    (ChecksumAlgorithm::Crc32, "x-amz-checksum-crc32", "y/Q5Jg=="),
    (ChecksumAlgorithm::Sha256, "x-amz-checksum-sha256", "FeKw08M4keuw8e9gnsQZQgwg4yDOlMZfvIwzEkSOsiU="),
    (ChecksumAlgorithm::Sha1, "x-amz-checksum-sha1", "98O8HYCOBHMq32eZZczDTKeuNEE="),
    (ChecksumAlgorithm::Md5, "content-md5", "JfnnlDI7RTiF9RgfG2JNCw=="),
];

#[test]
fn chosen_checksum_is_sent_and_compared_with_the_response() {
    let folder = TempDir::new();
    let path = folder.file("digits", DIGITS);
    for (algorithm, header, value) in SENT {
        let is_md5 = algorithm == ChecksumAlgorithm::Md5;
        let stored = |value: &str| match is_md5 {
            true => Response::stored(if value == SENT[5].2 { DIGITS.as_bytes() } else { b"damaged" }),
            false => Response::new(200).header("etag", OPAQUE).header(header, value),
        };
        let wrong = &format!("A{}", &value[1..]);
        let server =
            FakeServer::start([stored(value), stored(value), stored(value), stored(wrong), stored(value)]);
        let client = Client::new(config(&server).region("us-east-1").checksum(algorithm)).unwrap();
        let stored = client.put_object("b", "k", DIGITS).unwrap();
        let returned = stored.checksum.map(|checksum| checksum.to_string());
        assert_eq!(returned.as_deref(), Some(value).filter(|_| !is_md5));
        client.put_object("b", "k", fs::File::open(&path).unwrap()).unwrap();
        let options = UploadPartOptions::new().checksum(algorithm);
        let part = client.upload_part_with("b", "k", "id", 1, DIGITS, &options).unwrap();
        assert_eq!(part.checksum.is_some(), !is_md5);
        // A response with another checksum means that something else was stored, so it is sent again.
        client.put_object("b", "k", DIGITS).unwrap();
        let requests: [Request; 5] = server.finish();
        for request in &requests {
            assert_eq!(request.header(header), Some(value));
            let signed = request.header("x-amz-content-sha256").unwrap();
            assert_eq!(signed == SHA256, algorithm == ChecksumAlgorithm::Sha256, "{signed}");
        }
    }
}

#[test]
fn reader_and_server_without_checksums_are_verified_by_the_etag() {
    for damaged in [false, true] {
        let stored = || Response::stored(if damaged { b"damaged" } else { DIGITS.as_bytes() });
        let server = FakeServer::start([stored(), stored()]);
        let config = config(&server).checksum(ChecksumAlgorithm::Crc32c).retry(RetryPolicy::none());
        let client = Client::new(config).unwrap();
        let by_reader = client.put_object("b", "k", Body::from_reader(DIGITS.as_bytes(), 9));
        let in_memory = client.put_object("b", "k", DIGITS);
        assert_eq!((by_reader.is_err(), in_memory.is_err()), (damaged, damaged));
        if let Ok(stored) = in_memory {
            assert_eq!(stored.checksum, None);
        }
        let [by_reader, in_memory] = server.finish();
        assert_eq!(by_reader.header("x-amz-checksum-crc32c"), None);
        assert!(in_memory.header("x-amz-checksum-crc32c").is_some());
    }
}

#[test]
fn only_md5_is_sent_by_default() {
    let server = FakeServer::serve(|request| Response::stored(&request.body));
    let client = client(&server);
    client.put_object("b", "k", DIGITS).unwrap();
    client.upload_reader("b", "k", DIGITS.as_bytes()).unwrap();
    for request in server.finish_any() {
        assert!(!request.head.contains("x-amz-checksum"), "{}", request.head);
    }
}

#[test]
fn content_damaged_on_the_way_is_sent_again() {
    let rejected = |code| Response::error(400, code);
    let server = FakeServer::start([
        rejected("BadDigest"),
        rejected("XAmzContentSHA256Mismatch"),
        Response::stored(b"damaged"),
        Response::stored(DIGITS.as_bytes()),
    ]);
    let config = config(&server).retry(RetryPolicy::new().base_delay(Duration::ZERO));
    Client::new(config).unwrap().put_object("b", "k", DIGITS).unwrap();
    let requests: [Request; 4] = server.finish();
    assert!(requests.iter().all(|request| request.body == DIGITS.as_bytes()));
    // A server that ignores a signed SHA-256.
    let server = FakeServer::serve(|_| Response::stored(b"damaged"));
    let pinned = PutObjectOptions::new().sha256(SHA256);
    let bodies = [Body::from(DIGITS), Body::from_reader(DIGITS.as_bytes(), 9)];
    for body in bodies {
        fails(ErrorKind::Integrity, client_v4(&server).put_object_with("b", "k", body, &pinned));
    }
    let _: [Request; 3] = server.finish();
}

// promise: U4
#[test]
fn damaged_object_that_met_its_condition_is_replaced_and_no_other() {
    let damaged = || Response::stored(b"damaged").header("x-amz-version-id", "1");
    let e_tag = format!("\"{}\"", md5_hex(b"damaged"));
    for options in [PutObjectOptions::new().if_none_exists(), PutObjectOptions::new().if_match("old")] {
        let put = |server: &FakeServer| client(server).put_object_with("b", "k", DIGITS, &options);
        let replaced = Response::stored(DIGITS.as_bytes()).header("x-amz-version-id", "2");
        let server = FakeServer::start([damaged(), replaced]);
        assert_eq!(put(&server).unwrap().version_id.as_deref(), Some("2"));
        let [_, second] = server.finish();
        assert_eq!(second.header("if-match"), Some(e_tag.as_str()));
        assert_eq!(second.header("if-none-match"), None);
        // Another program has replaced the damaged object, or the server does not support the condition.
        for (status, code) in [(412, "PreconditionFailed"), (501, "NotImplemented")] {
            let server = FakeServer::serve(move |request| match request.header("if-match") {
                Some(e_tag) if e_tag != "\"old\"" => Response::error(status, code),
                _ if request.method() == "HEAD" => Response::stored(b"another"),
                _ => Response::stored(b"damaged"),
            });
            let error = fails(ErrorKind::Integrity, put(&server));
            let failure = format!("The attempt to replace it failed: {status} {code}");
            assert!(error.hint().unwrap().contains(&failure), "{error}");
            assert_eq!(server.finish_any().len(), if status == 412 { 3 } else { 2 });
        }
        // Ceph 16.2 compares the header, quotes included, with its ETag.
        let bare = md5_hex(b"damaged");
        let server = FakeServer::serve(move |request| match request.header("if-match") {
            Some(e_tag) if e_tag == bare => Response::stored(&request.body),
            Some(e_tag) if e_tag != "\"old\"" => Response::error(412, "PreconditionFailed"),
            _ => Response::stored(b"damaged"),
        });
        put(&server).unwrap();
        assert_eq!(server.finish_any().len(), 4);
    }
    // The damaged object cannot be identified.
    let crc = PutObjectOptions::new().checksum(ChecksumAlgorithm::Crc32).if_none_exists();
    for e_tag in [None, Some("W/\"weak\"")] {
        let response = Response::new(200).header("x-amz-checksum-crc32", "AAAAAA==");
        let server = FakeServer::start([match e_tag {
            Some(e_tag) => response.header("etag", e_tag),
            None => response,
        }]);
        let error = fails(ErrorKind::Integrity, client(&server).put_object_with("b", "k", DIGITS, &crc));
        assert!(
            error.hint().unwrap().ends_with("The server has stored the object as it arrived."),
            "{error}"
        );
        let [_] = server.finish();
    }
}

#[test]
fn checksum_of_the_caller_is_sent_alone() {
    let server = FakeServer::start([Response::stored(DIGITS.as_bytes())]);
    let client = Client::new(config(&server).checksum(ChecksumAlgorithm::Crc64Nvme)).unwrap();
    let options = PutObjectOptions::new().header("x-amz-checksum-crc32c", "4waSgw==");
    client.put_object_with("b", "k", DIGITS, &options).unwrap();
    let [request] = server.finish();
    assert_eq!(request.header("x-amz-checksum-crc32c"), Some("4waSgw=="));
    assert_eq!(request.header(CRC64.0), None);
}

#[test]
fn pinned_sha256_of_an_upload_is_checked_before_it_is_stored() {
    let folder = TempDir::new();
    let path = folder.file("digits", DIGITS);
    let server = FakeServer::serve(|request| {
        assert!(request.complete, "an incomplete request has no response");
        Response::stored(&request.body)
    });
    let client = client_v4(&server);
    for (sha256, ok) in [(SHA256.to_owned(), true), ("0".repeat(64), false)] {
        let options = PutObjectOptions::new().sha256(sha256);
        let upload = UploadOptions::new().object(options.clone());
        let reader = Body::from_reader(DIGITS.as_bytes(), 9);
        for result in [
            client.put_object_with("b", "k", DIGITS, &options).map(drop),
            client.put_object_with("b", "k", fs::File::open(&path).unwrap(), &options).map(drop),
            client.put_object_with("b", "k", reader, &options).map(drop),
            client.upload_file_with("b", "k", &path, &upload).map(drop),
        ] {
            match result {
                Ok(()) => assert!(ok),
                Err(error) => {
                    assert!(!ok && error.kind() == ErrorKind::Integrity, "{error}");
                    assert!(error.to_string().contains("Nothing was stored"), "{error}");
                }
            }
        }
    }
    let (complete, rest): (Vec<Request>, Vec<Request>) =
        server.finish_any().into_iter().partition(|request| request.complete);
    assert_eq!(complete.len(), 4);
    // Content that is not the expected one is not sent a second time.
    assert!(rest.len() <= 4, "{}", rest.len());
    assert!(complete.iter().all(|request| request.header("x-amz-content-sha256") == Some(SHA256)));
    let options = PutObjectOptions::new().sha256("15e2");
    fails(ErrorKind::InvalidInput, client.put_object_with("b", "k", DIGITS, &options));
}

/// Starts a server that accepts uploads in parts, and returns each checksum that it receives.
fn serve_upload(returns_checksums: bool) -> FakeServer {
    FakeServer::serve(move |request| {
        let checksum = request
            .headers()
            .into_iter()
            .find(|(name, value)| name.starts_with("x-amz-checksum-") && value.ends_with('='));
        let checksum = checksum.map(|(name, value)| (name.to_owned(), value.to_owned()));
        match (request.method(), request.query_value("uploadId")) {
            ("POST", None) => Response::xml(
                "<InitiateMultipartUploadResult><UploadId>id</UploadId></InitiateMultipartUploadResult>",
            ),
            ("POST", Some(_)) => Response::xml(
                "<CompleteMultipartUploadResult><ETag>opaque</ETag></CompleteMultipartUploadResult>",
            ),
            ("PUT", _) => match checksum.filter(|_| returns_checksums) {
                Some((name, value)) => Response::stored(&request.body).header(&name, &value),
                None => Response::stored(&request.body),
            },
            _ => Response::new(204),
        }
    })
}

#[test]
fn upload_in_parts_sends_checksums_of_the_parts_and_of_the_object() {
    let body = content(11 * MIB);
    for (algorithm, kind, of_object) in [
        (ChecksumAlgorithm::Crc64Nvme, "FULL_OBJECT", true),
        (ChecksumAlgorithm::Crc32, "FULL_OBJECT", true),
        (ChecksumAlgorithm::Sha256, "COMPOSITE", false),
    ] {
        let server = serve_upload(true);
        let object = PutObjectOptions::new().checksum(algorithm);
        let options = UploadOptions::new().object(object).part_size(8 << 20);
        client(&server).upload_reader_with("b", "k", body.as_slice(), &options).unwrap();
        let [create, first, second, complete] = server.finish();
        assert_eq!(create.header("x-amz-checksum-algorithm"), Some(algorithm.as_str()));
        assert_eq!(create.header("x-amz-checksum-type"), Some(kind));
        let name = format!("x-amz-checksum-{}", algorithm.as_str().to_lowercase());
        for part in [&first, &second] {
            let element =
                format!("<Checksum{algorithm}>{}</Checksum{algorithm}>", part.header(&name).unwrap());
            assert!(complete.text().contains(&element), "{}", complete.text());
            assert_eq!(part.header("content-md5"), None);
        }
        assert_eq!(complete.header("x-amz-checksum-type"), Some(kind));
        assert_eq!(complete.header(&name).is_some(), of_object);
    }
}

#[test]
fn server_that_ignores_checksums_gets_none_in_the_completion() {
    let body = content(11 * MIB);
    let server = serve_upload(false);
    let object = PutObjectOptions::new().checksum(ChecksumAlgorithm::Crc64Nvme);
    let options = UploadOptions::new().object(object).part_size(8 << 20);
    client(&server).upload_reader_with("b", "k", body.as_slice(), &options).unwrap();
    let [.., complete] = server.finish::<4>();
    assert!(!complete.text().contains("Checksum") && !complete.head.contains("x-amz-checksum"));
}

#[test]
fn pinned_sha256_of_an_upload_in_parts_is_checked_before_its_completion() {
    let body = content(11 * MIB);
    let server = serve_upload(false);
    let options = UploadOptions::new().object(PutObjectOptions::new().sha256(SHA256)).part_size(8 << 20);
    let error =
        fails(ErrorKind::Integrity, client(&server).upload_reader_with("b", "k", body.as_slice(), &options));
    assert!(error.to_string().contains(SHA256), "{error}");
    let requests: [Request; 4] = server.finish();
    assert_eq!(requests.each_ref().map(Request::method), ["POST", "PUT", "PUT", "DELETE"]);
}

#[test]
fn upload_created_with_a_checksum_declares_it() {
    let server = serve_upload(true);
    let client = client(&server);
    let options = PutObjectOptions::new().checksum(ChecksumAlgorithm::Crc32c);
    let id = client.create_multipart_upload_with("b", "k", &options).unwrap();
    let options = UploadPartOptions::new().checksum(ChecksumAlgorithm::Crc32c);
    let part = client.upload_part_with("b", "k", &id, 1, DIGITS, &options).unwrap();
    let options = CompleteMultipartUploadOptions::new().header("x-amz-checksum-type", "FULL_OBJECT");
    client.complete_multipart_upload_with("b", "k", &id, &[part], &options).unwrap();
    let [create, _, complete] = server.finish();
    assert_eq!(create.header("x-amz-checksum-algorithm"), Some("CRC32C"));
    assert!(complete.text().contains("<ChecksumCRC32C>4waSgw==</ChecksumCRC32C>"), "{}", complete.text());
}
