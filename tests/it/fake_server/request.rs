//! A request as it was received.

/// A request that the server has read.
#[derive(Clone, Debug)]
pub(crate) struct Request {
    /// The number of the connection that it was received on, counted from 1.
    pub(crate) connection: usize,
    /// The request line and the headers, including the empty line that ends them.
    pub(crate) head: String,
    pub(crate) body: Vec<u8>,
    /// Whether the whole body was received.
    pub(crate) complete: bool,
}

impl Request {
    /// Returns the request line, such as `GET /bucket/key HTTP/1.1`.
    pub(crate) fn line(&self) -> &str {
        self.head.lines().next().unwrap_or_default()
    }

    pub(crate) fn method(&self) -> &str {
        self.line().split(' ').next().unwrap_or_default()
    }

    /// Returns the path and the query as sent.
    pub(crate) fn target(&self) -> &str {
        self.line().split(' ').nth(1).unwrap_or_default()
    }

    pub(crate) fn path(&self) -> &str {
        self.target().split('?').next().unwrap_or_default()
    }

    /// Returns the pairs of the query as sent. A name without `=` has an empty value.
    pub(crate) fn query(&self) -> Vec<(&str, &str)> {
        let query = self.target().split_once('?').map_or("", |(_, query)| query);
        let pairs = query.split('&').filter(|pair| !pair.is_empty());
        pairs.map(|pair| pair.split_once('=').unwrap_or((pair, ""))).collect()
    }

    pub(crate) fn query_value(&self, name: &str) -> Option<&str> {
        self.query().into_iter().find(|(n, _)| *n == name).map(|(_, value)| value)
    }

    /// Returns all headers in order, with their names as sent.
    pub(crate) fn headers(&self) -> Vec<(&str, &str)> {
        self.head.lines().skip(1).filter_map(|line| line.split_once(": ")).collect()
    }

    /// Returns all values of a header.
    pub(crate) fn header_values(&self, name: &str) -> Vec<&str> {
        let headers = self.headers().into_iter().filter(|(n, _)| n.eq_ignore_ascii_case(name));
        headers.map(|(_, value)| value).collect()
    }

    /// Returns the value of a header and panics if it was sent more than once.
    #[track_caller]
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let values = self.header_values(name);
        assert!(values.len() < 2, "{name} was sent twice:\n{}", self.head);
        values.first().copied()
    }

    pub(crate) fn text(&self) -> &str {
        std::str::from_utf8(&self.body).unwrap()
    }
}
