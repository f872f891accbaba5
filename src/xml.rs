//! The few helpers over roxmltree that all answers are read with, and the escaping of what is sent.
//!
//! Servers differ in namespaces, prefixes and order, so elements are found by their local name alone.

use std::borrow::Cow;
use std::fmt::Write as _;
use std::str::FromStr;

use roxmltree::{Document, Node, ParsingOptions};

use crate::timestamp::Timestamp;

/// Enough for a page of 1000 entries with every field that any server sends, and a bound on memory.
const MAX_NODES: u32 = 200_000;
/// Stands for the `&` of a reference to what XML 1.0 has no way to write. Itself it is no character of Unicode.
const MARK: char = '\u{fdd0}';

/// Makes an answer escape_invalid_chars that names control characters, as keys may hold them: XML 1.0 allows neither the
/// characters nor references to them, and servers write both. [`text`] gives them back exactly.
pub(crate) fn escape_invalid_chars(answer: &str) -> Cow<'_, str> {
    let odd = |c: char| !is_char(c) || c == MARK;
    let names_odd = |piece: &str| reference(piece).is_some_and(|(named, _)| odd(named));
    let is_odd = may_be_odd(answer) && answer.contains(odd);
    if !is_odd && !answer.split('&').skip(1).any(names_odd) {
        return Cow::Borrowed(answer);
    }
    let mut out = String::with_capacity(answer.len() + 64);
    for (i, piece) in answer.split('&').enumerate() {
        if i > 0 {
            out.push(if names_odd(piece) { MARK } else { '&' });
        }
        for c in piece.chars() {
            if odd(c) {
                let _ = write!(out, "{MARK}#x{:x};", u32::from(c)); // a String takes every write
            } else {
                out.push(c);
            }
        }
    }
    Cow::Owned(out)
}

/// False where no byte begins an odd character. A fold over all bytes is many times as fast as a look at each
/// character, and most answers end here.
fn may_be_odd(text: &str) -> bool {
    let begins = |byte| (byte < b' ' && byte != b'\t' && byte != b'\n' && byte != b'\r') || byte == 0xef;
    text.bytes().fold(false, |found, byte| found | begins(byte))
}

/// The character that `#x1;…` or `#1;…` names, and what follows it.
fn reference(text: &str) -> Option<(char, &str)> {
    let (number, rest) = text.strip_prefix('#')?.split_once(';')?;
    let code = match number.strip_prefix('x') {
        Some(digits) => u32::from_str_radix(digits, 16),
        None => number.parse(),
    };
    Some((char::from_u32(code.ok()?)?, rest))
}

/// Parses an answer. A DTD is refused; a byte-order mark and white space before the declaration are not.
pub(crate) fn parse(text: &str) -> Result<Document<'_>, roxmltree::Error> {
    let text = text.trim_start_matches('\u{feff}').trim();
    let options = ParsingOptions { allow_dtd: false, nodes_limit: MAX_NODES, ..ParsingOptions::default() };
    Document::parse_with_options(text, options)
}

/// The first child element of that local name.
pub(crate) fn child<'a, 'i>(node: Node<'a, 'i>, name: &str) -> Option<Node<'a, 'i>> {
    children(node, name).next()
}

/// All child elements of that local name.
pub(crate) fn children<'a, 'i: 'a, 'n>(
    node: Node<'a, 'i>,
    name: &'n str,
) -> impl Iterator<Item = Node<'a, 'i>> + use<'a, 'i, 'n> {
    node.children().filter(move |child| child.has_tag_name(name))
}

/// The whole text of an element, exactly: a comment or CDATA may split it, and spaces belong to a key.
pub(crate) fn text(node: Node<'_, '_>) -> String {
    let mut texts = node.children().filter_map(|piece| if piece.is_text() { piece.text() } else { None });
    let mut text = Cow::Borrowed(texts.next().unwrap_or_default());
    texts.for_each(|more| text += more);
    if !text.contains(MARK) {
        return text.into_owned();
    }
    let mut pieces = text.split(MARK);
    let mut out = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        let (named, rest) = reference(piece).unwrap_or((MARK, piece));
        out.push(named);
        out.push_str(rest);
    }
    out
}

/// The text of a child; `None` where there is no such child or it is empty.
pub(crate) fn child_text(node: Node<'_, '_>, name: &str) -> Option<String> {
    child(node, name).map(text).filter(|text| !text.is_empty())
}

/// A child's text as a number or another plain type; `None` where it is missing or is none.
pub(crate) fn child_parse<T: FromStr>(node: Node<'_, '_>, name: &str) -> Option<T> {
    child_text(node, name)?.trim().parse().ok()
}

/// A child's date; unknown where it is missing or is none.
pub(crate) fn child_date(node: Node<'_, '_>, name: &str) -> Timestamp {
    child_text(node, name).map_or(Timestamp::UNKNOWN, |date| Timestamp::from_iso8601(&date))
}

/// True where the child says `true`.
pub(crate) fn child_flag(node: Node<'_, '_>, name: &str) -> bool {
    child_text(node, name).is_some_and(|text| text.trim().eq_ignore_ascii_case("true"))
}

/// True where XML 1.0 has a way to write this text at all: it has none for most control characters.
pub(crate) fn is_representable(text: &str) -> bool {
    text.chars().all(is_char)
}

/// The characters of XML 1.0.
fn is_char(c: char) -> bool {
    matches!(c, '\t' | '\n' | '\r' | ' '..='\u{fffd}' | '\u{10000}'..)
}

/// A document to send: its root, in the namespace of S3, with this content.
pub(crate) fn document(root: &str, content: &str) -> String {
    format!("<{root} xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">{content}</{root}>")
}

/// Adds an element that holds text.
pub(crate) fn push(out: &mut String, name: &str, text: &str) {
    let _ = write!(out, "<{name}>{}</{name}>", escape(text)); // a String takes every write
}

/// Adds an element that holds text, where there is one to hold.
pub(crate) fn push_some(out: &mut String, name: &str, text: Option<impl AsRef<str>>) {
    if let Some(text) = text {
        push(out, name, text.as_ref());
    }
}

/// Text as it stands in an element. Line breaks are escaped too, or a parser would change them.
pub(crate) fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 8);
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\t' => out.push_str("&#9;"),
            '\n' => out.push_str("&#10;"),
            '\r' => out.push_str("&#13;"),
            other => out.push(other),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key_of(xml: &str) -> String {
        let document = parse(xml).unwrap();
        text(child(document.root_element(), "Key").unwrap())
    }

    #[test]
    fn every_namespace_and_prefix_is_read_alike() {
        for xml in [
            "<C><Key> a </Key></C>",
            "<C xmlns='http://s3.amazonaws.com/doc/2006-03-01/'><Key> a </Key></C>",
            "<s:C xmlns:s=\"urn:other\"><s:Key> a </s:Key></s:C>",
            "\u{feff}  \n<?xml version=\"1.0\"?><C><Key><![CDATA[ a]]> </Key></C>\n",
            "<C><Key> <!-- split -->a </Key></C>",
        ] {
            assert_eq!(key_of(xml), " a ", "{xml}");
        }
    }

    #[test]
    fn control_characters_are_read_however_a_server_writes_them() {
        for (written, key) in [
            ("b&#x01;c&#x1F;", "b\u{1}c\u{1f}"), // Ceph's NextMarker
            ("&#1;&#xd;&#x7f;&#xFFFF;&#0;", "\u{1}\r\u{7f}\u{ffff}\0"),
            ("raw \u{1} \u{ffff}", "raw \u{1} \u{ffff}"),
            ("&amp;#x1; &lt;&#38;#x1;", "&#x1; <&#x1;"),
            ("\u{fdd0}#x1; \u{fdd0} &#xfdd0;#x1;&#x1;", "\u{fdd0}#x1; \u{fdd0} \u{fdd0}#x1;\u{1}"),
        ] {
            assert_eq!(
                key_of(&escape_invalid_chars(&format!("<C><Key>{written}</Key></C>"))),
                key,
                "{written}"
            );
        }
        assert!(matches!(escape_invalid_chars("<C><Key>a&amp;b\r\n</Key></C>"), Cow::Borrowed(_)));
        for malformed in ["&#;", "&#x;", "&#1", "&"] {
            assert!(parse(&escape_invalid_chars(&format!("<C>{malformed}</C>"))).is_err(), "{malformed}");
        }
    }

    #[test]
    fn an_empty_child_has_no_text() {
        let document = parse("<C><A/><B></B><T>true</T><F>False</F></C>").unwrap();
        let root = document.root_element();
        assert_eq!(child_text(root, "A"), None);
        assert_eq!(child_text(root, "B"), None);
        assert_eq!(child_text(root, "None"), None);
        assert!(child_flag(root, "T") && !child_flag(root, "F") && !child_flag(root, "None"));
    }

    #[test]
    fn hostile_documents_are_errors_and_not_crashes() {
        assert!(parse("<!DOCTYPE a [<!ENTITY x 'y'>]><a>&x;</a>").is_err());
        let deep = "<a>".repeat(100_000) + &"</a>".repeat(100_000);
        let _ = parse(&deep); // read or refused, but the stack holds
        assert!(parse(&"<a/>".repeat(2)).is_err());
        let wide = format!("<r>{}</r>", "<a/>".repeat(300_000));
        assert!(parse(&wide).is_err());
        // looking for the end of each reference up to the end of the text would take hours
        assert!(parse(&escape_invalid_chars(&"&#".repeat(4 << 20))).is_err());
    }

    #[test]
    fn what_is_escaped_reads_back_equal() {
        let text = "a&b<c>\"d'\t\n\r é";
        assert_eq!(key_of(&format!("<C><Key>{}</Key></C>", escape(text))), text);
        assert!(is_representable(text) && !is_representable("a\u{1}") && !is_representable("\u{ffff}"));
    }
}
