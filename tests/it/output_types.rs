//! Every type that the client returns can be constructed by code that handles it, for its tests.

use std::collections::BTreeMap;
use std::error::Error as _;
use std::{fs, io};

use plain_s3::{
    Acl, Bucket, BucketEncryption, BucketInfo, BucketLogging, CompletedPart, CopiedObject, CorsRule,
    DefaultRetention, DeletedCounts, DeletedObject, Download, ETag, Error, ErrorKind, FolderProgress,
    FolderSummary, Grant, Grantee, KeyFailure, LifecycleRule, LifecycleTransition, Method, MultipartUpload,
    Object, ObjectAttributes, ObjectLockConfiguration, ObjectMetadata, ObjectPart, ObjectRetention,
    ObjectVersion, Owner, Page, Part, Permission, PostForm, PresignedUrl, PublicAccessBlock, RawResponse,
    Result, RetentionMode, RetentionPeriod, SignedRequest, StoredObject, Timestamp, Upload,
    WebsiteConfiguration, WebsiteRedirect, WebsiteRoutingRule,
};

/// Code of a user, which is tested without a server.
fn describe<T>(result: Result<T>) -> &'static str {
    match result {
        Ok(_) => "stored",
        Err(error) if error.is_not_found() => "missing",
        Err(error) if error.is_access_denied() => "denied",
        Err(error) if error.is_cancelled() => "cancelled",
        Err(error) if error.is_retryable() => "try later",
        Err(_) => "failed",
    }
}

#[test]
fn errors_of_every_kind_can_be_constructed() {
    assert_eq!(describe(Ok(StoredObject::new())), "stored");
    for (error, expected) in [
        (Error::server(404, "NoSuchKey"), "missing"),
        (Error::server(403, "AccessDenied"), "denied"),
        (Error::server(503, "SlowDown"), "try later"),
        (Error::server(409, "BucketNotEmpty"), "failed"),
        (Error::new(ErrorKind::Cancelled, "stopped"), "cancelled"),
        (Error::new(ErrorKind::Timeout, "no response for 60 s"), "try later"),
        (Error::new(ErrorKind::Integrity, "the MD5 differs"), "failed"),
    ] {
        assert_eq!(describe::<()>(Err(error)), expected);
    }
    for kind in [
        ErrorKind::InvalidInput,
        ErrorKind::Credentials,
        ErrorKind::Connect,
        ErrorKind::Tls,
        ErrorKind::Network,
        ErrorKind::Timeout,
        ErrorKind::Server,
        ErrorKind::UnexpectedResponse,
        ErrorKind::Integrity,
        ErrorKind::LocalIo,
        ErrorKind::PartialFailure,
        ErrorKind::Cancelled,
    ] {
        let error = Error::new(kind, "why");
        assert_eq!((error.kind(), error.to_string().as_str()), (kind, "why"));
        assert!(
            error.source().is_none()
                && error.get_ref().is_none()
                && error.failures().is_empty()
                && error.hint().is_none()
        );
    }
    let error = Error::server(412, "PreconditionFailed");
    assert_eq!((error.kind(), error.status()), (ErrorKind::Server, Some(412)));
    assert_eq!((error.code(), error.message()), (Some("PreconditionFailed"), None));
    assert!(error.is_precondition_failed());
    assert_eq!(io::Error::from(Error::server(404, "NoSuchKey")).kind(), io::ErrorKind::NotFound);
}

#[test]
fn outputs_of_objects_can_be_constructed() {
    let mut object = Object::new("a/b", 5);
    object.e_tag = Some(ETag::new("abc"));
    object.owner = Some(Owner::new("id"));
    assert_eq!((object.key.as_str(), object.size, &object.last_modified), ("a/b", 5, &Timestamp::UNKNOWN));
    let mut page = Page::new(vec![object.clone()]);
    page.common_prefixes.push("a/".into());
    assert_eq!(
        (page.entries.as_slice(), page.common_prefixes.as_slice()),
        (&[object][..], &["a/".to_owned()][..])
    );

    let version = ObjectVersion::new("k", "v");
    assert_eq!((version.key.as_str(), version.version_id.as_str()), ("k", "v"));
    assert!(!version.is_latest && !version.is_delete_marker && version.size == 0);

    let metadata = ObjectMetadata::from_headers(
        3,
        [
            ("content-type", "text/plain"),
            ("etag", "\"abc\""),
            ("x-amz-meta-a", "b"),
            ("cache-control", "no-store"),
        ],
    );
    assert_eq!((metadata.content_length, metadata.content_type.as_deref()), (3, Some("text/plain")));
    assert_eq!(metadata.e_tag, Some(ETag::new("abc")));
    assert_eq!((metadata.metadata["a"].as_str(), metadata.header("Cache-Control")), ("b", Some("no-store")));

    let mut attributes = ObjectAttributes::new();
    attributes.parts.push(ObjectPart::new(1, 5));
    assert_eq!((attributes.parts[0].number, attributes.parts[0].size), (1, 5));

    assert_eq!(StoredObject::new().e_tag, None);
    assert_eq!(CopiedObject::new().source_version_id, None);
    assert!(!DeletedObject::new().delete_marker);
    let failure = KeyFailure::new("k", "AccessDenied");
    assert_eq!(
        (failure.key.as_str(), failure.code.as_str(), failure.message.as_str()),
        ("k", "AccessDenied", "")
    );
}

#[test]
fn outputs_of_buckets_and_settings_can_be_constructed() {
    assert_eq!(Bucket::new("b").name, "b");
    assert_eq!(BucketInfo::new().region, None);
    let mut acl = Acl::new("owner");
    acl.grants.push(Grant::new(Grantee::all_users(), Permission::Read));
    assert!(acl.is_public_read() && acl.owner == Some(Owner::new("owner")));
    assert_eq!(CorsRule::new("*", "GET").allowed_origins, ["*"]);
    let rule =
        LifecycleRule::new("logs/").id("old").transition(LifecycleTransition::after_days(30, "GLACIER"));
    let transition: &LifecycleTransition = &rule.transitions[0];
    assert_eq!((transition.days, transition.storage_class.as_str()), (Some(30), "GLACIER"));
    assert_eq!((rule.prefix.as_str(), rule.id.as_deref(), rule.transitions.len()), ("logs/", Some("old"), 1));
    let encryption = BucketEncryption::new("AES256");
    assert_eq!((encryption.algorithm.as_str(), encryption.kms_key_id), ("AES256", None));
    let retention = ObjectRetention::new(RetentionMode::Governance, std::time::SystemTime::UNIX_EPOCH);
    assert_eq!(retention.mode, RetentionMode::Governance);
    assert_eq!(BucketLogging::new("logs", "b/").target_prefix, "b/");
    let mut lock = ObjectLockConfiguration::new();
    lock.default_retention = Some(DefaultRetention::new(RetentionMode::Compliance, RetentionPeriod::Days(1)));
    assert_eq!(lock.default_retention.unwrap().period, RetentionPeriod::Days(1));
    let mut website = WebsiteConfiguration::new("index.html");
    website.routing_rules.push(WebsiteRoutingRule::new(WebsiteRedirect::new()));
    assert_eq!(website.index_document.as_deref(), Some("index.html"));
    assert_eq!(PublicAccessBlock::new(), PublicAccessBlock::new());
}

#[test]
fn outputs_of_transfers_and_uploads_can_be_constructed() {
    let upload = Upload::new(9);
    assert_eq!((upload.bytes, upload.parts, upload.e_tag), (9, 0, None));
    let mut download = Download::unchanged();
    assert!(!download.changed && download.metadata.is_none());
    download.metadata = Some(ObjectMetadata::from_headers(0, []));
    assert_eq!(FolderProgress::new().total_steps, 0);
    assert_eq!(FolderSummary::new().to_string(), "0 files transferred (0 bytes), 0 unchanged, 0 deleted");
    assert_eq!(DeletedCounts::new().to_string(), "0 objects, 0 delete markers, 0 unfinished uploads");
    let upload = MultipartUpload::new("k", "id");
    assert_eq!((upload.key.as_str(), upload.upload_id.as_str(), upload.owner), ("k", "id", None));
    let part = Part::new(2, "abc", 5);
    assert_eq!((part.part_number, part.size, &part.e_tag), (2, 5, &ETag::new("abc")));
    assert_eq!(CompletedPart::new(2, "abc").e_tag, part.e_tag);
}

#[test]
fn presigned_urls_and_raw_responses_can_be_constructed() {
    let url = PresignedUrl::new(Method::Put, "http://h/b/k?x");
    assert_eq!((url.method, url.to_string().as_str(), url.headers), ("PUT", "http://h/b/k?x", vec![]));
    let request = SignedRequest::new(Method::Get, "http://h/b/k");
    assert_eq!((request.method, request.url.as_str(), request.headers), ("GET", "http://h/b/k", vec![]));
    let form = PostForm::new("http://h/b", vec![("key".into(), "k".into())]);
    assert_eq!(form.fields.into_iter().collect::<BTreeMap<_, _>>()["key"], "k");
    let response = RawResponse::new(200, &b"<Tagging/>"[..]);
    assert_eq!((response.status, response.header("etag")), (200, None));
    assert_eq!(response.text().unwrap(), "<Tagging/>");
}

/// A new output type is `#[non_exhaustive]`; it needs a constructor and a line above.
#[test]
fn every_non_exhaustive_struct_is_constructed_above() {
    let here = include_str!("output_types.rs");
    let mut folders = vec![std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src")];
    let mut names = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let text = fs::read_to_string(path).unwrap();
            for after in text.split("#[non_exhaustive]").skip(1) {
                // Other attributes may stand between the two lines.
                let line = after.lines().skip(1).find(|line| !line.trim().starts_with("#[")).unwrap();
                let name =
                    line.strip_prefix("pub struct ").map(|name| name.split([' ', '<']).next().unwrap());
                names.extend(name.map(str::to_owned));
            }
        }
    }
    assert!(names.len() > 25, "{names:?}");
    // A transition is constructed by its rule.
    names.retain(|name| name != "LifecycleTransition" && !here.contains(&format!("{name}::")));
    assert!(names.is_empty(), "not constructed: {names:?}");
}
