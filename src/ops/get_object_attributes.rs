//! GetObjectAttributes.

use std::collections::BTreeMap;

use roxmltree::Node;

use crate::client::Client;
use crate::error::Result;
use crate::etag::ETag;
use crate::headers::Headers;
use crate::ops::options::encryption::with_customer_key;
use crate::request::{Method, Request};
use crate::response::Response;
use crate::timestamp::Timestamp;
use crate::xml;

/// All attributes that can be requested.
const ATTRIBUTES: &str = "ETag,Checksum,ObjectParts,StorageClass,ObjectSize";

/// Options for [`Client::get_object_attributes_with`]: the version and other headers.
#[derive(Clone, Debug, Default)]
#[must_use]
pub struct ObjectAttributesOptions {
    version_id: Option<String>,
    headers: Headers,
}

impl ObjectAttributesOptions {
    /// Creates the default options: the latest version.
    pub fn new() -> Self {
        Self::default()
    }

    /// Requests the attributes of this version.
    pub fn version_id(mut self, id: impl Into<String>) -> Self {
        self.version_id = Some(id.into());
        self
    }

    /// Sets the key with which the object was encrypted; see
    /// [`PutObjectOptions::sse_customer_key`](crate::PutObjectOptions::sse_customer_key).
    pub fn sse_customer_key(self, key: [u8; 32]) -> Self {
        with_customer_key(self, &key, Self::header)
    }

    /// Sets any other header of the request, such as `x-amz-part-number-marker`.
    pub fn header(mut self, name: &str, value: impl Into<String>) -> Self {
        self.headers.set(name, value);
        self
    }
}

/// The attributes returned by [`Client::get_object_attributes`].
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct ObjectAttributes {
    /// The ETag.
    pub e_tag: Option<ETag>,
    /// The size in bytes.
    pub size: Option<u64>,
    /// The storage class, if it is not the standard one.
    pub storage_class: Option<String>,
    /// The checksums that were stored with the object, by name, such as `ChecksumSHA256`.
    pub checksums: BTreeMap<String, String>,
    /// The number of parts, if the object was uploaded in parts.
    pub parts_count: Option<u32>,
    /// The first 1000 parts, if the server lists them. AWS does so for parts with checksums.
    pub parts: Vec<ObjectPart>,
    /// When the object was stored.
    pub last_modified: Timestamp,
    /// The version ID, if the bucket has versioning.
    pub version_id: Option<String>,
}

impl ObjectAttributes {
    /// Creates attributes that are all empty, for tests of code that handles them.
    pub fn new() -> Self {
        Self {
            e_tag: None,
            size: None,
            storage_class: None,
            checksums: BTreeMap::new(),
            parts_count: None,
            parts: Vec::new(),
            last_modified: Timestamp::UNKNOWN,
            version_id: None,
        }
    }
}

impl Default for ObjectAttributes {
    fn default() -> Self {
        Self::new()
    }
}

/// A part of an object that was uploaded in parts.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct ObjectPart {
    /// The part number, counted from 1.
    pub number: u32,
    /// The size in bytes.
    pub size: u64,
    /// The checksums of the part, by name.
    pub checksums: BTreeMap<String, String>,
}

impl ObjectPart {
    /// Creates a part without checksums, for tests of code that handles parts.
    pub fn new(number: u32, size: u64) -> Self {
        Self { number, size, checksums: BTreeMap::new() }
    }
}

/// Returns the request of GetObjectAttributes.
fn get_object_attributes_request<'a>(
    bucket: &'a str,
    key: &'a str,
    options: &'a ObjectAttributesOptions,
) -> Request<'a> {
    Request::object("GetObjectAttributes", Method::Get, bucket, key)
        .subresource("attributes")
        .query_if("versionId", options.version_id.as_deref())
        .header("x-amz-object-attributes", ATTRIBUTES)
        .headers(&options.headers)
}

impl Client {
    /// Returns an object's size, parts and checksums without its content.
    /// ([GetObjectAttributes](https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObjectAttributes.html))
    ///
    /// AWS and recent servers support it. Older ones, such as Ceph 16, take the request for a download; the
    /// client recognises that by the headers and reads none of the content.
    /// [`head_object`](Self::head_object) works on every server.
    ///
    /// # Errors
    ///
    /// Fails with [`UnexpectedResponse`](crate::ErrorKind::UnexpectedResponse) if the server does not support
    /// this operation, and with [`Server`](crate::ErrorKind::Server) if the object does not exist or access
    /// is denied.
    ///
    /// ```
    /// # let client = include!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/documentation/client.rs"));
    /// let attributes = client.get_object_attributes("my-new-bucket", "backup.tar")?;
    /// println!("{:?} bytes in {:?} parts", attributes.size, attributes.parts_count);
    /// # Ok::<(), plain_s3::Error>(())
    /// ```
    pub fn get_object_attributes(&self, bucket: &str, key: &str) -> Result<ObjectAttributes> {
        self.get_object_attributes_with(bucket, key, &ObjectAttributesOptions::new())
    }

    /// Returns the attributes of a version of an object; see
    /// [`get_object_attributes`](Self::get_object_attributes).
    ///
    /// # Errors
    ///
    /// Returns the same errors as [`get_object_attributes`](Self::get_object_attributes).
    ///
    /// ```
    /// # let client = include!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/documentation/client.rs"));
    /// # let version_id = client.head_object("my-archive", "hello.txt")?.version_id.unwrap();
    /// use plain_s3::ObjectAttributesOptions;
    ///
    /// let old = ObjectAttributesOptions::new().version_id(version_id);
    /// println!("{:?}", client.get_object_attributes_with("my-archive", "hello.txt", &old)?.e_tag);
    /// # Ok::<(), plain_s3::Error>(())
    /// ```
    pub fn get_object_attributes_with(
        &self,
        bucket: &str,
        key: &str,
        options: &ObjectAttributesOptions,
    ) -> Result<ObjectAttributes> {
        self.call(&get_object_attributes_request(bucket, key, options), parse)
    }
}

fn parse(response: Response) -> Result<ObjectAttributes> {
    // only a download has these headers: here, the ETag is part of the XML and there are no ranges
    if response.header("etag").is_some() || response.header("accept-ranges").is_some() {
        return Err(response
            .unexpected("the server sent the object itself")
            .with_hint("It does not support GetObjectAttributes: use head_object."));
    }
    let last_modified = response.header("last-modified").map_or(Timestamp::UNKNOWN, Timestamp::from_http);
    let version_id = response.header_owned("x-amz-version-id");
    let children = ["ETag", "ObjectSize", "ObjectParts", "StorageClass", "Checksum"];
    response.xml(&["GetObjectAttributesResponse"], &children, |root| {
        let list = xml::child(root, "ObjectParts");
        let count =
            |list| xml::child_text(list, "TotalPartsCount").or_else(|| xml::child_text(list, "PartsCount"));
        Ok(ObjectAttributes {
            e_tag: xml::child_text(root, "ETag").map(ETag::new),
            size: xml::child_parse(root, "ObjectSize"),
            storage_class: xml::child_text(root, "StorageClass"),
            checksums: xml::child(root, "Checksum").map(checksums).unwrap_or_default(),
            parts_count: list.and_then(count).and_then(|count| count.trim().parse().ok()),
            parts: list.into_iter().flat_map(|list| xml::children(list, "Part")).filter_map(part).collect(),
            last_modified,
            version_id,
        })
    })
}

fn part(node: Node<'_, '_>) -> Option<ObjectPart> {
    Some(ObjectPart {
        number: xml::child_parse(node, "PartNumber")?,
        size: xml::child_parse(node, "Size")?,
        checksums: checksums(node),
    })
}

fn checksums(node: Node<'_, '_>) -> BTreeMap<String, String> {
    let named = |child: Node<'_, '_>| {
        let name = child.tag_name().name();
        name.starts_with("Checksum").then(|| (name.to_owned(), xml::text(child)))
    };
    node.children().filter_map(named).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::ErrorKind;
    use std::io;

    fn response(headers: &[(&str, &str)], body: impl io::Read + Send + Sync + 'static) -> Response {
        let mut all = Headers::default();
        for (name, value) in headers {
            all.set(name, *value);
        }
        Response { status: 200, headers: all, body: Box::new(body) }
    }

    // The example of the API reference.
    #[test]
    fn documented_response_is_read() {
        let text = "<?xml version='1.0'?><GetObjectAttributesResponse><ETag>abc</ETag><Checksum>\
            <ChecksumSHA256>c2Ft</ChecksumSHA256><ChecksumType>COMPOSITE</ChecksumType></Checksum><ObjectParts>\
            <IsTruncated>false</IsTruncated><MaxParts>1000</MaxParts><Part><ChecksumSHA256>cGFydA</ChecksumSHA256>\
            <PartNumber>1</PartNumber><Size>5242880</Size></Part><PartsCount>3</PartsCount></ObjectParts>\
            <StorageClass>GLACIER</StorageClass><ObjectSize>15728640</ObjectSize></GetObjectAttributesResponse>";
        let headers = [("last-modified", "Fri, 27 May 2011 06:23:07 GMT"), ("x-amz-version-id", "v1")];
        let got = parse(response(&headers, text.as_bytes())).unwrap();
        assert_eq!((got.size, got.parts_count, got.parts.len()), (Some(15_728_640), Some(3), 1));
        assert_eq!((got.parts[0].number, got.parts[0].size), (1, 5_242_880));
        assert_eq!(got.parts[0].checksums["ChecksumSHA256"], "cGFydA");
        assert_eq!(got.checksums["ChecksumSHA256"], "c2Ft");
        assert_eq!(got.e_tag.unwrap().as_str(), "abc");
        assert_eq!((got.storage_class.as_deref(), got.version_id.as_deref()), (Some("GLACIER"), Some("v1")));
        assert_eq!(got.last_modified.to_string(), "2011-05-27T06:23:07.000Z");
    }

    #[test]
    fn object_itself_is_an_error_and_is_not_read() {
        struct Never;
        impl io::Read for Never {
            fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
                panic!("the content was read")
            }
        }
        for header in ["etag", "accept-ranges"] {
            let error = parse(response(&[(header, "x")], Never)).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::UnexpectedResponse);
            assert!(error.to_string().contains("head_object"), "{error}");
        }
    }
}
