//! An object under another key: copied, checked, deleted.

use crate::client::Client;
use crate::error::{Error, ErrorKind, Result};
use crate::metadata::ObjectMetadata;
use crate::ops::{CopiedObject, CopyObjectOptions, GetObjectOptions};
use crate::transfer::CopyOptions;

impl Client {
    /// Gives an object another key in its bucket, over any object that has this key.
    ///
    /// S3 has no such action: the object is copied, the copy is checked, and the old key is deleted. That is
    /// not atomic, and for a moment both exist. The copy has the metadata and the tags, but not the ACL. In
    /// a bucket with versions the old key keeps its versions, behind a delete marker.
    ///
    /// # Errors
    ///
    /// [`InvalidInput`](ErrorKind::InvalidInput) where both keys are the same;
    /// [`Integrity`](ErrorKind::Integrity) where the copy is not what was to be copied; otherwise as
    /// [`copy`](Self::copy) and [`delete_object`](Self::delete_object). The text says which of
    /// both exist.
    ///
    /// ```no_run
    /// # let client = plain_s3::Client::new(plain_s3::Config::from_env()?)?;
    /// client.rename_object("my-new-bucket", "helo.txt", "hello.txt")?;
    /// # Ok::<(), plain_s3::Error>(())
    /// ```
    pub fn rename_object(&self, bucket: &str, from: &str, to: &str) -> Result<CopiedObject> {
        if from == to {
            // the last step would delete the only copy
            return Err(Error::invalid(format!("both keys are {from:?}"))
                .with_context(|| format!("rename_object {bucket}/{from}")));
        }
        let source = self.head_object(bucket, from)?;
        let mut options = CopyObjectOptions::new();
        if let Some(e_tag) = &source.e_tag {
            options = options.source_if_match(e_tag);
        }
        let options = CopyOptions::new().object(options);
        let copied = self
            .copy_seen((bucket, from), (bucket, to), &source, &GetObjectOptions::new(), &options)
            .map_err(|error| {
                error.append_hint(&format!("{from:?} is as it was; {to:?} was not seen to be stored."))
            })?;
        let both = format!("Both {from:?} and {to:?} exist now.");
        let copy = self.head_object(bucket, to).map_err(|error| error.append_hint(&both))?;
        if !is_copy(&source, &copy, &copied) {
            return Err(Error::new(ErrorKind::Integrity, "the copy is not what was to be copied")
                .with_hint(format!("{both} Another writer may have stored one of them meanwhile."))
                .with_context(|| format!("rename_object {bucket}/{from} to {to}")));
        }
        self.delete_object(bucket, from).map_err(|error| {
            error.append_hint(&format!("{to:?} exists now, and most likely {from:?} still does."))
        })?;
        Ok(copied)
    }
}

/// The copy's ETag is the one that copying gave, and its length is the source's.
fn is_copy(source: &ObjectMetadata, copy: &ObjectMetadata, copied: &CopiedObject) -> bool {
    let same_md5 = match (source.md5(), copy.md5()) {
        (Some(source), Some(copy)) => source == copy,
        _ => true, // an ETag of parts, or of an encrypted object
    };
    let known = copied.e_tag.is_none() || copied.e_tag == copy.e_tag;
    source.content_length == copy.content_length && known && same_md5
}
