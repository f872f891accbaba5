//! ETags: quotes off, and the question whether one is an MD5.

use std::fmt;

use crate::encode;

/// The ETag of an object, without its quotes.
///
/// For an object stored by one plain PUT it is the MD5 of the content in hexadecimal digits; for one
/// made of parts it ends in `-` and their number, and says nothing of the content that could be checked.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ETag(String);

impl ETag {
    /// Takes an ETag with or without quotes.
    pub fn new(text: impl Into<String>) -> Self {
        let text = text.into();
        let bare = text.trim();
        Self(bare.strip_prefix('"').and_then(|t| t.strip_suffix('"')).unwrap_or(bare).to_owned())
    }

    /// Returns the ETag without quotes.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Returns the MD5 that this ETag has the form of.
    ///
    /// An encrypted object's ETag may have the form and be none.
    pub fn md5(&self) -> Option<[u8; 16]> {
        let digits = Some(self.0.as_bytes()).filter(|digits| digits.len() == 32)?;
        let mut md5 = [0; 16];
        for (byte, pair) in md5.iter_mut().zip(digits.chunks(2)) {
            *byte = encode::hex_digit(pair[0])? << 4 | encode::hex_digit(pair[1])?;
        }
        Some(md5)
    }

    /// The form of HTTP conditions, with quotes. `*` and a weak one stay as they are.
    pub(crate) fn to_header(&self) -> String {
        if self.0 == "*" || self.0.contains('"') { self.0.clone() } else { format!("\"{}\"", self.0) }
    }
}

impl From<&str> for ETag {
    fn from(text: &str) -> Self {
        Self::new(text)
    }
}

impl From<String> for ETag {
    fn from(text: String) -> Self {
        Self::new(text)
    }
}

impl From<&ETag> for ETag {
    fn from(e_tag: &ETag) -> Self {
        e_tag.clone()
    }
}

impl fmt::Display for ETag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
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
    fn quotes_come_off_and_go_on_again() {
        for text in ["\"abc\"", "abc", " \"abc\" "] {
            assert_eq!(ETag::new(text).as_str(), "abc");
            assert_eq!(ETag::new(text).to_header(), "\"abc\"");
        }
        assert_eq!(ETag::new("*").to_header(), "*");
        assert_eq!(ETag::new("W/\"a\"").to_header(), "W/\"a\"");
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
