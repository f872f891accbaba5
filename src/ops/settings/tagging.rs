//! The tags of buckets and objects: GetBucketTagging, GetObjectTagging and so on.

use std::collections::BTreeMap;

use roxmltree::Node;

use crate::client::Client;
use crate::error::Result;
use crate::ops::ObjectIdentifier;
use crate::ops::settings::{Subresource, Target, missing};
use crate::xml;

const OF_BUCKET: Subresource = Subresource {
    get: "GetBucketTagging",
    put: "PutBucketTagging",
    delete: "DeleteBucketTagging",
    name: "tagging",
    roots: &["Tagging"],
    unset: &["NoSuchTagSet", "NoSuchTagSetError"],
};

const OF_OBJECT: Subresource = Subresource {
    get: "GetObjectTagging",
    put: "PutObjectTagging",
    delete: "DeleteObjectTagging",
    ..OF_BUCKET
};

impl Client {
    /// Reads the tags of a bucket; none where it has none.
    /// ([GetBucketTagging](https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetBucketTagging.html))
    ///
    /// # Errors
    ///
    /// [`Server`](crate::ErrorKind::Server) where the bucket is missing or its tags may not be read;
    /// [`is_not_implemented`](crate::Error::is_not_implemented) where the server has no tags.
    ///
    /// ```no_run
    /// # let client = plain_s3::Client::new(plain_s3::Config::from_env()?)?;
    /// for (key, value) in client.get_bucket_tagging("my-new-bucket")? {
    ///     println!("{key}={value}");
    /// }
    /// # Ok::<(), plain_s3::Error>(())
    /// ```
    pub fn get_bucket_tagging(&self, bucket: &str) -> Result<BTreeMap<String, String>> {
        self.get_tags(&OF_BUCKET, Target::Bucket(bucket))
    }

    /// Gives a bucket these tags, and takes all others away.
    /// ([PutBucketTagging](https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketTagging.html))
    ///
    /// # Errors
    ///
    /// As [`get_bucket_tagging`](Self::get_bucket_tagging), which is asked first.
    ///
    /// ```no_run
    /// # let client = plain_s3::Client::new(plain_s3::Config::from_env()?)?;
    /// client.put_bucket_tagging("my-new-bucket", [("project", "poetry"), ("owner", "larry")])?;
    /// # Ok::<(), plain_s3::Error>(())
    /// ```
    pub fn put_bucket_tagging<K: AsRef<str>, V: AsRef<str>>(
        &self,
        bucket: &str,
        tags: impl IntoIterator<Item = (K, V)>,
    ) -> Result<()> {
        self.put_setting(&OF_BUCKET, Target::Bucket(bucket), write(tags))
    }

    /// Takes all tags of a bucket away.
    /// ([DeleteBucketTagging](https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteBucketTagging.html))
    ///
    /// # Errors
    ///
    /// As [`get_bucket_tagging`](Self::get_bucket_tagging), which is asked first.
    ///
    /// ```no_run
    /// # let client = plain_s3::Client::new(plain_s3::Config::from_env()?)?;
    /// client.delete_bucket_tagging("my-new-bucket")?;
    /// # Ok::<(), plain_s3::Error>(())
    /// ```
    pub fn delete_bucket_tagging(&self, bucket: &str) -> Result<()> {
        self.delete_setting(&OF_BUCKET, Target::Bucket(bucket))
    }

    /// Reads the tags of an object, or of one version of it.
    /// ([GetObjectTagging](https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObjectTagging.html))
    ///
    /// # Errors
    ///
    /// [`Server`](crate::ErrorKind::Server) where the object is missing or its tags may not be read;
    /// [`is_not_implemented`](crate::Error::is_not_implemented) where the server has no tags.
    ///
    /// ```no_run
    /// # let client = plain_s3::Client::new(plain_s3::Config::from_env()?)?;
    /// use plain_s3::ObjectIdentifier;
    ///
    /// println!("{:?}", client.get_object_tagging("my-new-bucket", "hello.txt")?);
    /// let old = ObjectIdentifier::new("hello.txt").version_id("3HL4kqtJlcpXroDTDmJ");
    /// println!("{:?}", client.get_object_tagging("my-new-bucket", old)?);
    /// # Ok::<(), plain_s3::Error>(())
    /// ```
    pub fn get_object_tagging(
        &self,
        bucket: &str,
        object: impl Into<ObjectIdentifier>,
    ) -> Result<BTreeMap<String, String>> {
        self.get_tags(&OF_OBJECT, Target::Object(bucket, &object.into()))
    }

    /// Gives an object, or one version of it, these tags, at most 10, and takes all others away.
    /// ([PutObjectTagging](https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutObjectTagging.html))
    ///
    /// # Errors
    ///
    /// As [`get_object_tagging`](Self::get_object_tagging), which is asked first.
    ///
    /// ```no_run
    /// # let client = plain_s3::Client::new(plain_s3::Config::from_env()?)?;
    /// client.put_object_tagging("my-new-bucket", "hello.txt", [("reviewed", "yes")])?;
    /// # Ok::<(), plain_s3::Error>(())
    /// ```
    pub fn put_object_tagging<K: AsRef<str>, V: AsRef<str>>(
        &self,
        bucket: &str,
        object: impl Into<ObjectIdentifier>,
        tags: impl IntoIterator<Item = (K, V)>,
    ) -> Result<()> {
        self.put_setting(&OF_OBJECT, Target::Object(bucket, &object.into()), write(tags))
    }

    /// Takes all tags of an object, or of one version of it, away.
    /// ([DeleteObjectTagging](https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteObjectTagging.html))
    ///
    /// # Errors
    ///
    /// As [`get_object_tagging`](Self::get_object_tagging), which is asked first.
    ///
    /// ```no_run
    /// # let client = plain_s3::Client::new(plain_s3::Config::from_env()?)?;
    /// client.delete_object_tagging("my-new-bucket", "hello.txt")?;
    /// # Ok::<(), plain_s3::Error>(())
    /// ```
    pub fn delete_object_tagging(&self, bucket: &str, object: impl Into<ObjectIdentifier>) -> Result<()> {
        self.delete_setting(&OF_OBJECT, Target::Object(bucket, &object.into()))
    }

    fn get_tags(&self, subresource: &Subresource, owner: Target<'_>) -> Result<BTreeMap<String, String>> {
        Ok(self.get_setting(subresource, owner, read)?.unwrap_or_default())
    }
}

fn write<K: AsRef<str>, V: AsRef<str>>(tags: impl IntoIterator<Item = (K, V)>) -> String {
    let mut content = String::from("<TagSet>");
    for (key, value) in tags {
        push_tag(&mut content, key.as_ref(), value.as_ref());
    }
    content.push_str("</TagSet>");
    xml::document("Tagging", &content)
}

fn read(root: Node<'_, '_>) -> Result<BTreeMap<String, String>> {
    xml::children(root, "TagSet").flat_map(|set| xml::children(set, "Tag")).map(read_tag).collect()
}

/// Adds one tag; lifecycle rules have them, too.
pub(crate) fn push_tag(out: &mut String, key: &str, value: &str) {
    out.push_str("<Tag>");
    xml::push(out, "Key", key);
    xml::push(out, "Value", value);
    out.push_str("</Tag>");
}

pub(crate) fn read_tag(node: Node<'_, '_>) -> Result<(String, String)> {
    let key = xml::child_text(node, "Key").ok_or_else(|| missing("key in a tag"))?;
    Ok((key, xml::child_text(node, "Value").unwrap_or_default()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_read_back_equal() {
        let tags = [("a & b", "é <1>"), ("empty", ""), (" spaces ", " kept\n")];
        let text = write(tags);
        let document = xml::parse(&text).unwrap();
        let tags = tags.map(|(key, value)| (key.to_owned(), value.to_owned()));
        assert_eq!(read(document.root_element()).unwrap(), BTreeMap::from(tags));
        let document = xml::parse("<Tagging><TagSet/></Tagging>").unwrap();
        assert!(read(document.root_element()).unwrap().is_empty());
    }
}
