//! CopyObject.

use crate::acl::CannedAcl;
use crate::client::Client;
use crate::error::{Error, Result};
use crate::etag::ETag;
use crate::headers::Headers;
use crate::ops::options::copy_source::{copy_source_setters, with_copy_source};
use crate::ops::options::encryption::with_customer_key;
use crate::ops::{GetObjectOptions, PutObjectOptions, UploadPartCopyOptions};
use crate::request::{Method, Request};
use crate::response::Response;
use crate::signer::SOURCE_BUCKET_OWNER;
use crate::timestamp::Timestamp;
use crate::xml;

/// Options for [`Client::copy_object_with`]: the version and the conditions of the source, and the properties
/// of the copy.
///
/// Each setter sets one header, except [`replace_metadata`](Self::replace_metadata). Ceph 16.2 ignores the
/// conditions: it copies whether or not they hold.
///
/// ```
/// # let client = include!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/documentation/client.rs"));
/// use std::time::{Duration, SystemTime};
///
/// use plain_s3::{CannedAcl, CopyObjectOptions};
///
/// let e_tag = client.head_object("my-new-bucket", "hello.txt")?.e_tag.unwrap();
/// let now = SystemTime::now();
/// let options = CopyObjectOptions::new()
///     .source_if_match(e_tag)
///     .source_if_none_match("d41d8cd98f00b204e9800998ecf8427e")
///     .source_if_modified_since(now - Duration::from_secs(24 * 60 * 60))
///     .source_if_unmodified_since(now + Duration::from_secs(60 * 60))
///     .storage_class("STANDARD")
///     .acl(CannedAcl::Private);
/// client.copy_object_with(("my-new-bucket", "hello.txt"), ("my-backups", "hello.txt"), &options)?;
/// # Ok::<(), plain_s3::Error>(())
/// ```
#[derive(Clone, Debug, Default)]
#[must_use]
pub struct CopyObjectOptions {
    source_version_id: Option<String>,
    headers: Headers,
}

impl CopyObjectOptions {
    /// Creates the default options: the latest version with its metadata and tags, without conditions. The
    /// copy is private.
    pub fn new() -> Self {
        Self::default()
    }

    /// Replaces all metadata: the copy gets the media type, cache control, user metadata and so on of these
    /// options, and none of the source's. The tags are copied unless the options have tags.
    pub fn replace_metadata(mut self, options: &PutObjectOptions) -> Self {
        self.headers.extend(options.headers());
        if options.headers().get("x-amz-tagging").is_some() {
            self.headers.set("x-amz-tagging-directive", "REPLACE");
        }
        self.header("x-amz-metadata-directive", "REPLACE")
    }

    /// Sets the ACL of the copy. The default is private, whatever the ACL of the source.
    pub fn acl(self, acl: CannedAcl) -> Self {
        self.header("x-amz-acl", acl.as_str())
    }

    /// Sets the storage class of the copy, such as `STANDARD_IA`.
    pub fn storage_class(self, class: impl Into<String>) -> Self {
        self.header("x-amz-storage-class", class)
    }

    /// Encrypts the copy with a key of the server; see [`PutObjectOptions::server_side_encryption`].
    pub fn server_side_encryption(self, algorithm: impl Into<String>) -> Self {
        self.header("x-amz-server-side-encryption", algorithm)
    }

    /// Encrypts the copy with this key; see [`PutObjectOptions::sse_customer_key`].
    ///
    /// ```
    /// use plain_s3::CopyObjectOptions;
    ///
    /// // Replaces the key of an encrypted object.
    /// let (old, new) = ([1; 32], [2; 32]);
    /// let options = CopyObjectOptions::new().source_sse_customer_key(old).sse_customer_key(new);
    /// assert!(!format!("{options:?}").contains("AQEB"), "keys are redacted");
    /// ```
    pub fn sse_customer_key(self, key: [u8; 32]) -> Self {
        with_customer_key(self, &key, Self::header)
    }

    /// Sets any other header of the request, such as `if-none-match` for the target.
    pub fn header(mut self, name: &str, value: impl Into<String>) -> Self {
        self.headers.set(name, value);
        self
    }
}

copy_source_setters!(CopyObjectOptions);

impl CopyObjectOptions {
    /// Returns the options for a HEAD of the source: its version, customer key, payer and expected owner.
    pub(crate) fn source_options(&self) -> GetObjectOptions {
        let options = match &self.source_version_id {
            Some(id) => GetObjectOptions::new().version_id(id),
            None => GetObjectOptions::new(),
        };
        self.headers.iter().fold(options, |options, (name, value)| match name {
            "x-amz-request-payer" => options.header(name, value),
            SOURCE_BUCKET_OWNER => options.header("x-amz-expected-bucket-owner", value),
            _ if name.contains("-copy-source-server-side-") => {
                options.header(&name.replace("-copy-source", ""), value)
            }
            _ => options,
        })
    }

    pub(crate) fn replaces_metadata(&self) -> bool {
        self.headers.get("x-amz-metadata-directive") == Some("REPLACE")
    }

    /// Returns the headers that create a multipart upload of the copy, and the options with which each part
    /// is copied. A customer key is part of both.
    pub(crate) fn split_for_parts(&self) -> (Headers, UploadPartCopyOptions) {
        let (mut object, mut part) = (Headers::default(), self.headers.for_each_part());
        for (name, value) in self.headers.iter() {
            if name.starts_with("x-amz-copy-source") || name == SOURCE_BUCKET_OWNER {
                part.set(name, value);
            } else if !name.ends_with("-directive") {
                object.set(name, value);
            }
        }
        (object, UploadPartCopyOptions::from_headers(self.source_version_id.as_deref(), part))
    }
}

/// The response to a request that copied an object.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct CopiedObject {
    /// The ETag of the copy. It may differ from the source's even though the content is the same.
    pub e_tag: Option<ETag>,
    /// When the copy was stored.
    pub last_modified: Timestamp,
    /// The version ID of the copy, if its bucket has versioning.
    pub version_id: Option<String>,
    /// The version ID of the source, if its bucket has versioning.
    pub source_version_id: Option<String>,
}

impl CopiedObject {
    /// Creates an empty response, for tests of code that handles one.
    pub fn new() -> Self {
        Self { e_tag: None, last_modified: Timestamp::UNKNOWN, version_id: None, source_version_id: None }
    }
}

impl Default for CopiedObject {
    fn default() -> Self {
        Self::new()
    }
}

/// Returns the request of CopyObject.
fn copy_object_request<'a>(
    from: (&str, &str),
    to: (&'a str, &'a str),
    options: &CopyObjectOptions,
) -> Request<'a> {
    let request = Request::object("CopyObject", Method::Put, to.0, to.1).headers(&options.headers);
    with_copy_source(request, from, options.source_version_id.as_deref()).slow().not_repeatable()
}

impl Client {
    /// Copies an object within the server, from one `(bucket, key)` to another.
    /// ([CopyObject](https://docs.aws.amazon.com/AmazonS3/latest/API/API_CopyObject.html))
    ///
    /// Sends one request, for at most 5 GiB. The copy has the metadata and tags of the source, but not its
    /// ACL. The content does not pass through this machine. Use [`copy`](Self::copy) for objects of any size.
    ///
    /// # Errors
    ///
    /// Fails if the source or one of the buckets does not exist ([`is_not_found`](Error::is_not_found)).
    /// Servers reject copying an object to itself unless something changes.
    ///
    /// ```
    /// # let client = include!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/documentation/client.rs"));
    /// client.copy_object(("my-new-bucket", "hello.txt"), ("my-backups", "2011/hello.txt"))?;
    /// # Ok::<(), plain_s3::Error>(())
    /// ```
    pub fn copy_object(&self, from: (&str, &str), to: (&str, &str)) -> Result<CopiedObject> {
        self.copy_object_with(from, to, &CopyObjectOptions::new())
    }

    /// Copies a version of an object, under conditions or with other metadata; see
    /// [`copy_object`](Self::copy_object).
    ///
    /// # Errors
    ///
    /// Returns the same errors as [`copy_object`](Self::copy_object), and
    /// [`is_precondition_failed`](Error::is_precondition_failed) if a condition fails.
    ///
    /// ```
    /// # let client = include!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/documentation/client.rs"));
    /// use plain_s3::{CopyObjectOptions, PutObjectOptions};
    ///
    /// // Copying an object to itself keeps the content and replaces the metadata.
    /// let html = PutObjectOptions::new().content_type("text/html").metadata("author", "larry");
    /// let page = ("my-new-bucket", "index.html");
    /// client.copy_object_with(page, page, &CopyObjectOptions::new().replace_metadata(&html))?;
    /// # Ok::<(), plain_s3::Error>(())
    /// ```
    pub fn copy_object_with(
        &self,
        from: (&str, &str),
        to: (&str, &str),
        options: &CopyObjectOptions,
    ) -> Result<CopiedObject> {
        self.call(&copy_object_request(from, to, options), parse).map_err(|error| explain(error, from, to))
    }
}

fn parse(response: Response) -> Result<CopiedObject> {
    let version_id = response.header_owned("x-amz-version-id");
    let source_version_id = response.header_owned("x-amz-copy-source-version-id");
    response.xml(&["CopyObjectResult"], &["ETag"], |root| {
        Ok(CopiedObject {
            e_tag: xml::child_text(root, "ETag").map(ETag::new),
            last_modified: xml::child_date(root, "LastModified"),
            version_id,
            source_version_id,
        })
    })
}

/// Replaces the hint if the error concerns the source, because general hints name the target.
fn explain(error: Error, from: (&str, &str), to: (&str, &str)) -> Error {
    let hint = match error.code() {
        Some("NoSuchKey" | "NoSuchVersion") => {
            format!("The bucket {:?} has no source object {:?}.", from.0, from.1)
        }
        Some("NoSuchBucket") if from.0 != to.0 => {
            format!("Either the source bucket {:?} or the target bucket {:?} does not exist.", from.0, to.0)
        }
        Some("InvalidRequest") if from == to => {
            "An object can be copied to itself only if something changes: see CopyObjectOptions::replace_metadata."
                .to_owned()
        }
        _ => return error,
    };
    error.with_hint(hint)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn replaced_metadata_sets_the_directive_and_tags_only_if_there_are_some() {
        let html = PutObjectOptions::new().content_type("text/html").metadata("a", "1");
        let options = CopyObjectOptions::new().replace_metadata(&html);
        assert_eq!(options.headers.get("x-amz-metadata-directive"), Some("REPLACE"));
        assert_eq!(options.headers.get("x-amz-meta-a"), Some("1"));
        assert_eq!(options.headers.get("x-amz-tagging-directive"), None);
        let tagged = CopyObjectOptions::new().replace_metadata(&html.header("x-amz-tagging", "a=1"));
        assert_eq!(tagged.headers.get("x-amz-tagging-directive"), Some("REPLACE"));
    }

    #[test]
    fn customer_keys_are_sent_with_the_head_of_the_source_and_with_each_part() {
        let (name, source) = ("x-amz-server-side-encryption-customer-key-md5", "x-amz-copy-source-if-match");
        let options = CopyObjectOptions::new()
            .source_version_id("v")
            .source_sse_customer_key([1; 32])
            .sse_customer_key([2; 32])
            .source_if_match("e");
        let request = Request::object("HeadObject", Method::Head, "b", "k");
        let source_options = options.source_options();
        let head = source_options.apply(request);
        let (object, part) = options.split_for_parts();
        let part = part.headers();
        let theirs = "x-amz-copy-source-server-side-encryption-customer-key-md5";
        assert!(head.headers.get(name).is_some() && head.headers.get(name) == part.get(theirs));
        assert!(object.get(name).is_some() && object.get(name) == part.get(name));
        assert!(part.get(name) != part.get(theirs) && head.headers.get(source).is_none());
        assert!(part.get(source).is_some() && object.get(source).is_none());
    }
}
