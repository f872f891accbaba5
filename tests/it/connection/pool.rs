//! How many connections are opened and kept.

use std::sync::Barrier;
use std::thread;
use std::time::Duration;

use plain_s3::Client;

use crate::clients::config;
use crate::fake_server::{FakeServer, HELLO, Response, get_small};
use crate::support::content;

const THREADS: usize = 32;
const ROUNDS: usize = 25;

#[test]
fn threads_share_as_many_connections_as_are_kept() {
    let server = FakeServer::serve(|_| Response::content(HELLO));
    let config = config(&server).idle_timeout(Duration::from_secs(30)).max_idle_connections(THREADS);
    let client = Client::new(config).unwrap();
    let barrier = Barrier::new(THREADS);
    thread::scope(|scope| {
        for _ in 0..THREADS {
            scope.spawn(|| {
                for _ in 0..ROUNDS {
                    // Otherwise the fast server would never have so many requests at once.
                    barrier.wait();
                    get_small(&client);
                }
            });
        }
    });
    assert_eq!(server.requests().len(), THREADS * ROUNDS);
    assert!(server.connections() <= THREADS, "{}", server.connections());
}

#[test]
fn connection_is_kept_for_the_next_request_unless_the_limit_is_zero() {
    for (max, expected) in [(0, 4), (1, 1)] {
        let server = FakeServer::serve(|_| Response::content(HELLO));
        let client = Client::new(config(&server).max_idle_connections(max)).unwrap();
        for _ in 0..4 {
            get_small(&client);
        }
        assert_eq!(server.connections(), expected);
    }
}

#[test]
fn idle_connections_beyond_the_limit_are_closed() {
    let body = content(100_000);
    for (max, expected) in [(2, 8), (3, 7), (5, 5), (10, 5)] {
        let body = body.clone();
        let server = FakeServer::serve(move |_| Response::content(&body));
        let client = Client::new(config(&server).max_idle_connections(max)).unwrap();
        for _ in 0..2 {
            // Objects that are open at the same time need a connection each.
            let open: Vec<_> = (0..5).map(|_| client.get_object("b", "k").unwrap()).collect();
            for object in open {
                object.bytes().unwrap();
            }
        }
        assert_eq!(server.connections(), expected, "{max}");
    }
}

#[test]
fn abandoned_body_closes_its_connection() {
    let server = FakeServer::serve(|_| Response::content(content(3 << 20)));
    let client = Client::new(config(&server)).unwrap();
    for expected in 1..5 {
        drop(client.get_object("b", "k").unwrap());
        assert_eq!(server.connections(), expected);
    }
}

/// A silent connection must survive while the server copies an object, and routers forget it after some minutes.
#[test]
#[cfg(all(target_os = "linux", feature = "tcp-keepalive"))]
fn connections_have_keepalive() {
    let server = FakeServer::serve(|_| Response::content(HELLO));
    let client = Client::new(config(&server)).unwrap();
    get_small(&client);
    let peer = format!("0100007F:{:04X}", server.port());
    // The fields: number, local address, peer, state, queues, and the kind of timer; 2 is that of keepalive. Until
    // the last packet is acknowledged, there is another timer.
    let has_keepalive = || {
        let table = std::fs::read_to_string("/proc/net/tcp").unwrap();
        let mut lines = table.lines().map(|line| line.split_whitespace().collect::<Vec<_>>());
        let line = lines.find(|fields| fields[2] == peer).expect("the connection is still open");
        line[5].starts_with("02:")
    };
    let until = std::time::Instant::now() + Duration::from_secs(10);
    while !has_keepalive() {
        assert!(std::time::Instant::now() < until, "no keepalive timer");
        thread::yield_now();
    }
}
