//! Renames: an object is copied, the copy is checked, and the old key is deleted.

use crate::client::Client;
use crate::error::{Error, ErrorKind, Result};
use crate::metadata::ObjectMetadata;
use crate::ops::{CopiedObject, CopyObjectOptions, GetObjectOptions};
use crate::transfer::copy::CopyOptions;

impl Client {
    /// Changes the key of an object within its bucket, replacing any object with the new key.
    ///
    /// S3 has no such operation: the object is copied, the copy is checked, and the old key is deleted. This
    /// is not atomic, and both objects exist for a moment. The copy has the metadata and the tags, but not
    /// the ACL. In a bucket with versioning, the old key keeps its versions behind a delete marker.
    ///
    /// # Errors
    ///
    /// - [`InvalidInput`](ErrorKind::InvalidInput) if both keys are the same.
    /// - [`Integrity`](ErrorKind::Integrity) if the copy, its metadata or its number of tags differ from the
    ///   source.
    /// - The errors of [`copy`](Self::copy) and [`delete_object`](Self::delete_object).
    ///
    /// The hint says which of the two objects exist.
    ///
    /// ```no_run
    /// # let client = plain_s3::Client::new(plain_s3::Config::from_env()?)?;
    /// client.rename_object("my-new-bucket", "helo.txt", "hello.txt")?;
    /// # Ok::<(), plain_s3::Error>(())
    /// ```
    pub fn rename_object(&self, bucket: &str, from: &str, to: &str) -> Result<CopiedObject> {
        self.rename(bucket, from, to)
            .map_err(|error| error.with_context(|| format!("rename_object {bucket}/{from} to {to}")))
    }

    fn rename(&self, bucket: &str, from: &str, to: &str) -> Result<CopiedObject> {
        if from == to {
            // the last step would delete the only copy
            return Err(Error::invalid(format!("both keys are {from:?}")));
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
                format!("{both_exist} Another program may have replaced one of them meanwhile."),
            ));
        }
        self.delete_object(bucket, from).map_err(|error| {
            error.append_hint(&format!("{to:?} exists now, and {from:?} probably still exists as well."))
        })?;
        Ok(copied)
    }
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
        && source.metadata == copy.metadata
        && source.header(count) == copy.header(count)
}
