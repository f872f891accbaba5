//! The names of an object or of one of its versions.

use crate::error::Result;
use crate::validate;

/// An object or one version of it: a key and an optional version ID.
///
/// A `&str` or `String` converts into the key. An entry of a listing converts, too: an
/// [`Object`](crate::Object) into its key, and an [`ObjectVersion`](crate::ObjectVersion) into its key and its
/// version ID.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
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

    pub(crate) fn validate(&self) -> Result<()> {
        validate::key(&self.key)?;
        self.version().map_or(Ok(()), validate::version_id)
    }
}

impl<T: Into<String>> From<T> for ObjectIdentifier {
    fn from(key: T) -> Self {
        Self::new(key)
    }
}
