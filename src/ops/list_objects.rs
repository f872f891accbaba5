//! ListObjectsV2 and ListObjects, behind one iterator.

use std::borrow::Cow;

use roxmltree::Node;

use crate::acl::Owner;
use crate::client::Client;
use crate::error::Result;
use crate::etag::ETag;
use crate::listing::{self, Cursor, KeyEncoding, ListApi, ListOptions, Listing, Page, Position};
use crate::ops::ObjectIdentifier;
use crate::request::{Method, Request};
use crate::response::Response;
use crate::timestamp::Timestamp;
use crate::xml;

/// An object in a listing.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Object {
    /// The key, exactly as it was stored.
    pub key: String,
    /// The size in bytes.
    pub size: u64,
    /// When the object was stored.
    pub last_modified: Timestamp,
    /// The ETag, if the server returned one.
    pub e_tag: Option<ETag>,
    /// The storage class, if the server returned one.
    pub storage_class: Option<String>,
    /// The owner, if the server returned one.
    pub owner: Option<Owner>,
}

impl Object {
    /// Creates an object with this key and size, for use in tests. The other fields are empty, and can be
    /// assigned.
    pub fn new(key: impl Into<String>, size: u64) -> Self {
        Self {
            key: key.into(),
            size,
            last_modified: Timestamp::UNKNOWN,
            e_tag: None,
            storage_class: None,
            owner: None,
        }
    }
}

impl From<&Object> for ObjectIdentifier {
    fn from(object: &Object) -> Self {
        Self::new(&object.key)
    }
}

impl From<Object> for ObjectIdentifier {
    fn from(object: Object) -> Self {
        Self::new(object.key)
    }
}

/// # Listings
impl Client {
    /// Lists the objects of a bucket, in byte order of their keys.
    /// ([ListObjectsV2](https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectsV2.html))
    ///
    /// The iterator fetches each page when it is needed and keeps one page in memory. Nothing is sent before
    /// the first call of `next`.
    ///
    /// # Errors
    ///
    /// If a page cannot be fetched, the iterator yields the error and then ends.
    ///
    /// ```
    /// # let client = include!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/documentation/client.rs"));
    /// for object in client.list_objects("my-new-bucket") {
    ///     let object = object?;
    ///     println!("{}\t{}\t{}", object.key, object.size, object.last_modified);
    /// }
    /// # Ok::<(), plain_s3::Error>(())
    /// ```
    pub fn list_objects(&self, bucket: &str) -> Listing<Object> {
        self.list_objects_with(bucket, &ListOptions::new())
    }

    /// Lists the objects of a bucket with options; see [`list_objects`](Self::list_objects).
    ///
    /// # Errors
    ///
    /// Returns the same errors as [`list_objects`](Self::list_objects).
    ///
    /// ```
    /// # let client = include!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/documentation/client.rs"));
    /// use plain_s3::ListOptions;
    ///
    /// let folder = ListOptions::new().prefix("photos/").delimiter("/");
    /// for page in client.list_objects_with("my-new-bucket", &folder).pages() {
    ///     let page = page?;
    ///     page.common_prefixes.iter().for_each(|name| println!("{name}"));
    ///     page.entries.iter().for_each(|object| println!("{}", object.key));
    /// }
    /// # Ok::<(), plain_s3::Error>(())
    /// ```
    pub fn list_objects_with(&self, bucket: &str, options: &ListOptions) -> Listing<Object> {
        let (client, bucket, options) = (self.clone(), bucket.to_owned(), options.clone());
        let start = |options: &ListOptions, v1| match (v1, options.start_after.clone()) {
            (true, key) => Start::Marker(key),
            (false, key) => Start::After(key),
        };
        let mut cursor = Cursor::new(start(&options, options.api == ListApi::V1));
        Listing::new(move || {
            let request = list_objects_request(&bucket, &options, &cursor.at);
            let mut list = client.call(&request, parse)?;
            if list.is_v1 && matches!(&cursor.at, Start::After(Some(_))) {
                // The server ignored start-after along with list-type=2, so this page starts too early.
                cursor = Cursor::new(start(&options, true));
                list = client.call(&list_objects_request(&bucket, &options, &cursor.at), parse)?;
            }
            let more =
                cursor.follow(list.next).map_err(|error| error.with_context(|| request.operation()))?;
            Ok((list.page, more))
        })
    }
}

/// The position at which a page starts.
#[derive(Clone, PartialEq, Eq)]
enum Start {
    /// V1: after this key.
    Marker(Option<String>),
    /// V2, first page: after this key.
    After(Option<String>),
    /// V2, further pages.
    Token(String),
}

impl Position for Start {
    fn is_before(&self, other: &Self) -> bool {
        matches!((self, other), (Self::Marker(new), Self::Marker(old)) if new < old)
    }
}

struct ListResponse {
    page: Page<Object>,
    next: Option<Start>,
    /// The response is one of ListObjects, whichever action was requested.
    is_v1: bool,
}

/// Returns the request of ListObjects or ListObjectsV2 for the page that starts here.
fn list_objects_request<'a>(bucket: &'a str, options: &'a ListOptions, start: &Start) -> Request<'a> {
    let request = Request::bucket("ListObjects", Method::Get, bucket);
    let request = match start {
        Start::Marker(Some(marker)) => request.query("marker", marker.clone()),
        Start::Marker(None) => request,
        Start::After(None) => request.query("list-type", "2"),
        Start::After(Some(key)) => request.query("list-type", "2").query("start-after", key.clone()),
        Start::Token(token) => request.query("list-type", "2").query("continuation-token", token.clone()),
    };
    // XML cannot represent all control characters, so keys must be encoded.
    options.apply(request, "max-keys").query("encoding-type", "url")
}

fn parse(response: Response) -> Result<ListResponse> {
    response.xml(&["ListBucketResult"], &["Contents", "KeyCount", "Marker"], read)
}

fn read(root: Node<'_, '_>) -> Result<ListResponse> {
    let encoding = KeyEncoding::of(root);
    let objects = || xml::children(root, "Contents");
    // reserved at once: a vector that grows to a page of 200 KiB is moved several times
    let mut entries = Vec::with_capacity(objects().count());
    for node in objects() {
        entries.push(read_object(node, &encoding)?);
    }
    let page = encoding.page(root, entries);
    // a server that returns a token may omit this flag
    let is_truncated = match xml::child(root, "IsTruncated") {
        Some(_) => xml::child_flag(root, "IsTruncated"),
        None => xml::child_text(root, "NextContinuationToken").is_some(),
    };
    let next = if is_truncated { Some(next(root, &encoding, &page)?) } else { None };
    let is_v1 = xml::child(root, "Marker").is_some() && xml::child(root, "KeyCount").is_none();
    Ok(ListResponse { page, next, is_v1 })
}

/// Returns the start of the next page: the token, otherwise the last entry.
///
/// `NextMarker` may be missing, and Ceph does not encode it. It counts only if it is ahead of the last entry, as
/// on Garage, which repeats a common prefix otherwise, or if the page has no entries. SeaweedFS does not encode it
/// either, and replaces the characters that XML cannot represent by U+FFFD, which is ahead of almost all keys.
fn next(root: Node<'_, '_>, encoding: &KeyEncoding, page: &Page<Object>) -> Result<Start> {
    if let Some(token) = xml::child_text(root, "NextContinuationToken") {
        return Ok(Start::Token(token));
    }
    let last = page.entries.iter().map(|object| &object.key).chain(&page.common_prefixes).max().cloned();
    let raw = xml::child_text(root, "NextMarker");
    // a marker that is the last entry, encoded, damaged or not, is not ahead
    let is_last = |raw: &String| last.as_ref().is_some_and(|last| *raw == xml::replace_unrepresentable(last));
    let ahead = raw.filter(|raw| !is_last(raw)).map(|raw| encoding.decode(raw));
    match last.max(ahead) {
        Some(marker) => Ok(Start::Marker(Some(marker))),
        None => Err(listing::no_marker()),
    }
}

fn read_object(node: Node<'_, '_>, encoding: &KeyEncoding) -> Result<Object> {
    // one pass over the children, because a page has a thousand entries
    let [key, size, last_modified, e_tag, storage_class, owner] =
        xml::named_children(node, ["Key", "Size", "LastModified", "ETag", "StorageClass", "Owner"]);
    let key = encoding.key(key)?;
    Ok(Object {
        size: listing::size(size, &key)?,
        key,
        last_modified: xml::date(last_modified),
        e_tag: xml::non_empty_text(e_tag).map(|e_tag| ETag::from_text(&e_tag)),
        storage_class: xml::non_empty_text(storage_class).map(Cow::into_owned),
        owner: owner.map(Owner::read),
    })
}
