//! RFC 2047 encoded words: how metadata that is not ASCII is sent in a header.

use std::borrow::Cow;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;

use crate::names::impl_names;

/// How user metadata that is not ASCII is sent; see
/// [`Config::metadata_encoding`](crate::Config::metadata_encoding).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum MetadataEncoding {
    /// As RFC 2047 encoded words, `=?UTF-8?B?TWluacO2?=`. Every server returns them unchanged. Clients that do
    /// not decode them, such as boto3, show the encoded text.
    #[default]
    EncodedWords,
    /// As UTF-8. Ceph stores and returns it unchanged. AWS and servers like it read each byte as a character
    /// of its own, so that `Miniö` comes back as `MiniÃ¶`.
    Utf8,
}

impl_names! {
    MetadataEncoding, "metadata encoding";
    /// Returns the name of the encoding, such as `encoded-words`.
    as_str;
    EncodedWords => "encoded-words",
    Utf8 => "utf-8",
}

/// How many bytes of text a word contains. A word has at most 75 characters, 12 of which are not content, and
/// each three bytes need four characters.
const WORD: usize = 45;

/// Encodes a value that is not ASCII as words in UTF-8. Returns any other value unchanged, and so a value with
/// control characters, which a header cannot carry: hiding them would only move the problem to the reader.
pub(crate) fn encode(value: &str) -> Cow<'_, str> {
    if value.is_ascii() || value.contains(char::is_control) {
        return Cow::Borrowed(value);
    }
    let mut out = String::with_capacity(value.len() * 2);
    let mut rest = value;
    while !rest.is_empty() {
        // a word contains whole characters
        let mut end = rest.len().min(WORD);
        while !rest.is_char_boundary(end) {
            end -= 1;
        }
        let (word, after) = rest.split_at(end);
        let space = if out.is_empty() { "" } else { " " };
        out.extend([space, "=?UTF-8?B?", &BASE64.encode(word), "?="]);
        rest = after;
    }
    Cow::Owned(out)
}

/// Decodes a value that consists only of encoded words in UTF-8, `=?UTF-8?B?…?=` or `=?UTF-8?Q?…?=`. Returns
/// any other value unchanged.
pub(crate) fn decode(value: &str) -> String {
    try_decode(value).unwrap_or_else(|| value.to_owned())
}

fn try_decode(value: &str) -> Option<String> {
    let mut bytes = Vec::new();
    // a long value is split into several words; the spaces between them are not part of the value
    for word in value.split(' ').filter(|word| !word.is_empty()) {
        let inner = word.strip_prefix("=?")?.strip_suffix("?=")?;
        let mut fields = inner.splitn(3, '?');
        let (charset, encoding, text) = (fields.next()?, fields.next()?, fields.next()?);
        if !charset.eq_ignore_ascii_case("utf-8") {
            return None;
        }
        match encoding {
            "B" | "b" => bytes.extend(BASE64.decode(text).ok()?),
            "Q" | "q" => bytes.extend(decode_q(text)?),
            _ => return None,
        }
    }
    // the bytes of one character may be split between two words, so they are decoded together at the end
    String::from_utf8(bytes).ok().filter(|text| !text.is_empty())
}

/// Decodes the Q encoding: `_` is a space and `=XX` is a byte.
fn decode_q(text: &str) -> Option<Vec<u8>> {
    let mut out = Vec::with_capacity(text.len());
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        out.push(match byte {
            b'_' => b' ',
            b'=' => {
                let digit = |byte: u8| char::from(byte).to_digit(16);
                (digit(bytes.next()?)? << 4 | digit(bytes.next()?)?) as u8
            }
            other => other,
        });
    }
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_that_are_not_ascii_are_encoded_and_read_back() {
        assert_eq!(encode("Miniö"), "=?UTF-8?B?TWluacO2?=");
        assert_eq!(encode(" é "), "=?UTF-8?B?IMOpIA==?=");
        for unchanged in ["", "plain", "=?UTF-8?B?TWluacO2?=", "é\n"] {
            assert!(matches!(encode(unchanged), Cow::Borrowed(text) if text == unchanged));
        }
        for len in 1..200 {
            for pattern in ["日", "aé", "𝄞 b", "e\u{301}"] {
                let value: String = pattern.chars().cycle().take(len).collect();
                if value.is_ascii() {
                    continue;
                }
                let words = encode(&value);
                assert!(words.is_ascii() && words.split(' ').all(|word| word.len() <= 75), "{words}");
                // another reader may decode each word on its own
                assert!(words.split(' ').all(|word| decode(word) != word), "{words}");
                assert_eq!(decode(&words), value);
            }
        }
    }

    #[test]
    fn utf8_words_are_decoded() {
        for (value, text) in [
            ("=?UTF-8?B?w6k=?=", "é"),
            ("=?utf-8?q?caf=C3=A9_au_lait?=", "café au lait"),
            ("=?UTF-8?B?5pel?= =?UTF-8?B?5pys?=", "日本"),
            ("=?UTF-8?Q?=C3?= =?UTF-8?Q?=A9?=", "é"),
        ] {
            assert_eq!(decode(value), text);
        }
    }

    #[test]
    fn any_other_value_is_unchanged() {
        for value in [
            "",
            " ",
            "é",
            "plain",
            "=??=",
            "=?UTF-8?B?!?=",
            "=?UTF-8?Q?=C3?=",
            "=?UTF-8?Q?=Z9?=",
            "=?UTF-8?B??=",
            "=?ISO-8859-1?Q?=E9?=",
            "a =?UTF-8?B?w6k=?=",
            "=?UTF-8?X?a?=",
            "=?UTF-8?B?w6k=",
        ] {
            assert_eq!(decode(value), value);
        }
    }
}
