//! DeleteObject.

use crate::client::Client;
use crate::error::Result;
use crate::request::{Method, Request};

/// What became of a deleted object.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct DeletedObject {
    /// The version that was deleted or, with `delete_marker`, the marker that now hides the object.
    pub version_id: Option<String>,
    /// True where a delete marker was set (or deleted): in a bucket with versions the content is still there.
    pub delete_marker: bool,
}

impl Client {
    /// Deletes an object. One that does not exist is no error.
    /// ([DeleteObject](https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteObject.html))
    ///
    /// # Errors
    ///
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) where the key is empty;
    /// [`Server`](crate::ErrorKind::Server) where the bucket is missing or the action is refused.
    ///
    /// ```no_run
    /// # let client = plain_s3::Client::new(plain_s3::Config::from_env()?)?;
    /// client.delete_object("my-new-bucket", "goodbye.txt")?;
    /// # Ok::<(), plain_s3::Error>(())
    /// ```
    pub fn delete_object(&self, bucket: &str, key: &str) -> Result<DeletedObject> {
        self.delete_version(bucket, key, None)
    }

    pub(crate) fn delete_version(
        &self,
        bucket: &str,
        key: &str,
        version_id: Option<&str>,
    ) -> Result<DeletedObject> {
        let request =
            Request::object("DeleteObject", Method::Delete, bucket, key).query_if("versionId", version_id);
        self.call(&request, |response| {
            let headers = response.finish()?;
            Ok(DeletedObject {
                version_id: headers.get("x-amz-version-id").map(str::to_owned),
                delete_marker: headers.get("x-amz-delete-marker") == Some("true"),
            })
        })
    }
}
