//! Certificates made with openssl, and its server.

#![cfg(any(feature = "rustls", feature = "native-tls"))]

use std::fs;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpListener};
use std::process::{Child, Command, Stdio};
use std::thread;

use crate::support::TempDir;

/// A certificate and its private key, in PEM.
#[derive(Clone)]
pub(crate) struct Certificate {
    pub(crate) pem: Vec<u8>,
    pub(crate) key: Vec<u8>,
}

#[cfg(feature = "rustls")]
impl Certificate {
    /// Returns this certificate with another one appended.
    pub(crate) fn followed_by(&self, other: &Self) -> Self {
        Self { pem: [self.pem.as_slice(), &other.pem].concat(), key: self.key.clone() }
    }
}

/// The dates of a valid certificate, of one that has expired, and of one that is not valid yet.
pub(crate) const VALID: [&str; 2] = ["20200101000000Z", "21190101000000Z"];
pub(crate) const EXPIRED: [&str; 2] = ["20200101000000Z", "20210101000000Z"];
pub(crate) const FUTURE: [&str; 2] = ["21180101000000Z", "21190101000000Z"];

const CA_CONFIG: &str = "
[ca]
default_ca = this
[this]
database = index.txt
serial = serial
new_certs_dir = .
default_md = sha256
policy = names
copy_extensions = copy
unique_subject = no
[names]
commonName = supplied
[req]
distinguished_name = empty
[empty]
";

/// Creates certificates in a folder.
pub(crate) struct OpenSsl(pub(crate) TempDir);

impl OpenSsl {
    pub(crate) fn new() -> Self {
        let folder = TempDir::new();
        folder.file("ca.cnf", CA_CONFIG);
        folder.file("index.txt", "");
        folder.file("serial", "1000\n");
        Self(folder)
    }

    pub(crate) fn run(&self, arguments: &[&str]) {
        let output = Command::new("openssl").args(arguments).current_dir(self.0.path()).output().unwrap();
        assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    }

    pub(crate) fn read(&self, name: &str) -> Certificate {
        let read = |extension: &str| fs::read(self.0.join(&format!("{name}.{extension}"))).unwrap();
        Certificate { pem: read("pem"), key: read("key") }
    }

    /// Creates what everybody creates for a test server: `openssl req -x509`, with these additional arguments.
    pub(crate) fn self_signed(&self, name: &str, arguments: &[&str]) -> Certificate {
        let (key, pem, subject) = (format!("{name}.key"), format!("{name}.pem"), format!("/CN={name}"));
        let usual = [
            "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", &key, "-out", &pem, "-subj", &subject,
        ];
        self.run(&[&usual[..], arguments].concat());
        self.read(name)
    }

    /// Creates a certificate with these extensions and dates, issued by the certificate `issuer`, or by itself.
    pub(crate) fn issued(
        &self,
        name: &str,
        issuer: Option<&str>,
        extensions: &[&str],
        dates: [&str; 2],
    ) -> Certificate {
        let (key, pem, csr) = (format!("{name}.key"), format!("{name}.pem"), format!("{name}.csr"));
        let subject = format!("/CN={name}");
        let mut request = vec![
            "req", "-new", "-newkey", "rsa:2048", "-nodes", "-keyout", &key, "-out", &csr, "-subj", &subject,
        ];
        for extension in extensions {
            request.extend(["-addext", extension]);
        }
        request.extend(["-config", "ca.cnf"]);
        self.run(&request);
        let (issuer_pem, issuer_key) = match issuer {
            Some(issuer) => (format!("{issuer}.pem"), format!("{issuer}.key")),
            None => (String::new(), key),
        };
        let mut sign = vec!["ca", "-batch", "-notext", "-config", "ca.cnf", "-in", &csr, "-out", &pem];
        sign.extend(["-startdate", dates[0], "-enddate", dates[1], "-keyfile", &issuer_key]);
        if issuer.is_some() {
            sign.extend(["-cert", &issuer_pem]);
        } else {
            sign.push("-selfsign");
        }
        self.run(&sign);
        self.read(name)
    }
}

pub(crate) const NAMES: &str = "subjectAltName=IP:127.0.0.1,DNS:localhost";
pub(crate) const OTHER_NAMES: &str = "subjectAltName=DNS:s3.test,DNS:*.s3.test,IP:192.0.2.1";
pub(crate) const CA: &str = "basicConstraints=critical,CA:TRUE";
pub(crate) const FOR_CLIENTS: &str = "extendedKeyUsage=clientAuth";

pub(crate) fn without_clock(text: &str) -> String {
    match text.split_once("clock shows ") {
        Some((before, after)) => {
            let (date, rest) = after.split_once(" UTC").unwrap();
            assert!(date.starts_with("20") && date.len() == "2026-11-26 07:08:09".len(), "{date}");
            format!("{before}clock shows NOW{rest}")
        }
        None => text.to_owned(),
    }
}

/// Stops a child process on drop.
pub(crate) struct Stopped(Child);

impl Drop for Stopped {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Starts openssl's own server with a certificate of the folder. Returns its address.
pub(crate) fn s_server(openssl: &OpenSsl, name: &str, arguments: &[&str]) -> (Stopped, SocketAddr) {
    let mut server = Command::new("openssl")
        .args([
            "s_server",
            "-accept",
            "127.0.0.1:0",
            "-cert",
            &format!("{name}.pem"),
            "-key",
            &format!("{name}.key"),
        ])
        .args(arguments)
        .current_dir(openssl.0.path())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(server.stdout.take().unwrap()).lines().map(std::io::Result::unwrap);
    let server = Stopped(server);
    let address = lines.find_map(|line| Some(line.strip_prefix("ACCEPT ")?.to_owned())).unwrap();
    (server, address.parse().unwrap())
}

/// Starts a server that reads something on each connection, sends these bytes, and closes it.
pub(crate) fn sending(bytes: &'static [u8]) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            // Closing the connection before that would reset it.
            let _ = stream.read(&mut [0; 4096]);
            let _ = stream.write_all(bytes);
        }
    });
    address
}
