//! What all listings have in common: the names in them, the way from page to page, the iterators.

use std::vec;

use roxmltree::Node;

use crate::encode;
use crate::error::{Error, ErrorKind, Result};
use crate::request::Request;
use crate::xml;

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

/// Where a listing goes on: after this key and, of several entries of that key, after this id.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Marker {
    pub(crate) key: Option<String>,
    pub(crate) id: Option<String>,
}

impl Marker {
    /// Where the page after this one begins; `None` after the last page.
    ///
    /// `seen` are the page's own keys with their ids, and its common prefixes. They tell whether
    /// `NextKeyMarker` is encoded, which it is not on Ceph, and stand in for it where it is missing.
    pub(crate) fn next(
        root: Node<'_, '_>,
        names: &Names,
        next_id: &str,
        seen: &[(&str, Option<&str>)],
    ) -> Result<Option<Self>> {
        if !xml::child_flag(root, "IsTruncated") {
            return Ok(None);
        }
        let is_seen = |key: &String| seen.iter().any(|(name, _)| name == key);
        let raw = xml::child_text(root, "NextKeyMarker");
        let decoded = raw.clone().and_then(|raw| names.decode(raw).ok());
        let last = seen.iter().map(|(name, _)| (*name).to_owned()).max();
        let key = raw.filter(is_seen).or(decoded.clone().filter(is_seen)).or(last).or(decoded);
        let id = xml::child_text(root, next_id).or_else(|| {
            let last = seen.iter().rev().find(|(name, _)| Some(*name) == key.as_deref());
            last.and_then(|(_, id)| *id).map(str::to_owned)
        });
        match key {
            Some(_) => Ok(Some(Self { key, id })),
            None => Err(broken("the listing says it goes on, but not from where")),
        }
    }

    /// Moves on, which has to be forwards: a listing that turns back would never end.
    pub(crate) fn advance(&mut self, next: Self) -> Result<()> {
        if next == *self {
            return Err(broken("the listing says it goes on, but from where it was"));
        }
        if next.key < self.key {
            return Err(broken("the listing says it goes on, but goes backwards"));
        }
        *self = next;
        Ok(())
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

    fn next(text: &str, seen: &[(&str, Option<&str>)]) -> Result<Option<Marker>> {
        let document = xml::parse(text).unwrap();
        let root = document.root_element();
        Marker::next(root, &Names::of(root), "NextVersionIdMarker", seen)
    }

    fn marker(key: &str, id: Option<&str>) -> Marker {
        Marker { key: Some(key.to_owned()), id: id.map(str::to_owned) }
    }

    #[test]
    fn the_next_marker_is_a_name_of_the_page_encoded_or_not() {
        let page = |marker: &str| {
            format!(
                "<R><EncodingType>url</EncodingType><IsTruncated>true</IsTruncated>\
                 <NextKeyMarker>{marker}</NextKeyMarker><NextVersionIdMarker>a+b</NextVersionIdMarker></R>"
            )
        };
        let seen = [("a%2Bb", Some("1")), ("a+b", Some("2"))];
        assert_eq!(next(&page("a%2Bb"), &seen).unwrap(), Some(marker("a%2Bb", Some("a+b"))));
        assert_eq!(next(&page("a%2Bb"), &seen[1..]).unwrap(), Some(marker("a+b", Some("a+b"))));
        assert_eq!(next(&page("a%252Bb"), &seen).unwrap(), Some(marker("a%2Bb", Some("a+b"))));
        assert_eq!(next(&page("unheard+of"), &[]).unwrap(), Some(marker("unheard of", Some("a+b"))));
    }

    #[test]
    fn without_a_marker_the_page_goes_on_from_its_last_entry() {
        let text = "<R><IsTruncated>true</IsTruncated></R>";
        // versions before delete markers, as some servers sort them
        let seen = [("b", Some("1")), ("b", Some("2")), ("a", Some("3"))];
        assert_eq!(next(text, &seen).unwrap(), Some(marker("b", Some("2"))));
        assert_eq!(next(text, &[("b/", None)]).unwrap(), Some(marker("b/", None)));
        assert!(next(text, &[]).unwrap_err().to_string().contains("not from where"));
        assert_eq!(next("<R><NextKeyMarker>a</NextKeyMarker></R>", &seen).unwrap(), None);
    }

    #[test]
    fn a_marker_that_does_not_advance_is_an_error() {
        let mut at = Marker::default();
        at.advance(marker("b", Some("2"))).unwrap();
        at.advance(marker("b", Some("1"))).unwrap();
        let stuck = at.advance(marker("b", Some("1"))).unwrap_err();
        assert!(stuck.to_string().contains("from where it was"), "{stuck}");
        let back = at.advance(marker("a", None)).unwrap_err();
        assert!(back.to_string().contains("backwards"), "{back}");
        assert_eq!(back.kind(), ErrorKind::UnexpectedAnswer);
    }

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
