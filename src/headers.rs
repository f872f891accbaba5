//! A short list of headers, in order, with lower-case names.

use std::fmt;

/// Headers that hold an encryption key of the caller's, by their lower-case names.
const CUSTOMER_KEYS: [&str; 2] =
    ["x-amz-server-side-encryption-customer-key", "x-amz-copy-source-server-side-encryption-customer-key"];
/// Who pays, and whose bucket it must be.
const REQUESTER: [&str; 2] = ["x-amz-request-payer", "x-amz-expected-bucket-owner"];
/// Other headers whose values are secrets.
const SECRETS: [&str; 2] = ["authorization", "x-amz-security-token"];

/// Headers of a request, of an answer, or of an options struct. `{:?}` hides the secrets among them.
///
/// All names and values lie in one text, so that a handful of headers is two allocations and not twenty.
#[derive(Clone, Default)]
pub(crate) struct Headers {
    text: String,
    spans: Vec<Span>,
}

/// Where a header lies in the text; its name ends where its value begins.
#[derive(Clone, Copy)]
struct Span {
    start: usize,
    value: usize,
    end: usize,
}

impl Headers {
    /// Makes room for headers of this length in all.
    pub(crate) fn with_capacity(count: usize, len: usize) -> Self {
        Self { text: String::with_capacity(len), spans: Vec::with_capacity(count) }
    }

    /// The same headers, with room for those that a signature adds.
    pub(crate) fn to_be_signed(&self) -> Self {
        let mut headers = Self::with_capacity(self.spans.len() + 4, self.text.len() + 512);
        headers.text.push_str(&self.text);
        headers.spans.extend_from_slice(&self.spans);
        headers
    }

    /// Adds a header, or replaces the one of that name.
    pub(crate) fn set(&mut self, name: &str, value: impl Into<String>) {
        self.put(name, &value.into());
    }

    /// The same with a value that is only borrowed.
    pub(crate) fn put(&mut self, name: &str, value: &str) {
        let span = self.write(name, value);
        let name = &self.text[span.start..span.value];
        match self.spans.iter_mut().find(|old| self.text[old.start..old.value] == *name) {
            Some(old) => *old = span,
            None => self.spans.push(span),
        }
    }

    /// Adds a header beside any of the same name, as an answer may have it twice.
    pub(crate) fn append(&mut self, name: &str, value: &str) {
        let span = self.write(name, value);
        self.spans.push(span);
    }

    fn write(&mut self, name: &str, value: &str) -> Span {
        let start = self.text.len();
        self.text.push_str(name);
        self.text[start..].make_ascii_lowercase();
        let middle = self.text.len();
        self.text.push_str(value);
        Span { start, value: middle, end: self.text.len() }
    }

    pub(crate) fn remove(&mut self, name: &str) {
        self.spans.retain(|span| self.text[span.start..span.value] != *name);
    }

    /// Takes the conditions on the target out: an upload in parts has them at its end. With them is who asks.
    pub(crate) fn take_conditions(&mut self) -> Headers {
        const CONDITIONS: [&str; 2] = ["if-match", "if-none-match"];
        let end = self.only(|name| CONDITIONS.contains(&name) || REQUESTER.contains(&name));
        for name in CONDITIONS {
            self.remove(name);
        }
        end
    }

    fn only(&self, wanted: impl Fn(&str) -> bool) -> Headers {
        self.iter().filter(|(name, _)| wanted(name)).collect()
    }

    /// The value of a header by its lower-case name; the first where there are several.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.iter().find(|(n, _)| *n == name).map(|(_, value)| value)
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.spans.iter().map(|span| (&self.text[span.start..span.value], &self.text[span.value..span.end]))
    }

    pub(crate) fn extend(&mut self, other: &Headers) {
        for (name, value) in other.iter() {
            self.put(name, value);
        }
    }

    pub(crate) fn to_vec(&self) -> Vec<(String, String)> {
        self.iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
    }

    /// The name of a header that holds a key of the caller's own, where there is one.
    pub(crate) fn customer_key(&self) -> Option<&str> {
        self.iter().map(|(name, _)| name).find(|name| CUSTOMER_KEYS.contains(name))
    }

    /// The headers that every request for the content needs, each part of an upload too: those of a key of the
    /// caller's own, and who asks.
    pub(crate) fn for_each_part(&self) -> Headers {
        let of_key = |name: &str| name.starts_with("x-amz-server-side-encryption-customer-");
        self.only(|name| of_key(name) || REQUESTER.contains(&name))
    }

    /// Who pays, and whose bucket it must be: what the requests beside the content need as well.
    pub(crate) fn of_requester(&self) -> Headers {
        self.only(|name| REQUESTER.contains(&name))
    }

    /// The values that no text for people may hold.
    pub(crate) fn secrets(&self) -> impl Iterator<Item = &str> {
        self.iter().filter(|(name, _)| is_sensitive(name)).map(|(_, value)| value)
    }
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
        show(self.iter(), f)
    }
}

/// Headers as `{:?}` may show them: the names, and the values that are no secrets.
pub(crate) struct Redacted<'a>(pub(crate) &'a [(String, String)]);

impl fmt::Debug for Redacted<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        show(self.0.iter().map(|(name, value)| (name.as_str(), value.as_str())), f)
    }
}

fn show<'a>(headers: impl Iterator<Item = (&'a str, &'a str)>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let shown = headers.map(|(name, value)| (name, if is_sensitive(name) { "(hidden)" } else { value }));
    f.debug_map().entries(shown).finish()
}

/// True for a header, by its lower-case name, that must not be shown.
pub(crate) fn is_sensitive(name: &str) -> bool {
    CUSTOMER_KEYS.contains(&name) || SECRETS.contains(&name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_lower_case_and_set_replaces() {
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
    fn an_upload_in_parts_says_with_each_request_who_asks_and_its_conditions_at_the_end() {
        let mut headers = Headers::default();
        for (name, value) in [
            ("content-type", "text/plain"),
            ("x-amz-request-payer", "requester"),
            ("if-none-match", "*"),
            ("x-amz-server-side-encryption-customer-key-md5", "m"),
        ] {
            headers.put(name, value);
        }
        let names = |headers: &Headers| headers.iter().map(|(name, _)| name.to_owned()).collect::<Vec<_>>();
        assert_eq!(names(&headers.of_requester()), ["x-amz-request-payer"]);
        let part = headers.for_each_part();
        assert_eq!(names(&part), ["x-amz-request-payer", "x-amz-server-side-encryption-customer-key-md5"]);
        let end = headers.take_conditions();
        assert_eq!(names(&end), ["x-amz-request-payer", "if-none-match"]);
        assert_eq!(headers.get("if-none-match"), None);
        assert_eq!(headers.iter().count(), 3);
    }

    #[test]
    fn debug_hides_keys_and_tokens() {
        let mut headers = Headers::default();
        headers.set("X-Amz-Server-Side-Encryption-Customer-Key", "s3cr3t");
        headers.set("Authorization", "s3cr3t");
        headers.set("content-type", "text/plain");
        let text = format!("{headers:?}");
        assert!(!text.contains("s3cr3t") && text.contains("\"content-type\": \"text/plain\""), "{text}");
        assert_eq!(headers.secrets().count(), 2);
        assert_eq!(headers.customer_key(), Some("x-amz-server-side-encryption-customer-key"));
    }
}
