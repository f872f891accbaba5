//! DeleteObjects: many keys in one request.

use std::collections::HashSet;

use roxmltree::Node;

use crate::body::Body;
use crate::client::Client;
use crate::error::{Error, ErrorKind, KeyFailure, Result};
use crate::request::{Method, Request};
use crate::validate;
use crate::xml;

/// What S3 takes in one request.
const MAX_KEYS: usize = 1000;

/// An object to delete: a key and, where one version is meant, its id. A `&str` or `String` is a key.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ObjectIdentifier {
    key: String,
    version_id: Option<String>,
}

impl ObjectIdentifier {
    /// Names an object.
    pub fn new(key: impl Into<String>) -> Self {
        Self { key: key.into(), version_id: None }
    }

    /// Names one version of it. Deleting a version removes its content for good.
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

    /// True where this failure is of this object. Not every server repeats the version.
    pub(crate) fn is(&self, failure: &KeyFailure) -> bool {
        self.key == failure.key && (failure.version_id.is_none() || self.version_id == failure.version_id)
    }
}

impl<T: Into<String>> From<T> for ObjectIdentifier {
    fn from(key: T) -> Self {
        Self::new(key)
    }
}

impl Client {
    /// Deletes many objects, a thousand a request. One that does not exist is no error.
    /// ([DeleteObjects](https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteObjects.html))
    ///
    /// All keys are checked before the first request. A key with a control character, which XML cannot
    /// hold, is deleted by a request of its own.
    ///
    /// # Errors
    ///
    /// [`InvalidInput`](ErrorKind::InvalidInput) where a key is empty or too long;
    /// [`PartialFailure`](ErrorKind::PartialFailure) where some keys could not be deleted:
    /// [`Error::failures`] lists them, and all others are gone. Any other error may leave keys of this
    /// call deleted and others not; calling again is safe.
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
        let request = request(bucket);
        let with_context = |error: Error| error.with_context(|| request.describe());
        validate::bucket(bucket).map_err(with_context)?;
        let mut objects: Vec<ObjectIdentifier> = objects.into_iter().map(Into::into).collect();
        let mut seen = HashSet::new();
        objects.retain(|object| seen.insert(object.clone())); // servers answer once for a key that comes twice
        objects.iter().try_for_each(ObjectIdentifier::validate).map_err(with_context)?;

        let (plain, odd): (Vec<_>, Vec<_>) =
            objects.iter().partition(|object| xml::is_representable(&object.key));
        let mut failures = Vec::new();
        for page in plain.chunks(MAX_KEYS) {
            failures.extend(self.delete_page(bucket, page)?);
        }
        for object in odd {
            failures.extend(self.delete_one(bucket, object)?);
        }
        match failures.first() {
            None => Ok(()),
            Some(first) => {
                let message = format!(
                    "{} of {} keys could not be deleted, the first {:?}: {} {}",
                    failures.len(),
                    objects.len(),
                    first.key,
                    first.code,
                    first.message
                );
                Err(with_context(Error::partial(message.trim_end(), failures)))
            }
        }
    }

    fn delete_page(&self, bucket: &str, page: &[&ObjectIdentifier]) -> Result<Vec<KeyFailure>> {
        let text = write(page);
        let request = request(bucket).xml_body(&text);
        self.execute(&request, &mut Body::from(text).open()?, |response| {
            response.xml("DeleteResult", |root| {
                let answered = xml::children(root, "Deleted").count() + xml::children(root, "Error").count();
                if answered != page.len() {
                    let message = format!("the answer speaks of {answered} keys of {}", page.len());
                    return Err(Error::new(ErrorKind::UnexpectedResponse, message));
                }
                Ok(xml::children(root, "Error").map(read_failure).collect())
            })
        })
    }

    /// A refusal of this key alone is a failure of the key; anything else ends the whole call.
    fn delete_one(&self, bucket: &str, object: &ObjectIdentifier) -> Result<Option<KeyFailure>> {
        let version_id = object.version_id.as_deref();
        match self.delete_version(bucket, &object.key, version_id) {
            Ok(_) => Ok(None),
            Err(error) => KeyFailure::of(&object.key, version_id, error).map(Some),
        }
    }
}

fn request(bucket: &str) -> Request<'_> {
    Request::bucket("DeleteObjects", Method::Post, bucket).subresource("delete")
}

fn write(page: &[&ObjectIdentifier]) -> String {
    let mut text = String::from("<Delete xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">");
    for object in page {
        text.push_str("<Object><Key>");
        text.push_str(&xml::escape(&object.key));
        text.push_str("</Key>");
        if let Some(version_id) = &object.version_id {
            text.push_str("<VersionId>");
            text.push_str(&xml::escape(version_id));
            text.push_str("</VersionId>");
        }
        text.push_str("</Object>");
    }
    text + "</Delete>"
}

fn read_failure(node: Node<'_, '_>) -> KeyFailure {
    KeyFailure {
        key: xml::child(node, "Key").map(xml::text).unwrap_or_default(),
        version_id: xml::child_text(node, "VersionId"),
        code: xml::child_text(node, "Code").unwrap_or_default(),
        message: xml::child_text(node, "Message").unwrap_or_default(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_escaped_and_versions_named() {
        let objects = [ObjectIdentifier::new(" a<&\r\n"), ObjectIdentifier::new("b").version_id("v1")];
        let text = write(&objects.iter().collect::<Vec<_>>());
        assert!(text.contains("<Object><Key> a&lt;&amp;&#13;&#10;</Key></Object>"), "{text}");
        assert!(text.ends_with("<Object><Key>b</Key><VersionId>v1</VersionId></Object></Delete>"), "{text}");
    }
}
