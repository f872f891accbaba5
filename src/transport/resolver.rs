//! Names to addresses: `localhost` without asking anybody, the rest once in a while.

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

/// How long an answer of the system's resolver is believed. Without this, ureq asks before every request,
/// on an open connection too, which halves the rate of small ones.
const KEEP: Duration = Duration::from_secs(30);
/// What ureq takes of a name's addresses.
const MAX_ADDRESSES: usize = 16;

type Cache = HashMap<(String, u16), (Vec<SocketAddr>, Instant)>;

/// Looks names up, and remembers them for all clones of a client.
#[derive(Clone, Default)]
pub(super) struct CachingResolver(Arc<Mutex<Cache>>);

/// The system's resolver could not find a name.
#[derive(Debug)]
pub(super) struct LookupFailed(io::Error);

impl fmt::Display for LookupFailed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl std::error::Error for LookupFailed {}

impl CachingResolver {
    /// Forgets all names, as a connection to what they stood for failed.
    pub(super) fn forget(&self) {
        self.cache().clear();
    }

    fn cache(&self) -> std::sync::MutexGuard<'_, Cache> {
        // a map is whole after any panic between its calls
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn look_up(&self, host: &str, port: u16) -> io::Result<Vec<SocketAddr>> {
        if is_localhost(host) {
            let loopback = [IpAddr::V4(Ipv4Addr::LOCALHOST), IpAddr::V6(Ipv6Addr::LOCALHOST)];
            return Ok(loopback.map(|ip| SocketAddr::new(ip, port)).to_vec());
        }
        let host = host.trim_matches(['[', ']']);
        if let Ok(ip) = host.parse::<IpAddr>() {
            return Ok(vec![SocketAddr::new(ip, port)]);
        }
        let name = (host.to_owned(), port);
        if let Some((addresses, since)) = self.cache().get(&name) {
            if since.elapsed() < KEEP {
                return Ok(addresses.clone());
            }
        }
        // not under the lock: a slow answer for one name must not hold up another
        let addresses: Vec<SocketAddr> = (host, port).to_socket_addrs()?.take(MAX_ADDRESSES).collect();
        if addresses.is_empty() {
            return Err(io::Error::other("the name has no address"));
        }
        let mut cache = self.cache();
        // in virtual-hosted style every bucket is a name
        cache.retain(|_, (_, since)| since.elapsed() < KEEP);
        cache.insert(name, (addresses.clone(), Instant::now()));
        drop(cache);
        Ok(addresses)
    }
}

impl Resolver for CachingResolver {
    fn resolve(&self, uri: &Uri, _: &Config, _: NextTimeout) -> Result<ResolvedSocketAddrs, ureq::Error> {
        let host = uri.host().ok_or(ureq::Error::HostNotFound)?;
        let default_port = if uri.scheme_str() == Some("https") { 443 } else { 80 };
        let port = uri.port_u16().unwrap_or(default_port);
        let addresses =
            self.look_up(host, port).map_err(|error| ureq::Error::Other(Box::new(LookupFailed(error))))?;
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

/// RFC 6761, section 6.3: `localhost` and every name below it is this machine, whatever a server says.
/// So virtual-hosted buckets of a server on this machine need no entry in a hosts file.
fn is_localhost(host: &str) -> bool {
    let top = host.trim_end_matches('.').rsplit('.').next().unwrap_or_default();
    top.eq_ignore_ascii_case("localhost")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn localhost_and_all_below_it_is_this_machine() {
        let resolver = CachingResolver::default();
        for host in ["localhost", "my-bucket.s3.localhost", "LOCALHOST."] {
            let addresses = resolver.look_up(host, 80).unwrap();
            assert!(addresses.iter().all(|address| address.ip().is_loopback()), "{host}");
        }
        assert!(!is_localhost("localhost.example.com") && !is_localhost("mylocalhost"));
    }

    #[test]
    fn an_address_needs_no_lookup_and_a_name_is_remembered_until_forgotten() {
        let resolver = CachingResolver::default();
        assert_eq!(resolver.look_up("[::1]", 7).unwrap(), ["[::1]:7".parse().unwrap()]);
        assert_eq!(resolver.look_up("127.0.0.1", 8).unwrap(), ["127.0.0.1:8".parse().unwrap()]);
        assert_eq!(resolver.cache().len(), 0);
        let known = vec!["192.0.2.1:9".parse().unwrap()];
        // a name that no server knows, RFC 6761
        resolver.cache().insert(("known.invalid".into(), 9), (known.clone(), Instant::now()));
        assert_eq!(resolver.look_up("known.invalid", 9).unwrap(), known);
        resolver.forget();
        assert_eq!(resolver.cache().len(), 0);
    }
}
