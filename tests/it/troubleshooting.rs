//! Provokes the errors that users meet, and generates docs/troubleshooting.md from their texts.
//!
//! `S3_TEST_UPDATE=1 cargo test troubleshooting` writes the page.

use std::{env, fs};

use plain_s3::{
    Client, Credentials, DownloadOptions, Error, GetObjectOptions, ListOptions, PutObjectOptions, RawRequest,
    Result, RetryPolicy,
};

use crate::clients::{ACCESS_KEY, anonymous_client, config, config_at, credentials};
use crate::fake_server::{FakeServer, Response};
use crate::support::TempDir;

const PAGE: &str = "docs/troubleshooting.md";

const INTRODUCTION: &str = "# Troubleshooting

Find the text of your error on this page to see what it means and what to do. An error text has these parts, if they are
known: the action and what it was applied to, the status and the code of the server, the request ID for the operator of
the server, and advice. The server is `s3.example.com` here, the bucket `b` and the key `k`.

In code, use `Error::kind`, `Error::code` and predicates such as `is_not_found`. To see every attempt and retry, set
`Config::on_event`.

A test provokes each of these errors and generates this page, so the texts are current.
";

/// An error as the page shows it.
struct Entry {
    text: String,
    meaning: &'static str,
    remedy: &'static str,
}

fn entry<T>(result: Result<T>, meaning: &'static str, remedy: &'static str) -> Entry {
    let Err(error) = result else { panic!("the call succeeded: {meaning}") };
    Entry { text: error.to_string(), meaning, remedy }
}

/// Fails to read the object `k` because the server returns `response` to every attempt.
fn read_error(response: impl Fn() -> Response + Send + 'static) -> Error {
    call(response, |client| client.get_object("b", "k").and_then(|object| object.bytes()).map(drop))
}

/// Fails to call the server, which returns `response` to every attempt.
fn call(response: impl Fn() -> Response + Send + 'static, call: impl FnOnce(&Client) -> Result<()>) -> Error {
    let server = FakeServer::serve(move |_| response());
    let client = Client::new(config(&server).region("us-east-1").retry(RetryPolicy::none())).unwrap();
    let error = call(&client).expect_err("the call succeeded");
    let text = error.to_string().replace(&server.authority(), "s3.example.com");
    Error::new(error.kind(), text.replace(&format!("{}", server.port()), "PORT"))
}

fn coded(status: u16, code: &'static str, f: impl FnOnce(&Client) -> Result<()>) -> Result<()> {
    Err(call(move || Response::error(status, code), f))
}

fn input() -> Vec<Entry> {
    let client = Client::new(config_at("http://s3.example.com").region("us-east-1")).unwrap();
    let new = |endpoint: &str| Client::new(config_at(endpoint));
    let as_user = |access: &str, secret: &str| {
        Client::new(config_at("http://s3.example.com").credentials(Credentials::new(access, secret)))
    };
    let put = |options: PutObjectOptions| client.put_object_with("b", "k", "content", &options);
    vec![
        entry(new("s3.example.com"), "The endpoint is not a URL.", "Add `https://` or `http://`."),
        entry(
            new("ftp://s3.example.com"),
            "Only HTTP and HTTPS are supported.",
            "Use the URL of the S3 API.",
        ),
        entry(
            new("https://s3.eu-west-1.amazonaws.com/my-bucket"),
            "The endpoint is that of the whole server.",
            "Remove the bucket, and pass its name to each call.",
        ),
        entry(
            new("https://s3.example.com:0"),
            "The port is not from 1 to 65535.",
            "Correct or omit the port.",
        ),
        entry(
            new("https://user:password@s3.example.com"),
            "Credentials in the endpoint would be shown in logs.",
            "Use `Config::credentials`.",
        ),
        entry(
            Client::new(config_at("http://s3.example.com").region("eu west")),
            "A region is a name such as `eu-west-1`.",
            "Use the name that the provider gives. [providers.md][providers.md] lists them.",
        ),
        entry(
            Client::new(config_at("http://s3.example.com").proxy("socks5://proxy:1")),
            "Only HTTP proxies are supported.",
            "Use the HTTP port of the proxy.",
        ),
        entry(
            as_user("", "secret"),
            "The access key is missing.",
            "Check the variable or file it is read from.",
        ),
        entry(
            as_user("access", ""),
            "The secret key is missing.",
            "Check the variable or file it is read from.",
        ),
        entry(
            as_user("access", "secret\n"),
            "The secret key was probably read from a file or a command with its line break.",
            "Remove white space, for example with `trim`.",
        ),
        entry(client.head_bucket(""), "The name is empty.", "Check the variable that contains it."),
        entry(
            client.head_bucket("a/b"),
            "A key cannot be part of the name.",
            "Pass bucket and key separately.",
        ),
        entry(client.get_object("b", ""), "The key is empty.", "Check the variable that contains it."),
        entry(
            client.get_object("b", &"k".repeat(1025)),
            "No server stores keys of this length.",
            "Use a shorter key, for example a hash of the name.",
        ),
        entry(
            put(PutObjectOptions::new().metadata("a b", "1")),
            "The name of the metadata entry becomes part of a header name.",
            "Use letters, digits and hyphens.",
        ),
        entry(
            put(PutObjectOptions::new().metadata("a", "1\n2")),
            "A header value is one line.",
            "Remove line breaks, or encode the value.",
        ),
        entry(
            put(PutObjectOptions::new().sha256("abc")),
            "A SHA-256 has 64 hexadecimal digits.",
            "Pass the output of `sha256sum` without the file name.",
        ),
        entry(
            client.get_object_with("b", "k", &GetObjectOptions::new().range(5..5)),
            "The range contains no byte.",
            "The end of a range is not part of it: `0..5` is the first five bytes.",
        ),
        entry(
            client.list_objects_with("b", &ListOptions::new().page_size(1001)).next().unwrap(),
            "Servers return at most 1000 entries per page.",
            "Omit the page size: the iterator fetches as many pages as there are.",
        ),
        entry(
            client.get_object_with("b", "k", &GetObjectOptions::new().version_id("")),
            "Without an ID, another version would be used.",
            "Omit the option for the latest version.",
        ),
        entry(
            client.presign_get_object("b", "k", std::time::Duration::from_secs(8 * 24 * 3600)),
            "Signature V4 limits presigned URLs.",
            "Sign a new URL when it is needed.",
        ),
        entry(
            client.send_raw(
                &RawRequest::new(plain_s3::Method::Put).bucket("b").key("k").header("host", "h"),
                "",
            ),
            "The client computes this header.",
            "Omit it.",
        ),
    ]
}

fn server_errors() -> Vec<Entry> {
    let get = |client: &Client| client.get_object("b", "k").map(drop);
    let put = |client: &Client| client.put_object("b", "k", "content").map(drop);
    let delete_bucket = |client: &Client| client.delete_bucket("b");
    let create_bucket = |client: &Client| client.create_bucket("b");
    let unsigned = FakeServer::serve(|_| Response::error(403, "AccessDenied"));
    let unsigned = anonymous_client(&unsigned).get_object("b", "k");
    let free = |client: &Client| {
        client.put_object_with("b", "k", "content", &PutObjectOptions::new().if_none_exists()).map(drop)
    };
    let known = |client: &Client| {
        client.put_object_with("b", "k", "content", &PutObjectOptions::new().if_match("\"1\"")).map(drop)
    };
    let part = |client: &Client| client.upload_part("b", "k", "an-id", 1, "content").map(drop);
    let acl = |client: &Client| client.put_object_acl("b", "k", plain_s3::CannedAcl::PublicRead);
    vec![
        entry(
            coded(403, "SignatureDoesNotMatch", get),
            "The server computed another signature.",
            "Correct the secret key. If it is right, a proxy may change requests: `Error::string_to_sign` and \
             `Error::server_string_to_sign` show the difference.",
        ),
        entry(
            coded(403, "InvalidAccessKeyId", get),
            "The access key is unknown.",
            "Use that of this server.",
        ),
        entry(coded(400, "ExpiredToken", get), "Temporary credentials expire.", "Renew them."),
        entry(
            coded(400, "InvalidToken", get),
            "The three credentials do not belong together.",
            "Get a new set of all three.",
        ),
        entry(
            coded(403, "RequestTimeTooSkewed", get),
            "Signatures contain the time.",
            "Synchronise the clock.",
        ),
        entry(
            coded(403, "AccessDenied", get),
            "The credentials are valid, but not for this.",
            "Ask the owner.",
        ),
        entry(unsigned, "The object is not public.", "Set credentials."),
        entry(
            coded(404, "NoSuchBucket", get),
            "The bucket name or the endpoint is wrong.",
            "`Client::list_buckets` lists your buckets.",
        ),
        entry(coded(404, "NoSuchKey", get), "No object has this key.", "Check case, slashes and prefix."),
        entry(coded(404, "NoSuchUpload", part), "The multipart upload has ended.", "Start a new one."),
        entry(
            coded(403, "InvalidObjectState", get),
            "The storage class is an archive.",
            "Restore it, and wait.",
        ),
        entry(
            coded(416, "InvalidRange", get),
            "The object is shorter than the range.",
            "Check its size first.",
        ),
        entry(
            coded(412, "PreconditionFailed", free),
            "The key was not free.",
            "Use another key, or keep the object.",
        ),
        entry(
            coded(412, "PreconditionFailed", known),
            "The object has changed.",
            "Read it again, and repeat.",
        ),
        entry(
            Err::<(), _>(call(
                || {
                    Response::from_fn(|request| match request.method() {
                        "GET" => Response::xml("<AccessControlPolicy/>"),
                        _ => Response::error(400, "AccessControlListNotSupported"),
                    })
                },
                acl,
            )),
            "The bucket does not use ACLs.",
            "Use a bucket policy.",
        ),
        entry(coded(400, "EntityTooLarge", put), "The server limits single requests.", "Upload in parts."),
        entry(coded(403, "QuotaExceeded", put), "Your space is used up.", "Delete something."),
        entry(coded(409, "BucketNotEmpty", delete_bucket), "The bucket has contents.", "Delete them first."),
        entry(coded(409, "BucketAlreadyExists", create_bucket), "The name is taken.", "Choose another."),
        entry(
            coded(400, "InvalidBucketName", create_bucket),
            "The server is stricter.",
            "Choose another name.",
        ),
        entry(
            coded(301, "PermanentRedirect", get),
            "The bucket is in another region.",
            "Set the region of the bucket and its endpoint.",
        ),
        entry(
            coded(501, "NotImplemented", acl),
            "The server lacks this action.",
            "See [compatibility.md][compatibility.md].",
        ),
        entry(
            coded(503, "SlowDown", get),
            "The server is overloaded.",
            "Send fewer requests at once, or retry later.",
        ),
        entry(
            coded(500, "InternalError", get),
            "The server failed.",
            "Report the request ID to its operator.",
        ),
    ]
}

fn responses() -> Vec<Entry> {
    let page =
        || Response::new(200).body("<html><head><title>Welcome to nginx!</title></head><body/></html>");
    let list = |client: &Client| client.list_buckets().map(drop);
    vec![
        entry(
            Err::<(), _>(call(page, list)),
            "The endpoint is a web page, such as the console of the server.",
            "Use the URL of the S3 API. A proxy or a login page may also be in between.",
        ),
        entry(
            Err::<(), _>(call(|| Response::new(502).body("<html><title>Bad Gateway</title></html>"), list)),
            "A proxy in front of the server cannot reach it.",
            "Try again later, or ask the operator.",
        ),
        entry(
            Err::<(), _>(read_error(|| Response::raw(&b"SSH-2.0-OpenSSH_9.2\r\n\r\n"[..]))),
            "Another service uses this port.",
            "Check host and port of the endpoint.",
        ),
        entry(
            Err::<(), _>(read_error(|| {
                Response::new(200)
                    .header("etag", "\"9a0364b9e99bb480dd25e1f0284c8555\"")
                    .body("other content")
            })),
            "The content was damaged on its way, in a cache or on the server. Nothing of it was kept.",
            "Try again. If the error is permanent, the object itself is damaged: upload it again.",
        ),
    ]
}

fn files() -> Vec<Entry> {
    let folder = TempDir::new();
    let server = FakeServer::serve(|_| Response::content("content"));
    let client = Client::new(config(&server).credentials(credentials())).unwrap();
    let target = folder.join("missing/file");
    let resume = DownloadOptions::new();
    let shown = |result: Result<()>| -> Result<()> {
        result.map_err(|error| {
            let text = error.to_string().replace(folder.path().to_str().unwrap(), "/home/you");
            Error::new(error.kind(), text.replace(&server.authority(), "s3.example.com"))
        })
    };
    vec![
        entry(
            shown(client.upload_file("b", "k", folder.join("missing")).map(drop)),
            "The local file does not exist.",
            "Check the path. Relative paths start at the current directory.",
        ),
        entry(
            shown(client.upload_file("b", "k", folder.path()).map(drop)),
            "The path is that of a directory.",
            "Use `Client::upload_folder`.",
        ),
        entry(
            shown(client.download_file_with("b", "k", &target, &resume).map(drop)),
            "The directory of the target does not exist.",
            "Create it with `std::fs::create_dir_all`.",
        ),
    ]
}

#[test]
fn troubleshooting_shows_the_errors_that_users_meet() {
    let mut page = INTRODUCTION.to_owned();
    for (title, entries) in [
        ("Input: rejected before anything is sent", input()),
        ("Errors of the server", server_errors()),
        ("Responses that are not usable", responses()),
        ("Local files", files()),
    ] {
        page += &format!("\n## {title}\n");
        for Entry { text, meaning, remedy } in entries {
            assert!(text.len() < 700 && !text.contains("s3cr3t"), "{text}");
            page += &format!("\n```text\n{text}\n```\n\n{meaning} {remedy}\n");
        }
    }
    page = page.replace(ACCESS_KEY, "AKID");
    page += "\n[compatibility.md]: compatibility.md\n[providers.md]: providers.md\n";
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join(PAGE);
    if env::var("S3_TEST_UPDATE").is_ok_and(|value| value == "1") {
        fs::write(&path, &page).unwrap();
    }
    let update = format!("update {PAGE} with S3_TEST_UPDATE=1 cargo test troubleshooting");
    assert!(fs::read_to_string(&path).unwrap_or_default() == page, "{update}");
}
