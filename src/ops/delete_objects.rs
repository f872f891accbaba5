//! DeleteObjects: many keys in one request.

use std::collections::HashSet;

use roxmltree::Node;

use crate::client::Client;
use crate::error::{Error, ErrorKind, KeyFailure, Result};
use crate::headers::Headers;
use crate::ops::delete_object::{BYPASS_GOVERNANCE, DeleteObjectOptions, delete_object_request};
use crate::request::{Method, Request};
use crate::response::Response;
use crate::validate;
use crate::xml;

/// The most keys that S3 accepts in one request.
const MAX_KEYS: usize = 1000;

/// An object or one version of it: a key and an optional version ID.
///
/// A `&str` or `String` converts into the key. An entry of a listing converts, too: an
/// [`Object`](crate::Object) into its key, and an [`ObjectVersion`](crate::ObjectVersion) into its key and its
/// version ID.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[must_use]
pub struct ObjectIdentifier {
    key: String,
    version_id: Option<String>,
}

impl ObjectIdentifier {
    /// Identifies an object by its key.
    pub fn new(key: impl Into<String>) -> Self {
        Self { key: key.into(), version_id: None }
    }

    /// Identifies one version of the object. Deleting a version is permanent.
    pub fn version_id(mut self, version_id: impl Into<String>) -> Self {
        self.version_id = Some(version_id.into());
        self
    }

    pub(crate) fn key(&self) -> &str {
        &self.key
    }

    pub(crate) fn version(&self) -> Option<&str> {
        self.version_id.as_deref()
    }

    fn validate(&self) -> Result<()> {
        validate::key(&self.key)?;
        self.version().map_or(Ok(()), validate::version_id)
    }
}

/// Options for [`Client::delete_objects_with`].
#[derive(Clone, Debug, Default)]
#[must_use]
pub struct DeleteObjectsOptions {
    headers: Headers,
}

impl DeleteObjectsOptions {
    /// Creates the default options.
    pub fn new() -> Self {
        Self::default()
    }

    /// Deletes versions that are retained in governance mode. Requires the `s3:BypassGovernanceRetention`
    /// permission.
    pub fn bypass_governance_retention(self) -> Self {
        self.header(BYPASS_GOVERNANCE, "true")
    }

    /// Sets any other header of every request, such as `x-amz-mfa`.
    pub fn header(mut self, name: &str, value: impl Into<String>) -> Self {
        self.headers.set(name, value);
        self
    }
}

impl<T: Into<String>> From<T> for ObjectIdentifier {
    fn from(key: T) -> Self {
        Self::new(key)
    }
}

/// Returns the request of DeleteObjects for at most 1000 objects.
fn delete_objects_request<'a>(
    bucket: &'a str,
    page: &[&ObjectIdentifier],
    options: &DeleteObjectsOptions,
) -> Request<'a> {
    Request::bucket("DeleteObjects", Method::Post, bucket)
        .subresource("delete")
        .headers(&options.headers)
        .xml(write(page))
}

impl Client {
    /// Deletes many objects, with up to 1000 keys per request. Succeeds even if some do not exist.
    /// ([DeleteObjects](https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteObjects.html))
    ///
    /// All keys are checked before the first request. A key with a control character, which XML cannot
    /// represent, is deleted by a request of its own.
    ///
    /// # Errors
    ///
    /// - [`InvalidInput`](ErrorKind::InvalidInput) if a key is empty or too long. Nothing is sent.
    /// - [`PartialFailure`](ErrorKind::PartialFailure) if some keys could not be deleted. [`Error::failures`]
    ///   lists them; all others are deleted.
    ///
    /// After any other error, some keys may be deleted and others not. Calling again is safe.
    ///
    /// ```no_run
    /// # let client = plain_s3::Client::new(plain_s3::Config::from_env()?)?;
    /// if let Err(error) = client.delete_objects("my-new-bucket", ["goodbye.txt", "old/notes.txt"]) {
    ///     for failure in error.failures() {
    ///         eprintln!("{}: {} {}", failure.key, failure.code, failure.message);
    ///     }
    ///     return Err(error);
    /// }
    /// # Ok::<(), plain_s3::Error>(())
    /// ```
    pub fn delete_objects<I>(&self, bucket: &str, objects: I) -> Result<()>
    where
        I: IntoIterator,
        I::Item: Into<ObjectIdentifier>,
    {
        self.delete_objects_with(bucket, objects, &DeleteObjectsOptions::new())
    }

    /// Deletes many objects, even under retention in governance mode or with other headers; see
    /// [`delete_objects`](Self::delete_objects).
    ///
    /// # Errors
    ///
    /// Returns the same errors as [`delete_objects`](Self::delete_objects).
    ///
    /// ```no_run
    /// # let client = plain_s3::Client::new(plain_s3::Config::from_env()?)?;
    /// use plain_s3::{DeleteObjectsOptions, ObjectIdentifier};
    ///
    /// let options = DeleteObjectsOptions::new().bypass_governance_retention();
    /// let old = ObjectIdentifier::new("audit.log").version_id("3HL4kqtJlcpXroDTDmJ");
    /// client.delete_objects_with("my-new-bucket", [old], &options)?;
    /// # Ok::<(), plain_s3::Error>(())
    /// ```
    pub fn delete_objects_with<I>(
        &self,
        bucket: &str,
        objects: I,
        options: &DeleteObjectsOptions,
    ) -> Result<()>
    where
        I: IntoIterator,
        I::Item: Into<ObjectIdentifier>,
    {
        let mut objects: Vec<ObjectIdentifier> = objects.into_iter().map(Into::into).collect();
        self.delete_all(bucket, &mut objects, options)
            .map_err(|error| error.with_context(|| delete_objects_request(bucket, &[], options).describe()))
    }

    fn delete_all(
        &self,
        bucket: &str,
        objects: &mut Vec<ObjectIdentifier>,
        options: &DeleteObjectsOptions,
    ) -> Result<()> {
        validate::bucket(bucket)?;
        // servers return one result for a key that appears twice
        let mut seen = HashSet::new();
        objects.retain(|object| seen.insert(object.clone()));
        objects.iter().try_for_each(ObjectIdentifier::validate)?;
        let (plain, odd): (Vec<_>, Vec<_>) =
            objects.iter().partition(|object| xml::is_representable(&object.key));
        let mut failures = Vec::new();
        for page in plain.chunks(MAX_KEYS) {
            let request = delete_objects_request(bucket, page, options);
            failures.extend(self.call(&request, |response| parse(response, page.len()))?);
        }
        for object in odd {
            failures.extend(self.delete_one(bucket, object, options)?);
        }
        let Some(first) = failures.first() else { return Ok(()) };
        let message = format!(
            "{} of {} keys could not be deleted. The first is {:?}: {} {}",
            failures.len(),
            objects.len(),
            first.key,
            first.code,
            first.message
        );
        Err(Error::partial(message.trim_end(), failures))
    }

    /// Deletes one object. An error that concerns only its key is returned as a failure.
    fn delete_one(
        &self,
        bucket: &str,
        object: &ObjectIdentifier,
        options: &DeleteObjectsOptions,
    ) -> Result<Option<KeyFailure>> {
        let options = DeleteObjectOptions::from_parts(object.version(), options.headers.clone());
        match self.call(&delete_object_request(bucket, &object.key, &options), Response::discard) {
            Ok(()) => Ok(None),
            Err(error) => KeyFailure::from_error(&object.key, object.version(), error).map(Some),
        }
    }
}

/// Returns the failures for a page of this many keys.
fn parse(response: Response, keys: usize) -> Result<Vec<KeyFailure>> {
    response.xml("DeleteResult", |root| {
        let reported = xml::children(root, "Deleted").count() + xml::children(root, "Error").count();
        if reported != keys {
            let message = format!("the response reports {reported} of {keys} keys");
            return Err(Error::new(ErrorKind::UnexpectedResponse, message));
        }
        Ok(xml::children(root, "Error").map(read_failure).collect())
    })
}

fn write(page: &[&ObjectIdentifier]) -> String {
    let mut content = String::new();
    for object in page {
        content.push_str("<Object>");
        xml::push(&mut content, "Key", &object.key);
        xml::push_some(&mut content, "VersionId", object.version());
        content.push_str("</Object>");
    }
    xml::document("Delete", &content)
}

fn read_failure(node: Node<'_, '_>) -> KeyFailure {
    let text = |name| xml::child_text(node, name).unwrap_or_default();
    KeyFailure {
        version_id: xml::child_text(node, "VersionId"),
        message: text("Message"),
        ..KeyFailure::new(text("Key"), text("Code"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_escaped_and_versions_are_included() {
        let objects = [ObjectIdentifier::new(" a<&\r\n"), ObjectIdentifier::new("b").version_id("v1")];
        let text = write(&objects.iter().collect::<Vec<_>>());
        assert!(text.contains("<Object><Key> a&lt;&amp;&#13;&#10;</Key></Object>"), "{text}");
        assert!(text.ends_with("<Object><Key>b</Key><VersionId>v1</VersionId></Object></Delete>"), "{text}");
    }
}
