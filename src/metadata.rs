//! The properties of an object: the headers of HEAD and GET responses.

use std::collections::BTreeMap;

use crate::checksum::Md5Digest;
use crate::encoded_word;
use crate::etag::ETag;
use crate::headers::Headers;
use crate::timestamp::Timestamp;

/// The prefix of the headers that hold user-defined metadata.
pub(crate) const USER_PREFIX: &str = "x-amz-meta-";

/// The other headers that are stored with an object and returned unchanged.
const STORED: [&str; 6] = [
    "content-type",
    "cache-control",
    "content-disposition",
    "content-encoding",
    "content-language",
    "expires",
];

/// The properties of an object, from the headers of a HEAD or GET response.
#[derive(Clone, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct ObjectMetadata {
    /// The length of this response's content in bytes: of the object, or of the requested range.
    pub content_length: u64,
    /// The media type that was stored with the object.
    pub content_type: Option<String>,
    /// The ETag of the object, unless the server returned none or an empty one.
    pub e_tag: Option<ETag>,
    /// The time when the object was stored.
    pub last_modified: Timestamp,
    /// User-defined metadata, with names in lower case and without `x-amz-meta-`. RFC 2047 encoded words,
    /// which AWS returns for values that are not ASCII, are decoded; [`header`](Self::header) returns the raw
    /// value.
    pub metadata: BTreeMap<String, String>,
    /// The version ID, if the bucket keeps versions.
    pub version_id: Option<String>,
    #[cfg_attr(feature = "serde", serde(skip))]
    headers: Headers,
}

impl ObjectMetadata {
    /// Creates metadata from the headers of a response, for tests of code that handles it.
    ///
    /// ```
    /// let object = plain_s3::ObjectMetadata::from_headers(12, [("content-type", "text/plain")]);
    /// assert_eq!(object.content_type.as_deref(), Some("text/plain"));
    /// ```
    pub fn from_headers<'a>(
        content_length: u64,
        headers: impl IntoIterator<Item = (&'a str, &'a str)>,
    ) -> Self {
        Self::new(headers.into_iter().collect(), content_length)
    }

    /// Returns any header of the response, such as `cache-control` or `x-amz-storage-class`. The name is
    /// case-insensitive.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(&name.to_ascii_lowercase())
    }

    pub(crate) fn new(headers: Headers, content_length: u64) -> Self {
        let get = |name: &str| headers.get(name).map(str::to_owned);
        Self {
            content_length,
            content_type: get("content-type"),
            e_tag: headers.get("etag").map(ETag::from_text).filter(|e_tag| !e_tag.as_str().is_empty()),
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

    /// Returns the headers that are stored with the object, to store another object with the same ones.
    pub(crate) fn stored_headers(&self) -> Headers {
        let mut stored = Headers::default();
        for (name, value) in self.headers.iter() {
            if name.starts_with(USER_PREFIX) || STORED.contains(&name) {
                stored.set(name, value);
            }
        }
        stored
    }

    /// Returns the ETag if a further request with it gets the same content or fails.
    pub(crate) fn strong_e_tag(&self) -> Option<&ETag> {
        self.e_tag.as_ref().filter(|e_tag| e_tag.is_strong())
    }

    /// Returns the headers of the response.
    pub(crate) fn headers(&self) -> &Headers {
        &self.headers
    }

    /// Returns the MD5 of the whole content if the ETag is one; see [`content_md5`].
    pub(crate) fn md5(&self) -> Option<Md5Digest> {
        self.e_tag.as_ref().filter(|_| !is_encrypted(&self.headers))?.md5_digest()
    }
}

/// Returns the MD5 of an object's whole content if the ETag among its headers is one. The ETag of a
/// multipart or an encrypted object is not.
pub(crate) fn content_md5(headers: &Headers) -> Option<Md5Digest> {
    if is_encrypted(headers) {
        return None;
    }
    ETag::from_text(headers.get("etag")?).md5_digest()
}

/// Returns `true` if the object is encrypted with a key that the store (`aws:kms`) or the caller manages.
/// Then the ETag may look like an MD5 but is not one. Plain server-side encryption (`AES256`) keeps the MD5.
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
    fn headers_fill_the_fields_and_stay_accessible() {
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
    fn etag_of_an_encrypted_object_is_not_its_md5() {
        let md5 = ("etag", "ed076287532e86365e841e92bfc50d8c");
        assert!(metadata(&[md5]).md5().is_some());
        assert!(metadata(&[md5, ("x-amz-server-side-encryption", "AES256")]).md5().is_some());
        assert!(metadata(&[md5, ("x-amz-server-side-encryption", "aws:kms")]).md5().is_none());
        assert!(
            metadata(&[md5, ("x-amz-server-side-encryption-customer-algorithm", "AES256")]).md5().is_none()
        );
    }

    #[test]
    fn etag_of_an_encrypted_object_is_not_an_md5() {
        let md5 = |name: &str, value: &str| {
            let headers: Headers =
                [("etag", "ed076287532e86365e841e92bfc50d8c"), (name, value)].into_iter().collect();
            content_md5(&headers)
        };
        assert_eq!(md5("x-other", ""), Some(Md5Digest::of("Hello World!")));
        assert_eq!(md5("x-amz-server-side-encryption", "AES256"), Some(Md5Digest::of("Hello World!")));
        assert_eq!(md5("x-amz-server-side-encryption", "aws:kms"), None);
        assert_eq!(md5("x-amz-server-side-encryption-customer-algorithm", "AES256"), None);
        assert_eq!(content_md5(&Headers::default()), None);
    }
}
