//! Arguments that are rejected before anything is sent.

use std::time::Duration;

use plain_s3::{
    Acl, Body, Client, GetObjectOptions, ListOptions, Method, PostPolicy, PutObjectOptions, RawRequest,
    UploadOptions,
};

use super::{Section, entry, offline, text};
use crate::clients::config_at;

const DAY: Duration = Duration::from_secs(24 * 3600);

pub(super) fn section() -> Section {
    let client = offline();
    let put = |options: PutObjectOptions| text(client.put_object_with("b", "k", "content", &options));
    let get = |options: GetObjectOptions| text(client.get_object_with("b", "k", &options));
    let signing =
        Client::new(config_at("https://s3.example.com").region("us-east-1").sign_payload()).unwrap();
    let anonymous = Client::new(config_at("https://s3.example.com").anonymous()).unwrap();
    let aws = Client::new(config_at("https://s3.us-east-1.amazonaws.com").region("us-east-1")).unwrap();
    let v2 = Client::new(config_at("https://s3.us-east-1.amazonaws.com")).unwrap();
    let supabase =
        Client::new(config_at("https://abc.supabase.co/storage/v1/s3").region("us-east-1")).unwrap();
    let at_least = 5;
    let mut no_owner = Acl::new("larry");
    no_owner.owner = None;
    let raw = RawRequest::new(Method::Put).bucket("b").key("k");
    let entries = vec![
        entry(
            "the bucket name is empty",
            text(client.head_bucket("")),
            "Check the variable that contains it.",
        ),
        entry("the bucket name contains", text(client.head_bucket("a/b")), ""),
        entry("the bucket name is too long", text(client.head_bucket(&"b".repeat(256))), ""),
        entry("the ARN is that of another resource", text(client.head_bucket("arn:aws:s3:::b")), ""),
        entry(
            "only AWS serves an access point",
            text(client.head_bucket("arn:aws:s3:eu-west-1:123456789012:accesspoint/data")),
            "",
        ),
        entry(
            "requires Signature V4",
            text(v2.head_bucket("arn:aws:s3:us-east-1:123456789012:accesspoint/data")),
            "",
        ),
        entry("is the name of a directory bucket", text(aws.head_bucket("b--use1-az4--x-s3")), ""),
        entry("the key is empty", text(client.get_object("b", "")), "Check the variable that contains it."),
        entry(
            "the key is too long",
            text(client.get_object("b", &"k".repeat(1025))),
            "A hash of the name, for example, is shorter.",
        ),
        entry("the header name contains", put(PutObjectOptions::new().metadata("a b", "1")), ""),
        entry("contains the control character", put(PutObjectOptions::new().metadata("a", "1\n2")), ""),
        entry("starts or ends with white space", put(PutObjectOptions::new().metadata("a", " 1")), ""),
        entry("is set by the client itself", text(client.send_raw(&raw.header("host", "h"), "")), ""),
        entry("holds an encryption key", put(PutObjectOptions::new().sse_customer_key([1; 32])), ""),
        entry(
            "does not consist of 64 hexadecimal digits",
            put(PutObjectOptions::new().sha256("abc")),
            "`sha256sum` prints the digits and then the name of the file.",
        ),
        entry(
            "the range is empty",
            get(GetObjectOptions::new().range(5..5)),
            "`0..5` is the first five bytes.",
        ),
        entry("the version ID is empty", get(GetObjectOptions::new().version_id("")), ""),
        entry(
            "the page size is out of range",
            text(client.list_objects_with("b", &ListOptions::new().page_size(1001)).next().unwrap()),
            "Without this option, the iterator fetches as many pages as there are.",
        ),
        entry("the prefix is empty", text(client.delete_prefix("b", "")), ""),
        entry("the upload ID is empty", text(client.upload_part("b", "k", "", 1, "x")), ""),
        entry("the part number is invalid", text(client.upload_part("b", "k", "id", 0, "x")), ""),
        entry(
            "the part size is out of range",
            text(client.upload_reader_with("b", "k", &b"x"[..], &UploadOptions::new().part_size(1))),
            "",
        ),
        entry("the list of parts is empty", text(client.complete_multipart_upload("b", "k", "id", &[])), ""),
        entry(
            "its SHA-256 cannot be signed",
            text(signing.put_object("b", "k", Body::from_reader(&b"x"[..], 1))),
            "`Config::sign_payload` is set.",
        ),
        entry(
            "the expiry is too long",
            text(client.presign_get_object("b", "k", 8 * DAY)),
            "Sign a new URL when it is needed.",
        ),
        entry(
            "a URL cannot be presigned without credentials",
            text(anonymous.presign_get_object("b", "k", DAY)),
            "",
        ),
        entry(
            "the length range is empty",
            text(client.presign_post_object(
                "b",
                &PostPolicy::new("k").content_length_range(at_least..=3),
                DAY,
            )),
            "",
        ),
        entry("the policy is not a JSON object", text(client.put_bucket_policy("b", "allow everything")), ""),
        entry("the ACL has no owner", text(client.put_object_acl("b", "k", no_owner)), ""),
        entry(
            "Supabase does not support",
            text(supabase.put_object_tagging("b", "k", [("a", "b")])),
            "The server ignores the name of the setting, and stores an object.",
        ),
        entry("both keys are the same", text(client.rename_object("b", "k", "k")), ""),
    ];
    Section {
        title: "Arguments",
        introduction: "These errors have the kind `InvalidInput`. Nothing was sent.",
        entries,
    }
}
