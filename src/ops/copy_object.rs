//! CopyObject.

use crate::acl::CannedAcl;
use crate::client::Client;
use crate::error::{Error, Result};
use crate::etag::ETag;
use crate::headers::Headers;
use crate::ops::options::copy_source::copy_source;
use crate::ops::{GetObjectOptions, PutObjectOptions};
use crate::request::{Method, Request};
use crate::timestamp::Timestamp;
use crate::xml;

/// Whose bucket the source must be in.
const SOURCE_OWNER: &str = "x-amz-source-expected-bucket-owner";

/// Which version is copied, under what condition, and what the copy has other than its source.
///
/// Each setter sets one header, but for [`replace_metadata`](Self::replace_metadata). Ceph up to 16.2 at
/// least does not know the conditions by their names: it copies whether they hold or not.
#[derive(Clone, Debug, Default)]
pub struct CopyObjectOptions {
    pub(super) source_version_id: Option<String>,
    headers: Headers,
}

impl CopyObjectOptions {
    /// The newest version with its metadata and tags, without a condition. The copy is private.
    pub fn new() -> Self {
        Self::default()
    }

    /// Gives the copy this media type, cache control, own metadata and so on, and none of the source's.
    /// The tags of the source stay unless the options have tags.
    pub fn replace_metadata(mut self, options: &PutObjectOptions) -> Self {
        self.headers.extend(options.headers());
        if options.headers().get("x-amz-tagging").is_some() {
            self.headers.set("x-amz-tagging-directive", "REPLACE");
        }
        self.header("x-amz-metadata-directive", "REPLACE")
    }

    /// Sets the copy's ACL; it is private otherwise, whatever the source's ACL is.
    pub fn acl(self, acl: CannedAcl) -> Self {
        self.header("x-amz-acl", acl.as_str())
    }

    /// Sets the copy's storage class, such as `STANDARD_IA`.
    pub fn storage_class(self, class: impl Into<String>) -> Self {
        self.header("x-amz-storage-class", class)
    }

    /// Says that you pay, for a bucket that wants it of who asks ([`Payer::Requester`](crate::Payer)).
    pub fn request_payer(self) -> Self {
        self.header("x-amz-request-payer", "requester")
    }

    /// Sets any other header of the request, such as `if-none-match` for the target.
    pub fn header(mut self, name: &str, value: impl Into<String>) -> Self {
        self.headers.set(name, value);
        self
    }
}

impl CopyObjectOptions {
    /// What a look at the source needs: its version, the key that it is encrypted with, who pays, and whose
    /// bucket it must be.
    pub(crate) fn look(&self) -> GetObjectOptions {
        let look = match &self.source_version_id {
            Some(id) => GetObjectOptions::new().version_id(id),
            None => GetObjectOptions::new(),
        };
        self.headers.iter().fold(look, |look, (name, value)| match name {
            "x-amz-request-payer" => look.header(name, value),
            SOURCE_OWNER => look.header("x-amz-expected-bucket-owner", value),
            _ if name.contains("-copy-source-server-side-") => {
                look.header(&name.replace("-copy-source", ""), value)
            }
            _ => look,
        })
    }

    pub(crate) fn replaces_metadata(&self) -> bool {
        self.headers.get("x-amz-metadata-directive") == Some("REPLACE")
    }

    /// The headers for a copy in parts: those of the object, which begin the upload, and those that each
    /// part is copied with. A key of the caller's encrypts each part.
    pub(crate) fn split_for_parts(&self, from: (&str, &str)) -> Result<(Headers, Headers)> {
        let (mut object, mut part) = (Headers::default(), self.headers.for_each_part());
        part.set("x-amz-copy-source", copy_source(from, self.source_version_id.as_deref())?);
        for (name, value) in self.headers.iter() {
            if name.starts_with("x-amz-copy-source") || name == SOURCE_OWNER {
                part.set(name, value);
            } else if !name.ends_with("-directive") {
                object.set(name, value);
            }
        }
        Ok((object, part))
    }
}

/// What the server says of a copy.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct CopiedObject {
    /// The ETag of the copy. It may differ from the source's though the content is the same.
    pub e_tag: Option<ETag>,
    /// When the copy was stored.
    pub last_modified: Timestamp,
    /// The version of the copy, where its bucket keeps versions.
    pub version_id: Option<String>,
    /// The version that was copied, where the source's bucket keeps versions.
    pub source_version_id: Option<String>,
}

impl Client {
    /// Copies an object within the server: `(bucket, key)` to `(bucket, key)`.
    /// ([CopyObject](https://docs.aws.amazon.com/AmazonS3/latest/API/API_CopyObject.html))
    ///
    /// One request, for up to 5 GiB, with its metadata and tags, but not its ACL. Nothing goes through this
    /// machine. [`copy`](Self::copy) takes objects of any size.
    ///
    /// # Errors
    ///
    /// [`Server`](crate::ErrorKind::Server): [`is_not_found`](Error::is_not_found) where the source or one of
    /// the buckets is missing. Servers refuse to copy an object onto itself unless something changes.
    ///
    /// ```no_run
    /// # let client = plain_s3::Client::new(plain_s3::Config::from_env()?)?;
    /// client.copy_object(("my-new-bucket", "hello.txt"), ("my-backups", "2011/hello.txt"))?;
    /// # Ok::<(), plain_s3::Error>(())
    /// ```
    pub fn copy_object(&self, from: (&str, &str), to: (&str, &str)) -> Result<CopiedObject> {
        self.copy_object_with(from, to, &CopyObjectOptions::new())
    }

    /// Copies a version of an object, under a condition, or with other metadata; see
    /// [`copy_object`](Self::copy_object).
    ///
    /// # Errors
    ///
    /// As [`copy_object`](Self::copy_object); [`is_precondition_failed`](Error::is_precondition_failed)
    /// where a condition does not hold.
    ///
    /// ```no_run
    /// # let client = plain_s3::Client::new(plain_s3::Config::from_env()?)?;
    /// use plain_s3::{CopyObjectOptions, PutObjectOptions};
    ///
    /// // onto itself: the content stays, its media type is set right
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
        let request = Request::object("CopyObject", Method::Put, to.0, to.1);
        let source = copy_source(from, options.source_version_id.as_deref())
            .map_err(|error| error.with_context(|| request.describe()))?;
        let request = request.headers(&options.headers).header("x-amz-copy-source", source).slow();
        let copied = self.call(&request, |response| {
            let version_id = response.header_owned("x-amz-version-id");
            let source_version_id = response.header_owned("x-amz-copy-source-version-id");
            response.xml("CopyObjectResult", |root| {
                Ok(CopiedObject {
                    e_tag: xml::child_text(root, "ETag").map(ETag::new),
                    last_modified: xml::child_text(root, "LastModified")
                        .map_or(Timestamp::UNKNOWN, |date| Timestamp::from_iso8601(&date)),
                    version_id,
                    source_version_id,
                })
            })
        });
        copied.map_err(|error| explain(error, from, to))
    }
}

/// The hints of other calls speak of the target.
fn explain(error: Error, from: (&str, &str), to: (&str, &str)) -> Error {
    match error.code() {
        Some("NoSuchKey" | "NoSuchVersion") => {
            let hint = format!("The source {:?} is not in the bucket {:?}.", from.1, from.0);
            error.with_hint(hint)
        }
        Some("NoSuchBucket") if from.0 != to.0 => {
            let hint = format!("Either the source's bucket {:?} or the target's {:?} is missing.", from.0, to.0);
            error.with_hint(hint)
        }
        Some("InvalidRequest") if from == to => error.with_hint(
            "An object is copied onto itself only where something changes: see CopyObjectOptions::replace_metadata.",
        ),
        _ => error,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn replaced_metadata_is_told_as_such_and_tags_only_where_there_are_some() {
        let html = PutObjectOptions::new().content_type("text/html").metadata("a", "1");
        let options = CopyObjectOptions::new().replace_metadata(&html);
        assert_eq!(options.headers.get("x-amz-metadata-directive"), Some("REPLACE"));
        assert_eq!(options.headers.get("x-amz-meta-a"), Some("1"));
        assert_eq!(options.headers.get("x-amz-tagging-directive"), None);
        let tagged = CopyObjectOptions::new().replace_metadata(&html.header("x-amz-tagging", "a=1"));
        assert_eq!(tagged.headers.get("x-amz-tagging-directive"), Some("REPLACE"));
    }

    #[test]
    fn keys_of_the_callers_go_with_the_look_at_the_source_and_with_each_part() {
        let (name, source) = ("x-amz-server-side-encryption-customer-key-md5", "x-amz-copy-source-if-match");
        let options = CopyObjectOptions::new()
            .source_version_id("v")
            .source_sse_customer_key([1; 32])
            .sse_customer_key([2; 32])
            .source_if_match("e");
        let request = Request::object("HeadObject", Method::Head, "b", "k");
        let look = options.look();
        let look = look.apply(request).unwrap();
        let (object, part) = options.split_for_parts(("b", "k")).unwrap();
        let theirs = "x-amz-copy-source-server-side-encryption-customer-key-md5";
        assert!(look.headers.get(name).is_some() && look.headers.get(name) == part.get(theirs));
        assert!(object.get(name).is_some() && object.get(name) == part.get(name));
        assert!(part.get(name) != part.get(theirs) && look.headers.get(source).is_none());
        assert!(part.get(source).is_some() && object.get(source).is_none());
    }
}
