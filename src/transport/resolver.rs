//! Resolves host names to addresses: `localhost` without a lookup, other names with a cache.

use std::collections::HashMap;
use std::fmt;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, ToSocketAddrs as _};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use ureq::config::Config;
use ureq::http::Uri;
use ureq::unversioned::resolver::{ResolvedSocketAddrs, Resolver};
use ureq::unversioned::transport::NextTimeout;

/// How long a result of the system's resolver is cached.
///
/// ureq resolves the name before every request, even if it then uses an idle connection. Without a cache,
/// this halves the rate of small requests.
const TTL: Duration = Duration::from_secs(30);
/// The maximum number of addresses that ureq accepts.
const MAX_ADDRESSES: usize = 16;

type Cache = HashMap<(String, u16), (Vec<SocketAddr>, Instant)>;

/// A resolver with a cache that all clones of a client share.
#[derive(Clone, Default)]
pub(super) struct CachingResolver(Arc<Mutex<Cache>>);

/// The system's resolver failed to resolve a name.
///
/// The wrapper distinguishes this error from other I/O errors once it has passed through ureq.
#[derive(Debug)]
pub(super) struct LookupFailed(io::Error);

impl LookupFailed {
    pub(super) fn new(error: io::Error) -> Self {
        Self(error)
    }
}

impl fmt::Display for LookupFailed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl std::error::Error for LookupFailed {}

impl CachingResolver {
    /// Clears the cache. Called after a failed connection, because the addresses may be out of date.
    pub(super) fn clear(&self) {
        self.cache().clear();
    }

    fn cache(&self) -> std::sync::MutexGuard<'_, Cache> {
        // The map is consistent between any two of its method calls, so a poisoned lock is harmless.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn lookup(&self, host: &str, port: u16) -> io::Result<Vec<SocketAddr>> {
        if is_localhost(host) {
            let loopback = [IpAddr::V4(Ipv4Addr::LOCALHOST), IpAddr::V6(Ipv6Addr::LOCALHOST)];
            return Ok(loopback.map(|ip| SocketAddr::new(ip, port)).to_vec());
        }
        // A URI has brackets around an IPv6 address, `IpAddr` and the system's resolver have none.
        let host = host.trim_matches(['[', ']']);
        if let Ok(ip) = host.parse::<IpAddr>() {
            return Ok(vec![SocketAddr::new(ip, port)]);
        }
        let name = (host.to_owned(), port);
        if let Some((addresses, since)) = self.cache().get(&name)
            && since.elapsed() < TTL
        {
            return Ok(addresses.clone());
        }
        // The lock is not held during the lookup, so that a slow name server does not block other names.
        let addresses: Vec<SocketAddr> = (host, port).to_socket_addrs()?.take(MAX_ADDRESSES).collect();
        if addresses.is_empty() {
            return Err(io::Error::other("the host name has no addresses"));
        }
        let mut cache = self.cache();
        // With virtual-hosted addressing every bucket has a host name of its own, so expired entries are
        // removed before they accumulate.
        cache.retain(|_, (_, since)| since.elapsed() < TTL);
        cache.insert(name, (addresses.clone(), Instant::now()));
        drop(cache);
        Ok(addresses)
    }
}

impl Resolver for CachingResolver {
    // The timeout is ignored: the system's resolver has none, and enforcing one would need a thread per
    // lookup.
    fn resolve(&self, uri: &Uri, _: &Config, _: NextTimeout) -> Result<ResolvedSocketAddrs, ureq::Error> {
        let host = uri.host().ok_or(ureq::Error::HostNotFound)?;
        let default_port = if uri.scheme_str() == Some("https") { 443 } else { 80 };
        let port = uri.port_u16().unwrap_or(default_port);
        let addresses = self
            .lookup(host, port)
            .map_err(|error| ureq::Error::Other(Box::new(LookupFailed::new(error))))?;
        let mut out = self.empty();
        for address in addresses {
            out.push(address);
        }
        Ok(out)
    }
}

impl fmt::Debug for CachingResolver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CachingResolver")
    }
}

/// Returns `true` for `localhost` and all names below it.
///
/// RFC 6761, section 6.3, reserves these names for the loopback address. Virtual-hosted buckets of a local
/// server therefore need no entry in the hosts file.
fn is_localhost(host: &str) -> bool {
    let top_label = host.trim_end_matches('.').rsplit('.').next().unwrap_or_default();
    top_label.eq_ignore_ascii_case("localhost")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn localhost_and_names_below_it_are_loopback() {
        let resolver = CachingResolver::default();
        for host in ["localhost", "my-bucket.s3.localhost", "LOCALHOST."] {
            let addresses = resolver.lookup(host, 80).unwrap();
            assert!(addresses.iter().all(|address| address.ip().is_loopback()), "{host}");
        }
        assert!(!is_localhost("localhost.example.com") && !is_localhost("mylocalhost"));
    }

    #[test]
    fn addresses_need_no_lookup_and_names_are_cached_until_cleared() {
        let resolver = CachingResolver::default();
        assert_eq!(resolver.lookup("[::1]", 7).unwrap(), ["[::1]:7".parse().unwrap()]);
        assert_eq!(resolver.lookup("127.0.0.1", 8).unwrap(), ["127.0.0.1:8".parse().unwrap()]);
        assert_eq!(resolver.cache().len(), 0);
        let cached = vec!["192.0.2.1:9".parse().unwrap()];
        // RFC 6761: no name server resolves `.invalid`
        resolver.cache().insert(("cached.invalid".into(), 9), (cached.clone(), Instant::now()));
        assert_eq!(resolver.lookup("cached.invalid", 9).unwrap(), cached);
        resolver.clear();
        assert_eq!(resolver.cache().len(), 0);
    }
}
