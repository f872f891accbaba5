//! What is known of an object beside its content: the headers of HEAD and GET.

use std::collections::BTreeMap;

use crate::encoded_word;
use crate::etag::ETag;
use crate::headers::Headers;
use crate::timestamp::Timestamp;

/// The prefix under which a caller's own metadata travels.
pub(crate) const USER_PREFIX: &str = "x-amz-meta-";

/// What else is stored with an object and given back as it was.
const STORED: [&str; 6] = [
    "content-type",
    "cache-control",
    "content-disposition",
    "content-encoding",
    "content-language",
    "expires",
];

/// The properties of an object, as HEAD and GET give them.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct ObjectMetadata {
    /// The length of this answer's content in bytes: of the object, or of the range that was asked for.
    pub content_length: u64,
    /// The media type that was stored with the object.
    pub content_type: Option<String>,
    /// The ETag of the object.
    pub e_tag: Option<ETag>,
    /// When the object was stored.
    pub last_modified: Timestamp,
    /// The caller's own metadata, names in lower case and without `x-amz-meta-`. A value in the encoded
    /// words of RFC 2047, as AWS answers what is not ASCII, is decoded; [`header`](Self::header) has it raw.
    pub metadata: BTreeMap<String, String>,
    /// The version, where the bucket keeps versions.
    pub version_id: Option<String>,
    headers: Headers,
}

impl ObjectMetadata {
    /// Returns any header of the answer, such as `cache-control` or `x-amz-storage-class`, by its
    /// name in any case.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(&name.to_ascii_lowercase())
    }

    pub(crate) fn new(headers: Headers, content_length: u64) -> Self {
        let get = |name: &str| headers.get(name).map(str::to_owned);
        Self {
            content_length,
            content_type: get("content-type"),
            e_tag: get("etag").map(ETag::new),
            last_modified: headers.get("last-modified").map_or(Timestamp::UNKNOWN, Timestamp::from_http),
            metadata: headers
                .iter()
                .filter_map(|(name, value)| {
                    Some((name.strip_prefix(USER_PREFIX)?.to_owned(), encoded_word::decode(value)))
                })
                .collect(),
            version_id: get("x-amz-version-id"),
            headers,
        }
    }

    /// The headers that an object is stored with, to store another one alike.
    pub(crate) fn stored_headers(&self) -> Headers {
        let mut stored = Headers::default();
        for (name, value) in self.headers.iter() {
            if name.starts_with(USER_PREFIX) || STORED.contains(&name) {
                stored.set(name, value);
            }
        }
        stored
    }

    /// The MD5 of the whole content, where the ETag is one: not of a multipart or an encrypted object.
    pub(crate) fn md5(&self) -> Option<[u8; 16]> {
        if is_encrypted(&self.headers) { None } else { self.e_tag.as_ref()?.md5() }
    }
}

/// True where the ETag is not the MD5 of the content, because the store encrypts with a key of its own
/// management or of the caller's. Plain server-side encryption (`AES256`) keeps the MD5.
pub(crate) fn is_encrypted(headers: &Headers) -> bool {
    headers.get("x-amz-server-side-encryption").is_some_and(|value| value != "AES256")
        || headers.get("x-amz-server-side-encryption-customer-algorithm").is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn metadata(pairs: &[(&str, &str)]) -> ObjectMetadata {
        let mut headers = Headers::default();
        for (name, value) in pairs {
            headers.set(name, *value);
        }
        ObjectMetadata::new(headers, 3)
    }

    #[test]
    fn headers_become_fields_and_stay_readable() {
        let m = metadata(&[
            ("ETag", "\"abc\""),
            ("Last-Modified", "Fri, 27 May 2011 06:23:07 GMT"),
            ("x-amz-meta-Colour", "blue"),
            ("x-amz-meta-name", "=?UTF-8?B?w6k=?="),
            ("Cache-Control", "no-store"),
        ]);
        assert_eq!(m.e_tag.as_ref().unwrap().as_str(), "abc");
        assert_eq!(m.last_modified.to_string(), "2011-05-27T06:23:07.000Z");
        assert_eq!(m.metadata["colour"], "blue");
        assert_eq!(m.metadata["name"], "é");
        assert_eq!(m.header("x-amz-meta-Name"), Some("=?UTF-8?B?w6k=?="));
        assert_eq!(m.header("CACHE-control"), Some("no-store"));
    }

    #[test]
    fn an_encrypted_objects_etag_is_no_md5() {
        let md5 = ("etag", "ed076287532e86365e841e92bfc50d8c");
        assert!(metadata(&[md5]).md5().is_some());
        assert!(metadata(&[md5, ("x-amz-server-side-encryption", "AES256")]).md5().is_some());
        assert!(metadata(&[md5, ("x-amz-server-side-encryption", "aws:kms")]).md5().is_none());
        assert!(
            metadata(&[md5, ("x-amz-server-side-encryption-customer-algorithm", "AES256")]).md5().is_none()
        );
    }
}
