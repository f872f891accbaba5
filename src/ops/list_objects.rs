//! ListObjectsV2 and ListObjects, as one iterator that pages itself.

use roxmltree::Node;

use crate::acl::Owner;
use crate::client::Client;
use crate::error::Result;
use crate::etag::ETag;
use crate::listing::{Entries, Filter, Listing, Names, Pages, Place, broken};
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
    filter: Filter,
    start_after: Option<String>,
    version: ListVersion,
}

impl ListObjectsOptions {
    /// All objects, in pages as large as the server likes (1000).
    pub fn new() -> Self {
        Self::default()
    }

    /// Lists only keys that begin like this.
    pub fn prefix(mut self, prefix: impl Into<String>) -> Self {
        self.filter.prefix = Some(prefix.into());
        self
    }

    /// Rolls all keys that have this delimiter after the prefix into common prefixes, one each:
    /// with `/`, the "folders". [`ListObjects::pages`] shows them.
    pub fn delimiter(mut self, delimiter: impl Into<String>) -> Self {
        self.filter.delimiter = Some(delimiter.into());
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
        self.filter.page_size = Some(entries);
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
        ListObjects(Entries::new(Objects {
            client: self.clone(),
            bucket: bucket.to_owned(),
            options: options.clone(),
            place: Place::new(Cursor::start(options)),
        }))
    }
}

/// The objects of a bucket, one after the other; from [`Client::list_objects`].
#[derive(Debug)]
pub struct ListObjects(Entries<Objects>);

impl ListObjects {
    /// Gives whole pages, which also have the common prefixes. Objects that were taken already are left out.
    pub fn pages(self) -> ListPages {
        ListPages(self.0.into_pages())
    }
}

impl Iterator for ListObjects {
    type Item = Result<Object>;

    fn next(&mut self) -> Option<Self::Item> {
        self.0.next()
    }
}

/// The pages of a listing; from [`ListObjects::pages`].
#[derive(Debug)]
pub struct ListPages(Pages<Objects>);

impl Iterator for ListPages {
    type Item = Result<ListPage>;

    fn next(&mut self) -> Option<Self::Item> {
        self.0.next()
    }
}

#[derive(Debug)]
struct Objects {
    client: Client,
    bucket: String,
    options: ListObjectsOptions,
    place: Place<Cursor>,
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

impl Listing for Objects {
    type Page = ListPage;
    type Entry = Object;

    fn fetch(&mut self) -> Result<(ListPage, bool)> {
        let mut answer = self.ask()?;
        if answer.is_v1 && matches!(&self.place.at, Cursor::StartAfter(Some(_))) {
            // the server ignored start-after along with list-type=2: ask again as it understands
            self.place = Place::new(Cursor::Marker(self.options.start_after.clone()));
            answer = self.ask()?;
        }
        if answer.truncated {
            let next = answer.next_cursor();
            self.advance(next).map_err(|error| error.in_call(|| format!("ListObjects {}", self.bucket)))?;
        }
        Ok((answer.page, answer.truncated))
    }

    fn entries(page: ListPage) -> Vec<Object> {
        page.objects
    }
}

impl Objects {
    fn advance(&mut self, next: Option<Cursor>) -> Result<()> {
        match (&self.place.at, next) {
            (_, None) => Err(broken("the listing says it goes on, but not from where")),
            (Cursor::Marker(Some(old)), Some(Cursor::Marker(Some(new)))) if new < *old => {
                Err(broken("the listing says it goes on, but goes backwards"))
            }
            (_, Some(next)) => self.place.go(next),
        }
    }

    fn ask(&self) -> Result<Answer> {
        let request = Request::bucket("ListObjects", Method::Get, &self.bucket);
        let request = match &self.place.at {
            Cursor::Marker(marker) => request.query_if("marker", marker.as_deref()),
            Cursor::StartAfter(key) => {
                request.query("list-type", "2").query_if("start-after", key.as_deref())
            }
            Cursor::Token(token) => {
                request.query("list-type", "2").query("continuation-token", token.as_str())
            }
        };
        // control characters could not be in the XML otherwise
        let request = self.options.filter.apply(request, "max-keys")?.query("encoding-type", "url");
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
    let names = Names::of(root);
    let objects = xml::children(root, "Contents").map(|node| read_object(node, &names));
    let page =
        ListPage { objects: objects.collect::<Result<_>>()?, common_prefixes: names.common_prefixes(root)? };
    Ok(Answer {
        page,
        truncated: xml::child_flag(root, "IsTruncated"),
        token: xml::child_text(root, "NextContinuationToken"),
        is_v1: xml::child(root, "Marker").is_some() && xml::child(root, "KeyCount").is_none(),
    })
}

fn read_object(node: Node<'_, '_>, names: &Names) -> Result<Object> {
    let key = names.key(node)?;
    let size = xml::child_text(node, "Size").and_then(|size| size.trim().parse().ok());
    Ok(Object {
        size: size.ok_or_else(|| broken(format!("the entry {key:?} of the listing has no size")))?,
        key,
        last_modified: xml::child_text(node, "LastModified")
            .map_or(Timestamp::UNKNOWN, |date| Timestamp::from_iso8601(&date)),
        e_tag: xml::child_text(node, "ETag").map(ETag::new),
        storage_class: xml::child_text(node, "StorageClass"),
        owner: xml::child(node, "Owner").map(Owner::read),
    })
}
