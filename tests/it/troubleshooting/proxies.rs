//! Proxies that are down, reject connections, or are none.

use std::net::TcpListener;
use std::time::Duration;

use plain_s3::{Client, RetryPolicy};

use super::{Section, entry, environment, text};
use crate::clients::config_at;
use crate::connection::https_proxy::{Proxy, stall};

const PROXY: &str = "proxy.example.com:3128";
const SHORT: Duration = Duration::from_millis(150);

fn through(proxy: &str) -> String {
    let config = config_at("https://s3.example.com").proxy(proxy).retry(RetryPolicy::none());
    text(Client::new(config.connect_timeout(SHORT * 20)).unwrap().list_buckets())
}

pub(super) fn section() -> Section {
    let status = |status: u16, user: &str| {
        let proxy = Proxy::responding(&format!("HTTP/1.1 {status} No\r\ncontent-length: 0\r\n\r\n"));
        through(&format!("http://{user}{}", proxy.address)).replace(&proxy.address.to_string(), PROXY)
    };
    let sends = |bytes: &str| {
        let proxy = Proxy::responding(bytes);
        through(&format!("http://{}", proxy.address)).replace(&proxy.address.to_string(), PROXY)
    };
    let down = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string();
    let stalled = Proxy::start(stall);
    let config = config_at("https://s3.example.com").proxy(format!("http://{}", stalled.address));
    let client = Client::new(config.retry(RetryPolicy::none()).connect_timeout(SHORT)).unwrap();
    let silent = text(client.list_buckets()).replace(&stalled.address.to_string(), PROXY);
    let ignored =
        environment::error(&format!("http://{down}"), &[("http_proxy", "http://proxy.example.com:3128")]);
    let invalid = |url: &str| text(Client::new(config_at("https://s3.example.com").proxy(url)));
    let entries = vec![
        entry(
            "could not connect to the proxy",
            through(&format!("http://{down}"))
                .replace(&format!("at {down}"), "at 192.0.2.2:3128")
                .replace(&down, PROXY),
            "",
        ),
        entry("requires a user and a password", status(407, ""), ""),
        entry("rejected the user and the password", status(407, "user:hunter2@"), ""),
        entry(
            "does not allow connections to",
            status(403, ""),
            "Proxies often allow only the ports 80 and 443.",
        ),
        entry("the proxy rejected the connection", status(404, ""), ""),
        entry(
            "the proxy could not connect",
            status(502, ""),
            "The proxy looks up the name and connects, so only its network matters.",
        ),
        entry(
            "the proxy did not open a connection in time",
            silent.replace(&format!("{SHORT:?}"), "10s"),
            "",
        ),
        entry("the proxy closed the connection", sends(""), ""),
        entry("does not speak HTTP", sends("SSH-2.0-OpenSSH_9.2\r\n"), ""),
        entry("the proxy is not a URL", invalid("http://proxy.example.com:port"), ""),
        entry("only HTTP proxies are supported", invalid("socks5://proxy.example.com:1080"), ""),
        entry(
            "the environment variable is not used",
            ignored.replace(&down, "192.0.2.1:8080"),
            "A proxy sees the requests, so the client uses one only if the program asks for it.",
        ),
    ];
    Section {
        title: "Proxies",
        introduction: "In code, `Error::proxy_status` is the status that the proxy returned.",
        entries,
    }
}
