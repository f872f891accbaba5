//! A short list of headers, in order, with lower-case names.

use std::fmt;

/// Headers that hold an encryption key of the caller's, by their lower-case names.
const CUSTOMER_KEYS: [&str; 2] =
    ["x-amz-server-side-encryption-customer-key", "x-amz-copy-source-server-side-encryption-customer-key"];
/// Other headers whose values are secrets.
const SECRETS: [&str; 2] = ["authorization", "x-amz-security-token"];

/// Headers of a request, of an answer, or of an options struct. `{:?}` hides the secrets among them.
#[derive(Clone, Default, PartialEq, Eq)]
pub(crate) struct Headers(Vec<(String, String)>);

impl Headers {
    /// Adds a header, or replaces the one of that name.
    pub(crate) fn set(&mut self, name: &str, value: impl Into<String>) {
        let name = name.to_ascii_lowercase();
        let value = value.into();
        match self.0.iter_mut().find(|(n, _)| *n == name) {
            Some(header) => header.1 = value,
            None => self.0.push((name, value)),
        }
    }

    pub(crate) fn remove(&mut self, name: &str) {
        self.0.retain(|(n, _)| n != name);
    }

    /// Takes the conditions on the target out: an upload in parts has them at its end.
    pub(crate) fn take_conditions(&mut self) -> Headers {
        let is_condition = |(name, _): &(String, String)| name == "if-match" || name == "if-none-match";
        let (conditions, rest) = std::mem::take(&mut self.0).into_iter().partition(is_condition);
        self.0 = rest;
        Headers(conditions)
    }

    /// Adds a header beside any of the same name, as an answer may have it twice.
    pub(crate) fn append(&mut self, name: &str, value: String) {
        self.0.push((name.to_ascii_lowercase(), value));
    }

    /// The value of a header by its lower-case name; the first where there are several.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(n, _)| n == name).map(|(_, value)| value.as_str())
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }

    pub(crate) fn extend(&mut self, other: &Headers) {
        for (name, value) in other.iter() {
            self.set(name, value);
        }
    }

    pub(crate) fn into_vec(self) -> Vec<(String, String)> {
        self.0
    }

    /// The name of a header that holds a key of the caller's own, where there is one.
    pub(crate) fn customer_key(&self) -> Option<&str> {
        self.0.iter().map(|(name, _)| name.as_str()).find(|name| CUSTOMER_KEYS.contains(name))
    }

    /// The headers of a key of the caller's own: every request for the content needs them, each part of an
    /// upload too.
    pub(crate) fn of_customer_key(&self) -> Headers {
        let is_one = |name: &str| name.starts_with("x-amz-server-side-encryption-customer-");
        Headers(self.0.iter().filter(|(name, _)| is_one(name)).cloned().collect())
    }

    /// The values that no text for people may hold.
    pub(crate) fn secrets(&self) -> impl Iterator<Item = &str> {
        self.iter().filter(|(name, _)| is_secret(name)).map(|(_, value)| value)
    }
}

impl fmt::Debug for Headers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Shown(&self.0).fmt(f)
    }
}

/// Headers as `{:?}` may show them: the names, and the values that are no secrets.
pub(crate) struct Shown<'a>(pub(crate) &'a [(String, String)]);

impl fmt::Debug for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let pair = |(name, value)| (name, if is_secret(name) { "(hidden)" } else { value });
        f.debug_map()
            .entries(self.0.iter().map(|(name, value)| pair((name.as_str(), value.as_str()))))
            .finish()
    }
}

/// True for a header, by its lower-case name, that must not be shown.
pub(crate) fn is_secret(name: &str) -> bool {
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
        headers.append("X-Two", "1".into());
        headers.append("x-two", "2".into());
        assert_eq!(headers.get("content-type"), Some("b"));
        assert_eq!(headers.get("x-two"), Some("1"));
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
