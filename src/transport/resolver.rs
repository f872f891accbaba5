//! Resolves host names to addresses: `localhost` without a lookup, other names with a cache and within the call
//! timeout.

use std::collections::HashMap;
use std::fmt;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, ToSocketAddrs as _};
use std::sync::{Arc, Mutex, PoisonError, mpsc};
use std::thread;
use std::time::{Duration, Instant};

use ureq::config::Config;
use ureq::http::Uri;
use ureq::unversioned::resolver::{ResolvedSocketAddrs, Resolver};
use ureq::unversioned::transport::NextTimeout;

use super::errors;
use super::own_error;
use super::proxy::{Proxy, host_and_port};

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
pub(super) struct CachingResolver {
    cache: Arc<Mutex<Cache>>,
    /// The proxy, whose name is resolved in place of that of the server. The proxy resolves the latter.
    proxy: Option<Arc<Proxy>>,
}

/// Why a name could not be resolved.
#[derive(Debug)]
enum LookupError {
    /// The deadline of the call ended before the system's resolver responded.
    Timeout,
    Failed(io::Error),
}

impl CachingResolver {
    pub(super) fn new(proxy: Option<Arc<Proxy>>) -> Self {
        Self { cache: Arc::default(), proxy }
    }

    /// Clears the cache. Called after a failed connection, because the addresses may be out of date.
    pub(super) fn clear(&self) {
        self.cache().clear();
    }

    fn cache(&self) -> std::sync::MutexGuard<'_, Cache> {
        // The map is consistent between any two of its method calls, so a poisoned lock is harmless.
        self.cache.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn lookup(&self, host: &str, port: u16, limit: Option<Duration>) -> Result<Vec<SocketAddr>, LookupError> {
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
        let addresses = within(limit, {
            let name = name.clone();
            move || Ok(name.to_socket_addrs()?.take(MAX_ADDRESSES).collect::<Vec<_>>())
        })?;
        if addresses.is_empty() {
            return Err(LookupError::Failed(io::Error::other("the host name has no addresses")));
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

/// Runs a lookup, which the system can neither limit nor cancel.
///
/// With a limit, it runs on a thread of its own, which is left behind if the limit is reached. It then ends when
/// the system's resolver gives up, usually after 10 to 30 s.
fn within<T: Send + 'static>(
    limit: Option<Duration>,
    lookup: impl FnOnce() -> io::Result<T> + Send + 'static,
) -> Result<T, LookupError> {
    let Some(limit) = limit else { return lookup().map_err(LookupError::Failed) };
    let (sender, receiver) = mpsc::sync_channel(1);
    let run = move || {
        // Nobody receives the result after the limit.
        let _ = sender.send(lookup());
    };
    thread::Builder::new().name("plain-s3 lookup".to_owned()).spawn(run).map_err(LookupError::Failed)?;
    match receiver.recv_timeout(limit) {
        Ok(result) => result.map_err(LookupError::Failed),
        Err(_) => Err(LookupError::Timeout),
    }
}

impl Resolver for CachingResolver {
    /// Resolves the host of a request, or the proxy's if the request goes through it.
    ///
    /// The timeout is what is left of the call timeout, since no other timeout covers lookups.
    fn resolve(
        &self,
        uri: &Uri,
        _: &Config,
        timeout: NextTimeout,
    ) -> Result<ResolvedSocketAddrs, ureq::Error> {
        let (host, port) = host_and_port(uri).ok_or(ureq::Error::HostNotFound)?;
        let proxy = self.proxy.as_deref().filter(|proxy| proxy.applies_to(host, port));
        let (host, port) = proxy.map_or((host, port), Proxy::host_and_port);
        let limit = timeout.not_zero().map(|limit| *limit);
        let addresses = self.lookup(host, port, limit).map_err(|error| match error {
            LookupError::Timeout => ureq::Error::Timeout(timeout.reason),
            LookupError::Failed(error) => own_error::wrap(errors::lookup_failed(host, error, proxy)),
        })?;
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
            let addresses = resolver.lookup(host, 80, None).unwrap();
            assert!(addresses.iter().all(|address| address.ip().is_loopback()), "{host}");
        }
        assert!(!is_localhost("localhost.example.com") && !is_localhost("mylocalhost"));
    }

    #[test]
    fn addresses_need_no_lookup_and_names_are_cached_until_cleared() {
        let resolver = CachingResolver::default();
        assert_eq!(resolver.lookup("[::1]", 7, None).unwrap(), ["[::1]:7".parse().unwrap()]);
        assert_eq!(resolver.lookup("127.0.0.1", 8, None).unwrap(), ["127.0.0.1:8".parse().unwrap()]);
        assert_eq!(resolver.cache().len(), 0);
        let cached = vec!["192.0.2.1:9".parse().unwrap()];
        // RFC 6761: no name server resolves `.invalid`
        resolver.cache().insert(("cached.invalid".into(), 9), (cached.clone(), Instant::now()));
        assert_eq!(resolver.lookup("cached.invalid", 9, None).unwrap(), cached);
        resolver.clear();
        assert_eq!(resolver.cache().len(), 0);
    }

    #[test]
    fn limit_ends_a_lookup_that_hangs() {
        let (sender, receiver) = mpsc::channel::<()>();
        // Ends when the sender is dropped, so the thread does not outlive the test for long.
        let result = within(Some(Duration::from_millis(10)), move || {
            let _ = receiver.recv();
            Ok(())
        });
        assert!(matches!(result, Err(LookupError::Timeout)), "{result:?}");
        drop(sender);
        assert_eq!(within(Some(Duration::from_secs(60)), || Ok(7)).unwrap(), 7);
    }

    #[test]
    fn lookup_without_a_limit_starts_no_thread() {
        let this = thread::current().id();
        assert_eq!(within(None, move || Ok(thread::current().id())).unwrap(), this);
        assert_ne!(within(Some(Duration::from_secs(60)), move || Ok(thread::current().id())).unwrap(), this);
    }
}
