//! Encryption by the server, as options of storing and reading.
//! <https://docs.aws.amazon.com/AmazonS3/latest/userguide/serv-side-encryption.html>

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use md5::{Digest as _, Md5};

use crate::ops::{
    CompleteMultipartUploadOptions, CopyObjectOptions, GetObjectOptions, ObjectAttributesOptions,
    PutObjectOptions, UploadPartCopyOptions, UploadPartOptions,
};
use crate::presign::UrlOptions;

const PREFIX: &str = "x-amz-server-side-encryption-customer-";

impl PutObjectOptions {
    /// Has the server encrypt the object with keys of its own: `AES256`, or `aws:kms` for a key management
    /// service. Reading needs nothing more.
    pub fn server_side_encryption(self, algorithm: impl Into<String>) -> Self {
        self.header("x-amz-server-side-encryption", algorithm)
    }

    /// Names the key in the key management service, and selects `aws:kms`.
    pub fn sse_kms_key_id(self, id: impl Into<String>) -> Self {
        self.server_side_encryption("aws:kms").header("x-amz-server-side-encryption-aws-kms-key-id", id)
    }

    /// Has the server encrypt the object with this key, which it forgets at once (SSE-C): whoever reads the
    /// object must give it again, and without it the content is lost.
    ///
    /// The key is sent, so a call over plain `http` is refused. It is in no `{:?}` and in no error.
    pub fn sse_customer_key(self, key: [u8; 32]) -> Self {
        with_customer_key(self, &key, Self::header)
    }
}

impl GetObjectOptions {
    /// Gives the key that the object was stored with; see
    /// [`PutObjectOptions::sse_customer_key`]. A call over plain `http` is refused.
    pub fn sse_customer_key(self, key: [u8; 32]) -> Self {
        with_customer_key(self, &key, Self::header)
    }
}

impl CopyObjectOptions {
    /// Has the server encrypt the copy with keys of its own; see
    /// [`PutObjectOptions::server_side_encryption`].
    pub fn server_side_encryption(self, algorithm: impl Into<String>) -> Self {
        self.header("x-amz-server-side-encryption", algorithm)
    }

    /// Has the server encrypt the copy with this key; see [`PutObjectOptions::sse_customer_key`].
    pub fn sse_customer_key(self, key: [u8; 32]) -> Self {
        with_customer_key(self, &key, Self::header)
    }
}

impl UploadPartOptions {
    /// Gives the key that the upload was begun with, which every part needs; see
    /// [`PutObjectOptions::sse_customer_key`].
    pub fn sse_customer_key(self, key: [u8; 32]) -> Self {
        with_customer_key(self, &key, Self::header)
    }
}

impl UploadPartCopyOptions {
    /// Gives the key that the upload was begun with, which every part needs; see
    /// [`PutObjectOptions::sse_customer_key`].
    pub fn sse_customer_key(self, key: [u8; 32]) -> Self {
        with_customer_key(self, &key, Self::header)
    }
}

impl CompleteMultipartUploadOptions {
    /// Gives the key that the upload was begun with. AWS asks for it where the parts have checksums beside
    /// their MD5; most servers need it for the parts only.
    pub fn sse_customer_key(self, key: [u8; 32]) -> Self {
        with_customer_key(self, &key, Self::header)
    }
}

impl ObjectAttributesOptions {
    /// Gives the key that the object was stored with; see [`PutObjectOptions::sse_customer_key`].
    pub fn sse_customer_key(self, key: [u8; 32]) -> Self {
        with_customer_key(self, &key, Self::header)
    }
}

impl UrlOptions {
    /// Requires the key of an object that is encrypted with one of yours; see
    /// [`PutObjectOptions::sse_customer_key`]. Whoever uses the URL sends it along in the headers of
    /// [`PresignedUrl`](crate::PresignedUrl), so the URL must be one of `https`.
    pub fn sse_customer_key(self, key: [u8; 32]) -> Self {
        with_customer_key(self, &key, Self::header)
    }
}

/// Adds the three headers of a key of the caller's to options of any kind, by their own setter of a header.
fn with_customer_key<T>(options: T, key: &[u8; 32], header: fn(T, &str, String) -> T) -> T {
    customer_key(key).into_iter().fold(options, |options, (name, value)| header(options, &name, value))
}

/// The same for the source of a copy.
pub(super) fn with_source_customer_key<T>(options: T, key: &[u8; 32], header: fn(T, &str, String) -> T) -> T {
    customer_key(key).into_iter().fold(options, |options, (name, value)| {
        header(options, &name.replace("x-amz-", "x-amz-copy-source-"), value)
    })
}

/// The three headers of a key of the caller's.
fn customer_key(key: &[u8; 32]) -> [(String, String); 3] {
    [
        ("algorithm", "AES256".to_owned()),
        ("key", BASE64.encode(key)),
        ("key-md5", BASE64.encode(Md5::digest(key))),
    ]
    .map(|(name, value)| (format!("{PREFIX}{name}"), value))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Client, CompletedPart, Config, ErrorKind};

    #[test]
    fn a_key_is_never_shown_and_never_sent_in_the_clear() {
        let key = [7; 32];
        let secret = BASE64.encode(key);
        let put = PutObjectOptions::new().sse_customer_key(key);
        let get = GetObjectOptions::new().sse_customer_key(key);
        let url = UrlOptions::new().sse_customer_key(key);
        let attributes = ObjectAttributesOptions::new().sse_customer_key(key);
        let copy = CopyObjectOptions::new().sse_customer_key(key);
        let copy_from = CopyObjectOptions::new().source_sse_customer_key(key);
        let part = UploadPartOptions::new().sse_customer_key(key);
        let part_copy = UploadPartCopyOptions::new().sse_customer_key(key);
        let part_from = UploadPartCopyOptions::new().source_sse_customer_key(key);
        let end = CompleteMultipartUploadOptions::new().sse_customer_key(key);
        for text in [
            format!("{part:?}"),
            format!("{part_copy:?}"),
            format!("{part_from:?}"),
            format!("{end:?}"),
            format!("{copy:?}"),
            format!("{copy_from:?}"),
            format!("{put:?}"),
            format!("{get:?}"),
            format!("{url:?}"),
            format!("{attributes:?}"),
        ] {
            assert!(text.contains("key-md5") && !text.contains(&secret), "{text}");
        }
        // nothing listens there, so an attempt to send would be another error
        let client = Client::new(Config::new("http://127.0.0.1:9")).unwrap();
        for error in [
            client.put_object_with("b", "k", "x", &put).unwrap_err(),
            client.get_object_with("b", "k", &get).unwrap_err(),
            client.head_object_with("b", "k", &get).unwrap_err(),
            client.get_object_attributes_with("b", "k", &attributes).unwrap_err(),
            client.copy_object_with(("b", "k"), ("b", "l"), &copy).unwrap_err(),
            client.copy_object_with(("b", "k"), ("b", "l"), &copy_from).unwrap_err(),
            client.upload_part_with("b", "k", "u", 1, "x", &part).unwrap_err(),
            client.upload_part_copy_with("b", "k", "u", 1, ("b", "l"), 0..1, &part_copy).unwrap_err(),
            client.upload_part_copy_with("b", "k", "u", 1, ("b", "l"), 0..1, &part_from).unwrap_err(),
            client
                .complete_multipart_upload_with("b", "k", "u", &[CompletedPart::new(1, "e")], &end)
                .unwrap_err(),
        ] {
            assert_eq!(error.kind(), ErrorKind::InvalidInput);
            assert!(
                error.to_string().contains("https") && !format!("{error:#?}").contains(&secret),
                "{error}"
            );
        }
    }

    #[test]
    fn the_headers_are_those_of_the_documentation() {
        let headers = customer_key(b"0123456789abcdef0123456789abcdef");
        assert_eq!(headers[0].1, "AES256");
        assert_eq!(headers[1].0, "x-amz-server-side-encryption-customer-key");
        assert_eq!(headers[1].1, "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=");
        assert_eq!(headers[2].1.len(), 24);
    }
}
