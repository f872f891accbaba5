//! Percent-encoding as S3 wants it: the only copy, used by URLs and by both signatures.

use std::fmt::Write as _;

/// Encodes a key for the path of a URL; see [`push_path`].
pub(crate) fn path(key: &str) -> String {
    let mut out = String::new();
    push_path(&mut out, key);
    out
}

/// Appends a key, encoded for the path of a URL: everything but `A-Za-z0-9-._~` and `/`.
pub(crate) fn push_path(out: &mut String, key: &str) {
    out.reserve(key.len() + 16);
    push(out, key, true);
}

/// Encodes a name or value for the query: everything but `A-Za-z0-9-._~`.
pub(crate) fn query(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 16);
    push(&mut out, text, false);
    out
}

fn push(out: &mut String, text: &str, keep_slash: bool) {
    for byte in text.bytes() {
        let plain = byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~');
        if plain || (keep_slash && byte == b'/') {
            out.push(char::from(byte));
        } else {
            let _ = write!(out, "%{byte:02X}"); // a String takes every write
        }
    }
}

/// Writes bytes as lower-case hexadecimal digits.
pub(crate) fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let mut out = Vec::with_capacity(2 * bytes.len());
    for byte in bytes {
        out.extend([DIGITS[usize::from(byte >> 4)], DIGITS[usize::from(byte & 15)]]);
    }
    String::from_utf8(out).expect("digits are ASCII")
}

/// Decodes what a listing with `encoding-type=url` carries, where `+` is a space.
///
/// `None` where a `%` is not followed by two hexadecimal digits or the bytes are not UTF-8: such a
/// key must not be guessed at.
pub(crate) fn decode(text: &str) -> Option<String> {
    let mut out = Vec::with_capacity(text.len());
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        out.push(match byte {
            b'+' => b' ',
            b'%' => hex_digit(bytes.next()?)? << 4 | hex_digit(bytes.next()?)?,
            other => other,
        });
    }
    String::from_utf8(out).ok()
}

/// The value of a hexadecimal digit of either case.
pub(crate) fn hex_digit(byte: u8) -> Option<u8> {
    Some(char::from(byte).to_digit(16)? as u8)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_keeps_slashes_and_dots_and_encodes_the_rest_in_upper_case() {
        assert_eq!(path("a b+c%2F/../é//'()*!~"), "a%20b%2Bc%252F/../%C3%A9//%27%28%29%2A%21~");
        assert_eq!(path("/lead\u{1}\n?#&="), "/lead%01%0A%3F%23%26%3D");
    }

    #[test]
    fn a_query_value_encodes_the_slash_too() {
        assert_eq!(query("a/b c~"), "a%2Fb%20c~");
    }

    #[test]
    fn decoding_undoes_both_encodings_and_refuses_what_is_broken() {
        for key in ["a b+c%2F/../é//'()*!~", "/lead\u{1}\n?#&=", "", "日本"] {
            assert_eq!(decode(&path(key)).as_deref(), Some(key));
            assert_eq!(decode(&query(key)).as_deref(), Some(key));
        }
        assert_eq!(decode("a+b").as_deref(), Some("a b"));
        for malformed in ["%", "%2", "%zz", "%+1", "%FF"] {
            assert_eq!(decode(malformed), None, "{malformed}");
        }
    }

    #[test]
    fn hex_is_lower_case() {
        assert_eq!(hex(&[0, 0xab, 0x1f]), "00ab1f");
    }
}
