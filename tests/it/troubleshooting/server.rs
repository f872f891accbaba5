//! Errors of the server as a whole.

use plain_s3::{CannedAcl, Client, GetObjectOptions, PutObjectOptions, Result};

use super::buckets::change;
use super::{Section, at_host, call, coded, entry, explained, get, put, synonyms, text};
use crate::clients::client;
use crate::fake_server::{FakeServer, Response};

pub(super) fn section() -> Section {
    let acl = |client: &Client| client.put_object_acl("b", "k", CannedAcl::PublicRead);
    let put_with_acl = |client: &Client| {
        let options = PutObjectOptions::new().acl(CannedAcl::PublicRead);
        client.put_object_with("b", "k", "content", &options)
    };
    let no_lock = |client: &Client| -> Result<()> { client.get_object_retention("b", "k").map(drop) };
    let sse_c = "The object was stored using a form of Server Side Encryption. The correct parameters must be \
                 provided to retrieve the object.";
    let v4_only = FakeServer::serve(|_| {
        Response::new(400).header("x-amz-request-id", "tx-fake").body(
            "<Error><Code>InvalidRequest</Code><Message>The authorization mechanism you have provided is not \
             supported. Please use AWS4-HMAC-SHA256.</Message></Error>",
        )
    });
    let without_region = text(client(&v4_only).get_object("b", "k"));
    let version =
        |client: &Client| client.get_object_with("b", "k", &GetObjectOptions::new().version_id("v"));
    let to_itself = "This copy request is illegal because it is trying to copy an object to itself.";
    let missing = "Bucket is missing Object Lock Configuration";
    let entries = vec![
        entry(
            "SlowDown",
            synonyms(
                503,
                &[
                    "SlowDown",
                    "RequestLimitExceeded",
                    "BandwidthLimitExceeded",
                    "Throttling",
                    "ThrottlingException",
                    "ErrTooManyRequest",
                    "ErrRequestBytesExceed",
                ],
                get,
            ),
            "The client waits longer before each attempt. The codes `RequestLimitExceeded`, `BandwidthLimitExceeded`, \
             `Throttling`, `ThrottlingException`, `ErrTooManyRequest` and `ErrRequestBytesExceed` mean the same.",
        ),
        entry("ServiceUnavailable", coded(503, "ServiceUnavailable", get), ""),
        entry("TooManyRequests", call(|| Response::new(429), get), ""),
        entry("InternalError", coded(500, "InternalError", get), ""),
        entry(
            "RequestTimeout",
            synonyms(400, &["RequestTimeout", "RequestTimeoutException"], put),
            "`RequestTimeoutException` means the same.",
        ),
        entry(
            "OperationAborted",
            synonyms(409, &["OperationAborted", "ConcurrentModification"], |client| {
                client.create_bucket("b")
            }),
            "`ConcurrentModification` of Ceph means the same.",
        ),
        entry(
            "QuotaExceeded",
            synonyms(403, &["QuotaExceeded", "XMinioAdminBucketQuotaExceeded"], put),
            "`XMinioAdminBucketQuotaExceeded` of MinIO means the same.",
        ),
        entry(
            "XMinioStorageFull",
            synonyms(507, &["XMinioStorageFull", "InsufficientStorage"], put),
            "MinIO returns this code. `InsufficientStorage` means the same.",
        ),
        entry(
            "NotImplemented",
            coded(501, "NotImplemented", acl),
            "[compatibility.md][compatibility.md] lists what each server implements.",
        ),
        entry("NotImplemented", coded(501, "NotImplemented", put_with_acl), ""),
        entry("MethodNotAllowed", coded(405, "MethodNotAllowed", put), ""),
        entry("MethodNotAllowed", coded(405, "MethodNotAllowed", version), ""),
        entry(
            "MalformedXML",
            change(400, "MalformedXML", "The XML did not validate against the published schema", acl),
            "",
        ),
        entry("MalformedACLError", change(400, "MalformedACLError", "The XML is not an ACL", acl), ""),
        entry(
            "InvalidRequest",
            at_host(&v4_only, &without_region),
            "Without a region, the client uses Signature V2.",
        ),
        entry("InvalidRequest", explained(400, "InvalidRequest", sse_c, get), ""),
        entry("InvalidRequest", explained(400, "InvalidRequest", missing, no_lock), ""),
        entry(
            "InvalidRequest",
            explained(400, "InvalidRequest", to_itself, |client| client.copy_object(("b", "k"), ("b", "k"))),
            "",
        ),
        entry(
            "InvalidArgument",
            explained(400, "InvalidArgument", "x-amz-acl has an unsupported value", put_with_acl),
            "",
        ),
        entry(
            "another code",
            explained(400, "InvalidArgument", "Invalid value for the header x-amz-storage-class", put),
            "The text after the code is the message of the server.",
        ),
    ];
    Section { title: "Server", introduction: "", entries }
}
