//! Where a listing goes on, and that it comes to an end.

use roxmltree::Node;

use super::{Names, broken};
use crate::error::Result;
use crate::xml;

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
}

/// Where a listing is. One that goes in circles would never end, so an earlier place is kept: the first, then
/// those after 1, 2, 4, 8 and so on steps. A circle of any length comes by one of them (Brent's algorithm).
#[derive(Debug)]
pub(crate) struct Place<T> {
    pub(crate) at: T,
    earlier: T,
    /// The steps until the present place is kept instead, and how many they were to be.
    left: u64,
    span: u64,
}

impl<T: Clone + PartialEq> Place<T> {
    pub(crate) fn new(start: T) -> Self {
        Self { earlier: start.clone(), at: start, left: 1, span: 1 }
    }

    /// Moves on to a place where the listing has not been.
    pub(crate) fn go(&mut self, next: T) -> Result<()> {
        if next == self.at || next == self.earlier {
            return Err(broken("the listing says it goes on, but from where it was before"));
        }
        self.left -= 1;
        if self.left == 0 {
            self.earlier = next.clone();
            self.span *= 2;
            self.left = self.span;
        }
        self.at = next;
        Ok(())
    }
}

impl Place<Marker> {
    /// Moves on, which has to be forwards.
    pub(crate) fn advance(&mut self, next: Marker) -> Result<()> {
        if next.key < self.at.key {
            return Err(broken("the listing says it goes on, but goes backwards"));
        }
        self.go(next)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ErrorKind;

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
        let mut at = Place::new(Marker::default());
        at.advance(marker("b", Some("2"))).unwrap();
        at.advance(marker("b", Some("1"))).unwrap();
        let stuck = at.advance(marker("b", Some("1"))).unwrap_err();
        assert!(stuck.to_string().contains("from where it was"), "{stuck}");
        let back = at.advance(marker("a", None)).unwrap_err();
        assert!(back.to_string().contains("backwards"), "{back}");
        assert_eq!(back.kind(), ErrorKind::UnexpectedAnswer);
    }

    #[test]
    fn a_circle_of_any_length_is_found_in_a_few_rounds_and_a_straight_way_is_none() {
        for (before, length) in [(0, 1), (0, 2), (0, 3), (1, 2), (5, 3), (9, 7), (100, 1000), (1000, 1)] {
            let mut place = Place::new(0);
            let steps =
                (1..).map(|step: u64| if step < before { step } else { before + (step - before) % length });
            let found = steps.take_while(|&next| place.go(next).is_ok()).count() as u64;
            assert!(found <= 4 * (before + length), "{found} steps of {before} + {length}");
        }
        let mut place = Place::new(0);
        (1..100_000).for_each(|next| place.go(next).unwrap());
    }
}
