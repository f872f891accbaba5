//! Errors about a bucket or one of its settings.

use plain_s3::{CannedAcl, Client, CreateBucketOptions, Result, Versioning};

use super::{Section, at_host, call, client_of, coded, entry, get, text};
use crate::fake_server::{FakeServer, Response};

pub(super) fn section() -> Section {
    let create = |client: &Client| client.create_bucket("b");
    let located = |client: &Client| {
        client.create_bucket_with("b", &CreateBucketOptions::new().location_constraint("eu-west-1"))
    };
    let acl = |client: &Client| client.put_object_acl("b", "k", CannedAcl::PublicRead);
    let entries = vec![
        entry("NoSuchBucket", coded(404, "NoSuchBucket", get), "`Client::list_buckets` lists your buckets."),
        entry(
            "NoSuchBucket",
            coded(404, "NoSuchBucket", |client| client.list_buckets()),
            "A Ceph gateway that \
            does not know its own host name returns this.",
        ),
        entry("NotFound", call(|| Response::new(404), |client| client.head_bucket("b")), ""),
        entry("NotFound", call(|| Response::new(404), |client| client.head_object("b", "k")), ""),
        entry("BucketNotEmpty", coded(409, "BucketNotEmpty", |client| client.delete_bucket("b")), ""),
        entry("BucketNotEmpty", not_empty_after_all(), ""),
        entry("BucketAlreadyExists", coded(409, "BucketAlreadyExists", create), ""),
        entry("BucketAlreadyOwnedByYou", coded(409, "BucketAlreadyOwnedByYou", create), ""),
        entry("InvalidBucketName", coded(400, "InvalidBucketName", create), ""),
        entry(
            "TooManyBuckets",
            coded(400, "TooManyBuckets", create),
            "On Ceph, the user's `max_buckets` is the limit.",
        ),
        entry(
            "IllegalLocationConstraintException",
            coded(400, "IllegalLocationConstraintException", create),
            "",
        ),
        entry("InvalidLocationConstraint", coded(400, "InvalidLocationConstraint", located), ""),
        entry(
            "AccessControlListNotSupported",
            change(400, "AccessControlListNotSupported", "The bucket does not allow ACLs", acl),
            "",
        ),
        entry(
            "MalformedPolicy",
            change(400, "MalformedPolicy", "Invalid principal in policy", |client| {
                client.put_bucket_policy("b", "{}")
            }),
            "",
        ),
        entry(
            "InvalidBucketState",
            change(
                409,
                "InvalidBucketState",
                "An Object Lock configuration is present on this bucket",
                |client| client.put_bucket_versioning("b", Versioning::Suspended),
            ),
            "",
        ),
        entry("NoSuchAccessPoint", coded(404, "NoSuchAccessPoint", get), ""),
        entry(
            "is sent before every change",
            coded(403, "AccessDenied", |client| client.put_bucket_policy("b", "{}")),
            "The access key needs both permissions: to read the setting and to change it.",
        ),
    ];
    Section { title: "Buckets and settings", introduction: "", entries }
}

/// Returns the error of a change if the setting can be read, but not changed.
pub(super) fn change(
    status: u16,
    code: &'static str,
    message: &'static str,
    f: impl FnOnce(&Client) -> Result<()>,
) -> String {
    let server = FakeServer::serve(move |request| match request.method() {
        "GET" if request.query_value("policy").is_some() => Response::new(200).body("{}"),
        "GET" if request.query_value("acl").is_some() => Response::xml("<AccessControlPolicy/>"),
        "GET" => Response::xml("<VersioningConfiguration/>"),
        _ => Response::new(status)
            .header("x-amz-request-id", "tx-fake")
            .body(format!("<Error><Code>{code}</Code><Message>{message}</Message></Error>")),
    });
    at_host(&server, &text(f(&client_of(&server))))
}

/// Returns the error of force_delete_bucket if something is stored meanwhile.
fn not_empty_after_all() -> String {
    let server = FakeServer::serve(|request| match request.method() {
        "DELETE" => Response::error(409, "BucketNotEmpty"),
        _ if request.query_value("uploads").is_some() => Response::xml("<ListMultipartUploadsResult/>"),
        _ => Response::xml("<ListVersionsResult/>"),
    });
    at_host(&server, &text(client_of(&server).force_delete_bucket("b")))
}
