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
