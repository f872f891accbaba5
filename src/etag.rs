//! ETags: their quotes, and whether they have the form of an MD5.

use std::convert::Infallible;
use std::fmt;
use std::str::FromStr;

use crate::checksum::Md5Digest;
use crate::printable;

/// The longest ETag that is printed in full, in bytes.
const MAX_SHOWN: usize = 1024;

/// The ETag of an object, without its quotes.
///
/// For an object stored by a single PUT, it is the MD5 of the content in hexadecimal digits. For a multipart
/// object it ends with `-` and the number of parts, and is not a digest of the content.
///
/// An `ETag` compares equal to a string if the string is the ETag without quotes.
///
/// ```
/// use plain_s3::ETag;
///
/// let e_tag = ETag::new("\"ed076287532e86365e841e92bfc50d8c\"");
/// assert_eq!(e_tag, "ed076287532e86365e841e92bfc50d8c");
/// assert_eq!(e_tag, ETag::new("ed076287532e86365e841e92bfc50d8c"));
/// assert_eq!(e_tag.md5().map(|md5| md5[0]), Some(0xed));
///
/// let multipart: ETag = "d41d8cd98f00b204e9800998ecf8427e-2".into();
/// assert_eq!(multipart.md5(), None);
/// ```
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ETag(String);

impl ETag {
    /// Creates an ETag from a string with or without quotes.
    pub fn new(text: impl Into<String>) -> Self {
        let text = text.into();
        let bare = without_quotes(&text);
        if bare.len() == text.len() { Self(text) } else { Self(bare.to_owned()) }
    }

    /// Creates an ETag from text that is not owned, with one allocation.
    pub(crate) fn from_text(text: &str) -> Self {
        Self(without_quotes(text).to_owned())
    }

    /// Returns the ETag without quotes.
    ///
    /// ```
    /// assert_eq!(plain_s3::ETag::new("\"abc\"").as_str(), "abc");
    /// ```
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Returns the MD5 digest if this ETag has the form of one: 32 hexadecimal digits.
    ///
    /// The ETag of an encrypted object may have that form without being the MD5 of the content.
    pub fn md5(&self) -> Option<[u8; 16]> {
        self.md5_digest().map(|md5| *md5.as_bytes())
    }

    pub(crate) fn md5_digest(&self) -> Option<Md5Digest> {
        Md5Digest::from_hex(&self.0)
    }

    /// Returns `true` if requests with this ETag refer to exactly the content that it was returned for.
    ///
    /// This is not the case for an empty or weak ETag, for `*`, which matches everything, and for quotes, which
    /// could form a list.
    pub(crate) fn is_strong(&self) -> bool {
        let weak = self.0.starts_with("W/") || self.0.starts_with("w/");
        !weak && !self.0.is_empty() && self.0 != "*" && !self.0.contains('"')
    }

    /// Returns the MD5 of the MD5s of the parts, and the number of parts, if this ETag has the form of that of a
    /// multipart object: 32 hexadecimal digits, `-` and a number.
    pub(crate) fn multipart_md5(&self) -> Option<(Md5Digest, u32)> {
        let (md5, parts) = self.0.rsplit_once('-')?;
        Some((Md5Digest::from_hex(md5)?, parts.parse().ok()?))
    }

    /// Returns the form for `If-Match` and similar headers, with quotes. `*` and weak ETags stay unchanged.
    pub(crate) fn to_header(&self) -> String {
        if self.0 == "*" || self.0.contains('"') { self.0.clone() } else { format!("\"{}\"", self.0) }
    }
}

fn without_quotes(text: &str) -> &str {
    let text = text.trim();
    text.strip_prefix('"').and_then(|text| text.strip_suffix('"')).unwrap_or(text)
}

impl From<&str> for ETag {
    fn from(text: &str) -> Self {
        Self::from_text(text)
    }
}

impl From<String> for ETag {
    fn from(text: String) -> Self {
        Self::new(text)
    }
}

impl From<&Self> for ETag {
    fn from(e_tag: &Self) -> Self {
        e_tag.clone()
    }
}

impl FromStr for ETag {
    type Err = Infallible;

    fn from_str(text: &str) -> Result<Self, Infallible> {
        Ok(Self::new(text))
    }
}

impl AsRef<str> for ETag {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

impl PartialEq<str> for ETag {
    fn eq(&self, other: &str) -> bool {
        self.0 == other
    }
}

impl PartialEq<&str> for ETag {
    fn eq(&self, other: &&str) -> bool {
        self.0 == *other
    }
}

impl PartialEq<String> for ETag {
    fn eq(&self, other: &String) -> bool {
        self.0 == *other
    }
}

impl PartialEq<ETag> for str {
    fn eq(&self, other: &ETag) -> bool {
        *self == other.0
    }
}

impl PartialEq<ETag> for &str {
    fn eq(&self, other: &ETag) -> bool {
        **self == other.0
    }
}

impl PartialEq<ETag> for String {
    fn eq(&self, other: &ETag) -> bool {
        *self == other.0
    }
}

/// Prints the ETag on one line: control characters, which only a hostile server sends, are escaped.
impl fmt::Display for ETag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&printable::line(&self.0, MAX_SHOWN))
    }
}

impl fmt::Debug for ETag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotes_are_removed_and_added_again() {
        for text in ["\"abc\"", "abc", " \"abc\" "] {
            assert_eq!(ETag::new(text).as_str(), "abc");
            assert_eq!(ETag::new(text).to_header(), "\"abc\"");
            assert_eq!(text.parse::<ETag>().unwrap().as_str(), "abc");
        }
        assert_eq!(ETag::new("*").to_header(), "*");
        assert_eq!(ETag::new("W/\"a\"").to_header(), "W/\"a\"");
    }

    #[test]
    fn etag_compares_with_strings_on_both_sides() {
        let (e_tag, owned) = (ETag::new("\"abc\""), String::from("abc"));
        assert!(e_tag == "abc" && e_tag == *"abc" && e_tag == owned);
        assert!("abc" == e_tag && *"abc" == e_tag && owned == e_tag);
        assert!(e_tag != "\"abc\"" && e_tag != "abd" && "ABC" != e_tag);
        assert_eq!(e_tag.as_ref(), "abc");
    }

    #[test]
    fn only_quoted_opaque_etags_are_strong() {
        for text in ["abc", "\"abc\"", "d41d8cd98f00b204e9800998ecf8427e-2", "a/b c=", "é"] {
            assert!(ETag::new(text).is_strong(), "{text}");
        }
        for text in ["", " ", "\"\"", "W/\"abc\"", "w/\"abc\"", "W/abc", "*", "\"*\"", "a\", \"b", "\""] {
            assert!(!ETag::new(text).is_strong(), "{text}");
        }
    }

    #[test]
    fn only_32_hexadecimal_digits_are_an_md5() {
        let md5 = ETag::new("ED076287532E86365E841E92BFC50D8C").md5().unwrap();
        assert_eq!((md5[0], md5[15]), (0xed, 0x8c));
        for other in ["ed076287532e86365e841e92bfc50d8c-2", "", "W/\"x\"", &"z".repeat(32), &"é".repeat(16)]
        {
            assert_eq!(ETag::new(other).md5(), None, "{other}");
        }
    }
}
