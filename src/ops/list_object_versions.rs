//! ListObjectVersions.

use roxmltree::Node;

use crate::acl::Owner;
use crate::client::Client;
use crate::error::Result;
use crate::etag::ETag;
use crate::listing::{self, Cursor, KeyEncoding, ListOptions, Listing, Marker, Page, malformed};
use crate::ops::ObjectIdentifier;
use crate::request::{Method, Request};
use crate::response::Response;
use crate::timestamp::Timestamp;
use crate::xml;

/// A version of an object, or a delete marker, in a listing.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct ObjectVersion {
    /// The key, exactly as it was stored.
    pub key: String,
    /// The version ID. It is `null` if the version was stored while versioning was not enabled.
    pub version_id: String,
    /// `true` for the latest version of its key, which `get_object` reads if no version is specified.
    pub is_latest: bool,
    /// `true` for a delete marker, which has no content. If it is the latest version of its key, the object
    /// counts as deleted.
    pub is_delete_marker: bool,
    /// The size in bytes; 0 for a delete marker.
    pub size: u64,
    /// When the version was stored.
    pub last_modified: Timestamp,
    /// The ETag, if the server returned one.
    pub e_tag: Option<ETag>,
    /// The storage class, if the server returned one.
    pub storage_class: Option<String>,
    /// The owner, if the server returned one.
    pub owner: Option<Owner>,
}

impl ObjectVersion {
    /// Creates a version with this key and version ID, for use in tests. The other fields are empty, and can
    /// be assigned.
    pub fn new(key: impl Into<String>, version_id: impl Into<String>) -> Self {
        Self {
            key: key.into(),
            version_id: version_id.into(),
            is_latest: false,
            is_delete_marker: false,
            size: 0,
            last_modified: Timestamp::UNKNOWN,
            e_tag: None,
            storage_class: None,
            owner: None,
        }
    }
}

impl From<&ObjectVersion> for ObjectIdentifier {
    fn from(version: &ObjectVersion) -> Self {
        Self::new(&version.key).version_id(&version.version_id)
    }
}

impl From<ObjectVersion> for ObjectIdentifier {
    fn from(version: ObjectVersion) -> Self {
        Self::new(version.key).version_id(version.version_id)
    }
}

impl Client {
    /// Lists all object versions and delete markers of a bucket, in byte order of their keys, newest first
    /// for each key.
    /// ([ListObjectVersions](https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectVersions.html))
    ///
    /// If versioning was never enabled for the bucket, each object has one version with the ID `null`.
    ///
    /// The iterator fetches each page when it is needed and keeps one page in memory. Nothing is sent before
    /// the first call of `next`.
    ///
    /// # Errors
    ///
    /// If a page cannot be fetched, the iterator yields the error and then ends. The error is
    /// [`is_not_implemented`](crate::Error::is_not_implemented) if the server does not support versions.
    ///
    /// ```
    /// # let client = include!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/documentation/client.rs"));
    /// for version in client.list_object_versions("my-new-bucket") {
    ///     let version = version?;
    ///     let what = if version.is_delete_marker { "deleted" } else { "stored" };
    ///     println!("{}\t{}\t{what} {}", version.key, version.version_id, version.last_modified);
    /// }
    /// # Ok::<(), plain_s3::Error>(())
    /// ```
    pub fn list_object_versions(&self, bucket: &str) -> Listing<ObjectVersion> {
        self.list_object_versions_with(bucket, &ListOptions::new())
    }

    /// Lists the object versions of a bucket with options; see
    /// [`list_object_versions`](Self::list_object_versions).
    ///
    /// # Errors
    ///
    /// Returns the same errors as [`list_object_versions`](Self::list_object_versions).
    ///
    /// ```
    /// # let client = include!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/documentation/client.rs"));
    /// use plain_s3::ListOptions;
    ///
    /// let plans = ListOptions::new().prefix("secret_plans.txt");
    /// let old: Result<Vec<_>, _> = client.list_object_versions_with("my-new-bucket", &plans).collect();
    /// client.delete_objects("my-new-bucket", old?.iter().filter(|version| !version.is_latest))?;
    /// # Ok::<(), plain_s3::Error>(())
    /// ```
    pub fn list_object_versions_with(&self, bucket: &str, options: &ListOptions) -> Listing<ObjectVersion> {
        let (client, bucket, options) = (self.clone(), bucket.to_owned(), options.clone());
        let mut cursor = Cursor::new(Marker::after(options.start_after.as_deref()));
        Listing::new(move || {
            let start = cursor.at.clone();
            let request = list_object_versions_request(&bucket, &options, &start);
            let (page, next) = client.call(&request, parse)?;
            Ok((page, cursor.follow(next).map_err(|error| error.with_context(|| request.operation()))?))
        })
    }
}

/// Returns the request of ListObjectVersions for the page that starts here.
fn list_object_versions_request<'a>(
    bucket: &'a str,
    options: &'a ListOptions,
    start: &'a Marker,
) -> Request<'a> {
    let request = Request::bucket("ListObjectVersions", Method::Get, bucket)
        .subresource("versions")
        .query_if("key-marker", start.key.as_deref())
        .query_if("version-id-marker", start.id.as_deref());
    // XML cannot represent all control characters, so keys must be encoded.
    options.apply(request, "max-keys").query("encoding-type", "url")
}

fn parse(response: Response) -> Result<(Page<ObjectVersion>, Option<Marker>)> {
    response.xml(&["ListVersionsResult"], &["Version", "DeleteMarker", "VersionIdMarker"], read)
}

/// Returns the page and the start of the next one.
fn read(root: Node<'_, '_>) -> Result<(Page<ObjectVersion>, Option<Marker>)> {
    let encoding = KeyEncoding::of(root);
    // Versions and delete markers stay in the order of the response: newest first for each key.
    let versions = root.children().filter_map(|node| match node.tag_name().name() {
        "Version" => Some(read_version(node, false, &encoding)),
        "DeleteMarker" => Some(read_version(node, true, &encoding)),
        _ => None,
    });
    let mut page = encoding.page(root, versions.collect::<Result<_>>()?);
    let seen = page.keys(|version| (&version.key, &version.version_id));
    let mut next = Marker::next(root, &encoding, "NextVersionIdMarker", &seen)?;
    if next.is_some() {
        next = before_null_marker(&mut page).or(next);
    }
    Ok((page, next))
}

/// Works around a bug in Ceph: a listing that continues after a delete marker with the ID `null` skips the
/// older versions of that key. If a page ends with one, this removes it from the page and returns the
/// position before it, so that the next page starts with it.
fn before_null_marker(page: &mut Page<ObjectVersion>) -> Option<Marker> {
    let [.., before, last] = &page.entries[..] else { return None };
    if !last.is_delete_marker || last.version_id != "null" || !page.common_prefixes.is_empty() {
        return None;
    }
    let marker = Marker { key: Some(before.key.clone()), id: Some(before.version_id.clone()) };
    page.entries.pop();
    Some(marker)
}

fn read_version(node: Node<'_, '_>, is_delete_marker: bool, encoding: &KeyEncoding) -> Result<ObjectVersion> {
    let key = encoding.key(xml::child(node, "Key"))?;
    let has_no_size = is_delete_marker && xml::child(node, "Size").is_none();
    Ok(ObjectVersion {
        version_id: xml::child_text(node, "VersionId")
            .ok_or_else(|| malformed(format!("the entry {key:?} in the listing has no version ID")))?,
        size: if has_no_size { 0 } else { listing::size(xml::child(node, "Size"), &key)? },
        key,
        is_latest: xml::child_flag(node, "IsLatest"),
        is_delete_marker,
        last_modified: xml::child_date(node, "LastModified"),
        e_tag: xml::child_text(node, "ETag").map(ETag::new),
        storage_class: xml::child_text(node, "StorageClass"),
        owner: xml::child(node, "Owner").map(Owner::read),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ceph_page_with_an_unencoded_next_marker_is_parsed() {
        let text = "<ListVersionsResult xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">\
            <EncodingType>url</EncodingType><IsTruncated>true</IsTruncated>\
            <NextKeyMarker>a b+c%2F</NextKeyMarker><NextVersionIdMarker>null</NextVersionIdMarker>\
            <DeleteMarker><Key>a%20b%2Bc%252F</Key><VersionId>ZE+h%20</VersionId><IsLatest>true</IsLatest>\
            <LastModified>2026-11-21T07:37:16.405Z</LastModified><Owner><ID>alice</ID></Owner></DeleteMarker>\
            <Version><Key>a%20b%2Bc%252F</Key><VersionId>null</VersionId><IsLatest>false</IsLatest>\
            <ETag>&quot;9dd4&quot;</ETag><Size>1</Size><StorageClass>STANDARD</StorageClass></Version>\
            <DeleteMarker><Key>z</Key><VersionId>1</VersionId></DeleteMarker></ListVersionsResult>";
        let document = xml::parse(text).unwrap();
        let (page, next) = read(document.root_element()).unwrap();
        let [marker, version, last] = &page.entries[..] else { panic!("{page:?}") };
        assert_eq!((marker.key.as_str(), marker.version_id.as_str()), ("a b+c%2F", "ZE+h%20"));
        assert!(marker.is_delete_marker && marker.is_latest && marker.size == 0);
        assert!(!version.is_delete_marker && !version.is_latest && version.size == 1);
        assert_eq!(version.e_tag, Some(ETag::new("9dd4")));
        assert_eq!(last.key, "z");
        assert_eq!(next, Some(Marker { key: Some("a b+c%2F".into()), id: Some("null".into()) }));
        assert_eq!(ObjectIdentifier::from(version), ObjectIdentifier::new("a b+c%2F").version_id("null"));
    }

    #[test]
    fn next_page_starts_with_a_trailing_null_delete_marker() {
        let page = |truncated: bool| {
            format!(
                "<R><IsTruncated>{truncated}</IsTruncated><NextKeyMarker>b</NextKeyMarker>\
                 <NextVersionIdMarker>null</NextVersionIdMarker>\
                 <Version><Key>a</Key><VersionId>1</VersionId><Size>0</Size></Version>\
                 <DeleteMarker><Key>b</Key><VersionId>null</VersionId></DeleteMarker></R>"
            )
        };
        for (truncated, entries, next) in
            [(true, 1, Some(Marker { key: Some("a".into()), id: Some("1".into()) })), (false, 2, None)]
        {
            let text = page(truncated);
            let document = xml::parse(&text).unwrap();
            let (page, marker) = read(document.root_element()).unwrap();
            assert_eq!((page.entries.len(), marker), (entries, next));
        }
    }

    #[test]
    fn version_without_key_id_or_size_is_an_error() {
        for (entry, text) in [
            (
                "<Version><Key>a</Key><Size>1</Size></Version>",
                "the entry \"a\" in the listing has no version ID",
            ),
            (
                "<Version><Key>a</Key><VersionId>1</VersionId></Version>",
                "the entry \"a\" in the listing has no valid size",
            ),
            ("<DeleteMarker><VersionId>1</VersionId></DeleteMarker>", "an entry in the listing has no key"),
        ] {
            let page = format!("<R>{entry}</R>");
            let document = xml::parse(&page).unwrap();
            assert_eq!(read(document.root_element()).unwrap_err().summary(), text);
        }
    }
}
