//! Other S3 clients: they and this crate read, list and overwrite the same objects.
//!
//! `tests/foreign-clients/run` installs the clients and runs these tests. `tests/foreign-clients/clients.py` runs a list
//! of tasks with one of the clients:
//!
//! | task | arguments | result |
//! |---|---|---|
//! | `put` | `key`, `file`, `content_type`, `metadata` | |
//! | `upload`: in parts of 5 MiB | `key`, `file` | |
//! | `get` | `key`, `file` | |
//! | `head` | `key` | `content_type`, `metadata` |
//! | `list` | | `keys` |
//! | `set_acl` | `key`, `public` | |
//! | `acl` | `key` | `public` |
//!
//! What a client cannot do is declared below, and a declaration that is no longer true fails.

use std::collections::BTreeSet;
use std::fs;
use std::io::Write as _;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use plain_s3::{
    AddressingStyle, Client, MetadataEncoding, PutObjectOptions, SignatureVersion, UploadOptions,
    Verification,
};
use serde_json::{Value, json};

use super::fixture::{TempDir, TestBucket};
use super::keys::{content, store, unusual_keys};
use super::server::{Server, Variant};
use super::support::{self, say, variable};

const SCRIPT: &str = "tests/foreign-clients/clients.py";
const MEDIA_TYPE: &str = "text/x-test; charset=utf-8";
const CITY: &str = "Malmö 日本";
/// [`CITY`] as an RFC 2047 encoded word.
const CITY_WORD: &str = "=?UTF-8?B?TWFsbcO2IOaXpeacrA==?=";
const PART_SIZE: u64 = 5 << 20;
/// The name of every file that is stored.
const FILE: &str = "content";

/// Another S3 client, and what it cannot do.
pub(crate) struct ForeignClient {
    name: &'static str,
    /// Returns the key that the client uses if it has to store an object with a key.
    stored_key: fn(&str) -> String,
    unreadable: &'static [Limit],
    unlistable: &'static [Limit],
    /// What the client shows for the value [`CITY`] that this crate has stored as UTF-8.
    shows_utf8: Shown,
    /// What this crate reads if the client stores the value [`CITY`]; `None` if the client rejects it.
    stores_non_ascii: Option<&'static str>,
    has_acls: bool,
}

/// Keys with which a client cannot work.
struct Limit {
    reason: &'static str,
    keys: fn(&str) -> bool,
}

enum Shown {
    Unchanged,
    /// Each byte is shown as a character.
    Latin1,
}

pub(crate) const BOTO3: ForeignClient = ForeignClient {
    name: "boto3",
    stored_key: str::to_owned,
    unreadable: &[],
    unlistable: &[],
    shows_utf8: Shown::Latin1,
    stores_non_ascii: None,
    has_acls: true,
};

pub(crate) const S3CMD: ForeignClient = ForeignClient {
    name: "s3cmd",
    // s3cmd ends a key at a line break, and appends the name of the file to a key that ends with a slash.
    stored_key: |key| {
        let line = key.split('\n').next().unwrap_or_default();
        format!("{line}{}", if line.ends_with('/') { FILE } else { "" })
    },
    unreadable: &[
        Limit { reason: "s3cmd ends a key at a line break", keys: |key| key.contains('\n') },
        Limit {
            reason: "s3cmd takes a key that ends with a slash for a folder",
            keys: |key| key.ends_with('/'),
        },
        Limit {
            reason: "s3cmd takes a key with `?` or `*` for a pattern: it matches other keys, or not itself",
            keys: |key| key == "?" || key.contains(['?', '*']) && key.contains('['),
        },
    ],
    unlistable: &[Limit {
        reason: "s3cmd requests listings without `encoding-type=url`, but XML cannot contain these characters",
        keys: |key| key.contains(is_no_xml),
    }],
    shows_utf8: Shown::Latin1,
    stores_non_ascii: Some(CITY),
    has_acls: true,
};

pub(crate) const RCLONE: ForeignClient = ForeignClient {
    name: "rclone",
    // rclone stores the segments `.` and `..` as full-width characters, as it does in all file systems.
    stored_key: |key| {
        let segments = key.split('/').map(|segment| match segment {
            "." | ".." => segment.replace('.', "\u{FF0E}"),
            _ => segment.to_owned(),
        });
        segments.collect::<Vec<_>>().join("/")
    },
    unreadable: &[Limit {
        reason: "rclone requests the segments `.` and `..` as full-width characters",
        keys: |key| key.split('/').any(|segment| matches!(segment, "." | "..")),
    }],
    unlistable: &[],
    shows_utf8: Shown::Unchanged,
    stores_non_ascii: Some(CITY),
    has_acls: false,
};

/// Returns `true` if XML 1.0 cannot contain a character.
fn is_no_xml(c: char) -> bool {
    matches!(c, '\0'..='\u{8}' | '\u{B}' | '\u{C}' | '\u{E}'..='\u{1F}' | '\u{FFFE}' | '\u{FFFF}')
}

/// Runs all checks, if the client is installed.
pub(crate) fn interoperates(server: &Server, foreign: &'static ForeignClient) {
    let Some(python) = variable("S3_TEST_FOREIGN_CLIENTS") else {
        say(&format!("{} is not tested: run tests/foreign-clients/run", foreign.name));
        return;
    };
    let variants = server.variants();
    let variant = variants
        .iter()
        .find(|variant| {
            variant.signature == SignatureVersion::V4
                && variant.style == AddressingStyle::Path
                && variant.endpoint.starts_with("http:")
        })
        .expect("the foreign clients use V4 and path style without TLS");
    let session = Session { foreign, python, variant, client: variant.client(), folder: TempDir::create() };
    // A key that XML cannot contain can make the whole listing unreadable.
    let (ordinary, no_xml): (Vec<_>, Vec<_>) =
        unusual_keys().into_iter().partition(|key| !key.contains(is_no_xml));
    for keys in [ordinary, no_xml] {
        session.read_by_foreign_client(&keys);
        session.written_by_foreign_client(&keys);
    }
    session.metadata();
    session.parts();
    session.acls();
}

struct Session<'a> {
    foreign: &'static ForeignClient,
    /// The interpreter in whose environment the clients are installed.
    python: String,
    variant: &'a Variant<'a>,
    client: Client,
    folder: TempDir,
}

impl Session<'_> {
    /// Returns the result of each task, or the error of the client.
    fn run(&self, bucket: &str, tasks: Vec<Value>) -> Vec<Result<Value, String>> {
        let count = tasks.len();
        let job = json!({
            "client": self.foreign.name,
            "endpoint": self.variant.endpoint,
            "access_key": variable("AWS_ACCESS_KEY_ID"),
            "secret_key": variable("AWS_SECRET_ACCESS_KEY"),
            "bucket": bucket,
            "folder": &*self.folder,
            "tasks": tasks,
        });
        let mut child = Command::new(&self.python)
            .arg(SCRIPT)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        child.stdin.take().unwrap().write_all(job.to_string().as_bytes()).unwrap();
        let output = child.wait_with_output().unwrap();
        assert!(output.status.success(), "{SCRIPT}: {}", String::from_utf8_lossy(&output.stderr));
        let results: Vec<Value> = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!(results.len(), count);
        let results = results.into_iter().map(|result| match result["error"].as_str() {
            Some(error) => Err(error.to_owned()),
            None => Ok(result),
        });
        results.collect()
    }

    /// Like [`run`](Self::run), for tasks that must succeed.
    fn done(&self, bucket: &str, tasks: Vec<Value>) -> Vec<Value> {
        let results = self.run(bucket, tasks);
        results.into_iter().map(|result| result.unwrap_or_else(|error| panic!("{error}"))).collect()
    }

    /// Returns the path of a file with this number, in a folder of its own.
    fn file(&self, number: usize, name: &str) -> PathBuf {
        let folder = self.folder.join(number.to_string());
        fs::create_dir_all(&folder).unwrap();
        folder.join(name)
    }

    fn read_by_foreign_client(&self, keys: &[String]) {
        let bucket = TestBucket::create(&self.client);
        store(&self.client, &bucket, keys);
        let get = |(i, key)| json!({"do": "get", "key": key, "file": self.file(i, "read")});
        let mut tasks: Vec<Value> = keys.iter().enumerate().map(get).collect();
        tasks.push(json!({"do": "list"}));
        let mut results = self.run(&bucket, tasks);
        let listed = results.pop().unwrap().and_then(|listing| {
            let listed: BTreeSet<String> = serde_json::from_value(listing["keys"].clone()).unwrap();
            let expected: BTreeSet<String> = keys.iter().cloned().collect();
            let differing: Vec<_> = listed.symmetric_difference(&expected).collect();
            if differing.is_empty() { Ok(()) } else { Err(format!("the listing differs in {differing:?}")) }
        });
        check(listed, self.foreign.unlistable.iter().find(|limit| keys.iter().any(|key| (limit.keys)(key))));
        for (i, (key, result)) in keys.iter().zip(results).enumerate() {
            let path = self.file(i, "read");
            let read = result.and_then(|_| fs::read_to_string(&path).map_err(|error| error.to_string()));
            let _ = fs::remove_file(path); // the keys of the next call have the same numbers
            let read = read.and_then(|text| {
                if text == content(key) { Ok(()) } else { Err(format!("{key:?} has the content {text:?}")) }
            });
            check(read, self.foreign.unreadable.iter().find(|limit| (limit.keys)(key)));
        }
    }

    fn written_by_foreign_client(&self, keys: &[String]) {
        let bucket = TestBucket::create(&self.client);
        let put = |(i, key): (usize, &String)| {
            let file = self.file(i, FILE);
            fs::write(&file, content(key)).unwrap();
            json!({
                "do": "put", "key": key, "file": file, "content_type": MEDIA_TYPE, "metadata": {"color": "dark green"}
            })
        };
        self.done(&bucket, keys.iter().enumerate().map(put).collect());
        let expected: BTreeSet<String> = keys.iter().map(|key| (self.foreign.stored_key)(key)).collect();
        let listed: BTreeSet<String> =
            self.client.list_objects(&bucket).map(|object| object.unwrap().key).collect();
        let differing: Vec<_> = listed.symmetric_difference(&expected).collect();
        assert!(differing.is_empty(), "the keys differ in {differing:?}");
        for key in keys {
            let object = self.client.get_object(&bucket, &(self.foreign.stored_key)(key)).unwrap();
            assert_eq!(object.metadata.content_type.as_deref(), Some(MEDIA_TYPE), "{key:?}");
            assert_eq!(object.metadata.metadata["color"], "dark green", "{key:?}");
            assert_eq!(object.text().unwrap(), content(key));
        }
    }

    fn metadata(&self) {
        let bucket = TestBucket::create(&self.client);
        for encoding in [MetadataEncoding::EncodedWords, MetadataEncoding::Utf8] {
            let config = self.variant.config().credentials(self.variant.server.user.clone());
            let client = Client::new(config.metadata_encoding(encoding)).unwrap();
            let options = PutObjectOptions::new().content_type(MEDIA_TYPE).metadata("color", "dark green");
            client.put_object_with(&bucket, encoding.as_str(), "x", &options.metadata("city", CITY)).unwrap();
        }
        fs::write(self.file(0, FILE), "x").unwrap();
        let put = |key: &str, city: &str| {
            let metadata = json!({"color": "dark green", "city": city});
            json!({
                "do": "put", "key": key, "file": self.file(0, FILE), "content_type": MEDIA_TYPE, "metadata": metadata
            })
        };
        let mut results = self.run(
            &bucket,
            vec![
                json!({"do": "head", "key": "encoded-words"}),
                json!({"do": "head", "key": "utf-8"}),
                put("their-word", CITY_WORD),
                put("theirs", CITY),
            ],
        );
        let utf8 = match self.foreign.shows_utf8 {
            Shown::Unchanged => CITY.to_owned(),
            Shown::Latin1 => CITY.bytes().map(char::from).collect(),
        };
        let theirs = results.pop().unwrap();
        assert!(results.pop().unwrap().is_ok());
        for (result, city) in results.into_iter().zip([CITY_WORD, &utf8]) {
            let head = result.unwrap();
            assert_eq!(head["content_type"], MEDIA_TYPE);
            assert_eq!(head["metadata"]["color"], "dark green");
            assert_eq!(head["metadata"]["city"], city);
        }
        let read = |key| {
            let metadata = self.client.head_object(&bucket, key).unwrap().metadata;
            assert_eq!(metadata["color"], "dark green");
            metadata["city"].clone()
        };
        assert_eq!(read("their-word"), CITY);
        match self.foreign.stores_non_ascii {
            Some(city) => assert_eq!((theirs.is_ok(), &*read("theirs")), (true, city)),
            None => assert!(theirs.unwrap_err().to_lowercase().contains("non ascii")),
        }
    }

    /// Both upload the same content in parts of the same size, so the objects have the same ETag.
    fn parts(&self) {
        let bucket = TestBucket::create(&self.client);
        let content = support::content((11 << 20) + 17);
        let (file, downloaded) = (self.file(0, FILE), self.file(0, "downloaded"));
        fs::write(&file, &content).unwrap();
        let options = UploadOptions::new().part_size(PART_SIZE);
        let ours = self.client.upload_file_with(&bucket, "ours", &file, &options).unwrap();
        self.done(
            &bucket,
            vec![
                json!({"do": "get", "key": "ours", "file": downloaded}),
                json!({"do": "upload", "key": "theirs", "file": file}),
            ],
        );
        assert!(fs::read(&downloaded).unwrap() == content);
        let download = self.client.download_file(&bucket, "theirs", &downloaded).unwrap();
        assert!(fs::read(&downloaded).unwrap() == content);
        assert_eq!(download.verification, Verification::MultipartMd5 { parts: 3 });
        assert_eq!(download.metadata.unwrap().e_tag, ours.e_tag);
        // Parts of another size have another ETag.
        let options = UploadOptions::new().part_size(PART_SIZE + 1);
        let other = self.client.upload_file_with(&bucket, "ours", &file, &options).unwrap();
        assert_ne!(other.e_tag, ours.e_tag);
    }

    fn acls(&self) {
        if !self.foreign.has_acls {
            return;
        }
        let bucket = TestBucket::create(&self.client);
        for public in [true, false] {
            let acl = if public { plain_s3::CannedAcl::PublicRead } else { plain_s3::CannedAcl::Private };
            for key in ["ours", "theirs"] {
                // Each starts with the other ACL.
                let other =
                    if public { plain_s3::CannedAcl::Private } else { plain_s3::CannedAcl::PublicRead };
                self.client.put_object_with(&bucket, key, "x", &PutObjectOptions::new().acl(other)).unwrap();
            }
            self.client.put_object_acl(&bucket, "ours", acl).unwrap();
            let results = self.done(
                &bucket,
                vec![
                    json!({"do": "acl", "key": "ours"}),
                    json!({"do": "acl", "key": "theirs"}),
                    json!({"do": "set_acl", "key": "theirs", "public": public}),
                ],
            );
            assert_eq!((&results[0]["public"], &results[1]["public"]), (&json!(public), &json!(!public)));
            assert_eq!(self.client.get_object_acl(&bucket, "theirs").unwrap().is_public_read(), public);
        }
    }
}

/// Checks that a task succeeded, or that it failed if a limit says so.
#[track_caller]
fn check(result: Result<(), String>, limit: Option<&Limit>) {
    match (result, limit) {
        (Err(error), None) => panic!("{error}"),
        (Ok(()), Some(limit)) => panic!("this works, so remove the limit: {}", limit.reason),
        _ => {}
    }
}
