//! The policy of a POST form: what a browser may upload, as JSON.
//! <https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-HTTPPOSTConstructPolicy.html>

use std::fmt::Write as _;

use crate::headers::is_sensitive;

/// One rule that the fields of a form have to keep.
#[derive(Clone, PartialEq, Eq)]
pub(crate) enum Condition {
    /// This field has exactly this value.
    Is(String, String),
    /// This field begins so.
    StartsWith(String, String),
    /// The content's length in bytes, both ends included.
    Length(u64, u64),
}

impl Condition {
    /// The field that it is about.
    pub(crate) fn field(&self) -> Option<&str> {
        match self {
            Self::Is(name, _) | Self::StartsWith(name, _) => Some(name),
            Self::Length(..) => None,
        }
    }
}

impl std::fmt::Debug for Condition {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let shown = |name: &str, value: &str| {
            if is_sensitive(&name.to_ascii_lowercase()) { "(hidden)".into() } else { format!("{value:?}") }
        };
        match self {
            Self::Is(name, value) => write!(f, "{name} is {}", shown(name, value)),
            Self::StartsWith(name, value) => write!(f, "{name} starts with {}", shown(name, value)),
            Self::Length(least, most) => write!(f, "{least} to {most} bytes"),
        }
    }
}

/// The document that is signed. `expiration` is ISO 8601.
pub(crate) fn document<'a>(expiration: &str, conditions: impl IntoIterator<Item = &'a Condition>) -> String {
    let mut out = String::from("{\"expiration\":");
    string(&mut out, expiration);
    out.push_str(",\"conditions\":[");
    for (i, condition) in conditions.into_iter().enumerate() {
        if i > 0 {
            out.push(',');
        }
        match condition {
            Condition::Is(name, value) => array(&mut out, "eq", name, value),
            Condition::StartsWith(name, value) => array(&mut out, "starts-with", name, value),
            Condition::Length(least, most) => {
                out.push_str(&format!("[\"content-length-range\",{least},{most}]"));
            }
        }
    }
    out + "]}"
}

fn array(out: &mut String, operator: &str, name: &str, value: &str) {
    out.push('[');
    string(out, operator);
    out.push(',');
    string(out, &format!("${name}"));
    out.push(',');
    string(out, value);
    out.push(']');
}

/// A string of JSON. What is not ASCII stays as UTF-8: Ceph's parser takes `\u00e9` for one byte.
fn string(out: &mut String, text: &str) {
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            c if c < ' ' => {
                let _ = write!(out, "\\u{:04x}", u32::from(c)); // a String takes every write
            }
            other => out.push(other),
        }
    }
    out.push('"');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_document_is_json() {
        let conditions = [
            Condition::Is("bucket".into(), "b".into()),
            Condition::StartsWith("key".into(), "a\"\\\n\u{1}é/".into()),
            Condition::Length(1, 10),
        ];
        assert_eq!(
            document("2007-12-01T12:00:00.000Z", &conditions),
            "{\"expiration\":\"2007-12-01T12:00:00.000Z\",\"conditions\":[[\"eq\",\"$bucket\",\"b\"],\
             [\"starts-with\",\"$key\",\"a\\\"\\\\\\n\\u0001é/\"],[\"content-length-range\",1,10]]}"
        );
        assert_eq!(document("", &[]), "{\"expiration\":\"\",\"conditions\":[]}");
    }

    #[test]
    fn a_key_of_encryption_is_not_shown() {
        let name = "x-amz-server-side-encryption-customer-key";
        assert!(!format!("{:?}", Condition::Is(name.into(), "s3cr3t".into())).contains("s3cr3t"));
    }
}
