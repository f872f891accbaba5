//! GetBucketTagging, PutBucketTagging, DeleteBucketTagging, and the same for objects.

use std::collections::BTreeMap;

use roxmltree::Node;

use crate::client::Client;
use crate::error::Result;
use crate::headers::Headers;
use crate::ops::ObjectIdentifier;
use crate::ops::settings::{Subresource, Target, missing};
use crate::xml;

const BUCKET_TAGGING: Subresource = Subresource {
    get: "GetBucketTagging",
    put: "PutBucketTagging",
    delete: "DeleteBucketTagging",
    name: "tagging",
    roots: &["Tagging"],
    children: &["TagSet"],
    unset: &["NoSuchTagSet", "NoSuchTagSetError"],
};

const OBJECT_TAGGING: Subresource = Subresource {
    get: "GetObjectTagging",
    put: "PutObjectTagging",
    delete: "DeleteObjectTagging",
    ..BUCKET_TAGGING
};

impl Client {
    /// Returns the tags of a bucket. The map is empty if it has none.
    /// ([GetBucketTagging](https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetBucketTagging.html))
    ///
    /// # Errors
    ///
    /// Fails with [`Server`](crate::ErrorKind::Server) if the bucket does not exist, you may not read its
    /// tags, or the server does not support tags ([`is_not_implemented`](crate::Error::is_not_implemented)).
    ///
    /// ```
    /// # let client = include!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/documentation/client.rs"));
    /// for (key, value) in client.get_bucket_tagging("my-new-bucket")? {
    ///     println!("{key}={value}");
    /// }
    /// # Ok::<(), plain_s3::Error>(())
    /// ```
    pub fn get_bucket_tagging(&self, bucket: &str) -> Result<BTreeMap<String, String>> {
        self.get_tags(&BUCKET_TAGGING, Target::Bucket(bucket))
    }

    /// Replaces the tags of a bucket.
    /// ([PutBucketTagging](https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketTagging.html))
    ///
    /// # Errors
    ///
    /// Returns the same errors as [`get_bucket_tagging`](Self::get_bucket_tagging), which is called first.
    ///
    /// ```
    /// # let client = include!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/documentation/client.rs"));
    /// client.put_bucket_tagging("my-new-bucket", [("project", "poetry"), ("owner", "larry")])?;
    /// # Ok::<(), plain_s3::Error>(())
    /// ```
    pub fn put_bucket_tagging<K: AsRef<str>, V: AsRef<str>>(
        &self,
        bucket: &str,
        tags: impl IntoIterator<Item = (K, V)>,
    ) -> Result<()> {
        self.put_setting(&BUCKET_TAGGING, Target::Bucket(bucket), write(tags))
    }

    /// Deletes all tags of a bucket. Succeeds if it has none.
    /// ([DeleteBucketTagging](https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteBucketTagging.html))
    ///
    /// # Errors
    ///
    /// Returns the same errors as [`get_bucket_tagging`](Self::get_bucket_tagging), which is called first.
    ///
    /// ```
    /// # let client = include!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/documentation/client.rs"));
    /// client.delete_bucket_tagging("my-new-bucket")?;
    /// # Ok::<(), plain_s3::Error>(())
    /// ```
    pub fn delete_bucket_tagging(&self, bucket: &str) -> Result<()> {
        self.delete_setting(&BUCKET_TAGGING, Target::Bucket(bucket))
    }

    /// Returns the tags of an object or of one of its versions. The map is empty if it has none.
    /// ([GetObjectTagging](https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObjectTagging.html))
    ///
    /// # Errors
    ///
    /// Fails with [`Server`](crate::ErrorKind::Server) if the object does not exist, you may not read its
    /// tags, or the server does not support tags ([`is_not_implemented`](crate::Error::is_not_implemented)).
    ///
    /// ```
    /// # let client = include!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/documentation/client.rs"));
    /// # let version_id = client.head_object("my-archive", "hello.txt")?.version_id.unwrap();
    /// use plain_s3::ObjectIdentifier;
    ///
    /// println!("{:?}", client.get_object_tagging("my-new-bucket", "hello.txt")?);
    /// let old = ObjectIdentifier::new("hello.txt").version_id(version_id);
    /// println!("{:?}", client.get_object_tagging("my-archive", old)?);
    /// # Ok::<(), plain_s3::Error>(())
    /// ```
    pub fn get_object_tagging(
        &self,
        bucket: &str,
        object: impl Into<ObjectIdentifier>,
    ) -> Result<BTreeMap<String, String>> {
        self.get_tags(&OBJECT_TAGGING, Target::Object(bucket, &object.into()))
    }

    /// Replaces the tags of an object or of one of its versions. S3 allows at most 10 tags.
    /// ([PutObjectTagging](https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutObjectTagging.html))
    ///
    /// # Errors
    ///
    /// Returns the same errors as [`get_object_tagging`](Self::get_object_tagging), which is called first.
    ///
    /// ```
    /// # let client = include!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/documentation/client.rs"));
    /// client.put_object_tagging("my-new-bucket", "hello.txt", [("reviewed", "yes")])?;
    /// # Ok::<(), plain_s3::Error>(())
    /// ```
    pub fn put_object_tagging<K: AsRef<str>, V: AsRef<str>>(
        &self,
        bucket: &str,
        object: impl Into<ObjectIdentifier>,
        tags: impl IntoIterator<Item = (K, V)>,
    ) -> Result<()> {
        self.put_setting(&OBJECT_TAGGING, Target::Object(bucket, &object.into()), write(tags))
    }

    /// Deletes all tags of an object or of one of its versions. Succeeds if it has none.
    /// ([DeleteObjectTagging](https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteObjectTagging.html))
    ///
    /// # Errors
    ///
    /// Returns the same errors as [`get_object_tagging`](Self::get_object_tagging), which is called first.
    ///
    /// ```
    /// # let client = include!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/documentation/client.rs"));
    /// client.delete_object_tagging("my-new-bucket", "hello.txt")?;
    /// # Ok::<(), plain_s3::Error>(())
    /// ```
    pub fn delete_object_tagging(&self, bucket: &str, object: impl Into<ObjectIdentifier>) -> Result<()> {
        self.delete_setting(&OBJECT_TAGGING, Target::Object(bucket, &object.into()))
    }

    /// Returns the tags of an object, with the headers of the requests for its content.
    pub(crate) fn get_source_tagging(
        &self,
        bucket: &str,
        object: &ObjectIdentifier,
        headers: &Headers,
    ) -> Result<BTreeMap<String, String>> {
        let request = OBJECT_TAGGING.get_request(Target::Object(bucket, object)).headers(headers);
        let tags = self.send_get(self.deadline(), &OBJECT_TAGGING, &request, |response| {
            response.xml(OBJECT_TAGGING.roots, OBJECT_TAGGING.children, read)
        })?;
        Ok(tags.unwrap_or_default())
    }

    fn get_tags(&self, subresource: &Subresource, target: Target<'_>) -> Result<BTreeMap<String, String>> {
        Ok(self.get_setting(subresource, target, read)?.unwrap_or_default())
    }
}

fn write<K: AsRef<str>, V: AsRef<str>>(tags: impl IntoIterator<Item = (K, V)>) -> String {
    let mut content = String::from("<TagSet>");
    for (key, value) in tags {
        push_tag(&mut content, key.as_ref(), value.as_ref());
    }
    content.push_str("</TagSet>");
    BUCKET_TAGGING.document(&content)
}

fn read(root: Node<'_, '_>) -> Result<BTreeMap<String, String>> {
    xml::children(root, "TagSet").flat_map(|set| xml::children(set, "Tag")).map(read_tag).collect()
}

/// Appends one tag. Lifecycle rules contain tags as well.
pub(crate) fn push_tag(out: &mut String, key: &str, value: &str) {
    out.push_str("<Tag>");
    xml::push(out, "Key", key);
    xml::push(out, "Value", value);
    out.push_str("</Tag>");
}

pub(crate) fn read_tag(node: Node<'_, '_>) -> Result<(String, String)> {
    let key = xml::child_text(node, "Key").ok_or_else(|| missing("Key"))?;
    Ok((key, xml::child_text(node, "Value").unwrap_or_default()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn written_tags_read_back_equal() {
        let tags = [("a & b", "é <1>"), ("empty", ""), (" spaces ", " kept\n")];
        let expected = tags.map(|(key, value)| (key.to_owned(), value.to_owned()));
        assert_eq!(BUCKET_TAGGING.parse(&write(tags), read).unwrap(), BTreeMap::from(expected));
        assert!(OBJECT_TAGGING.parse("<Tagging><TagSet/></Tagging>", read).unwrap().is_empty());
    }
}
