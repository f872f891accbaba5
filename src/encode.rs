//! Percent-encoding as S3 requires it. URLs and both signature versions use these functions, so that they
//! agree.

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

/// Encodes a name or value for the query string: everything but `A-Za-z0-9-._~`.
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
            let _ = write!(out, "%{byte:02X}"); // writing to a String cannot fail
        }
    }
}

/// Returns bytes as lower-case hexadecimal digits.
pub(crate) fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let mut out = Vec::with_capacity(2 * bytes.len());
    for byte in bytes {
        out.extend([DIGITS[usize::from(byte >> 4)], DIGITS[usize::from(byte & 15)]]);
    }
    String::from_utf8(out).expect("digits are ASCII")
}

/// Decodes a key from a listing with `encoding-type=url`, in which `+` is a space.
///
/// Returns `None` if a `%` is not followed by two hexadecimal digits or the bytes are not UTF-8: guessing the
/// key could address another object.
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

/// Returns the value of a hexadecimal digit of either case.
pub(crate) fn hex_digit(byte: u8) -> Option<u8> {
    Some(char::from(byte).to_digit(16)? as u8)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn path_keeps_slashes_and_dots_and_encodes_in_upper_case() {
        assert_eq!(path("a b+c%2F/../é//'()*!~"), "a%20b%2Bc%252F/../%C3%A9//%27%28%29%2A%21~");
        assert_eq!(path("/lead\u{1}\n?#&="), "/lead%01%0A%3F%23%26%3D");
    }

    #[test]
    fn query_value_encodes_the_slash() {
        assert_eq!(query("a/b c~"), "a%2Fb%20c~");
    }

    #[test]
    fn decode_reverses_both_encodings_and_rejects_malformed_text() {
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
