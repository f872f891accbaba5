//! Names and addresses in a network of their own: silent name servers, an unresponsive address family, and a
//! machine without IPv6.

#![cfg(target_os = "linux")]

use std::fs;
use std::net::{TcpListener, TcpStream, UdpSocket};
use std::process::Command;
use std::time::Duration;

use plain_s3::{Client, ErrorKind, RetryPolicy};

use crate::clients::config_at;
use crate::fake_server::{FakeServer, Response};
use crate::support::{TempDir, command, fails, skip, task};

/// An address that exists in the network of these tests only.
const IPV6: &str = "2001:db8:1::1";

/// Creates a network with loopback only, in which the files of the folder `$0` replace those in `/etc`.
const NETWORK: &str = "ip link set lo up && ip -6 addr add 2001:db8:1::1/64 dev lo nodad &&
    mount --bind \"$0/hosts\" /etc/hosts && mount --bind \"$0/resolv.conf\" /etc/resolv.conf && exec \"$@\"";

/// Runs a task in a network of its own. The name server is 127.0.0.1.
fn run(task: &str) {
    let folder = TempDir::new();
    folder.file("hosts", format!("127.0.0.1 localhost\n{IPV6} s3.test\n127.0.0.1 s3.test\n"));
    folder.file("resolv.conf", "nameserver 127.0.0.1\noptions timeout:10 attempts:3\n");
    let folder = folder.path().to_str().unwrap();
    let network = ["unshare", "--user", "--map-root-user", "--net", "--mount", "sh", "-c", NETWORK, folder];
    let probe = Command::new(network[0]).args(&network[1..]).arg("true").output();
    if !probe.is_ok_and(|output| output.status.success()) {
        skip("names and addresses are not tested: unshare or ip is missing or not permitted");
        return;
    }
    let output = command(&network, module_path!(), task).output().unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    assert!(output.status.success(), "{}{}", text(&output.stdout), text(&output.stderr));
    assert!(text(&output.stdout).contains(&format!("{task}: tested")));
}

#[test]
fn child_process() {
    let Some(task) = task() else { return };
    match task.as_str() {
        "silent name server" => silent_name_server(),
        "no name server" => no_name_server(),
        "unresponsive family" => unresponsive_family(),
        "no IPv6" => no_ipv6(),
        other => panic!("{other}"),
    }
    println!("{task}: tested");
}

// promise: T2
#[test]
fn call_timeout_bounds_a_lookup() {
    run("silent name server");
}

fn silent_name_server() {
    let _silent = UdpSocket::bind("127.0.0.1:53").unwrap();
    // The system's resolver would wait for 30 s.
    let client =
        Client::new(config_at("http://other.test").call_timeout(Duration::from_millis(300))).unwrap();
    let error = fails(ErrorKind::Timeout, client.list_buckets());
    assert!(error.to_string().contains("the call did not finish within 300ms"), "{error}");
}

#[test]
fn name_server_that_does_not_respond_is_a_temporary_failure() {
    run("no name server");
}

fn no_name_server() {
    let client = Client::new(config_at("http://other.test").retry(RetryPolicy::none())).unwrap();
    let error = fails(ErrorKind::Connect, client.list_buckets());
    assert_eq!(
        error.to_string(),
        "ListBuckets: the host name other.test could not be resolved for the time being: failed to lookup address \
         information: Temporary failure in name resolution. No name server responded: check this machine's network \
         connection and DNS settings."
    );
    assert!(error.is_retryable());
}

#[test]
fn unresponsive_address_family_costs_one_short_attempt() {
    run("unresponsive family");
}

fn unresponsive_family() {
    let server = FakeServer::serve(|_| Response::new(204).header("connection", "close"));
    // The system drops connections to a listener whose queue is full.
    fs::write("/proc/sys/net/core/somaxconn", "1").unwrap();
    let full = TcpListener::bind((IPV6, server.port())).unwrap();
    let _queue = [(); 2].map(|()| TcpStream::connect(full.local_addr().unwrap()).unwrap());
    let before = dropped();

    // An equal share of the connect timeout would be longer than the call may take.
    let config = config_at(format!("http://s3.test:{}", server.port()));
    let config = config.connect_timeout(Duration::from_secs(20)).call_timeout(Duration::from_secs(5));
    let client = Client::new(config).unwrap();
    client.delete_object("b", "k").unwrap();
    let first = dropped();
    assert!(first > before, "the name resolves to IPv6 first");
    for _ in 0..5 {
        client.delete_object("b", "k").unwrap();
    }
    assert_eq!((dropped(), server.connections()), (first, 6));
}

/// Returns how many connections the system has dropped because a queue was full.
fn dropped() -> u64 {
    let statistics = fs::read_to_string("/proc/net/netstat").unwrap();
    let mut lines = statistics.lines().filter(|line| line.starts_with("TcpExt:"));
    let (names, values) = (lines.next().unwrap(), lines.next().unwrap());
    let mut pairs = names.split(' ').zip(values.split(' '));
    pairs.find(|(name, _)| *name == "ListenDrops").unwrap().1.parse().unwrap()
}

#[test]
fn refusal_is_reported_by_the_address_that_exists() {
    run("no IPv6");
}

fn no_ipv6() {
    let removed = Command::new("ip").args(["-6", "addr", "flush", "dev", "lo"]).status().unwrap();
    assert!(removed.success());
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    for host in ["localhost", "bucket.localhost"] {
        let config = config_at(format!("http://{host}:{port}")).retry(RetryPolicy::none());
        let error = fails(ErrorKind::Connect, Client::new(config).unwrap().list_buckets());
        assert_eq!(
            error.to_string(),
            format!(
                "ListBuckets: could not connect to {host}:{port} at 127.0.0.1:{port}: Connection refused (os error 111). Nothing is \
                 listening on this host and port: check the endpoint."
            )
        );
    }
}
