//! Presigned URLs and forms, used by the program that most people use them with: the real curl.

use std::fs;
use std::process::{Command, Stdio};
use std::time::Duration;

use plain_s3::{
    CannedAcl, Client, GetObjectOptions, Method, Payer, PostPolicy, PresignedUrl, PutObjectOptions,
    RawRequest, SignatureVersion,
};

use super::fixture::{TempDir, TestBucket};
use super::forms;
use super::gaps;
use super::server::Variant;
use super::support::skip;

const HOUR: Duration = Duration::from_secs(3600);
/// Every character that a shell, curl's globbing or a decoding proxy could change.
const KEY: &str = "a b+c%2F/é?#&='[1-2]{x,y}\"$;~";
const PAYER: &str = "x-amz-request-payer";

/// Runs curl as its manual suggests, without options that change how it treats URLs.
struct Curl {
    folder: TempDir,
    /// The arguments of every call.
    common: Vec<String>,
}

struct Response {
    status: u16,
    head: String,
    body: Vec<u8>,
}

impl Response {
    /// Returns the value of a header. The name must be in lower case.
    fn header(&self, name: &str) -> Option<&str> {
        let fields = self.head.lines().filter_map(|line| line.split_once(':'));
        fields.filter(|(n, _)| n.eq_ignore_ascii_case(name)).map(|(_, value)| value.trim()).next_back()
    }

    fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }
}

impl Curl {
    /// Returns `None` and reports it if curl is not installed.
    fn find(variant: &Variant<'_>) -> Option<Self> {
        if !Command::new("curl").arg("--version").stdout(Stdio::null()).status().is_ok_and(|s| s.success()) {
            skip("presigned URLs are not tested with curl: it is not installed");
            return None;
        }
        let folder = TempDir::create();
        // -q: the user's ~/.curlrc is not part of the test.
        let mut common: Vec<String> = ["-q", "-sS", "--max-time", "60"].map(str::to_owned).into();
        if let Some(pem) = variant.ca_pem {
            fs::write(folder.join("ca.pem"), pem).unwrap();
            common.extend(["--cacert".to_owned(), folder.join("ca.pem").to_str().unwrap().to_owned()]);
        }
        Some(Self { folder, common })
    }

    /// Sends a request with the method, URL and headers of a presigned URL.
    fn send(&self, url: &PresignedUrl, body: Option<&[u8]>) -> Response {
        let mut arguments: Vec<String> = match url.method {
            // With `-X HEAD`, curl would wait for a body.
            "HEAD" => vec!["-I".to_owned()],
            method => vec!["-X".to_owned(), method.to_owned()],
        };
        for (name, value) in &url.headers {
            arguments.extend(["-H".to_owned(), format!("{name}: {value}")]);
        }
        if let Some(body) = body {
            arguments.extend(["-T".to_owned(), self.file("upload", body)]);
        }
        arguments.push(url.url.clone());
        self.run(&arguments)
    }

    fn run(&self, arguments: &[String]) -> Response {
        let (head, body) = (self.folder.join("head"), self.folder.join("body"));
        fs::write(&body, "").unwrap(); // curl creates no file for an empty body
        let output = Command::new("curl")
            .args(&self.common)
            .args(["-w", "%{http_code}", "-D"])
            .args([&head, std::path::Path::new("-o"), &body])
            .args(arguments)
            .output()
            .unwrap();
        let error = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "curl failed: {error}; arguments: {arguments:?}");
        Response {
            status: String::from_utf8(output.stdout).unwrap().parse().unwrap(),
            head: String::from_utf8_lossy(&fs::read(head).unwrap()).into_owned(),
            // For HEAD, curl writes the head to the output.
            body: if arguments[0] == "-I" { Vec::new() } else { fs::read(body).unwrap() },
        }
    }

    fn file(&self, name: &str, content: &[u8]) -> String {
        fs::write(self.folder.join(name), content).unwrap();
        self.folder.join(name).to_str().unwrap().to_owned()
    }
}

/// Checks the status of a response. The body of an error response says what was wrong.
#[track_caller]
fn assert_status(response: &Response, status: u16) {
    assert_eq!(response.status, status, "{}{}", response.head, response.text());
}

pub(crate) fn objects(variant: &Variant<'_>) {
    let Some(curl) = Curl::find(variant) else { return };
    let client = variant.client();
    let bucket = TestBucket::create(&client);
    object_operations(&curl, &client, &bucket);

    let options = PutObjectOptions::new().content_type("text/plain").metadata("colour", "light blue");
    let put = client.presign_put_object_with(&bucket, KEY, HOUR, &options).unwrap();
    assert_eq!(put.headers.len(), 2);
    assert_status(&curl.send(&put, Some(b"Hello World!")), 200);
    let head = client.head_object(&bucket, KEY).unwrap();
    assert_eq!((head.content_type.as_deref(), head.content_length), (Some("text/plain"), 12));
    assert_eq!(head.metadata["colour"], "light blue");

    let part = GetObjectOptions::new().range(6..11);
    let get = client.presign_get_object_with(&bucket, KEY, HOUR, &part).unwrap();
    let response = curl.send(&get, None);
    gaps::RANGE_STATUS.check_eq(response.status, 206);
    assert_eq!(response.text(), "World");
    let get = client.presign_get_object_with(&bucket, KEY, HOUR, &part.response_content_type("image/png"));
    let response = curl.send(&get.unwrap(), None);
    gaps::RESPONSE_OVERRIDES
        .check_eq((response.text().as_str(), response.header("content-type")), ("World", Some("image/png")));

    let ranged = GetObjectOptions::new().if_match("0123456789abcdef0123456789abcdef");
    let get = client.presign_get_object_with(&bucket, KEY, HOUR, &ranged).unwrap();
    gaps::CONDITIONAL_READS.check_eq(curl.send(&get, None).status, 412);

    let mut unsent = put;
    unsent.headers.retain(|(name, _)| name != "x-amz-meta-colour");
    gaps::URL_SIGNATURES.check_eq(curl.send(&unsent, Some(b"x")).status, 403);
}

/// Stores, reads, lists and deletes an object with URLs that need no headers.
fn object_operations(curl: &Curl, client: &Client, bucket: &str) {
    let needs_no_header = |url: PresignedUrl| {
        assert_eq!(url.headers, [], "{url}");
        url
    };
    let put = needs_no_header(client.presign_put_object(bucket, KEY, HOUR).unwrap());
    assert_status(&curl.send(&put, Some(b"content")), 200);
    assert_eq!(client.get_object(bucket, KEY).unwrap().text().unwrap(), "content");

    let get = needs_no_header(client.presign_get_object(bucket, KEY, HOUR).unwrap());
    let response = curl.send(&get, None);
    assert_status(&response, 200);
    assert_eq!(response.body, b"content");

    let head = needs_no_header(client.presign_head_object(bucket, KEY, HOUR).unwrap());
    let response = curl.send(&head, None);
    assert_status(&response, 200);
    assert_eq!(response.header("content-length"), Some("7"));
    let mut as_get = head;
    as_get.method = "GET";
    gaps::URL_SIGNATURES.check_eq(curl.send(&as_get, None).status, 403);

    let listing = RawRequest::new(Method::Get).bucket(bucket).query("list-type", "2").query("prefix", "a b+");
    let response = curl.send(&needs_no_header(client.presign(&listing, HOUR).unwrap()), None);
    assert_status(&response, 200);
    assert!(response.text().contains("<Prefix>a b+</Prefix>"), "{}", response.text());
    assert!(response.text().contains("<KeyCount>1</KeyCount>"), "{}", response.text());

    let delete = needs_no_header(client.presign_delete_object(bucket, KEY, HOUR).unwrap());
    assert_status(&curl.send(&delete, None), 204);
    assert!(client.head_object(bucket, KEY).unwrap_err().is_not_found());
    assert_status(&curl.send(&get, None), 404);
}

pub(crate) fn multipart_upload(variant: &Variant<'_>) {
    let Some(curl) = Curl::find(variant) else { return };
    let client = variant.client();
    let bucket = TestBucket::create(&client);
    gaps::URL_UPLOADS.attempt(|| upload_in_parts(&curl, &client, &bucket));
}

/// Completes one multipart upload, and aborts another one.
fn upload_in_parts(curl: &Curl, client: &Client, bucket: &str) {
    let create = || {
        let url = client.presign_create_multipart_upload(bucket, KEY, HOUR).unwrap();
        let response = curl.send(&url, None);
        assert_status(&response, 200);
        between(&response.text(), "<UploadId>", "<")
    };
    let id = create();
    let parts = [vec![b'a'; 5 << 20], b"the end".to_vec()];
    let mut document = "<CompleteMultipartUpload>".to_owned();
    for (number, content) in (1..).zip(&parts) {
        let url = client.presign_upload_part(bucket, KEY, &id, number, HOUR).unwrap();
        let response = curl.send(&url, Some(content));
        assert_status(&response, 200);
        let e_tag = response.header("etag").expect("an ETag");
        document += &format!("<Part><PartNumber>{number}</PartNumber><ETag>{e_tag}</ETag></Part>");
    }
    document += "</CompleteMultipartUpload>";
    let url = client.presign_complete_multipart_upload(bucket, KEY, &id, HOUR).unwrap();
    let response = curl.send(&url, Some(document.as_bytes()));
    assert_status(&response, 200);
    assert!(!response.text().contains("<Error>"), "{}", response.text());
    assert!(client.get_object(bucket, KEY).unwrap().bytes().unwrap() == parts.concat());

    let id = create();
    let part = client.presign_upload_part(bucket, KEY, &id, 1, HOUR).unwrap();
    assert_status(&curl.send(&part, Some(b"x")), 200);
    let abort = client.presign_abort_multipart_upload(bucket, KEY, &id, HOUR).unwrap();
    assert_status(&curl.send(&abort, None), 204);
    gaps::ABORTED_UPLOADS.check_eq(curl.send(&part, Some(b"x")).status, 404);
    gaps::LIST_UPLOADS.check_eq(client.list_multipart_uploads(bucket).count(), 0);
}

pub(crate) fn form(variant: &Variant<'_>) {
    if gaps::FORMS.is_gap() {
        return; // covered by forms::accepted
    }
    let Some(curl) = Curl::find(variant) else { return };
    let client = variant.client();
    let bucket = TestBucket::create(&client);
    let policy = PostPolicy::new("inbox/é @<;\"quoted\".txt")
        .content_type("text/plain")
        .content_length_range(1..=100)
        .success_action_status(201);
    let form = client.presign_post_object(&bucket, &policy, HOUR).unwrap();
    let submit = |content: &[u8]| {
        let mut arguments = Vec::new();
        for (name, value) in &form.fields {
            // -F would interpret `@`, `<` and `;` in a value.
            arguments.extend(["--form-string".to_owned(), format!("{name}={value}")]);
        }
        arguments.extend([
            "-F".to_owned(),
            format!("file=@{}", curl.file("upload", content)),
            form.url.clone(),
        ]);
        curl.run(&arguments)
    };
    assert_status(&submit(b"content"), 201);
    let mut object = client.get_object(&bucket, "inbox/é @<;\"quoted\".txt").unwrap();
    assert_eq!(object.metadata.content_type.take().as_deref(), Some("text/plain"));
    assert_eq!(object.text().unwrap(), "content");
    // more than the policy allows
    gaps::FORM_POLICY.check(forms::is_rejected(submit(&[b'x'; 101]).status));
    assert_eq!(client.list_objects(&bucket).count(), 1);
}

/// With Signature V4, the payer and the expected owner are in the URL, so whoever uses it sends no header.
pub(crate) fn requester(variant: &Variant<'_>) {
    let Some(curl) = Curl::find(variant) else { return };
    let client = variant.client();
    let bucket = TestBucket::create(&client);
    if gaps::ACLS.is_gap() {
        return; // the owner is not known
    }
    let owner = client.get_bucket_acl(&bucket).unwrap().owner.expect("the owner of the bucket").id;
    let config = || variant.config().credentials(variant.server.user.clone()).request_payer();
    let expecting = |owner: &str| Client::new(config().expected_bucket_owner(owner)).unwrap();
    let paying = expecting(&owner);
    let is_v4 = variant.signature == SignatureVersion::V4;
    let get = paying.presign_get_object(&bucket, KEY, HOUR).unwrap();
    assert_eq!(get.url.contains(&format!("{PAYER}=requester")), is_v4, "{get}");
    assert_eq!(get.url.contains("x-amz-expected-bucket-owner="), is_v4, "{get}");
    object_operations(&curl, &paying, &bucket);
    gaps::URL_UPLOADS.attempt(|| upload_in_parts(&curl, &paying, &bucket));
    if !is_v4 {
        return;
    }
    let wrong = expecting("000000000000").presign_get_object(&bucket, KEY, HOUR).unwrap();
    assert_eq!(wrong.headers, []);
    gaps::EXPECTED_OWNER.check(match curl.send(&wrong, None).status {
        403 => Ok(()),
        other => Err(format!("status {other} for another owner")),
    });
}

/// In a Requester Pays bucket, the URL of another user works only if it contains the payer.
pub(crate) fn requester_pays(variant: &Variant<'_>) {
    let Some(curl) = Curl::find(variant) else { return };
    let (Some(other), Some(credentials)) = (variant.other(), variant.server.other()) else { return };
    let client = variant.client();
    let bucket = TestBucket::create(&client);
    let public = PutObjectOptions::new().acl(CannedAcl::PublicRead);
    client.put_object_with(&bucket, KEY, "content", &public).unwrap();
    let set = client.put_bucket_request_payment(&bucket, Payer::Requester);
    let Some(()) = gaps::REQUEST_PAYMENT.supported(set) else { return };

    assert_status(&curl.send(&other.presign_get_object(&bucket, KEY, HOUR).unwrap(), None), 403);
    let paying = Client::new(variant.config().credentials(credentials).request_payer()).unwrap();
    let url = paying.presign_get_object(&bucket, KEY, HOUR).unwrap();
    assert_eq!(url.headers, []);
    // V2 has no place for the payer in the URL.
    let expected = if variant.signature == SignatureVersion::V4 { 200 } else { 403 };
    assert_status(&curl.send(&url, None), expected);

    // With either version, a header of the call confirms it.
    let options = GetObjectOptions::new().header(PAYER, "requester");
    let url = other.presign_get_object_with(&bucket, KEY, HOUR, &options).unwrap();
    assert_eq!(url.headers.len(), usize::from(variant.signature == SignatureVersion::V2));
    let response = curl.send(&url, None);
    assert_status(&response, 200);
    assert_eq!(response.body, b"content");
}

fn between(text: &str, start: &str, end: &str) -> String {
    let rest = text.split_once(start).unwrap_or_else(|| panic!("no {start} in {text}")).1;
    rest.split(end).next().unwrap().to_owned()
}
