//! What all listings have in common: the names in them, the way from page to page, the iterators.

mod place;

use std::vec;

use roxmltree::Node;

use crate::encode;
use crate::error::{Error, ErrorKind, Result};
use crate::request::Request;
use crate::xml;

pub(crate) use place::{Marker, Place};

/// What S3 puts on a page at most.
const MAX_PAGE: u32 = 1000;

/// Which names a listing is asked for.
#[derive(Clone, Debug, Default)]
pub(crate) struct Filter {
    pub(crate) prefix: Option<String>,
    pub(crate) delimiter: Option<String>,
    pub(crate) page_size: Option<u32>,
}

impl Filter {
    /// Adds the filter to a request; `max` is this listing's name for the size of a page.
    pub(crate) fn apply<'a>(&'a self, mut request: Request<'a>, max: &'static str) -> Result<Request<'a>> {
        if let Some(size) = self.page_size {
            if !(1..=MAX_PAGE).contains(&size) {
                let message = format!("a page size of {size}; a page has 1 to {MAX_PAGE} entries");
                return Err(Error::invalid(message).in_call(|| request.describe()));
            }
            request = request.query(max, size.to_string());
        }
        Ok(request
            .query_if("prefix", self.prefix.as_deref())
            .query_if("delimiter", self.delimiter.as_deref()))
    }
}

/// How the names of one answer are to be read: keys and prefixes, but never tokens and ids.
pub(crate) struct Names {
    encoded: bool,
}

impl Names {
    pub(crate) fn of(root: Node<'_, '_>) -> Self {
        Self { encoded: xml::child_text(root, "EncodingType").is_some_and(|kind| kind.trim() == "url") }
    }

    pub(crate) fn decode(&self, text: String) -> Result<String> {
        if !self.encoded {
            return Ok(text);
        }
        encode::decode(&text)
            .ok_or_else(|| broken(format!("the key {text:?} is not encoded as the listing says")))
    }

    /// The key of an entry.
    pub(crate) fn key(&self, entry: Node<'_, '_>) -> Result<String> {
        let key = xml::child_text(entry, "Key");
        self.decode(key.ok_or_else(|| broken("an entry of the listing has no key"))?)
    }

    pub(crate) fn common_prefixes(&self, root: Node<'_, '_>) -> Result<Vec<String>> {
        let prefixes = xml::children(root, "CommonPrefixes");
        let prefixes = prefixes.flat_map(|node| xml::children(node, "Prefix"));
        prefixes.map(|prefix| self.decode(xml::text(prefix))).collect()
    }
}

/// An answer that no listing has.
pub(crate) fn broken(message: impl Into<String>) -> Error {
    Error::new(ErrorKind::UnexpectedAnswer, message)
}

/// A listing that is read page by page.
pub(crate) trait Listing {
    type Page;
    type Entry;

    /// Asks for the next page, and tells whether there are more.
    fn fetch(&mut self) -> Result<(Self::Page, bool)>;

    /// What of a page the iterator over single entries gives.
    fn entries(page: Self::Page) -> Vec<Self::Entry>;
}

/// The pages of a listing. An error is the last item.
#[derive(Debug)]
pub(crate) struct Pages<L> {
    listing: L,
    done: bool,
}

impl<L: Listing> Iterator for Pages<L> {
    type Item = Result<L::Page>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.done {
            return None;
        }
        let fetched = self.listing.fetch();
        self.done = !matches!(fetched, Ok((_, true)));
        Some(fetched.map(|(page, _)| page))
    }
}

/// The entries of a listing; one page of them is in memory.
#[derive(Debug)]
pub(crate) struct Entries<L: Listing> {
    pages: Pages<L>,
    page: vec::IntoIter<L::Entry>,
}

impl<L: Listing> Entries<L> {
    pub(crate) fn new(listing: L) -> Self {
        Self { pages: Pages { listing, done: false }, page: Vec::new().into_iter() }
    }

    pub(crate) fn into_pages(self) -> Pages<L> {
        self.pages
    }
}

impl<L: Listing> Iterator for Entries<L> {
    type Item = Result<L::Entry>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if let Some(entry) = self.page.next() {
                return Some(Ok(entry));
            }
            match self.pages.next()? {
                Ok(page) => self.page = L::entries(page).into_iter(),
                Err(error) => return Some(Err(error)),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Scripted(Vec<Result<(Vec<u8>, bool)>>);

    impl Listing for Scripted {
        type Page = Vec<u8>;
        type Entry = u8;

        fn fetch(&mut self) -> Result<(Vec<u8>, bool)> {
            self.0.remove(0)
        }

        fn entries(page: Vec<u8>) -> Vec<u8> {
            page
        }
    }

    #[test]
    fn entries_run_over_pages_and_end_at_an_error_or_the_last_page() {
        let script = vec![Ok((vec![1, 2], true)), Ok((vec![], true)), Ok((vec![3], false)), Err(broken("x"))];
        let entries: Result<Vec<u8>> = Entries::new(Scripted(script)).collect();
        assert_eq!(entries.unwrap(), [1, 2, 3]);
        let mut entries = Entries::new(Scripted(vec![Ok((vec![1], true)), Err(broken("x"))]));
        assert_eq!(entries.next().unwrap().unwrap(), 1);
        assert!(entries.next().unwrap().is_err() && entries.next().is_none());
    }

    #[test]
    fn a_page_has_1_to_1000_entries() {
        for size in [0, 1001] {
            let filter = Filter { page_size: Some(size), ..Filter::default() };
            let request = Request::bucket("ListObjects", crate::request::Method::Get, "b");
            assert!(filter.apply(request, "max-keys").unwrap_err().to_string().contains("1 to 1000"));
        }
    }
}
