//! The object that a reader reads: how its content is checked, and the sizes of its parts.

use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use crate::checksum::{ChecksumAlgorithm, ContentCheck, Expected, PartSizes};
use crate::client::Client;
use crate::error::Error;
use crate::etag::ETag;
use crate::event::Event;
use crate::headers::Headers;
use crate::operation::Operation;
use crate::ops::head_object::head_object_request;
use crate::ops::options::get_object::{CHECKSUM_MODE, GetObjectOptions};
use crate::request::{Method, Request};

/// Returns the request of GetObject.
pub(crate) fn get_object_request<'a>(
    bucket: &'a str,
    key: &'a str,
    options: &'a GetObjectOptions,
) -> Request<'a> {
    options.apply(Request::object("GetObject", Method::Get, bucket, key))
}

/// What is needed to request an object again, or the rest of its content.
#[derive(Clone)]
pub(crate) struct Source {
    pub(crate) client: Client,
    pub(crate) bucket: String,
    pub(crate) key: String,
    pub(crate) options: GetObjectOptions,
    pub(crate) deadline: Option<Instant>,
}

impl Source {
    pub(crate) fn new(client: &Client, bucket: &str, key: &str, options: &GetObjectOptions) -> Self {
        Self {
            client: client.clone(),
            bucket: bucket.to_owned(),
            key: key.to_owned(),
            options: options.clone(),
            deadline: client.deadline(),
        }
    }

    /// Returns the source of the whole object if it still has this ETag, without a pinned SHA-256.
    pub(crate) fn whole_object(&self, e_tag: Option<&ETag>) -> Self {
        let mut source = self.pinned_to(e_tag);
        source.options = source.options.whole_object();
        source
    }

    /// Returns the same source if the object still has this ETag. A weak ETag would never match.
    pub(crate) fn pinned_to(&self, e_tag: Option<&ETag>) -> Self {
        let mut source = self.clone();
        if let Some(e_tag) = e_tag.filter(|e_tag| e_tag.is_strong()) {
            source.options = source.options.if_match(e_tag);
        }
        source
    }

    /// Returns the call as errors and events name it.
    pub(crate) fn operation(&self) -> Operation {
        get_object_request(&self.bucket, &self.key, &self.options).operation()
    }

    /// Returns `true` if damaged content may be requested a second time, and reports that.
    pub(crate) fn retries(&self, error: &Error) -> bool {
        if !self.client.settings().retry.allows_retries() {
            return false;
        }
        let call = self.operation().to_string();
        let event = || Event::Retry { call: &call, attempt: 1, error, delay: Duration::ZERO };
        self.client.settings().events.emit(event);
        true
    }

    /// Returns `true` if the checksums that are stored with the object should be requested.
    pub(crate) fn wants_checksums(&self) -> bool {
        self.options.is_whole()
            && self.options.pinned_sha256().is_none()
            && self.client.settings().compare_checksums
            && !self.client.discovered().checksum_mode.load(Ordering::Relaxed)
    }

    /// Returns `true` if the server rejected the request because of the header for the stored checksums.
    pub(crate) fn rejects_checksums(error: &Error) -> bool {
        let message = error.message().unwrap_or_default();
        matches!(error.status(), Some(400 | 501)) && names_header(message, CHECKSUM_MODE)
    }

    /// Remembers that the server rejects the header for the stored checksums.
    pub(crate) fn stop_requesting_checksums(&self) {
        self.client.discovered().checksum_mode.store(true, Ordering::Relaxed);
    }

    /// Returns how content of this length, if it is known, is checked, which these headers describe. `is_whole`
    /// states that it is the content of the whole object.
    pub(crate) fn check(
        &self,
        headers: &Headers,
        length: Option<u64>,
        is_whole: bool,
    ) -> Option<ContentCheck> {
        if let Some(sha256) = self.options.pinned_sha256() {
            return ContentCheck::whole(Expected::Pinned(sha256));
        }
        if !is_whole || !self.client.settings().compare_checksums {
            return None;
        }
        match Expected::of(headers)? {
            // a second reading could not clarify why it differs
            Expected::Parts { checksum, .. }
                if checksum.algorithm() == ChecksumAlgorithm::Md5
                    && self.client.signer().endpoint().has_opaque_multipart_e_tags() =>
            {
                None
            }
            Expected::Parts { checksum, parts } => {
                let e_tag = headers.get("etag").map(ETag::new);
                let sizes = self.possible_part_sizes(length?, parts, e_tag.as_ref());
                (!sizes.is_empty()).then(|| ContentCheck::of_parts(checksum, parts, sizes))
            }
            whole => ContentCheck::whole(whole),
        }
    }

    /// Returns the headers of the whole object with its checksums, if the server returns them.
    pub(crate) fn stored_checksums(&self, e_tag: Option<&ETag>) -> Option<Headers> {
        let whole = self.whole_object(e_tag);
        if !whole.wants_checksums() {
            return None;
        }
        let head =
            head_object_request(&whole.bucket, &whole.key, &whole.options).header(CHECKSUM_MODE, "ENABLED");
        let result = self.client.call_until(self.deadline, &head, |response| Ok(response.headers));
        result.ok().filter(|headers| headers.get("etag").map(ETag::new).as_ref() == e_tag)
    }

    /// Returns the possible sizes of the parts. If more than one is usual, the server is asked.
    fn possible_part_sizes(&self, length: u64, parts: u32, e_tag: Option<&ETag>) -> Vec<PartSizes> {
        let usual = PartSizes::usual(length, parts);
        if usual.len() == 1 {
            return usual;
        }
        let known = e_tag.and_then(|e_tag| self.part_sizes(length, parts, e_tag));
        known.map_or(usual, |sizes| vec![sizes])
    }

    /// Returns the sizes of the parts, if the server reports that of the first part and it splits the object into
    /// as many parts as it has.
    pub(crate) fn part_sizes(&self, length: u64, parts: u32, e_tag: &ETag) -> Option<PartSizes> {
        let unsupported = &self.client.discovered().part_numbers;
        if parts < 2 || unsupported.load(Ordering::Relaxed) {
            return None;
        }
        let options = self.options.clone().of_part(1, e_tag);
        let head = head_object_request(&self.bucket, &self.key, &options);
        let headers = self.client.call_until(self.deadline, &head, |response| Ok(response.headers)).ok()?;
        let first: u64 = headers.get("content-length")?.parse().ok()?;
        if first >= length || headers.get("etag").map(ETag::new).as_ref() != Some(e_tag) {
            // the whole object: the server ignores part numbers
            unsupported.store(true, Ordering::Relaxed);
            return None;
        }
        PartSizes::from_first(first, length, parts)
    }
}

/// Returns `true` if an error message names this header, in any case.
fn names_header(message: &str, header: &str) -> bool {
    message.to_ascii_lowercase().contains(header)
}
