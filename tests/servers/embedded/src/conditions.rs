//! Conditional requests: `If-Match` and the related headers, which s3s-fs checks only in part.

use hyper::HeaderMap;
use hyper::header::ETAG;
use s3s::dto::{ETagCondition, Timestamp};
use s3s::{S3Error, S3Result, s3_error};

use crate::index::{Object, no_such_key};

#[derive(Default)]
pub struct ReadConditions {
    pub matches: Option<ETagCondition>,
    pub none_match: Option<ETagCondition>,
    pub modified_since: Option<Timestamp>,
    pub unmodified_since: Option<Timestamp>,
}

fn precondition_failed() -> S3Error {
    s3_error!(PreconditionFailed, "A condition of the request is not met")
}

fn matches(condition: &ETagCondition, object: &Object) -> bool {
    match condition {
        ETagCondition::Any => true,
        ETagCondition::ETag(etag) => etag.weak_cmp(&object.etag),
    }
}

impl ReadConditions {
    /// Checks the conditions of GET and HEAD. The result is 304 if the object has not changed.
    pub fn check(&self, object: &Object) -> S3Result<()> {
        if self.mismatch(object) {
            return Err(precondition_failed());
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

    /// Checks the conditions on the source of a copy. As a copy has no 304, every failure is 412.
    pub fn check_source(&self, object: &Object) -> S3Result<()> {
        if self.mismatch(object) || self.not_modified(object) {
            return Err(precondition_failed());
        }
        Ok(())
    }

    // Here and in `not_modified`, a condition on the ETag takes precedence over one on the time.
    fn mismatch(&self, object: &Object) -> bool {
        match (&self.matches, &self.unmodified_since) {
            (Some(condition), _) => !matches(condition, object),
            (None, Some(since)) => object.modified > *since,
            (None, None) => false,
        }
    }

    fn not_modified(&self, object: &Object) -> bool {
        match (&self.none_match, &self.modified_since) {
            (Some(condition), _) => matches(condition, object),
            (None, Some(since)) => object.modified <= *since,
            (None, None) => false,
        }
    }
}

#[derive(Default)]
pub struct WriteConditions {
    pub matches: Option<ETagCondition>,
    pub none_match: Option<ETagCondition>,
}

impl WriteConditions {
    /// Checks the conditions of a write that would replace `existing`.
    pub fn check(&self, existing: Option<&Object>) -> S3Result<()> {
        match (&self.none_match, existing) {
            (Some(condition), Some(object)) if matches(condition, object) => {
                return Err(precondition_failed());
            }
            _ => {}
        }
        match (&self.matches, existing) {
            (Some(_), None) => Err(no_such_key()),
            (Some(condition), Some(object)) if !matches(condition, object) => Err(precondition_failed()),
            _ => Ok(()),
        }
    }
}
