//! What the paged listings share: their options, their iterators, and how the keys in an answer are read.

mod cursor;

use std::{fmt, vec};

use roxmltree::Node;

use crate::encode;
use crate::error::{Error, ErrorKind, Result};
use crate::names::impl_names;
use crate::request::Request;
use crate::xml;

pub(crate) use cursor::{Cursor, Marker, Position};

/// The most entries that S3 puts on a page.
const MAX_PAGE_SIZE: u32 = 1000;

/// Which entries of a bucket are listed, and how.
#[derive(Clone, Debug, Default)]
pub struct ListOptions {
    prefix: Option<String>,
    delimiter: Option<String>,
    page_size: Option<u32>,
    pub(crate) start_after: Option<String>,
    pub(crate) api: ListApi,
}

/// Which of the two calls [`list_objects`](crate::Client::list_objects) sends. Both give the same objects.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum ListApi {
    /// ListObjects, with markers: what every server knows.
    V1,
    /// ListObjectsV2, with continuation tokens. A server that does not know it and answers with V1 is
    /// paged in V1.
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
    /// All entries, in pages as large as the server likes (1000).
    pub fn new() -> Self {
        Self::default()
    }

    /// Lists only keys that begin like this.
    pub fn prefix(mut self, prefix: impl Into<String>) -> Self {
        self.prefix = Some(prefix.into());
        self
    }

    /// Rolls all keys that have this delimiter after the prefix into common prefixes, one each:
    /// with `/`, the "folders". [`Listing::pages`] shows them.
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

    /// Sets the call that [`list_objects`](crate::Client::list_objects) sends; V2 by default.
    pub fn api(mut self, api: ListApi) -> Self {
        self.api = api;
        self
    }

    /// Adds what all listings have to a request; `max` is this listing's name for the size of a page.
    pub(crate) fn apply<'a>(&'a self, mut request: Request<'a>, max: &'static str) -> Result<Request<'a>> {
        if let Some(size) = self.page_size {
            if !(1..=MAX_PAGE_SIZE).contains(&size) {
                let message = format!("a page size of {size}; a page has 1 to {MAX_PAGE_SIZE} entries");
                return Err(Error::invalid(message).with_context(|| request.describe()));
            }
            request = request.query(max, size.to_string());
        }
        Ok(request
            .query_if("prefix", self.prefix.as_deref())
            .query_if("delimiter", self.delimiter.as_deref()))
    }
}

/// The entries of a listing, one after the other.
///
/// The next page is asked for when it is needed, and one page is held in memory. Nothing is sent before the
/// first item is taken. An item is an error where a page cannot be had; it is the last one.
pub struct Listing<T> {
    pages: Pages<T>,
    entries: vec::IntoIter<T>,
}

/// The pages of a listing; from [`Listing::pages`]. An error is the last item.
pub struct Pages<T> {
    fetch: Box<Fetch<T>>,
    done: bool,
}

/// One answer of a listing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Page<T> {
    /// The entries of this page.
    pub entries: Vec<T>,
    /// What a delimiter rolled up: each ends in the delimiter.
    pub common_prefixes: Vec<String>,
}

impl<T> Page<T> {
    /// The keys of this page with their ids, and its common prefixes.
    pub(crate) fn keys<'a>(
        &'a self,
        of: impl Fn(&'a T) -> (&'a str, &'a str),
    ) -> Vec<(&'a str, Option<&'a str>)> {
        let entries = self.entries.iter().map(|entry| (of(entry).0, Some(of(entry).1)));
        entries.chain(self.common_prefixes.iter().map(|prefix| (prefix.as_str(), None))).collect()
    }
}

/// Asks for the next page; `true` where there are more.
type Fetch<T> = dyn FnMut() -> Result<(Page<T>, bool)> + Send + Sync;

impl<T> Listing<T> {
    pub(crate) fn new(fetch: impl FnMut() -> Result<(Page<T>, bool)> + Send + Sync + 'static) -> Self {
        Self { pages: Pages { fetch: Box::new(fetch), done: false }, entries: Vec::new().into_iter() }
    }

    /// Gives whole pages, which also have the common prefixes. Entries that were taken already are left out.
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

/// How the keys and prefixes of one answer are encoded; tokens and ids never are.
pub(crate) struct KeyEncoding {
    url: bool,
}

impl KeyEncoding {
    pub(crate) fn of(root: Node<'_, '_>) -> Self {
        Self { url: xml::child_text(root, "EncodingType").is_some_and(|kind| kind.trim() == "url") }
    }

    pub(crate) fn decode(&self, text: String) -> Result<String> {
        if !self.url {
            return Ok(text);
        }
        encode::decode(&text)
            .ok_or_else(|| malformed(format!("the key {text:?} is not encoded as the listing says")))
    }

    /// The key of an entry.
    pub(crate) fn key(&self, entry: Node<'_, '_>) -> Result<String> {
        let key = xml::child_text(entry, "Key");
        self.decode(key.ok_or_else(|| malformed("an entry of the listing has no key"))?)
    }

    pub(crate) fn common_prefixes(&self, root: Node<'_, '_>) -> Result<Vec<String>> {
        let prefixes = xml::children(root, "CommonPrefixes");
        let prefixes = prefixes.flat_map(|node| xml::children(node, "Prefix"));
        prefixes.map(|prefix| self.decode(xml::text(prefix))).collect()
    }
}

/// The size of an entry, which every listing has.
pub(crate) fn size(entry: Node<'_, '_>, key: &str) -> Result<u64> {
    xml::child_parse(entry, "Size")
        .ok_or_else(|| malformed(format!("the entry {key:?} of the listing has no size")))
}

/// The error for an answer that no listing has.
pub(crate) fn malformed(message: impl Into<String>) -> Error {
    Error::new(ErrorKind::UnexpectedResponse, message)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scripted(answers: Vec<Result<(Vec<u8>, bool)>>) -> Listing<u8> {
        let mut answers = answers.into_iter();
        Listing::new(move || {
            let (entries, more) = answers.next().expect("nothing is asked for after the end")?;
            Ok((Page { entries, common_prefixes: vec![] }, more))
        })
    }

    #[test]
    fn entries_span_pages_and_end_with_an_error_or_the_last_page() {
        let entries = scripted(vec![Ok((vec![1, 2], true)), Ok((vec![], true)), Ok((vec![3], false))]);
        assert_eq!(entries.collect::<Result<Vec<_>>>().unwrap(), [1, 2, 3]);
        let mut entries = scripted(vec![Ok((vec![1], true)), Err(malformed("x"))]);
        assert_eq!(entries.next().unwrap().unwrap(), 1);
        assert!(entries.next().unwrap().is_err() && entries.next().is_none());
    }

    #[test]
    fn page_size_is_1_to_1000() {
        for size in [0, 1001] {
            let options = ListOptions::new().page_size(size);
            let request = Request::bucket("ListObjects", crate::request::Method::Get, "b");
            assert!(options.apply(request, "max-keys").unwrap_err().to_string().contains("1 to 1000"));
        }
    }
}
