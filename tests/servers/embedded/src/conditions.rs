//! `If-Match` and the like, which s3s-fs checks only in part.

use hyper::HeaderMap;
use hyper::header::ETAG;
use s3s::dto::{ETagCondition, Timestamp};
use s3s::{S3Error, S3Result, s3_error};

use crate::index::{Object, no_such_key};

#[derive(Default)]
pub struct ReadIf {
    pub matches: Option<ETagCondition>,
    pub none_match: Option<ETagCondition>,
    pub modified_since: Option<Timestamp>,
    pub unmodified_since: Option<Timestamp>,
}

fn failed() -> S3Error {
    s3_error!(PreconditionFailed, "A condition of the request does not hold")
}

fn holds(condition: &ETagCondition, object: &Object) -> bool {
    match condition {
        ETagCondition::Any => true,
        ETagCondition::ETag(etag) => etag.weak_cmp(&object.etag),
    }
}

impl ReadIf {
    /// For GET and HEAD: an object the client has already is 304.
    pub fn check(&self, object: &Object) -> S3Result<()> {
        if self.mismatch(object) {
            return Err(failed());
        }
        if self.not_modified(object) {
            let mut error = s3_error!(NotModified);
            let mut headers = HeaderMap::new();
            if let Ok(etag) = object.etag.to_http_header() {
                headers.insert(ETAG, etag);
            }
            error.set_headers(headers);
            return Err(error);
        }
        Ok(())
    }

    /// For the source of a copy: there is no 304, so both are 412.
    pub fn check_source(&self, object: &Object) -> S3Result<()> {
        if self.mismatch(object) || self.not_modified(object) {
            return Err(failed());
        }
        Ok(())
    }

    /// An ETag condition makes the server ignore the one on time, here and below.
    fn mismatch(&self, object: &Object) -> bool {
        match (&self.matches, &self.unmodified_since) {
            (Some(condition), _) => !holds(condition, object),
            (None, Some(since)) => object.modified > *since,
            (None, None) => false,
        }
    }

    fn not_modified(&self, object: &Object) -> bool {
        match (&self.none_match, &self.modified_since) {
            (Some(condition), _) => holds(condition, object),
            (None, Some(since)) => object.modified <= *since,
            (None, None) => false,
        }
    }
}

#[derive(Default)]
pub struct WriteIf {
    pub matches: Option<ETagCondition>,
    pub none_match: Option<ETagCondition>,
}

impl WriteIf {
    /// `existing` is what the write would replace.
    pub fn check(&self, existing: Option<&Object>) -> S3Result<()> {
        match (&self.none_match, existing) {
            (Some(condition), Some(object)) if holds(condition, object) => return Err(failed()),
            _ => {}
        }
        match (&self.matches, existing) {
            (Some(_), None) => Err(no_such_key()),
            (Some(condition), Some(object)) if !holds(condition, object) => Err(failed()),
            _ => Ok(()),
        }
    }
}
