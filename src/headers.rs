//! An ordered list of headers with lower-case names.

use std::fmt;

/// Headers that contain an encryption key provided by the caller (SSE-C).
const CUSTOMER_KEYS: [&str; 2] =
    ["x-amz-server-side-encryption-customer-key", "x-amz-copy-source-server-side-encryption-customer-key"];
/// The requester headers: who pays, and the expected owner of the bucket.
const REQUESTER: [&str; 2] = ["x-amz-request-payer", "x-amz-expected-bucket-owner"];
/// The conditions on the object that a request replaces.
const CONDITIONS: [&str; 2] = ["if-match", "if-none-match"];
/// Headers that proxies or servers change before the signature is verified. GCS changes `accept-encoding`, for example.
const REWRITTEN: [&str; 6] =
    ["accept-encoding", "expect", "forwarded", "user-agent", "via", "x-amzn-trace-id"];
/// Other headers with sensitive values.
const CREDENTIALS: [&str; 2] = ["authorization", "x-amz-security-token"];

/// The headers of a request, a response or an options struct. `Debug` redacts sensitive values.
///
/// All names and values are stored in one string, which needs two allocations instead of two per header.
#[derive(Clone, Default)]
pub(crate) struct Headers {
    text: String,
    spans: Vec<Span>,
}

/// The position of a header in the string: its name ends where its value starts.
#[derive(Clone, Copy)]
struct Span {
    start: usize,
    value: usize,
    end: usize,
}

impl Headers {
    /// Creates an empty list with capacity for `count` headers of `len` bytes in total.
    pub(crate) fn with_capacity(count: usize, len: usize) -> Self {
        Self { text: String::with_capacity(len), spans: Vec::with_capacity(count) }
    }

    /// Clones the headers with capacity for those that a signature adds.
    pub(crate) fn clone_for_signing(&self) -> Self {
        let mut headers = Self::with_capacity(self.spans.len() + 4, self.text.len() + 512);
        headers.text.push_str(&self.text);
        headers.spans.extend_from_slice(&self.spans);
        headers
    }

    /// Sets a header, replacing any header with this name.
    pub(crate) fn set(&mut self, name: &str, value: impl Into<String>) {
        self.set_str(name, &value.into());
    }

    /// Sets a header, as [`set`](Self::set) does, from a borrowed value.
    pub(crate) fn set_str(&mut self, name: &str, value: &str) {
        let span = self.write(name, value);
        let name = &self.text[span.start..span.value];
        match self.spans.iter_mut().find(|old| self.text[old.start..old.value] == *name) {
            Some(old) => *old = span, // the replaced text stays in the string, unused
            None => self.spans.push(span),
        }
    }

    /// Adds a header and keeps any others with this name: a response may repeat a header.
    pub(crate) fn append(&mut self, name: &str, value: &str) {
        let span = self.write(name, value);
        self.spans.push(span);
    }

    fn write(&mut self, name: &str, value: &str) -> Span {
        let start = self.text.len();
        self.text.push_str(name);
        self.text[start..].make_ascii_lowercase();
        let value_start = self.text.len();
        self.text.push_str(value);
        Span { start, value: value_start, end: self.text.len() }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.spans.is_empty()
    }

    pub(crate) fn remove(&mut self, name: &str) {
        self.spans.retain(|span| self.text[span.start..span.value] != *name);
    }

    /// Removes the conditions on the target and returns them with the requester headers: what the completion
    /// of a multipart upload sends.
    pub(crate) fn split_off_conditions(&mut self) -> Self {
        let conditions = self.filtered(|name| {
            CONDITIONS.contains(&name) || is_customer_key(name) || REQUESTER.contains(&name)
        });
        for name in CONDITIONS {
            self.remove(name);
        }
        conditions
    }

    /// Returns `true` if there is a condition on the object that the request replaces.
    pub(crate) fn has_conditions(&self) -> bool {
        self.iter().any(|(name, _)| CONDITIONS.contains(&name))
    }

    /// Returns `true` if the request locks the object that it stores.
    pub(crate) fn has_object_lock(&self) -> bool {
        self.iter().any(|(name, _)| name.starts_with("x-amz-object-lock-"))
    }

    fn filtered(&self, keep: impl Fn(&str) -> bool) -> Self {
        self.iter().filter(|(name, _)| keep(name)).collect()
    }

    /// Returns the value of the header with this lower-case name, or the first value if it is repeated.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        // compares the lengths first, because each response is searched for about twenty names
        let is_it = |span: &&Span| {
            span.value - span.start == name.len() && self.text[span.start..span.value] == *name
        };
        self.spans.iter().find(is_it).map(|span| &self.text[span.value..span.end])
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.spans.iter().map(|span| (&self.text[span.start..span.value], &self.text[span.value..span.end]))
    }

    pub(crate) fn extend(&mut self, other: &Self) {
        for (name, value) in other.iter() {
            self.set_str(name, value);
        }
    }

    pub(crate) fn to_vec(&self) -> Vec<(String, String)> {
        self.iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
    }

    /// Returns the name of the first header that contains an encryption key of the caller, if there is one.
    pub(crate) fn customer_key_name(&self) -> Option<&str> {
        self.iter().map(|(name, _)| name).find(|name| CUSTOMER_KEYS.contains(name))
    }

    /// Returns the requester headers, which every request of a multipart upload must send.
    pub(crate) fn requester(&self) -> Self {
        self.filtered(|name| REQUESTER.contains(&name))
    }

    /// Returns the headers that every request for the content must send, each part included: those of a
    /// customer key, and the requester headers.
    pub(crate) fn for_each_part(&self) -> Self {
        self.filtered(|name| is_customer_key(name) || REQUESTER.contains(&name))
    }

    /// Returns the sensitive values, which must not appear in an error text or a log.
    pub(crate) fn secrets(&self) -> impl Iterator<Item = &str> {
        self.iter().filter(|(name, _)| is_sensitive(name)).map(|(_, value)| value)
    }
}

fn is_customer_key(name: &str) -> bool {
    name.starts_with("x-amz-server-side-encryption-customer-")
}

impl<'a> FromIterator<(&'a str, &'a str)> for Headers {
    fn from_iter<T: IntoIterator<Item = (&'a str, &'a str)>>(pairs: T) -> Self {
        let mut headers = Self::default();
        for (name, value) in pairs {
            headers.append(name, value);
        }
        headers
    }
}

impl PartialEq for Headers {
    fn eq(&self, other: &Self) -> bool {
        self.iter().eq(other.iter())
    }
}

impl Eq for Headers {}

impl fmt::Debug for Headers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt_redacted(self.iter(), f)
    }
}

/// Formats headers for `Debug` with sensitive values redacted.
pub(crate) struct Redacted<'a>(pub(crate) &'a [(String, String)]);

impl fmt::Debug for Redacted<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt_redacted(self.0.iter().map(|(name, value)| (name.as_str(), value.as_str())), f)
    }
}

fn fmt_redacted<'a>(
    headers: impl Iterator<Item = (&'a str, &'a str)>,
    f: &mut fmt::Formatter<'_>,
) -> fmt::Result {
    let redacted = headers.map(|(name, value)| (name, if is_sensitive(name) { "(hidden)" } else { value }));
    f.debug_map().entries(redacted).finish()
}

/// Returns `true` if the header with this lower-case name may arrive with another value, so that no signature may
/// cover it.
pub(crate) fn may_be_rewritten(name: &str) -> bool {
    REWRITTEN.contains(&name) || name.starts_with("x-forwarded-")
}

/// Returns `true` if the value of the header with this lower-case name must not appear in a log.
pub(crate) fn is_sensitive(name: &str) -> bool {
    CUSTOMER_KEYS.contains(&name) || CREDENTIALS.contains(&name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_lower_case_and_set_replaces_a_value() {
        let mut headers = Headers::default();
        headers.set("Content-Type", "a");
        headers.set("content-type", "b");
        headers.append("X-Two", "1");
        headers.append("x-two", "2");
        assert_eq!(headers.get("content-type"), Some("b"));
        assert_eq!(headers.get("x-two"), Some("1"));
        assert_eq!(headers.iter().count(), 3);
    }

    #[test]
    fn multipart_upload_sends_requester_headers_always_and_conditions_at_the_end() {
        let mut headers = Headers::default();
        for (name, value) in [
            ("content-type", "text/plain"),
            ("x-amz-request-payer", "requester"),
            ("if-none-match", "*"),
            ("x-amz-server-side-encryption-customer-key-md5", "m"),
        ] {
            headers.set_str(name, value);
        }
        let names = |headers: &Headers| headers.iter().map(|(name, _)| name.to_owned()).collect::<Vec<_>>();
        assert_eq!(names(&headers.requester()), ["x-amz-request-payer"]);
        let part = headers.for_each_part();
        assert_eq!(names(&part), ["x-amz-request-payer", "x-amz-server-side-encryption-customer-key-md5"]);
        // Ceph 20 requires the customer key of an upload to complete it
        let last = headers.split_off_conditions();
        let key = "x-amz-server-side-encryption-customer-key-md5";
        assert_eq!(names(&last), ["x-amz-request-payer", "if-none-match", key]);
        assert_eq!((headers.get("if-none-match"), headers.iter().count()), (None, 3));
    }

    #[test]
    fn debug_redacts_keys_and_credentials() {
        let mut headers = Headers::default();
        headers.set("X-Amz-Server-Side-Encryption-Customer-Key", "s3cr3t");
        headers.set("Authorization", "s3cr3t");
        headers.set("content-type", "text/plain");
        let text = format!("{headers:?}");
        assert!(!text.contains("s3cr3t") && text.contains("\"content-type\": \"text/plain\""), "{text}");
        assert_eq!(headers.secrets().count(), 2);
        assert_eq!(headers.customer_key_name(), Some("x-amz-server-side-encryption-customer-key"));
    }
}
