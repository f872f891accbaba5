//! DeleteObject.

use crate::client::Client;
use crate::error::Result;
use crate::headers::Headers;
use crate::request::{Method, Request};
use crate::response::Response;

/// Deletes a version that is retained in governance mode.
pub(crate) const BYPASS_GOVERNANCE: &str = "x-amz-bypass-governance-retention";

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
    /// [`Server`](crate::ErrorKind::Server) if the bucket does not exist or access is denied.
    ///
    /// ```no_run
    /// # let client = plain_s3::Client::new(plain_s3::Config::from_env()?)?;
    /// client.delete_object("my-new-bucket", "goodbye.txt")?;
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
    /// ```no_run
    /// # let client = plain_s3::Client::new(plain_s3::Config::from_env()?)?;
    /// use plain_s3::DeleteObjectOptions;
    ///
    /// let old = DeleteObjectOptions::new().version_id("3HL4kqtJlcpXroDTDmJ");
    /// client.delete_object_with("my-new-bucket", "goodbye.txt", &old)?;
    /// # Ok::<(), plain_s3::Error>(())
    /// ```
    pub fn delete_object_with(
        &self,
        bucket: &str,
        key: &str,
        options: &DeleteObjectOptions,
    ) -> Result<DeletedObject> {
        self.call(&delete_object_request(bucket, key, options), parse)
    }
}

fn parse(response: Response) -> Result<DeletedObject> {
    let headers = response.finish()?;
    Ok(DeletedObject {
        version_id: headers.get("x-amz-version-id").map(str::to_owned),
        delete_marker: headers.get("x-amz-delete-marker") == Some("true"),
    })
}
