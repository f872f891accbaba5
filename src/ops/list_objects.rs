//! ListObjectsV2 and ListObjects, as one iterator that pages itself.

use roxmltree::Node;

use crate::acl::Owner;
use crate::client::Client;
use crate::error::Result;
use crate::etag::ETag;
use crate::listing::{self, Cursor, KeyEncoding, ListApi, ListOptions, Listing, Page, Position, malformed};
use crate::request::{Method, Request};
use crate::timestamp::Timestamp;
use crate::xml;

/// An object as a listing has it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Object {
    /// The key, exactly as it was stored.
    pub key: String,
    /// The length in bytes.
    pub size: u64,
    /// When it was stored.
    pub last_modified: Timestamp,
    /// The ETag, where the server lists it.
    pub e_tag: Option<ETag>,
    /// The storage class, where the server lists it.
    pub storage_class: Option<String>,
    /// The owner, where the server lists it.
    pub owner: Option<Owner>,
}

impl Client {
    /// Lists the objects of a bucket, in the order of their keys' bytes.
    /// ([ListObjectsV2](https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectsV2.html))
    ///
    /// The iterator asks for the next page when it needs it, and holds one page in memory. Nothing is sent
    /// before the first item is taken.
    ///
    /// # Errors
    ///
    /// An item is an error where a page cannot be had; it is the last one.
    ///
    /// ```no_run
    /// # let client = plain_s3::Client::new(plain_s3::Config::from_env()?)?;
    /// for object in client.list_objects("my-new-bucket") {
    ///     let object = object?;
    ///     println!("{}\t{}\t{}", object.key, object.size, object.last_modified);
    /// }
    /// # Ok::<(), plain_s3::Error>(())
    /// ```
    pub fn list_objects(&self, bucket: &str) -> Listing<Object> {
        self.list_objects_with(bucket, &ListOptions::new())
    }

    /// Lists a part of a bucket; see [`list_objects`](Self::list_objects).
    ///
    /// # Errors
    ///
    /// As [`list_objects`](Self::list_objects).
    ///
    /// ```no_run
    /// # let client = plain_s3::Client::new(plain_s3::Config::from_env()?)?;
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
            (true, key) => From::Marker(key),
            (false, key) => From::StartAfter(key),
        };
        let mut cursor = Cursor::new(start(&options, options.api == ListApi::V1));
        Listing::new(move || {
            let mut answer = fetch(&client, &bucket, &options, &cursor.at)?;
            if answer.is_v1 && matches!(&cursor.at, From::StartAfter(Some(_))) {
                // the server ignored start-after along with list-type=2: ask again as it understands
                cursor = Cursor::new(start(&options, true));
                answer = fetch(&client, &bucket, &options, &cursor.at)?;
            }
            let call = || format!("ListObjects {bucket}");
            Ok((answer.page, cursor.follow(answer.next).map_err(|error| error.with_context(call))?))
        })
    }
}

/// Where a page begins.
#[derive(Clone, PartialEq, Eq)]
enum From {
    Marker(Option<String>),
    StartAfter(Option<String>),
    Token(String),
}

impl Position for From {
    fn is_before(&self, other: &Self) -> bool {
        matches!((self, other), (Self::Marker(new), Self::Marker(old)) if new < old)
    }
}

struct Answer {
    page: Page<Object>,
    next: Option<From>,
    is_v1: bool,
}

fn fetch(client: &Client, bucket: &str, options: &ListOptions, from: &From) -> Result<Answer> {
    let request = Request::bucket("ListObjects", Method::Get, bucket);
    let request = match from {
        From::Marker(marker) => request.query_if("marker", marker.as_deref()),
        From::StartAfter(key) => request.query("list-type", "2").query_if("start-after", key.as_deref()),
        From::Token(token) => request.query("list-type", "2").query("continuation-token", token.as_str()),
    };
    // control characters could not be in the XML otherwise
    let request = options.apply(request, "max-keys")?.query("encoding-type", "url");
    client.call(&request, |response| response.xml("ListBucketResult", read))
}

fn read(root: Node<'_, '_>) -> Result<Answer> {
    let encoding = KeyEncoding::of(root);
    let objects = xml::children(root, "Contents").map(|node| read_object(node, &encoding));
    let page =
        Page { entries: objects.collect::<Result<_>>()?, common_prefixes: encoding.common_prefixes(root)? };
    let next = if xml::child_flag(root, "IsTruncated") { Some(next(root, &page)?) } else { None };
    let is_v1 = xml::child(root, "Marker").is_some() && xml::child(root, "KeyCount").is_none();
    Ok(Answer { page, next, is_v1 })
}

/// A token, or else the last entry: `NextMarker` may be missing, and Ceph leaves it unencoded.
fn next(root: Node<'_, '_>, page: &Page<Object>) -> Result<From> {
    if let Some(token) = xml::child_text(root, "NextContinuationToken") {
        return Ok(From::Token(token));
    }
    let key = page.entries.last().map(|object| &object.key);
    match key.max(page.common_prefixes.last()) {
        Some(last) => Ok(From::Marker(Some(last.clone()))),
        None => Err(malformed("the listing says it goes on, but not from where")),
    }
}

fn read_object(node: Node<'_, '_>, encoding: &KeyEncoding) -> Result<Object> {
    let key = encoding.key(node)?;
    Ok(Object {
        size: listing::size(node, &key)?,
        key,
        last_modified: xml::child_date(node, "LastModified"),
        e_tag: xml::child_text(node, "ETag").map(ETag::new),
        storage_class: xml::child_text(node, "StorageClass"),
        owner: xml::child(node, "Owner").map(Owner::read),
    })
}
