//! Renames: an object is copied, the copy is checked, and the old key is deleted.

use crate::client::Client;
use crate::error::{Error, ErrorKind, Result};
use crate::metadata::ObjectMetadata;
use crate::operation::Operation;
use crate::ops::{CopiedObject, CopyObjectOptions, DeleteObjectOptions, GetObjectOptions};
use crate::transfer::copy::CopyOptions;

impl Client {
    /// Changes the key of an object within its bucket, replacing any object with the new key.
    ///
    /// S3 has no such operation: the object is copied, the copy is checked, and the old key is deleted, unless another
    /// program has replaced the source meanwhile. This is not atomic, and both objects exist for a moment. On servers
    /// without support for `If-Match` in deletions, an object that replaces the source between the last check and the
    /// deletion is lost.
    ///
    /// The copy has the metadata and the tags, but not the ACL. In a bucket with versioning, the old key keeps its
    /// versions behind a delete marker.
    ///
    /// # Errors
    ///
    /// - [`InvalidInput`](ErrorKind::InvalidInput) if both keys are the same.
    /// - [`Integrity`](ErrorKind::Integrity) if the copy, its metadata or its number of tags differ from the
    ///   source, or if the source was replaced meanwhile.
    /// - The errors of [`copy`](Self::copy) and [`delete_object`](Self::delete_object).
    ///
    /// The hint states which of the two objects exist.
    ///
    /// ```
    /// # let client = include!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/documentation/client.rs"));
    /// client.rename_object("my-new-bucket", "helo.txt", "hello.txt")?;
    /// # assert!(!client.object_exists("my-new-bucket", "helo.txt")?);
    /// # Ok::<(), plain_s3::Error>(())
    /// ```
    pub fn rename_object(&self, bucket: &str, from: &str, to: &str) -> Result<CopiedObject> {
        self.rename(bucket, from, to)
            .map_err(|error| error.with_context(|| Operation::on_object("rename_object", bucket, from)))
    }

    fn rename(&self, bucket: &str, from: &str, to: &str) -> Result<CopiedObject> {
        if from == to {
            // the last step would delete the only copy
            return Err(Error::invalid(format!("both keys are {from:?}, so there is nothing to rename")));
        }
        let source = self.head_object(bucket, from)?;
        let mut options = CopyObjectOptions::new();
        if let Some(e_tag) = source.strong_e_tag() {
            options = options.source_if_match(e_tag);
        }
        let options = CopyOptions::new().object(options);
        let copied = self
            .copy_source((bucket, from), (bucket, to), &source, &GetObjectOptions::new(), &options)
            .map_err(|error| {
                error.append_hint(&format!("{from:?} was not changed; {to:?} was probably not stored."))
            })?;
        let both_exist = format!("Both {from:?} and {to:?} exist now.");
        let copy = self.head_object(bucket, to).map_err(|error| error.append_hint(&both_exist))?;
        if !is_copy(&source, &copy, &copied) {
            return Err(Error::new(ErrorKind::Integrity, "the copy differs from the source").with_hint(
                format!("{both_exist} Another program may have replaced one of them meanwhile: compare them, and delete one."),
            ));
        }
        let deleted = self.delete_source(bucket, from, &source).map_err(|error| {
            error.append_hint(&format!("{to:?} exists now, and {from:?} probably still exists as well."))
        })?;
        if !deleted {
            let problem = format!("{from:?} was replaced while it was renamed");
            return Err(Error::new(ErrorKind::Integrity, problem).with_hint(format!(
                "{to:?} is the old object. {from:?} is a new one, and was not deleted."
            )));
        }
        Ok(copied)
    }

    /// Deletes the source, unless another program has replaced it since its metadata was read. Returns `false` if so.
    fn delete_source(&self, bucket: &str, key: &str, source: &ObjectMetadata) -> Result<bool> {
        match self.compare_source(bucket, key, source)? {
            Comparison::Gone => return Ok(true),
            Comparison::Replaced => return Ok(false),
            Comparison::Same => {}
        }
        let condition = source.strong_e_tag().map(|e_tag| DeleteObjectOptions::new().if_match(e_tag));
        let Some(condition) = condition else { return self.delete_object(bucket, key).map(|_| true) };
        match self.delete_object_with(bucket, key, &condition) {
            Ok(_) => Ok(true),
            // replaced just now; or the server does not support the condition; or this attempt is the second, and
            // the response to the first was lost
            Err(error) if error.is_not_implemented() || matches!(error.status(), Some(400 | 412)) => {
                match self.compare_source(bucket, key, source)? {
                    Comparison::Gone => Ok(true),
                    Comparison::Replaced => Ok(false),
                    Comparison::Same => self.delete_object(bucket, key).map(|_| true),
                }
            }
            Err(error) => Err(error),
        }
    }

    fn compare_source(&self, bucket: &str, key: &str, source: &ObjectMetadata) -> Result<Comparison> {
        match self.head_object(bucket, key) {
            Ok(now) if is_same(source, &now) => Ok(Comparison::Same),
            Ok(_) => Ok(Comparison::Replaced),
            Err(error) if error.is_not_found() => Ok(Comparison::Gone),
            Err(error) => Err(error),
        }
    }
}

/// The source of a rename, compared with what it was when its metadata was read.
enum Comparison {
    Same,
    Replaced,
    Gone,
}

/// Returns `true` if the metadata is that of the same object. An object that was stored again with the same content has
/// another time or version.
fn is_same(before: &ObjectMetadata, now: &ObjectMetadata) -> bool {
    before.e_tag == now.e_tag
        && before.content_length == now.content_length
        && before.last_modified == now.last_modified
        && before.version_id == now.version_id
}

/// Returns `true` if the object is the copy that was made: its ETag is the one in the response, and its
/// length, MD5, metadata and number of tags are those of the source.
fn is_copy(source: &ObjectMetadata, copy: &ObjectMetadata, copied: &CopiedObject) -> bool {
    let same_md5 = match (source.md5(), copy.md5()) {
        (Some(source), Some(copy)) => source == copy,
        // the ETag of an object in parts or of an encrypted one
        _ => true,
    };
    let same_e_tag = copied.e_tag.is_none() || copied.e_tag == copy.e_tag;
    let count = "x-amz-tagging-count";
    source.content_length == copy.content_length
        && same_e_tag
        && same_md5
        && source.content_type == copy.content_type
        // rclone adds an entry to copies, mtime
        && source.metadata.iter().all(|(name, value)| copy.metadata.get(name) == Some(value))
        && source.header(count) == copy.header(count)
}
