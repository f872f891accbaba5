//! Connections that cannot be opened, are lost, or are silent.

use std::fs;
use std::net::{TcpListener, TcpStream, UdpSocket};
use std::process::Command;
use std::thread;
use std::time::Duration;

use plain_s3::{Body, Client, Config, Result, RetryPolicy};

use super::{Entry, HOST, Section, call, client_of, entry, get, text};
use crate::clients::{config, config_at};
use crate::fake_server::{End, FakeServer, Response};
use crate::support::{TempDir, command, content, skip, task};

/// How long the client waits here; the page shows the default.
const SHORT: Duration = Duration::from_millis(150);
const MARK: &str = "ERROR ";

/// Creates a network with loopback only. The name server is 127.0.0.1.
const NETWORK: &str = "ip link set lo up && ip addr add 192.0.2.1/32 dev lo &&
    mount --bind \"$0/hosts\" /etc/hosts && mount --bind \"$0/resolv.conf\" /etc/resolv.conf && exec \"$@\"";

pub(super) fn section() -> Section {
    let entries = [opening(), waiting(), losing()].into_iter().flatten().collect();
    Section { title: "Connections", introduction: "", entries }
}

fn opening() -> Vec<Entry> {
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let refused = text(client(format!("http://127.0.0.1:{port}"), |config| config).list_buckets());
    let mut entries = vec![entry(
        "Connection refused",
        refused.replace(&format!("127.0.0.1:{port}"), "192.0.2.1:8080"),
        "The server is down, or listens on another port or address. In a container, `localhost` is the container \
         itself.",
    )];
    let errors = in_network();
    for (title, notes) in [
        ("could not be resolved", "If the name is right, check that the machine can resolve other names."),
        ("could not be resolved for the time being", ""),
        ("Network is unreachable", ""),
        (
            "could not connect within the timeout",
            "A firewall that drops packets, or a machine that is off. `Config::connect_timeout` sets the limit.",
        ),
    ] {
        let error = errors.iter().find_map(|line| line.strip_prefix(&format!("{title}: ")));
        entries.push(Entry { title, text: error.map(str::to_owned), notes });
    }
    entries
}

fn client(endpoint: String, change: impl Fn(Config) -> Config) -> Client {
    Client::new(change(config_at(endpoint).retry(RetryPolicy::none()))).unwrap()
}

/// Returns the errors in a network of its own, or none if it cannot be created here.
fn in_network() -> Vec<String> {
    let folder = TempDir::new();
    folder.file("hosts", "127.0.0.1 localhost\n192.0.2.1 slow.example.com\n");
    folder.file("resolv.conf", "nameserver 127.0.0.1\noptions timeout:1 attempts:1\n");
    let folder = folder.path().to_str().unwrap();
    let network = ["unshare", "--user", "--map-root-user", "--net", "--mount", "sh", "-c", NETWORK, folder];
    let probe = Command::new(network[0]).args(&network[1..]).arg("true").output();
    if !probe.is_ok_and(|output| output.status.success()) {
        skip("errors of the network are not tested: unshare or ip is missing or not permitted");
        return Vec::new();
    }
    let output = command(&network, module_path!(), "network").output().unwrap();
    let stdout = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{stdout}{}", String::from_utf8_lossy(&output.stderr));
    stdout.lines().filter_map(|line| line.strip_prefix(MARK)).map(str::to_owned).collect()
}

#[test]
fn child_process() {
    let Some(_) = task() else { return };
    let report = |title: &str, text: String| println!("\n{MARK}{title}: {text}");
    let list = |endpoint: &str| text(client(endpoint.to_owned(), |config| config).list_buckets());
    report("could not be resolved for the time being", list("http://s3.example.com"));
    report("Network is unreachable", list("http://198.51.100.1"));

    fs::write("/proc/sys/net/core/somaxconn", "1").unwrap();
    let full = TcpListener::bind("192.0.2.1:8080").unwrap();
    let _queue = [(); 2].map(|()| TcpStream::connect(full.local_addr().unwrap()).unwrap());
    let slow = client("http://slow.example.com:8080".to_owned(), |config| config.connect_timeout(SHORT));
    let timeout = text(slow.list_buckets()).replace("slow.example.com:8080", HOST);
    report("could not connect within the timeout", timeout.replace(&format!("{SHORT:?}"), "10s"));

    // A name server that knows no name: the question with the code NXDOMAIN.
    let server = UdpSocket::bind("127.0.0.1:53").unwrap();
    thread::spawn(move || {
        let mut packet = [0; 512];
        while let Ok((length, client)) = server.recv_from(&mut packet) {
            packet[2] |= 0x80;
            packet[3] = 0x83;
            let _ = server.send_to(&packet[..length], client);
        }
    });
    report("could not be resolved", list("http://s3.example.com"));
}

fn waiting() -> Vec<Entry> {
    let stalled = |stall: fn() -> Response, change: fn(Config) -> Config, f: fn(&Client) -> Result<()>| {
        let server = FakeServer::start([stall()]);
        let config = change(config(&server).region("us-east-1").retry(RetryPolicy::none()));
        let text = text(f(&Client::new(config).unwrap()));
        text.replace(&server.authority(), HOST).replace(&format!("{SHORT:?}"), "60s")
    };
    let idle = |config: Config| config.idle_timeout(SHORT);
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let silent = client(format!("https://{address}"), |config| config.connect_timeout(SHORT));
    let handshake = text(silent.list_buckets()).replace("127.0.0.1", HOST);
    vec![
        entry(
            "the TLS handshake did not finish",
            handshake.replace(&format!("{SHORT:?}"), "10s"),
            "Many services that do not speak TLS wait for more input.",
        ),
        entry(
            "sent no data",
            stalled(|| Response::none(End::Stall), idle, |client| get(client).map(drop)),
            "Requests for which the server has to work, such as CompleteMultipartUpload and CopyObject, wait ten \
             times as long.",
        ),
        entry(
            "accepted no data",
            stalled(
                || Response::none(End::Stall).early(),
                idle,
                |client| client.put_object("b", "k", vec![0; 32 << 20]).map(drop),
            ),
            "",
        ),
        entry(
            "the call did not finish within",
            stalled(
                || Response::none(End::Stall),
                |config| config.call_timeout(SHORT),
                |client| get(client).map(drop),
            ),
            "`Config::call_timeout` is off by default. It limits the whole call, including all retries.",
        ),
    ]
}

fn losing() -> Vec<Entry> {
    let body = content(100_000);
    let cut = move || Response::content(&body).cut(1000, End::Fin);
    let lost = FakeServer::serve(|_| Response::none(End::Fin));
    let reader = Body::from_reader(&b"content"[..], 7);
    let retrying = Client::new(config(&lost).region("us-east-1")).unwrap();
    let not_repeated = text(retrying.put_object("b", "k", reader));
    let server = FakeServer::serve(|_| Response::raw("HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nabc"));
    let weak = text(get(&client_of(&server))).replace(&server.authority(), HOST);
    vec![
        entry(
            "closed before the response",
            call(|| Response::none(End::Fin), get),
            "The client has sent the request again, unless retries are off.",
        ),
        entry("Connection reset by peer", call(|| Response::none(End::Rst), get), ""),
        entry(
            "closed within the content",
            call(cut, get),
            "The client has requested the rest several times. What was read is not returned.",
        ),
        entry("cannot be resumed", weak, ""),
        entry("was not repeated", not_repeated.replace(&lost.authority(), HOST), ""),
    ]
}
