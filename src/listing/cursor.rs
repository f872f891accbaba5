//! The position at which a listing continues, and the guarantee that the listing ends.

use roxmltree::Node;

use super::{KeyEncoding, malformed};
use crate::error::{Error, Result};
use crate::xml;

/// A position in a listing.
pub(crate) trait Position: Clone + PartialEq {
    /// Returns `true` if this position is known to come before `other`.
    fn is_before(&self, other: &Self) -> bool;
}

/// Tokens are opaque, so only cycles can be detected.
impl Position for String {
    fn is_before(&self, _: &Self) -> bool {
        false
    }
}

impl Position for u32 {
    fn is_before(&self, other: &Self) -> bool {
        self < other
    }
}

/// The position after an entry: after its key and, if several entries have that key, after its ID.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Marker {
    pub(crate) key: Option<String>,
    pub(crate) id: Option<String>,
}

impl Position for Marker {
    fn is_before(&self, other: &Self) -> bool {
        self.key < other.key
    }
}

impl Marker {
    pub(crate) fn after(key: Option<&str>) -> Self {
        Self { key: key.map(str::to_owned), id: None }
    }

    /// Returns the position of the next page, or `None` after the last page.
    ///
    /// `seen` contains the page's own keys with their IDs, and its common prefixes. It shows whether
    /// `NextKeyMarker` is encoded (it is not on Ceph), and replaces a missing one.
    pub(crate) fn next(
        root: Node<'_, '_>,
        encoding: &KeyEncoding,
        next_id: &str,
        seen: &[(&str, Option<&str>)],
    ) -> Result<Option<Self>> {
        if !xml::child_flag(root, "IsTruncated") {
            return Ok(None);
        }
        let is_seen = |key: &String| seen.iter().any(|(name, _)| name == key);
        let raw = xml::child_text(root, "NextKeyMarker");
        let decoded = raw.clone().map(|raw| encoding.decode(raw));
        let last = seen.iter().map(|(name, _)| (*name).to_owned()).max();
        // A name of this page identifies the encoding. Without one, the marker is decoded like the keys.
        let key = raw.filter(is_seen).or(decoded.clone().filter(is_seen)).or(last).or(decoded);
        let id = xml::child_text(root, next_id).or_else(|| {
            let last = seen.iter().rev().find(|(name, _)| Some(*name) == key.as_deref());
            last.and_then(|(_, id)| *id).map(str::to_owned)
        });
        match key {
            Some(_) => Ok(Some(Self { key, id })),
            None => Err(no_marker()),
        }
    }
}

/// The error for a truncated page from which the next position cannot be derived.
pub(crate) fn no_marker() -> Error {
    malformed("the listing is truncated, but the response has no marker for the next page")
}

/// The current position of a listing, which only moves forwards.
///
/// A server that returns the same positions again and again would make a listing endless. To detect this, the
/// cursor keeps one earlier position: the first, then those after 1, 2, 4, 8 and so on steps. A cycle of any
/// length returns to one of them (Brent's algorithm).
#[derive(Debug)]
pub(crate) struct Cursor<P> {
    pub(crate) at: P,
    earlier: P,
    /// The number of steps until the current position replaces `earlier`.
    left: u64,
    /// The number of steps between the last replacement and the next one: a power of 2.
    power: u64,
}

impl<P: Position> Cursor<P> {
    pub(crate) fn new(start: P) -> Self {
        Self { earlier: start.clone(), at: start, left: 1, power: 1 }
    }

    /// Moves to the position of the next page. Returns `true` if there is one.
    pub(crate) fn follow(&mut self, next: Option<P>) -> Result<bool> {
        let more = next.is_some();
        next.map_or(Ok(()), |next| self.advance(next))?;
        Ok(more)
    }

    /// Moves to `next`, which must not be an earlier position.
    fn advance(&mut self, next: P) -> Result<()> {
        if next.is_before(&self.at) {
            return Err(malformed("the listing goes backwards: the next page starts before the current one"));
        }
        if next == self.at || next == self.earlier {
            return Err(malformed(
                "the listing does not advance: the next page starts where an earlier one did",
            ));
        }
        self.left -= 1;
        if self.left == 0 {
            self.earlier = next.clone();
            self.power *= 2;
            self.left = self.power;
        }
        self.at = next;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ErrorKind;

    fn next(text: &str, seen: &[(&str, Option<&str>)]) -> Result<Option<Marker>> {
        let document = xml::parse(text).unwrap();
        let root = document.root_element();
        Marker::next(root, &KeyEncoding::of(root), "NextVersionIdMarker", seen)
    }

    fn marker(key: &str, id: Option<&str>) -> Marker {
        Marker { key: Some(key.to_owned()), id: id.map(str::to_owned) }
    }

    #[test]
    fn encoding_of_the_next_marker_is_detected_from_the_page() {
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
    fn missing_marker_is_replaced_by_the_last_entry() {
        let text = "<R><IsTruncated>true</IsTruncated></R>";
        // Some servers list all versions before all delete markers.
        let seen = [("b", Some("1")), ("b", Some("2")), ("a", Some("3"))];
        assert_eq!(next(text, &seen).unwrap(), Some(marker("b", Some("2"))));
        assert_eq!(next(text, &[("b/", None)]).unwrap(), Some(marker("b/", None)));
        assert_eq!(
            next(text, &[]).unwrap_err().summary(),
            "the listing is truncated, but the response has no marker for the next page"
        );
        assert_eq!(next("<R><NextKeyMarker>a</NextKeyMarker></R>", &seen).unwrap(), None);
    }

    #[test]
    fn marker_that_does_not_advance_is_an_error() {
        let mut at = Cursor::new(Marker::default());
        at.advance(marker("b", Some("2"))).unwrap();
        at.advance(marker("b", Some("1"))).unwrap();
        let stuck = at.advance(marker("b", Some("1"))).unwrap_err();
        assert_eq!(
            stuck.summary(),
            "the listing does not advance: the next page starts where an earlier one did"
        );
        let back = at.advance(marker("a", None)).unwrap_err();
        assert_eq!(back.summary(), "the listing goes backwards: the next page starts before the current one");
        assert_eq!(back.kind(), ErrorKind::UnexpectedResponse);
    }

    /// A token, which has no order.
    #[derive(Clone, PartialEq)]
    struct Token(u64);

    impl Position for Token {
        fn is_before(&self, _: &Self) -> bool {
            false
        }
    }

    #[test]
    fn cycles_are_detected_and_long_listings_are_not_mistaken_for_cycles() {
        for (before, length) in [(0, 1), (0, 2), (0, 3), (1, 2), (5, 3), (9, 7), (100, 1000), (1000, 1)] {
            let mut cursor = Cursor::new(Token(0));
            let steps =
                (1..).map(|step: u64| if step < before { step } else { before + (step - before) % length });
            let found = steps.take_while(|&next| cursor.advance(Token(next)).is_ok()).count() as u64;
            assert!(found <= 4 * (before + length), "{found} steps of {before} + {length}");
        }
        let mut cursor = Cursor::new(Token(0));
        (1..100_000).for_each(|next| cursor.advance(Token(next)).unwrap());
    }
}
