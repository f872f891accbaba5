//! DeleteObject.

use time::OffsetDateTime;

use crate::client::Client;
use crate::error::{Error, ErrorKind, Result};
use crate::etag::ETag;
use crate::headers::Headers;
use crate::hints::OBJECT_LOCK;
use crate::ops::ObjectIdentifier;
use crate::ops::settings::LegalHold;
use crate::request::{Method, Request};
use crate::response::Response;

/// Deletes a version that is retained in governance mode.
pub(crate) const BYPASS_GOVERNANCE: &str = "x-amz-bypass-governance-retention";

/// The message for a denied deletion if only the settings of the version show the reason.
pub(crate) const LOCKED: &str = "the version is protected by Object Lock";

/// Options for [`Client::delete_object_with`]: the version and other headers.
#[derive(Clone, Debug, Default)]
#[must_use]
pub struct DeleteObjectOptions {
    version_id: Option<String>,
    headers: Headers,
}

impl DeleteObjectOptions {
    /// Creates the default options. In a bucket with versioning, a delete marker then hides the object.
    pub fn new() -> Self {
        Self::default()
    }

    /// Deletes this version permanently. If it is a delete marker, the object becomes visible again.
    pub fn version_id(mut self, id: impl Into<String>) -> Self {
        self.version_id = Some(id.into());
        self
    }

    /// Sets `If-Match`: the request fails if the current object has another ETag (see
    /// [`is_precondition_failed`](crate::Error::is_precondition_failed)). As without a condition, it succeeds if the object
    /// does not exist. Some servers, such as Ceph 16.2, ignore the condition and delete the object.
    pub fn if_match(self, e_tag: impl Into<ETag>) -> Self {
        self.header("if-match", e_tag.into().to_header())
    }

    /// Deletes a version that is retained in governance mode. Requires the `s3:BypassGovernanceRetention`
    /// permission.
    pub fn bypass_governance_retention(self) -> Self {
        self.header(BYPASS_GOVERNANCE, "true")
    }

    /// Sets any other header of the request, such as `x-amz-mfa`.
    pub fn header(mut self, name: &str, value: impl Into<String>) -> Self {
        self.headers.set(name, value);
        self
    }
}

impl DeleteObjectOptions {
    pub(crate) fn from_parts(version_id: Option<&str>, headers: Headers) -> Self {
        Self { version_id: version_id.map(str::to_owned), headers }
    }
}

/// The response to a request that deleted an object.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct DeletedObject {
    /// The ID of the deleted version or, with `delete_marker`, of the marker that now hides the object.
    pub version_id: Option<String>,
    /// `true` if a delete marker was created or deleted. In a bucket with versioning, the content still
    /// exists.
    pub delete_marker: bool,
}

impl DeletedObject {
    /// Creates a response without a version, for tests of code that handles one.
    pub fn new() -> Self {
        Self::default()
    }
}

/// Returns the request of DeleteObject.
pub(crate) fn delete_object_request<'a>(
    bucket: &'a str,
    key: &'a str,
    options: &'a DeleteObjectOptions,
) -> Request<'a> {
    Request::object("DeleteObject", Method::Delete, bucket, key)
        .query_if("versionId", options.version_id.as_deref())
        .headers(&options.headers)
}

impl Client {
    /// Deletes an object. Succeeds even if the object does not exist.
    /// ([DeleteObject](https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteObject.html))
    ///
    /// # Errors
    ///
    /// Fails with [`InvalidInput`](crate::ErrorKind::InvalidInput) if the key is empty, and with
    /// [`Server`](crate::ErrorKind::Server) if the bucket does not exist or access is denied. If Object Lock is
    /// the reason, [`is_object_locked`](crate::Error::is_object_locked) returns `true`.
    ///
    /// ```
    /// # let client = include!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/documentation/client.rs"));
    /// client.delete_object("my-new-bucket", "goodbye.txt")?;
    /// assert!(!client.object_exists("my-new-bucket", "goodbye.txt")?);
    /// # Ok::<(), plain_s3::Error>(())
    /// ```
    pub fn delete_object(&self, bucket: &str, key: &str) -> Result<DeletedObject> {
        self.delete_object_with(bucket, key, &DeleteObjectOptions::new())
    }

    /// Deletes a version of an object, or one under retention; see [`delete_object`](Self::delete_object).
    ///
    /// # Errors
    ///
    /// Returns the same errors as [`delete_object`](Self::delete_object).
    ///
    /// ```
    /// # let client = include!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/documentation/client.rs"));
    /// # let version_id = client.head_object("my-archive", "hello.txt")?.version_id.unwrap();
    /// use plain_s3::DeleteObjectOptions;
    ///
    /// let old = DeleteObjectOptions::new().version_id(version_id);
    /// client.delete_object_with("my-archive", "hello.txt", &old)?;
    /// # Ok::<(), plain_s3::Error>(())
    /// ```
    pub fn delete_object_with(
        &self,
        bucket: &str,
        key: &str,
        options: &DeleteObjectOptions,
    ) -> Result<DeletedObject> {
        self.delete_object_request(bucket, key, options).map_err(|error| {
            let version = options.version_id.as_deref();
            let unnamed = error.status() == Some(403) && version.is_some() && !error.is_object_locked();
            if unnamed && self.is_locked(bucket, key, version) {
                error.with_server_message(LOCKED).with_hint(OBJECT_LOCK)
            } else {
                error
            }
        })
    }

    /// Sends the request to delete an object. Succeeds if the object does not exist.
    pub(crate) fn delete_object_request(
        &self,
        bucket: &str,
        key: &str,
        options: &DeleteObjectOptions,
    ) -> Result<DeletedObject> {
        match self.call(&delete_object_request(bucket, key, options), parse) {
            Err(error) if self.is_already_deleted(bucket, &error) => Ok(DeletedObject::new()),
            result => result,
        }
    }

    /// Returns `true` if a deletion failed only because the object does not exist, as on GCS.
    fn is_already_deleted(&self, bucket: &str, error: &Error) -> bool {
        match error.code() {
            Some("NoSuchKey" | "NoSuchVersion") => error.kind() == ErrorKind::Server,
            // without a body, it may be the bucket that does not exist
            Some("NotFound") if error.kind() == ErrorKind::Server => self.head_bucket(bucket).is_ok(),
            _ => false,
        }
    }

    /// Returns `true` if Object Lock is known to protect the version. Not every server names it as the reason
    /// why it denied a deletion.
    pub(crate) fn is_locked(&self, bucket: &str, key: &str, version: Option<&str>) -> bool {
        let object = match version {
            Some(id) => ObjectIdentifier::new(key).version_id(id),
            None => ObjectIdentifier::new(key),
        };
        let retention = self.get_object_retention(bucket, object.clone()).ok().flatten();
        let until = retention.and_then(|retention| retention.retain_until.date_time());
        until.is_some_and(|until| until > OffsetDateTime::now_utc())
            || matches!(self.get_object_legal_hold(bucket, object), Ok(LegalHold::On))
    }
}

fn parse(response: Response) -> Result<DeletedObject> {
    let headers = response.finish()?;
    Ok(DeletedObject {
        version_id: headers.get("x-amz-version-id").map(str::to_owned),
        delete_marker: headers.get("x-amz-delete-marker") == Some("true"),
    })
}
