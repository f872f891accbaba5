//! DeleteObjects: many keys in one request.

use std::collections::{HashMap, HashSet};

use roxmltree::Node;

use crate::client::Client;
use crate::error::{Error, KeyFailure, Result};
use crate::headers::Headers;
use crate::hints::{FAILURES, OBJECT_LOCK};
use crate::ops::delete_object::{BYPASS_GOVERNANCE, DeleteObjectOptions, LOCKED};
use crate::ops::{GetObjectOptions, ObjectIdentifier};
use crate::request::{Method, Request};
use crate::response::Response;
use crate::validate;
use crate::xml;

/// The most keys that S3 accepts in one request.
const MAX_KEYS: usize = 1000;
/// The most bytes of entries in one request: Ceph rejects documents of more than 1 MiB.
const MAX_ENTRIES: usize = 1_000_000;

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
        .not_repeatable()
}

impl Client {
    /// Deletes many objects, with up to 1000 keys per request. Succeeds even if some do not exist.
    /// ([DeleteObjects](https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteObjects.html))
    ///
    /// A request has at most 1000 keys and 1 MB. An object that the response omits is looked up with HeadObject
    /// before it counts as deleted. If the server does not support DeleteObjects, each object is deleted by a
    /// request of its own.
    ///
    /// All keys are checked before the first request. A key with a control character, which XML cannot
    /// represent, is deleted by a request of its own.
    ///
    /// # Errors
    ///
    /// - [`InvalidInput`](crate::ErrorKind::InvalidInput) if a key is empty or too long. Nothing is sent.
    /// - [`PartialFailure`](crate::ErrorKind::PartialFailure) if some keys could not be deleted. [`Error::failures`]
    ///   lists them; all others are deleted. If Object Lock is the reason, the hint names it, and
    ///   [`Error::is_object_locked`] returns `true`.
    ///
    /// After any other error, some keys may be deleted and others not. Calling again is safe.
    ///
    /// ```
    /// # let client = include!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/documentation/client.rs"));
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
    /// ```
    /// # let client = include!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/documentation/client.rs"));
    /// # let version_id = client.head_object("my-archive", "hello.txt")?.version_id.unwrap();
    /// use plain_s3::{DeleteObjectsOptions, ObjectIdentifier};
    ///
    /// let options = DeleteObjectsOptions::new().bypass_governance_retention();
    /// let old = ObjectIdentifier::new("hello.txt").version_id(version_id);
    /// client.delete_objects_with("my-archive", [old], &options)?;
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
            .map_err(|error| error.with_context(|| delete_objects_request(bucket, &[], options).operation()))
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
        let (mut plain, mut single): (Vec<_>, Vec<_>) =
            objects.iter().partition(|object| xml::is_representable(object.key()));
        let mut failures = Vec::new();
        while !plain.is_empty() {
            let page = &plain[..page_length(&plain)];
            let error = match self.delete_page(bucket, page, options) {
                Ok(failed) => {
                    failures.extend(failed);
                    plain.drain(..page.len());
                    continue;
                }
                Err(error) => error,
            };
            // a server without DeleteObjects may reject the unknown request in any of these ways
            if !error.is_not_implemented() && error.status() != Some(400) {
                return Err(error);
            }
            let first = plain.remove(0);
            match self.delete_one(bucket, first, options)? {
                // it was not the operation that the server rejected
                Some(failure) if error.code() == Some(&failure.code) => return Err(error),
                failure => failures.extend(failure),
            }
            single.splice(..0, plain.drain(..));
        }
        for object in single {
            failures.extend(self.delete_one(bucket, object, options)?);
        }
        if failures.is_empty() {
            return Ok(());
        }
        self.name_object_lock(bucket, &mut failures);
        Err(partial_failure(failures, objects.len()))
    }

    /// Deletes one page. An object that the response omits is looked up, because only then is it known to be
    /// deleted.
    fn delete_page(
        &self,
        bucket: &str,
        page: &[&ObjectIdentifier],
        options: &DeleteObjectsOptions,
    ) -> Result<Vec<KeyFailure>> {
        let result = self.call(&delete_objects_request(bucket, page, options), parse)?;
        let omitted = page.iter().filter(|object| !result.reports(object));
        let undeleted: Vec<_> =
            omitted.filter_map(|object| self.find_undeleted(bucket, object, options)).collect();
        Ok([result.failures, undeleted].concat())
    }

    /// Returns a failure if an object still exists, or if that cannot be found out.
    fn find_undeleted(
        &self,
        bucket: &str,
        object: &ObjectIdentifier,
        options: &DeleteObjectsOptions,
    ) -> Option<KeyFailure> {
        let mut head = GetObjectOptions::new().headers(&options.headers.requester());
        if let Some(id) = object.version() {
            head = head.version_id(id);
        }
        let (code, message) = match self.head_object_with(bucket, object.key(), &head) {
            Err(error) if error.is_not_found() => return None,
            // 405 is the response for a delete marker
            Ok(_) => {
                ("NotDeleted", "the server did not report the result, and the object still exists".into())
            }
            Err(error) if error.status() == Some(405) => (
                "NotDeleted",
                "the server did not report the result, and the delete marker still exists".into(),
            ),
            Err(error) => {
                ("NotReported", format!("the server did not report the result: {}", error.summary()))
            }
        };
        Some(KeyFailure {
            version_id: object.version().map(str::to_owned),
            message,
            ..KeyFailure::new(object.key(), code)
        })
    }

    /// Deletes one object. An error that concerns only its key is returned as a failure.
    fn delete_one(
        &self,
        bucket: &str,
        object: &ObjectIdentifier,
        options: &DeleteObjectsOptions,
    ) -> Result<Option<KeyFailure>> {
        let options = DeleteObjectOptions::from_parts(object.version(), options.headers.clone());
        match self.delete_object_request(bucket, object.key(), &options) {
            Ok(_) => Ok(None),
            Err(error) => error.into_key_failure(object.key(), object.version()).map(Some),
        }
    }

    /// Completes the first failure that Object Lock may have caused, if the server has not named the cause.
    fn name_object_lock(&self, bucket: &str, failures: &mut [KeyFailure]) {
        if failures.iter().any(KeyFailure::is_object_locked) {
            return;
        }
        let denied = |failure: &&mut KeyFailure| failure.is_access_denied() && failure.version_id.is_some();
        let Some(failure) = failures.iter_mut().find(denied) else { return };
        if self.is_locked(bucket, &failure.key, failure.version_id.as_deref()) {
            LOCKED.clone_into(&mut failure.message);
        }
    }
}

/// Returns how many of the objects fit into one request.
fn page_length(objects: &[&ObjectIdentifier]) -> usize {
    let mut size = 0;
    let fits = |object: &&&ObjectIdentifier| {
        let mut text = String::new();
        push(&mut text, object);
        size += text.len();
        size <= MAX_ENTRIES
    };
    // a single object always fits: its key has at most 1024 bytes
    objects.iter().take(MAX_KEYS).take_while(fits).count().max(1)
}

fn partial_failure(failures: Vec<KeyFailure>, objects: usize) -> Error {
    let first = failures.first().map(KeyFailure::describe).unwrap_or_default();
    let message = format!("{} of {objects} keys could not be deleted. The first is {first}", failures.len());
    let error = Error::partial(message, failures);
    let hint = if error.is_object_locked() { OBJECT_LOCK } else { FAILURES };
    error.with_hint(hint)
}

/// The response to DeleteObjects.
struct DeleteResult {
    /// The keys that were reported as deleted, with their version IDs. Not every server repeats those.
    deleted: HashMap<String, Vec<Option<String>>>,
    failures: Vec<KeyFailure>,
}

impl DeleteResult {
    /// Returns `true` if the response contains the result of this object.
    fn reports(&self, object: &ObjectIdentifier) -> bool {
        let matches = |version: Option<&str>| {
            object.version().is_none() || version.is_none() || version == object.version()
        };
        let deleted = self.deleted.get(object.key());
        deleted.is_some_and(|versions| versions.iter().any(|version| matches(version.as_deref())))
            || self.failures.iter().any(|f| f.key == object.key() && matches(f.version_id.as_deref()))
    }
}

fn parse(response: Response) -> Result<DeleteResult> {
    response.xml(&["DeleteResult"], &["Deleted", "Error"], |root| {
        // some servers report an object that does not exist as an error
        let (missing, failures): (Vec<_>, Vec<_>) =
            xml::children(root, "Error").map(read_failure).partition(KeyFailure::is_not_found);
        let mut deleted: HashMap<String, Vec<Option<String>>> = HashMap::new();
        for failure in missing {
            deleted.entry(failure.key).or_default().push(failure.version_id);
        }
        for node in xml::children(root, "Deleted") {
            let key = xml::child_text(node, "Key").unwrap_or_default();
            deleted.entry(key).or_default().push(xml::child_text(node, "VersionId"));
        }
        Ok(DeleteResult { deleted, failures })
    })
}

fn write(page: &[&ObjectIdentifier]) -> String {
    let mut content = String::new();
    page.iter().for_each(|object| push(&mut content, object));
    xml::document("Delete", &content)
}

fn push(out: &mut String, object: &ObjectIdentifier) {
    out.push_str("<Object>");
    xml::push(out, "Key", object.key());
    xml::push_some(out, "VersionId", object.version());
    out.push_str("</Object>");
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

    #[test]
    fn page_is_limited_by_count_and_by_bytes() {
        let short: Vec<_> = (0..1500).map(|i| ObjectIdentifier::new(format!("k{i}"))).collect();
        assert_eq!(page_length(&short.iter().collect::<Vec<_>>()), 1000);
        // each & becomes five bytes
        let long: Vec<_> =
            (0..1000).map(|i| ObjectIdentifier::new(format!("{}{i:03}", "&".repeat(1000)))).collect();
        let long: Vec<_> = long.iter().collect();
        let length = page_length(&long);
        assert!(write(&long[..length]).len() < 1 << 20, "{length}");
        assert!(write(&long[..=length]).len() > MAX_ENTRIES, "{length}");
    }

    #[test]
    fn result_reports_an_object_by_its_key_and_version() {
        let text = "<DeleteResult><Deleted><Key>a</Key></Deleted><Deleted><Key>v</Key><VersionId>1</VersionId>\
                    </Deleted><Error><Key>gone</Key><Code>NoSuchKey</Code></Error><Error><Key>denied</Key>\
                    <Code>AccessDenied</Code></Error></DeleteResult>";
        let headers = Headers::default();
        let body = Box::new(std::io::Cursor::new(text.to_owned()));
        let result = parse(Response { status: 200, headers, body }).unwrap();
        let object = |key: &str| ObjectIdentifier::new(key);
        for reported in [
            object("a"),
            object("a").version_id("1"),
            object("v").version_id("1"),
            object("gone"),
            object("denied"),
        ] {
            assert!(result.reports(&reported), "{reported:?}");
        }
        for omitted in [object("b"), object("v").version_id("2")] {
            assert!(!result.reports(&omitted), "{omitted:?}");
        }
        assert_eq!(result.failures, [KeyFailure::new("denied", "AccessDenied")]);
    }
}
