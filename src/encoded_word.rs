//! The encoded words of RFC 2047, in which AWS and others answer metadata that is not ASCII.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;

/// Decodes a value that consists of encoded words of UTF-8, `=?UTF-8?B?…?=` or `=?UTF-8?Q?…?=`, and nothing
/// else. Whatever is no such value comes back as it is.
pub(crate) fn decode(value: &str) -> String {
    decoded(value).unwrap_or_else(|| value.to_owned())
}

fn decoded(value: &str) -> Option<String> {
    let mut bytes = Vec::new();
    // a long value is split into words with a space in between, which does not count
    for word in value.split(' ').filter(|word| !word.is_empty()) {
        let inner = word.strip_prefix("=?")?.strip_suffix("?=")?;
        let mut fields = inner.splitn(3, '?');
        let (charset, encoding, text) = (fields.next()?, fields.next()?, fields.next()?);
        if !charset.eq_ignore_ascii_case("utf-8") {
            return None;
        }
        match encoding {
            "B" | "b" => bytes.extend(BASE64.decode(text).ok()?),
            "Q" | "q" => bytes.extend(quoted(text)?),
            _ => return None,
        }
    }
    // bytes of one character may be in two words, so this comes last
    String::from_utf8(bytes).ok().filter(|text| !text.is_empty())
}

fn quoted(text: &str) -> Option<Vec<u8>> {
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
    fn words_of_utf_8_are_read() {
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
    fn everything_else_stays_as_it_is() {
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
