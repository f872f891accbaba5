//! What the known servers do not do, each with its reason: the only place that excuses a server.

use std::collections::BTreeSet;
use std::sync::Mutex;

use super::compatibility;
use super::server::{Server, say};

/// Something that S3 does, and the servers that do not.
pub(crate) struct Promise {
    what: &'static str,
    /// Server and reason.
    gaps: &'static [(&'static str, &'static str)],
    /// The AWS actions that do not work where it is a gap; none where it is about less than an action.
    actions: &'static [&'static str],
}

pub(crate) static HTTPS: Promise =
    Promise { what: "HTTPS", gaps: &[("embedded", "it speaks plain HTTP only")], actions: &[] };

pub(crate) static NUL_IN_KEY: Promise =
    Promise { what: "a key may hold a NUL", gaps: &[("ceph-rgw", "its keys are C strings")], actions: &[] };

pub(crate) static UTF8_METADATA: Promise =
    Promise { what: "metadata of UTF-8 comes back as it was sent", gaps: &[], actions: &[] };

pub(crate) static UNKNOWN_PLACE: Promise = Promise {
    what: "an unknown location constraint is refused",
    gaps: &[("embedded", "it takes any and keeps it")],
    actions: &[],
};

pub(crate) static QUOTED_IF_MATCH: Promise = Promise {
    what: "If-Match of the present ETag stores",
    gaps: &[("ceph-rgw", "16.2 compares its ETag, which has no quotes, with the header, which has them")],
    actions: &[],
};

pub(crate) static UNKNOWN_GRANTEE: Promise =
    Promise { what: "an ACL for an unknown e-mail address is refused", gaps: &[], actions: &[] };

pub(crate) static SERVER_KEYS: Promise = Promise {
    what: "the server encrypts with a key of its own (AES256)",
    gaps: &[
        ("ceph-rgw", "16.2 knows aws:kms and keys of the caller's only"),
        ("embedded", "it encrypts nothing"),
    ],
    actions: &[],
};

pub(crate) static REDIRECTS: Promise =
    Promise { what: "a website redirect is stored with an object", gaps: &[], actions: &[] };

pub(crate) static ATTRIBUTES: Promise = Promise {
    what: "GetObjectAttributes",
    gaps: &[
        ("ceph-rgw", "16.2 ignores ?attributes and sends the object"),
        ("embedded", "it does not have it"),
    ],
    actions: &["GetObjectAttributes"],
};

pub(crate) static PART_NUMBERS: Promise = Promise {
    what: "a stored object is read by part",
    gaps: &[
        ("ceph-rgw", "16.2 ignores partNumber and sends the whole object"),
        ("embedded", "it does the same"),
    ],
    actions: &[],
};

pub(crate) static STALE_V2: Promise = Promise {
    what: "a request signed by V2 an hour ago is refused",
    gaps: &[("embedded", "s3s does not look at the date of V2")],
    actions: &[],
};

pub(crate) static FORM_FILE_NAME: Promise = Promise {
    what: "the name of the file takes its place in the key of a form",
    gaps: &[("embedded", "s3s stores the words ${filename}")],
    actions: &[],
};

pub(crate) static FORM_ACL: Promise = Promise {
    what: "a form sets the object's ACL",
    gaps: &[("embedded", "s3s does not read this field")],
    actions: &[],
};

pub(crate) static FORM_REDIRECT: Promise =
    Promise { what: "a form's upload is answered with a redirect", gaps: &[], actions: &[] };

pub(crate) static FORM_EXTRA_FIELD: Promise =
    Promise { what: "a form with a field that is not in its policy is refused", gaps: &[], actions: &[] };

const NOT_IN_S3S: (&str, &str) = ("embedded", "s3s leaves it to the store, and this store does not have it");

pub(crate) static VERSIONS: Promise = Promise {
    what: "a bucket keeps versions",
    gaps: &[NOT_IN_S3S],
    actions: &["PutBucketVersioning", "GetBucketVersioning", "ListObjectVersions"],
};

pub(crate) static TAGS: Promise = Promise {
    what: "buckets and objects have tags",
    gaps: &[NOT_IN_S3S],
    actions: &[
        "PutBucketTagging",
        "GetBucketTagging",
        "DeleteBucketTagging",
        "PutObjectTagging",
        "GetObjectTagging",
        "DeleteObjectTagging",
    ],
};

pub(crate) static POLICY: Promise = Promise {
    what: "a bucket has a policy",
    gaps: &[NOT_IN_S3S],
    actions: &["PutBucketPolicy", "GetBucketPolicy", "DeleteBucketPolicy"],
};

pub(crate) static CORS: Promise = Promise {
    what: "a bucket has CORS rules",
    gaps: &[NOT_IN_S3S],
    actions: &["PutBucketCors", "GetBucketCors", "DeleteBucketCors"],
};

pub(crate) static LIFECYCLE: Promise = Promise {
    what: "a bucket has a lifecycle",
    gaps: &[NOT_IN_S3S],
    actions: &["PutBucketLifecycleConfiguration", "GetBucketLifecycleConfiguration", "DeleteBucketLifecycle"],
};

pub(crate) static LIFECYCLE_SIZES: Promise = Promise {
    what: "rules of a lifecycle go by the size of objects",
    gaps: &[("ceph-rgw", "16.2 leaves the size out, and would delete the others, too")],
    actions: &[],
};

pub(crate) static WEBSITE: Promise = Promise {
    what: "a bucket is a website",
    gaps: &[NOT_IN_S3S, ("ceph-rgw", "rgw_enable_static_website is off by default")],
    actions: &["PutBucketWebsite", "GetBucketWebsite", "DeleteBucketWebsite"],
};

pub(crate) static PUBLIC_ACCESS_BLOCK: Promise = Promise {
    what: "a bucket blocks public access",
    gaps: &[NOT_IN_S3S],
    actions: &["PutPublicAccessBlock", "GetPublicAccessBlock", "DeletePublicAccessBlock"],
};

pub(crate) static REQUEST_PAYMENT: Promise = Promise {
    what: "a bucket says who pays",
    gaps: &[NOT_IN_S3S],
    actions: &["PutBucketRequestPayment", "GetBucketRequestPayment"],
};

pub(crate) static UPLOAD_FOLDERS: Promise = Promise {
    what: "a delimiter rolls unfinished uploads into common prefixes",
    gaps: &[("ceph-rgw", "16.2 leaves them out of its answer")],
    actions: &[],
};

pub(crate) static COPY_OF_ANOTHER_KEY: Promise = Promise {
    what: "a copy may have another key of the caller's than its source",
    gaps: &[("ceph-rgw", "16.2 takes the target's key for the source's")],
    actions: &[],
};

pub(crate) static COPY_CONDITIONS: Promise = Promise {
    what: "a condition on the source of a copy is followed",
    gaps: &[("ceph-rgw", "16.2 reads x-amz-copy-if-match in place of x-amz-copy-source-if-match")],
    actions: &[],
};

impl Promise {
    /// The value of a call, or nothing where the server is known not to have the function.
    pub(crate) fn of<T>(&self, server: &Server, result: plain_s3::Result<T>) -> Option<T> {
        self.check(server, result.as_ref().map(drop).map_err(ToString::to_string));
        result.ok()
    }

    /// Fails where the promise is not kept, unless that is a known gap; and where a known gap is none any more.
    pub(crate) fn check(&self, server: &Server, outcome: Result<(), String>) {
        let gap = self.gaps.iter().find(|(name, _)| *name == server.name);
        match (gap, outcome) {
            (None, Ok(())) => compatibility::kept(server, self.what),
            (None, Err(found)) => panic!("{}: {found}", self.what),
            (Some((_, reason)), Err(found)) => {
                compatibility::gap(server, self.what, reason, self.actions);
                static SHOWN: Mutex<BTreeSet<&str>> = Mutex::new(BTreeSet::new());
                if SHOWN.lock().unwrap().insert(self.what) {
                    say(&format!("gap: {}: {}: {reason} (found: {found})", server.name, self.what));
                }
            }
            (Some(_), Ok(())) => {
                panic!("{} works on {} now: take the gap out of live/gaps.rs", self.what, server.name)
            }
        }
    }
}
