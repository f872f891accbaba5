//! ListObjectsV2 and ListObjects, as one iterator that pages itself.

use std::vec;

use roxmltree::Node;

use crate::acl::Owner;
use crate::client::Client;
use crate::encode;
use crate::error::{Error, ErrorKind, Result};
use crate::etag::ETag;
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

/// Which of the two listing calls is sent. Both give the same objects.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum ListVersion {
    /// ListObjects, with markers: what every server knows.
    V1,
    /// ListObjectsV2, with continuation tokens. A server that does not know it and answers with V1 is
    /// paged in V1.
    #[default]
    V2,
}

/// Which objects are listed, and how.
#[derive(Clone, Debug, Default)]
pub struct ListObjectsOptions {
    prefix: Option<String>,
    delimiter: Option<String>,
    start_after: Option<String>,
    page_size: Option<u32>,
    version: ListVersion,
}

impl ListObjectsOptions {
    /// All objects, in pages as large as the server likes (1000).
    pub fn new() -> Self {
        Self::default()
    }

    /// Lists only keys that begin like this.
    pub fn prefix(mut self, prefix: impl Into<String>) -> Self {
        self.prefix = Some(prefix.into());
        self
    }

    /// Rolls all keys that have this delimiter after the prefix into common prefixes, one each:
    /// with `/`, the "folders". [`ListObjects::pages`] shows them.
    pub fn delimiter(mut self, delimiter: impl Into<String>) -> Self {
        self.delimiter = Some(delimiter.into());
        self
    }

    /// Lists only keys that come after this one, in the order of their bytes.
    pub fn start_after(mut self, key: impl Into<String>) -> Self {
        self.start_after = Some(key.into());
        self
    }

    /// Asks for at most this many entries a request, from 1 to 1000. It changes the number of requests, not
    /// what is listed.
    pub fn page_size(mut self, entries: u32) -> Self {
        self.page_size = Some(entries);
        self
    }

    /// Sets the listing call; V2 by default.
    pub fn version(mut self, version: ListVersion) -> Self {
        self.version = version;
        self
    }
}

/// One answer of a listing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct ListPage {
    /// The objects of this page.
    pub objects: Vec<Object>,
    /// What a delimiter rolled up: each ends in the delimiter.
    pub common_prefixes: Vec<String>,
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
    pub fn list_objects(&self, bucket: &str) -> ListObjects {
        self.list_objects_with(bucket, &ListObjectsOptions::new())
    }

    /// Lists a part of a bucket; see [`list_objects`](Self::list_objects).
    ///
    /// # Errors
    ///
    /// As [`list_objects`](Self::list_objects).
    ///
    /// ```no_run
    /// # let client = plain_s3::Client::new(plain_s3::Config::from_env()?)?;
    /// use plain_s3::ListObjectsOptions;
    ///
    /// let folder = ListObjectsOptions::new().prefix("photos/").delimiter("/");
    /// for page in client.list_objects_with("my-new-bucket", &folder).pages() {
    ///     let page = page?;
    ///     page.common_prefixes.iter().for_each(|name| println!("{name}"));
    ///     page.objects.iter().for_each(|object| println!("{}", object.key));
    /// }
    /// # Ok::<(), plain_s3::Error>(())
    /// ```
    pub fn list_objects_with(&self, bucket: &str, options: &ListObjectsOptions) -> ListObjects {
        let pages = ListPages {
            client: self.clone(),
            bucket: bucket.to_owned(),
            options: options.clone(),
            cursor: Cursor::start(options),
            done: false,
        };
        ListObjects { pages, page: Vec::new().into_iter() }
    }
}

/// The objects of a bucket, one after the other; from [`Client::list_objects`].
#[derive(Debug)]
pub struct ListObjects {
    pages: ListPages,
    page: vec::IntoIter<Object>,
}

impl ListObjects {
    /// Gives whole pages, which also have the common prefixes. Objects that were taken already are left out.
    pub fn pages(self) -> ListPages {
        self.pages
    }
}

impl Iterator for ListObjects {
    type Item = Result<Object>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if let Some(object) = self.page.next() {
                return Some(Ok(object));
            }
            match self.pages.next()? {
                Ok(page) => self.page = page.objects.into_iter(),
                Err(error) => return Some(Err(error)),
            }
        }
    }
}

/// The pages of a listing; from [`ListObjects::pages`].
#[derive(Debug)]
pub struct ListPages {
    client: Client,
    bucket: String,
    options: ListObjectsOptions,
    cursor: Cursor,
    done: bool,
}

/// Where the next page begins.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Cursor {
    Marker(Option<String>),
    StartAfter(Option<String>),
    Token(String),
}

impl Cursor {
    fn start(options: &ListObjectsOptions) -> Self {
        match options.version {
            ListVersion::V1 => Self::Marker(options.start_after.clone()),
            ListVersion::V2 => Self::StartAfter(options.start_after.clone()),
        }
    }
}

impl Iterator for ListPages {
    type Item = Result<ListPage>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.done {
            return None;
        }
        let page = self.fetch();
        self.done |= page.is_err();
        Some(page)
    }
}

impl ListPages {
    fn fetch(&mut self) -> Result<ListPage> {
        let mut answer = self.ask()?;
        if answer.is_v1 && matches!(&self.cursor, Cursor::StartAfter(Some(_))) {
            // the server ignored start-after along with list-type=2: ask again as it understands
            self.cursor = Cursor::Marker(self.options.start_after.clone());
            answer = self.ask()?;
        }
        if answer.truncated {
            let next = answer.next_cursor();
            self.advance(next).map_err(|error| error.in_call(|| format!("ListObjects {}", self.bucket)))?;
        } else {
            self.done = true;
        }
        Ok(answer.page)
    }

    fn advance(&mut self, next: Option<Cursor>) -> Result<()> {
        let stuck = |what: &str| {
            Err(Error::new(ErrorKind::UnexpectedAnswer, format!("the listing says it goes on, {what}")))
        };
        match (&self.cursor, &next) {
            (_, None) => return stuck("but not from where"),
            (old, Some(new)) if old == new => return stuck("but from where it was"),
            (Cursor::Marker(Some(old)), Some(Cursor::Marker(Some(new)))) if new <= old => {
                return stuck("but goes backwards");
            }
            _ => {}
        }
        self.cursor = next.expect("looked at above");
        Ok(())
    }

    fn ask(&self) -> Result<Answer> {
        let options = &self.options;
        let mut request = Request::bucket("ListObjects", Method::Get, &self.bucket);
        if let Some(size) = options.page_size {
            if !(1..=1000).contains(&size) {
                let message = format!("a page size of {size}; a page has 1 to 1000 entries");
                return Err(Error::invalid(message).in_call(|| request.describe()));
            }
            request = request.query("max-keys", size.to_string());
        }
        request = match &self.cursor {
            Cursor::Marker(marker) => request.query_if("marker", marker.as_deref()),
            Cursor::StartAfter(key) => {
                request.query("list-type", "2").query_if("start-after", key.as_deref())
            }
            Cursor::Token(token) => {
                request.query("list-type", "2").query("continuation-token", token.as_str())
            }
        };
        // control characters could not be in the XML otherwise
        let request = request
            .query("encoding-type", "url")
            .query_if("prefix", options.prefix.as_deref())
            .query_if("delimiter", options.delimiter.as_deref());
        self.client.call(&request, |response| response.xml("ListBucketResult", read))
    }
}

struct Answer {
    page: ListPage,
    truncated: bool,
    token: Option<String>,
    is_v1: bool,
}

impl Answer {
    /// A token, or else the last entry: `NextMarker` may be missing, and Ceph leaves it unencoded.
    fn next_cursor(&self) -> Option<Cursor> {
        if let Some(token) = &self.token {
            return Some(Cursor::Token(token.clone()));
        }
        let key = self.page.objects.last().map(|object| &object.key);
        let last = key.max(self.page.common_prefixes.last())?;
        Some(Cursor::Marker(Some(last.clone())))
    }
}

fn read(root: Node<'_, '_>) -> Result<Answer> {
    let encoded = xml::child_text(root, "EncodingType").is_some_and(|kind| kind.trim() == "url");
    let decode = |text: String| {
        if !encoded {
            return Ok(text);
        }
        encode::decode(&text)
            .ok_or_else(|| broken(format!("the key {text:?} is not encoded as the listing says")))
    };
    let mut page = ListPage::default();
    for node in xml::children(root, "Contents") {
        page.objects.push(read_object(node, &decode)?);
    }
    for node in xml::children(root, "CommonPrefixes") {
        for prefix in xml::children(node, "Prefix") {
            page.common_prefixes.push(decode(xml::text(prefix))?);
        }
    }
    Ok(Answer {
        page,
        truncated: xml::child_flag(root, "IsTruncated"),
        token: xml::child_text(root, "NextContinuationToken"),
        is_v1: xml::child(root, "Marker").is_some() && xml::child(root, "KeyCount").is_none(),
    })
}

fn read_object(node: Node<'_, '_>, decode: &dyn Fn(String) -> Result<String>) -> Result<Object> {
    let key = xml::child_text(node, "Key").ok_or_else(|| broken("an entry of the listing has no key"))?;
    let size = xml::child_text(node, "Size").and_then(|size| size.trim().parse().ok());
    Ok(Object {
        size: size.ok_or_else(|| broken(format!("the entry {key:?} of the listing has no size")))?,
        key: decode(key)?,
        last_modified: xml::child_text(node, "LastModified")
            .map_or(Timestamp::UNKNOWN, |date| Timestamp::from_iso8601(&date)),
        e_tag: xml::child_text(node, "ETag").map(ETag::new),
        storage_class: xml::child_text(node, "StorageClass"),
        owner: xml::child(node, "Owner").map(Owner::read),
    })
}

fn broken(message: impl Into<String>) -> Error {
    Error::new(ErrorKind::UnexpectedAnswer, message)
}
