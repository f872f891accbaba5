//! The policy of a POST form: a JSON document that states what a browser may upload.
//! <https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-HTTPPOSTConstructPolicy.html>

use std::fmt::Write as _;

use crate::headers::is_sensitive;

/// A condition that the fields or the content of a form must satisfy.
#[derive(Clone, PartialEq, Eq)]
pub(crate) enum Condition {
    /// The field must have exactly this value.
    Is(String, String),
    /// The value of the field must start with this prefix.
    StartsWith(String, String),
    /// The minimum and maximum length of the content in bytes.
    Length(u64, u64),
}

impl Condition {
    /// Returns the name of the field that the condition applies to, if it applies to one.
    pub(crate) fn field(&self) -> Option<&str> {
        match self {
            Self::Is(name, _) | Self::StartsWith(name, _) => Some(name),
            Self::Length(..) => None,
        }
    }
}

impl std::fmt::Debug for Condition {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let redacted = |name: &str, value: &str| {
            if is_sensitive(&name.to_ascii_lowercase()) { "(hidden)".into() } else { format!("{value:?}") }
        };
        match self {
            Self::Is(name, value) => write!(f, "{name} is {}", redacted(name, value)),
            Self::StartsWith(name, value) => write!(f, "{name} starts with {}", redacted(name, value)),
            Self::Length(min, max) => write!(f, "{min} to {max} bytes"),
        }
    }
}

/// Returns the policy document to sign. `expiration` is in ISO 8601.
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
            Condition::Length(min, max) => {
                out.push_str(&format!("[\"content-length-range\",{min},{max}]"));
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

/// Appends a JSON string. Characters that are not ASCII are written in UTF-8, because the parser of Ceph
/// decodes `\u00e9` to a single byte.
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
                let _ = write!(out, "\\u{:04x}", u32::from(c)); // writing to a String cannot fail
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
    fn document_is_json() {
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
    fn debug_redacts_encryption_keys() {
        let name = "x-amz-server-side-encryption-customer-key";
        assert!(!format!("{:?}", Condition::Is(name.into(), "s3cr3t".into())).contains("s3cr3t"));
    }
}
