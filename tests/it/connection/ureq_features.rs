//! A program in which another crate enables features of ureq that decode responses.

use std::fs;
use std::path::Path;
use std::process::Command;

use crate::fake_server::{FakeServer, HELLO, Response};
use crate::support::TempDir;

/// `HELLO`, compressed.
const GZIP: &[u8] = &[
    0x1f, 0x8b, 0x08, 0x00, 0x00, 0x00, 0x00, 0x00, 0x02, 0x03, 0xf3, 0x48, 0xcd, 0xc9, 0xc9, 0x57, 0x08,
    0xcf, 0x2f, 0xca, 0x49, 0x51, 0x04, 0x00, 0xa3, 0x1c, 0x29, 0x1c, 0x0c, 0x00, 0x00, 0x00,
];
const BROTLI: &[u8] = b"\x8b\x05\x80Hello World!\x03";
/// Not UTF-8.
const LATIN1: &[u8] = b"M\xfcller";

// promise: R13
#[test]
fn features_of_ureq_do_not_change_what_is_read() {
    let objects = [
        ("gzip", "gzip", "application/octet-stream", GZIP, HELLO),
        ("brotli", "br", "application/octet-stream", BROTLI, HELLO),
        ("charset", "identity", "text/plain; charset=iso-8859-1", LATIN1, "M\u{fc}ller"),
    ];
    let server = FakeServer::serve(move |request| {
        let object = objects.iter().find(|object| request.path().ends_with(&format!("/{}", object.0)));
        let &(_, encoding, content_type, stored, _) = object.unwrap();
        Response::content(stored).header("content-encoding", encoding).header("content-type", content_type)
    });
    let folder = TempDir::new();
    let manifest = Path::new(env!("CARGO_MANIFEST_DIR")).join("Cargo.toml");
    let mut program = Command::new(env!("CARGO"));
    program.args([
        "run",
        "--quiet",
        "--offline",
        "--locked",
        "-p",
        "plain-s3-ureq-features",
        "--manifest-path",
    ]);
    program.arg(manifest).arg("--").arg(server.endpoint()).arg(folder.path());
    let output = program.args(["gzip", "brotli", "charset"]).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let headers = String::from_utf8(output.stdout).unwrap();
    for (key, encoding, content_type, stored, decoded) in objects {
        let read = |kind: &str| fs::read(folder.join(&format!("{key}.{kind}"))).unwrap();
        assert_eq!(read("get"), stored, "{key}");
        assert_eq!(read("file"), stored, "{key}");
        // The features are enabled indeed.
        assert_eq!(String::from_utf8(read("ureq")).unwrap(), decoded, "{key}");
        for line in [
            format!("{key} content-encoding: {encoding}\n"),
            format!("{key} content-type: {content_type}\n"),
            format!("{key} content-length: {}\n", stored.len()),
        ] {
            assert!(headers.contains(&line), "{line} is not in: {headers}");
        }
    }
    assert!(server.requests().iter().all(|request| {
        // Only the requests of ureq itself ask for an encoding.
        request.header("accept-encoding").is_none() || request.header("authorization").is_none()
    }));
}
