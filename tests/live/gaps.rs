//! The known gaps of each server, with reasons: the only place that excuses a server.
//!
//! `tests/compatibility` copies the names of the features and the reasons to docs/compatibility.md.

use std::collections::BTreeSet;
use std::sync::Mutex;

use super::compatibility;
use super::server::{Server, say};

/// A feature of S3, and the servers that do not support it.
pub(crate) struct Feature {
    name: &'static str,
    /// Pairs of a server and its reason.
    gaps: &'static [(&'static str, &'static str)],
    /// The AWS actions that do not work without the feature. Empty if the feature concerns only a part of an action.
    actions: &'static [&'static str],
}

/// The reason for all actions that the embedded server does not have.
const NOT_IMPLEMENTED: (&str, &str) =
    ("embedded", "s3s leaves the action to the store, and this store does not implement it.");

pub(crate) static HTTPS: Feature =
    Feature { name: "HTTPS", gaps: &[("embedded", "The server supports only plain HTTP.")], actions: &[] };

pub(crate) static NUL_IN_KEY: Feature = Feature {
    name: "Keys can contain a NUL character",
    gaps: &[("ceph-rgw", "Keys are C strings, which end at the first NUL.")],
    actions: &[],
};

pub(crate) static UTF8_METADATA: Feature =
    Feature { name: "UTF-8 metadata is returned unchanged", gaps: &[], actions: &[] };

pub(crate) static UNKNOWN_LOCATION: Feature = Feature {
    name: "Unknown location constraints are rejected",
    gaps: &[("embedded", "The server accepts and stores every location constraint.")],
    actions: &[],
};

pub(crate) static QUOTED_IF_MATCH: Feature = Feature {
    name: "PutObject succeeds if `If-Match` has the current ETag",
    gaps: &[(
        "ceph-rgw",
        "Ceph 16.2 compares its ETag, which has no quotes, with the header value, which has quotes.",
    )],
    actions: &[],
};

pub(crate) static UNKNOWN_GRANTEE: Feature =
    Feature { name: "ACLs that name an unknown email address are rejected", gaps: &[], actions: &[] };

pub(crate) static SERVER_KEY: Feature = Feature {
    name: "Server-side encryption with a key of the server (AES256)",
    gaps: &[
        ("ceph-rgw", "Ceph 16.2 supports only `aws:kms` and customer keys."),
        ("embedded", "The server does not encrypt objects."),
    ],
    actions: &[],
};

pub(crate) static REDIRECTS: Feature =
    Feature { name: "Website redirects are stored with objects", gaps: &[], actions: &[] };

pub(crate) static ATTRIBUTES: Feature = Feature {
    name: "Object attributes",
    gaps: &[("ceph-rgw", "Ceph 16.2 ignores `?attributes` and returns the object."), NOT_IMPLEMENTED],
    actions: &["GetObjectAttributes"],
};

pub(crate) static PART_NUMBERS: Feature = Feature {
    name: "Parts of an object can be read by number",
    gaps: &[
        ("ceph-rgw", "Ceph 16.2 ignores `partNumber` and returns the whole object."),
        ("embedded", "The server ignores `partNumber` and returns the whole object."),
    ],
    actions: &[],
};

pub(crate) static STALE_V2: Feature = Feature {
    name: "V2 requests that were signed an hour ago are rejected",
    gaps: &[("embedded", "s3s does not check the date of V2 signatures.")],
    actions: &[],
};

pub(crate) static FORM_FILE_NAME: Feature = Feature {
    name: "POST forms: `${filename}` in the key is replaced by the file name",
    gaps: &[("embedded", "s3s stores the literal text `${filename}`.")],
    actions: &[],
};

pub(crate) static FORM_ACL: Feature = Feature {
    name: "POST forms: the `acl` field sets the ACL of the object",
    gaps: &[("embedded", "s3s ignores the `acl` field.")],
    actions: &[],
};

pub(crate) static FORM_REDIRECT: Feature = Feature {
    name: "POST forms: the response redirects to `success_action_redirect`",
    gaps: &[],
    actions: &[],
};

pub(crate) static FORM_EXTRA_FIELD: Feature = Feature {
    name: "POST forms: fields that the policy does not allow are rejected",
    gaps: &[],
    actions: &[],
};

pub(crate) static VERSIONS: Feature = Feature {
    name: "Versioning",
    gaps: &[NOT_IMPLEMENTED],
    actions: &["PutBucketVersioning", "GetBucketVersioning", "ListObjectVersions"],
};

pub(crate) static TAGS: Feature = Feature {
    name: "Tags of buckets and objects",
    gaps: &[NOT_IMPLEMENTED],
    actions: &[
        "PutBucketTagging",
        "GetBucketTagging",
        "DeleteBucketTagging",
        "PutObjectTagging",
        "GetObjectTagging",
        "DeleteObjectTagging",
    ],
};

pub(crate) static POLICY: Feature = Feature {
    name: "Bucket policies",
    gaps: &[NOT_IMPLEMENTED],
    actions: &["PutBucketPolicy", "GetBucketPolicy", "DeleteBucketPolicy"],
};

pub(crate) static CORS: Feature = Feature {
    name: "CORS rules",
    gaps: &[NOT_IMPLEMENTED],
    actions: &["PutBucketCors", "GetBucketCors", "DeleteBucketCors"],
};

pub(crate) static LIFECYCLE: Feature = Feature {
    name: "Lifecycle rules",
    gaps: &[NOT_IMPLEMENTED],
    actions: &["PutBucketLifecycleConfiguration", "GetBucketLifecycleConfiguration", "DeleteBucketLifecycle"],
};

pub(crate) static LIFECYCLE_SIZES: Feature = Feature {
    name: "Lifecycle rules can filter by object size",
    gaps: &[("ceph-rgw", "Ceph 16.2 drops the size filter, so the rule would delete other objects as well.")],
    actions: &[],
};

pub(crate) static WEBSITE: Feature = Feature {
    name: "Static websites",
    gaps: &[NOT_IMPLEMENTED, ("ceph-rgw", "`rgw_enable_static_website` is off by default.")],
    actions: &["PutBucketWebsite", "GetBucketWebsite", "DeleteBucketWebsite"],
};

pub(crate) static PUBLIC_ACCESS_BLOCK: Feature = Feature {
    name: "Public access blocks",
    gaps: &[NOT_IMPLEMENTED],
    actions: &["PutPublicAccessBlock", "GetPublicAccessBlock", "DeletePublicAccessBlock"],
};

pub(crate) static REQUEST_PAYMENT: Feature = Feature {
    name: "Requester Pays buckets",
    gaps: &[NOT_IMPLEMENTED],
    actions: &["PutBucketRequestPayment", "GetBucketRequestPayment"],
};

pub(crate) static OBJECT_LOCK: Feature = Feature {
    name: "Object Lock: legal holds and retention",
    gaps: &[NOT_IMPLEMENTED],
    actions: &[
        "PutObjectLegalHold",
        "GetObjectLegalHold",
        "PutObjectRetention",
        "GetObjectRetention",
        "PutObjectLockConfiguration",
        "GetObjectLockConfiguration",
    ],
};

pub(crate) static BUCKET_ENCRYPTION: Feature = Feature {
    name: "Default encryption of buckets",
    gaps: &[
        NOT_IMPLEMENTED,
        ("ceph-rgw", "Ceph 16.2 ignores `?encryption`: it would list, create or delete the bucket."),
    ],
    actions: &["PutBucketEncryption", "GetBucketEncryption", "DeleteBucketEncryption"],
};

pub(crate) static OWNERSHIP_CONTROLS: Feature = Feature {
    name: "Ownership controls",
    gaps: &[
        NOT_IMPLEMENTED,
        ("ceph-rgw", "Ceph 16.2 ignores `?ownershipControls`: it would list, create or delete the bucket."),
    ],
    actions: &["PutBucketOwnershipControls", "GetBucketOwnershipControls", "DeleteBucketOwnershipControls"],
};

pub(crate) static READ_LOGGING: Feature = Feature {
    name: "Access logs of buckets can be read",
    gaps: &[NOT_IMPLEMENTED],
    actions: &["GetBucketLogging"],
};

pub(crate) static LOGGING: Feature = Feature {
    name: "Access logs of buckets",
    gaps: &[NOT_IMPLEMENTED, ("ceph-rgw", "Ceph 16.2 rejects the change with 405.")],
    actions: &["PutBucketLogging"],
};

pub(crate) static RESTORE: Feature = Feature {
    name: "Archived objects can be restored",
    gaps: &[
        NOT_IMPLEMENTED,
        ("ceph-rgw", "Ceph 16.2 treats the request as the upload of a form, and rejects it."),
    ],
    actions: &["RestoreObject"],
};

pub(crate) static EXPECTED_OWNER: Feature = Feature {
    name: "Requests that expect another bucket owner are rejected",
    gaps: &[
        ("ceph-rgw", "Ceph 16.2 ignores `x-amz-expected-bucket-owner`."),
        ("embedded", "The server ignores `x-amz-expected-bucket-owner`."),
    ],
    actions: &[],
};

pub(crate) static UPLOAD_PREFIXES: Feature = Feature {
    name: "ListMultipartUploads returns common prefixes for a delimiter",
    gaps: &[("ceph-rgw", "Ceph 16.2 omits the common prefixes from the response.")],
    actions: &[],
};

pub(crate) static COPY_BETWEEN_CUSTOMER_KEYS: Feature = Feature {
    name: "Source and target of a copied part can have different customer keys",
    gaps: &[("ceph-rgw", "Ceph 16.2 decrypts the source with the customer key of the target.")],
    actions: &[],
};

pub(crate) static COPY_CONDITIONS: Feature = Feature {
    name: "Conditions on the source of a copy are honoured",
    gaps: &[("ceph-rgw", "Ceph 16.2 reads `x-amz-copy-if-match` instead of `x-amz-copy-source-if-match`.")],
    actions: &[],
};

impl Feature {
    /// Returns the value of a call, or `None` if the server is known not to support the feature.
    pub(crate) fn supported<T>(&self, server: &Server, result: plain_s3::Result<T>) -> Option<T> {
        self.check(server, result.as_ref().map(drop).map_err(ToString::to_string));
        result.ok()
    }

    /// Panics if the feature does not work, unless that is a known gap, or if a known gap has been closed.
    pub(crate) fn check(&self, server: &Server, outcome: Result<(), String>) {
        let gap = self.gaps.iter().find(|(name, _)| *name == server.name);
        match (gap, outcome) {
            (None, Ok(())) => compatibility::feature_supported(server, self.name),
            (None, Err(found)) => panic!("{}: {found}", self.name),
            (Some((_, reason)), Err(found)) => {
                compatibility::gap_found(server, self.name, reason, self.actions);
                // Every variant meets the gap again; one line is enough.
                static PRINTED: Mutex<BTreeSet<&str>> = Mutex::new(BTreeSet::new());
                if PRINTED.lock().unwrap().insert(self.name) {
                    say(&format!("gap: {}: {}: {reason} (found: {found})", server.name, self.name));
                }
            }
            (Some(_), Ok(())) => {
                panic!("{} works on {} now: remove the gap from live/gaps.rs", self.name, server.name)
            }
        }
    }
}
