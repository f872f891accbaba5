//! Helpers around roxmltree for reading responses, and functions for writing XML documents.
//!
//! Servers differ in namespaces, prefixes and order, so elements are found by their local name only.

use std::borrow::Cow;
use std::fmt::Write as _;
use std::str::FromStr;

use roxmltree::{Document, Node, ParsingOptions};

use crate::printable;
use crate::timestamp::Timestamp;

/// Limits the memory for a response. A page of 1000 entries with all fields that servers send has up to 30,000
/// nodes, and SeaweedFS sends pages of 10,000 entries.
const MAX_NODES: u32 = 400_000;
/// The parser takes quadratic time in the number of attributes of an element and of namespaces in scope, so
/// both are limited before it runs. S3 uses at most two of each.
const MAX_ATTRIBUTES: u32 = 16;
const MAX_NAMESPACES: u32 = 8;
/// S3 nests elements at most eight deep.
const MAX_DEPTH: usize = 64;
/// The longest text between two tags, in bytes. A key has at most 1024, each of which may be written as nine.
const MAX_TEXT: usize = 64 << 10;
/// The parser reserves memory for an attribute per `=` in the text, including those in keys. Enough for a page
/// of 1000 keys that consist of nothing else.
const MAX_EQUALS_SIGNS: usize = 2 << 20;
/// The parser decodes references one by one. Enough for a page of 1000 keys of 1024 `&`.
const MAX_REFERENCES: usize = 2 << 20;
/// Limits the memory and the time for escaping. Enough for a page of 1000 keys of 1024 control characters.
const MAX_INVALID_CHARS: usize = 2 << 20;
/// The length of the parser's error in an error text, in bytes. It may contain names from the response.
const MAX_ERROR: usize = 200;
/// The first of 32 Unicode noncharacters, which stand for the 32 control characters while a response is
/// parsed: XML 1.0 can represent the former, but only three of the latter. They are unlikely in real text; if
/// one occurs, it is escaped as well.
const CONTROL: char = '\u{fdd0}';
const LAST_CONTROL: char = '\u{fdef}';
/// Announces any other character that has to be escaped: the next one is that character, moved by
/// `ESCAPE_OFFSET` into a range that XML can represent. Takes the place of the tab, which is never escaped.
const ESCAPE: char = '\u{fdd9}';
const ESCAPE_OFFSET: u32 = 0x20000;

/// Escapes the characters that XML 1.0 does not allow, so that the parser accepts the response; [`text`]
/// restores them exactly. Keys may contain control characters, and servers write them raw or as references,
/// although XML 1.0 allows neither. Fails if there are too many of them. [`parse_escaped`] takes the result.
pub(crate) fn escape_invalid_chars(response: &str) -> Result<Cow<'_, str>, String> {
    let too_many = |what: &str, limit: usize| Err(format!("the XML has more than {limit} {what}"));
    let invalid_reference = |piece| reference(piece).filter(|(c, _)| is_invalid(*c));
    // the fold is many times as fast as the search for the first one, and most responses have none
    let has_invalid = may_need_escaping(response) && find_invalid(response).is_some();
    if count(response.as_bytes(), b'&') > MAX_REFERENCES {
        return too_many("references", MAX_REFERENCES);
    }
    let has_reference = || {
        response.contains("&#") && response.split('&').skip(1).any(|piece| invalid_reference(piece).is_some())
    };
    if !has_invalid && !has_reference() {
        return Ok(Cow::Borrowed(response));
    }
    let mut out = String::with_capacity(response.len() + 64);
    let mut escaped = 0;
    let mut escape = |out: &mut String, c: char| {
        let code = u32::from(c);
        if code >= 0x20 {
            out.push(ESCAPE);
        }
        let offset = if code < 0x20 { u32::from(CONTROL) } else { ESCAPE_OFFSET };
        out.push(char::from_u32(code + offset).unwrap_or(ESCAPE));
        escaped += 1;
        escaped <= MAX_INVALID_CHARS
    };
    for (i, mut piece) in response.split('&').enumerate() {
        match invalid_reference(piece).filter(|_| i > 0) {
            Some((c, rest)) => {
                piece = rest;
                if !escape(&mut out, c) {
                    return too_many("control characters", MAX_INVALID_CHARS);
                }
            }
            None if i > 0 => out.push('&'),
            None => {}
        }
        while let Some((start, c)) = find_invalid(piece) {
            if start > 0 {
                out.push_str(&piece[..start]);
            }
            piece = &piece[start + c.len_utf8()..];
            if !escape(&mut out, c) {
                return too_many("control characters", MAX_INVALID_CHARS);
            }
        }
        out.push_str(piece);
    }
    Ok(Cow::Owned(out))
}

/// Returns `true` for the characters that have to be escaped.
fn is_invalid(c: char) -> bool {
    !is_char(c) || (CONTROL..=LAST_CONTROL).contains(&c)
}

/// Returns `true` for the bytes with which those characters start, and some others.
fn starts_invalid(byte: u8) -> bool {
    // 0xef starts U+F000 to U+FFFF, which includes all of the noncharacters
    (byte < b' ' && byte != b'\t' && byte != b'\n' && byte != b'\r') || byte == 0xef
}

/// Returns the first character that has to be escaped, and its position.
fn find_invalid(text: &str) -> Option<(usize, char)> {
    let mut start = 0;
    loop {
        start += text.as_bytes()[start..].iter().position(|&byte| starts_invalid(byte))?;
        let c = text[start..].chars().next()?;
        if is_invalid(c) {
            return Some((start, c));
        }
        start += c.len_utf8();
    }
}

/// Returns `false` if no byte can start an invalid character, which is true of most responses.
fn may_need_escaping(text: &str) -> bool {
    text.bytes().fold(false, |found, byte| found | starts_invalid(byte))
}

/// Parses a character reference without its `&`: returns the character of `#x1;…` or `#1;…`, and the rest.
fn reference(text: &str) -> Option<(char, &str)> {
    let (number, rest) = text.strip_prefix('#')?.split_once(';')?;
    let code = match number.strip_prefix('x') {
        Some(digits) => u32::from_str_radix(digits, 16),
        None => number.parse(),
    };
    Some((char::from_u32(code.ok()?)?, rest))
}

/// Parses a response whose invalid characters are escaped; see [`parse`].
pub(crate) fn parse_escaped<'a>(escaped: &'a Result<Cow<'_, str>, String>) -> Result<Document<'a>, String> {
    parse(escaped.as_deref().map_err(String::clone)?)
}

/// Parses a response. Rejects a DTD; accepts a byte-order mark and white space before the declaration.
///
/// The time is linear in the length of the text, whatever it contains: see [`check_bounds`]. The error is one
/// line of limited length.
pub(crate) fn parse(text: &str) -> Result<Document<'_>, String> {
    let text = text.trim_start_matches('\u{feff}').trim();
    check_bounds(text)?;
    let options = ParsingOptions { allow_dtd: false, nodes_limit: MAX_NODES, ..ParsingOptions::default() };
    Document::parse_with_options(text, options).map_err(|error| printable::line(error, MAX_ERROR))
}

/// Rejects what would take the parser more than linear time or memory. Reads the text once.
///
/// Where the text is not well-formed, this may count differently from the parser, which stops there.
fn check_bounds(text: &str) -> Result<(), String> {
    let exceeds = |what: &str, limit: usize| Err(format!("the XML has more than {limit} {what}"));
    let bytes = text.as_bytes();
    if count(bytes, b'=') > MAX_EQUALS_SIGNS {
        return exceeds("equals signs", MAX_EQUALS_SIGNS);
    }
    // the number of namespaces that each open element declares
    let mut open: Vec<u32> = Vec::with_capacity(MAX_DEPTH);
    let mut in_scope = 0;
    let mut nodes = 0;
    // the length since the last tag, with comments, CDATA sections and instructions
    let mut len = 0;
    let mut rest = bytes;
    while let Some(start) = position(rest, b'<') {
        nodes += 1 + u32::from(start > 0);
        len += start;
        if len > MAX_TEXT {
            return exceeds("bytes of text in an element", MAX_TEXT);
        }
        if nodes > MAX_NODES.saturating_mul(2) {
            return exceeds("nodes", MAX_NODES as usize);
        }
        rest = &rest[start + 1..];
        let is_tag = !matches!(rest, [b'?' | b'!', ..]);
        let skipped = match rest {
            [b'?', ..] => find(rest, b"?>"),
            [b'!', b'-', b'-', ..] => find(&rest[3..], b"-->").map(|end| end + 3),
            [b'!', b'[', ..] => find(rest, b"]]>"),
            [b'!', ..] => return Err("the XML has a document type declaration".to_owned()),
            [b'/', ..] => {
                in_scope -= open.pop().unwrap_or_default();
                position(rest, b'>')
            }
            tag => {
                let Some(tag) = scan_start_tag(tag) else { break };
                if tag.attributes > MAX_ATTRIBUTES {
                    return exceeds("attributes in an element", MAX_ATTRIBUTES as usize);
                }
                if in_scope + tag.namespaces > MAX_NAMESPACES {
                    return exceeds("namespaces", MAX_NAMESPACES as usize);
                }
                if !tag.is_empty {
                    open.push(tag.namespaces);
                    in_scope += tag.namespaces;
                }
                if open.len() > MAX_DEPTH {
                    return exceeds("levels of elements", MAX_DEPTH);
                }
                Some(tag.len)
            }
        };
        let Some(skipped) = skipped else { break };
        len = if is_tag { 0 } else { len + skipped };
        rest = &rest[skipped + usize::from(is_tag)..]; // after the `>` of a tag
    }
    Ok(())
}

/// Returns the position of a byte. Compares eight bytes at once, which for the short distances between tags is faster
/// than a search that first aligns.
fn position(bytes: &[u8], byte: u8) -> Option<usize> {
    const ONES: u64 = u64::from_ne_bytes([1; 8]);
    let (words, rest) = bytes.as_chunks::<8>();
    for (i, word) in words.iter().enumerate() {
        let difference = u64::from_le_bytes(*word) ^ (ONES * u64::from(byte));
        // the lowest of these bits belongs to the first byte that does not differ
        let equal = difference.wrapping_sub(ONES) & !difference & (ONES << 7);
        if equal != 0 {
            return Some(8 * i + equal.trailing_zeros() as usize / 8);
        }
    }
    let start = bytes.len() - rest.len();
    rest.iter().position(|&b| b == byte).map(|i| start + i)
}

/// Returns the position of a pattern.
fn find(bytes: &[u8], pattern: &[u8]) -> Option<usize> {
    bytes.windows(pattern.len()).position(|window| window == pattern)
}

/// Counts a byte. The inner sums fit a byte, so that the compiler can add many at once.
fn count(bytes: &[u8], byte: u8) -> usize {
    let in_chunk = |chunk: &[u8]| chunk.iter().map(|&b| u8::from(b == byte)).sum::<u8>();
    bytes.chunks(255).map(|chunk| usize::from(in_chunk(chunk))).sum()
}

/// What a start tag contains.
struct StartTag {
    /// The number of bytes before its `>`.
    len: usize,
    attributes: u32,
    /// The number of attributes that declare a namespace.
    namespaces: u32,
    /// The tag ends in `/>`.
    is_empty: bool,
}

/// Scans a start tag after its `<`. Returns `None` if it does not end.
fn scan_start_tag(bytes: &[u8]) -> Option<StartTag> {
    let mut tag = StartTag { len: 0, attributes: 0, namespaces: 0, is_empty: false };
    // nearly all tags are only a name
    let len = position(bytes, b'>')?;
    if !bytes[..len].contains(&b'=') {
        return Some(StartTag { len, is_empty: bytes[..len].ends_with(b"/"), ..tag });
    }
    let mut name_start = 0;
    let mut after_name = false;
    let mut i = 0;
    loop {
        match *bytes.get(i)? {
            b'>' => {
                tag.len = i;
                tag.is_empty = i > 0 && bytes[i - 1] == b'/';
                return Some(tag);
            }
            quote @ (b'"' | b'\'') => {
                i += 1 + bytes[i + 1..].iter().position(|&b| b == quote)?;
                after_name = true;
            }
            b'=' => {
                tag.attributes += 1;
                if tag.attributes > MAX_ATTRIBUTES {
                    return Some(tag); // the rest does not matter
                }
                tag.namespaces += u32::from(bytes[name_start..].starts_with(b"xmlns"));
            }
            b' ' | b'\t' | b'\n' | b'\r' => after_name = true,
            _ if after_name => {
                name_start = i;
                after_name = false;
            }
            _ => {}
        }
        i += 1;
    }
}

/// Returns the first child element with this local name.
pub(crate) fn child<'a, 'i>(node: Node<'a, 'i>, name: &str) -> Option<Node<'a, 'i>> {
    children(node, name).next()
}

/// Returns all child elements with this local name.
pub(crate) fn children<'a, 'i: 'a, 'n>(
    node: Node<'a, 'i>,
    name: &'n str,
) -> impl Iterator<Item = Node<'a, 'i>> + use<'a, 'i, 'n> {
    node.children().filter(move |child| child.has_tag_name(name))
}

/// Returns the first child element with each of these local names, in one pass.
pub(crate) fn named_children<'a, 'i, const N: usize>(
    node: Node<'a, 'i>,
    names: [&str; N],
) -> [Option<Node<'a, 'i>>; N] {
    let mut found = [None; N];
    for child in node.children().filter(Node::is_element) {
        let name = child.tag_name().name();
        if let Some(i) = names.iter().position(|wanted| *wanted == name) {
            found[i].get_or_insert(child);
        }
    }
    found
}

/// Returns the text of an element, or `None` if there is none or it is empty.
pub(crate) fn non_empty_text<'a>(node: Option<Node<'a, '_>>) -> Option<Cow<'a, str>> {
    node.map(cow_text).filter(|text| !text.is_empty())
}

/// Parses the date in an element. Returns [`Timestamp::UNKNOWN`] if it is missing or invalid.
pub(crate) fn date(node: Option<Node<'_, '_>>) -> Timestamp {
    non_empty_text(node).map_or(Timestamp::UNKNOWN, |date| Timestamp::from_iso8601(&date))
}

/// Returns the whole text of an element, exactly: comments and CDATA may split it, and spaces are significant
/// in keys.
pub(crate) fn text(node: Node<'_, '_>) -> String {
    cow_text(node).into_owned()
}

/// Returns the same as [`text`], without a copy if possible.
fn cow_text<'a>(node: Node<'a, '_>) -> Cow<'a, str> {
    let mut texts = node.children().filter_map(|node| if node.is_text() { node.text() } else { None });
    let mut text = Cow::Borrowed(texts.next().unwrap_or_default());
    texts.for_each(|more| text += more);
    if !text.as_bytes().contains(&0xef) {
        return text; // it has none of the noncharacters
    }
    let mut out = String::with_capacity(text.len());
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        let moved_back = |c, offset| char::from_u32(u32::from(c).checked_sub(offset)?);
        let original = match c {
            ESCAPE => chars.next().and_then(|c| moved_back(c, ESCAPE_OFFSET)),
            CONTROL..=LAST_CONTROL => moved_back(c, u32::from(CONTROL)),
            other => Some(other),
        };
        out.extend(original);
    }
    Cow::Owned(out)
}

/// Returns the text of a child, or `None` if there is no such child or it is empty.
pub(crate) fn child_text(node: Node<'_, '_>, name: &str) -> Option<String> {
    child(node, name).map(text).filter(|text| !text.is_empty())
}

/// Parses the text of a child as a number or similar. Returns `None` if it is missing or invalid.
pub(crate) fn child_parse<T: FromStr>(node: Node<'_, '_>, name: &str) -> Option<T> {
    child_text(node, name)?.trim().parse().ok()
}

/// Parses the date of a child. Returns [`Timestamp::UNKNOWN`] if it is missing or invalid.
pub(crate) fn child_date(node: Node<'_, '_>, name: &str) -> Timestamp {
    date(child(node, name))
}

/// Returns `true` if the text of the child is `true`.
pub(crate) fn child_flag(node: Node<'_, '_>, name: &str) -> bool {
    child_text(node, name).is_some_and(|text| text.trim().eq_ignore_ascii_case("true"))
}

/// Returns `true` if XML 1.0 can represent this text. It cannot represent most control characters.
pub(crate) fn is_representable(text: &str) -> bool {
    text.chars().all(is_char)
}

/// Returns the text with U+FFFD instead of each character that XML 1.0 cannot represent, as some servers send it.
pub(crate) fn replace_unrepresentable(text: &str) -> String {
    text.chars().map(|c| if is_char(c) { c } else { char::REPLACEMENT_CHARACTER }).collect()
}

/// Returns `true` for the characters that XML 1.0 allows.
fn is_char(c: char) -> bool {
    matches!(c, '\t' | '\n' | '\r' | ' '..='\u{fffd}' | '\u{10000}'..)
}

/// Returns a document to send: a root element in the S3 namespace with this content.
pub(crate) fn document(root: &str, content: &str) -> String {
    format!("<{root} xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">{content}</{root}>")
}

/// Appends an element with this text.
pub(crate) fn push(out: &mut String, name: &str, text: &str) {
    let _ = write!(out, "<{name}>{}</{name}>", escape(text)); // writing to a String cannot fail
}

/// Appends an element with this text, if there is one.
pub(crate) fn push_some(out: &mut String, name: &str, text: Option<impl AsRef<str>>) {
    if let Some(text) = text {
        push(out, name, text.as_ref());
    }
}

/// Escapes text for an element. Line breaks and tabs are escaped too, because a parser may normalise them.
fn escape(text: &str) -> String {
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
    fn namespaces_and_prefixes_are_ignored() {
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
    fn control_characters_are_read_raw_and_as_references() {
        for (written, key) in [
            ("b&#x01;c&#x1F;", "b\u{1}c\u{1f}"), // Ceph's NextMarker
            ("&#1;&#xd;&#x7f;&#xFFFF;&#0;", "\u{1}\r\u{7f}\u{ffff}\0"),
            ("raw \u{1} \u{ffff}", "raw \u{1} \u{ffff}"),
            ("&amp;#x1; &lt;&#38;#x1;", "&#x1; <&#x1;"),
            ("\u{fdd0}#x1; \u{fdd0} &#xfdd0;#x1;&#x1;", "\u{fdd0}#x1; \u{fdd0} \u{fdd0}#x1;\u{1}"),
        ] {
            assert_eq!(
                key_of(&escape_invalid_chars(&format!("<C><Key>{written}</Key></C>")).unwrap()),
                key,
                "{written}"
            );
        }
        assert!(matches!(escape_invalid_chars("<C><Key>a&amp;b\r\n</Key></C>"), Ok(Cow::Borrowed(_))));
        for malformed in ["&#;", "&#x;", "&#1", "&"] {
            assert!(
                parse(&escape_invalid_chars(&format!("<C>{malformed}</C>")).unwrap()).is_err(),
                "{malformed}"
            );
        }
    }

    #[test]
    fn escapes_are_found_between_other_characters() {
        let text = "\u{ffe5}a\u{ff01}\u{1}\u{1}é\u{ffff}\u{fdd0}&#1;\u{fffd}&amp;\u{2}&";
        let escaped = escape_invalid_chars(text).unwrap();
        assert!(!escaped.contains(|c: char| !is_char(c)), "{escaped:?}");
        let document = format!("<C><Key>{}</Key></C>", escaped.trim_end_matches('&'));
        assert_eq!(key_of(&document), "\u{ffe5}a\u{ff01}\u{1}\u{1}é\u{ffff}\u{fdd0}\u{1}\u{fffd}&\u{2}");
    }

    #[test]
    fn empty_child_has_no_text() {
        let document = parse("<C><A/><B></B><T>true</T><F>False</F></C>").unwrap();
        let root = document.root_element();
        assert_eq!(child_text(root, "A"), None);
        assert_eq!(child_text(root, "B"), None);
        assert_eq!(child_text(root, "None"), None);
        assert!(child_flag(root, "T") && !child_flag(root, "F") && !child_flag(root, "None"));
    }

    #[test]
    fn hostile_documents_are_rejected_without_a_crash() {
        assert!(parse("<!DOCTYPE a [<!ENTITY x 'y'>]><a>&x;</a>").is_err());
        let deep = "<a>".repeat(100_000) + &"</a>".repeat(100_000);
        let _ = parse(&deep); // accepted or rejected, but without a stack overflow
        assert!(parse(&"<a/>".repeat(2)).is_err());
        let wide = format!("<r>{}</r>", "<a/>".repeat(500_000));
        assert!(parse(&wide).is_err());
        // quadratic behaviour would take hours
        assert!(parse(&escape_invalid_chars(&"&#".repeat(2 << 20)).unwrap()).is_err());
    }

    #[test]
    fn documents_beyond_a_bound_are_rejected_before_they_are_parsed() {
        let attributes = |n: usize| (0..n).map(|i| format!(" a{i}='>/'")).collect::<String>();
        let namespaces = |n: usize| (0..n).map(|i| format!(" xmlns:n{i} = \"urn:>{i}\"")).collect::<String>();
        let nested = |n: usize, inner: &str| format!("{}{inner}{}", "<a>".repeat(n), "</a>".repeat(n));
        for (accepted, rejected, text) in [
            (
                format!("<r{}/>", attributes(16)),
                format!("<r{}/>", attributes(17)),
                "more than 16 attributes in an element",
            ),
            (
                format!("<r{}><b xmlns='u'/><b xmlns='u'/></r>", namespaces(7)),
                format!("<r{}><b xmlns='u' xmlns:c='v'/></r>", namespaces(7)),
                "more than 8 namespaces",
            ),
            (nested(64, ""), nested(65, ""), "more than 64 levels of elements"),
            // a namespace is in scope until its element ends
            (
                format!("<r>{}</r>", "<a xmlns='u'></a>".repeat(100)),
                format!("{}{}", "<a xmlns='u'>".repeat(9), "</a>".repeat(9)),
                "more than 8 namespaces",
            ),
            (
                format!("<r>{}</r>", format!("<a>{}</a>", "=".repeat(1 << 15)).repeat(1 << 6)),
                format!("<r>={}</r>", format!("<a>{}</a>", "=".repeat(1 << 15)).repeat(1 << 6)),
                "more than 2097152 equals signs",
            ),
            (
                format!("<r><a>{}</a>{}<!-- --></r>", "x".repeat(1 << 16), "x".repeat(1 << 15)),
                format!("<r>{}<![CDATA[{0}]]></r>", "x".repeat(1 << 15)),
                "more than 65536 bytes of text in an element",
            ),
            // what looks like a tag in a comment, in CDATA, in an instruction or in a value is none
            (
                nested(64, "<!-- <a> --><![CDATA[<a>]]><?p <a> ?><b c=\"<a>\"/>")
                    .replace("c=\"<a>\"", "c='>a>'"),
                nested(63, "<!-- </a> --><![CDATA[</a>]]><?p </a> ?><a><b></b></a>"),
                "more than 64 levels of elements",
            ),
        ] {
            parse(&accepted).unwrap();
            assert!(parse(&rejected).unwrap_err().contains(text), "{text}");
        }
    }

    #[test]
    fn position_is_that_of_the_first_equal_byte() {
        for other in [b'<' - 1, b'<' + 1, b'<' ^ 0x80, b'=', 0, 0xff] {
            for length in 0..20 {
                let mut bytes = vec![other; length];
                assert_eq!(position(&bytes, b'<'), None, "{other}");
                for first in (0..length).rev() {
                    bytes[first] = b'<';
                    assert_eq!(position(&bytes, b'<'), Some(first), "{other}");
                }
            }
        }
    }

    #[test]
    fn error_of_the_parser_is_one_short_line() {
        let name = "n".repeat(1 << 20);
        let error = parse(&format!("<{name}></a>")).unwrap_err();
        assert!(error.len() <= MAX_ERROR && !error.contains('\n'), "{error}");
        for (text, error) in [
            ("\u{1}".repeat(MAX_INVALID_CHARS + 1), "more than 2097152 control characters"),
            // XML allows these, but what they stand for would replace them
            ("\u{fdd1}".repeat(MAX_INVALID_CHARS + 1), "more than 2097152 control characters"),
            ("&#1;".repeat(MAX_REFERENCES + 1), "more than 2097152 references"),
        ] {
            let escaped = escape_invalid_chars(&text);
            assert!(parse_escaped(&escaped).unwrap_err().contains(error));
        }
    }

    #[test]
    fn escaped_text_reads_back_unchanged() {
        let text = "a&b<c>\"d'\t\n\r é";
        assert_eq!(key_of(&format!("<C><Key>{}</Key></C>", escape(text))), text);
        assert!(is_representable(text) && !is_representable("a\u{1}") && !is_representable("\u{ffff}"));
    }
}
