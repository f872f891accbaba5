//! What is fuzzed, and what must hold whatever the input is. The fuzz targets and the property test in
//! `tests/it/fuzz.rs` call these functions.
//!
//! Responses go through the public API of a client and a loopback connection, so that the HTTP parser, the
//! retry loop and the error texts are covered, too.

use std::cell::RefCell;
use std::fmt::Debug;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use std::{fs, thread};

use plain_s3::{
    AddressingStyle, Body, BucketEncryption, CannedAcl, Client, Config, CopyOptions, CorsRule, Credentials,
    DeleteAllOptions, Error, GetObjectOptions, LegalHold, LifecycleRule, ListApi, ListOptions, Method,
    ObjectLockConfiguration, ObjectMetadata, ObjectOwnership, ObjectReader, ObjectRetention, Payer,
    PostPolicy, Profiles, PublicAccessBlock, RawRequest, RawResponse, Result, RetentionMode, RetryPolicy,
    Upload, UploadOptions, Versioning, WebsiteConfiguration,
};

/// The longest text of an error in bytes.
const MAX_TEXT: usize = 2048;
const HOUR: Duration = Duration::from_secs(3600);

/// The number of operations that [`response`] distinguishes.
pub const OPERATIONS: u8 = 78;

/// Checks the texts of an error: one printable line of limited length.
fn check_error(error: &Error) {
    for text in [error.to_string(), format!("{error:?}")] {
        assert!(text.len() <= MAX_TEXT, "{} bytes: {text:?}", text.len());
        assert!(!text.contains(char::is_control), "{text:?}");
    }
    drop(format!("{error:#?}"));
}

fn check<T: Debug>(result: Result<T>) {
    match result {
        Ok(value) => drop(format!("{value:?}")),
        Err(error) => check_error(&error),
    }
}

/// Sends the same response to every request on any connection.
struct Server {
    client: [Client; 2],
    response: Arc<Mutex<Reply>>,
}

#[derive(Clone, Default)]
struct Reply {
    bytes: Vec<u8>,
    /// The end of the connection is part of the response.
    close: bool,
}

impl Server {
    fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let endpoint = format!("http://{}", listener.local_addr().unwrap());
        let response = Arc::new(Mutex::new(Reply::default()));
        let shared = Arc::clone(&response);
        // it ends with the process: the harness has no other
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let shared = Arc::clone(&shared);
                thread::spawn(move || serve(stream, &shared));
            }
        });
        let config = Config::new(endpoint)
            .credentials(Credentials::new("AKID", "s3cr3t/key").session_token("t0k3n"))
            .retry(RetryPolicy::none())
            .idle_timeout(Duration::from_secs(5));
        let client = [config.clone(), config.region("us-east-1")].map(|config| Client::new(config).unwrap());
        Self { client, response }
    }
}

fn serve(mut stream: TcpStream, response: &Mutex<Reply>) {
    let _ = stream.set_nodelay(true);
    let mut input = Vec::new();
    let mut buffer = [0; 16 << 10];
    loop {
        let head = input.windows(4).position(|window| window == b"\r\n\r\n");
        let request = head.and_then(|end| {
            let head = String::from_utf8_lossy(&input[..end]).to_ascii_lowercase();
            let length =
                head.lines().find_map(|line| line.strip_prefix("content-length:")?.trim().parse().ok());
            Some(end + 4 + length.unwrap_or(0)).filter(|&end| end <= input.len())
        });
        let Some(end) = request else {
            match stream.read(&mut buffer) {
                Ok(0) | Err(_) => return,
                Ok(n) => input.extend_from_slice(&buffer[..n]),
            }
            continue;
        };
        let is_head = input.starts_with(b"HEAD ");
        input.drain(..end);
        let reply = response.lock().unwrap().clone();
        let body =
            reply.bytes.windows(4).position(|window| window == b"\r\n\r\n").map_or(0, |start| start + 4);
        let sent = if is_head && !reply.close { &reply.bytes[..body] } else { &reply.bytes };
        if stream.write_all(sent).is_err() || reply.close {
            return;
        }
    }
}

thread_local! {
    static SERVER: RefCell<Option<Server>> = const { RefCell::new(None) };
}

/// Calls one operation whose requests all get the same response.
///
/// The first byte selects the operation, the second the response: odd for raw bytes that end with the
/// connection, otherwise a well-formed head with a status. Then follow header lines, an empty line, and the
/// body.
pub fn response(data: &[u8]) {
    let [operation, shape, rest @ ..] = data else { return };
    let raw = shape & 1 == 1;
    let reply = if raw { Reply { bytes: rest.to_vec(), close: true } } else { well_formed(*shape, rest) };
    SERVER.with_borrow_mut(|server| {
        let server = server.get_or_insert_with(Server::start);
        *server.response.lock().unwrap() = reply;
        call(&server.client[usize::from(shape >> 1 & 1)], operation % OPERATIONS);
    });
}

/// Returns a response with the right length, unless the header lines contain another framing.
fn well_formed(shape: u8, rest: &[u8]) -> Reply {
    const STATUS: [u16; 16] =
        [200, 200, 200, 204, 206, 301, 304, 307, 400, 403, 404, 409, 412, 416, 500, 503];
    let status = STATUS[usize::from(shape >> 2 & 15)];
    let (lines, body) = match rest.windows(2).position(|window| window == b"\n\n") {
        Some(end) => (&rest[..end], &rest[end + 2..]),
        None => (&b""[..], rest),
    };
    let mut bytes = format!("HTTP/1.1 {status} X\r\n").into_bytes();
    for line in lines.split(|&byte| byte == b'\n').filter(|line| !line.is_empty()) {
        bytes.extend_from_slice(line);
        bytes.extend_from_slice(b"\r\n");
    }
    let lower = String::from_utf8_lossy(lines).to_ascii_lowercase();
    let framed = ["content-length", "transfer-encoding", "connection", "upgrade"]
        .iter()
        .any(|name| lower.contains(name));
    if !framed && !matches!(status, 204 | 304) {
        bytes.extend_from_slice(format!("content-length: {}\r\n", body.len()).as_bytes());
    }
    bytes.extend_from_slice(b"\r\n");
    if !matches!(status, 204 | 304) {
        bytes.extend_from_slice(body);
    }
    Reply { bytes, close: framed }
}

fn call(client: &Client, operation: u8) {
    let (bucket, key) = ("my-bucket", "a key");
    let list = |delimiter: bool| {
        let options = ListOptions::new().page_size(2);
        if delimiter { options.delimiter("/").prefix("p") } else { options }
    };
    match operation {
        0 => check(client.list_buckets()),
        1 => check(client.create_bucket(bucket)),
        2 => {
            check(client.head_bucket(bucket));
            check(client.bucket_exists(bucket));
        }
        3 => check(client.delete_bucket(bucket)),
        4 => check(client.force_delete_bucket(bucket)),
        5 => check(client.get_bucket_location(bucket)),
        6 => client.list_objects(bucket).take(20).for_each(check),
        7 => client.list_objects_with(bucket, &list(true)).take(20).for_each(check),
        8 => client.list_object_versions_with(bucket, &list(false)).take(20).for_each(check),
        9 => client.list_multipart_uploads(bucket).take(20).for_each(check),
        10 => client.list_parts(bucket, key, "id").take(20).for_each(check),
        11 => check(client.put_object(bucket, key, "content")),
        12 => check(client.get_object(bucket, key).and_then(ObjectReader::bytes)),
        13 => {
            check(client.head_object(bucket, key));
            check(client.object_exists(bucket, key));
            check(client.enforces_if_none_exists(bucket, key));
        }
        14 => check(client.delete_object(bucket, key)),
        15 => check(client.delete_objects(bucket, ["a", "b"])),
        16 => check(client.copy_object((bucket, key), (bucket, "copy"))),
        17 => check(client.get_object_attributes(bucket, key)),
        18 => check(client.create_multipart_upload(bucket, key)),
        19 => check(client.upload_part(bucket, key, "id", 1, "content")),
        20 => check(client.upload_part_copy(bucket, key, "id", 1, (bucket, "source"), 0..7)),
        21 => check(client.complete_multipart_upload(bucket, key, "id", &[])),
        22 => check(client.abort_multipart_upload(bucket, key, "id")),
        23 => check(client.get_bucket_acl(bucket)),
        24 => check(client.put_bucket_acl(bucket, CannedAcl::Private)),
        25 => check(client.get_object_acl(bucket, key)),
        26 => check(client.put_object_acl(bucket, key, CannedAcl::PublicRead)),
        27 => check(client.get_bucket_versioning(bucket)),
        28 => check(client.put_bucket_versioning(bucket, Versioning::Enabled)),
        29 => check(client.get_bucket_tagging(bucket)),
        30 => check(client.put_bucket_tagging(bucket, [("a", "b")])),
        31 => check(client.delete_bucket_tagging(bucket)),
        32 => check(client.get_object_tagging(bucket, key)),
        33 => check(client.put_object_tagging(bucket, key, [("a", "b")])),
        34 => check(client.delete_object_tagging(bucket, key)),
        35 => check(client.get_bucket_policy(bucket)),
        36 => check(client.put_bucket_policy(bucket, "{}")),
        37 => check(client.get_bucket_cors(bucket)),
        38 => check(client.put_bucket_cors(bucket, &[CorsRule::new("*", "GET")])),
        39 => check(client.get_bucket_lifecycle_configuration(bucket)),
        40 => check(client.put_bucket_lifecycle_configuration(bucket, &[LifecycleRule::new("p")])),
        41 => check(client.get_bucket_website(bucket)),
        42 => check(client.delete_bucket_website(bucket)),
        43 => check(client.get_bucket_request_payment(bucket)),
        44 => check(client.get_public_access_block(bucket)),
        45 => check(client.put_public_access_block(bucket, PublicAccessBlock::new())),
        46 => check(client.empty_bucket_with(bucket, &DeleteAllOptions::new().dry_run())),
        47 => check(client.delete_prefix(bucket, "p")),
        48 => check(client.rename_object(bucket, key, "new")),
        49 => {
            check(client.copy_with((bucket, key), (bucket, "copy"), &CopyOptions::new().part_size(5 << 20)));
        }
        50 => {
            check(client.upload_reader_with(
                bucket,
                key,
                &b"content"[..],
                &UploadOptions::new().resume("id"),
            ));
        }
        51 => check(get_parts_and_ranges(client)),
        52 => check(
            client.send_raw(&RawRequest::new(Method::Get).bucket(bucket), "").and_then(RawResponse::text),
        ),
        53 => check(client.delete_bucket_cors(bucket)),
        54 => check(client.delete_bucket_lifecycle(bucket)),
        55 => check(client.delete_bucket_policy(bucket)),
        56 => check(client.delete_public_access_block(bucket)),
        57 => check(client.put_bucket_website(bucket, &WebsiteConfiguration::new("index.html"))),
        58 => check(client.put_bucket_request_payment(bucket, Payer::Requester)),
        59 => client.list_objects_with(bucket, &list(true).api(ListApi::V1)).take(20).for_each(check),
        60 => check(upload(client)),
        61 => check(download(client)),
        62 => check(client.restore_object(bucket, key, 1)),
        63 => check(client.get_object_legal_hold(bucket, key)),
        64 => check(client.put_object_legal_hold(bucket, key, LegalHold::On)),
        65 => check(client.get_object_retention(bucket, key)),
        66 => {
            let retention =
                ObjectRetention::new(RetentionMode::Governance, std::time::SystemTime::UNIX_EPOCH);
            check(client.put_object_retention(bucket, key, retention));
        }
        67 => check(client.get_object_lock_configuration(bucket)),
        68 => check(client.put_object_lock_configuration(bucket, ObjectLockConfiguration::new())),
        69 => check(client.get_bucket_encryption(bucket)),
        70 => check(client.put_bucket_encryption(bucket, &BucketEncryption::new("AES256"))),
        71 => check(client.delete_bucket_encryption(bucket)),
        72 => check(client.get_bucket_ownership_controls(bucket)),
        73 => check(client.put_bucket_ownership_controls(bucket, ObjectOwnership::ObjectWriter)),
        74 => check(client.delete_bucket_ownership_controls(bucket)),
        75 => check(client.get_bucket_logging(bucket)),
        76 => check(download_to(client)),
        _ => check(client.put_bucket_logging(bucket, None)),
    }
}

fn upload(client: &Client) -> Result<Upload> {
    let path = temp_path("upload");
    fs::write(&path, "content").unwrap();
    let uploaded = client.upload_file("my-bucket", "k", &path);
    fs::remove_file(&path).unwrap();
    uploaded
}

fn get_parts_and_ranges(client: &Client) -> Result<usize> {
    let mut len = 0;
    for options in [GetObjectOptions::new().range(1..), GetObjectOptions::new().part_number(2)] {
        match client.get_object_with("my-bucket", "k", &options) {
            Ok(object) => {
                let read = object.bytes();
                read.as_ref().err().into_iter().for_each(check_error);
                len += read.map_or(0, |bytes| bytes.len());
            }
            Err(error) => check_error(&error),
        }
    }
    Ok(len)
}

/// Returns a path that only this thread uses.
fn temp_path(name: &str) -> PathBuf {
    let thread = format!("{:?}", thread::current().id());
    let digits: String = thread.chars().filter(char::is_ascii_digit).collect();
    std::env::temp_dir().join(format!("plain-s3-fuzz-{}-{digits}-{name}", std::process::id()))
}

/// A download into a writer writes as much as it returns.
fn download_to(client: &Client) -> Result<()> {
    let mut content = Vec::new();
    let download = client.download_to("my-bucket", "k", &mut content)?;
    assert_eq!(download.bytes, content.len() as u64);
    Ok(())
}

/// A download leaves either the whole file or none.
fn download(client: &Client) -> Result<()> {
    let path = temp_path("download");
    let downloaded = client.download_file("my-bucket", "k", &path);
    let stored = fs::metadata(&path).ok().map(|file| file.len());
    match downloaded {
        Ok(download) => {
            assert_eq!(stored, Some(download.bytes));
            fs::remove_file(&path).unwrap();
            Ok(())
        }
        Err(error) => {
            assert_eq!(stored, None, "{error}");
            Err(error)
        }
    }
}

/// Reads the input as both files of profiles, and creates a client from each profile.
pub fn profiles(data: &[u8]) {
    let (credentials, config) = match data.iter().position(|&byte| byte == 0) {
        Some(split) => (&data[..split], &data[split + 1..]),
        None => (data, data),
    };
    let paths = [temp_path("credentials"), temp_path("config")];
    fs::write(&paths[0], credentials).unwrap();
    fs::write(&paths[1], config).unwrap();
    let profiles = Profiles::from_files(Some(&paths[0]), Some(&paths[1]));
    for path in &paths {
        fs::remove_file(path).unwrap();
    }
    match profiles {
        Ok(profiles) => {
            for name in [None, Some("default"), Some("a")] {
                check(profiles.config(name).and_then(Client::new));
                check(profiles.credentials(name));
            }
            drop(format!("{profiles:?}"));
        }
        Err(error) => check_error(&error),
    }
}

/// Reads the input as an endpoint and a region. Nothing is sent.
pub fn endpoint(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let (endpoint, region) = text.split_once('\n').unwrap_or((&text, "us-east-1"));
    for style in [AddressingStyle::Path, AddressingStyle::VirtualHosted] {
        let config = Config::new(endpoint)
            .region(region)
            .addressing_style(style)
            .credentials(Credentials::new("AKID", "s3cr3t/key").session_token("t0k3n"));
        match Client::new(config) {
            Ok(client) => {
                // no user, no path and no query can come from the endpoint
                let url = client.object_url("my-bucket", "k").unwrap();
                assert!(url.starts_with("http://") || url.starts_with("https://"), "{url}");
                assert!(url.ends_with("/k") && !url.contains(['@', '?', '#', '\\']), "{url}");
                assert!(!url.contains(|c: char| c.is_control() || c == ' '), "{url}");
                check(client.presign_get_object("my-bucket", "k", HOUR));
            }
            Err(error) => check_error(&error),
        }
    }
}

/// Builds a form policy from the input, one field per line, and uses the lines as names, keys and headers.
pub fn policy(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let mut lines = text.lines();
    let mut policy = PostPolicy::new(lines.next().unwrap_or("k"));
    for line in lines {
        let (name, value) = line.split_once('=').unwrap_or((line, ""));
        policy = match name.strip_prefix('^') {
            Some(name) => policy.field_starts_with(name, value),
            None => policy.field(name, value),
        };
    }
    for region in [None, Some("us-east-1")] {
        let config = Config::new("http://127.0.0.1:9").credentials(Credentials::new("AKID", "s3cr3t/key"));
        let client = Client::new(region.map_or(config.clone(), |region| config.region(region))).unwrap();
        match client.presign_post_object("my-bucket", &policy, HOUR) {
            Ok(form) => {
                // a name ends up in an HTML attribute and in a Content-Disposition header
                for (name, _) in &form.fields {
                    assert!(!name.contains(['"', '\'', '\\', '\r', '\n']), "{name:?}");
                }
            }
            Err(error) => check_error(&error),
        }
        let object = ObjectMetadata::from_headers(1, text.lines().map(|line| ("x-amz-meta-a", line)));
        drop(format!("{object:?}"));
    }
    let client = Client::new(Config::new("http://127.0.0.1:9").region("r")).unwrap();
    check(client.object_url("my-bucket", &text));
    check(client.object_url(&text, "k"));
    check(client.put_bucket_policy(&text, "{"));
    drop(Body::from(data.to_vec()));
}
