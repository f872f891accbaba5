//! Real proxies, squid and tinyproxy, on loopback: what gets through, and the errors about the rest.

#![cfg(feature = "rustls")]

use std::fs::{self, File};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use plain_s3::{Client, Config, Error, ErrorKind, Event, Result, RetryPolicy};

use crate::clients::config_at;
use crate::fake_server::Store;
use crate::fake_server::tls::{self, Then};
use crate::support::{TempDir, content, skip};

/// A running proxy, which requires the user `user` with the password `pa55` and blocks the host `blocked.test`.
struct Proxy {
    child: Child,
    address: SocketAddr,
    folder: TempDir,
}

impl Drop for Proxy {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Returns a port that was free a moment ago.
fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

impl Proxy {
    fn squid() -> Option<Self> {
        let folder = TempDir::new();
        let password = Command::new("openssl").args(["passwd", "-apr1", "pa55"]).output().unwrap().stdout;
        let users = folder.file("users", format!("user:{}", String::from_utf8(password).unwrap()));
        let port = free_port();
        let config = format!(
            "http_port 127.0.0.1:{port}
            auth_param basic program /usr/lib/squid/basic_ncsa_auth {users}
            auth_param basic children 1
            acl known proxy_auth REQUIRED
            acl blocked dstdomain blocked.test
            http_access deny !known
            http_access deny blocked
            http_access allow known
            pid_filename none
            cache deny all
            access_log none
            cache_log /dev/null
            coredump_dir /
            shutdown_lifetime 0 seconds
            visible_hostname proxy.test
            ",
            users = users.display()
        );
        let config = folder.file("squid.conf", config);
        Self::start("squid", &["-N", "-f", config.to_str().unwrap()], port, folder)
    }

    fn tinyproxy() -> Option<Self> {
        let folder = TempDir::new();
        let filter = folder.file("filter", "^blocked\\.test$\n");
        let port = free_port();
        let config = format!(
            "Port {port}\nListen 127.0.0.1\nTimeout 30\nMaxClients 20\nAllow 127.0.0.1\nBasicAuth user pa55\n\
             Filter \"{}\"\nLogLevel Critical\n",
            filter.display()
        );
        let config = folder.file("tinyproxy.conf", config);
        Self::start("tinyproxy", &["-d", "-c", config.to_str().unwrap()], port, folder)
    }

    /// Starts the program and waits until it accepts connections. Returns `None` if it is not installed.
    fn start(program: &str, arguments: &[&str], port: u16, folder: TempDir) -> Option<Self> {
        // A service, installed where the search path of a user may not reach.
        let path = ["/usr/sbin", "/usr/bin", "/usr/local/sbin", "/usr/local/bin"]
            .map(|folder| Path::new(folder).join(program))
            .into_iter()
            .find(|path| path.exists());
        let Some(path) = path else {
            skip(&format!("real proxies are not tested: {program} is not installed"));
            return None;
        };
        let log = File::create(folder.join("log")).unwrap();
        let mut command = Command::new(path);
        command.args(arguments).stdin(Stdio::null()).stdout(log.try_clone().unwrap()).stderr(log);
        let mut proxy = Self {
            child: command.spawn().unwrap(),
            address: SocketAddr::from(([127, 0, 0, 1], port)),
            folder,
        };
        let started = Instant::now();
        while TcpStream::connect(proxy.address).is_err() {
            let log = fs::read_to_string(proxy.folder.join("log")).unwrap();
            assert!(proxy.child.try_wait().unwrap().is_none(), "{program} ended: {log}");
            assert!(started.elapsed() < Duration::from_secs(60), "{program} does not listen: {log}");
            thread::sleep(Duration::from_millis(20));
        }
        Some(proxy)
    }

    fn config(&self, endpoint: &str) -> Config {
        let url = format!("http://user:pa55@{}", self.address);
        config_at(endpoint)
            .proxy(url)
            .idle_timeout(Duration::from_secs(30))
            .connect_timeout(Duration::from_secs(30))
    }

    /// Returns the error of a call that may make two attempts, and the number of attempts.
    fn error(&self, config: Config) -> (Error, u32) {
        let attempts = Arc::new(AtomicU32::new(0));
        let count = Arc::clone(&attempts);
        let retry = RetryPolicy::new().max_attempts(2).base_delay(Duration::ZERO);
        let config = config.retry(retry).on_event(move |event| {
            if let Event::Attempt { .. } = event {
                count.fetch_add(1, Ordering::SeqCst);
            }
        });
        let error = Client::new(config).unwrap().get_object("b", "k").unwrap_err();
        (error, attempts.load(Ordering::SeqCst))
    }
}

const SIZE: usize = (3 << 20) + 12_345;

fn transfers_both_ways(proxy: &Proxy) -> Result<()> {
    let body = content(SIZE);
    let server = Store::default().serve(|_| None);
    let client = Client::new(proxy.config(&server.endpoint()))?;
    client.put_object("b", "a key?", &body)?;
    assert!(client.get_object("b", "a key?")?.bytes()? == body);
    let folder = TempDir::new();
    client.download_file("b", "a key?", folder.join("target"))?;
    assert!(fs::read(folder.join("target")).unwrap() == body);
    // The proxy requests the path from the server, not the URL.
    assert!(server.requests().iter().all(|request| request.path() == "/b/a%20key%3F"));
    Ok(())
}

fn decrypts_through_the_tunnel(proxy: &Proxy) -> Result<()> {
    let body = "0123456789abcdef".repeat(SIZE / 16);
    let response = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n{body}", body.len());
    let server = tls::responding(response, Then::Drain, 1);
    let config = proxy.config(&format!("https://{server}")).ca_pem(tls::CERTIFICATE);
    assert!(Client::new(config)?.get_object("b", "k")?.text()? == body);
    Ok(())
}

/// What a proxy makes of a request that does not succeed.
#[derive(Clone, Copy)]
struct Failure {
    outcome: &'static str,
    /// How the proxy reports it for `http` and for `https`.
    reasons: [&'static str; 2],
    attempts: u32,
    text: &'static str,
}

const BLOCKED: &str = "the proxy http://PROXY does not allow connections to blocked.test:PORT (REASON). Ask the \
                       operator of the proxy to allow this host and port, or connect without the proxy.";
const UNKNOWN: &str = "the proxy http://PROXY could not connect to no-such-host.invalid:PORT (REASON). Check the \
                       endpoint's host and port as the proxy sees them.";
const CLOSED: &str = "the proxy http://PROXY could not connect to 127.0.0.1:PORT (REASON). Check the endpoint's host and \
                      port as the proxy sees them.";
const NO_PASSWORD: &str = "the proxy http://PROXY requires a user and a password (REASON). Set them in Config::proxy: \
                           http://user:password@host:port.";
const WRONG_PASSWORD: &str = "the proxy http://PROXY rejected the user and the password (REASON). Check them in \
                              Config::proxy. Characters such as @ must be percent-encoded there.";

/// Pins the text and the number of attempts for each scheme and each outcome.
fn assert_failures(proxy: &Proxy, failures: &[Failure]) {
    let closed = free_port();
    for &Failure { outcome, reasons, attempts, text } in failures {
        for (scheme, reason) in ["http", "https"].into_iter().zip(reasons) {
            let mut port = if scheme == "http" { "80".to_owned() } else { "443".to_owned() };
            let config = match outcome {
                "host blocked" => proxy.config(&format!("{scheme}://blocked.test")),
                "host unknown" => proxy.config(&format!("{scheme}://no-such-host.invalid")),
                "port closed" => {
                    port = closed.to_string();
                    proxy.config(&format!("{scheme}://127.0.0.1:{closed}"))
                }
                "no password" => {
                    proxy.config(&format!("{scheme}://s3.test")).proxy(format!("http://{}", proxy.address))
                }
                "wrong password" => proxy
                    .config(&format!("{scheme}://s3.test"))
                    .proxy(format!("http://user:wrong@{}", proxy.address)),
                other => panic!("{other}"),
            };
            let (error, tried) = proxy.error(config);
            let got = error.to_string().replace(&proxy.address.to_string(), "PROXY");
            println!("{scheme} | {outcome} | {tried} | {got}");
            let mut expected = format!("GetObject b/k: {}", text.replace("PORT", &port));
            // How the system resolves an unknown name determines how squid reports it.
            if outcome == "host unknown" {
                let (before, after) = got.split_once('(').unwrap();
                let (reason, after) = after.split_once(')').unwrap();
                assert!(reason.starts_with('5'), "{got}");
                assert_eq!(format!("{before}(REASON){after}"), expected, "{scheme}, {outcome}");
            } else {
                expected = expected.replace("REASON", reason);
                assert_eq!(got, expected, "{scheme}, {outcome}");
            }
            assert_eq!((error.kind(), tried), (ErrorKind::Connect, attempts), "{scheme}, {outcome}");
            assert!(error.proxy_status().is_some() && error.status().is_none(), "{error}");
            assert!(!got.contains("pa55"), "{got}");
        }
    }
}

#[test]
fn squid_forwards_tunnels_and_is_named_in_errors() {
    let Some(proxy) = Proxy::squid() else { return };
    transfers_both_ways(&proxy).unwrap();
    decrypts_through_the_tunnel(&proxy).unwrap();
    let (unknown, refused) = ("", "503 ERR_CONNECT_FAIL");
    let (denied, password) = ("403 ERR_ACCESS_DENIED", "407 ERR_CACHE_ACCESS_DENIED");
    assert_failures(
        &proxy,
        &[
            Failure { outcome: "host blocked", reasons: [denied; 2], attempts: 1, text: BLOCKED },
            Failure { outcome: "host unknown", reasons: [unknown; 2], attempts: 2, text: UNKNOWN },
            Failure { outcome: "port closed", reasons: [refused; 2], attempts: 2, text: CLOSED },
            Failure { outcome: "no password", reasons: [password; 2], attempts: 1, text: NO_PASSWORD },
            Failure { outcome: "wrong password", reasons: [password; 2], attempts: 1, text: WRONG_PASSWORD },
        ],
    );
}

#[test]
fn tinyproxy_forwards_tunnels_and_is_named_in_errors() {
    let Some(proxy) = Proxy::tinyproxy() else { return };
    transfers_both_ways(&proxy).unwrap();
    decrypts_through_the_tunnel(&proxy).unwrap();
    assert_failures(
        &proxy,
        &[
            Failure { outcome: "host blocked", reasons: ["403"; 2], attempts: 1, text: BLOCKED },
            Failure { outcome: "host unknown", reasons: ["500"; 2], attempts: 2, text: UNKNOWN },
            Failure { outcome: "port closed", reasons: ["500"; 2], attempts: 2, text: CLOSED },
            Failure { outcome: "no password", reasons: ["407"; 2], attempts: 1, text: NO_PASSWORD },
            Failure { outcome: "wrong password", reasons: ["401"; 2], attempts: 1, text: WRONG_PASSWORD },
        ],
    );
}
