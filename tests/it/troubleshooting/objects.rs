//! Errors about an object and its content.

use plain_s3::{Client, CopyObjectOptions, GetObjectOptions, PutObjectOptions, Result, StoredObject};

use super::{Section, call, coded, entry, get, put, synonyms};
use crate::fake_server::Response;

pub(super) fn section() -> Section {
    let with = |options: PutObjectOptions| {
        move |client: &Client| -> Result<StoredObject> {
            client.put_object_with("b", "k", "content", &options)
        }
    };
    let version =
        |client: &Client| client.get_object_with("b", "k", &GetObjectOptions::new().version_id("v"));
    let range = |client: &Client| client.get_object_with("b", "k", &GetObjectOptions::new().range(5..));
    let copy = |client: &Client| client.copy_object(("b", "source"), ("b", "k"));
    let entries = vec![
        entry("NoSuchKey", coded(404, "NoSuchKey", get), "Check upper and lower case, slashes and spaces."),
        entry("NoSuchKey", coded(404, "NoSuchKey", copy), ""),
        entry("NoSuchVersion", coded(404, "NoSuchVersion", version), ""),
        entry(
            "InvalidRange",
            coded(416, "InvalidRange", range),
            "A range of an empty object is never valid.",
        ),
        entry(
            "InvalidObjectState",
            coded(403, "InvalidObjectState", get),
            "Restoring takes from minutes to two days, depending on the storage class.",
        ),
        entry(
            "RestoreAlreadyInProgress",
            coded(409, "RestoreAlreadyInProgress", |client| client.restore_object("b", "k", 1)),
            "",
        ),
        entry(
            "PreconditionFailed",
            coded(412, "PreconditionFailed", with(PutObjectOptions::new().if_none_exists())),
            "",
        ),
        entry(
            "PreconditionFailed",
            coded(412, "PreconditionFailed", with(PutObjectOptions::new().if_match("\"1\""))),
            "",
        ),
        entry(
            "PreconditionFailed",
            coded(412, "PreconditionFailed", |client| {
                let options = CopyObjectOptions::new().source_if_match("\"1\"");
                client.copy_object_with(("b", "source"), ("b", "k"), &options)
            }),
            "",
        ),
        entry(
            "NotModified",
            call(
                || Response::new(304),
                |client| client.get_object_with("b", "k", &GetObjectOptions::new().if_none_match("\"1\"")),
            ),
            "`DownloadOptions::if_changed` treats this as a success.",
        ),
        entry(
            "ConditionalRequestConflict",
            coded(409, "ConditionalRequestConflict", with(PutObjectOptions::new().if_none_exists())),
            "",
        ),
        entry("EntityTooLarge", coded(400, "EntityTooLarge", put), ""),
        entry("KeyTooLongError", coded(400, "KeyTooLongError", put), ""),
        entry(
            "XMinioInvalidObjectName",
            synonyms(400, &["XMinioInvalidObjectName", "InvalidObjectName"], put),
            "MinIO returns this code. `InvalidObjectName` means the same.",
        ),
        entry("MetadataTooLarge", coded(400, "MetadataTooLarge", put), ""),
        entry(
            "InvalidTag",
            coded(400, "InvalidTag", with(PutObjectOptions::new().tagging([("a", "b")]))),
            "",
        ),
        entry(
            "InvalidStorageClass",
            coded(400, "InvalidStorageClass", with(PutObjectOptions::new().storage_class("COLD"))),
            "",
        ),
        entry(
            "InvalidEncryptionAlgorithmError",
            coded(
                400,
                "InvalidEncryptionAlgorithmError",
                with(PutObjectOptions::new().server_side_encryption("AES")),
            ),
            "",
        ),
        entry(
            "BadDigest",
            synonyms(400, &["BadDigest", "XAmzContentChecksumMismatch", "ContentSHA256Mismatch"], put),
            "`XAmzContentChecksumMismatch` and `ContentSHA256Mismatch` mean the same.",
        ),
        entry("XAmzContentSHA256Mismatch", coded(400, "XAmzContentSHA256Mismatch", put), ""),
        entry(
            "InvalidDigest",
            coded(400, "InvalidDigest", with(PutObjectOptions::new().header("content-md5", "x"))),
            "",
        ),
    ];
    Section { title: "Objects", introduction: "", entries }
}
