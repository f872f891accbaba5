//! Opens TCP connections: which address of a host is tried first, and for how long.
//!
//! A host may have an address that never responds, typically an IPv6 address in a network that drops IPv6. Each
//! address therefore gets one short attempt before any address gets a long one, and failures are remembered.

use std::collections::{HashMap, HashSet};
use std::fmt;
use std::io;
use std::net::{IpAddr, SocketAddr, TcpStream};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use ureq::unversioned::transport::time::Instant as Moment;
use ureq::unversioned::transport::{ConnectionDetails, NextTimeout};

use super::limits;

/// How long a first attempt may take if there are other addresses to try. RFC 8305 recommends 250 ms before the
/// next address; a bit more lets most slow links connect at the first attempt.
const FIRST_ATTEMPT: Duration = Duration::from_millis(300);
/// The number of addresses that get a short first attempt.
const FIRST_ATTEMPTS: usize = 4;
/// How long an unresponsive address or family is tried last.
const REMEMBER: Duration = Duration::from_secs(600);
/// The number of addresses that are remembered. Beyond it the memory is cleared, which costs one short attempt.
const MAX_REMEMBERED: usize = 256;

/// Connects to one of several addresses, and remembers which of them did not respond. Clones share the memory.
#[derive(Clone, Debug, Default)]
pub(super) struct Dialer(Arc<Mutex<Memory>>);

#[derive(Debug, Default)]
struct Memory {
    unresponsive: HashMap<IpAddr, Instant>,
    /// All addresses tried in this family were unresponsive, and one in the other family was not.
    /// `true` stands for IPv6.
    unresponsive_family: Option<(bool, Instant)>,
    /// Addresses that connected, but not within a short attempt.
    slow: HashSet<IpAddr>,
}

/// Why no address could be connected to.
#[derive(Debug)]
pub(super) enum DialError {
    /// No address responded in time.
    Timeout,
    /// The most informative error, and its address.
    Io(SocketAddr, io::Error),
}

impl fmt::Display for DialError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Timeout => f.write_str("no address responded"),
            Self::Io(address, error) => write!(f, "{address}: {error}"),
        }
    }
}

impl std::error::Error for DialError {}

/// Returns what is left of the time for a connection, for its next step: the TLS handshake, for example.
///
/// Fails if nothing is left. The idle timeout does not apply: until there is a connection, the timeout for
/// connecting does.
pub(super) fn time_left(details: &ConnectionDetails<'_>) -> Result<NextTimeout, ureq::Error> {
    let mut timeout = details.timeout;
    (timeout.per_read, timeout.per_write) = (None, None);
    if let Moment::Exact(started) = details.now {
        timeout.after = limits::left(timeout.after, started);
    }
    if timeout.after.is_zero() { Err(ureq::Error::Timeout(timeout.reason)) } else { Ok(timeout) }
}

impl Dialer {
    /// Connects to the first address that responds, within `limit` in total.
    pub(super) fn connect(
        &self,
        addresses: &[SocketAddr],
        limit: Option<Duration>,
    ) -> Result<TcpStream, DialError> {
        let started = Instant::now();
        let remaining = || limit.map(|limit| limit.saturating_sub(started.elapsed()));
        self.connect_with(addresses, limit, remaining, |address, limit| match limit {
            None => TcpStream::connect(address),
            // `connect_timeout` does not accept zero, and nearly zero could never succeed.
            Some(limit) => TcpStream::connect_timeout(&address, limit.max(Duration::from_millis(10))),
        })
    }

    /// Like [`connect`](Self::connect), with the clock and the attempt to connect as parameters, for tests.
    fn connect_with<T>(
        &self,
        addresses: &[SocketAddr],
        limit: Option<Duration>,
        remaining: impl Fn() -> Option<Duration>,
        mut connect: impl FnMut(SocketAddr, Option<Duration>) -> io::Result<T>,
    ) -> Result<T, DialError> {
        let (order, responsive) = self.order(addresses);
        let mut attempts = Attempts::default();
        // A single address gets all of the time at once.
        if order.len() > 1 {
            let short = limit.map_or(FIRST_ATTEMPT, |limit| FIRST_ATTEMPT.min(limit / 8));
            for &address in order.iter().take(FIRST_ATTEMPTS) {
                let share = remaining().map(|remaining| remaining / responsive.max(1) as u32);
                let patience = if self.memory().slow.contains(&address.ip()) { share } else { Some(short) };
                match connect(address, patience) {
                    Ok(stream) => {
                        self.succeeded(address, &attempts, false);
                        return Ok(stream);
                    }
                    Err(error) => attempts.failed(address, error),
                }
            }
        }
        // The addresses that did not respond, or were not tried, share the time that is left.
        let rest: Vec<SocketAddr> =
            order.into_iter().filter(|address| !attempts.rejected.contains(address)).collect();
        for (i, &address) in rest.iter().enumerate() {
            let share = remaining().map(|remaining| remaining / (rest.len() - i) as u32);
            match connect(address, share) {
                Ok(stream) => {
                    self.succeeded(address, &attempts, true);
                    return Ok(stream);
                }
                Err(error) => attempts.failed(address, error),
            }
        }
        Err(match attempts.worst {
            Some((address, error)) => DialError::Io(address, error),
            None => DialError::Timeout,
        })
    }

    /// Returns the addresses in the order in which they are tried, and how many of them are not known to be
    /// unresponsive; those come first.
    ///
    /// The families alternate, so that an unresponsive one costs one attempt.
    fn order(&self, addresses: &[SocketAddr]) -> (Vec<SocketAddr>, usize) {
        let Some(first) = addresses.first() else { return (Vec::new(), 0) };
        let (same, other): (Vec<_>, Vec<_>) =
            addresses.iter().copied().partition(|address| address.is_ipv6() == first.is_ipv6());
        let mut alternating = Vec::with_capacity(addresses.len());
        let (mut same, mut other) = (same.into_iter(), other.into_iter());
        loop {
            match (same.next(), other.next()) {
                (None, None) => break,
                pair => alternating.extend(pair.0.into_iter().chain(pair.1)),
            }
        }
        let memory = self.memory();
        let is_recent = |since: &Instant| since.elapsed() < REMEMBER;
        let family = memory.unresponsive_family.filter(|(_, since)| is_recent(since));
        let is_unresponsive = |address: &SocketAddr| {
            family.is_some_and(|(ipv6, _)| ipv6 == address.is_ipv6())
                || memory.unresponsive.get(&address.ip()).is_some_and(is_recent)
        };
        let (last, mut order): (Vec<_>, Vec<_>) = alternating.into_iter().partition(is_unresponsive);
        let responsive = order.len();
        order.extend(last);
        (order, responsive)
    }

    fn succeeded(&self, address: SocketAddr, attempts: &Attempts, slowly: bool) {
        // Nothing to remember, and by far the most common case.
        if attempts.silent.is_empty() && !slowly {
            return;
        }
        let mut memory = self.memory();
        if memory.unresponsive.len() + memory.slow.len() > MAX_REMEMBERED {
            *memory = Memory::default();
        }
        let now = Instant::now();
        let silent = attempts.silent.iter().filter(|silent| **silent != address);
        memory.unresponsive.extend(silent.map(|silent| (silent.ip(), now)));
        memory.unresponsive.remove(&address.ip());
        if slowly && attempts.silent.contains(&address) {
            memory.slow.insert(address.ip());
        }
        if memory.unresponsive_family.is_some_and(|(ipv6, _)| ipv6 == address.is_ipv6()) {
            memory.unresponsive_family = None;
        }
        if let Some(silent) = attempts.silent.iter().find(|silent| silent.is_ipv6() != address.is_ipv6()) {
            memory.unresponsive_family = Some((silent.is_ipv6(), now));
        }
    }

    fn memory(&self) -> std::sync::MutexGuard<'_, Memory> {
        // The fields are independent of each other, so a poisoned lock is harmless.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The failed attempts of one connection.
#[derive(Default)]
struct Attempts {
    /// Addresses that did not respond in time.
    silent: Vec<SocketAddr>,
    /// Addresses that cannot be connected to. They are not tried again.
    rejected: Vec<SocketAddr>,
    /// The most informative error.
    worst: Option<(SocketAddr, io::Error)>,
}

impl Attempts {
    fn failed(&mut self, address: SocketAddr, error: io::Error) {
        if is_timeout(&error) {
            self.silent.push(address);
            return;
        }
        self.rejected.push(address);
        let is_better = self.worst.as_ref().is_none_or(|(_, worst)| rank(&error) > rank(worst));
        if is_better {
            self.worst = Some((address, error));
        }
    }
}

/// Ranks errors: a host that rejects the connection exists, an address that is not available on this machine
/// says nothing about the server. A machine without IPv6 reports the latter for `::1`.
fn rank(error: &io::Error) -> u8 {
    use io::ErrorKind::{AddrNotAvailable, ConnectionRefused, HostUnreachable, NetworkUnreachable};
    match error.kind() {
        ConnectionRefused => 3,
        HostUnreachable => 1,
        NetworkUnreachable | AddrNotAvailable => 0,
        // EAFNOSUPPORT has no kind of its own: the system has no IPv6 at all.
        _ if error.raw_os_error() == Some(97) => 0,
        _ => 2,
    }
}

/// Returns `true` if the error means that a socket timeout expired: Unix reports `WouldBlock`, Windows
/// `TimedOut`.
pub(super) fn is_timeout(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::TimedOut | io::ErrorKind::WouldBlock)
}

#[cfg(test)]
mod tests {
    use std::cell::{Cell, RefCell};

    use super::*;

    const LIMIT: Duration = Duration::from_secs(10);
    const V6: &str = "[2001:db8::1]:80";
    const V6_TOO: &str = "[2001:db8::2]:80";
    const V4: &str = "192.0.2.1:80";
    const V4_TOO: &str = "192.0.2.2:80";

    fn addresses(list: &[&str]) -> Vec<SocketAddr> {
        list.iter().map(|address| address.parse().unwrap()).collect()
    }

    /// Connects on a simulated network, in which each address takes some milliseconds to respond. Returns the
    /// address, or the error, and the milliseconds that passed.
    fn dial(dialer: &Dialer, list: &[&str], responds: impl Fn(&str) -> Option<u64>) -> (String, u64) {
        let passed = Cell::new(0);
        let tried = RefCell::new(Vec::new());
        let remaining = || Some(LIMIT.saturating_sub(Duration::from_millis(passed.get())));
        let result = dialer.connect_with(&addresses(list), Some(LIMIT), remaining, |address, limit| {
            let limit = u64::try_from(limit.unwrap().as_millis()).unwrap();
            tried.borrow_mut().push(address);
            match responds(&address.to_string()) {
                Some(time) if time <= limit => {
                    passed.set(passed.get() + time);
                    Ok(address)
                }
                _ => {
                    passed.set(passed.get() + limit);
                    Err(io::ErrorKind::TimedOut.into())
                }
            }
        });
        let text = match result {
            Ok(address) => address.to_string(),
            Err(error) => format!("{error:?}"),
        };
        (text, passed.get())
    }

    #[test]
    fn unresponsive_family_costs_one_short_attempt_once() {
        let dialer = Dialer::default();
        let dead_v6 = |address: &str| (!address.starts_with('[')).then_some(20);
        let both = [V6, V6_TOO, V4, V4_TOO];
        assert_eq!(dial(&dialer, &both, dead_v6), (V4.into(), 320));
        assert_eq!(dial(&dialer, &both, dead_v6), (V4.into(), 20));
        // The same holds for the addresses of other hosts.
        assert_eq!(
            dial(&dialer, &["[2001:db8::9]:80", "192.0.2.9:80"], dead_v6),
            ("192.0.2.9:80".into(), 20)
        );
    }

    #[test]
    fn unresponsive_address_among_several_costs_one_short_attempt_once() {
        let dialer = Dialer::default();
        let first_dead = |address: &str| (address != V4).then_some(20);
        assert_eq!(dial(&dialer, &[V4, V4_TOO], first_dead), (V4_TOO.into(), 320));
        assert_eq!(dial(&dialer, &[V4, V4_TOO], first_dead), (V4_TOO.into(), 20));
        assert_eq!(dial(&dialer, &[V4_TOO, "192.0.2.3:80"], first_dead), (V4_TOO.into(), 20));
    }

    #[test]
    fn slow_link_gets_its_share_of_the_whole_timeout() {
        let dialer = Dialer::default();
        let slow = |address: &str| (!address.starts_with('[')).then_some(4000);
        // Two short attempts, then IPv6 for half of the rest, then IPv4.
        assert_eq!(dial(&dialer, &[V6, V4], slow), (V4.into(), 600 + 4700 + 4000));
        // From then on, the address that connected is given time at once.
        assert_eq!(dial(&dialer, &[V6, V4], slow), (V4.into(), 4000));
        assert_eq!(dial(&Dialer::default(), &[V4], |_| Some(9999)), (V4.into(), 9999));
    }

    #[test]
    fn family_that_recovers_is_used_again() {
        let dialer = Dialer::default();
        assert_eq!(dial(&dialer, &[V6, V4], |address| (address == V4).then_some(1)).0, V4);
        // Now only the family that was unresponsive before responds.
        assert_eq!(dial(&dialer, &[V6, V4], |address| (address == V6).then_some(1)).0, V6);
        assert_eq!(dial(&dialer, &[V6, V4], |_| Some(1)), (V6.into(), 1));
    }

    #[test]
    fn silence_of_all_addresses_is_a_timeout_within_the_limit() {
        let (error, passed) = dial(&Dialer::default(), &[V6, V4, V4_TOO], |_| None);
        assert_eq!(error, "Timeout");
        assert!(passed <= 10_000, "{passed}");
    }

    #[test]
    fn error_of_the_address_that_exists_is_reported() {
        use io::ErrorKind::{AddrNotAvailable, ConnectionRefused, TimedOut};
        for (kinds, expected) in [
            ([AddrNotAvailable, ConnectionRefused], Some((V4, ConnectionRefused))),
            ([ConnectionRefused, AddrNotAvailable], Some((V6, ConnectionRefused))),
            ([TimedOut, ConnectionRefused], Some((V4, ConnectionRefused))),
            ([ConnectionRefused, ConnectionRefused], Some((V6, ConnectionRefused))),
            ([TimedOut, TimedOut], None),
        ] {
            let result: Result<(), _> = Dialer::default().connect_with(
                &addresses(&[V6, V4]),
                Some(LIMIT),
                || Some(LIMIT),
                |address, _| Err(kinds[usize::from(address.is_ipv4())].into()),
            );
            let got = match result.unwrap_err() {
                DialError::Timeout => None,
                DialError::Io(address, error) => Some((address.to_string(), error.kind())),
            };
            assert_eq!(got, expected.map(|(address, kind)| (address.to_owned(), kind)), "{kinds:?}");
        }
    }
}
