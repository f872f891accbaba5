//! The options and iterators of all paged listings, and the decoding of the keys in their responses.

mod cursor;

use std::borrow::Cow;
use std::{fmt, vec};

use roxmltree::Node;

use crate::encode;
use crate::error::{Error, ErrorKind, Result};
use crate::headers::Headers;
use crate::names::impl_names;
use crate::request::Request;
use crate::xml;

pub(crate) use cursor::{Cursor, Marker, Position, no_marker};

/// The largest page size that S3 supports.
const MAX_PAGE_SIZE: u32 = 1000;

/// Options for a listing: which entries to list, and in which pages.
///
/// ```
/// # let client = include!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/documentation/client.rs"));
/// use plain_s3::{ListApi, ListOptions};
///
/// let options = ListOptions::new().prefix("photos/").start_after("photos/2010").page_size(100).api(ListApi::V1);
/// let photos: Result<Vec<_>, _> = client.list_objects_with("my-new-bucket", &options).collect();
/// assert_eq!(photos?[0].key, "photos/2011/beach.jpg");
/// # Ok::<(), plain_s3::Error>(())
/// ```
#[derive(Clone, Debug, Default)]
#[must_use]
pub struct ListOptions {
    prefix: Option<String>,
    delimiter: Option<String>,
    page_size: Option<u32>,
    pub(crate) start_after: Option<String>,
    pub(crate) api: ListApi,
    headers: Headers,
}

/// The S3 action that [`list_objects`](crate::Client::list_objects) uses. Both list the same objects.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum ListApi {
    /// ListObjects, which paginates with markers. Every server supports it.
    V1,
    /// ListObjectsV2, which paginates with continuation tokens.
    ///
    /// If a server does not support it and returns a V1 response, the listing continues with V1.
    #[default]
    V2,
}

impl_names! {
    ListApi, "list API version";
    /// Returns the name of the version, such as `v2`.
    as_str;
    V1 => "v1",
    V2 => "v2",
}

impl ListOptions {
    /// Creates the default options: all entries, in pages of the server's default size (usually 1000).
    pub fn new() -> Self {
        Self::default()
    }

    /// Lists only keys that start with this prefix.
    pub fn prefix(mut self, prefix: impl Into<String>) -> Self {
        self.prefix = Some(prefix.into());
        self
    }

    /// Groups keys that contain this delimiter after the prefix into common prefixes.
    ///
    /// With `/`, the common prefixes are the "folders". [`Listing::pages`] returns them.
    pub fn delimiter(mut self, delimiter: impl Into<String>) -> Self {
        self.delimiter = Some(delimiter.into());
        self
    }

    /// Lists only keys after this one, in byte order.
    pub fn start_after(mut self, key: impl Into<String>) -> Self {
        self.start_after = Some(key.into());
        self
    }

    /// Sets the maximum number of entries per page, from 1 to 1000. By default the server decides.
    ///
    /// This affects the number of requests, not which entries are listed. A value out of range fails with
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) when the first page is fetched.
    pub fn page_size(mut self, entries: u32) -> Self {
        self.page_size = Some(entries);
        self
    }

    /// Sets the S3 action that [`list_objects`](crate::Client::list_objects) uses. The default is V2.
    ///
    /// Other listings ignore this option.
    pub fn api(mut self, api: ListApi) -> Self {
        self.api = api;
        self
    }

    /// Sets a header of every request of the listing, such as `x-amz-optional-object-attributes`.
    pub fn header(mut self, name: &str, value: impl Into<String>) -> Self {
        self.headers.set(name, value);
        self
    }

    /// Adds to a request the parameters that all listings share. `max` is the name of the page size
    /// parameter.
    pub(crate) fn apply<'a>(&'a self, mut request: Request<'a>, max: &'static str) -> Request<'a> {
        if let Some(size) = self.page_size {
            request = request
                .require((1..=MAX_PAGE_SIZE).contains(&size), || {
                    format!("the page size {size} is not between 1 and {MAX_PAGE_SIZE}")
                })
                .query(max, size.to_string());
        }
        request
            .query_if("prefix", self.prefix.as_deref())
            .query_if("delimiter", self.delimiter.as_deref())
            .headers(&self.headers)
    }
}

/// An iterator over the entries of a listing.
///
/// It fetches each page when it is needed and keeps one page in memory. Nothing is sent before the first call
/// to `next`. If a page cannot be fetched, the iterator yields the error and then ends.
#[must_use = "iterators are lazy and send nothing unless consumed"]
pub struct Listing<T> {
    pages: Pages<T>,
    entries: vec::IntoIter<T>,
}

/// An iterator over the pages of a listing, created by [`Listing::pages`].
///
/// If a page cannot be fetched, the iterator yields the error and then ends.
#[must_use = "iterators are lazy and send nothing unless consumed"]
pub struct Pages<T> {
    fetch: Box<Fetch<T>>,
    done: bool,
}

/// A page of a listing: the entries and common prefixes in one response.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Page<T> {
    /// The entries of this page.
    pub entries: Vec<T>,
    /// The common prefixes into which [`ListOptions::delimiter`] grouped keys. Each ends with the delimiter.
    pub common_prefixes: Vec<String>,
    /// The response does not say that its keys are encoded, so the server may have replaced characters in them.
    #[cfg_attr(feature = "serde", serde(skip))]
    pub(crate) is_unencoded: bool,
}

impl<T> Page<T> {
    /// Creates a page with these entries and without common prefixes.
    pub fn new(entries: Vec<T>) -> Self {
        Self { entries, common_prefixes: Vec::new(), is_unencoded: false }
    }

    /// Returns the keys of this page with their IDs, followed by its common prefixes.
    pub(crate) fn keys<'a>(
        &'a self,
        of: impl Fn(&'a T) -> (&'a str, &'a str),
    ) -> Vec<(&'a str, Option<&'a str>)> {
        let entries = self.entries.iter().map(|entry| (of(entry).0, Some(of(entry).1)));
        entries.chain(self.common_prefixes.iter().map(|prefix| (prefix.as_str(), None))).collect()
    }
}

/// A function that fetches the next page. It also returns `true` if there are more pages.
type Fetch<T> = dyn FnMut() -> Result<(Page<T>, bool)> + Send + Sync;

impl<T> Listing<T> {
    pub(crate) fn new(fetch: impl FnMut() -> Result<(Page<T>, bool)> + Send + Sync + 'static) -> Self {
        Self { pages: Pages { fetch: Box::new(fetch), done: false }, entries: Vec::new().into_iter() }
    }

    /// Returns an iterator over whole pages, which include the common prefixes.
    ///
    /// If entries have already been taken, it starts at the next page that has not been fetched.
    pub fn pages(self) -> Pages<T> {
        self.pages
    }
}

impl<T> Iterator for Listing<T> {
    type Item = Result<T>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if let Some(entry) = self.entries.next() {
                return Some(Ok(entry));
            }
            match self.pages.next()? {
                Ok(page) => self.entries = page.entries.into_iter(),
                Err(error) => return Some(Err(error)),
            }
        }
    }
}

impl<T> Iterator for Pages<T> {
    type Item = Result<Page<T>>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.done {
            return None;
        }
        let fetched = (self.fetch)();
        self.done = !matches!(fetched, Ok((_, true)));
        Some(fetched.map(|(page, _)| page))
    }
}

impl<T> fmt::Debug for Listing<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Listing").field("done", &self.pages.done).finish_non_exhaustive()
    }
}

impl<T> fmt::Debug for Pages<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pages").field("done", &self.done).finish_non_exhaustive()
    }
}

/// The encoding of the keys and prefixes in one response. Tokens and IDs are never encoded.
pub(crate) struct KeyEncoding {
    url: bool,
}

impl KeyEncoding {
    pub(crate) fn of(root: Node<'_, '_>) -> Self {
        Self { url: xml::child_text(root, "EncodingType").is_some_and(|kind| kind.trim() == "url") }
    }

    /// Decodes a key or prefix. Text that is not URL-encoded is used as it is, because moto declares an encoding
    /// and returns prefixes without it. A `+` cannot be told apart from an encoded space then.
    pub(crate) fn decode<'t>(&self, text: impl Into<Cow<'t, str>>) -> String {
        let text = text.into();
        let decoded = if self.url { encode::decode(&text) } else { None };
        decoded.unwrap_or_else(|| text.into_owned())
    }

    /// Returns the decoded text of the `Key` of an entry.
    pub(crate) fn key(&self, key: Option<Node<'_, '_>>) -> Result<String> {
        let key = xml::non_empty_text(key);
        key.map(|key| self.decode(key)).ok_or_else(|| malformed("an entry in the listing has no key"))
    }

    /// Returns the page with these entries, and with the common prefixes of the response.
    pub(crate) fn page<T>(&self, root: Node<'_, '_>, entries: Vec<T>) -> Page<T> {
        Page { entries, common_prefixes: self.common_prefixes(root), is_unencoded: !self.url }
    }

    fn common_prefixes(&self, root: Node<'_, '_>) -> Vec<String> {
        let prefixes = xml::children(root, "CommonPrefixes");
        let prefixes = prefixes.flat_map(|node| xml::children(node, "Prefix"));
        prefixes.map(|prefix| self.decode(xml::text(prefix))).collect()
    }
}

/// Returns the size of an entry with this key. Every server includes it.
pub(crate) fn size(size: Option<Node<'_, '_>>, key: &str) -> Result<u64> {
    xml::non_empty_text(size)
        .and_then(|size| size.trim().parse().ok())
        .ok_or_else(|| malformed(format!("the entry {key:?} in the listing has no valid size")))
}

/// Returns the error for a response that is not a valid listing.
pub(crate) fn malformed(message: impl Into<String>) -> Error {
    Error::new(ErrorKind::UnexpectedResponse, message)
        .with_hint("The server returned an invalid listing: report it to the operator of the server.")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scripted(responses: Vec<Result<(Vec<u8>, bool)>>) -> Listing<u8> {
        let mut responses = responses.into_iter();
        Listing::new(move || {
            let (entries, more) = responses.next().expect("nothing is fetched after the end")?;
            Ok((Page::new(entries), more))
        })
    }

    #[test]
    fn listing_ends_after_the_last_page_or_an_error() {
        let entries = scripted(vec![Ok((vec![1, 2], true)), Ok((vec![], true)), Ok((vec![3], false))]);
        assert_eq!(entries.collect::<Result<Vec<_>>>().unwrap(), [1, 2, 3]);
        let mut entries = scripted(vec![Ok((vec![1], true)), Err(malformed("x"))]);
        assert_eq!(entries.next().unwrap().unwrap(), 1);
        assert!(entries.next().unwrap().is_err() && entries.next().is_none());
    }

    #[test]
    fn page_size_out_of_range_is_rejected() {
        for size in [0, 1001] {
            let options = ListOptions::new().page_size(size);
            let request = Request::bucket("ListObjects", crate::request::Method::Get, "b");
            assert_eq!(
                options.apply(request, "max-keys").validate().unwrap_err().summary(),
                format!("the page size {size} is not between 1 and 1000")
            );
        }
    }

    #[test]
    fn malformed_entries_are_rejected() {
        let encoding = KeyEncoding { url: true };
        let no_key = xml::parse("<Contents/>").unwrap();
        assert_eq!(
            encoding.key(xml::child(no_key.root_element(), "Key")).unwrap_err().summary(),
            "an entry in the listing has no key"
        );
        let no_size = xml::parse("<Contents><Size>-1</Size></Contents>").unwrap();
        assert_eq!(
            size(xml::child(no_size.root_element(), "Size"), "k").unwrap_err().summary(),
            "the entry \"k\" in the listing has no valid size"
        );
    }

    #[test]
    fn text_that_is_not_url_encoded_is_used_as_it_is() {
        let encoding = KeyEncoding { url: true };
        for (text, key) in [("100%/", "100%/"), ("%zz", "%zz"), ("a%2Fb", "a/b"), ("C++/", "C  /")] {
            assert_eq!(encoding.decode(text.to_owned()), key);
        }
    }

    #[test]
    fn options_and_iterators_are_send_and_sync() {
        fn check<T: Send + Sync + 'static>() {}
        fn check_clone<T: Clone>() {}
        check::<ListOptions>();
        check_clone::<ListOptions>();
        check::<Listing<u8>>();
        check::<Pages<u8>>();
        check::<Page<u8>>();
    }
}
