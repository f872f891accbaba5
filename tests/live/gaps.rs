//! What the known servers do not do, each with its reason: the only place that excuses a server.

use std::collections::BTreeSet;
use std::sync::Mutex;

use super::server::{Server, say};

/// Something that S3 does, and the servers that do not.
pub(crate) struct Promise {
    what: &'static str,
    /// Server and reason.
    gaps: &'static [(&'static str, &'static str)],
}

pub(crate) static HTTPS: Promise =
    Promise { what: "HTTPS", gaps: &[("embedded", "it speaks plain HTTP only")] };

pub(crate) static NUL_IN_KEY: Promise =
    Promise { what: "a key may hold a NUL", gaps: &[("ceph-rgw", "its keys are C strings")] };

pub(crate) static UTF8_METADATA: Promise = Promise {
    what: "metadata of UTF-8 comes back as it was sent",
    gaps: &[("embedded", "s3s writes it in the encoded words of RFC 2047")],
};

pub(crate) static UNKNOWN_PLACE: Promise = Promise {
    what: "an unknown location constraint is refused",
    gaps: &[("embedded", "it takes any and keeps it")],
};

pub(crate) static QUOTED_IF_MATCH: Promise = Promise {
    what: "If-Match of the present ETag stores",
    gaps: &[("ceph-rgw", "16.2 compares its ETag, which has no quotes, with the header, which has them")],
};

const NOT_IN_S3S: (&str, &str) = ("embedded", "s3s leaves it to the store, and this one has it not");

pub(crate) static VERSIONS: Promise = Promise { what: "a bucket keeps versions", gaps: &[NOT_IN_S3S] };

pub(crate) static TAGS: Promise = Promise { what: "buckets and objects have tags", gaps: &[NOT_IN_S3S] };

pub(crate) static POLICY: Promise = Promise { what: "a bucket has a policy", gaps: &[NOT_IN_S3S] };

pub(crate) static CORS: Promise = Promise { what: "a bucket has CORS rules", gaps: &[NOT_IN_S3S] };

pub(crate) static LIFECYCLE: Promise = Promise { what: "a bucket has a lifecycle", gaps: &[NOT_IN_S3S] };

pub(crate) static LIFECYCLE_SIZES: Promise = Promise {
    what: "rules of a lifecycle go by the size of objects",
    gaps: &[("ceph-rgw", "16.2 leaves the size out, and would delete the others, too")],
};

pub(crate) static WEBSITE: Promise = Promise {
    what: "a bucket is a website",
    gaps: &[NOT_IN_S3S, ("ceph-rgw", "rgw_enable_static_website is off by default")],
};

pub(crate) static PUBLIC_ACCESS_BLOCK: Promise =
    Promise { what: "a bucket blocks public access", gaps: &[NOT_IN_S3S] };

pub(crate) static REQUEST_PAYMENT: Promise = Promise { what: "a bucket says who pays", gaps: &[NOT_IN_S3S] };

pub(crate) static UPLOAD_FOLDERS: Promise = Promise {
    what: "a delimiter rolls unfinished uploads into common prefixes",
    gaps: &[("ceph-rgw", "16.2 leaves them out of its answer")],
};

pub(crate) static COPY_CONDITIONS: Promise = Promise {
    what: "a condition on the source of a copy is followed",
    gaps: &[("ceph-rgw", "16.2 reads x-amz-copy-if-match in place of x-amz-copy-source-if-match")],
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
            (None, Ok(())) => {}
            (None, Err(found)) => panic!("{}: {found}", self.what),
            (Some((_, reason)), Err(found)) => {
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
