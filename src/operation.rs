//! An operation and what it was applied to, as errors and events name it.

use std::fmt::{self, Write as _};

use crate::printable;

/// How much is shown of a bucket name, a key and a version ID, in bytes.
const MAX_BUCKET: usize = 255;
const MAX_KEY: usize = 1024;
const MAX_VERSION: usize = 64;
/// How much is shown of a name or a key that is too long to be one, in bytes.
const MAX_INVALID: usize = 43;

/// A method of the client or an action of the API, and what it was applied to, on one line:
/// `upload_file my-bucket/hello.txt`, `UploadPart my-bucket/hello.txt (part 3)`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Operation {
    name: String,
    /// `bucket` or `bucket/key`; empty for an operation on the whole service.
    target: String,
    /// Such as `part 3`; empty if the target says everything.
    detail: String,
}

impl Operation {
    /// An operation on the whole service.
    pub(crate) fn new(name: impl Into<String>) -> Self {
        Self { name: name.into(), ..Self::default() }
    }

    pub(crate) fn on_bucket(name: impl Into<String>, bucket: &str) -> Self {
        let limit = if bucket.len() > MAX_BUCKET { MAX_INVALID } else { MAX_BUCKET };
        Self { target: printable::line(bucket, limit), ..Self::new(name) }
    }

    /// An operation on an object, or on all objects with a prefix. A long key is shortened.
    pub(crate) fn on_object(name: impl Into<String>, bucket: &str, key: &str) -> Self {
        // a backslash is escaped, so that an escaped character differs from the text of its escape
        let escaped = key.chars().flat_map(|c| {
            let backslash = if c == '\\' { "\\" } else { "" };
            backslash.chars().chain([c])
        });
        // no object has a longer key, so its start is enough
        let limit = if key.len() > MAX_KEY { MAX_INVALID } else { MAX_KEY };
        let mut shown = printable::Line::new(limit);
        escaped.take(limit + 1).for_each(|c| {
            let _ = shown.write_char(c); // writing to a `Line` cannot fail
        });
        let bucket = Self::on_bucket("", bucket).target;
        Self { target: format!("{bucket}/{}", shown.finish()), ..Self::new(name) }
    }

    pub(crate) fn part(mut self, number: &str) -> Self {
        self.detail = format!("part {}", printable::line(number, MAX_VERSION));
        self
    }

    pub(crate) fn version(mut self, id: &str) -> Self {
        if id.is_empty() {
            return self;
        }
        self.detail = format!("version {}", printable::line(id, MAX_VERSION));
        self
    }

    /// Returns the name of the same operation as a step of another: `presign GetObject`.
    pub(crate) fn preceded_by(mut self, word: &str) -> Self {
        self.name = format!("{word} {}", self.name);
        self
    }

    /// Describes this operation as one of another, without repeating what that is applied to:
    /// `upload_file my-bucket/hello.txt (UploadPart, part 3)`.
    pub(crate) fn within(&self, outer: &Self) -> String {
        let bucket = outer.target.split('/').next();
        let is_known = self.target == outer.target || bucket == Some(&self.target);
        let mut step = self.name.clone();
        if !is_known && !self.target.is_empty() {
            step.extend([" ", &self.target]);
        }
        if self.detail != outer.detail && !self.detail.is_empty() {
            step.extend([", ", &self.detail]);
        }
        format!("{outer} ({step})")
    }
}

impl fmt::Display for Operation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)?;
        if !self.target.is_empty() {
            write!(f, " {}", self.target)?;
        }
        if !self.detail.is_empty() {
            write!(f, " ({})", self.detail)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn operation_is_one_short_line() {
        for (operation, text) in [
            (Operation::new("ListBuckets"), "ListBuckets"),
            (Operation::on_bucket("HeadBucket", ""), "HeadBucket"),
            (Operation::on_bucket("HeadBucket", "b"), "HeadBucket b"),
            (Operation::on_object("UploadPart", "b", "k").part("3"), "UploadPart b/k (part 3)"),
            (Operation::on_object("GetObject", "b", "k").preceded_by("presign"), "presign GetObject b/k"),
            (Operation::on_object("GetObject", "b", "it's \"a\"\nkey é"), "GetObject b/it's \"a\"\\nkey é"),
            (
                Operation::on_object("GetObject", "b\r\n", "a\\n\u{1b}[2J\u{202e}"),
                "GetObject b\\r\\n/a\\\\n\\u{1b}[2J\\u{202e}",
            ),
        ] {
            assert_eq!(operation.to_string(), text);
        }
        for (key, longest) in [("\u{1}".repeat(1024), 1100), ("k".repeat(1025), 60)] {
            assert!(Operation::on_object("GetObject", "b", &key).to_string().len() < longest);
        }
    }

    #[test]
    fn request_within_a_call_repeats_nothing() {
        let call = Operation::on_object("copy", "b", "k");
        for (request, text) in [
            (Operation::on_object("CopyObject", "b", "k"), "copy b/k (CopyObject)"),
            (Operation::on_object("UploadPartCopy", "b", "k").part("2"), "copy b/k (UploadPartCopy, part 2)"),
            (Operation::on_object("HeadObject", "b", "source"), "copy b/k (HeadObject b/source)"),
            (Operation::on_object("HeadObject", "b", "k").version("v"), "copy b/k (HeadObject, version v)"),
            (Operation::on_bucket("ListObjects", "b"), "copy b/k (ListObjects)"),
            (Operation::on_bucket("ListObjects", "bx"), "copy b/k (ListObjects bx)"),
            (Operation::new("AssumeRole"), "copy b/k (AssumeRole)"),
        ] {
            assert_eq!(request.within(&call), text);
        }
    }
}
