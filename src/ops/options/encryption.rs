//! The headers of encryption with the caller's own key (SSE-C).
//! <https://docs.aws.amazon.com/AmazonS3/latest/userguide/ServerSideEncryptionCustomerKeys.html>

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;

use crate::checksum::Md5Digest;

const PREFIX: &str = "x-amz-server-side-encryption-customer-";
const SOURCE_PREFIX: &str = "x-amz-copy-source-server-side-encryption-customer-";

/// Adds the three headers of a customer key to any options, with their own `header` setter.
pub(crate) fn with_customer_key<T>(options: T, key: &[u8; 32], header: fn(T, &str, String) -> T) -> T {
    with_key_headers(PREFIX, options, key, header)
}

/// Adds the three headers of the customer key of a copy's source.
pub(crate) fn with_source_customer_key<T>(options: T, key: &[u8; 32], header: fn(T, &str, String) -> T) -> T {
    with_key_headers(SOURCE_PREFIX, options, key, header)
}

fn with_key_headers<T>(prefix: &str, options: T, key: &[u8; 32], header: fn(T, &str, String) -> T) -> T {
    let headers = [
        ("algorithm", "AES256".to_owned()),
        ("key", BASE64.encode(key)),
        ("key-md5", Md5Digest::of(key).to_base64()),
    ];
    headers
        .into_iter()
        .fold(options, |options, (name, value)| header(options, &format!("{prefix}{name}"), value))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        Client, CompleteMultipartUploadOptions, CompletedPart, Config, CopyObjectOptions, ErrorKind,
        GetObjectOptions, ObjectAttributesOptions, PutObjectOptions, UploadPartCopyOptions,
        UploadPartOptions,
    };

    #[test]
    fn customer_key_is_never_shown_and_never_sent_over_plain_http() {
        let key = [7; 32];
        let secret = BASE64.encode(key);
        let put = PutObjectOptions::new().sse_customer_key(key);
        let get = GetObjectOptions::new().sse_customer_key(key);
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
            format!("{attributes:?}"),
        ] {
            assert!(text.contains("key-md5") && !text.contains(&secret), "{text}");
        }
        // nothing listens on this port, so sending anything would be another error
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
    fn headers_are_those_of_the_documentation() {
        let mut headers = Vec::new();
        headers =
            with_customer_key(headers, b"0123456789abcdef0123456789abcdef", |mut headers, name, value| {
                headers.push((name.to_owned(), value));
                headers
            });
        assert_eq!(headers[0].1, "AES256");
        assert_eq!(headers[1].0, "x-amz-server-side-encryption-customer-key");
        assert_eq!(headers[1].1, "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=");
        assert_eq!(headers[2].1.len(), 24);
    }
}
