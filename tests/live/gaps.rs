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

pub(crate) static UTF8_METADATA: Promise =
    Promise { what: "metadata of UTF-8 comes back as it was sent", gaps: &[] };

pub(crate) static UNKNOWN_PLACE: Promise = Promise {
    what: "an unknown location constraint is refused",
    gaps: &[("embedded", "it takes any and keeps it")],
};

pub(crate) static QUOTED_IF_MATCH: Promise = Promise {
    what: "If-Match of the present ETag stores",
    gaps: &[("ceph-rgw", "16.2 compares its ETag, which has no quotes, with the header, which has them")],
};

pub(crate) static UNKNOWN_GRANTEE: Promise =
    Promise { what: "an ACL for an unknown e-mail address is refused", gaps: &[] };

pub(crate) static VERSIONS: Promise = Promise { what: "versions", gaps: &[("embedded", "it keeps none")] };

pub(crate) static SERVER_KEYS: Promise = Promise {
    what: "the server encrypts with a key of its own (AES256)",
    gaps: &[
        ("ceph-rgw", "16.2 knows aws:kms and keys of the caller's only"),
        ("embedded", "it encrypts nothing"),
    ],
};

pub(crate) static TAGS: Promise =
    Promise { what: "tags are stored with an object", gaps: &[("embedded", "it keeps none")] };

pub(crate) static REDIRECTS: Promise =
    Promise { what: "a website redirect is stored with an object", gaps: &[] };

pub(crate) static ATTRIBUTES: Promise = Promise {
    what: "GetObjectAttributes",
    gaps: &[
        ("ceph-rgw", "16.2 ignores ?attributes and sends the object"),
        ("embedded", "it does not have it"),
    ],
};

pub(crate) static PART_NUMBERS: Promise = Promise {
    what: "a stored object is read by part",
    gaps: &[
        ("ceph-rgw", "16.2 ignores partNumber and sends the whole object"),
        ("embedded", "it does the same"),
    ],
};

pub(crate) static STALE_V2: Promise = Promise {
    what: "a request signed by V2 an hour ago is refused",
    gaps: &[("embedded", "s3s does not look at the date of V2")],
};

pub(crate) static FORM_FILE_NAME: Promise = Promise {
    what: "the name of the file takes its place in the key of a form",
    gaps: &[("embedded", "s3s stores the words ${filename}")],
};

pub(crate) static FORM_ACL: Promise =
    Promise { what: "a form sets the object's ACL", gaps: &[("embedded", "s3s does not read this field")] };

pub(crate) static FORM_REDIRECT: Promise =
    Promise { what: "a form's upload is answered with a redirect", gaps: &[] };

pub(crate) static FORM_EXTRA_FIELD: Promise =
    Promise { what: "a form with a field that is not in its policy is refused", gaps: &[] };

impl Promise {
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
