//! The source of a copy, whole or of a part: its name, and the setters that both kinds of options have.

use time::OffsetDateTime;

use crate::encode;
use crate::error::Result;
use crate::etag::ETag;
use crate::ops::options::encryption::with_source_customer_key;
use crate::ops::{CopyObjectOptions, UploadPartCopyOptions};
use crate::timestamp;
use crate::validate;

/// The source as the header `x-amz-copy-source` names it.
pub(crate) fn copy_source((bucket, key): (&str, &str), version_id: Option<&str>) -> Result<String> {
    validate::bucket(bucket)?;
    validate::key(key)?;
    let mut source = format!("/{}/{}", encode::path(bucket), encode::path(key));
    if let Some(id) = version_id {
        validate::version_id(id)?;
        source.push_str("?versionId=");
        source.push_str(&encode::query(id));
    }
    Ok(source)
}

macro_rules! source_setters {
    ($($options:ident)*) => {$(
        impl $options {
            /// Copies this version.
            pub fn source_version_id(mut self, id: impl Into<String>) -> Self {
                self.source_version_id = Some(id.into());
                self
            }

            /// Copies only where the source has this ETag; else
            /// [`is_precondition_failed`](crate::Error::is_precondition_failed).
            pub fn source_if_match(self, e_tag: impl Into<ETag>) -> Self {
                self.header("x-amz-copy-source-if-match", e_tag.into().to_header())
            }

            /// Copies only where the source has another ETag; else
            /// [`is_precondition_failed`](crate::Error::is_precondition_failed).
            pub fn source_if_none_match(self, e_tag: impl Into<ETag>) -> Self {
                self.header("x-amz-copy-source-if-none-match", e_tag.into().to_header())
            }

            /// Copies only where the source was stored after this moment; else
            /// [`is_precondition_failed`](crate::Error::is_precondition_failed).
            pub fn source_if_modified_since(self, moment: impl Into<OffsetDateTime>) -> Self {
                self.header("x-amz-copy-source-if-modified-since", timestamp::http_date(moment.into()))
            }

            /// Copies only where the source was not stored anew after this moment; else
            /// [`is_precondition_failed`](crate::Error::is_precondition_failed).
            pub fn source_if_unmodified_since(self, moment: impl Into<OffsetDateTime>) -> Self {
                self.header("x-amz-copy-source-if-unmodified-since", timestamp::http_date(moment.into()))
            }

            /// Gives the key that the source was stored with; see
            /// [`PutObjectOptions::sse_customer_key`](crate::PutObjectOptions::sse_customer_key).
            pub fn source_sse_customer_key(self, key: [u8; 32]) -> Self {
                with_source_customer_key(self, &key, Self::header)
            }
        }
    )*};
}

source_setters!(CopyObjectOptions UploadPartCopyOptions);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_source_is_encoded_with_its_slashes_kept_and_its_version_apart() {
        assert_eq!(copy_source(("b", "a b+c/é?"), None).unwrap(), "/b/a%20b%2Bc/%C3%A9%3F");
        assert_eq!(copy_source(("b", "k"), Some("a/b+")).unwrap(), "/b/k?versionId=a%2Fb%2B");
        assert!(copy_source(("b", ""), None).is_err() && copy_source(("", "k"), None).is_err());
    }
}
