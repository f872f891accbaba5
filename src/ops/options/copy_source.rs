//! The source of a copy: its header, and the setters that the options of CopyObject and UploadPartCopy share.

use crate::access_point;
use crate::encode;
use crate::request::Request;
use crate::validate;

/// Adds the source of a copy to a request.
pub(crate) fn with_copy_source<'a>(
    request: Request<'a>,
    from: (&str, &str),
    version_id: Option<&str>,
) -> Request<'a> {
    let (bucket, key) = from;
    let checked = validate::bucket(bucket)
        .and_then(|()| validate::key(key))
        .and_then(|()| version_id.map_or(Ok(()), validate::version_id));
    request
        .require(checked.is_ok(), || {
            checked
                .as_ref()
                .map_or_else(|error| format!("the source of the copy: {error}"), |()| String::new())
        })
        .header("x-amz-copy-source", copy_source(from, version_id))
}

fn copy_source((bucket, key): (&str, &str), version_id: Option<&str>) -> String {
    // R2 rejects a leading slash, and no server requires it
    let separator = if access_point::is_arn(bucket) { "/object/" } else { "/" };
    let mut source = [&encode::path(bucket), separator, &encode::path(key)].concat();
    if let Some(id) = version_id {
        source.push_str("?versionId=");
        source.push_str(&encode::query(id));
    }
    source
}

/// Adds the setters for the source to options that have a field `source_version_id` and a setter `header`.
macro_rules! copy_source_setters {
    ($options:ident) => {
        impl $options {
            /// Copies this version of the source.
            pub fn source_version_id(mut self, id: impl Into<String>) -> Self {
                self.source_version_id = Some(id.into());
                self
            }

            /// Fails unless the source has this ETag (see
            /// [`is_precondition_failed`](crate::Error::is_precondition_failed)).
            pub fn source_if_match(self, e_tag: impl Into<$crate::ETag>) -> Self {
                self.header("x-amz-copy-source-if-match", e_tag.into().to_header())
            }

            /// Fails if the source has this ETag (see
            /// [`is_precondition_failed`](crate::Error::is_precondition_failed)).
            pub fn source_if_none_match(self, e_tag: impl Into<$crate::ETag>) -> Self {
                self.header("x-amz-copy-source-if-none-match", e_tag.into().to_header())
            }

            /// Fails unless the source was stored after this moment (see
            /// [`is_precondition_failed`](crate::Error::is_precondition_failed)).
            pub fn source_if_modified_since(self, moment: impl Into<time::OffsetDateTime>) -> Self {
                let date = $crate::timestamp::http_date(moment.into());
                self.header("x-amz-copy-source-if-modified-since", date)
            }

            /// Fails if the source was stored after this moment (see
            /// [`is_precondition_failed`](crate::Error::is_precondition_failed)).
            pub fn source_if_unmodified_since(self, moment: impl Into<time::OffsetDateTime>) -> Self {
                let date = $crate::timestamp::http_date(moment.into());
                self.header("x-amz-copy-source-if-unmodified-since", date)
            }

            /// Sets the key with which the source was encrypted; see
            /// [`PutObjectOptions::sse_customer_key`](crate::PutObjectOptions::sse_customer_key).
            pub fn source_sse_customer_key(self, key: [u8; 32]) -> Self {
                $crate::ops::options::encryption::with_source_customer_key(self, &key, Self::header)
            }
        }
    };
}
pub(crate) use copy_source_setters;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::request::Method;

    #[test]
    fn source_is_encoded_except_for_slashes_and_the_version() {
        assert_eq!(copy_source(("b", "a b+c/é?"), None), "b/a%20b%2Bc/%C3%A9%3F");
        assert_eq!(copy_source(("b", "k"), Some("a/b+")), "b/k?versionId=a%2Fb%2B");
    }

    #[test]
    fn invalid_source_is_rejected_and_named() {
        for (from, version, words) in [
            (("b", ""), None, "the source of the copy: the key is empty"),
            (("", "k"), None, "the source of the copy: the bucket name is empty"),
            (("b", "k"), Some(""), "version"),
        ] {
            let request = Request::object("CopyObject", Method::Put, "b", "k");
            let error = with_copy_source(request, from, version).validate().unwrap_err();
            assert!(error.to_string().contains(words), "{error}");
        }
    }
}
