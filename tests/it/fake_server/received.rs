//! A request as it came over the wire.

/// One request that the server has read.
#[derive(Clone, Debug)]
pub(crate) struct Received {
    /// On which connection it came, from 1.
    pub(crate) connection: usize,
    /// The request line and the headers, with the empty line at their end.
    pub(crate) head: String,
    pub(crate) body: Vec<u8>,
    /// The body came to its end.
    pub(crate) complete: bool,
}

impl Received {
    /// The request line: `GET /bucket/key HTTP/1.1`.
    pub(crate) fn line(&self) -> &str {
        self.head.lines().next().unwrap_or_default()
    }

    pub(crate) fn method(&self) -> &str {
        self.line().split(' ').next().unwrap_or_default()
    }

    /// The path with its query, as sent.
    pub(crate) fn target(&self) -> &str {
        self.line().split(' ').nth(1).unwrap_or_default()
    }

    pub(crate) fn path(&self) -> &str {
        self.target().split('?').next().unwrap_or_default()
    }

    /// The query's pairs, as sent; a name without `=` has an empty value.
    pub(crate) fn query(&self) -> Vec<(&str, &str)> {
        let query = self.target().split_once('?').map_or("", |(_, query)| query);
        let pairs = query.split('&').filter(|pair| !pair.is_empty());
        pairs.map(|pair| pair.split_once('=').unwrap_or((pair, ""))).collect()
    }

    pub(crate) fn query_value(&self, name: &str) -> Option<&str> {
        self.query().into_iter().find(|(n, _)| *n == name).map(|(_, value)| value)
    }

    /// All headers in order, names as sent.
    pub(crate) fn headers(&self) -> Vec<(&str, &str)> {
        self.head.lines().skip(1).filter_map(|line| line.split_once(": ")).collect()
    }

    /// All values of a header.
    pub(crate) fn all(&self, name: &str) -> Vec<&str> {
        let headers = self.headers().into_iter().filter(|(n, _)| n.eq_ignore_ascii_case(name));
        headers.map(|(_, value)| value).collect()
    }

    /// The value of a header, which must not be there twice.
    #[track_caller]
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let all = self.all(name);
        assert!(all.len() < 2, "{name} is there twice:\n{}", self.head);
        all.first().copied()
    }

    pub(crate) fn text(&self) -> &str {
        std::str::from_utf8(&self.body).unwrap()
    }
}
