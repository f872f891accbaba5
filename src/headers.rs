//! A short list of headers, in order, with lower-case names.

/// Headers of a request, of an answer, or of an options struct.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
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
}
