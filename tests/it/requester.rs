//! The payer and the bucket owner of the configuration, which belong to every request for an existing bucket.

use plain_s3::{
    AclOptions, BucketEncryption, CannedAcl, Client, CompleteMultipartUploadOptions, CompletedPart,
    CopyObjectOptions, CorsRule, DeleteObjectOptions, DeleteObjectsOptions, GetObjectOptions, LegalHold,
    LifecycleRule, Method, ObjectAttributesOptions, ObjectIdentifier, ObjectLockConfiguration,
    ObjectOwnership, ObjectRetention, Payer, PublicAccessBlock, PutObjectOptions, RawRequest, RetentionMode,
    UploadPartCopyOptions, UploadPartOptions, Versioning, WebsiteConfiguration,
};

use crate::clients::{REGION, config};
use crate::fake_server::{FakeServer, Request, Response};

const PAYER: &str = "x-amz-request-payer";
const OWNER: &str = "x-amz-expected-bucket-owner";
const SOURCE_OWNER: &str = "x-amz-source-expected-bucket-owner";
const ID: &str = "111122223333";
const OTHER: &str = "444455556666";

/// A client that pays and expects an owner.
fn requester(server: &FakeServer) -> Client {
    Client::new(config(server).request_payer().expected_bucket_owner(ID)).unwrap()
}

/// Responds to every read of a setting that it is not set, so that the change that follows is sent, too. Rejects
/// everything else: only the requests matter.
fn rejecting_server() -> FakeServer {
    FakeServer::serve(|request| setting(request).unwrap_or_else(|| Response::error(409, "Conflict")))
}

fn setting(request: &Request) -> Option<Response> {
    let name = request.line().split(['?', ' ', '=']).nth(2).filter(|_| request.method() == "GET")?;
    Some(match name {
        "tagging" => Response::error(404, "NoSuchTagSet"),
        "policy" => Response::error(404, "NoSuchBucketPolicy"),
        "cors" => Response::error(404, "NoSuchCORSConfiguration"),
        "lifecycle" => Response::error(404, "NoSuchLifecycleConfiguration"),
        "website" => Response::error(404, "NoSuchWebsiteConfiguration"),
        "publicAccessBlock" => Response::error(404, "NoSuchPublicAccessBlockConfiguration"),
        "legal-hold" | "retention" => Response::error(404, "NoSuchObjectLockConfiguration"),
        "object-lock" => Response::error(404, "ObjectLockConfigurationNotFoundError"),
        "encryption" => Response::error(404, "ServerSideEncryptionConfigurationNotFoundError"),
        "ownershipControls" => Response::error(404, "OwnershipControlsNotFoundError"),
        "acl" => Response::xml("<AccessControlPolicy/>"),
        "logging" => Response::xml("<BucketLoggingStatus/>"),
        "versioning" => Response::xml("<VersioningConfiguration/>"),
        "requestPayment" => Response::xml(
            "<RequestPaymentConfiguration><Payer>BucketOwner</Payer></RequestPaymentConfiguration>",
        ),
        _ => return None,
    })
}

type Call = fn(&Client);

fn retention() -> ObjectRetention {
    ObjectRetention::new(RetentionMode::Governance, std::time::SystemTime::UNIX_EPOCH)
}

/// A call of every operation that names an existing bucket.
const CALLS: &[(&str, Call)] = &[
    ("HeadBucket", |c| drop(c.head_bucket("b"))),
    ("DeleteBucket", |c| drop(c.delete_bucket("b"))),
    ("GetBucketLocation", |c| drop(c.get_bucket_location("b"))),
    ("ListObjects", |c| drop(c.list_objects("b").next())),
    ("ListObjectVersions", |c| drop(c.list_object_versions("b").next())),
    ("ListMultipartUploads", |c| drop(c.list_multipart_uploads("b").next())),
    ("ListParts", |c| drop(c.list_parts("b", "k", "u").next())),
    ("HeadObject", |c| drop(c.head_object("b", "k"))),
    ("GetObject", |c| drop(c.get_object("b", "k"))),
    ("PutObject", |c| drop(c.put_object("b", "k", "x"))),
    ("DeleteObject", |c| drop(c.delete_object("b", "k"))),
    ("DeleteObjects", |c| drop(c.delete_objects("b", ["k"]))),
    ("RestoreObject", |c| drop(c.restore_object("b", "k", 1))),
    ("GetObjectLegalHold", |c| drop(c.get_object_legal_hold("b", "k"))),
    ("PutObjectLegalHold", |c| drop(c.put_object_legal_hold("b", "k", LegalHold::On))),
    ("GetObjectRetention", |c| drop(c.get_object_retention("b", "k"))),
    ("PutObjectRetention", |c| drop(c.put_object_retention("b", "k", retention()))),
    ("GetObjectLockConfiguration", |c| drop(c.get_object_lock_configuration("b"))),
    ("PutObjectLockConfiguration", |c| {
        drop(c.put_object_lock_configuration("b", ObjectLockConfiguration::new()));
    }),
    ("GetBucketEncryption", |c| drop(c.get_bucket_encryption("b"))),
    ("PutBucketEncryption", |c| drop(c.put_bucket_encryption("b", &BucketEncryption::new("AES256")))),
    ("DeleteBucketEncryption", |c| drop(c.delete_bucket_encryption("b"))),
    ("GetBucketOwnershipControls", |c| drop(c.get_bucket_ownership_controls("b"))),
    ("PutBucketOwnershipControls", |c| {
        drop(c.put_bucket_ownership_controls("b", ObjectOwnership::ObjectWriter));
    }),
    ("DeleteBucketOwnershipControls", |c| drop(c.delete_bucket_ownership_controls("b"))),
    ("GetBucketLogging", |c| drop(c.get_bucket_logging("b"))),
    ("PutBucketLogging", |c| drop(c.put_bucket_logging("b", None))),
    ("GetObjectAttributes", |c| drop(c.get_object_attributes("b", "k"))),
    ("CopyObject", |c| drop(c.copy_object(("b", "k"), ("b", "l")))),
    ("GetObjectAcl", |c| drop(c.get_object_acl("b", "k"))),
    ("PutObjectAcl", |c| drop(c.put_object_acl("b", "k", CannedAcl::Private))),
    ("GetBucketAcl", |c| drop(c.get_bucket_acl("b"))),
    ("PutBucketAcl", |c| drop(c.put_bucket_acl("b", CannedAcl::Private))),
    ("CreateMultipartUpload", |c| drop(c.create_multipart_upload("b", "k"))),
    ("UploadPart", |c| drop(c.upload_part("b", "k", "u", 1, "x"))),
    ("UploadPartCopy", |c| drop(c.upload_part_copy("b", "k", "u", 1, ("b", "l"), 0..9))),
    ("CompleteMultipartUpload", |c| {
        drop(c.complete_multipart_upload("b", "k", "u", &[CompletedPart::new(1, "e")]));
    }),
    ("AbortMultipartUpload", |c| drop(c.abort_multipart_upload("b", "k", "u"))),
    ("GetBucketRequestPayment", |c| drop(c.get_bucket_request_payment("b"))),
    ("PutBucketRequestPayment", |c| drop(c.put_bucket_request_payment("b", Payer::Requester))),
    ("GetBucketVersioning", |c| drop(c.get_bucket_versioning("b"))),
    ("PutBucketVersioning", |c| drop(c.put_bucket_versioning("b", Versioning::Enabled))),
    ("GetBucketTagging", |c| drop(c.get_bucket_tagging("b"))),
    ("PutBucketTagging", |c| drop(c.put_bucket_tagging("b", [("a", "b")]))),
    ("DeleteBucketTagging", |c| drop(c.delete_bucket_tagging("b"))),
    ("GetObjectTagging", |c| drop(c.get_object_tagging("b", "k"))),
    ("PutObjectTagging", |c| drop(c.put_object_tagging("b", "k", [("a", "b")]))),
    ("DeleteObjectTagging", |c| drop(c.delete_object_tagging("b", "k"))),
    ("GetBucketLifecycleConfiguration", |c| drop(c.get_bucket_lifecycle_configuration("b"))),
    ("PutBucketLifecycleConfiguration", |c| {
        drop(c.put_bucket_lifecycle_configuration("b", &[LifecycleRule::new("").expire_after_days(1)]));
    }),
    ("DeleteBucketLifecycle", |c| drop(c.delete_bucket_lifecycle("b"))),
    ("GetBucketWebsite", |c| drop(c.get_bucket_website("b"))),
    ("PutBucketWebsite", |c| drop(c.put_bucket_website("b", &WebsiteConfiguration::new("index.html")))),
    ("DeleteBucketWebsite", |c| drop(c.delete_bucket_website("b"))),
    ("GetPublicAccessBlock", |c| drop(c.get_public_access_block("b"))),
    ("PutPublicAccessBlock", |c| drop(c.put_public_access_block("b", PublicAccessBlock::new()))),
    ("DeletePublicAccessBlock", |c| drop(c.delete_public_access_block("b"))),
    ("GetBucketCors", |c| drop(c.get_bucket_cors("b"))),
    ("PutBucketCors", |c| drop(c.put_bucket_cors("b", &[CorsRule::new("*", "GET")]))),
    ("DeleteBucketCors", |c| drop(c.delete_bucket_cors("b"))),
    ("GetBucketPolicy", |c| drop(c.get_bucket_policy("b"))),
    ("PutBucketPolicy", |c| drop(c.put_bucket_policy("b", "{}"))),
    ("DeleteBucketPolicy", |c| drop(c.delete_bucket_policy("b"))),
    ("a raw request", |c| drop(c.send_raw(&RawRequest::new(Method::Get).bucket("b"), ""))),
    ("download_file", |c| drop(c.download_file("b", "k", std::env::temp_dir().join("plain-s3-requester")))),
    ("rename_object", |c| drop(c.rename_object("b", "k", "l"))),
    ("copy", |c| drop(c.copy(("b", "k"), ("b", "l")))),
    ("upload_reader", |c| drop(c.upload_reader("b", "k", &b"x"[..]))),
    ("force_delete_bucket", |c| drop(c.force_delete_bucket("b"))),
    ("delete_prefix", |c| drop(c.delete_prefix("b", "k"))),
];

#[test]
fn payer_and_owner_are_sent_with_every_request_for_a_bucket() {
    for (name, call) in CALLS {
        let server = rejecting_server();
        call(&requester(&server));
        let requests = server.requests();
        assert!(!requests.is_empty(), "{name} sent nothing");
        for request in &requests {
            assert_eq!(request.header(PAYER), Some("requester"), "{name}: {}", request.line());
            assert_eq!(request.header(OWNER), Some(ID), "{name}: {}", request.line());
            let is_copy = request.header("x-amz-copy-source").is_some();
            let source_owner = is_copy.then_some(ID);
            assert_eq!(request.header(SOURCE_OWNER), source_owner, "{name}: {}", request.line());
        }
        // A change of a setting is sent after a read, which finds out whether the server knows the setting.
        if name.starts_with("Put") {
            assert!(requests.iter().any(|request| request.method() == "PUT"), "{name}");
        }
    }
}

/// Every `Action` that the client sends with a bucket is in [`CALLS`], so that a new one is not forgotten.
#[test]
fn every_operation_with_a_bucket_is_called_above() {
    let mut actions = std::collections::BTreeSet::new();
    let mut folders = vec![std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src/ops")];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let text = std::fs::read_to_string(&path).unwrap();
            let text = text.split("#[cfg(test)]").next().unwrap();
            for start in ["Request::bucket(", "Request::object(", "get: ", "put: ", "delete: "] {
                for rest in text.split(start).skip(1) {
                    let action = rest.trim_start().strip_prefix('"').and_then(|rest| rest.split('"').next());
                    actions.extend(action.filter(|action| !action.is_empty()).map(str::to_owned));
                }
            }
        }
    }
    assert!(actions.len() > 40, "only {} were found: {actions:?}", actions.len());
    actions.remove("CreateBucket");
    let called: Vec<&str> = CALLS.iter().map(|(name, _)| *name).collect();
    let missing: Vec<&String> = actions.iter().filter(|action| !called.contains(&action.as_str())).collect();
    assert!(missing.is_empty(), "not called: {missing:?}");
}

#[test]
fn payer_and_owner_are_not_sent_without_an_existing_bucket() {
    let server = rejecting_server();
    let client = requester(&server);
    client.list_buckets().unwrap_err();
    client.create_bucket("b").unwrap_err();
    client.send_raw(&RawRequest::new(Method::Get), "").err().unwrap();
    let [list, create, raw] = server.requests().try_into().unwrap();
    for request in [list, create, raw] {
        assert_eq!([PAYER, OWNER].map(|name| request.header(name).map(str::to_owned)), [None, None]);
    }
}

#[test]
fn payer_and_owner_are_independent_settings() {
    let server = rejecting_server();
    Client::new(config(&server).request_payer()).unwrap().head_bucket("b").unwrap_err();
    Client::new(config(&server).expected_bucket_owner(ID)).unwrap().head_bucket("b").unwrap_err();
    Client::new(config(&server)).unwrap().head_bucket("b").unwrap_err();
    let sent: Vec<_> = server
        .requests()
        .iter()
        .map(|request| [PAYER, OWNER].map(|name| request.header(name).map(str::to_owned)))
        .collect();
    let (payer, owner) = (Some("requester".to_owned()), Some(ID.to_owned()));
    assert_eq!(sent, [[payer, None], [None, owner], [None, None]]);
}

#[test]
fn header_of_a_call_overrides_the_configuration() {
    let calls: &[(&str, Call)] = &[
        ("GetObject", |c| {
            drop(c.get_object_with("b", "k", &GetObjectOptions::new().header(OWNER, OTHER)));
        }),
        ("HeadObject", |c| {
            drop(c.head_object_with("b", "k", &GetObjectOptions::new().header(OWNER, OTHER)));
        }),
        ("PutObject", |c| {
            drop(c.put_object_with("b", "k", "x", &PutObjectOptions::new().header(OWNER, OTHER)));
        }),
        ("CopyObject", |c| {
            let options = CopyObjectOptions::new().header(OWNER, OTHER);
            drop(c.copy_object_with(("b", "k"), ("b", "l"), &options));
        }),
        ("DeleteObject", |c| {
            drop(c.delete_object_with("b", "k", &DeleteObjectOptions::new().header(OWNER, OTHER)));
        }),
        ("DeleteObjects", |c| {
            let options = DeleteObjectsOptions::new().header(OWNER, OTHER);
            drop(c.delete_objects_with("b", [ObjectIdentifier::new("k")], &options));
        }),
        ("GetObjectAttributes", |c| {
            let options = ObjectAttributesOptions::new().header(OWNER, OTHER);
            drop(c.get_object_attributes_with("b", "k", &options));
        }),
        ("GetObjectAcl", |c| {
            drop(c.get_object_acl_with("b", "k", &AclOptions::new().header(OWNER, OTHER)));
        }),
        ("UploadPart", |c| {
            let options = UploadPartOptions::new().header(OWNER, OTHER);
            drop(c.upload_part_with("b", "k", "u", 1, "x", &options));
        }),
        ("UploadPartCopy", |c| {
            let options = UploadPartCopyOptions::new().header(OWNER, OTHER);
            drop(c.upload_part_copy_with("b", "k", "u", 1, ("b", "l"), 0..9, &options));
        }),
        ("CompleteMultipartUpload", |c| {
            let options = CompleteMultipartUploadOptions::new().header(OWNER, OTHER);
            let parts = [CompletedPart::new(1, "e")];
            drop(c.complete_multipart_upload_with("b", "k", "u", &parts, &options));
        }),
        ("a raw request", |c| {
            drop(c.send_raw(&RawRequest::new(Method::Get).bucket("b").header(OWNER, OTHER), ""));
        }),
    ];
    for (name, call) in calls {
        let server = rejecting_server();
        let client = requester(&server);
        call(&client);
        client.head_object("b", "k").unwrap_err();
        let requests = server.requests();
        let (next, own) = requests.split_last().unwrap();
        assert!(!own.is_empty(), "{name}");
        for request in own {
            assert_eq!(request.header(OWNER), Some(OTHER), "{name}: {}", request.line());
            assert_eq!(request.header(PAYER), Some("requester"), "{name}: {}", request.line());
            // The owner of the source is another header.
            let is_copy = request.header("x-amz-copy-source").is_some();
            assert_eq!(request.header(SOURCE_OWNER), is_copy.then_some(ID), "{name}");
        }
        assert_eq!(next.header(OWNER), Some(ID), "the override of {name} was kept for the next call");
    }
}

#[test]
fn payer_and_owner_are_signed_under_v4() {
    let server = rejecting_server();
    let config = config(&server).region(REGION).request_payer().expected_bucket_owner(ID);
    Client::new(config).unwrap().head_bucket("b").unwrap_err();
    let [request] = server.requests().try_into().unwrap();
    let authorization = request.header("authorization").unwrap();
    let signed = authorization.split("SignedHeaders=").nth(1).unwrap().split(',').next().unwrap();
    assert!([PAYER, OWNER].iter().all(|name| signed.split(';').any(|s| s == *name)), "{authorization}");
}
