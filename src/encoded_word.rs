//! Decodes RFC 2047 encoded words, in which AWS and other servers return metadata that is not ASCII.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;

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
