//! The hosts that are reached without a proxy: `NO_PROXY`, as curl interprets it.

use std::net::IpAddr;

/// The entries of a `NO_PROXY` variable.
#[derive(Clone, Debug, Default)]
pub(crate) struct NoProxy(Vec<Entry>);

#[derive(Clone, Debug)]
enum Entry {
    All,
    /// A host name, and all names below it, in lower case and without leading and trailing dots.
    Domain {
        name: String,
        port: Option<u16>,
    },
    /// An address, or the addresses that have their first `bits` bits in common with it.
    Network {
        address: IpAddr,
        bits: u8,
        port: Option<u16>,
    },
}

impl NoProxy {
    /// Parses a list that is separated by commas, spaces or both.
    ///
    /// `*` is special only if it is the whole list, and an invalid entry matches nothing, as in curl. Unlike in
    /// curl, an entry may end in a port, an IPv6 address may have brackets, and `/0` means every address of the
    /// family.
    pub(crate) fn parse(text: &str) -> Self {
        if text.trim() == "*" {
            return Self(vec![Entry::All]);
        }
        let entries = text.split(|c: char| c == ',' || c.is_ascii_whitespace());
        Self(entries.filter(|entry| !entry.is_empty()).filter_map(Entry::parse).collect())
    }

    /// Returns `true` if the host, as in a URI, is reached without a proxy.
    pub(crate) fn contains(&self, host: &str, port: u16) -> bool {
        let host = host.trim_matches(['[', ']']);
        let address = host.parse::<IpAddr>().ok();
        let host = host.trim_end_matches('.').to_ascii_lowercase();
        self.0.iter().any(|entry| entry.matches(&host, address, port))
    }
}

impl Entry {
    fn parse(text: &str) -> Option<Self> {
        // An IPv6 address without brackets has no port: its last group looks like one.
        if let Some(network) = network(text, None) {
            return Some(network);
        }
        let (host, port) = match text.rsplit_once(':') {
            Some((host, port)) => (host, Some(port.parse().ok()?)),
            None => (text, None),
        };
        let unbracketed = host.strip_prefix('[').and_then(|host| host.strip_suffix(']'));
        if let Some(network) = network(unbracketed.unwrap_or(host), port) {
            return Some(network);
        }
        let name = host.trim_matches('.').to_ascii_lowercase();
        let valid = !name.is_empty() && !name.contains(['/', ':', '[', ']']);
        valid.then_some(Self::Domain { name, port })
    }

    fn matches(&self, host: &str, address: Option<IpAddr>, of_host: u16) -> bool {
        match self {
            Self::All => true,
            Self::Domain { name, port } => {
                let is_below = |host: &str| {
                    host.strip_suffix(name.as_str())
                        .is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
                };
                address.is_none() && is_below(host) && port.is_none_or(|port| port == of_host)
            }
            Self::Network { address: network, bits, port } => {
                let common = address.and_then(|address| common_bits(address, *network));
                common.is_some_and(|common| common >= u32::from(*bits))
                    && port.is_none_or(|port| port == of_host)
            }
        }
    }
}

/// Parses `address` or `address/bits`.
fn network(text: &str, port: Option<u16>) -> Option<Entry> {
    let (address, bits) = match text.split_once('/') {
        Some((address, bits)) => (address, Some(bits.parse::<u8>().ok()?)),
        None => (text, None),
    };
    let address: IpAddr =
        address.strip_prefix('[').and_then(|a| a.strip_suffix(']')).unwrap_or(address).parse().ok()?;
    let length = if address.is_ipv4() { 32 } else { 128 };
    let bits = bits.unwrap_or(length);
    (bits <= length).then_some(Entry::Network { address, bits, port })
}

/// Returns how many of their first bits two addresses of the same family have in common.
fn common_bits(one: IpAddr, other: IpAddr) -> Option<u32> {
    match (one, other) {
        (IpAddr::V4(one), IpAddr::V4(other)) => Some((one.to_bits() ^ other.to_bits()).leading_zeros()),
        (IpAddr::V6(one), IpAddr::V6(other)) => Some((one.to_bits() ^ other.to_bits()).leading_zeros()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_match_as_in_curl() {
        // Compared with curl 7.88, which does not match networks of IPv6 addresses, however.
        for (list, host, expected) in [
            ("*", "s3.example.com", true),
            ("*,a.test", "s3.example.com", false),
            ("example.com", "example.com", true),
            ("example.com", "s3.Example.COM", true),
            ("example.com", "s3.example.com.", true),
            ("EXAMPLE.com.", "s3.example.com", true),
            (".example.com", "s3.example.com", true),
            (".example.com", "example.com", true),
            ("example.com", "notexample.com", false),
            ("example.com", "example.com.evil.test", false),
            ("*.example.com", "s3.example.com", false),
            ("a.test, b.test\tc.test", "b.test", true),
            ("a.test, b.test\tc.test", "c.test", true),
            ("a.test,,b.test", "d.test", false),
            ("", "example.com", false),
            (",", "example.com", false),
            ("127.0.0.1", "127.0.0.1", true),
            ("127.0.0.1", "127.0.0.2", false),
            ("0.0.1", "127.0.0.1", false),
            ("10.0.0.0/8", "10.255.0.1", true),
            ("10.0.0.0/8", "11.0.0.1", false),
            ("10.0.0.0/33", "10.0.0.0", false),
            ("10.0.0.0/x", "10.0.0.0", false),
            ("10.0.0.0/8", "10.example.com", false),
            ("::1", "[::1]", true),
            ("0:0::1", "[::1]", true),
            ("fe80::/10", "[febf::1]", true),
            ("fe80::/10", "[fec0::1]", false),
            ("0.0.0.0/0", "[::1]", false),
            ("::/0", "127.0.0.1", false),
        ] {
            assert_eq!(NoProxy::parse(list).contains(host, 443), expected, "{list:?} {host}");
        }
    }

    #[test]
    fn entries_may_have_a_port_and_brackets() {
        for (list, host, port, expected) in [
            ("example.com:8443", "s3.example.com", 8443, true),
            ("example.com:8443", "s3.example.com", 443, false),
            ("127.0.0.1:80", "127.0.0.1", 80, true),
            ("127.0.0.1:80", "127.0.0.1", 81, false),
            ("[::1]", "[::1]", 80, true),
            ("[::1]:80", "[::1]", 80, true),
            ("[::1]:80", "[::1]", 81, false),
            ("example.com:port", "example.com", 80, false),
        ] {
            assert_eq!(NoProxy::parse(list).contains(host, port), expected, "{list:?} {host}:{port}");
        }
    }
}
